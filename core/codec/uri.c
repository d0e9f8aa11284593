/* Splitting URIs, following the grammar of RFC 3986 letter by letter. */
#include "core/codec/uri.h"

#include "core/base/err.h"

#include "core/base/banned.h"

/* --- letters (RFC 3986 2.2, 2.3) --- */

static bool is_alpha(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_hex(char c)
{
    return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static bool is_one_of(char c, const char *set)
{
    return c != '\0' && strchr(set, c) != NULL;
}

static bool is_unreserved(char c)
{
    return is_alpha(c) || is_digit(c) || is_one_of(c, "-._~");
}

static bool is_sub_delim(char c)
{
    return is_one_of(c, "!$&'()*+,;=");
}

/* Only unreserved, sub-delims, whole escapes and the extra letters. */
static bool consists_of(struct str s, const char *extra)
{
    for (size_t i = 0; i < s.len; i++) {
        char c = s.ptr[i];
        if (c == '%') {
            if (i + 2 >= s.len || !is_hex(s.ptr[i + 1]) || !is_hex(s.ptr[i + 2]))
                return false;
            i += 2;
        } else if (!is_unreserved(c) && !is_sub_delim(c) && !is_one_of(c, extra)) {
            return false;
        }
    }
    return true;
}

static bool is_scheme(struct str s)
{
    if (s.len == 0 || !is_alpha(s.ptr[0]))
        return false;
    for (size_t i = 1; i < s.len; i++)
        if (!is_alpha(s.ptr[i]) && !is_digit(s.ptr[i]) && !is_one_of(s.ptr[i], "+-."))
            return false;
    return true;
}

/* --- addresses --- */

/* dec-octet x 4 (RFC 3986 3.2.2): no leading zeros, which some read as octal. */
static bool parse_ipv4(struct str s, unsigned char out[4])
{
    struct str part;
    size_t n = 0;
    if (str_ends(s, STR(".")))
        return false;
    while (str_next(&s, '.', &part)) {
        int64_t value;
        if (n == 4 || part.len == 0 || part.len > 3 || (part.len > 1 && part.ptr[0] == '0') ||
            str_to_i64(part, &value) != 0 || value < 0 || value > 255)
            return false;
        out[n++] = (unsigned char)value;
    }
    return n == 4;
}

static bool parse_h16(struct str s, unsigned char out[2])
{
    unsigned value = 0;
    if (s.len == 0 || s.len > 4)
        return false;
    for (size_t i = 0; i < s.len; i++) {
        char c = s.ptr[i];
        if (!is_hex(c))
            return false;
        value = value * 16 + (unsigned)(is_digit(c) ? c - '0' : (c | 0x20) - 'a' + 10);
    }
    out[0] = (unsigned char)(value >> 8);
    out[1] = (unsigned char)value;
    return true;
}

/* Groups between single colons, the last of which may be an IPv4 address. */
static bool parse_groups(struct str s, unsigned char out[16], size_t *ret_len)
{
    size_t n = 0;
    struct str group;
    if (s.len > 0 && (s.ptr[0] == ':' || s.ptr[s.len - 1] == ':'))
        return false;
    while (str_next(&s, ':', &group)) {
        bool last = s.ptr == NULL;
        if (n + 2 > 16)
            return false;
        if (last && str_find(group, '.') >= 0) {
            if (n + 4 > 16 || !parse_ipv4(group, out + n))
                return false;
            n += 4;
        } else {
            if (!parse_h16(group, out + n))
                return false;
            n += 2;
        }
    }
    *ret_len = n;
    return true;
}

static bool parse_ipv6(struct str s, unsigned char out[16])
{
    unsigned char head[16];
    unsigned char tail[16];
    size_t head_len;
    size_t tail_len = 0;
    ptrdiff_t gap = str_find_str(s, STR("::"));
    memset(out, 0, 16);
    if (gap < 0) {
        if (!parse_groups(s, head, &head_len) || head_len != 16)
            return false;
    } else {
        struct str left = str_of(s.ptr, (size_t)gap);
        if (str_find(left, '.') >= 0 || !parse_groups(left, head, &head_len) ||
            !parse_groups(str_from(s, (size_t)gap + 2), tail, &tail_len) ||
            head_len + tail_len > 14)
            return false;
        if (tail_len > 0)
            memcpy(out + 16 - tail_len, tail, tail_len);
    }
    if (head_len > 0)
        memcpy(out, head, head_len);
    return true;
}

/* --- splitting --- */

static int parse_port(struct str port, uint16_t *ret_number)
{
    int64_t value;
    for (size_t i = 0; i < port.len; i++)
        if (!is_digit(port.ptr[i]))
            return ERR_INVALID_SYNTAX;
    if (port.len == 0) /* "host:" is allowed and means nothing (RFC 3986 3.2.3) */
        return 0;
    if (port.len > 5 || str_to_i64(port, &value) != 0 || value < 1 || value > UINT16_MAX)
        return ERR_INVALID_SYNTAX;
    *ret_number = (uint16_t)value;
    return 0;
}

static int parse_host(struct str text, struct uri *u, struct str *ret_rest)
{
    unsigned char address[16];
    if (text.len > 0 && text.ptr[0] == '[') {
        ptrdiff_t close = str_find(text, ']');
        if (close < 0)
            return ERR_INVALID_SYNTAX;
        u->host = str_sub(text, 1, (size_t)close - 1);
        u->host_is_ipv6 = true;
        *ret_rest = str_from(text, (size_t)close + 1);
        return parse_ipv6(u->host, address) ? 0 : ERR_INVALID_SYNTAX;
    }
    ptrdiff_t colon = str_find(text, ':');
    size_t len = colon < 0 ? text.len : (size_t)colon;
    u->host = str_of(text.ptr, len);
    *ret_rest = str_from(text, len);
    return consists_of(u->host, "") ? 0 : ERR_INVALID_SYNTAX;
}

static int parse_authority(struct str text, struct uri *u)
{
    struct str rest;
    ptrdiff_t at = str_find(text, '@');
    if (at >= 0) {
        u->userinfo = str_of(text.ptr, (size_t)at);
        if (!consists_of(u->userinfo, ":"))
            return ERR_INVALID_SYNTAX;
        text = str_from(text, (size_t)at + 1);
    }
    TRY(parse_host(text, u, &rest));
    u->has_authority = true;
    if (rest.len == 0)
        return 0;
    if (rest.ptr[0] != ':')
        return ERR_INVALID_SYNTAX;
    u->port = str_from(rest, 1);
    return parse_port(u->port, &u->port_number);
}

/* Cuts *text before the letter and gives what follows it; absent when it is not there. */
static struct str cut(struct str *text, char letter)
{
    ptrdiff_t at = str_find(*text, letter);
    if (at < 0)
        return str_of(NULL, 0);
    struct str after = str_from(*text, (size_t)at + 1);
    text->len = (size_t)at;
    return after;
}

static int take_scheme(struct str *text, struct uri *u)
{
    ptrdiff_t colon = str_find(*text, ':');
    ptrdiff_t slash = str_find(*text, '/');
    if (colon < 0 || (slash >= 0 && slash < colon))
        return 0;
    u->scheme = str_of(text->ptr, (size_t)colon);
    *text = str_from(*text, (size_t)colon + 1);
    /* A colon in the first segment of a relative path is not allowed either (RFC 3986 4.2). */
    return is_scheme(u->scheme) ? 0 : ERR_INVALID_SYNTAX;
}

static int take_authority(struct str *text, struct uri *u)
{
    if (!str_starts(*text, STR("//")))
        return 0;
    struct str rest = str_from(*text, 2);
    ptrdiff_t slash = str_find(rest, '/');
    size_t len = slash < 0 ? rest.len : (size_t)slash;
    *text = str_from(rest, len);
    return parse_authority(str_of(rest.ptr, len), u);
}

int uri_parse_reference(struct str text, struct uri *ret_uri)
{
    struct uri u = {.host_is_ipv6 = false};
    if (text.len > URI_MAX_BYTES)
        return ERR_TOO_LARGE;
    if (str_absent(text))
        return ERR_INVALID_SYNTAX;
    u.fragment = cut(&text, '#');
    u.query = cut(&text, '?');
    TRY(take_scheme(&text, &u));
    TRY(take_authority(&text, &u));
    u.path = text;
    if (!consists_of(u.path, ":@/") || !consists_of(u.query, ":@/?") ||
        !consists_of(u.fragment, ":@/?"))
        return ERR_INVALID_SYNTAX;
    *ret_uri = u;
    return 0;
}

int uri_parse(struct str text, struct uri *ret_uri)
{
    struct uri u;
    TRY(uri_parse_reference(text, &u));
    if (str_absent(u.scheme))
        return ERR_INVALID_SYNTAX;
    *ret_uri = u;
    return 0;
}

/* --- questions --- */

bool uri_is_https(const struct uri *u)
{
    return str_ieq(u->scheme, STR("https"));
}

bool uri_is_web(const struct uri *u)
{
    return (uri_is_https(u) || str_ieq(u->scheme, STR("http"))) && u->has_authority &&
           u->host.len > 0 && str_absent(u->userinfo);
}

bool uri_is_loopback(const struct uri *u)
{
    static const unsigned char ipv6_loopback[16] = {[15] = 1};
    unsigned char address[16];
    if (u->host_is_ipv6)
        return parse_ipv6(u->host, address) && memcmp(address, ipv6_loopback, 16) == 0;
    return str_ieq(u->host, STR("localhost")) ||
           (parse_ipv4(u->host, address) && address[0] == 127);
}

static uint16_t default_port(const struct uri *u)
{
    if (uri_is_https(u))
        return 443;
    return str_ieq(u->scheme, STR("http")) ? 80 : 0;
}

uint16_t uri_effective_port(const struct uri *u)
{
    return u->port_number ? u->port_number : default_port(u);
}

int uri_origin(struct arena *a, const struct uri *u, struct str *ret_origin)
{
    if (!uri_is_web(u))
        return ERR_INVALID_SYNTAX;
    const char *open = u->host_is_ipv6 ? "[" : "";
    const char *close = u->host_is_ipv6 ? "]" : "";
    uint16_t port = uri_effective_port(u);
    struct str text =
        arena_printf(a, "%.*s://%s%.*s%s", STR_ARG(u->scheme), open, STR_ARG(u->host), close);
    if (!str_absent(text) && port != default_port(u))
        text = arena_printf(a, "%.*s:%u", STR_ARG(text), (unsigned)port);
    if (str_absent(text))
        return ERR_NO_MEMORY;
    text = arena_lower(a, text);
    if (str_absent(text))
        return ERR_NO_MEMORY;
    *ret_origin = text;
    return 0;
}

/* A segment that is "." or ".." once its %2e are read as dots. */
static bool is_dot_segment(struct str segment)
{
    size_t dots = 0;
    while (segment.len > 0) {
        if (segment.ptr[0] == '.')
            segment = str_from(segment, 1);
        else if (str_ieq(str_sub(segment, 0, 3), STR("%2e")))
            segment = str_from(segment, 3);
        else
            return false;
        dots++;
    }
    return dots == 1 || dots == 2;
}

bool uri_path_is_tricky(const struct uri *u)
{
    struct str rest = u->path;
    struct str segment;
    while (str_next(&rest, '/', &segment))
        if (is_dot_segment(segment))
            return true;
    for (size_t i = 0; i + 3 <= u->path.len; i++) {
        struct str escape = str_sub(u->path, i, 3);
        if (str_ieq(escape, STR("%2f")) || str_ieq(escape, STR("%5c")))
            return true;
    }
    return false;
}
