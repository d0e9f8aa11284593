/* Mails by libcurl's SMTP. */
#include "core/port/mailer.h"

#include "core/base/buf.h"
#include "core/base/log.h"
#include "core/codec/mail.h"
#include "store/fetch/outward.h"

#include "core/base/banned.h"

#define TIMEOUT_MS     15000 /* some servers wait before they greet */
#define URL_MAX_BYTES  1024
#define HOST_MAX_BYTES 253

static const uint16_t ports[] = {25, 465, 587, 2525};
static struct outward_places places = OUTWARD_PLACES(MAILS_OF_REALM);

static int refuse(struct err_ctx *err, const char *why)
{
    return err_set(err, ERR_MAIL, "Failed to send email: %s", why);
}

/* --- Where to --- */

static bool is_host(struct str host)
{
    bool sound = host.len > 0 && host.len <= HOST_MAX_BYTES;
    for (size_t i = 0; sound && i < host.len; i++) {
        char c = host.ptr[i];
        sound = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                c == '.' || c == '-' || c == ':';
    }
    return sound;
}

/* "smtps://mail.example.pe:465/example.pe": the path is what EHLO says (RFC 5321 4.1.1.1), the domain of
 * the sender rather than the name of this machine. */
static int url_of(struct arena *a, const struct mail_server *server, const struct mail *mail,
                  struct err_ctx *err, struct str *ret_url)
{
    struct buf b;
    struct str domain = mail_address_domain(mail->from);
    bool v6 = str_find(server->host, ':') >= 0;
    if (!is_host(server->host) || server->port == 0)
        return refuse(err, "the mail server has no sound host and port");
    buf_init(&b, a, URL_MAX_BYTES);
    buf_printf(&b, "%s://%s%.*s%s:%u/", server->security == MAIL_TLS ? "smtps" : "smtp",
               v6 ? "[" : "", STR_ARG(server->host), v6 ? "]" : "", (unsigned)server->port);
    buf_add(&b, is_host(domain) && str_find(domain, ':') < 0 ? domain : STR("localhost"));
    return buf_finish(&b, ret_url);
}

/* --- What is sent --- */

static size_t give_bytes(char *out, size_t size, size_t count, void *arg)
{
    struct str *rest = arg;
    struct str piece = str_sub(*rest, 0, size * count);
    memcpy(out, piece.ptr, piece.len);
    *rest = str_from(*rest, piece.len);
    return piece.len;
}

/* Replies of the server are nobody's business here. */
static size_t drop_bytes(char *data, size_t size, size_t count, void *arg)
{
    (void)data, (void)arg;
    return size * count;
}

struct sending {
    struct outward outward;
    struct curl_slist *to;
    struct str rest;
    const char *url, *from, *user, *password; /* user NULL: no authentication */
};

static int read_texts(struct arena *a, const struct mail_server *server, const struct mail *mail,
                      struct sending *s)
{
    struct str to = ARENA_CONCAT(a, STR("<"), mail->to, STR(">"));
    struct str from = ARENA_CONCAT(a, STR("<"), mail->from, STR(">"));
    bool login = !str_empty(server->user);
    s->from = arena_cstr(a, from);
    s->user = login ? arena_cstr(a, server->user) : NULL;
    s->password = login ? arena_cstr(a, server->password) : NULL;
    if (str_absent(to) || !s->from || (login && (!s->user || !s->password)))
        return ERR_NO_MEMORY;
    s->to = curl_slist_append(NULL, to.ptr);
    return s->to ? 0 : ERR_NO_MEMORY;
}

static int64_t timeout_ms(void)
{
    int64_t set_ms = outward_config()->timeout_ms;
    return set_ms > 0 ? set_ms : TIMEOUT_MS;
}

