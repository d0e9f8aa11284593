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
    char *own_host;   /* owned; NULL: host is of the configuration */
    mbedtls_x509_crt chain;
    mbedtls_pk_context key;
};

/* One generation of settings and certificates; sessions hold a reference. */
struct tls_state {
    atomic_uint references;
    enum web_tls_source source; /* of the default certificate */
    mbedtls_ssl_config ssl;
    mbedtls_ssl_ticket_context tickets;
    struct tls_cert *certs; /* the default one first */
    size_t cert_count;
};

/* Where the default certificate and its key are. */
#define TLS_PATH_MAX 512
struct tls_files {
    char cert[TLS_PATH_MAX], key[TLS_PATH_MAX];
    enum web_tls_source source;
};

struct tls {
    const struct web_tls_config *config;
    struct str hostname;
    pthread_mutex_t mutex; /* guards current */
    struct tls_state *current;
};

struct tls_state *tls_state_acquire(struct tls *tls);
void tls_state_release(struct tls_state *state);

#define TLS_HOST_MAX 253

/* A name that a certificate is for: an address when it reads as one. host outlives it. */
struct tls_name {
    mbedtls_x509_san_list san;
    unsigned char address[16];
};
void tls_name_set(struct tls_name *n, const char *host, struct tls_name *next);

/* P-256. The library's error. */
int tls_key_generate(mbedtls_pk_context *key);
/* In one step, never through a link that someone planted; ERR_IO when it is there. */
MUST_CHECK int tls_write_new_file(const char *file, mode_t mode, const char *text,
                                  struct err_ctx *err);

/* What another node gave: the default one first. Texts are PEM, in an arena. */
#define TLS_GIVEN_MAX 64
struct tls_given {
    struct {
        struct str host, certificate, key; /* host: absent for the default one */
    } pairs[TLS_GIVEN_MAX];
    size_t count; /* 0: none */
};
/* ERR_INVALID_REQUEST for what tls_export did not make. */
MUST_CHECK int tls_given_parse(struct arena *a, struct str text, struct tls_given *ret_given);

/* One certificate with those of the authorities between, and its key, from PEM into a tls_cert whose chain and key
 * were initialised; and back. The key must be the certificate's: ERR_INVALID_REQUEST with the member. */
MUST_CHECK int tls_pair_read(struct arena *a, struct str certificate, struct str key,
                             struct tls_cert *c, struct err_ctx *err);
MUST_CHECK int tls_pair_write(struct arena *a, const struct tls_cert *c,
                              struct str *ret_certificate, struct str *ret_key);

/* The library's signature for our generator. */
int tls_random(void *context, unsigned char *out, size_t len);

#endif
