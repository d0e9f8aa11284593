/* PBKDF2. The padded key is hashed once; each round starts from copies of that state. */
#include "core/crypto/pbkdf2.h"

#include "core/base/secret.h"
#include "core/crypto/hmac.h"

#include "core/base/banned.h"

/* F(P, S, c, i) of RFC 8018 5.2 */
static void block(const struct hmac *keyed, struct str salt, uint32_t rounds, uint32_t index,
                  unsigned char *out)
{
    unsigned char u[DIGEST_MAX_BYTES];
    size_t len = digest_bytes(keyed->inner.alg);
    const unsigned char number[4] = {(unsigned char)(index >> 24), (unsigned char)(index >> 16),
                                     (unsigned char)(index >> 8), (unsigned char)index};
    struct hmac h = *keyed;
    hmac_update(&h, salt);
    hmac_update(&h, str_of((const char *)number, sizeof(number)));
    hmac_final(&h, u);
    memcpy(out, u, len);
    for (uint32_t round = 1; round < rounds; round++) {
        h = *keyed;
        hmac_update(&h, str_of((const char *)u, len));
        hmac_final(&h, u);
        for (size_t i = 0; i < len; i++)
            out[i] ^= u[i];
    }
    secret_wipe(u, sizeof(u));
}

void pbkdf2(enum digest_alg alg, struct str password, struct str salt, uint32_t rounds,
            unsigned char *out, size_t out_len)
{
    unsigned char t[DIGEST_MAX_BYTES];
    struct hmac keyed;
    hmac_init(&keyed, alg, password);
    for (uint32_t index = 1; out_len > 0; index++) {
        size_t len = out_len < digest_bytes(alg) ? out_len : digest_bytes(alg);
        block(&keyed, salt, rounds, index, t);
        memcpy(out, t, len);
        out += len;
        out_len -= len;
    }
    secret_wipe(t, sizeof(t));
    secret_wipe(&keyed, sizeof(keyed));
}
