/* The common part of what goes out. */
#include "store/fetch/outward.h"

#include <unistd.h>

#include "store/fetch/address.h"

#include "core/base/banned.h"

#define NETWORKS_MAX       64
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

const struct fetch_config *outward_config(void)
{
    return &setup.config;
}

/* --- Addresses --- */

static bool is_allowed_network(const struct sockaddr *address)
{
    for (size_t i = 0; i < setup.config.network_count; i++)
        if (network_has(&setup.networks[i], address))
            return true;
    return false;
}

static bool has_port(const uint16_t *ports, size_t count, uint16_t port)
{
    for (size_t i = 0; i < count; i++)
        if (ports[i] == port)
            return true;
    return false;
}

static bool may_connect(const struct outward *o, const struct sockaddr *address)
{
    uint16_t port = address_port(address);
    if (is_allowed_network(address))
        return true;
    return address_is_public(address) &&
           (has_port(o->ports, o->port_count, port) ||
            has_port(setup.config.ports, setup.config.port_count, port));
}

static curl_socket_t open_socket(void *arg, curlsocktype purpose, struct curl_sockaddr *to)
{
    struct outward *o = arg;
    if (purpose != CURLSOCKTYPE_IPCXN || !may_connect(o, &to->addr)) {
        o->forbidden = true;
        return CURL_SOCKET_BAD;
    }
    o->tried = true;
    return socket(to->family, to->socktype | SOCK_CLOEXEC, to->protocol);
}

/* --- The handle --- */

static const char *ca_file(void)
{
    if (setup.config.ca_file)
        return setup.config.ca_file;
    for (size_t i = 0; i < ARRAY_LEN(ca_files); i++)
        if (access(ca_files[i], R_OK) == 0)
            return ca_files[i];
    return NULL;
}

static void start_library(void)
{
    (void)curl_global_init(CURL_GLOBAL_DEFAULT);
}

static void set_options(CURL *curl, struct outward *o, int64_t timeout_ms)
{
    (void)curl_easy_setopt(curl, CURLOPT_PROXY, "");
    (void)curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    (void)curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)timeout_ms);
    (void)curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_TIMEOUT_MS);
    (void)curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 1L);
    (void)curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 2L);
    (void)curl_easy_setopt(curl, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    (void)curl_easy_setopt(curl, CURLOPT_CAINFO, ca_file());
    (void)curl_easy_setopt(curl, CURLOPT_CAPATH, NULL);
    (void)curl_easy_setopt(curl, CURLOPT_OPENSOCKETFUNCTION, open_socket);
    (void)curl_easy_setopt(curl, CURLOPT_OPENSOCKETDATA, o);
    (void)curl_easy_setopt(curl, CURLOPT_FRESH_CONNECT, 1L);
    (void)curl_easy_setopt(curl, CURLOPT_FORBID_REUSE, 1L);
}

CURL *outward_new(struct outward *o, int64_t timeout_ms)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    (void)pthread_once(&once, start_library);
    CURL *curl = curl_easy_init();
    if (curl)
        set_options(curl, o, timeout_ms);
    return curl;
}

int outward_error(CURLcode rc, const struct outward *o)
{
    if (rc == CURLE_OK)
        return 0;
    if ((o->forbidden && !o->tried) || rc == CURLE_UNSUPPORTED_PROTOCOL)
        return ERR_FORBIDDEN;
    return rc == CURLE_OPERATION_TIMEDOUT ? ERR_TIMEOUT : ERR_UPSTREAM;
}

/* --- Places --- */

static bool is_of(const struct outward_places *places, size_t place, struct str realm_id)
{
    return str_eq(str_of(places->realm[place], realm_id.len), realm_id);
}

/* Under the lock: OUTWARD_PLACES_MAX when there is none for this realm. */
static size_t find_place(const struct outward_places *places, struct str realm_id)
{
    size_t free_place = OUTWARD_PLACES_MAX;
    size_t own = 0;
    for (size_t i = 0; i < OUTWARD_PLACES_MAX; i++) {
        if (!places->taken[i])
            free_place = i;
        else
            own += is_of(places, i, realm_id);
    }
    return own < places->of_realm ? free_place : OUTWARD_PLACES_MAX;
}

size_t outward_take_place(struct outward_places *places, struct str realm_id)
{
    struct str own = str_sub(realm_id, 0, UUID_TEXT_LEN);
    (void)pthread_mutex_lock(&places->lock);
    size_t place = find_place(places, own);
    if (place < OUTWARD_PLACES_MAX) {
        places->taken[place] = true;
        memset(places->realm[place], 0, UUID_TEXT_LEN);
        memcpy(places->realm[place], own.ptr, own.len);
    }
    (void)pthread_mutex_unlock(&places->lock);
    return place;
}

void outward_give_place(struct outward_places *places, size_t place)
{
    (void)pthread_mutex_lock(&places->lock);
    places->taken[place] = false;
    (void)pthread_mutex_unlock(&places->lock);
}
