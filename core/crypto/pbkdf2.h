/* PBKDF2 with HMAC (RFC 8018 5.2): for records that come from elsewhere. */
#ifndef GARITA_CORE_CRYPTO_PBKDF2_H
#define GARITA_CORE_CRYPTO_PBKDF2_H

#include "core/crypto/digest.h"

/* Fills out_len bytes. rounds >= 1; the caller bounds both. */
void pbkdf2(enum digest_alg alg, struct str password, struct str salt, uint32_t rounds,
            unsigned char *out, size_t out_len);

#endif
