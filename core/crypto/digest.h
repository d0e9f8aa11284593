/* Hashes. SHA-1 is here for old PBKDF2 records and, in HMAC, for one-time passwords (RFC 6238 1.2), and
 * for nothing else. */
#ifndef GARITA_CORE_CRYPTO_DIGEST_H
#define GARITA_CORE_CRYPTO_DIGEST_H

#include "core/base/str.h"

enum digest_alg { DIGEST_SHA1, DIGEST_SHA256, DIGEST_SHA384, DIGEST_SHA512 };

#define DIGEST_MAX_BYTES 64
#define SHA256_BYTES     32
#define BLAKE2B_BYTES    32

size_t digest_bytes(enum digest_alg alg);
/* Bytes of the hash's input block (64 or 128), which HMAC asks for. */
size_t digest_block_bytes(enum digest_alg alg);

/* out has room for digest_bytes(alg). */
void digest_of(enum digest_alg alg, struct str data, unsigned char *out);
void sha256_of(struct str data, unsigned char out[SHA256_BYTES]);

/* In pieces. final leaves the state zeroed. The state may be copied by assignment. */
struct digest {
    enum digest_alg alg;
    _Alignas(16) unsigned char state[256];
};
void digest_init(struct digest *d, enum digest_alg alg);
void digest_update(struct digest *d, struct str data);
void digest_final(struct digest *d, unsigned char *out);

/* BLAKE2b-256 of the parts one after another, keyed when key is not empty (16 to 64 bytes). The
 * parts are not separated from each other: callers frame what must not run together. */
void blake2b_256(struct str key, const struct str *parts, size_t count,
                 unsigned char out[BLAKE2B_BYTES]);
static inline void blake2b_256_of(struct str data, unsigned char out[BLAKE2B_BYTES])
{
    blake2b_256(str_of(NULL, 0), &data, 1, out);
}
/* The same, without a key, of what next brings: pieces until an empty one. Its errors. */
typedef int blake2b_next(void *arg, struct str *ret_piece);
MUST_CHECK int blake2b_256_pull(blake2b_next *next, void *arg, unsigned char out[BLAKE2B_BYTES]);

#define SIPHASH_KEY_BYTES 16

/* SipHash-2-4: 64 bits, fast, good at telling accidents. Under a public key it proves nothing about
 * who wrote the data. */
uint64_t siphash_64(const unsigned char key[SIPHASH_KEY_BYTES], struct str data);
/* The same with 128 bits, under a key that nobody knows: for finding again in memory what was seen
 * before, three times as fast as BLAKE2b. */
#define SIPHASH_128_BYTES 16
void siphash_128(const unsigned char key[SIPHASH_KEY_BYTES], struct str data,
                 unsigned char out[SIPHASH_128_BYTES]);

#endif
