/* Bytes to read: a pointer and a length, never owning, not NUL-terminated unless its maker says so.
 * A struct str lives as long as what it points into (usually the request's arena). */
#ifndef GARITA_CORE_BASE_STR_H
#define GARITA_CORE_BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "core/base/attr.h"

struct str {
    const char *ptr;
    size_t len;
};

/* A string literal as a str, also usable in static initialisers. */
#define STR(lit) ((struct str){(lit), sizeof(lit) - 1})
#define STR_INIT(lit)                                                                              \
    {                                                                                              \
        (lit), sizeof(lit) - 1                                                                     \
    }
/* For printf: "%.*s", STR_ARG(s). */
#define STR_ARG(s) (int)(s).len, (s).ptr

static inline struct str str_of(const char *ptr, size_t len)
{
    return (struct str){ptr, len};
}

/* The empty str for NULL. */
static inline struct str str_c(const char *cstr)
{
    return (struct str){cstr ? cstr : "", cstr ? strlen(cstr) : 0};
}

/* NULL pointer means "absent", which is told apart from "present and empty". */
static inline bool str_absent(struct str s)
{
    return s.ptr == NULL;
}

static inline bool str_empty(struct str s)
{
    return s.len == 0;
}

/* Not for secrets: see ct.h. */
static inline bool str_eq(struct str a, struct str b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

static inline bool str_eq_c(struct str a, const char *cstr)
{
    return str_eq(a, str_c(cstr));
}

/* ASCII letters compare without case; other bytes must be equal. */
bool str_ieq(struct str a, struct str b);
/* Order of memcmp, then of length. */
int str_cmp(struct str a, struct str b);
bool str_starts(struct str s, struct str prefix);
bool str_ends(struct str s, struct str suffix);
/* First position of a byte or of a text; -1 when there is none. */
ptrdiff_t str_find(struct str s, char byte);
ptrdiff_t str_find_str(struct str s, struct str needle);
/* Without leading and trailing space and tab. */
struct str str_trim(struct str s);
/* The part from offset on, cut to what there is. */
struct str str_from(struct str s, size_t offset);
struct str str_sub(struct str s, size_t offset, size_t len);
/* Takes the next field before sep from *rest; false when *rest is used up. An empty text has no
 * field; "a,,b" has an empty one in the middle. */
bool str_next(struct str *rest, char sep, struct str *ret_field);
/* The next word of a list separated by single spaces (scope, RFC 6749 3.3); runs of spaces count
 * as one. */
bool str_next_word(struct str *rest, struct str *ret_word);
/* Whether word stands in a space-separated list. */
bool str_has_word(struct str list, struct str word);
/* Decimal number, no sign but '-', no space, no overflow; otherwise ERR_INVALID_NUMBER. */
MUST_CHECK int str_to_i64(struct str s, int64_t *ret_value);
/* Well-formed UTF-8 (RFC 3629): no surrogates, no overlong forms. NUL is a valid byte here. */
bool str_is_utf8(struct str s);
/* No byte below 0x20 and no 0x7f. */
bool str_has_no_control(struct str s);
/* Number of code points of valid UTF-8. */
size_t str_utf8_length(struct str s);

#endif
