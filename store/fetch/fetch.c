/* The one way out to other hosts (SS-01..SS-03, SS-05): libcurl with everything but HTTPS, no
 * redirects, no proxies, and each address checked at the moment of the connection, so that a name
 * that resolves to something else the second time gains nothing. */
#include "core/port/fetch.h"

#include <curl/curl.h>
#include <pthread.h>
#include <unistd.h>

#include "core/base/buf.h"
#include "core/base/log.h"
#include "core/base/rng.h"
#include "core/codec/uri.h"
#include "store/fetch/address.h"
#include "store/fetch/fetch_setup.h"

#include "core/base/banned.h"

#define NETWORKS_MAX       64
#define DEFAULT_TIMEOUT_MS 5000
#define CONNECT_TIMEOUT_MS 3000

static struct {
    struct fetch_config config;
    struct network networks[NETWORKS_MAX];
} setup;

static const char *const ca_files[] = {
    "/etc/ssl/certs/ca-certificates.crt", /* Debian, Alpine */
    "/etc/pki/tls/certs/ca-bundle.crt",   /* Fedora */
    "/etc/ssl/ca-bundle.pem",             /* SUSE */
    "/etc/ssl/cert.pem",
};

int fetch_setup(const struct fetch_config *config, struct err_ctx *ctx)
{
    if (config->network_count > NETWORKS_MAX)
        return err_set(ctx, ERR_CONFIG, "at most %d networks may be reached", NETWORKS_MAX);
    for (size_t i = 0; i < config->network_count; i++)
        if (network_parse(str_c(config->networks[i]), &setup.networks[i]) != 0)
            return err_set(ctx, ERR_CONFIG, "%s is no network", config->networks[i]);
    setup.config = *config;
    return 0;
}

struct fetch {
    struct buf body;
    bool forbidden; /* an address was refused */
    bool tried;     /* another one was not */
    bool too_large;
};

static bool is_allowed_network(const struct sockaddr *address)
{
    for (size_t i = 0; i < setup.config.network_count; i++)
        if (network_has(&setup.networks[i], address))
            return true;
    return false;
}

static bool is_allowed_port(uint16_t port)
{
    for (size_t i = 0; i < setup.config.port_count; i++)
        if (setup.config.ports[i] == port)
            return true;
    return port == 443 || port == 8443;
}

static bool may_connect(const struct sockaddr *address)
{
    if (is_allowed_network(address))
        return true;
    return address_is_public(address) && is_allowed_port(address_port(address));
}

static curl_socket_t open_socket(void *arg, curlsocktype purpose, struct curl_sockaddr *to)
{
    struct fetch *fetch = arg;
    if (purpose != CURLSOCKTYPE_IPCXN || !may_connect(&to->addr)) {
        fetch->forbidden = true;
        return CURL_SOCKET_BAD;
    }
    fetch->tried = true;
    return socket(to->family, to->socktype | SOCK_CLOEXEC, to->protocol);
}

static size_t take_body(char *data, size_t size, size_t count, void *arg)
{
    struct fetch *fetch = arg;
    buf_add_bytes(&fetch->body, data, size * count);
    fetch->too_large = fetch->body.failed;
    return fetch->body.failed ? 0 : size * count;
}

static const char *ca_file(void)
{
    if (setup.config.ca_file)
        return setup.config.ca_file;
    for (size_t i = 0; i < ARRAY_LEN(ca_files); i++)
        if (access(ca_files[i], R_OK) == 0)
            return ca_files[i];
    return NULL;
}

static int check_url(struct str url)
{
    struct uri uri;
    if (uri_parse(url, &uri) != 0)
        return ERR_FORBIDDEN;
    if (!uri_is_web(&uri) || !str_absent(uri.userinfo) || !str_absent(uri.fragment))
        return ERR_FORBIDDEN;
    return uri_is_https(&uri) || setup.config.allow_http ? 0 : ERR_FORBIDDEN;
}

static void start_library(void)
{
    (void)curl_global_init(CURL_GLOBAL_DEFAULT);
}

