/* Writing JSON: a stream that cannot produce malformed text. The first misuse or error sticks and
 * jw_finish tells it. */
#include "core/codec/json_internal.h"

#include "core/base/err.h"

#include "core/base/banned.h"

#define MAX_LEVELS 60

void jw_init(struct json_writer *w, struct buf *buf)
{
    *w = (struct json_writer){.buf = buf};
}

static void fail(struct json_writer *w, int err)
{
    if (w->err == 0)
        w->err = err;
}

static uint64_t level_bit(const struct json_writer *w)
{
    return (uint64_t)1 << w->depth;
}

/* Whatever must stand before a value; false when no value may stand here. */
static bool begin_value(struct json_writer *w)
{
    if (w->err != 0)
        return false;
    bool in_object = w->depth > 0 && (w->objects & level_bit(w));
    if (w->done || in_object != w->after_key) {
        fail(w, ERR_INTERNAL);
        return false;
    }
    if (w->depth > 0 && !in_object) {
        if (w->nonempty & level_bit(w))
            buf_add_byte(w->buf, ',');
        w->nonempty |= level_bit(w);
    }
    w->after_key = false;
    w->done = w->depth == 0;
    return true;
}

static void begin_level(struct json_writer *w, bool object)
{
    if (!begin_value(w))
        return;
    if (w->depth == MAX_LEVELS) {
        fail(w, ERR_INTERNAL);
        return;
    }
    w->done = false;
    w->depth++;
    w->nonempty &= ~level_bit(w);
    w->objects = object ? w->objects | level_bit(w) : w->objects & ~level_bit(w);
    buf_add_byte(w->buf, object ? '{' : '[');
}

static void end_level(struct json_writer *w, bool object)
{
    if (w->err != 0)
        return;
    if (w->depth == 0 || w->after_key || ((w->objects & level_bit(w)) != 0) != object) {
        fail(w, ERR_INTERNAL);
        return;
    }
    buf_add_byte(w->buf, object ? '}' : ']');
    w->depth--;
    w->done = w->depth == 0;
}

void jw_begin_object(struct json_writer *w)
{
    begin_level(w, true);
}

void jw_end_object(struct json_writer *w)
{
    end_level(w, true);
}

void jw_begin_array(struct json_writer *w)
{
    begin_level(w, false);
}

void jw_end_array(struct json_writer *w)
{
    end_level(w, false);
}

/* --- text --- */

/* RFC 8259 7 asks for '"', '\' and control bytes; '<' is for HTML around us, 0x7f for terminals. */
static bool needs_escape(unsigned char c)
{
    return c < 0x20 || c == '"' || c == '\\' || c == '<' || c == 0x7f;
}

static void add_escape(struct buf *b, unsigned char c)
{
    switch (c) {
    case '"': buf_add(b, STR("\\\"")); return;
    case '\\': buf_add(b, STR("\\\\")); return;
    case '\n': buf_add(b, STR("\\n")); return;
    case '\r': buf_add(b, STR("\\r")); return;
    case '\t': buf_add(b, STR("\\t")); return;
    default: break;
    }
    static const char digits[] = "0123456789abcdef";
    char text[6] = {'\\', 'u', '0', '0', digits[c >> 4], digits[c & 15]};
    buf_add_bytes(b, text, sizeof(text));
}

static void add_text(struct json_writer *w, struct str s)
{
    if (!str_is_utf8(s)) {
        fail(w, ERR_INVALID_UTF8);
        return;
    }
    buf_add_byte(w->buf, '"');
    size_t plain = 0; /* start of the run that needs no escape */
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.ptr[i];
        if (!needs_escape(c))
            continue;
        buf_add(w->buf, str_sub(s, plain, i - plain));
        add_escape(w->buf, c);
        plain = i + 1;
    }
    buf_add(w->buf, str_from(s, plain));
    buf_add_byte(w->buf, '"');
}

void jw_key_s(struct json_writer *w, struct str name)
{
    if (w->err != 0)
        return;
    if (w->depth == 0 || !(w->objects & level_bit(w)) || w->after_key || str_absent(name)) {
        fail(w, ERR_INTERNAL);
        return;
    }
    if (w->nonempty & level_bit(w))
        buf_add_byte(w->buf, ',');
    w->nonempty |= level_bit(w);
    add_text(w, name);
    buf_add_byte(w->buf, ':');
    w->after_key = true;
}