static void set_options(CURL *curl, struct sending *s, const struct mail_server *server)
{
    (void)curl_easy_setopt(curl, CURLOPT_URL, s->url);
    (void)curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
    /* To libcurl the greeting is part of the connection. */
    (void)curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, (long)timeout_ms());
    (void)curl_easy_setopt(curl, CURLOPT_USE_SSL,
                           server->security == MAIL_STARTTLS ? (long)CURLUSESSL_ALL
                                                             : (long)CURLUSESSL_NONE);
    if (s->user) {
        (void)curl_easy_setopt(curl, CURLOPT_USERNAME, s->user);
        (void)curl_easy_setopt(curl, CURLOPT_PASSWORD, s->password);
    }
    (void)curl_easy_setopt(curl, CURLOPT_MAIL_FROM, s->from);
    (void)curl_easy_setopt(curl, CURLOPT_MAIL_RCPT, s->to);
    (void)curl_easy_setopt(curl, CURLOPT_UPLOAD, 1L);
    (void)curl_easy_setopt(curl, CURLOPT_INFILESIZE_LARGE, (curl_off_t)s->rest.len);
    (void)curl_easy_setopt(curl, CURLOPT_READFUNCTION, give_bytes);
    (void)curl_easy_setopt(curl, CURLOPT_READDATA, &s->rest);
    (void)curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, drop_bytes);
    (void)curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, drop_bytes);
}

/* What an administrator can do something about. Nothing that the server said is repeated (WE-07). */
static const char *why(CURL *curl, CURLcode rc, const struct outward *outward)
{
    long reply = 0;
    (void)curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &reply);
    switch (outward_error(rc, outward)) {
    case ERR_FORBIDDEN: return "the address of the mail server may not be reached";
    case ERR_TIMEOUT: return "the mail server did not answer in time";
    default: break;
    }
    switch (rc) {
    case CURLE_COULDNT_RESOLVE_HOST: return "the name of the mail server is not known";
    case CURLE_COULDNT_CONNECT: return "the mail server cannot be reached";
    case CURLE_USE_SSL_FAILED: return "the mail server does not offer STARTTLS";
    case CURLE_PEER_FAILED_VERIFICATION:
        return "the certificate of the mail server is not trusted for its name";
    case CURLE_SSL_CONNECT_ERROR: return "TLS with the mail server failed";
    case CURLE_LOGIN_DENIED: return "the mail server refused user and password";
    default: break;
    }
    /* libcurl calls a refused recipient an error of sending. */
    return reply >= 400 ? "the mail server refused the mail"
                        : "the mail server ended the connection";
}

static int perform(CURL *curl, const struct sending *s, struct err_ctx *err)
{
    CURLcode rc = curl_easy_perform(curl);
    if (rc == CURLE_OK)
        return 0;
    const char *text = why(curl, rc, &s->outward);
    LOG_WARN("mail", "a mail was not sent: %s (%s)", text, curl_easy_strerror(rc));
    return refuse(err, text);
}

static int send_now(struct arena *a, const struct mail_server *server, const struct mail *mail,
                    const char *url, struct err_ctx *err)
{
    struct sending s = {.outward = {.ports = ports, .port_count = ARRAY_LEN(ports)},
                        .rest = mail->bytes,
                        .url = url};
    CURL *curl = outward_new(&s.outward, timeout_ms());
    int rc = curl ? read_texts(a, server, mail, &s) : ERR_NO_MEMORY;
    if (rc == 0) {
        set_options(curl, &s, server);
        rc = perform(curl, &s, err);
    }
    curl_slist_free_all(s.to);
    curl_easy_cleanup(curl);
    return rc;
}

int mailer_send(struct arena *a, struct str realm_id, const struct mail_server *server,
                const struct mail *mail, struct err_ctx *err)
{
    struct str url;
    if (!mail_address_is_sound(mail->from) || !mail_address_is_sound(mail->to)) /* RE-05 */
        return refuse(err, "an address is not sound");
    if (server->security == MAIL_CLEAR && !str_empty(server->user))
        return refuse(err, "a password is sent over TLS only");
    TRY(url_of(a, server, mail, err, &url));
    size_t place = outward_take_place(&places, realm_id);
    if (place == OUTWARD_PLACES_MAX)
        return ERR_OVERLOADED;
    int rc = send_now(a, server, mail, url.ptr, err);
    outward_give_place(&places, place);
    return rc;
}
