/* Base32: five bits a letter. */
#include "core/codec/base32.h"

#include "core/base/err.h"

#include "core/base/banned.h"

#define GROUP_CHARS 8 /* of 5 bytes */

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

struct str base32_encode(struct arena *a, struct str bytes)
{
    size_t chars = (bytes.len * 8 + 4) / 5, at = 0;
    char *text = arena_alloc(a, chars + 1);
    uint32_t bits = 0;
    unsigned count = 0;
    if (!text)
        return str_of(NULL, 0);
    for (size_t i = 0; i < bytes.len; i++) {
        bits = (bits << 8 | (unsigned char)bytes.ptr[i]) & 0xffff;
        for (count += 8; count >= 5; count -= 5)
            text[at++] = alphabet[bits >> (count - 5) & 31];
    }
    if (count > 0)
        text[at++] = alphabet[bits << (5 - count) & 31];
    text[at] = '\0';
    return str_of(text, at);
}

/* -1 for what is no letter of it. */
static int value_of(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a';
    if (c >= '2' && c <= '7')
        return c - '2' + 26;
    return -1;
}

/* None, or so much that the length is a multiple of eight. */
static int strip_padding(struct str *io_text)
{
    size_t len = io_text->len;
    while (len > 0 && io_text->ptr[len - 1] == '=')
        len--;
    size_t padding = io_text->len - len;
    if (padding > 0 && (io_text->len % GROUP_CHARS != 0 || padding >= GROUP_CHARS))
        return ERR_INVALID_SYNTAX;
    io_text->len = len;
    return 0;
}

/* Lengths at which a letter stands for no whole byte (RFC 4648 6). */
static bool is_impossible(size_t chars)
{
    size_t rest = chars % GROUP_CHARS;
    return rest == 1 || rest == 3 || rest == 6;
}

int base32_decode(struct arena *a, struct str text, struct str *ret_bytes)
{
    size_t at = 0;
    uint32_t bits = 0;
    unsigned count = 0;
    TRY(strip_padding(&text));
    if (is_impossible(text.len))
        return ERR_INVALID_SYNTAX;
    char *bytes = arena_alloc(a, text.len * 5 / 8 + 1);
    if (!bytes)
        return ERR_NO_MEMORY;
    for (size_t i = 0; i < text.len; i++) {
        int value = value_of(text.ptr[i]);
        if (value < 0)
            return ERR_INVALID_SYNTAX;
        bits = (bits << 5 | (uint32_t)value) & 0xffff;
        count += 5;
        if (count >= 8) {
            count -= 8;
            bytes[at++] = (char)(bits >> count & 0xff);
        }
    }
    if (bits & ((1u << count) - 1))
        return ERR_INVALID_SYNTAX;
    bytes[at] = '\0';
    *ret_bytes = str_of(bytes, at);
    return 0;
}
