/* Hashes: the SHA family of mbedTLS, BLAKE2b of libsodium. */
#include "core/crypto/digest.h"

#include <mbedtls/sha1.h>
#include <mbedtls/sha256.h>
#include <mbedtls/sha512.h>
#include <sodium.h>
#include <stdlib.h>

#include "core/base/secret.h"

#include "core/base/banned.h"

union state {
    mbedtls_sha1_context sha1;
    mbedtls_sha256_context sha256;
    mbedtls_sha512_context sha512;
};

_Static_assert(sizeof(union state) <= sizeof(((struct digest *)NULL)->state),
               "struct digest has room for every state");

static const struct {
    unsigned char bytes;
    unsigned char block_bytes;
} sizes[] = {
    [DIGEST_SHA1] = {20, 64},
    [DIGEST_SHA256] = {32, 64},
    [DIGEST_SHA384] = {48, 128},
    [DIGEST_SHA512] = {64, 128},
};

size_t digest_bytes(enum digest_alg alg)
{
    return sizes[alg].bytes;
}

size_t digest_block_bytes(enum digest_alg alg)
{
    return sizes[alg].block_bytes;
}

static union state *state_of(struct digest *d)
{
    return (union state *)(void *)d->state;
}

/* The software implementations cannot fail with valid arguments; should that ever change, a wrong
 * hash must not go on. */
static void must(int rc)
{
    if (rc != 0)
        abort();
}

void digest_init(struct digest *d, enum digest_alg alg)
{
    union state *s = state_of(d);
    memset(d, 0, sizeof(*d));
    d->alg = alg;
    switch (alg) {
    case DIGEST_SHA1: must(mbedtls_sha1_starts(&s->sha1)); return;
    case DIGEST_SHA256: must(mbedtls_sha256_starts(&s->sha256, 0)); return;
    case DIGEST_SHA384: must(mbedtls_sha512_starts(&s->sha512, 1)); return;
    case DIGEST_SHA512: must(mbedtls_sha512_starts(&s->sha512, 0)); return;
    }
}

void digest_update(struct digest *d, struct str data)
{
    union state *s = state_of(d);
    const unsigned char *in = (const unsigned char *)data.ptr;
    if (data.len == 0)
        return;
    switch (d->alg) {
    case DIGEST_SHA1: must(mbedtls_sha1_update(&s->sha1, in, data.len)); return;
    case DIGEST_SHA256: must(mbedtls_sha256_update(&s->sha256, in, data.len)); return;
    case DIGEST_SHA384:
    case DIGEST_SHA512: must(mbedtls_sha512_update(&s->sha512, in, data.len)); return;
    }
}

void digest_final(struct digest *d, unsigned char *out)
{
    union state *s = state_of(d);
    switch (d->alg) {
    case DIGEST_SHA1: must(mbedtls_sha1_finish(&s->sha1, out)); break;
    case DIGEST_SHA256: must(mbedtls_sha256_finish(&s->sha256, out)); break;
    case DIGEST_SHA384:
    case DIGEST_SHA512: must(mbedtls_sha512_finish(&s->sha512, out)); break;
    }
    secret_wipe(d->state, sizeof(d->state));
}

void digest_of(enum digest_alg alg, struct str data, unsigned char *out)
{
    struct digest d;
    digest_init(&d, alg);
    digest_update(&d, data);
    digest_final(&d, out);
}

void sha256_of(struct str data, unsigned char out[SHA256_BYTES])
{
    digest_of(DIGEST_SHA256, data, out);
}

void blake2b_256(struct str key, const struct str *parts, size_t count,
                 unsigned char out[BLAKE2B_BYTES])
{
    crypto_generichash_state state;
    must(crypto_generichash_init(&state, (const unsigned char *)key.ptr, key.len, BLAKE2B_BYTES));
    for (size_t i = 0; i < count; i++)
        must(crypto_generichash_update(&state, (const unsigned char *)parts[i].ptr, parts[i].len));
    must(crypto_generichash_final(&state, out, BLAKE2B_BYTES));
    secret_wipe(&state, sizeof(state));
}

int blake2b_256_pull(blake2b_next *next, void *arg, unsigned char out[BLAKE2B_BYTES])
{
    crypto_generichash_state state;
    struct str piece;
    must(crypto_generichash_init(&state, NULL, 0, BLAKE2B_BYTES));
    int err = next(arg, &piece);
    for (; err == 0 && piece.len > 0; err = next(arg, &piece))
        must(crypto_generichash_update(&state, (const unsigned char *)piece.ptr, piece.len));
    must(crypto_generichash_final(&state, out, BLAKE2B_BYTES));
    secret_wipe(&state, sizeof(state));
    return err;
}

uint64_t siphash_64(const unsigned char key[SIPHASH_KEY_BYTES], struct str data)
{
    unsigned char bytes[crypto_shorthash_siphash24_BYTES];
    uint64_t hash = 0;
    must(crypto_shorthash_siphash24(bytes, (const unsigned char *)data.ptr, data.len, key));
    for (size_t i = 0; i < sizeof(bytes); i++)
        hash |= (uint64_t)bytes[i] << (8 * i);
    return hash;
}

void siphash_128(const unsigned char key[SIPHASH_KEY_BYTES], struct str data,
                 unsigned char out[SIPHASH_128_BYTES])
{
    must(crypto_shorthash_siphashx24(out, (const unsigned char *)data.ptr, data.len, key));
}
