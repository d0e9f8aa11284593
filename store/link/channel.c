#include "store/link/channel.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <mbedtls/ssl.h>
#include <psa/crypto.h>

#include "core/base/clock.h"
#include "core/base/rng.h"

#include "core/base/banned.h"

#define BINDING_LABEL "EXPORTER-Channel-Binding" /* RFC 9266 2 */

struct channel {
    mbedtls_ssl_config config;
    mbedtls_ssl_context ssl;
    int fd;
    bool connected;
};

static const int suites[] = {
    MBEDTLS_TLS1_3_AES_128_GCM_SHA256,
    MBEDTLS_TLS1_3_AES_256_GCM_SHA384,
    MBEDTLS_TLS1_3_CHACHA20_POLY1305_SHA256,
    0,
};

/* So that nobody is talked into speaking this protocol to another server of ours. The library keeps the
 * pointer. */
static const char *protocols[] = {"garita-replication", NULL};

static int library_random(void *context, unsigned char *out, size_t len)
{
    (void)context;
    rng_bytes(out, len);
    return 0;
}

static int socket_send(void *context, const unsigned char *data, size_t len)
{
    const struct channel *c = context;
    ssize_t n = send(c->fd, data, len, MSG_NOSIGNAL);
    if (n >= 0)
        return (int)n;
    return errno == EAGAIN || errno == EINTR ? MBEDTLS_ERR_SSL_WANT_WRITE
                                             : MBEDTLS_ERR_SSL_INTERNAL_ERROR;
}

static int socket_recv(void *context, unsigned char *data, size_t len)
{
    const struct channel *c = context;
    ssize_t n = recv(c->fd, data, len, 0);
    if (n > 0)
        return (int)n;
    if (n == 0)
        return MBEDTLS_ERR_SSL_CONN_EOF;
    return errno == EAGAIN || errno == EINTR ? MBEDTLS_ERR_SSL_WANT_READ
                                             : MBEDTLS_ERR_SSL_INTERNAL_ERROR;
}

static int configure(struct channel *c, const struct link_identity *identity,
                     enum channel_side side)
{
    /* The library only reads what it takes by pointers that are not const. */
    union {
        const struct link_identity *in;
        struct link_identity *out;
    } own = {identity};
    TRY(mbedtls_ssl_config_defaults(
        &c->config, side == CHANNEL_DIALS ? MBEDTLS_SSL_IS_CLIENT : MBEDTLS_SSL_IS_SERVER,
        MBEDTLS_SSL_TRANSPORT_STREAM, MBEDTLS_SSL_PRESET_DEFAULT));
    mbedtls_ssl_conf_rng(&c->config, library_random, NULL);
    mbedtls_ssl_conf_min_tls_version(&c->config, MBEDTLS_SSL_VERSION_TLS1_3);
    mbedtls_ssl_conf_max_tls_version(&c->config, MBEDTLS_SSL_VERSION_TLS1_3);
    mbedtls_ssl_conf_tls13_key_exchange_modes(&c->config,
                                              MBEDTLS_SSL_TLS1_3_KEY_EXCHANGE_MODE_EPHEMERAL);
    mbedtls_ssl_conf_ciphersuites(&c->config, suites);
    /* No authority vouches for a pinned key: that the peer has it is proved in the handshake, that it is
     * the right one is judged by the pin. */
    mbedtls_ssl_conf_authmode(&c->config, MBEDTLS_SSL_VERIFY_OPTIONAL);
    mbedtls_ssl_conf_cert_req_ca_list(&c->config, MBEDTLS_SSL_CERT_REQ_CA_LIST_DISABLED);
    TRY(mbedtls_ssl_conf_alpn_protocols(&c->config, protocols));
    TRY(mbedtls_ssl_conf_own_cert(&c->config, &own.out->certificate, &own.out->key));
    TRY(mbedtls_ssl_setup(&c->ssl, &c->config));
    if (side == CHANNEL_DIALS)
        TRY(mbedtls_ssl_set_hostname(&c->ssl, NULL));
    mbedtls_ssl_set_bio(&c->ssl, c, socket_send, socket_recv, NULL);
    return 0;
}

