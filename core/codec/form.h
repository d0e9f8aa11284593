/* application/x-www-form-urlencoded: queries and bodies to names and values, and back; percent
 * encoding of URI components. Decoding is strict (IN-04): bad escapes, NUL and invalid UTF-8 are
 * errors, not guesses. */
#ifndef GARITA_CORE_CODEC_FORM_H
#define GARITA_CORE_CODEC_FORM_H

#include "core/base/arena.h"
#include "core/base/buf.h"

struct form_param {
    struct str name;
    struct str value;
};

/* In the order of the text. Names and values are decoded and end with a NUL that is not counted. */
struct form {
    const struct form_param *params;
    size_t count;
    struct str repeated; /* a name that stands more than once (the first such); absent: none */
};

#define FORM_MAX_PARAMS      1024
#define FORM_MAX_NAME_BYTES  256
#define FORM_MAX_VALUE_BYTES ((size_t)64 << 10)

struct form_limits {
    size_t max_params;      /* at most FORM_MAX_PARAMS counts */
    size_t max_name_bytes;  /* of the decoded name */
    size_t max_value_bytes; /* of the decoded value */
};

/* Limits NULL: the three maxima above. An empty text is an empty form; empty pairs ("a=1&&b=2") are
 * skipped; "a" is "a" with an empty value. ERR_TOO_LARGE (too many, too long), ERR_INVALID_SYNTAX
 * (bad escape, NUL), ERR_INVALID_UTF8, ERR_NO_MEMORY. ret_where (may be NULL) gets, on failure, the
 * name of the pair at fault when that name could be decoded, else absent. */
MUST_CHECK int form_parse(struct arena *a, struct str text, const struct form_limits *limits,
                          struct form *ret_form, struct str *ret_where);

/* The first value of that name; absent when there is none. */
struct str form_get(const struct form *f, const char *name);
/* ERR_DUPLICATE when the name stands more than once (RFC 6749 3.1); absent when there is none. */
MUST_CHECK int form_get_once(const struct form *f, const char *name, struct str *ret_value);
/* How often the name stands there. */
size_t form_count(const struct form *f, const char *name);

/* Appends "name=value" encoded, with '&' in front unless b is empty or ends with '?', '&' or '#'.
 * Spaces become '+'. */
void form_add(struct buf *b, const char *name, struct str value);
void form_add_i64(struct buf *b, const char *name, int64_t value);
/* As form_add for a URL that may have a query already: the first separator is '?' or '&'. */
void form_add_query(struct buf *url, const char *name, struct str value);

/* Everything but unreserved characters (RFC 3986 2.3) as %XX: right for a query component and for
 * one path segment. */
void percent_encode(struct buf *b, struct str s);
/* As above in an arena; absent when it is exhausted. */
struct str percent_encoded(struct arena *a, struct str s);
/* Decodes %XX; '+' stays '+'. ERR_INVALID_SYNTAX (bad escape, NUL), ERR_INVALID_UTF8,
 * ERR_NO_MEMORY. */
MUST_CHECK int percent_decode(struct arena *a, struct str s, struct str *ret_text);
/* Decodes one form component: as percent_decode with '+' for a space. */
MUST_CHECK int form_decode(struct arena *a, struct str s, struct str *ret_text);

#endif
