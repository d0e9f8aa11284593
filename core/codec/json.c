/* Reading JSON. yyjson does the grammar; this file puts the limits around it (size and depth before,
 * duplicate members and NUL after) and keeps the library out of everyone else's sight. */
#include "core/codec/json_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <yyjson.h>

#include "core/base/err.h"

#include "core/base/banned.h"

/* struct json_value is never defined: a pointer to one is a pointer to the library's value. */
static yyjson_val *raw_value(const struct json_value *v)
{
    union {
        const struct json_value *ours;
        yyjson_val *theirs;
    } u = {.ours = v};
    return u.theirs;
}

static const struct json_value *our_value(const yyjson_val *v)
{
    return (const struct json_value *)(const void *)v;
}

/* --- memory from the arena --- */

static void *arena_malloc(void *ctx, size_t size)
{
    return arena_alloc(ctx, size);
}

static void *arena_realloc(void *ctx, void *ptr, size_t old_size, size_t size)
{
    if (size <= old_size)
        return ptr;
    void *p = arena_alloc(ctx, size);
    if (p && old_size)
        memcpy(p, ptr, old_size);
    return p;
}

static void arena_release(void *ctx, void *ptr)
{
    (void)ctx;
    (void)ptr;
}

/* --- limits --- */

/* Depth of nesting without decoding anything (JO-08). On malformed text the figure may be wrong,
 * which does not matter: the parser refuses it. */
static bool depth_is_within(struct str text, size_t max_depth)
{
    size_t depth = 0;
    bool in_string = false;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (in_string) {
            if (c == '\\')
                i++;
            else if (c == '"')
                in_string = false;
        } else if (c == '"') {
            in_string = true;
        } else if (c == '[' || c == '{') {
            if (++depth > max_depth)
                return false;
        } else if ((c == ']' || c == '}') && depth > 0) {
            depth--;
        }
    }
    return true;
}

static struct str text_of(const yyjson_val *v)
{
    return str_of(v->uni.str, (size_t)(v->tag >> YYJSON_TAG_BIT));
}

static int compare_names(const void *a, const void *b)
{
    return str_cmp(*(const struct str *)a, *(const struct str *)b);
}

#define FEW_MEMBERS 12

/* Names sorted, so that a hostile object costs n log n and no more. */
static int check_many_names(struct arena *a, yyjson_val *object)
{
    size_t count = unsafe_yyjson_get_len(object);
    struct str *names = ARENA_ARRAY(a, count, struct str);
    if (!names)
        return ERR_NO_MEMORY;
    yyjson_val *name = unsafe_yyjson_get_first(object);
    for (size_t i = 0; i < count; i++, name = unsafe_yyjson_get_next(name + 1))
        names[i] = text_of(name);
    qsort(names, count, sizeof(*names), compare_names);
    for (size_t i = 1; i < count; i++)
        if (str_eq(names[i - 1], names[i]))
            return ERR_DUPLICATE;
    return 0;
}

static int check_few_names(yyjson_val *object)
{
    struct str names[FEW_MEMBERS];
    size_t count = unsafe_yyjson_get_len(object);
    yyjson_val *name = unsafe_yyjson_get_first(object);
    for (size_t i = 0; i < count; i++, name = unsafe_yyjson_get_next(name + 1)) {
        names[i] = text_of(name);
        for (size_t k = 0; k < i; k++)
            if (str_eq(names[k], names[i]))
                return ERR_DUPLICATE;
    }
    return 0;
}

/* RFC 8259 4 leaves repeated names to the reader; for tokens RFC 7515 4 wants them refused (JO-07),
 * and readers that differ are how filters are passed. */
static int check_names(struct arena *a, yyjson_val *object)
{
    return unsafe_yyjson_get_len(object) <= FEW_MEMBERS ? check_few_names(object)
                                                        : check_many_names(a, object);
}

/* The values of a document lie one after another, so a walk needs no recursion. */
static int check_values(struct arena *a, yyjson_doc *doc, bool allow_nul)
{
    yyjson_val *v = yyjson_doc_get_root(doc);
    for (size_t left = yyjson_doc_get_val_count(doc); left > 0; left--, v++) {
        yyjson_type type = unsafe_yyjson_get_type(v);
        if (type == YYJSON_TYPE_OBJ)
            TRY(check_names(a, v));
        else if (type == YYJSON_TYPE_STR && !allow_nul && str_find(text_of(v), '\0') >= 0)
            return ERR_INVALID_SYNTAX;
    }
    return 0;
}

static int error_of(struct str text, const yyjson_read_err *err)
{
    if (err->code == YYJSON_READ_ERROR_MEMORY_ALLOCATION)
        return ERR_NO_MEMORY;
    return str_is_utf8(text) ? ERR_INVALID_SYNTAX : ERR_INVALID_UTF8;
}

