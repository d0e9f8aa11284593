/* Between the files of this folder. */
#ifndef GARITA_WEB_TLS_TLS_INTERNAL_H
#define GARITA_WEB_TLS_TLS_INTERNAL_H

#include <mbedtls/ssl.h>
#include <mbedtls/ssl_ticket.h>
#include <mbedtls/x509_crt.h>

#include <pthread.h>

#include "web/tls/tls.h"

struct tls_cert {
    const char *host; /* NULL: for every name that has none of its own */
    mbedtls_x509_crt chain;
    mbedtls_pk_context key;
};

/* One generation of settings and certificates; sessions hold a reference. */
struct tls_state {
    atomic_uint references;
    mbedtls_ssl_config ssl;
    mbedtls_ssl_ticket_context tickets;
    struct tls_cert *certs; /* the default one first */
    size_t cert_count;
};

struct tls {
    const struct web_tls_config *config;
    struct str hostname;
    char cert_file[512]; /* of the default certificate */
    char key_file[512];
    pthread_mutex_t mutex; /* guards current */
    struct tls_state *current;
};

struct tls_state *tls_state_acquire(struct tls *tls);
void tls_state_release(struct tls_state *state);

/* The library's signature for our generator. */
int tls_random(void *context, unsigned char *out, size_t len);

#endif
