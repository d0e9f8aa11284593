/* HMAC (RFC 2104) over the hashes of digest.h. */
#ifndef GARITA_CORE_CRYPTO_HMAC_H
#define GARITA_CORE_CRYPTO_HMAC_H

#include "core/crypto/digest.h"

/* out has room for digest_bytes(alg). Keys of every length are taken; who needs a minimum (JO-14)
 * asks before. */
void hmac_of(enum digest_alg alg, struct str key, struct str data, unsigned char *out);
/* Constant time; mac must have the full length. ERR_BAD_MAC. */
MUST_CHECK int hmac_verify(enum digest_alg alg, struct str key, struct str data, struct str mac);

/* In pieces, and for many messages under one key: init once, copy by assignment, update, final. */
struct hmac {
    struct digest inner;
    struct digest outer;
};
void hmac_init(struct hmac *h, enum digest_alg alg, struct str key);
void hmac_update(struct hmac *h, struct str data);
void hmac_final(struct hmac *h, unsigned char *out);

#endif
