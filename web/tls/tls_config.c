/* Certificates and settings: loaded as a whole into a struct tls_state that is swapped at reload. */
#include "web/tls/tls_internal.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <mbedtls/error.h>
#include <psa/crypto.h>

#include "core/base/clock.h"
#include "core/base/rng.h"

#include "core/base/banned.h"

#define NAMES_MAX_BYTES   1024
#define GIVEN_ARENA_BYTES (16 * WEB_TLS_EXPORT_MAX)

/* AES-128-GCM first: the fastest that is strong enough where the CPU has AES. */
static const int cipher_suites[] = {
    MBEDTLS_TLS1_3_AES_128_GCM_SHA256,
    MBEDTLS_TLS1_3_AES_256_GCM_SHA384,
    MBEDTLS_TLS1_3_CHACHA20_POLY1305_SHA256,
    MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
    MBEDTLS_TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
    MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
    MBEDTLS_TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
    MBEDTLS_TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
    MBEDTLS_TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
    0,
};

static const uint16_t groups[] = {
    MBEDTLS_SSL_IANA_TLS_GROUP_X25519,
    MBEDTLS_SSL_IANA_TLS_GROUP_SECP256R1,
    MBEDTLS_SSL_IANA_TLS_GROUP_SECP384R1,
    MBEDTLS_SSL_IANA_TLS_GROUP_NONE,
};

/* A port speaks one of them. The library keeps the pointer. */
static const char *alpn_http1[] = {"http/1.1", NULL};
static const char *alpn_http2[] = {"h2", NULL};

int tls_random(void *context, unsigned char *out, size_t len)
{
    (void)context;
    rng_bytes(out, len);
    return 0;
}

static int library_failed(struct err_ctx *err, const char *what, const char *file, int rc)
{
    char text[100];
    mbedtls_strerror(rc, text, sizeof(text));
    return err_set(err, ERR_CONFIG, "%s %s: %s", what, file, text);
}

static int check_key_mode(const char *file, struct err_ctx *err)
{
    struct stat st;
    if (stat(file, &st) != 0)
        return err_set(err, ERR_CONFIG, "private key %s: %s", file, strerror(errno));
    /* SK-01: a private key that everyone on the machine can read is none. */
    if (st.st_mode & (S_IROTH | S_IWOTH))
        return err_set(err, ERR_CONFIG, "private key %s is open to everyone; run chmod 600", file);
    return 0;
}

static int cert_load(struct tls_cert *c, const char *cert_file, const char *key_file,
                     struct err_ctx *err)
{
    int rc = mbedtls_x509_crt_parse_file(&c->chain, cert_file);
    if (rc != 0)
        return library_failed(err, "certificate", cert_file, rc);
    TRY(check_key_mode(key_file, err));
    rc = mbedtls_pk_parse_keyfile(&c->key, key_file, NULL, tls_random, NULL);
    if (rc != 0)
        return library_failed(err, "private key", key_file, rc);
    if (mbedtls_pk_check_pair(&c->chain.pk, &c->key, tls_random, NULL) != 0)
        return err_set(err, ERR_CONFIG, "private key %s does not belong to certificate %s",
                       key_file, cert_file);
    return 0;
}

/* "a.example" for itself, "*.example" for one label in front. */
static bool host_fits(const char *pattern, struct str name)
{
    struct str p = str_c(pattern);
    if (!str_starts(p, STR("*.")))
        return str_ieq(p, name);
    ptrdiff_t dot = str_find(name, '.');
    return dot > 0 && str_ieq(str_from(p, 1), str_from(name, (size_t)dot));
}

/* An unknown name gets the default certificate: the client judges it. */
static int on_server_name(void *context, mbedtls_ssl_context *ssl, const unsigned char *name,
                          size_t len)
{
    struct tls_state *state = context;
    struct str host = str_of((const char *)name, len);
    for (size_t i = 1; i < state->cert_count; i++) {
        struct tls_cert *c = &state->certs[i];
        if (host_fits(c->host, host))
            return mbedtls_ssl_set_hs_own_cert(ssl, &c->chain, &c->key);
    }
    return 0;
}

/* The certificate is asked for, not judged: the code that authenticates clients knows which chains
 * and keys it accepts (RFC 8705). */
static int on_client_cert(void *context, mbedtls_x509_crt *crt, int depth, uint32_t *flags)
{
    (void)context;
    (void)crt;
    (void)depth;
    *flags = 0;
    return 0;
}