void jw_key(struct json_writer *w, const char *name)
{
    jw_key_s(w, str_c(name));
}

/* --- values --- */

void jw_str(struct json_writer *w, struct str value)
{
    if (str_absent(value))
        jw_null(w);
    else if (begin_value(w))
        add_text(w, value);
}

void jw_i64(struct json_writer *w, int64_t value)
{
    if (begin_value(w))
        buf_add_i64(w->buf, value);
}

void jw_bool(struct json_writer *w, bool value)
{
    if (begin_value(w))
        buf_add(w->buf, value ? STR("true") : STR("false"));
}

void jw_null(struct json_writer *w)
{
    if (begin_value(w))
        buf_add(w->buf, STR("null"));
}

void jw_raw(struct json_writer *w, struct str json)
{
    if (json.len == 0)
        fail(w, ERR_INTERNAL);
    else if (begin_value(w))
        buf_add(w->buf, json);
}

static void write_members(struct json_writer *w, const struct json_value *value)
{
    struct json_iter it = json_iter(value);
    struct str name;
    const struct json_value *member;
    while (json_next(&it, &name, &member)) {
        if (!str_absent(name))
            jw_key_s(w, name);
        jw_value(w, member); /* as deep as the parser let it be */
    }
}

static void write_number(struct json_writer *w, const struct json_value *value)
{
    char scratch[JSON_NUMBER_TEXT_BYTES];
    jw_raw(w, json_number_text(value, scratch));
}

static void write_int(struct json_writer *w, const struct json_value *value)
{
    int64_t number;
    if (json_i64(value, &number) == 0)
        jw_i64(w, number);
}

static void write_bool(struct json_writer *w, const struct json_value *value)
{
    bool truth;
    if (json_bool(value, &truth) == 0)
        jw_bool(w, truth);
}

void jw_value(struct json_writer *w, const struct json_value *value)
{
    switch (json_kind(value)) {
    case JSON_MISSING:
    case JSON_NULL: jw_null(w); return;
    case JSON_BOOL: write_bool(w, value); return;
    case JSON_INT: write_int(w, value); return;
    case JSON_NUMBER: write_number(w, value); return;
    case JSON_STRING: jw_str(w, json_str(value)); return;
    case JSON_ARRAY:
        jw_begin_array(w);
        write_members(w, value);
        jw_end_array(w);
        return;
    case JSON_OBJECT:
        jw_begin_object(w);
        write_members(w, value);
        jw_end_object(w);
        return;
    }
}

/* --- members --- */

void jw_member_str(struct json_writer *w, const char *name, struct str value)
{
    jw_key(w, name);
    jw_str(w, value);
}

void jw_member_str_opt(struct json_writer *w, const char *name, struct str value)
{
    if (!str_absent(value))
        jw_member_str(w, name, value);
}

void jw_member_c(struct json_writer *w, const char *name, const char *value)
{
    jw_member_str(w, name, str_c(value));
}

void jw_member_i64(struct json_writer *w, const char *name, int64_t value)
{
    jw_key(w, name);
    jw_i64(w, value);
}

void jw_member_bool(struct json_writer *w, const char *name, bool value)
{
    jw_key(w, name);
    jw_bool(w, value);
}

void jw_member_null(struct json_writer *w, const char *name)
{
    jw_key(w, name);
    jw_null(w);
}

void jw_member_value(struct json_writer *w, const char *name, const struct json_value *value)
{
    jw_key(w, name);
    jw_value(w, value);
}

void jw_member_object(struct json_writer *w, const char *name)
{
    jw_key(w, name);
    jw_begin_object(w);
}

void jw_member_array(struct json_writer *w, const char *name)
{
    jw_key(w, name);
    jw_begin_array(w);
}

int jw_finish(struct json_writer *w, struct str *ret_text)
{
    if (w->err != 0)
        return w->err;
    if (!w->done)
        return ERR_INTERNAL;
    return buf_finish(w->buf, ret_text);
}
