/* Random bytes, ids and handles. */
#include "core/base/rng.h"

#include <sodium.h>

#include "core/base/banned.h"

void rng_bytes(void *out, size_t len)
{
    /* Aborts the process by itself when the system gives no randomness. */
    randombytes_buf(out, len);
}

uint32_t rng_below(uint32_t bound)
{
    return randombytes_uniform(bound);
}

static void uuid_write(unsigned char bytes[16], unsigned char version, char text[UUID_TEXT_LEN + 1])
{
    static const char hex[] = "0123456789abcdef";
    char *out = text;
    bytes[6] = (unsigned char)((bytes[6] & 0x0f) | (version << 4));
    bytes[8] = (unsigned char)((bytes[8] & 0x3f) | 0x80);
    for (int i = 0; i < 16; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10)
            *out++ = '-';
        *out++ = hex[bytes[i] >> 4];
        *out++ = hex[bytes[i] & 15];
    }
    *out = '\0';
}

void uuid_v4(char text[UUID_TEXT_LEN + 1])
{
    unsigned char bytes[16];
    rng_bytes(bytes, sizeof(bytes));
    uuid_write(bytes, 4, text);
}

void uuid_v7(int64_t wall_ms, char text[UUID_TEXT_LEN + 1])
{
    unsigned char bytes[16];
    rng_bytes(bytes, sizeof(bytes));
    for (int i = 0; i < 6; i++)
        bytes[i] = (unsigned char)((uint64_t)wall_ms >> (40 - 8 * i));
    uuid_write(bytes, 7, text);
}

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

int64_t uuid_v7_ms(struct str text)
{
    int64_t ms = 0;
    if (text.len != UUID_TEXT_LEN || text.ptr[8] != '-' || text.ptr[14] != '7')
        return -1;
    for (int i = 0; i < 13; i++) {
        if (i == 8)
            continue;
        int digit = hex_value(text.ptr[i]);
        if (digit < 0)
            return -1;
        ms = ms << 4 | digit;
    }
    return ms;
}

struct str uuid_new(struct arena *a)
{
    char text[UUID_TEXT_LEN + 1];
    uuid_v4(text);
    return arena_str(a, str_of(text, UUID_TEXT_LEN));
}

void token_random(char text[TOKEN_TEXT_LEN + 1])
{
    unsigned char bytes[32];
    rng_bytes(bytes, sizeof(bytes));
    (void)sodium_bin2base64(text, TOKEN_TEXT_LEN + 1, bytes, sizeof(bytes),
                            sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    sodium_memzero(bytes, sizeof(bytes));
}

struct str token_new(struct arena *a)
{
    char text[TOKEN_TEXT_LEN + 1];
    token_random(text);
    return arena_str(a, str_of(text, TOKEN_TEXT_LEN));
}
