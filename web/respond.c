/* Building replies. What comes from data is checked on its way into a header (HT-04). */
#include "web/respond.h"

#include <stdio.h>

#include "core/codec/cookie.h"

#include "core/base/banned.h"

void respond_status(struct response *res, int status)
{
    res->status = status;
}

void respond_header(struct response *res, const char *name, struct str value)
{
    for (size_t i = 0; i < value.len; i++) {
        unsigned char c = (unsigned char)value.ptr[i];
        /* RFC 9110 5.5: CR, LF and NUL would end the header or the whole head. */
        if ((c < 0x20 && c != '\t') || c == 0x7f) {
            res->headers.failed = true;
            return;
        }
    }
    buf_add_c(&res->headers, name);
    buf_add(&res->headers, STR(": "));
    buf_add(&res->headers, value);
    buf_add(&res->headers, STR("\r\n"));
}

struct str respond_get_header(const struct response *res, const char *name)
{
    struct str rest = buf_str(&res->headers);
    struct str wanted = str_c(name), line;
    while (str_next(&rest, '\n', &line))
        if (line.len > wanted.len && line.ptr[wanted.len] == ':' &&
            str_ieq(str_sub(line, 0, wanted.len), wanted))
            return str_trim(str_sub(line, wanted.len + 1, line.len - wanted.len - 2));
    return str_of(NULL, 0);
}

bool respond_has_header(const struct response *res, const char *name)
{
    return !str_absent(respond_get_header(res, name));
}

static void set_body(struct response *res, int status, const char *type, struct str body)
{
    res->status = status;
    buf_clear(&res->body);
    buf_add(&res->body, body);
    if (!respond_has_header(res, "Content-Type"))
        respond_header(res, "Content-Type", str_c(type));
}

void respond_json(struct response *res, int status, struct str body)
{
    set_body(res, status, "application/json", body);
}

void respond_text(struct response *res, int status, struct str body)
{
    set_body(res, status, "text/plain; charset=utf-8", body);
}

void respond_html(struct request *req, struct response *res, int status, struct str body)
{
    respond_html_csp(req, res, status, body, str_of(NULL, 0));
}

/* Name of the directive at the start of a policy's part. */
static struct str directive_name(struct str part)
{
    part = str_trim(part);
    ptrdiff_t space = str_find(part, ' ');
    return space < 0 ? part : str_sub(part, 0, (size_t)space);
}

static bool names_directive(struct str policy, struct str name)
{
    struct str part;
    while (str_next(&policy, ';', &part))
        if (str_ieq(directive_name(part), name))
            return true;
    return false;
}

static void add_directive(struct buf *csp, struct str extra, const char *name, const char *sources,
                          struct str nonce)
{
    if (names_directive(extra, str_c(name)))
        return;
    buf_printf(csp, "%s %s", name, sources);
    if (!str_absent(nonce))
        buf_printf(csp, " 'nonce-%.*s'", STR_ARG(nonce));
    buf_add(csp, STR("; "));
}

/* Nobody may be framed by a directive that came from elsewhere: ours stands last and only once. */
static void add_extra(struct buf *csp, struct str extra)
{
    struct str part;
    while (str_next(&extra, ';', &part)) {
        struct str name = directive_name(part);
        if (str_empty(name) || str_ieq(name, STR("frame-ancestors")))
            continue;
        buf_add(csp, str_trim(part));
        buf_add(csp, STR("; "));
    }
}

void respond_html_csp(struct request *req, struct response *res, int status, struct str body,
                      struct str extra_csp)
{
    struct str none = {NULL, 0}, text;
    struct buf csp;
    buf_init(&csp, req->arena, 4096);
    add_directive(&csp, extra_csp, "default-src", "'none'", none);
    add_directive(&csp, extra_csp, "style-src", "'self'", req->nonce);
    add_directive(&csp, extra_csp, "script-src", "'self'", req->nonce);
    add_directive(&csp, extra_csp, "img-src", "'self' data:", none);
    add_directive(&csp, extra_csp, "font-src", "'self'", none);
    add_directive(&csp, extra_csp, "form-action", "'self'", none);
    add_directive(&csp, extra_csp, "base-uri", "'none'", none);
    add_extra(&csp, extra_csp);
    buf_add(&csp, STR("frame-ancestors 'none'"));
    if (buf_finish(&csp, &text) != 0)
        res->headers.failed = true;
    else if (!respond_has_header(res, "Content-Security-Policy"))
        respond_header(res, "Content-Security-Policy", text);
    set_body(res, status, "text/html; charset=utf-8", body);
}

void respond_redirect(struct request *req, struct response *res, struct str location)
{
    /* RFC 9110 15.4.4: after a POST the new request is a GET. */
    res->status = req->method == HTTP_GET || req->method == HTTP_HEAD ? 302 : 303;
    respond_header(res, "Location", location);
    buf_clear(&res->body);
}

void respond_no_content(struct response *res)
{
    res->status = 204;
    res->no_body = true;
}

void respond_no_store(struct response *res)
{
    respond_header(res, "Cache-Control", STR("no-store"));
    respond_header(res, "Pragma", STR("no-cache"));
}

/* RFC 9110 13.1.2: a list of quoted tags, compared weakly. */
static bool etag_fits(struct str if_none_match, struct str etag)
{
    struct str tag;
    while (str_next(&if_none_match, ',', &tag)) {
        tag = str_trim(tag);
        if (str_starts(tag, STR("W/")))
            tag = str_from(tag, 2);
        if (str_eq(tag, STR("*")) || str_eq(tag, etag))
            return true;
    }
    return false;
}

void respond_if_unchanged(struct request *req, struct response *res)
{
    struct str etag = respond_get_header(res, "ETag");
    if (str_absent(etag) || !etag_fits(request_header(req, STR("If-None-Match")), etag))
        return;
    res->status = 304;
    res->no_body = true;
    buf_clear(&res->body);
}

void respond_cacheable(struct request *req, struct response *res, int64_t max_age_s,
                       struct str etag)
{
    struct str age = arena_printf(req->arena, "public, max-age=%lld", (long long)max_age_s);
    struct str quoted = arena_printf(req->arena, "\"%.*s\"", STR_ARG(etag));
    respond_header(res, "Cache-Control", age);
    respond_header(res, "ETag", quoted);
    respond_if_unchanged(req, res);
}

void respond_cookie(struct request *req, struct response *res, struct str name, struct str value,
                    int64_t max_age_s, enum same_site same_site)
{
    static const enum cookie_same_site sites[] = {COOKIE_SAME_SITE_LAX, COOKIE_SAME_SITE_STRICT,
                                                  COOKIE_SAME_SITE_NONE};
    /* Plain HTTP is for development only; browsers would drop the prefix and SameSite=None there. */
    bool lax = !req->https && same_site == SAME_SITE_NONE;
    struct cookie_attributes attributes = {
        .path = STR("/"),
        .max_age_s = max_age_s < 0 ? COOKIE_SESSION_ONLY : max_age_s,
        .same_site = lax ? COOKIE_SAME_SITE_LAX : sites[same_site],
        .secure = req->https,
        .http_only = true,
    };
    struct str full = name, line;
    struct buf text;
    if (req->https && !str_starts(name, STR("__Host-")))
        full = ARENA_CONCAT(req->arena, STR("__Host-"), name);
    buf_init(&text, req->arena, COOKIE_MAX_VALUE_BYTES + 512);
    if (cookie_add(&text, full, value, &attributes) != 0 || buf_finish(&text, &line) != 0) {
        res->headers.failed = true;
        return;
    }
    respond_header(res, "Set-Cookie", line);
}