static int tickets_setup(struct tls_state *state, const struct web_tls_config *config)
{
    /* The peer's certificate does not travel in a ticket, so whoever must show one shakes hands in
     * full (TL-04). */
    if (config->ticket_lifetime_s <= 0 || config->client_certs)
        return 0;
    /* Keys rotate by themselves at half of the lifetime. */
    int rc = mbedtls_ssl_ticket_setup(&state->tickets, tls_random, NULL, MBEDTLS_CIPHER_AES_256_GCM,
                                      (uint32_t)config->ticket_lifetime_s);
    if (rc == 0)
        mbedtls_ssl_conf_session_tickets_cb(&state->ssl, mbedtls_ssl_ticket_write,
                                            mbedtls_ssl_ticket_parse, &state->tickets);
    return rc;
}

static int ssl_setup(struct tls_state *state, const struct web_tls_config *config)
{
    mbedtls_ssl_config *ssl = &state->ssl;
    int rc = mbedtls_ssl_config_defaults(ssl, MBEDTLS_SSL_IS_SERVER, MBEDTLS_SSL_TRANSPORT_STREAM,
                                         MBEDTLS_SSL_PRESET_DEFAULT);
    if (rc != 0)
        return rc;
    mbedtls_ssl_conf_rng(ssl, tls_random, NULL);
    mbedtls_ssl_conf_min_tls_version(ssl, config->tls13_only ? MBEDTLS_SSL_VERSION_TLS1_3
                                                             : MBEDTLS_SSL_VERSION_TLS1_2);
    mbedtls_ssl_conf_max_tls_version(ssl, MBEDTLS_SSL_VERSION_TLS1_3);
    mbedtls_ssl_conf_ciphersuites(ssl, cipher_suites);
    mbedtls_ssl_conf_groups(ssl, groups);
    mbedtls_ssl_conf_sni(ssl, on_server_name, state);
    mbedtls_ssl_conf_authmode(ssl, config->client_certs ? MBEDTLS_SSL_VERIFY_OPTIONAL
                                                        : MBEDTLS_SSL_VERIFY_NONE);
    mbedtls_ssl_conf_verify(ssl, on_client_cert, NULL);
    mbedtls_ssl_conf_cert_req_ca_list(ssl, MBEDTLS_SSL_CERT_REQ_CA_LIST_DISABLED);
    /* Buffers for sending shrink to this after the handshake: 12,000 connections may be parked. */
    rc = mbedtls_ssl_conf_max_frag_len(ssl, MBEDTLS_SSL_MAX_FRAG_LEN_4096);
    if (rc != 0)
        return rc;
    /* One ticket for each full handshake is enough. */
    mbedtls_ssl_conf_new_session_tickets(ssl, 1);
    rc = mbedtls_ssl_conf_alpn_protocols(ssl, config->http2 ? alpn_http2 : alpn_http1);
    if (rc == 0)
        rc = tickets_setup(state, config);
    if (rc == 0)
        rc = mbedtls_ssl_conf_own_cert(ssl, &state->certs[0].chain, &state->certs[0].key);
    return rc;
}

static void state_free(struct tls_state *state)
{
    for (size_t i = 0; i < state->cert_count; i++) {
        mbedtls_x509_crt_free(&state->certs[i].chain);
        mbedtls_pk_free(&state->certs[i].key);
        free(state->certs[i].own_host);
    }
    mbedtls_ssl_config_free(&state->ssl);
    mbedtls_ssl_ticket_free(&state->tickets);
    free(state->certs);
    free(state);
}

static struct tls_state *state_alloc(size_t cert_count)
{
    struct tls_state *state = calloc(1, sizeof(*state));
    if (!state)
        return NULL;
    mbedtls_ssl_config_init(&state->ssl);
    mbedtls_ssl_ticket_init(&state->tickets);
    atomic_init(&state->references, 1);
    state->certs = calloc(cert_count, sizeof(*state->certs));
    state->cert_count = state->certs ? cert_count : 0;
    for (size_t i = 0; i < state->cert_count; i++) {
        mbedtls_x509_crt_init(&state->certs[i].chain);
        mbedtls_pk_init(&state->certs[i].key);
    }
    return state;
}

/* Those of other hosts count where the configuration names none. */
static int take_given(struct tls_state *state, const struct tls_given *given, size_t count,
                      struct arena *a, struct err_ctx *err)
{
    for (size_t i = 0; i < count; i++) {
        struct tls_cert *c = &state->certs[i];
        TRY(tls_pair_read(a, given->pairs[i].certificate, given->pairs[i].key, c, err));
        if (i == 0)
            continue;
        c->own_host = strndup(given->pairs[i].host.ptr, given->pairs[i].host.len);
        if (!c->own_host)
            return ERR_NO_MEMORY;
        c->host = c->own_host;
    }
    state->source = WEB_TLS_GIVEN;
    return 0;
}

static int take_default(struct tls *tls, const struct tls_files *files,
                        const struct tls_given *given, struct tls_state *state, struct arena *a,
                        struct err_ctx *err)
{
    if (given->count > 0)
        return take_given(state, given, tls->config->sni_count > 0 ? 1 : given->count, a, err);
    state->source = files->source;
    return cert_load(&state->certs[0], files->cert, files->key, err);
}

