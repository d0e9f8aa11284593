/* JSON (RFC 8259) to values and back. Reading is strict and bounded: size, depth, valid UTF-8, no
 * member twice, nothing after the value. Values live in the arena that they were parsed into. The
 * library behind it is seen by json.c alone. Meaning is for others: this file knows no names. */
#ifndef GARITA_CORE_CODEC_JSON_H
#define GARITA_CORE_CODEC_JSON_H

#include "core/base/arena.h"
#include "core/base/buf.h"

struct json_value;

enum json_kind {
    JSON_MISSING, /* no value at all: json_kind(NULL) */
    JSON_NULL,
    JSON_BOOL,
    JSON_INT,    /* written without fraction and exponent, fits int64_t */
    JSON_NUMBER, /* every other number: fraction, exponent, beyond int64_t */
    JSON_STRING,
    JSON_ARRAY,
    JSON_OBJECT
};

#define JSON_MAX_DEPTH 32

struct json_options {
    size_t max_bytes;
    size_t max_depth; /* of nested arrays and objects; 1 allows [] but not [[]]; at most 32 */
    bool allow_nul;   /* accept \u0000 inside strings and names (IN-04 says no by default) */
};

/* Parses one JSON text of at most max_bytes, at most JSON_MAX_DEPTH deep, without NUL in strings.
 * ERR_TOO_LARGE, ERR_TOO_DEEP, ERR_DUPLICATE (a member twice, JO-07), ERR_INVALID_UTF8,
 * ERR_INVALID_SYNTAX, ERR_NO_MEMORY. Size and depth are checked before anything is decoded. */
MUST_CHECK int json_parse(struct arena *a, struct str text, size_t max_bytes,
                          const struct json_value **ret_value);
/* As above with own limits. */
MUST_CHECK int json_parse_with(struct arena *a, struct str text, const struct json_options *options,
                               const struct json_value **ret_value);

/* --- Reading. Every function takes NULL for "missing", so that lookups can be chained. --- */

enum json_kind json_kind(const struct json_value *v);
static inline bool json_is_object(const struct json_value *v)
{
    return json_kind(v) == JSON_OBJECT;
}
static inline bool json_is_array(const struct json_value *v)
{
    return json_kind(v) == JSON_ARRAY;
}
/* Whether there is nothing to use: missing or null. */
static inline bool json_is_none(const struct json_value *v)
{
    return json_kind(v) <= JSON_NULL;
}

/* The member of an object; NULL when there is none or v is not an object. */
const struct json_value *json_get(const struct json_value *v, const char *name);
const struct json_value *json_get_s(const struct json_value *v, struct str name);
/* The element of an array, NULL beyond its end. Costs time in proportion to index: iterate. */
const struct json_value *json_at(const struct json_value *v, size_t index);
/* Elements of an array, members of an object, else 0. */
size_t json_count(const struct json_value *v);

/* The text of a string value (NUL-terminated behind its end); absent for every other kind. */
struct str json_str(const struct json_value *v);
/* ERR_INVALID_NUMBER unless v is JSON_INT. */
MUST_CHECK int json_i64(const struct json_value *v, int64_t *ret_value);
/* ERR_INVALID_NUMBER unless v is a finite number of any form. */
MUST_CHECK int json_number(const struct json_value *v, double *ret_value);
/* ERR_INVALID_SYNTAX unless v is true or false. */
MUST_CHECK int json_bool(const struct json_value *v, bool *ret_value);

/* Members that must be there. json_get_str: absent when missing or not a string. The others:
 * ERR_NOT_FOUND when missing, else as above. */
struct str json_get_str(const struct json_value *v, const char *name);
MUST_CHECK int json_get_i64(const struct json_value *v, const char *name, int64_t *ret_value);
MUST_CHECK int json_get_number(const struct json_value *v, const char *name, double *ret_value);
MUST_CHECK int json_get_bool(const struct json_value *v, const char *name, bool *ret_value);

