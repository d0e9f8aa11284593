/* A walk through JSON with a window of fixed size. The grammar is checked here, also of what is only
 * passed over; values that are taken go through json_parse as well, which knows members that stand
 * twice. */
#include "core/codec/json_pull.h"

#include "core/base/err.h"

#include "core/base/banned.h"

#define END        (-1)
#define NUMBER_MAX 400 /* digits and signs; longer ones are no numbers of anybody's */

static int fail(struct json_pull *p, int err)
{
    if (p->err == 0)
        p->err = err;
    return p->err;
}

/* --- Bytes --- */

static int fill(struct json_pull *p)
{
    size_t len = 0;
    p->window_at = p->window_len = 0;
    int err = p->source.read(p->source.context, p->at.offset, p->window, sizeof(p->window), &len);
    if (err != 0)
        return fail(p, err);
    p->window_len = len <= sizeof(p->window) ? len : 0;
    return 0;
}

/* The next byte without taking it; END also after an error. */
static int peek(struct json_pull *p)
{
    if (p->err != 0)
        return END;
    if (p->window_at == p->window_len && (fill(p) != 0 || p->window_len == 0))
        return END;
    return (unsigned char)p->window[p->window_at];
}

/* Takes bytes that are in the window. */
static int take(struct json_pull *p, size_t len)
{
    if (p->capture) {
        buf_add(p->capture, str_of(p->window + p->window_at, len));
        if (p->capture->failed)
            return fail(p, ERR_TOO_LARGE);
    }
    p->window_at += len;
    p->at.offset += len;
    return 0;
}

static int expect(struct json_pull *p, char byte)
{
    if (peek(p) != (unsigned char)byte)
        return fail(p, ERR_INVALID_SYNTAX);
    return take(p, 1);
}

/* Lines end only here: there is none inside a text. */
static int pass_space(struct json_pull *p)
{
    for (;;) {
        int c = peek(p);
        if (c != ' ' && c != '\t' && c != '\n' && c != '\r')
            return p->err;
        TRY(take(p, 1));
        if (c == '\n') {
            p->at.line++;
            p->at.line_start = p->at.offset;
        }
    }
}

/* --- Texts --- */