static int state_fill(struct tls *tls, const struct tls_files *files, const struct tls_given *given,
                      struct tls_state *state, struct arena *a, struct err_ctx *err)
{
    const struct web_tls_config *config = tls->config;
    if (!state->certs)
        return ERR_NO_MEMORY;
    TRY(take_default(tls, files, given, state, a, err));
    for (size_t i = 0; i < config->sni_count; i++) {
        state->certs[i + 1].host = config->sni[i].host;
        TRY(cert_load(&state->certs[i + 1], config->sni[i].cert_file, config->sni[i].key_file,
                      err));
    }
    int rc = ssl_setup(state, config);
    return rc == 0 ? 0 : library_failed(err, "TLS settings with", files->cert, rc);
}

/* --- Which files --- */

static int name_file(char out[TLS_PATH_MAX], const char *folder, const char *name,
                     struct err_ctx *err)
{
    int n = folder ? snprintf(out, TLS_PATH_MAX, "%s/%s", folder, name)
                   : snprintf(out, TLS_PATH_MAX, "%s", name);
    return n > 0 && n < TLS_PATH_MAX
               ? 0
               : err_set(err, ERR_CONFIG, "the path of a TLS file is too long");
}

/* One that was installed over the API stands in one file with its key, so that both change in one step. */
static int name_own(struct tls_files *f, const char *folder, struct err_ctx *err)
{
    if (!folder)
        return err_set(err, ERR_CONFIG, "TLS has neither a certificate nor a folder for one");
    TRY(name_file(f->cert, folder, TLS_INSTALLED_FILE, err));
    if (access(f->cert, F_OK) == 0) {
        f->source = WEB_TLS_INSTALLED;
        return name_file(f->key, folder, TLS_INSTALLED_FILE, err);
    }
    f->source = WEB_TLS_SELF_SIGNED;
    TRY(name_file(f->cert, folder, "tls.crt", err));
    return name_file(f->key, folder, "tls.key", err);
}

static int name_files(const struct web_tls_config *c, struct tls_files *ret_files,
                      struct err_ctx *err)
{
    if ((c->cert_file == NULL) != (c->key_file == NULL))
        return err_set(err, ERR_CONFIG, "a certificate file and a key file belong together");
    if (!c->cert_file)
        return name_own(ret_files, c->folder, err);
    ret_files->source = WEB_TLS_CONFIGURED;
    TRY(name_file(ret_files->cert, NULL, c->cert_file, err));
    return name_file(ret_files->key, NULL, c->key_file, err);
}

/* Who named files of his own has said what counts. */
static int look_at_given(const struct web_tls_config *c, struct arena *a,
                         struct tls_given *ret_given, struct err_ctx *err)
{
    struct str text;
    ret_given->count = 0;
    if (c->cert_file || !c->given)
        return 0;
    int rc = c->given(c->given_arg, a, &text);
    if (rc == ERR_NOT_FOUND)
        return 0;
    if (rc == 0)
        rc = tls_given_parse(a, text, ret_given);
    return rc == 0 ? 0
                   : err_set(err, rc, "the certificate that the primary gave: %s", err_text(rc));
}

int tls_reload(struct tls *tls, struct err_ctx *err)
{
    CLEANUP(arena_free) struct arena a;
    struct tls_files files;
    struct tls_given given;
    arena_init(&a, GIVEN_ARENA_BYTES);
    TRY(name_files(tls->config, &files, err));
    TRY(look_at_given(tls->config, &a, &given, err));
    size_t others = tls->config->sni_count;
    if (others == 0 && given.count > 0)
        others = given.count - 1;
    struct tls_state *fresh = state_alloc(1 + others);
    if (!fresh)
        return ERR_NO_MEMORY;
    int rc = state_fill(tls, &files, &given, fresh, &a, err);
    if (rc != 0) {
        state_free(fresh);
        return rc;
    }
    pthread_mutex_lock(&tls->mutex);
    struct tls_state *old = tls->current;
    tls->current = fresh;
    pthread_mutex_unlock(&tls->mutex);
    if (old)
        tls_state_release(old);
    return 0;
}

struct tls_state *tls_state_acquire(struct tls *tls)
{
    pthread_mutex_lock(&tls->mutex);
    struct tls_state *state = tls->current;
    atomic_fetch_add_explicit(&state->references, 1, memory_order_relaxed);
    pthread_mutex_unlock(&tls->mutex);
    return state;
}

void tls_state_release(struct tls_state *state)
{
    if (atomic_fetch_sub_explicit(&state->references, 1, memory_order_acq_rel) == 1)
        state_free(state);
}

