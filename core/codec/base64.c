/* base64url, base64 and hex. One table per direction; wrong letters are gathered in a mask and
 * looked at once, so that time says nothing about where in a secret one stands. */
#include "core/codec/base64.h"

#include "core/base/err.h"

#include "core/base/banned.h"

static const char url_letters[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
static const char std_letters[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

#define WRONG 0xffU

/* The six bits of a letter, computed without a table or a branch on the letter: 0xff is wrong. */
static unsigned range_value(unsigned c, unsigned first, unsigned last, unsigned base)
{
    unsigned inside =
        (((c - first) | (last - c)) >> 31) - 1U; /* all ones when first <= c <= last */
    return inside & (c - first + base + 1U);
}

static unsigned letter_value(char letter, const char *letters)
{
    unsigned c = (unsigned char)letter;
    unsigned c62 = (unsigned char)letters[62];
    unsigned c63 = (unsigned char)letters[63];
    unsigned value = range_value(c, 'A', 'Z', 0) | range_value(c, 'a', 'z', 26) |
                     range_value(c, '0', '9', 52) | range_value(c, c62, c62, 62) |
                     range_value(c, c63, c63, 63);
    return (value - 1U) & WRONG; /* 0 (no range) becomes 0xff */
}

/* Letters for len bytes without padding; returns how many. */
static size_t encode(char *out, const unsigned char *in, size_t len, const char *letters)
{
    size_t n = 0;
    size_t i = 0;
    for (; i + 3 <= len; i += 3) {
        uint32_t v = (uint32_t)in[i] << 16 | (uint32_t)in[i + 1] << 8 | in[i + 2];
        out[n++] = letters[v >> 18];
        out[n++] = letters[(v >> 12) & 63];
        out[n++] = letters[(v >> 6) & 63];
        out[n++] = letters[v & 63];
    }
    size_t rest = len - i;
    if (rest > 0) {
        uint32_t v = (uint32_t)in[i] << 16 | (rest == 2 ? (uint32_t)in[i + 1] << 8 : 0);
        out[n++] = letters[v >> 18];
        out[n++] = letters[(v >> 12) & 63];
        if (rest == 2)
            out[n++] = letters[(v >> 6) & 63];
    }
    return n;
}

/* Bytes of unpadded text; out has room for all of them. */
static int decode(struct str text, const char *letters, unsigned char *out, size_t *ret_len)
{
    uint32_t bits = 0;
    unsigned wrong = 0;
    size_t n = 0;
    for (size_t i = 0; i < text.len; i++) {
        unsigned value = letter_value(text.ptr[i], letters);
        wrong |= value & 0xc0U;
        bits = bits << 6 | (value & 63U);
        switch (i & 3) {
        case 1: out[n++] = (unsigned char)(bits >> 4); break;
        case 2: out[n++] = (unsigned char)(bits >> 2); break;
        case 3: out[n++] = (unsigned char)bits; break;
        default: break;
        }
    }
    /* Bits behind the last byte must be zero: else one value has many spellings (JO-07). */
    size_t rest = text.len & 3;
    if (rest == 2)
        wrong |= bits & 15U;
    else if (rest == 3)
        wrong |= bits & 3U;
    if (wrong || rest == 1)
        return ERR_INVALID_SYNTAX;
    *ret_len = n;
    return 0;
}

static size_t decoded_bytes(size_t chars)
{
    return chars / 4 * 3 + (chars % 4 ? chars % 4 - 1 : 0);
}

static int decode_in_arena(struct arena *a, struct str text, const char *letters,
                           struct str *ret_bytes)
{
    size_t len;
    char *out = arena_alloc(a, decoded_bytes(text.len) + 1);
    if (!out)
        return ERR_NO_MEMORY;
    TRY(decode(text, letters, (unsigned char *)out, &len));
    *ret_bytes = str_of(out, len);
    return 0;
}

/* --- base64url --- */

void base64url_write(char *out, const void *bytes, size_t len)
{
    encode(out, bytes, len, url_letters);
}

struct str base64url_encode(struct arena *a, struct str bytes)
{
    size_t chars = base64url_chars(bytes.len);
    char *out = arena_alloc(a, chars + 1);
    if (!out)
        return str_of(NULL, 0);
    base64url_write(out, bytes.ptr, bytes.len);
    return str_of(out, chars);
}

void base64url_add(struct buf *b, struct str bytes)
{
    char *out = buf_extend(b, base64url_chars(bytes.len));
    if (out)
        base64url_write(out, bytes.ptr, bytes.len);
}

int base64url_decode(struct arena *a, struct str text, struct str *ret_bytes)
{
    return decode_in_arena(a, text, url_letters, ret_bytes);
}

int base64url_decode_into(struct str text, void *out, size_t cap, size_t *ret_len)
{
    if (decoded_bytes(text.len) > cap)
        return ERR_TOO_LARGE;
    return decode(text, url_letters, out, ret_len);
}

/* --- base64 --- */

static size_t padded_chars(size_t len)
{
    return (len + 2) / 3 * 4;
}

static void write_padded(char *out, struct str bytes)
{
    size_t n = encode(out, (const unsigned char *)bytes.ptr, bytes.len, std_letters);
    while (n < padded_chars(bytes.len))
        out[n++] = '=';
}

struct str base64_encode(struct arena *a, struct str bytes)
{
    char *out = arena_alloc(a, padded_chars(bytes.len) + 1);
    if (!out)
        return str_of(NULL, 0);
    write_padded(out, bytes);
    return str_of(out, padded_chars(bytes.len));
}

void base64_add(struct buf *b, struct str bytes)
{
    char *out = buf_extend(b, padded_chars(bytes.len));
    if (out)
        write_padded(out, bytes);
}

int base64_decode(struct arena *a, struct str text, enum base64_padding padding,
                  struct str *ret_bytes)
{
    size_t chars = text.len;
    while (chars > 0 && text.len - chars < 2 && text.ptr[chars - 1] == '=')
        chars--;
    bool padded = text.len % 4 == 0 && (4 - chars % 4) % 4 == text.len - chars;
    bool bare = padding == BASE64_PADDING_OPTIONAL && chars == text.len;
    if (!padded && !bare)
        return ERR_INVALID_SYNTAX;
    return decode_in_arena(a, str_of(text.ptr, chars), std_letters, ret_bytes);
}

/* --- hex --- */

void hex_write(char *out, const void *bytes, size_t len)
{
    static const char digits[] = "0123456789abcdef";
    const unsigned char *in = bytes;
    for (size_t i = 0; i < len; i++) {
        out[2 * i] = digits[in[i] >> 4];
        out[2 * i + 1] = digits[in[i] & 15];
    }
}

struct str hex_encode(struct arena *a, struct str bytes)
{
    char *out = arena_array(a, bytes.len + 1, 2);
    if (!out)
        return str_of(NULL, 0);
    hex_write(out, bytes.ptr, bytes.len);
    return str_of(out, bytes.len * 2);
}

static unsigned hex_value(char digit)
{
    unsigned c = (unsigned char)digit;
    unsigned value =
        range_value(c, '0', '9', 0) | range_value(c, 'a', 'f', 10) | range_value(c, 'A', 'F', 10);
    return (value - 1U) & WRONG;
}

int hex_decode(struct arena *a, struct str text, struct str *ret_bytes)
{
    if (text.len % 2 != 0)
        return ERR_INVALID_SYNTAX;
    char *out = arena_alloc(a, text.len / 2 + 1);
    if (!out)
        return ERR_NO_MEMORY;
    unsigned wrong = 0;
    for (size_t i = 0; i < text.len / 2; i++) {
        unsigned high = hex_value(text.ptr[2 * i]);
        unsigned low = hex_value(text.ptr[2 * i + 1]);
        wrong |= (high | low) & 0xf0U;
        out[i] = (char)(unsigned char)((high & 15U) << 4 | (low & 15U));
    }
    if (wrong)
        return ERR_INVALID_SYNTAX;
    *ret_bytes = str_of(out, text.len / 2);
    return 0;
}
