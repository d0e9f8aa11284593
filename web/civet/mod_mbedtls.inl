/* Included by civetweb.c in the place of its own TLS layer. The engine believes that it talks TLS;
 * what it reads is a request that lies complete in memory and what it writes goes to the worker,
 * which owns the socket and the real TLS session (web/tls). So the engine never waits for a client,
 * and its handshake loop, its settings and its messages on stderr do not exist. */
#include <mbedtls/ssl.h>

#include "web/civet/civet.h"

typedef struct civet_stream {
    struct str message;
    size_t read;
    const struct civet_io *io;
} SSL;

typedef struct civet_no_context {
    int unused;
} SSL_CTX;

/* The engine asks this before it would poll the socket. Always "some", so that it never polls: a
 * read at the end says WANT_READ and the engine's time-out, one millisecond, ends the attempt. */
#define mbedtls_ssl_get_bytes_avail(stream)                                                        \
    ((stream)->message.len > (stream)->read ? (int)((stream)->message.len - (stream)->read) : 1)

static int mbed_ssl_read(SSL *stream, unsigned char *buf, int len)
{
    size_t left = stream->message.len - stream->read;
    size_t take = left < (size_t)len ? left : (size_t)len;
    if (take == 0)
        return MBEDTLS_ERR_SSL_WANT_READ;
    memcpy(buf, stream->message.ptr + stream->read, take);
    stream->read += take;
    return (int)take;
}

static int mbed_ssl_write(SSL *stream, const unsigned char *buf, int len)
{
    return stream->io->send(stream->io->context, buf, (size_t)len) ? len : 0;
}

/* The rest of the interface is never reached: we hand the engine connections that are set up. */
static int mbed_sslctx_init(SSL_CTX *ctx, const char *file)
{
    (void)ctx;
    (void)file;
    return -1;
}

static void mbed_sslctx_uninit(SSL_CTX *ctx)
{
    (void)ctx;
}

static int mbed_ssl_accept(SSL **ssl, SSL_CTX *ctx, int *sock, struct mg_context *phys_ctx)
{
    (void)ssl;
    (void)ctx;
    (void)sock;
    (void)phys_ctx;
    return -1;
}

static void mbed_ssl_close(SSL *stream)
{
    (void)stream;
}