/* The first start makes a self-signed pair when no other one is there. */
static int make_missing(struct tls *tls, struct err_ctx *err)
{
    struct tls_files f;
    TRY(name_files(tls->config, &f, err));
    if (f.source == WEB_TLS_SELF_SIGNED && access(f.cert, F_OK) != 0)
        return tls_make_self_signed(f.cert, f.key, tls->hostname, clock_now().wall_ms / 1000, err);
    return 0;
}

int tls_new(const struct web_tls_config *config, struct str hostname, struct err_ctx *err,
            struct tls **ret_tls)
{
    struct tls *tls = calloc(1, sizeof(*tls));
    if (!tls)
        return ERR_NO_MEMORY;
    tls->config = config;
    tls->hostname = hostname;
    pthread_mutex_init(&tls->mutex, NULL);
    int rc = psa_crypto_init() == PSA_SUCCESS ? 0 : err_set(err, ERR_INTERNAL, "no crypto library");
    if (rc == 0)
        rc = make_missing(tls, err);
    if (rc == 0)
        rc = tls_reload(tls, err);
    if (rc != 0) {
        tls_free(tls);
        return rc;
    }
    *ret_tls = tls;
    return 0;
}

void tls_free(struct tls *tls)
{
    if (!tls)
        return;
    if (tls->current)
        tls_state_release(tls->current);
    pthread_mutex_destroy(&tls->mutex);
    free(tls);
}

static int64_t not_after_s(const mbedtls_x509_crt *crt)
{
    const mbedtls_x509_time *t = &crt->valid_to;
    struct tm tm = {.tm_year = t->year - 1900,
                    .tm_mon = t->mon - 1,
                    .tm_mday = t->day,
                    .tm_hour = t->hour,
                    .tm_min = t->min,
                    .tm_sec = t->sec};
    return (int64_t)timegm(&tm);
}

int64_t tls_expires_in_s(struct tls *tls, int64_t now_s)
{
    struct tls_state *state = tls_state_acquire(tls);
    int64_t least = INT64_MAX;
    for (size_t i = 0; i < state->cert_count; i++) {
        int64_t left = not_after_s(&state->certs[i].chain) - now_s;
        least = left < least ? left : least;
    }
    tls_state_release(state);
    return least;
}

/* Names that it is for, a space between them; those that do not fit are left out. */
static void write_names(const mbedtls_x509_crt *crt, char text[NAMES_MAX_BYTES])
{
    size_t len = 0;
    for (const mbedtls_x509_sequence *s = &crt->subject_alt_names; s && s->buf.p; s = s->next) {
        mbedtls_x509_subject_alternative_name san;
        char address[INET6_ADDRSTRLEN];
        struct str name = STR("");
        if (mbedtls_x509_parse_subject_alt_name(&s->buf, &san) != 0)
            continue;
        const mbedtls_x509_buf *b = &san.san.unstructured_name;
        if (san.type == MBEDTLS_X509_SAN_DNS_NAME)
            name = str_of((const char *)b->p, b->len);
        else if (san.type == MBEDTLS_X509_SAN_IP_ADDRESS &&
                 inet_ntop(b->len == 4 ? AF_INET : AF_INET6, b->p, address, sizeof(address)))
            name = str_c(address);
        if (!str_empty(name) && len + name.len + 2 <= NAMES_MAX_BYTES)
            len += (size_t)snprintf(text + len, NAMES_MAX_BYTES - len, "%s%.*s", len ? " " : "",
                                    STR_ARG(name));
        mbedtls_x509_free_subject_alt_name(&san);
    }
}

static void see_one(const struct tls_cert *c, web_see_certificate *see, void *arg)
{
    char subject[256], names[NAMES_MAX_BYTES] = "";
    const mbedtls_x509_crt *crt = &c->chain;
    if (mbedtls_x509_dn_gets(subject, sizeof(subject), &crt->subject) < 0)
        subject[0] = '\0';
    write_names(crt, names);
    const struct web_certificate certificate = {
        .host = c->host ? str_c(c->host) : str_of(NULL, 0),
        .subject = str_c(subject),
        .names = str_c(names),
        .is_self_signed = crt->subject_raw.len == crt->issuer_raw.len &&
                          memcmp(crt->subject_raw.p, crt->issuer_raw.p, crt->subject_raw.len) == 0,
        .expires_s = not_after_s(crt),
    };
    see(arg, &certificate);
}

void tls_each_certificate(struct tls *tls, web_see_certificate *see, void *arg)
{
    struct tls_state *state = tls_state_acquire(tls);
    for (size_t i = 0; i < state->cert_count; i++)
        see_one(&state->certs[i], see, arg);
    tls_state_release(state);
}

enum web_tls_source tls_source(struct tls *tls)
{
    struct tls_state *state = tls_state_acquire(tls);
    enum web_tls_source source = state->source;
    tls_state_release(state);
    return source;
}