static void set_options(CURL *curl, struct fetch *fetch, const char *url, size_t max_bytes,
                        struct curl_slist *headers)
{
    const char *ca = ca_file();
    long timeout_ms =
        setup.config.timeout_ms > 0 ? (long)setup.config.timeout_ms : DEFAULT_TIMEOUT_MS;
    (void)curl_easy_setopt(curl, CURLOPT_URL, url);
    (void)curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR,
                           setup.config.allow_http ? "http,https" : "https");
    (void)curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
    (void)curl_easy_setopt(curl, CURLOPT_PROXY, "");
    (void)curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    (void)curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, timeout_ms);
    (void)curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_TIMEOUT_MS);
    (void)curl_easy_setopt(curl, CURLOPT_MAXFILESIZE_LARGE, (curl_off_t)max_bytes);
    (void)curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 1L);
    (void)curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 2L);
    (void)curl_easy_setopt(curl, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    (void)curl_easy_setopt(curl, CURLOPT_CAINFO, ca);
    (void)curl_easy_setopt(curl, CURLOPT_CAPATH, NULL);
    (void)curl_easy_setopt(curl, CURLOPT_OPENSOCKETFUNCTION, open_socket);
    (void)curl_easy_setopt(curl, CURLOPT_OPENSOCKETDATA, fetch);
    (void)curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_body);
    (void)curl_easy_setopt(curl, CURLOPT_WRITEDATA, fetch);
    (void)curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    (void)curl_easy_setopt(curl, CURLOPT_USERAGENT, "garita");
    (void)curl_easy_setopt(curl, CURLOPT_FRESH_CONNECT, 1L);
    (void)curl_easy_setopt(curl, CURLOPT_FORBID_REUSE, 1L);
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
    if (rc == CURLE_OK)
        return 0;
    if (fetch->too_large || rc == CURLE_FILESIZE_EXCEEDED)
        return ERR_UPSTREAM;
    if ((fetch->forbidden && !fetch->tried) || rc == CURLE_UNSUPPORTED_PROTOCOL)
        return ERR_FORBIDDEN;
    return rc == CURLE_OPERATION_TIMEDOUT ? ERR_TIMEOUT : ERR_UPSTREAM;
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

static int fetch_now(struct arena *a, const char *url, size_t max_bytes, struct str *ret_body)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    struct fetch fetch = {.forbidden = false};
    (void)pthread_once(&once, start_library);
    CURL *curl = curl_easy_init();
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

/* A host that hangs must not hold the threads that answer others, nor those of one realm the places of
 * another (HT-02). */
static struct {
    pthread_mutex_t lock;
    bool taken[FETCHES_AT_ONCE];
    char realm[FETCHES_AT_ONCE][UUID_TEXT_LEN];
} places = {.lock = PTHREAD_MUTEX_INITIALIZER};

static bool is_of(size_t place, struct str realm_id)
{
    return str_eq(str_of(places.realm[place], realm_id.len), realm_id);
}

/* Under the lock: FETCHES_AT_ONCE when there is none for this realm. */
static size_t find_place(struct str realm_id)
{
    size_t free_place = FETCHES_AT_ONCE;
    size_t own = 0;
    for (size_t i = 0; i < FETCHES_AT_ONCE; i++) {
        if (!places.taken[i])
            free_place = i;
        else
            own += is_of(i, realm_id);
    }
    return own < FETCHES_OF_REALM ? free_place : FETCHES_AT_ONCE;
}

static size_t take_place(struct str realm_id)
{
    struct str own =
        str_sub(realm_id, 0, realm_id.len < UUID_TEXT_LEN ? realm_id.len : UUID_TEXT_LEN);
    (void)pthread_mutex_lock(&places.lock);
    size_t place = find_place(own);
    if (place < FETCHES_AT_ONCE) {
        places.taken[place] = true;
        memset(places.realm[place], 0, UUID_TEXT_LEN);
        memcpy(places.realm[place], own.ptr, own.len);
    }
    (void)pthread_mutex_unlock(&places.lock);
    return place;
}

static void give_place(size_t place)
{
    (void)pthread_mutex_lock(&places.lock);
    places.taken[place] = false;
    (void)pthread_mutex_unlock(&places.lock);
}

int fetch_json(struct arena *a, struct str realm_id, struct str url, size_t max_bytes,
               struct str *ret_body)
{
    TRY(check_url(url));
    const char *text = arena_cstr(a, url);
    if (!text)
        return ERR_NO_MEMORY;
    size_t place = take_place(realm_id);
    if (place == FETCHES_AT_ONCE)
        return ERR_OVERLOADED;
    int err = fetch_now(a, text, max_bytes, ret_body);
    give_place(place);
    return err;
}
