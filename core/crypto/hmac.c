/* HMAC (RFC 2104 2). */
#include "core/crypto/hmac.h"

#include "core/base/ct.h"
#include "core/base/err.h"
#include "core/base/secret.h"

#include "core/base/banned.h"

#define BLOCK_MAX_BYTES 128

static void init_pad(struct digest *d, enum digest_alg alg, const unsigned char *block,
                     unsigned char pad)
{
    unsigned char padded[BLOCK_MAX_BYTES];
    size_t len = digest_block_bytes(alg);
    for (size_t i = 0; i < len; i++)
        padded[i] = block[i] ^ pad;
    digest_init(d, alg);
    digest_update(d, str_of((const char *)padded, len));
    secret_wipe(padded, sizeof(padded));
}

void hmac_init(struct hmac *h, enum digest_alg alg, struct str key)
{
    unsigned char block[BLOCK_MAX_BYTES] = {0};
    if (key.len > digest_block_bytes(alg))
        digest_of(alg, key, block);
    else if (key.len > 0)
        memcpy(block, key.ptr, key.len);
    init_pad(&h->inner, alg, block, 0x36);
    init_pad(&h->outer, alg, block, 0x5c);
    secret_wipe(block, sizeof(block));
}

void hmac_update(struct hmac *h, struct str data)
{
    digest_update(&h->inner, data);
}

void hmac_final(struct hmac *h, unsigned char *out)
{
    unsigned char inner[DIGEST_MAX_BYTES];
    size_t len = digest_bytes(h->inner.alg);
    digest_final(&h->inner, inner);
    digest_update(&h->outer, str_of((const char *)inner, len));
    digest_final(&h->outer, out);
    secret_wipe(inner, sizeof(inner));
}

void hmac_of(enum digest_alg alg, struct str key, struct str data, unsigned char *out)
{
    struct hmac h;
    hmac_init(&h, alg, key);
    hmac_update(&h, data);
    hmac_final(&h, out);
}

int hmac_verify(enum digest_alg alg, struct str key, struct str data, struct str mac)
{
    unsigned char expected[DIGEST_MAX_BYTES];
    hmac_of(alg, key, data, expected);
    bool equal = ct_eq(mac, str_of((const char *)expected, digest_bytes(alg)));
    secret_wipe(expected, sizeof(expected));
    return equal ? 0 : ERR_BAD_MAC;
}
