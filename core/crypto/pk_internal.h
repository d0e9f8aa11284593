/* Inside of a key, for the pk*.c files, which alone see libcrypto. */
#ifndef GARITA_CORE_CRYPTO_PK_INTERNAL_H
#define GARITA_CORE_CRYPTO_PK_INTERNAL_H

#include <openssl/evp.h>
#include <stdatomic.h>

#include "core/crypto/digest.h"
#include "core/crypto/pk.h"

#define ED25519_BYTES           32
#define ED25519_SIGNATURE_BYTES 64

/* Contexts that are ready to sign or verify. Making one costs libcrypto several look-ups; a thread
 * takes one out, uses it, and puts it back. More threads than slots make their own. */
#define PK_SLOTS 8
struct pk_slots {
    _Atomic(EVP_PKEY_CTX *) ready[PK_SLOTS];
};

struct pk_engine {
    EVP_MD *digests[DIGEST_SHA512 + 1];
    struct pk_slots sign[PK_ALG_COUNT];
    struct pk_slots verify[PK_ALG_COUNT];
};

struct pk_key {
    atomic_uint owners;
    enum pk_type type;
    bool is_private;
    int bits;
    /* RSA and EC */
    EVP_PKEY *evp;
    struct pk_engine *engine;
    /* Ed25519 */
    unsigned char ed_public[ED25519_BYTES];
    unsigned char *ed_secret; /* guarded memory; NULL for a public key */
};

/* What an algorithm is made of. */
struct pk_alg_info {
    bool rsa;
    bool pss;
    enum pk_type type; /* when not RSA */
    enum digest_alg digest;
};
const struct pk_alg_info *pk_alg_info(enum pk_alg alg);

/* Bytes of a coordinate of the curve. */
size_t pk_field_bytes(enum pk_type type);
const char *pk_group_name(enum pk_type type);

/* Takes over evp (also on failure) after checking type, size and curve. ERR_BAD_KEY, ERR_NO_MEMORY. */
MUST_CHECK int pk_key_of_evp(EVP_PKEY *evp, bool is_private, struct pk_key **ret_key);
/* From the seed (RFC 8032 5.1.5) or the public point. ERR_BAD_KEY, ERR_NO_MEMORY. */
MUST_CHECK int pk_key_of_ed_seed(const unsigned char seed[ED25519_BYTES], struct pk_key **ret_key);
MUST_CHECK int pk_key_of_ed_public(const unsigned char point[ED25519_BYTES],
                                   struct pk_key **ret_key);

/* libcrypto's part of signing. */
MUST_CHECK int pk_engine_init(void);
MUST_CHECK int pk_engine_new(struct pk_engine **ret_engine);
void pk_engine_free(struct pk_engine *engine);
MUST_CHECK int pk_engine_sign(const struct pk_key *key, enum pk_alg alg, struct str message,
                              unsigned char *signature, size_t *ret_len);
MUST_CHECK int pk_engine_verify(const struct pk_key *key, enum pk_alg alg, struct str message,
                                struct str signature);
/* Empties the thread's queue of libcrypto errors and returns err. */
int pk_failed(int err);

#endif
