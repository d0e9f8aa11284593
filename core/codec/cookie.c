/* Cookies in and out (RFC 6265). */
#include "core/codec/cookie.h"

#include "core/base/err.h"
#include "core/codec/header.h"

#include "core/base/banned.h"

/* RFC 6265 4.1.1 */
static bool is_cookie_octet(char letter)
{
    unsigned char c = (unsigned char)letter;
    return c > 0x20 && c < 0x7f && c != '"' && c != ',' && c != ';' && c != '\\';
}

static bool is_strict_value(struct str s)
{
    for (size_t i = 0; i < s.len; i++)
        if (!is_cookie_octet(s.ptr[i]))
            return false;
    return true;
}

static bool is_tolerated_value(struct str s)
{
    for (size_t i = 0; i < s.len; i++) {
        char c = s.ptr[i];
        if (!is_cookie_octet(c) && c != '"' && c != ',' && c != ' ')
            return false;
    }
    return s.len <= COOKIE_MAX_VALUE_BYTES;
}

static bool parse_pair(struct str pair, struct cookie *ret_cookie)
{
    ptrdiff_t equals = str_find(pair, '=');
    if (equals < 0)
        return false;
    *ret_cookie =
        (struct cookie){str_of(pair.ptr, (size_t)equals), str_from(pair, (size_t)equals + 1)};
    return header_is_token(ret_cookie->name) && is_tolerated_value(ret_cookie->value);
}

static size_t count_pairs(struct str header)
{
    size_t count = 0;
    struct str pair;
    while (str_next(&header, ';', &pair))
        count++;
    return count;
}

int cookie_parse(struct arena *a, struct str header, struct cookies *ret_cookies)
{
    size_t pairs = count_pairs(header);
    if (header.len > COOKIE_MAX_HEADER_BYTES || pairs > COOKIE_MAX_COUNT)
        return ERR_TOO_LARGE;
    struct cookie *items = ARENA_ARRAY(a, pairs, struct cookie);
    if (!items)
        return ERR_NO_MEMORY;
    struct cookies c = {items, 0, 0};
    struct str pair;
    while (str_next(&header, ';', &pair)) {
        pair = str_trim(pair);
        if (pair.len == 0)
            continue;
        if (parse_pair(pair, &items[c.count]))
            c.count++;
        else
            c.skipped++;
    }
    *ret_cookies = c;
    return 0;
}

struct str cookie_get(const struct cookies *c, struct str name)
{
    struct str found = {NULL, 0};
    for (size_t i = 0; i < c->count; i++) {
        if (!str_eq(c->items[i].name, name))
            continue;
        if (!str_absent(found) && !str_eq(found, c->items[i].value))
            return str_of(NULL, 0);
        found = c->items[i].value;
    }
    return found;
}

/* RFC 6265 4.1.1: path-value and domain-value end at ';' and hold no control bytes. */
static bool is_attribute_value(struct str s)
{
    return str_absent(s) || (s.len > 0 && str_has_no_control(s) && str_find(s, ';') < 0);
}

static bool prefix_is_honoured(struct str name, const struct cookie_attributes *at)
{
    if (str_starts(name, STR("__Secure-")))
        return at->secure;
    if (str_starts(name, STR("__Host-")))
        return at->secure && str_absent(at->domain) && str_eq(at->path, STR("/"));
    return true;
}

static bool may_be_set(struct str name, struct str value, const struct cookie_attributes *at)
{
    return header_is_token(name) && is_strict_value(value) && value.len <= COOKIE_MAX_VALUE_BYTES &&
           is_attribute_value(at->path) && is_attribute_value(at->domain) &&
           prefix_is_honoured(name, at) && (at->secure || at->same_site != COOKIE_SAME_SITE_NONE);
}

static const char *same_site_text(enum cookie_same_site same_site)
{
    switch (same_site) {
    case COOKIE_SAME_SITE_STRICT: return "; SameSite=Strict";
    case COOKIE_SAME_SITE_NONE: return "; SameSite=None";
    case COOKIE_SAME_SITE_LAX: break;
    }
    return "; SameSite=Lax";
}

static void add_attribute(struct buf *b, struct str name, struct str value)
{
    if (str_absent(value))
        return;
    buf_add(b, name);
    buf_add(b, value);
}

int cookie_add(struct buf *b, struct str name, struct str value, const struct cookie_attributes *at)
{
    if (!may_be_set(name, value, at))
        return ERR_INVALID_SYNTAX;
    buf_add(b, name);
    buf_add_byte(b, '=');
    buf_add(b, value);
    add_attribute(b, STR("; Path="), at->path);
    add_attribute(b, STR("; Domain="), at->domain);
    if (at->max_age_s >= 0) {
        buf_add(b, STR("; Max-Age="));
        buf_add_i64(b, at->max_age_s);
    }
    if (at->secure)
        buf_add(b, STR("; Secure"));
    if (at->http_only)
        buf_add(b, STR("; HttpOnly"));
    buf_add_c(b, same_site_text(at->same_site));
    return 0;
}