int channel_new(const struct link_identity *identity, enum channel_side side, int fd,
                struct channel **ret_channel)
{
    struct channel *c = calloc(1, sizeof(*c));
    if (!c) {
        (void)close(fd);
        return ERR_NO_MEMORY;
    }
    c->fd = fd;
    mbedtls_ssl_config_init(&c->config);
    mbedtls_ssl_init(&c->ssl);
    if (psa_crypto_init() != PSA_SUCCESS || configure(c, identity, side) != 0) {
        channel_free(c);
        return ERR_INTERNAL;
    }
    *ret_channel = c;
    return 0;
}

void channel_free(struct channel *c)
{
    if (!c)
        return;
    if (c->connected)
        (void)mbedtls_ssl_close_notify(&c->ssl);
    mbedtls_ssl_free(&c->ssl);
    mbedtls_ssl_config_free(&c->config);
    (void)close(c->fd);
    free(c);
}

int channel_fd(const struct channel *c)
{
    return c->fd;
}

static int outcome(int rc)
{
    switch (rc) {
    case MBEDTLS_ERR_SSL_WANT_READ: return CHANNEL_WANT_READ;
    case MBEDTLS_ERR_SSL_WANT_WRITE: return CHANNEL_WANT_WRITE;
    default: return CHANNEL_FAILED;
    }
}

int channel_shake_hands(struct channel *c)
{
    int rc = mbedtls_ssl_handshake(&c->ssl);
    if (rc != 0)
        return outcome(rc);
    /* A peer that names no protocol is none of ours. */
    if (!mbedtls_ssl_get_alpn_protocol(&c->ssl))
        return CHANNEL_FAILED;
    c->connected = true;
    return 0;
}

int channel_pin(const struct channel *c, struct link_pin *ret_pin)
{
    const mbedtls_x509_crt *certificate = mbedtls_ssl_get_peer_cert(&c->ssl);
    if (!c->connected || !certificate)
        return ERR_UNAUTHENTICATED;
    link_pin_of(certificate, ret_pin);
    return 0;
}

int channel_binding(struct channel *c, unsigned char out[CHANNEL_BINDING_BYTES])
{
    int rc = mbedtls_ssl_export_keying_material(&c->ssl, out, CHANNEL_BINDING_BYTES, BINDING_LABEL,
                                                sizeof(BINDING_LABEL) - 1, NULL, 0, 0);
    return rc == 0 ? 0 : ERR_INTERNAL;
}

ssize_t channel_read(struct channel *c, void *out, size_t cap)
{
    int rc = mbedtls_ssl_read(&c->ssl, out, cap);
    if (rc == MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY || rc == MBEDTLS_ERR_SSL_CONN_EOF)
        return 0;
    return rc >= 0 ? rc : outcome(rc);
}

ssize_t channel_write(struct channel *c, const void *bytes, size_t len)
{
    int rc = mbedtls_ssl_write(&c->ssl, bytes, len);
    return rc >= 0 ? rc : outcome(rc);
}

/* --- Waiting --- */

static int wait_for(const struct channel *c, ssize_t want, int64_t deadline_ms)
{
    short events = want == CHANNEL_WANT_WRITE ? POLLOUT : POLLIN;
    struct pollfd p = {.fd = c->fd, .events = events};
    int64_t left = deadline_ms - clock_now().monotonic_ms;
    if (want != CHANNEL_WANT_READ && want != CHANNEL_WANT_WRITE)
        return ERR_IO;
    if (left <= 0 || poll(&p, 1, (int)(left < 60000 ? left : 60000)) == 0)
        return clock_now().monotonic_ms >= deadline_ms ? ERR_TIMEOUT : 0;
    return 0;
}

int channel_shake_hands_by(struct channel *c, int64_t deadline_ms)
{
    int rc;
    while ((rc = channel_shake_hands(c)) != 0)
        TRY(wait_for(c, rc, deadline_ms));
    return 0;
}

int channel_read_by(struct channel *c, void *out, size_t len, int64_t deadline_ms)
{
    unsigned char *at = out;
    while (len > 0) {
        ssize_t n = channel_read(c, at, len);
        if (n == 0)
            return ERR_IO;
        if (n < 0) {
            TRY(wait_for(c, n, deadline_ms));
            continue;
        }
        at += n;
        len -= (size_t)n;
    }
    return 0;
}

int channel_write_by(struct channel *c, const void *bytes, size_t len, int64_t deadline_ms)
{
    const unsigned char *at = bytes;
    while (len > 0) {
        ssize_t n = channel_write(c, at, len);
        if (n < 0) {
            TRY(wait_for(c, n, deadline_ms));
            continue;
        }
        at += n;
        len -= (size_t)n;
    }
    return 0;
}
