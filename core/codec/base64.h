/* base64url, base64 (RFC 4648) and hex. Decoders take the one canonical spelling only: no spaces,
 * no stray bits, no foreign letters (JO-07). Time depends on the length alone for well-formed
 * input, so that secrets may pass. */
#ifndef GARITA_CORE_CODEC_BASE64_H
#define GARITA_CORE_CODEC_BASE64_H

#include "core/base/arena.h"
#include "core/base/buf.h"

/* Characters of n bytes without padding. */
static inline size_t base64url_chars(size_t n)
{
    return n / 3 * 4 + (n % 3 ? n % 3 + 1 : 0);
}
/* The most bytes that so many characters can stand for. */
static inline size_t base64_bytes_max(size_t chars)
{
    return chars / 4 * 3 + chars % 4;
}

/* Without padding (RFC 7515 2). In an arena, with a NUL behind; absent when it is exhausted. */
struct str base64url_encode(struct arena *a, struct str bytes);
void base64url_add(struct buf *b, struct str bytes);
/* Writes base64url_chars(len) characters, no NUL. */
void base64url_write(char *out, const void *bytes, size_t len);
/* ERR_INVALID_SYNTAX for padding, spaces, other letters, an impossible length or trailing bits that
 * are not zero; ERR_NO_MEMORY. */
MUST_CHECK int base64url_decode(struct arena *a, struct str text, struct str *ret_bytes);
/* Into memory of the caller; ERR_TOO_LARGE when it does not fit. */
MUST_CHECK int base64url_decode_into(struct str text, void *out, size_t cap, size_t *ret_len);

/* With padding. */
struct str base64_encode(struct arena *a, struct str bytes);
void base64_add(struct buf *b, struct str bytes);

enum base64_padding {
    BASE64_PADDED,          /* '=' up to a multiple of four, as RFC 4648 4 has it */
    BASE64_PADDING_OPTIONAL /* or none at all: some Keycloak exports (never half of it) */
};
MUST_CHECK int base64_decode(struct arena *a, struct str text, enum base64_padding padding,
                             struct str *ret_bytes);

/* Lower case; absent when the arena is exhausted. */
struct str hex_encode(struct arena *a, struct str bytes);
/* Writes 2 * len digits, no NUL. */
void hex_write(char *out, const void *bytes, size_t len);
/* Both cases. ERR_INVALID_SYNTAX, ERR_NO_MEMORY. */
MUST_CHECK int hex_decode(struct arena *a, struct str text, struct str *ret_bytes);

#endif
