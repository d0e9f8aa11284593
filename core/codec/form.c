/* Form and percent encoding. The text is cut at '&' and '=' first and decoded after, so that an
 * encoded separator stays what it is. */
#include "core/codec/form.h"

#include <stdlib.h>

#include "core/base/err.h"

#include "core/base/banned.h"

/* --- decoding --- */

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

/* Decodes into out, which has room for s.len bytes. ERR_INVALID_SYNTAX for a bad escape or NUL. */
static int decode(struct str s, bool plus_is_space, char *out, size_t *ret_len)
{
    size_t n = 0;
    for (size_t i = 0; i < s.len; i++) {
        char c = s.ptr[i];
        if (c == '%') {
            int high = i + 2 < s.len ? hex_digit(s.ptr[i + 1]) : -1;
            int low = i + 2 < s.len ? hex_digit(s.ptr[i + 2]) : -1;
            if (high < 0 || low < 0)
                return ERR_INVALID_SYNTAX;
            c = (char)(unsigned char)(high << 4 | low);
            i += 2;
        } else if (c == '+' && plus_is_space) {
            c = ' ';
        }
        if (c == '\0')
            return ERR_INVALID_SYNTAX;
        out[n++] = c;
    }
    *ret_len = n;
    return 0;
}

static int decode_in_arena(struct arena *a, struct str s, bool plus_is_space, struct str *ret_text)
{
    size_t len;
    char *out = arena_alloc(a, s.len + 1);
    if (!out)
        return ERR_NO_MEMORY;
    TRY(decode(s, plus_is_space, out, &len));
    out[len] = '\0';
    if (!str_is_utf8(str_of(out, len)))
        return ERR_INVALID_UTF8;
    *ret_text = str_of(out, len);
    return 0;
}

int percent_decode(struct arena *a, struct str s, struct str *ret_text)
{
    return decode_in_arena(a, s, false, ret_text);
}

int form_decode(struct arena *a, struct str s, struct str *ret_text)
{
    return decode_in_arena(a, s, true, ret_text);
}

/* --- parsing --- */

static const struct form_limits default_limits = {
    .max_params = FORM_MAX_PARAMS,
    .max_name_bytes = FORM_MAX_NAME_BYTES,
    .max_value_bytes = FORM_MAX_VALUE_BYTES,
};

/* Pairs that are not empty. */
static size_t count_pairs(struct str text)
{
    size_t count = 0;
    struct str pair;
    while (str_next(&text, '&', &pair))
        count += pair.len > 0;
    return count;
}

static int decode_pair(struct arena *a, struct str pair, const struct form_limits *limits,
                       struct form_param *ret_param, struct str *ret_where)
{
    ptrdiff_t equals = str_find(pair, '=');
    size_t name_len = equals < 0 ? pair.len : (size_t)equals;
    struct str value = equals < 0 ? STR("") : str_from(pair, name_len + 1);
    TRY(form_decode(a, str_of(pair.ptr, name_len), &ret_param->name));
    if (ret_param->name.len > limits->max_name_bytes)
        return ERR_TOO_LARGE;
    *ret_where = ret_param->name;
    TRY(form_decode(a, value, &ret_param->value));
    return ret_param->value.len > limits->max_value_bytes ? ERR_TOO_LARGE : 0;
}

/* By name, then by place. */
static int compare_params(const void *a, const void *b)
{
    const struct form_param *p = *(const struct form_param *const *)a;
    const struct form_param *q = *(const struct form_param *const *)b;
    int order = str_cmp(p->name, q->name);
    return order != 0 ? order : (p > q) - (p < q);
}

/* The name whose second occurrence comes first. */
static int find_repeated(struct arena *a, const struct form_param *params, size_t count,
                         struct str *ret_name)
{
    const struct form_param **sorted = ARENA_ARRAY(a, count, const struct form_param *);
    const struct form_param *first = NULL;
    if (!sorted)
        return ERR_NO_MEMORY;
    for (size_t i = 0; i < count; i++)
        sorted[i] = &params[i];
    qsort(sorted, count, sizeof(*sorted), compare_params);
    for (size_t i = 1; i < count; i++)
        if (str_eq(sorted[i - 1]->name, sorted[i]->name) && (!first || sorted[i] < first))
            first = sorted[i];
    *ret_name = first ? first->name : str_of(NULL, 0);
    return 0;
}