int json_parse_with(struct arena *a, struct str text, const struct json_options *options,
                    const struct json_value **ret_value)
{
    size_t max_depth = options->max_depth < JSON_MAX_DEPTH ? options->max_depth : JSON_MAX_DEPTH;
    if (text.len > options->max_bytes)
        return ERR_TOO_LARGE;
    if (text.len == 0)
        return ERR_INVALID_SYNTAX;
    if (!depth_is_within(text, max_depth))
        return ERR_TOO_DEEP;
    char *copy = arena_alloc(a, text.len + YYJSON_PADDING_SIZE);
    if (!copy)
        return ERR_NO_MEMORY;
    memcpy(copy, text.ptr, text.len);
    yyjson_alc allocator = {arena_malloc, arena_realloc, arena_release, a};
    yyjson_read_err err;
    /* Our own copy is decoded in place; numbers that would lose digits stay text. */
    yyjson_doc *doc = yyjson_read_opts(
        copy, text.len, YYJSON_READ_INSITU | YYJSON_READ_BIGNUM_AS_RAW, &allocator, &err);
    if (!doc)
        return error_of(text, &err);
    TRY(check_values(a, doc, options->allow_nul));
    *ret_value = our_value(yyjson_doc_get_root(doc));
    return 0;
}

int json_parse(struct arena *a, struct str text, size_t max_bytes,
               const struct json_value **ret_value)
{
    struct json_options options = {.max_bytes = max_bytes, .max_depth = JSON_MAX_DEPTH};
    return json_parse_with(a, text, &options, ret_value);
}

/* --- kinds and scalars --- */

static enum json_kind number_kind(yyjson_val *v)
{
    if (unsafe_yyjson_is_sint(v))
        return JSON_INT;
    bool fits = unsafe_yyjson_is_uint(v) && v->uni.u64 <= (uint64_t)INT64_MAX;
    return fits ? JSON_INT : JSON_NUMBER;
}

enum json_kind json_kind(const struct json_value *v)
{
    if (!v)
        return JSON_MISSING;
    yyjson_val *raw = raw_value(v);
    switch (unsafe_yyjson_get_type(raw)) {
    case YYJSON_TYPE_NULL: return JSON_NULL;
    case YYJSON_TYPE_BOOL: return JSON_BOOL;
    case YYJSON_TYPE_NUM: return number_kind(raw);
    case YYJSON_TYPE_RAW: return JSON_NUMBER;
    case YYJSON_TYPE_STR: return JSON_STRING;
    case YYJSON_TYPE_ARR: return JSON_ARRAY;
    case YYJSON_TYPE_OBJ: return JSON_OBJECT;
    default: return JSON_MISSING;
    }
}

struct str json_str(const struct json_value *v)
{
    return json_kind(v) == JSON_STRING ? text_of(raw_value(v)) : str_of(NULL, 0);
}

int json_i64(const struct json_value *v, int64_t *ret_value)
{
    if (json_kind(v) != JSON_INT)
        return ERR_INVALID_NUMBER;
    *ret_value = raw_value(v)->uni.i64;
    return 0;
}

int json_number(const struct json_value *v, double *ret_value)
{
    enum json_kind kind = json_kind(v);
    if (kind != JSON_INT && kind != JSON_NUMBER)
        return ERR_INVALID_NUMBER;
    yyjson_val *raw = raw_value(v);
    double value = unsafe_yyjson_get_type(raw) == YYJSON_TYPE_RAW ? strtod(raw->uni.str, NULL)
                                                                  : unsafe_yyjson_get_num(raw);
    if (!__builtin_isfinite(value))
        return ERR_INVALID_NUMBER;
    *ret_value = value;
    return 0;
}

int json_bool(const struct json_value *v, bool *ret_value)
{
    if (json_kind(v) != JSON_BOOL)
        return ERR_INVALID_SYNTAX;
    *ret_value = unsafe_yyjson_get_bool(raw_value(v));
    return 0;
}

/* --- arrays and objects --- */

size_t json_count(const struct json_value *v)
{
    return json_is_array(v) || json_is_object(v) ? unsafe_yyjson_get_len(raw_value(v)) : 0;
}

struct json_iter json_iter(const struct json_value *v)
{
    size_t count = json_count(v);
    if (count == 0)
        return (struct json_iter){NULL, 0, false};
    return (struct json_iter){our_value(unsafe_yyjson_get_first(raw_value(v))), count,
                              json_is_object(v)};
}

bool json_next(struct json_iter *it, struct str *ret_name, const struct json_value **ret_value)
{
    if (it->left == 0)
        return false;
    yyjson_val *v = raw_value(it->at);
    struct str name = str_of(NULL, 0);
    if (it->members)
        name = text_of(v++); /* a name is followed by its value */
    if (ret_name)
        *ret_name = name;
    *ret_value = our_value(v);
    if (--it->left > 0)
        it->at = our_value(unsafe_yyjson_get_next(v));
    return true;
}

