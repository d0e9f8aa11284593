/* Deny by default: each kind of URI has a list of what it may be. */
#include "core/model/check.h"

#include "core/codec/unicode.h"
#include "core/codec/uri.h"

#include "core/base/banned.h"

static int uri_refuse(const char *name, struct err_ctx *ctx)
{
    return err_field(ctx, ERR_INVALID_REQUEST, name,
                     "%s must be https, http on loopback, or another form that is allowed here",
                     name);
}

/* A path on this server: one slash, so that "//host" does not become another host. */
static bool is_own_path(struct str text)
{
    struct uri u;
    if (!str_starts(text, STR("/")) || str_starts(text, STR("//")))
        return false;
    return uri_parse_reference(text, &u) == 0 && !u.has_authority && str_absent(u.fragment) &&
           !uri_path_is_tricky(&u);
}

/* RFC 8252 7.1: a private-use scheme is a domain name turned round, so it has a dot; that leaves
 * out javascript:, data:, file:, blob: and whatever else browsers know or will know. */
static bool is_private_use(const struct uri *u)
{
    return str_find(u->scheme, '.') > 0 && str_absent(u->userinfo);
}

static bool is_safe_web(const struct uri *u)
{
    return uri_is_web(u) && (uri_is_https(u) || uri_is_loopback(u)) && !uri_path_is_tricky(u) &&
           str_find(u->host, '*') < 0;
}

/* '*' anywhere but at the end of the path would be a pattern (OA-02). */
static bool star_is_last(struct str text)
{
    ptrdiff_t at = str_find(text, '*');
    return at < 0 || (size_t)at == text.len - 1;
}

static bool redirect_is_allowed(struct str text)
{
    struct uri u;
    if (!star_is_last(text))
        return false;
    if (is_own_path(text))
        return true;
    if (uri_parse(text, &u) != 0 || !str_absent(u.fragment))
        return false;
    if (str_ends(text, STR("*")) && (!uri_is_web(&u) || !str_starts(u.path, STR("/"))))
        return false;
    return is_safe_web(&u) || is_private_use(&u);
}

static bool page_is_allowed(struct str text)
{
    struct uri u;
    if (str_eq(text, STR("${authBaseUrl}")) || str_eq(text, STR("${authAdminUrl}")))
        return true;
    return is_own_path(text) || (uri_parse(text, &u) == 0 && is_safe_web(&u));
}

static bool fetch_is_allowed(struct str text)
{
    struct uri u;
    return uri_parse(text, &u) == 0 && is_safe_web(&u) && str_absent(u.fragment);
}

int uri_check(struct str text, enum uri_for use, const char *name, struct err_ctx *ctx)
{
    bool allowed = false;
    if (str_empty(text))
        return 0;
    switch (use) {
    case URI_FOR_REDIRECT: allowed = redirect_is_allowed(text); break;
    case URI_FOR_PAGE: allowed = page_is_allowed(text); break;
    case URI_FOR_FETCH: allowed = fetch_is_allowed(text); break;
    }
    return allowed ? 0 : uri_refuse(name, ctx);
}

bool text_is_web_origin(struct str text)
{
    struct uri u;
    return uri_parse(text, &u) == 0 && is_safe_web(&u) && str_empty(u.path) &&
           str_absent(u.query) && str_absent(u.fragment);
}

int web_origin_check(struct str text, struct err_ctx *ctx)
{
    if (str_eq(text, STR("+")) || str_eq(text, STR("*")) || text_is_web_origin(text))
        return 0;
    return err_field(ctx, ERR_INVALID_REQUEST, "webOrigins",
                     "a web origin is scheme, host and port without a path, or \"+\" or \"*\"");
}

bool path_segment_is_dots(struct str text)
{
    return str_eq(text, STR(".")) || str_eq(text, STR(".."));
}

int text_check(struct str text, size_t max_bytes, const char *name, struct err_ctx *ctx)
{
    if (text.len > max_bytes)
        return err_field(ctx, ERR_INVALID_REQUEST, name, "%s is longer than %zu bytes", name,
                         max_bytes);
    if (!str_is_utf8(text) || !str_has_no_control(text))
        return err_field(ctx, ERR_INVALID_REQUEST, name, "%s holds characters that are not allowed",
                         name);
    return 0;
}

int description_check(struct str text, size_t max_bytes, struct err_ctx *ctx)
{
    struct str line;
    if (text.len > max_bytes)
        return text_check(text, max_bytes, "description", ctx);
    for (size_t at = 0; at <= text.len; at += line.len + 1) {
        line = str_from(text, at);
        for (size_t i = 0; i < line.len; i++)
            if (line.ptr[i] == '\n' || line.ptr[i] == '\r' || line.ptr[i] == '\t')
                line.len = i;
        TRY(text_check(line, max_bytes, "description", ctx));
    }
    return 0;
}

int path_segment_check(struct str text, size_t max_bytes, const char *name, struct err_ctx *ctx)
{
    bool tricky = path_segment_is_dots(text);
    TRY(text_check(text, max_bytes, name, ctx));
    for (size_t i = 0; i < text.len && !tricky; i++)
        tricky = str_find(STR("/\\?#%;"), text.ptr[i]) >= 0;
    return tricky ? err_field(ctx, ERR_INVALID_REQUEST, name, "%s cannot be a part of a path", name)
                  : 0;
}