/* Members that may be there: missing or null leaves *io_value alone and succeeds; a value of
 * another kind is ERR_INVALID_SYNTAX (so that a typo is told and not swallowed). */
MUST_CHECK int json_opt_str(const struct json_value *v, const char *name, struct str *io_value);
MUST_CHECK int json_opt_i64(const struct json_value *v, const char *name, int64_t *io_value);
MUST_CHECK int json_opt_bool(const struct json_value *v, const char *name, bool *io_value);

/* Members where anything but the right kind means the fallback. */
struct str json_str_or(const struct json_value *v, const char *name, struct str fallback);
int64_t json_i64_or(const struct json_value *v, const char *name, int64_t fallback);
bool json_bool_or(const struct json_value *v, const char *name, bool fallback);

/* Whether v is the string s, or an array with it among its elements (aud, RFC 7519 4.1.3). */
bool json_has_str(const struct json_value *v, struct str s);

/* Whether v is an object with no other members than these. */
bool json_has_only(const struct json_value *v, const char *const *names, size_t count);

/* Walks an array or an object; any other value is empty.
 *   struct json_iter it = json_iter(v);
 *   while (json_next(&it, &name, &value)) ...
 * ret_name (may be NULL) is absent for array elements. */
struct json_iter {
    const struct json_value *at;
    size_t left;
    bool members;
};
struct json_iter json_iter(const struct json_value *v);
bool json_next(struct json_iter *it, struct str *ret_name, const struct json_value **ret_value);

/* --- Writing: a stream into a struct buf, which sets the limit. Commas and colons come by
 * themselves. Misuse (a value without a key inside an object, ends that do not match, more than 60
 * levels) and text that is not UTF-8 mark the writer failed; jw_finish tells. '<' goes out as
 * \u003c, so that the result may stand inside an HTML script element. --- */

struct json_writer {
    struct buf *buf;
    uint64_t objects;  /* bit n: level n is an object */
    uint64_t nonempty; /* bit n: level n has a value already */
    unsigned depth;
    bool after_key;
    bool done; /* the one top-level value is complete */
    int err;
};

void jw_init(struct json_writer *w, struct buf *buf);
void jw_begin_object(struct json_writer *w);
void jw_end_object(struct json_writer *w);
void jw_begin_array(struct json_writer *w);
void jw_end_array(struct json_writer *w);
void jw_key(struct json_writer *w, const char *name);
void jw_key_s(struct json_writer *w, struct str name);
/* An absent str is written as null. */
void jw_str(struct json_writer *w, struct str value);
void jw_i64(struct json_writer *w, int64_t value);
void jw_bool(struct json_writer *w, bool value);
void jw_null(struct json_writer *w);
/* One complete JSON value, taken as it is: only for text that this house wrote. */
void jw_raw(struct json_writer *w, struct str json);
/* Copies a parsed value; NULL is written as null. Numbers keep their value. */
void jw_value(struct json_writer *w, const struct json_value *value);

/* Key and value in one. jw_member_str skips nothing (absent is null); jw_member_str_opt writes
 * nothing for an absent str. */
void jw_member_str(struct json_writer *w, const char *name, struct str value);
void jw_member_str_opt(struct json_writer *w, const char *name, struct str value);
void jw_member_c(struct json_writer *w, const char *name, const char *value);
void jw_member_i64(struct json_writer *w, const char *name, int64_t value);
void jw_member_bool(struct json_writer *w, const char *name, bool value);
void jw_member_null(struct json_writer *w, const char *name);
void jw_member_value(struct json_writer *w, const char *name, const struct json_value *value);
void jw_member_object(struct json_writer *w, const char *name); /* key and '{' */
void jw_member_array(struct json_writer *w, const char *name);  /* key and '[' */

/* The complete text, as buf_finish gives it. ERR_INTERNAL when the calls did not make up one value,
 * ERR_INVALID_UTF8, ERR_TOO_LARGE, ERR_NO_MEMORY. */
MUST_CHECK int jw_finish(struct json_writer *w, struct str *ret_text);

#endif