static bool is_hex(int c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static int pass_escape(struct json_pull *p)
{
    TRY(take(p, 1));
    int c = peek(p);
    if (c == END || !strchr("\"\\/bfnrtu", c) || c == '\0')
        return fail(p, ERR_INVALID_SYNTAX);
    TRY(take(p, 1));
    if (c != 'u')
        return 0;
    for (int i = 0; i < 4; i++) {
        if (!is_hex(peek(p)))
            return fail(p, ERR_INVALID_SYNTAX);
        TRY(take(p, 1));
    }
    return 0;
}

/* One code point beyond ASCII (RFC 3629 4): its bytes may lie on both sides of a window's end. */
static int pass_utf8(struct json_pull *p)
{
    char bytes[4];
    int lead = peek(p);
    size_t len = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
    for (size_t i = 0; i < len; i++) {
        int c = peek(p);
        if (c == END)
            return fail(p, ERR_INVALID_UTF8);
        bytes[i] = (char)c;
        if (i > 0 && (c & 0xc0) != 0x80)
            return fail(p, ERR_INVALID_UTF8);
        TRY(take(p, 1));
    }
    return str_is_utf8(str_of(bytes, len)) ? 0 : fail(p, ERR_INVALID_UTF8);
}

/* Bytes of the window that are a part of a text and nothing else. */
static size_t plain_run(const struct json_pull *p)
{
    size_t end = p->window_at;
    while (end < p->window_len) {
        unsigned char c = (unsigned char)p->window[end];
        if (c < 0x20 || c >= 0x80 || c == '"' || c == '\\')
            break;
        end++;
    }
    return end - p->window_at;
}

static int pass_string(struct json_pull *p, size_t max_bytes)
{
    uint64_t start = p->at.offset;
    TRY(expect(p, '"'));
    for (;;) {
        int c = peek(p);
        if (p->at.offset - start > max_bytes)
            return fail(p, ERR_TOO_LARGE);
        if (c == '"')
            return take(p, 1);
        if (c < 0x20) /* the end, too */
            return fail(p, ERR_INVALID_SYNTAX);
        if (c == '\\')
            TRY(pass_escape(p));
        else if (c >= 0x80)
            TRY(pass_utf8(p));
        else
            TRY(take(p, plain_run(p)));
    }
}

/* --- Other scalars --- */

static int pass_digits(struct json_pull *p, uint64_t start)
{
    size_t count = 0;
    for (int c = peek(p); c >= '0' && c <= '9'; c = peek(p), count++) {
        if (p->at.offset - start > NUMBER_MAX)
            return fail(p, ERR_INVALID_NUMBER);
        TRY(take(p, 1));
    }
    return count > 0 ? 0 : fail(p, ERR_INVALID_SYNTAX);
}

static int pass_number(struct json_pull *p)
{
    uint64_t start = p->at.offset;
    if (peek(p) == '-')
        TRY(take(p, 1));
    if (peek(p) == '0')
        TRY(take(p, 1));
    else
        TRY(pass_digits(p, start));
    if (peek(p) == '.') {
        TRY(take(p, 1));
        TRY(pass_digits(p, start));
    }
    if (peek(p) == 'e' || peek(p) == 'E') {
        TRY(take(p, 1));
        if (peek(p) == '+' || peek(p) == '-')
            TRY(take(p, 1));
        TRY(pass_digits(p, start));
    }
    return p->err;
}

static int pass_word(struct json_pull *p, const char *word)
{
    for (; *word; word++)
        TRY(expect(p, *word));
    return 0;
}

static int pass_scalar(struct json_pull *p, enum json_kind kind)
{
    switch (kind) {
    case JSON_STRING: return pass_string(p, p->limits.max_value_bytes);
    case JSON_INT: return pass_number(p);
    case JSON_NULL: return pass_word(p, "null");
    case JSON_BOOL: return pass_word(p, peek(p) == 't' ? "true" : "false");
    default: return fail(p, ERR_INVALID_SYNTAX);
    }
}

/* --- Arrays and objects --- */

static int push(struct json_pull *p, bool is_object)
{
    if (p->at.depth >= JSON_PULL_MAX_DEPTH)
        return fail(p, ERR_TOO_DEEP);
    TRY(take(p, 1));
    p->at.levels[p->at.depth++] = (struct json_pull_level){.is_object = is_object};
    return 0;
}

int json_pull_kind(struct json_pull *p, enum json_kind *ret_kind)
{
    *ret_kind = JSON_MISSING;
    TRY(pass_space(p));
    int c = peek(p);
    if (c == '{')
        *ret_kind = JSON_OBJECT;
    else if (c == '[')
        *ret_kind = JSON_ARRAY;
    else if (c == '"')
        *ret_kind = JSON_STRING;
    else if (c == '-' || (c >= '0' && c <= '9'))
        *ret_kind = JSON_INT;
    else if (c == 't' || c == 'f')
        *ret_kind = JSON_BOOL;
    else if (c == 'n')
        *ret_kind = JSON_NULL;
    return p->err;
}

int json_pull_enter(struct json_pull *p)
{
    enum json_kind kind;
    TRY(json_pull_kind(p, &kind));
    if (kind != JSON_OBJECT && kind != JSON_ARRAY)
        return fail(p, ERR_INVALID_SYNTAX);
    return push(p, kind == JSON_OBJECT);
}

/* Escapes in a name are rare: then json_parse undoes them. */
static int undo_escapes(struct json_pull *p, struct str quoted)
{
    CLEANUP(arena_free) struct arena a;
    const struct json_value *text;
    arena_init(&a, (size_t)16 << 10);
    int err = json_parse(&a, quoted, JSON_PULL_NAME_MAX_BYTES + 2, &text);
    if (err != 0)
        return fail(p, err);
    p->name.len = json_str(text).len;
    memcpy(p->name_bytes, json_str(text).ptr, p->name.len);
    p->name.ptr = p->name_bytes;
    return 0;
}

/* Also of members that are passed over, whose name nobody wants: capture goes on. */
static int read_name(struct json_pull *p)
{
    struct buf name = {.ptr = p->name_bytes,
                       .cap = sizeof(p->name_bytes),
                       .max_bytes = JSON_PULL_NAME_MAX_BYTES + 2};
    struct buf *outer = p->capture;
    p->capture = &name;
    (void)pass_string(p, JSON_PULL_NAME_MAX_BYTES + 1);
    p->capture = outer;
    TRY(p->err);
    if (outer) {
        buf_add(outer, buf_str(&name));
        if (outer->failed)
            return fail(p, ERR_TOO_LARGE);
    }
    p->name = str_of(p->name_bytes + 1, name.len - 2);
    if (str_find(p->name, '\\') >= 0)
        return undo_escapes(p, buf_str(&name));
    return 0;
}

static int count_one_more(struct json_pull *p, struct json_pull_level *level)
{
    uint64_t max = level->is_object ? p->limits.max_members : p->limits.max_elements;
    return ++level->count <= max ? 0 : fail(p, ERR_TOO_LARGE);
}

int json_pull_next(struct json_pull *p, bool *ret_more)
{
    *ret_more = false;
    if (p->at.depth == 0)
        return fail(p, ERR_INTERNAL);
    struct json_pull_level *level = &p->at.levels[p->at.depth - 1];
    p->name = str_of(NULL, 0);
    TRY(pass_space(p));
    if (peek(p) == (level->is_object ? '}' : ']')) {
        p->at.depth--;
        return take(p, 1);
    }
    if (level->count > 0) {
        TRY(expect(p, ','));
        TRY(pass_space(p));
    }
    TRY(count_one_more(p, level));
    if (level->is_object) {
        TRY(read_name(p));
        TRY(pass_space(p));
        TRY(expect(p, ':'));
    }
    TRY(pass_space(p));
    *ret_more = true;
    return 0;
}

/* Passes a value with all that is in it. */
static int walk(struct json_pull *p)
{
    const unsigned base = p->at.depth;
    do {
        enum json_kind kind;
        bool more = false;
        TRY(json_pull_kind(p, &kind));
        if (kind == JSON_OBJECT || kind == JSON_ARRAY)
            TRY(push(p, kind == JSON_OBJECT));
        else
            TRY(pass_scalar(p, kind));
        while (!more && p->at.depth > base)
            TRY(json_pull_next(p, &more));
    } while (p->at.depth > base);
    return 0;
}

int json_pull_skip(struct json_pull *p)
{
    return walk(p);
}

int json_pull_read(struct json_pull *p, struct arena *a, const struct json_value **ret_value)
{
    struct json_pull_place start;
    struct buf text;
    TRY(pass_space(p));
    json_pull_mark(p, &start);
    buf_init(&text, NULL, p->limits.max_value_bytes);
    p->capture = &text;
    (void)walk(p);
    p->capture = NULL;
    if (p->err == 0) {
        int err = json_parse(a, buf_str(&text), p->limits.max_value_bytes, ret_value);
        if (err != 0) {
            p->at = start;
            (void)fail(p, err);
        }
    }
    buf_free(&text);
    return p->err;
}

int json_pull_end(struct json_pull *p)
{
    TRY(pass_space(p));
    if (peek(p) != END)
        return fail(p, ERR_INVALID_SYNTAX);
    return p->err;
}

/* --- Places --- */

void json_pull_mark(const struct json_pull *p, struct json_pull_place *ret_place)
{
    *ret_place = p->at;
}

void json_pull_go(struct json_pull *p, const struct json_pull_place *place)
{
    p->at = *place;
    p->window_at = p->window_len = 0;
}

void json_pull_where(const struct json_pull *p, uint64_t *ret_line, uint64_t *ret_column)
{
    *ret_line = p->at.line;
    *ret_column = p->at.offset - p->at.line_start + 1;
}

/* The first byte of a mark begins nothing else. */
static void pass_mark(struct json_pull *p)
{
    if (peek(p) != 0xef)
        return;
    if (take(p, 1) == 0 && expect(p, '\xbb') == 0 && expect(p, '\xbf') == 0)
        p->at.line_start = p->at.offset;
}

void json_pull_init(struct json_pull *p, const struct json_source *source,
                    const struct json_pull_limits *limits)
{
    *p = (struct json_pull){.source = *source, .limits = *limits, .at = {.line = 1}};
    pass_mark(p);
}
