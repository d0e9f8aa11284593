/* HOTP values. */
#include "core/crypto/hotp.h"

#include "core/base/secret.h"
#include "core/crypto/hmac.h"

#include "core/base/banned.h"

/* RFC 4226 5.3: the last half-byte says where the four bytes are, without their sign. */
static uint32_t truncated(const unsigned char *mac, size_t len)
{
    const unsigned char *at = mac + (mac[len - 1] & 0x0f);
    return (uint32_t)(at[0] & 0x7f) << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

void hotp_value(enum digest_alg alg, struct str key, uint64_t counter, unsigned digits,
                char text[HOTP_DIGITS_MAX + 1])
{
    unsigned char message[8], mac[DIGEST_MAX_BYTES];
    for (size_t i = 0; i < sizeof(message); i++)
        message[i] = (unsigned char)(counter >> (8 * (sizeof(message) - 1 - i)) & 0xff);
    hmac_of(alg, key, str_of((const char *)message, sizeof(message)), mac);
    uint32_t value = truncated(mac, digest_bytes(alg));
    for (unsigned i = digits; i-- > 0; value /= 10)
        text[i] = (char)('0' + value % 10);
    text[digits] = '\0';
    secret_wipe(mac, sizeof(mac));
}
