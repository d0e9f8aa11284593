/* Calls of another server by libcurl. */
#include "appliance/apply/remote.h"

#include <curl/curl.h>

#include "appliance/file.h"
#include "core/base/buf.h"
#include "core/codec/form.h"
#include "core/codec/json.h"
#include "core/codec/uri.h"

#include "core/base/banned.h"

#define ANSWER_MAX_BYTES   ((size_t)16 << 20)
#define HEADER_MAX_BYTES   ((size_t)16 << 10)
#define CONNECT_TIMEOUT_MS 10000L
#define TIMEOUT_MS         600000L /* a run may hash many passwords */
#define DETAIL_SHOWN       180

static int check_server(struct remote *r, struct str server)
{
    struct uri uri;
    while (str_ends(server, STR("/")))
        server = str_sub(server, 0, server.len - 1);
    if (uri_parse(server, &uri) != 0 || !uri_is_web(&uri) || !str_absent(uri.userinfo) ||
        !str_absent(uri.query) || !str_absent(uri.fragment))
        return err_set(r->err, ERR_USAGE, "--server takes a URL such as https://id.example.pe");
    if (!uri_is_https(&uri) && !uri_is_loopback(&uri))
        return err_set(r->err, ERR_USAGE, "--server: a token goes out by https alone");
    r->url = server;
    return 0;
}

/* --- One call --- */

struct exchange {
    const char *url, *body; /* without a body: GET */
    size_t body_len;
    struct curl_slist *headers;
    struct buf answer;
    long status;
};

static size_t take_answer(char *data, size_t size, size_t count, void *arg)
{
    struct exchange *x = arg;
    buf_add_bytes(&x->answer, data, size * count);
    return x->answer.failed ? 0 : size * count;
}

static void set_options(const struct remote *r, CURL *curl, struct exchange *x)
{
    (void)curl_easy_setopt(curl, CURLOPT_URL, x->url);
    (void)curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    (void)curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
    (void)curl_easy_setopt(curl, CURLOPT_PROXY, "");
    (void)curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    (void)curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, CONNECT_TIMEOUT_MS);
    (void)curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, TIMEOUT_MS);
    (void)curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 1L);
    (void)curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 2L);
    (void)curl_easy_setopt(curl, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    if (r->ca_file)
        (void)curl_easy_setopt(curl, CURLOPT_CAINFO, r->ca_file);
    (void)curl_easy_setopt(curl, CURLOPT_USERAGENT, "garita");
    (void)curl_easy_setopt(curl, CURLOPT_HTTPHEADER, x->headers);
    if (x->body) {
        (void)curl_easy_setopt(curl, CURLOPT_POSTFIELDS, x->body);
        (void)curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)x->body_len);
    }
    (void)curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_answer);
    (void)curl_easy_setopt(curl, CURLOPT_WRITEDATA, x);
}

/* What another server says is shown on a terminal. */
static void make_visible(char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text < 0x20 || *text == 0x7f)
            *text = ' ';
}

static int say_refusal(struct remote *r, const struct exchange *x)
{
    static const char *const members[] = {"errorMessage", "error_description", "error"};
    const struct json_value *json;
    struct str text = {NULL, 0};
    if (json_parse(r->arena, buf_str(&x->answer), ANSWER_MAX_BYTES, &json) == 0)
        for (size_t i = 0; i < ARRAY_LEN(members) && str_empty(text); i++)
            text = json_get_str(json, members[i]);
    if (str_empty(text))
        text = STR("no reason is given");
    int rc = err_set(r->err, ERR_UPSTREAM, "the server answers %ld: %.*s", x->status,
                     (int)(text.len < DETAIL_SHOWN ? text.len : DETAIL_SHOWN), text.ptr);
    make_visible(r->err->detail);
    return rc;
}

static int perform(struct remote *r, CURL *curl, struct exchange *x, struct str *ret_answer)
{
    set_options(r, curl, x);
    CURLcode rc = curl_easy_perform(curl);
    if (x->answer.failed)
        return err_set(r->err, ERR_UPSTREAM, "the server's answer is too large");
    if (rc != CURLE_OK)
        return err_set(r->err, ERR_UPSTREAM, "%.*s cannot be reached: %s",
                       (int)(r->url.len < 100 ? r->url.len : 100), r->url.ptr,
                       curl_easy_strerror(rc));
    (void)curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &x->status);
    if (x->status < 200 || x->status > 299)
        return say_refusal(r, x);
    return buf_finish(&x->answer, ret_answer);
}