static int parse(struct arena *a, struct str text, const struct form_limits *limits,
                 struct form *ret_form, struct str *ret_where)
{
    struct form form = {NULL, 0, {NULL, 0}};
    size_t count = count_pairs(text);
    if (count > limits->max_params || count > FORM_MAX_PARAMS)
        return ERR_TOO_LARGE;
    struct form_param *params = ARENA_ARRAY(a, count, struct form_param);
    if (!params)
        return ERR_NO_MEMORY;
    struct str pair;
    while (str_next(&text, '&', &pair)) {
        if (pair.len == 0)
            continue;
        *ret_where = str_of(NULL, 0);
        TRY(decode_pair(a, pair, limits, &params[form.count], ret_where));
        form.count++;
    }
    TRY(find_repeated(a, params, form.count, &form.repeated));
    form.params = params;
    *ret_form = form;
    return 0;
}

int form_parse(struct arena *a, struct str text, const struct form_limits *limits,
               struct form *ret_form, struct str *ret_where)
{
    struct str where = {NULL, 0};
    int err = parse(a, text, limits ? limits : &default_limits, ret_form, &where);
    if (err != 0 && ret_where)
        *ret_where = where;
    return err;
}

/* --- looking up --- */

struct str form_get(const struct form *f, const char *name)
{
    for (size_t i = 0; i < f->count; i++)
        if (str_eq_c(f->params[i].name, name))
            return f->params[i].value;
    return str_of(NULL, 0);
}

size_t form_count(const struct form *f, const char *name)
{
    size_t count = 0;
    for (size_t i = 0; i < f->count; i++)
        count += str_eq_c(f->params[i].name, name);
    return count;
}

int form_get_once(const struct form *f, const char *name, struct str *ret_value)
{
    if (form_count(f, name) > 1)
        return ERR_DUPLICATE;
    *ret_value = form_get(f, name);
    return 0;
}

/* --- encoding --- */

/* RFC 3986 2.3 */
static bool is_unreserved(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == '_' || c == '~';
}

static void add_encoded(struct buf *b, struct str s, bool space_is_plus)
{
    static const char digits[] = "0123456789ABCDEF";
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.ptr[i];
        if (is_unreserved(s.ptr[i])) {
            buf_add_byte(b, s.ptr[i]);
        } else if (c == ' ' && space_is_plus) {
            buf_add_byte(b, '+');
        } else {
            char escape[3] = {'%', digits[c >> 4], digits[c & 15]};
            buf_add_bytes(b, escape, sizeof(escape));
        }
    }
}

void percent_encode(struct buf *b, struct str s)
{
    add_encoded(b, s, false);
}

struct str percent_encoded(struct arena *a, struct str s)
{
    struct buf b;
    struct str text;
    buf_init(&b, a, s.len * 3);
    percent_encode(&b, s);
    return buf_finish(&b, &text) == 0 ? text : str_of(NULL, 0);
}

void form_add(struct buf *b, const char *name, struct str value)
{
    if (b->len > 0 && !strchr("?&#", b->ptr[b->len - 1]))
        buf_add_byte(b, '&');
    add_encoded(b, str_c(name), true);
    buf_add_byte(b, '=');
    add_encoded(b, value, true);
}

void form_add_i64(struct buf *b, const char *name, int64_t value)
{
    if (b->len > 0 && !strchr("?&#", b->ptr[b->len - 1]))
        buf_add_byte(b, '&');
    add_encoded(b, str_c(name), true);
    buf_add_byte(b, '=');
    buf_add_i64(b, value);
}

void form_add_query(struct buf *url, const char *name, struct str value)
{
    if (str_find(buf_str(url), '?') < 0)
        buf_add_byte(url, '?');
    form_add(url, name, value);
}
