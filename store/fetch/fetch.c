/* Key sets and other JSON over HTTPS (SS-01..SS-03, SS-05): no redirects, and what comes is bounded. How
 * a host is reached at all is in outward.h. */
#include "core/port/fetch.h"

#include "core/base/buf.h"
#include "core/base/log.h"
#include "core/codec/uri.h"
#include "store/fetch/outward.h"

#include "core/base/banned.h"

#define DEFAULT_TIMEOUT_MS 5000

_Static_assert(FETCHES_AT_ONCE == OUTWARD_PLACES_MAX, "one place a fetch");

static const uint16_t ports[] = {443, 8443};
static struct outward_places places = OUTWARD_PLACES(FETCHES_OF_REALM);

struct fetch {
    struct outward outward;
    struct buf body;
    bool too_large;
};

static size_t take_body(char *data, size_t size, size_t count, void *arg)
{
    struct fetch *fetch = arg;
    buf_add_bytes(&fetch->body, data, size * count);
    fetch->too_large = fetch->body.failed;
    return fetch->body.failed ? 0 : size * count;
}

static int check_url(struct str url)
{
    struct uri uri;
    if (uri_parse(url, &uri) != 0)
        return ERR_FORBIDDEN;
    if (!uri_is_web(&uri) || !str_absent(uri.userinfo) || !str_absent(uri.fragment))
        return ERR_FORBIDDEN;
    return uri_is_https(&uri) || outward_config()->allow_http ? 0 : ERR_FORBIDDEN;
}

static void set_options(CURL *curl, struct fetch *fetch, const char *url, size_t max_bytes,
                        struct curl_slist *headers)
{
    (void)curl_easy_setopt(curl, CURLOPT_URL, url);
    (void)curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR,
                           outward_config()->allow_http ? "http,https" : "https");
    (void)curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
    (void)curl_easy_setopt(curl, CURLOPT_MAXFILESIZE_LARGE, (curl_off_t)max_bytes);
    (void)curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_body);
    (void)curl_easy_setopt(curl, CURLOPT_WRITEDATA, fetch);
    (void)curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    (void)curl_easy_setopt(curl, CURLOPT_USERAGENT, "garita");
}

/* 200 with a media type of JSON (application/json, application/jwk-set+json). */
static int check_answer(CURL *curl)
{
    long status = 0;
    char *type = NULL;
    (void)curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    (void)curl_easy_getinfo(curl, CURLINFO_CONTENT_TYPE, &type);
    if (status != 200 || !type)
        return ERR_UPSTREAM;
    struct str media = str_c(type);
    struct str word;
    if (!str_next(&media, ';', &word))
        return ERR_UPSTREAM;
    word = str_trim(word);
    if (word.len < 4 || !str_ieq(str_from(word, word.len - 4), STR("json")))
        return ERR_UPSTREAM;
    char before = word.len > 4 ? word.ptr[word.len - 5] : '\0';
    return before == '/' || before == '+' ? 0 : ERR_UPSTREAM;
}

static int error_of(CURLcode rc, const struct fetch *fetch)
{
    return fetch->too_large || rc == CURLE_FILESIZE_EXCEEDED ? ERR_UPSTREAM
                                                             : outward_error(rc, &fetch->outward);
}

static int perform(CURL *curl, struct fetch *fetch, struct str *ret_body)
{
    CURLcode rc = curl_easy_perform(curl);
    int err = error_of(rc, fetch);
    if (err != 0)
        LOG_WARN("fetch", "a fetch failed: %s (%s)", err_text(err), curl_easy_strerror(rc));
    TRY(err);
    TRY(check_answer(curl));
    return buf_finish(&fetch->body, ret_body);
}

static int64_t timeout_ms(void)
{
    int64_t set_ms = outward_config()->timeout_ms;
    return set_ms > 0 ? set_ms : DEFAULT_TIMEOUT_MS;
}

static int fetch_now(struct arena *a, const char *url, size_t max_bytes, struct str *ret_body)
{
    struct fetch fetch = {.outward = {.ports = ports, .port_count = ARRAY_LEN(ports)}};
    CURL *curl = outward_new(&fetch.outward, timeout_ms());
    struct curl_slist *headers = curl_slist_append(NULL, "Accept: application/json");
    buf_init(&fetch.body, a, max_bytes);
    int err = ERR_NO_MEMORY;
    if (curl && headers) {
        set_options(curl, &fetch, url, max_bytes, headers);
        err = perform(curl, &fetch, ret_body);
    }
    curl_slist_free_all(headers);
    curl_easy_cleanup(curl);
    return err;
}

int fetch_json(struct arena *a, struct str realm_id, struct str url, size_t max_bytes,
               struct str *ret_body)
{
    TRY(check_url(url));
    const char *text = arena_cstr(a, url);
    if (!text)
        return ERR_NO_MEMORY;
    size_t place = outward_take_place(&places, realm_id);
    if (place == FETCHES_AT_ONCE)
        return ERR_OVERLOADED;
    int err = fetch_now(a, text, max_bytes, ret_body);
    outward_give_place(&places, place);
    return err;
}