/* headers: lines, ended by an absent one. */
static int call(struct remote *r, struct str path, struct str body, const struct str *headers,
                struct str *ret_answer)
{
    struct str url = ARENA_CONCAT(r->arena, r->url, path);
    struct exchange x = {.body = body.ptr, .body_len = body.len};
    CURL *curl = curl_easy_init();
    int rc = curl && !str_absent(url) ? 0 : ERR_NO_MEMORY;
    buf_init(&x.answer, r->arena, ANSWER_MAX_BYTES);
    x.url = url.ptr;
    for (; rc == 0 && !str_absent(*headers); headers++) {
        struct curl_slist *more = curl_slist_append(x.headers, headers->ptr);
        x.headers = more ? more : x.headers;
        rc = more ? 0 : ERR_NO_MEMORY;
    }
    if (rc == 0)
        rc = perform(r, curl, &x, ret_answer);
    curl_slist_free_all(x.headers);
    curl_easy_cleanup(curl);
    return rc;
}

/* --- The token --- */

static int read_secret(struct remote *r, struct str file, struct str *ret_secret)
{
    const char *path = arena_cstr(r->arena, file);
    TRY(path ? secret_read(r->arena, path, ret_secret, r->err) : ERR_NO_MEMORY);
    return str_empty(*ret_secret) || !str_has_no_control(*ret_secret)
               ? err_set(r->err, ERR_IO, "%s holds no secret of one line", path)
               : 0;
}

static int ask_token(struct remote *r, const struct remote_login *login)
{
    const struct str headers[] = {STR("Content-Type: application/x-www-form-urlencoded"),
                                  {NULL, 0}};
    struct str realm = str_empty(login->realm) ? STR("master") : login->realm;
    struct str secret, body, answer;
    struct buf b;
    const struct json_value *json;
    TRY(read_secret(r, login->secret_file, &secret));
    struct str path = ARENA_CONCAT(r->arena, STR("/realms/"), percent_encoded(r->arena, realm),
                                   STR("/protocol/openid-connect/token"));
    buf_init(&b, r->arena, HEADER_MAX_BYTES);
    form_add(&b, "grant_type", STR("client_credentials"));
    form_add(&b, "client_id", login->client_id);
    form_add(&b, "client_secret", secret);
    TRY(buf_finish(&b, &body));
    TRY(call(r, path, body, headers, &answer));
    TRY(json_parse(r->arena, answer, ANSWER_MAX_BYTES, &json));
    r->token = json_get_str(json, "access_token");
    return str_empty(r->token) || !str_has_no_control(r->token)
               ? err_set(r->err, ERR_UPSTREAM, "the server gave no token")
               : 0;
}

int remote_open(struct remote *remote, struct str server, const struct remote_login *login)
{
    bool by_file = !str_absent(login->token_file);
    bool by_client = !str_absent(login->client_id) && !str_absent(login->secret_file);
    TRY(check_server(remote, server));
    if (by_file == by_client)
        return err_set(remote->err, ERR_USAGE,
                       "--server needs --token-file, or --client-id and --secret-file");
    return by_file ? read_secret(remote, login->token_file, &remote->token)
                   : ask_token(remote, login);
}

static struct str bearer_line(struct remote *remote)
{
    return ARENA_CONCAT(remote->arena, STR("Authorization: Bearer "), remote->token);
}

int remote_get(struct remote *remote, struct str path, struct str *ret_answer)
{
    const struct str headers[] = {bearer_line(remote), {NULL, 0}};
    if (str_absent(headers[0]))
        return ERR_NO_MEMORY;
    return call(remote, path, str_of(NULL, 0), headers, ret_answer);
}

int remote_post(struct remote *remote, struct str path, struct str json, struct str why,
                struct str *ret_answer)
{
    struct arena *a = remote->arena;
    struct str headers[4] = {STR("Content-Type: application/json"), bearer_line(remote)};
    if (str_absent(headers[1]))
        return ERR_NO_MEMORY;
    if (!str_has_no_control(why))
        return err_set(remote->err, ERR_USAGE, "--why is one line");
    if (!str_empty(why)) {
        headers[2] = ARENA_CONCAT(a, STR("X-Justification: "), why);
        if (str_absent(headers[2]))
            return ERR_NO_MEMORY;
    }
    return call(remote, path, json, headers, ret_answer);
}