const struct json_value *json_get_s(const struct json_value *v, struct str name)
{
    if (!json_is_object(v))
        return NULL;
    struct json_iter it = json_iter(v);
    struct str member;
    const struct json_value *value;
    while (json_next(&it, &member, &value))
        if (str_eq(member, name))
            return value;
    return NULL;
}

const struct json_value *json_get(const struct json_value *v, const char *name)
{
    return json_get_s(v, str_c(name));
}

const struct json_value *json_at(const struct json_value *v, size_t index)
{
    if (!json_is_array(v))
        return NULL;
    struct json_iter it = json_iter(v);
    const struct json_value *value;
    while (json_next(&it, NULL, &value))
        if (index-- == 0)
            return value;
    return NULL;
}

bool json_has_str(const struct json_value *v, struct str s)
{
    if (json_kind(v) == JSON_STRING)
        return str_eq(json_str(v), s);
    if (!json_is_array(v))
        return false;
    struct json_iter it = json_iter(v);
    const struct json_value *value;
    while (json_next(&it, NULL, &value))
        if (json_kind(value) == JSON_STRING && str_eq(json_str(value), s))
            return true;
    return false;
}

static bool is_named(struct str name, const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (str_eq_c(name, names[i]))
            return true;
    return false;
}

bool json_has_only(const struct json_value *v, const char *const *names, size_t count)
{
    struct str name;
    const struct json_value *value;
    struct json_iter it = json_iter(v);
    while (json_is_object(v) && json_next(&it, &name, &value))
        if (!is_named(name, names, count))
            return false;
    return json_is_object(v);
}

/* --- members --- */

struct str json_get_str(const struct json_value *v, const char *name)
{
    return json_str(json_get(v, name));
}

int json_get_i64(const struct json_value *v, const char *name, int64_t *ret_value)
{
    const struct json_value *member = json_get(v, name);
    return member ? json_i64(member, ret_value) : ERR_NOT_FOUND;
}

int json_get_number(const struct json_value *v, const char *name, double *ret_value)
{
    const struct json_value *member = json_get(v, name);
    return member ? json_number(member, ret_value) : ERR_NOT_FOUND;
}

int json_get_bool(const struct json_value *v, const char *name, bool *ret_value)
{
    const struct json_value *member = json_get(v, name);
    return member ? json_bool(member, ret_value) : ERR_NOT_FOUND;
}

int json_opt_str(const struct json_value *v, const char *name, struct str *io_value)
{
    const struct json_value *member = json_get(v, name);
    if (json_is_none(member))
        return 0;
    if (json_kind(member) != JSON_STRING)
        return ERR_INVALID_SYNTAX;
    *io_value = json_str(member);
    return 0;
}

int json_opt_i64(const struct json_value *v, const char *name, int64_t *io_value)
{
    const struct json_value *member = json_get(v, name);
    if (json_is_none(member))
        return 0;
    return json_i64(member, io_value) == 0 ? 0 : ERR_INVALID_SYNTAX;
}

int json_opt_bool(const struct json_value *v, const char *name, bool *io_value)
{
    const struct json_value *member = json_get(v, name);
    return json_is_none(member) ? 0 : json_bool(member, io_value);
}

struct str json_str_or(const struct json_value *v, const char *name, struct str fallback)
{
    struct str s = json_get_str(v, name);
    return str_absent(s) ? fallback : s;
}

int64_t json_i64_or(const struct json_value *v, const char *name, int64_t fallback)
{
    int64_t value;
    return json_get_i64(v, name, &value) == 0 ? value : fallback;
}

bool json_bool_or(const struct json_value *v, const char *name, bool fallback)
{
    bool value;
    return json_get_bool(v, name, &value) == 0 ? value : fallback;
}

/* --- the one thing that writing needs from the library's side --- */

struct str json_number_text(const struct json_value *v, char scratch[JSON_NUMBER_TEXT_BYTES])
{
    yyjson_val *raw = raw_value(v);
    if (unsafe_yyjson_get_type(raw) == YYJSON_TYPE_RAW)
        return text_of(raw);
    int len = 0;
    if (unsafe_yyjson_is_uint(raw)) {
        len = snprintf(scratch, JSON_NUMBER_TEXT_BYTES, "%llu", (unsigned long long)raw->uni.u64);
        return str_of(scratch, (size_t)len);
    }
    double value = raw->uni.f64;
    for (int digits = 15; digits <= 17; digits++) {
        len = snprintf(scratch, JSON_NUMBER_TEXT_BYTES - 2, "%.*g", digits, value);
        if (strtod(scratch, NULL) == value)
            break;
    }
    struct str text = str_of(scratch, (size_t)len);
    if (str_find(text, '.') < 0 && str_find(text, 'e') < 0) {
        memcpy(scratch + len, ".0", 3); /* 1.0 stays no integer */
        text.len += 2;
    }
    return text;
}
