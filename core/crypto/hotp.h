/* One-time passwords from a secret and a counter (RFC 4226); with a count of time steps, RFC 6238. */
#ifndef GARITA_CORE_CRYPTO_HOTP_H
#define GARITA_CORE_CRYPTO_HOTP_H

#include "core/crypto/digest.h"

#define HOTP_DIGITS_MIN 6
#define HOTP_DIGITS_MAX 8

/* The value of that many digits (RFC 4226 5.3), with leading zeros and a NUL. */
void hotp_value(enum digest_alg alg, struct str key, uint64_t counter, unsigned digits,
                char text[HOTP_DIGITS_MAX + 1]);

#endif
