/* One TLS connection on a socket that never blocks. */
#include "web/tls/tls_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "core/base/banned.h"

struct tls_session {
    mbedtls_ssl_context ssl;
    struct tls_state *state;
    int fd;
    size_t unfinished; /* length of the write that said TLS_WANT_WRITE; 0: none */
};

static int socket_send(void *context, const unsigned char *data, size_t len)
{
    const struct tls_session *s = context;
    ssize_t n = send(s->fd, data, len, MSG_NOSIGNAL);
    if (n >= 0)
        return (int)n;
    return errno == EAGAIN || errno == EINTR ? MBEDTLS_ERR_SSL_WANT_WRITE
                                             : MBEDTLS_ERR_SSL_INTERNAL_ERROR;
}

static int socket_recv(void *context, unsigned char *data, size_t len)
{
    const struct tls_session *s = context;
    ssize_t n = recv(s->fd, data, len, 0);
    if (n > 0)
        return (int)n;
    if (n == 0)
        return MBEDTLS_ERR_SSL_CONN_EOF;
    return errno == EAGAIN || errno == EINTR ? MBEDTLS_ERR_SSL_WANT_READ
                                             : MBEDTLS_ERR_SSL_INTERNAL_ERROR;
}

int tls_session_new(struct tls *tls, int fd, struct tls_session **ret_session)
{
    struct tls_session *s = calloc(1, sizeof(*s));
    if (!s)
        return ERR_NO_MEMORY;
    s->fd = fd;
    s->state = tls_state_acquire(tls);
    mbedtls_ssl_init(&s->ssl);
    if (mbedtls_ssl_setup(&s->ssl, &s->state->ssl) != 0) {
        mbedtls_ssl_free(&s->ssl);
        tls_state_release(s->state);
        free(s);
        return ERR_NO_MEMORY;
    }
    mbedtls_ssl_set_bio(&s->ssl, s, socket_send, socket_recv, NULL);
    *ret_session = s;
    return 0;
}

void tls_session_free(struct tls_session *s)
{
    if (!s)
        return;
    /* One try: whoever does not take it sees the end of the connection anyway. */
    if (mbedtls_ssl_is_handshake_over(&s->ssl))
        (void)mbedtls_ssl_close_notify(&s->ssl);
    mbedtls_ssl_free(&s->ssl);
    tls_state_release(s->state);
    free(s);
}

static int outcome(int rc)
{
    switch (rc) {
    case MBEDTLS_ERR_SSL_WANT_READ: return TLS_WANT_READ;
    case MBEDTLS_ERR_SSL_WANT_WRITE: return TLS_WANT_WRITE;
    default: return TLS_FAILED;
    }
}

int tls_session_handshake(struct tls_session *s)
{
    int rc = mbedtls_ssl_handshake(&s->ssl);
    return rc == 0 ? 0 : outcome(rc);
}

ssize_t tls_session_read(struct tls_session *s, void *buf, size_t size)
{
    int rc;
    do {
        rc = mbedtls_ssl_read(&s->ssl, buf, size);
        /* Reported once for a client's ticket message; the data is still to come. */
    } while (rc == MBEDTLS_ERR_SSL_RECEIVED_NEW_SESSION_TICKET);
    if (rc == MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY || rc == MBEDTLS_ERR_SSL_CONN_EOF)
        return 0;
    return rc >= 0 ? rc : outcome(rc);
}

ssize_t tls_session_write(struct tls_session *s, const void *buf, size_t size)
{
    /* The library has that record ready and counts it as written whatever it is given next. */
    if (s->unfinished && s->unfinished < size)
        size = s->unfinished;
    int rc = mbedtls_ssl_write(&s->ssl, buf, size);
    s->unfinished = rc == MBEDTLS_ERR_SSL_WANT_WRITE ? size : 0;
    return rc >= 0 ? rc : outcome(rc);
}

size_t tls_session_pending(const struct tls_session *s)
{
    return mbedtls_ssl_get_bytes_avail(&s->ssl);
}

struct str tls_session_peer_cert(const struct tls_session *s)
{
    const mbedtls_x509_crt *crt = mbedtls_ssl_get_peer_cert(&s->ssl);
    return crt ? str_of((const char *)crt->raw.p, crt->raw.len) : str_of(NULL, 0);
}