int map_check(const struct str_map *map, size_t max_count, size_t max_value_bytes, const char *name,
              struct err_ctx *ctx)
{
    if (map->count > max_count)
        return err_field(ctx, ERR_INVALID_REQUEST, name, "%s has more than %zu members", name,
                         max_count);
    for (size_t i = 0; i < map->count; i++) {
        if (str_empty(map->items[i].name))
            return err_field(ctx, ERR_INVALID_REQUEST, name, "%s has a member without a name",
                             name);
        TRY(text_check(map->items[i].name, ATTRS_MAX_NAME_BYTES, name, ctx));
        if (map->items[i].value.len > max_value_bytes || !str_is_utf8(map->items[i].value) ||
            str_find(map->items[i].value, '\0') >= 0)
            return err_field(ctx, ERR_INVALID_REQUEST, name, "a value of %s is not allowed", name);
    }
    return 0;
}

static int attr_check(const struct attr *attr, const char *name, struct err_ctx *ctx)
{
    if (str_empty(attr->name))
        return err_field(ctx, ERR_INVALID_REQUEST, name, "an attribute has no name");
    TRY(text_check(attr->name, ATTRS_MAX_NAME_BYTES, name, ctx));
    if (attr->values.count > ATTRS_MAX_VALUES)
        return err_field(ctx, ERR_INVALID_REQUEST, name, "an attribute has too many values");
    for (size_t i = 0; i < attr->values.count; i++) {
        struct str value = attr->values.items[i];
        if (value.len > ATTRS_MAX_VALUE_BYTES || !str_is_utf8(value) || str_find(value, '\0') >= 0)
            return err_field(ctx, ERR_INVALID_REQUEST, name,
                             "the value of an attribute is not allowed");
    }
    return 0;
}

int attrs_check(const struct attrs *attrs, const char *name, struct err_ctx *ctx)
{
    if (attrs->count > ATTRS_MAX_COUNT)
        return err_field(ctx, ERR_INVALID_REQUEST, name, "there are more than %d attributes",
                         ATTRS_MAX_COUNT);
    for (size_t i = 0; i < attrs->count; i++)
        TRY(attr_check(&attrs->items[i], name, ctx));
    return 0;
}

static bool is_invisible(uint32_t c)
{
    static const struct {
        uint32_t first, last;
    } ranges[] = {
        {0x0000, 0x001f},   /* C0 */
        {0x007f, 0x009f},   /* DEL, C1 */
        {0x00ad, 0x00ad},   /* soft hyphen */
        {0x034f, 0x034f},   /* combining grapheme joiner */
        {0x061c, 0x061c},   /* Arabic letter mark */
        {0x115f, 0x1160},   /* Hangul fillers */
        {0x17b4, 0x17b5},   /* Khmer inherent vowels */
        {0x180b, 0x180f},   /* Mongolian variation selectors, vowel separator */
        {0x200b, 0x200f},   /* zero width, direction marks */
        {0x2028, 0x202e},   /* separators, embeddings, overrides */
        {0x2060, 0x206f},   /* word joiner, invisible operators, isolates */
        {0x2800, 0x2800},   /* Braille pattern blank */
        {0x3164, 0x3164},   /* Hangul filler */
        {0xfe00, 0xfe0f},   /* variation selectors */
        {0xfeff, 0xfeff},   /* byte order mark */
        {0xffa0, 0xffa0},   /* halfwidth Hangul filler */
        {0xfff0, 0xfffb},   /* reserved as invisible, annotations */
        {0x1bca0, 0x1bca3}, /* shorthand format controls */
        {0x1d173, 0x1d17a}, /* musical format controls */
        {0xe0000, 0xe0fff}, /* tags, variation selectors, reserved as invisible */
    };
    for (size_t i = 0; i < ARRAY_LEN(ranges); i++)
        if (c >= ranges[i].first && c <= ranges[i].last)
            return true;
    return false;
}

/* Without them a telephone of emoji would be drawn in ink, and Mongolian be misspelled. Behind a digit one is part
 * of a keycap, or it is not seen. */
static bool selects_variant(uint32_t before, uint32_t c, struct str rest)
{
    bool of_keycap = c == 0xfe0f && str_starts(rest, STR("\xe2\x83\xa3"));
    bool of_sign = (c == 0xfe0e || c == 0xfe0f) && before >= 0x80 && !is_invisible(before) &&
                   unicode_category(before)[0] == 'S';
    bool of_mongolian = c >= 0x180b && c <= 0x180f && before >= 0x1820 && before <= 0x18aa;
    return of_keycap || of_sign || of_mongolian;
}

/* Takes the next code point; before is the one that stood in front of it, 0: none. */
static bool next_is_deceptive(struct str *io_rest, uint32_t *io_before)
{
    uint32_t c = unicode_next(io_rest);
    bool deceptive = is_invisible(c) && !selects_variant(*io_before, c, *io_rest);
    *io_before = c;
    return deceptive;
}

bool text_is_deceptive(struct str text)
{
    struct str rest = text;
    uint32_t before = 0;
    while (rest.len > 0)
        if (next_is_deceptive(&rest, &before))
            return true;
    return false;
}

int text_without_deceptive(struct arena *a, struct str text, struct str *ret_text)
{
    struct str rest = text;
    uint32_t before = 0;
    struct buf b;
    buf_init(&b, a, text.len + 1);
    while (rest.len > 0) {
        struct str from = rest;
        if (!next_is_deceptive(&rest, &before))
            buf_add(&b, str_sub(from, 0, from.len - rest.len));
    }
    return buf_finish(&b, ret_text);
}

bool text_is_blank(struct str text)
{
    return str_empty(unicode_trim(text));
}

int label_check(struct str raw, const char *field, struct str *ret_label, struct err_ctx *ctx)
{
    struct str label = unicode_trim(raw);
    TRY(text_check(label, DEVICE_LABEL_MAX_BYTES, field, ctx));
    if (text_is_deceptive(label))
        return err_field(ctx, ERR_INVALID_REQUEST, field, "%s holds no invisible characters",
                         field);
    *ret_label = label;
    return 0;
}
