/* The key of a node for the link to its peer: made on the node, never leaves it, known to the peer by its
 * pin. The certificate that TLS wants around it is made anew each time and says nothing. */
#ifndef GARITA_STORE_LINK_IDENTITY_H
#define GARITA_STORE_LINK_IDENTITY_H

#include <mbedtls/x509_crt.h>

#include "core/base/err.h"

#define LINK_PIN_BYTES 32

/* SHA-256 of the key's SubjectPublicKeyInfo (as RFC 7469 2.4 has it). */
struct link_pin {
    unsigned char bytes[LINK_PIN_BYTES];
};
/* In constant time. */
bool link_pin_equal(const struct link_pin *a, const struct link_pin *b);

struct link_identity {
    mbedtls_x509_crt certificate;
    mbedtls_pk_context key;
    struct link_pin pin;
};

/* The key in the node's folder (store/repl/node_folder.h), made when it is missing and may be made: P-256.
 * ERR_NOT_FOUND, ERR_BAD_KEY for a file that holds none, ERR_CONFIG when others may read it, ERR_IO,
 * ERR_STORE_FULL, ERR_NO_MEMORY. */
MUST_CHECK int link_identity_load(int data_dir_fd, bool may_make,
                                  struct link_identity *ret_identity);
void link_identity_free(struct link_identity *identity);

/* Of the key in a certificate that a peer showed. */
void link_pin_of(const mbedtls_x509_crt *certificate, struct link_pin *ret_pin);

#endif
