/* One request, step by step. Every step that says no leaves a complete reply; the last step sends,
 * counts and logs whatever reply there is. */
#include "web/pipeline.h"

#include <stdio.h>

#include "core/base/log.h"
#include "core/base/rng.h"
#include "core/codec/base64.h"
#include "core/codec/header.h"
#include "core/port/store.h"
#include "web/cors.h"
#include "web/fail.h"
#include "web/metrics.h"
#include "web/origin.h"
#include "web/rate.h"
#include "web/relay.h"
#include "web/reply.h"
#include "web/reply_cache.h"
#include "web/respond.h"
#include "web/validation/wire.h"

#include "core/base/banned.h"

#define HEADERS_MAX_BYTES  ((size_t)32 << 10)
#define TRACE_BYTES        16
#define STATUS_PERMANENT   308
#define STATUS_MISDIRECTED 421

/* What the steps share. */
struct passage {
    struct exchange *x;
    struct civet_call *call;
    struct request *req;
    struct response *res;
    struct route_match match;
    struct forwarded forwarded;
};

/* Errors before a handler is known: the shape that fits the caller. */
static int answer_error(struct passage *p, int err)
{
    struct request *req = p->req;
    bool page = request_wants_html(req);
    if (req->route && req->route->access != ACCESS_PUBLIC)
        page = req->route->access == ACCESS_BROWSER;
    if (p->x->listener == LISTENER_PUBLIC && page)
        fail_page(req, p->res, err);
    else if (str_starts(req->path, STR("/admin/")))
        fail_admin(req, p->res, err);
    else if (str_starts(req->path, STR("/grpc/")) || str_starts(req->path, STR("/garita.token.")))
        wire_fail(req, p->res, err);
    else
        fail_oauth(req, p->res, err);
    return err;
}

static int refuse(struct passage *p, int err, const char *detail)
{
    (void)err_set(&p->req->err, err, "%s", detail);
    return answer_error(p, err);
}

/* W3C Trace Context: "00-<32 hex>-<16 hex>-<2 hex>", not all zero. */
static struct str trace_id_of(struct request *req)
{
    struct str parent = request_header(req, STR("traceparent"));
    struct str id = str_sub(parent, 3, 32);
    unsigned char fresh[TRACE_BYTES];
    bool sound = parent.len == 55 && str_starts(parent, STR("00-")) && parent.ptr[35] == '-';
    bool any = false;
    for (size_t i = 0; sound && i < id.len; i++) {
        char c = id.ptr[i];
        sound = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
        any = any || c != '0';
    }
    if (sound && any)
        return id;
    rng_bytes(fresh, sizeof(fresh));
    return hex_encode(req->arena, str_of((const char *)fresh, sizeof(fresh)));
}

static void request_init(struct passage *p)
{
    struct exchange *x = p->x;
    struct request *req = p->req;
    *req = (struct request){.arena = x->arena,
                            .now = clock_now(),
                            .listener = x->listener,
                            .method = x->head->method,
                            .path = STR("/"),
                            .raw_query = STR(""),
                            .body = STR(""),
                            .https = x->https,
                            .client_ip = x->peer_ip,
                            .peer_cert = x->peer_cert,
                            .web = x->web,
                            .public_origin = x->web->public_origin,
                            .own_origin = x->web->public_origin};
    req->header_count = p->call->header_count;
    memcpy(req->headers, p->call->headers, req->header_count * sizeof(req->headers[0]));
    req->trace_id = trace_id_of(req);
    *p->res = (struct response){0};
    buf_init(&p->res->headers, x->arena, HEADERS_MAX_BYTES);
    buf_init(&p->res->body, x->arena, x->arena->max_bytes);
}

/* The part behind the base path; the management listener does without one. */
static bool strip_base(struct str *path, struct str base)
{
    if (str_empty(base))
        return true;
    if (!str_starts(*path, base))
        return false;
    struct str rest = str_from(*path, base.len);
    if (!str_empty(rest) && rest.ptr[0] != '/')
        return false;
    *path = str_empty(rest) ? STR("/") : rest;
    return true;
}

static int take_path(struct passage *p)
{
    struct request *req = p->req;
    if (http_path_decode(req->arena, p->x->head->target, &req->path, &req->raw_query) != 0) {
        req->path = STR("/");
        return refuse(p, ERR_INVALID_REQUEST, "malformed path");
    }
    if (strip_base(&req->path, req->web->config.base_path))
        return 0;
    return p->x->listener == LISTENER_MANAGEMENT ? 0 : refuse(p, ERR_NOT_FOUND, "no such page");
}

static int take_way(struct passage *p)
{
    struct request *req = p->req;
    if (p->x->relayed) /* whose standby did so */
        return 0;
    if (forwarded_read(req->web->proxies, req, p->x->peer_ip, &p->forwarded) != 0)
        return refuse(p, ERR_INVALID_REQUEST, "malformed forwarding headers");
    req->client_ip = p->forwarded.client_ip;
    if (p->forwarded.says_proto)
        req->https = p->forwarded.https;
    return 0;
}

/* TL-03: the plain door does nothing but show the way to the other. */
static int send_to_https(struct passage *p)
{
    struct request *req = p->req;
    struct str origin = origin_of_redirect(req);
    struct str url = ARENA_CONCAT(req->arena, origin, p->x->head->target);
    if (str_absent(origin) || str_absent(url)) {
        respond_json(p->res, STATUS_MISDIRECTED, STR("{\"error\":\"misdirected_request\"}"));
        return ERR_INVALID_REQUEST;
    }
    respond_status(p->res, STATUS_PERMANENT);
    respond_header(p->res, "Location", url);
    return ERR_HTTPS_REQUIRED;
}

static int check_host(struct passage *p)
{
    if (p->x->listener == LISTENER_MANAGEMENT)
        return 0;
    if (p->x->relayed) {
        p->req->public_origin = p->x->relayed->public_origin;
        p->req->own_origin = p->x->relayed->own_origin;
        return 0;
    }
    if (p->x->redirects && !(p->forwarded.trusted && p->req->https))
        return send_to_https(p);
    if (origin_resolve(p->req, &p->forwarded, p->x->head->authority))
        return 0;
    respond_json(p->res, STATUS_MISDIRECTED, STR("{\"error\":\"misdirected_request\"}"));
    return ERR_INVALID_REQUEST;
}

/* AD-11: judged by the line that answers, not by how the path was spelled. */
static bool fits_listener(const struct web *web, const struct route *route, enum listener listener)
{
    if (route->access == ACCESS_LOCAL || listener == LISTENER_MANAGEMENT)
        return route->access == ACCESS_LOCAL && listener == LISTENER_MANAGEMENT;
    bool admin = str_starts(str_c(route->pattern), STR("/admin/")) ||
                 str_eq(str_c(route->pattern), STR("/admin"));
    return web->config.admin_port == 0 || admin == (listener == LISTENER_ADMIN);
}

/* HT-10: routes of the other listener do not exist here. */
static void match_route(struct passage *p, unsigned method)
{
    struct route_match *m = &p->match;
    router_match(p->req->web->router, (enum http_method)method, p->req->path, m);
    if (m->route && !fits_listener(p->req->web, m->route, p->x->listener))
        *m = (struct route_match){0};
    p->req->route = m->route;
    memcpy(p->req->params, m->params, sizeof(m->params));
}

static int find_route(struct passage *p)
{
    struct request *req = p->req;
    unsigned method = req->method;
    if (method == HTTP_OPTIONS) {
        unsigned wanted = cors_requested_method(req);
        method = wanted ? wanted : HTTP_OPTIONS;
    }
    match_route(p, method);
    if (p->match.route || (req->method == HTTP_OPTIONS && p->match.methods))
        return 0;
    if (p->match.methods == 0)
        return refuse(p, ERR_NOT_FOUND, "no such page");
    respond_header(p->res, "Allow", cors_method_list(req->arena, p->match.methods));
    return refuse(p, ERR_METHOD_NOT_ALLOWED, "method is not allowed here");
}

static bool is_loopback(struct str ip)
{
    return str_starts(ip, STR("127.")) || str_eq(ip, STR("::1"));
}

static bool is_limited(const struct request *req)
{
    return req->route && (!is_loopback(req->client_ip) || req->web->config.rates_for_loopback);
}

/* A refused token request leaves an event for good: a stranger who sends nothing else must not fill
 * the disk with them (HT-08). */
#define REFUSAL_COST 100

static void charge_refusal(const struct passage *p)
{
    const struct request *req = p->req;
    int status = p->res->status;
    if (is_limited(req) && req->route->rate == RATE_TOKEN &&
        (status == 400 || status == 401 || p->res->refused) && !p->res->not_yet)
        rate_charge(req->web->limiter, RATE_TOKEN, req->client_ip, req->now.monotonic_ms,
                    REFUSAL_COST - 1);
}

static int check_rate(struct passage *p)
{
    struct request *req = p->req;
    char wait[24];
    if (!is_limited(req))
        return 0;
    int64_t wait_s =
        rate_take(req->web->limiter, req->route->rate, req->client_ip, req->now.monotonic_ms);
    if (wait_s == 0)
        return 0;
    (void)snprintf(wait, sizeof(wait), "%lld", (long long)wait_s);
    respond_header(p->res, "Retry-After", str_c(wait));
    return refuse(p, ERR_RATE_LIMITED, "too many requests from this address");
}

static bool type_fits(enum content content, struct str value)
{
    struct media_type type;
    struct wire wire;
    if (content == CONTENT_ANY)
        return true;
    if (content == CONTENT_RPC)
        return wire_of(value, &wire);
    if (str_absent(value) || media_type_parse(value, &type) != 0)
        return false;
    if (content == CONTENT_FORM)
        return media_type_is(&type, "application", "x-www-form-urlencoded");
    return content == CONTENT_JSON && str_ieq(type.type, STR("application")) &&
           (str_ieq(type.subtype, STR("json")) || str_ends(type.subtype, STR("+json")));
}

static int check_body(struct passage *p)
{
    const struct http_head *h = p->x->head;
    struct request *req = p->req;
    if (!h->chunked && h->content_length == 0)
        return 0;
    if (p->x->body_refused || !req->route)
        return refuse(p, ERR_TOO_LARGE, "the body is larger than this page takes");
    struct str coding = request_header(req, STR("Content-Encoding"));
    if (!str_absent(coding) && !str_ieq(coding, STR("identity")))
        return refuse(p, ERR_UNSUPPORTED_MEDIA_TYPE, "encoded bodies are not accepted");
    if (!type_fits(req->route->content, request_header(req, STR("Content-Type"))))
        return refuse(p, ERR_UNSUPPORTED_MEDIA_TYPE, "content type is not accepted here");
    int rc = civet_read_body(p->call, req->arena, req->route->body_max_bytes, &req->body);
    return rc == 0 ? 0 : refuse(p, rc, "malformed body");
}

static int check_origin(struct passage *p)
{
    const struct request *req = p->req;
    bool changes = req->method & (HTTP_POST | HTTP_PUT | HTTP_DELETE | HTTP_PATCH);
    if (!changes || !req->route || req->route->csrf == CSRF_OPEN || origin_is_same(req))
        return 0;
    return refuse(p, ERR_CSRF, "request comes from another site");
}

/* A disabled realm answers nobody but the Admin API, which can enable it again, and which says
 * nothing about realms before it knows who asks. */
static int take_realm(struct passage *p)
{
    struct request *req = p->req;
    if (str_absent(p->match.realm) || !req->route || req->route->admin)
        return 0;
    int rc = realm_view_acquire(req->web->services.store, p->match.realm, &req->realm);
    if (rc == ERR_NOT_FOUND)
        return refuse(p, rc, "Realm does not exist");
    if (rc != 0)
        return refuse(p, rc, "the realm cannot be opened");
    const struct realm *realm = realm_view_realm(req->realm);
    req->tenant_id = realm->name;
    if (!realm->enabled)
        return refuse(p, ERR_REALM_DISABLED, "Realm not enabled");
    return 0;
}

static int handle(struct passage *p)
{
    struct request *req = p->req;
    if (req->method == HTTP_OPTIONS && (!req->route || !(req->route->methods & HTTP_OPTIONS))) {
        cors_preflight(req, p->res, p->match.methods);
        return 0;
    }
    bool keepable = reply_cache_fits(req);
    if (!keepable || !reply_cache_get(req->web->replies, req, p->res)) {
        req->route->handler(req, p->res);
        if (keepable)
            reply_cache_put(req->web->replies, req, p->res);
    }
    if (req->route->cache == CACHE_NO_STORE && !respond_has_header(p->res, "Cache-Control"))
        respond_no_store(p->res);
    if (p->x->listener != LISTENER_MANAGEMENT)
        cors_finish(req, p->res);
    return 0;
}

static int (*const steps[])(struct passage *) = {
    take_way,   take_path,    check_host, find_route, check_rate,
    check_body, check_origin, take_realm, handle,
};

/* What is refused here as it changes something may be answered by the primary. */
static bool pass_on(struct passage *p, struct buf *ret_answer)
{
    if (!p->res->elsewhere)
        return false;
    int err = relay_pass_on(p->x, p->req, p->res, ret_answer);
    if (err != 0 && err != ERR_STORE_STANDBY) {
        buf_clear(&p->res->headers);
        buf_clear(&p->res->body);
        p->req->err = (struct err_ctx){0};
        (void)answer_error(p, err);
    }
    return err == 0;
}

static size_t send(struct passage *p, bool passed_on, struct buf *answer)
{
    if (!passed_on)
        return reply_send(p->x, p->call, p->req, p->res);
    if (!civet_write(p->call, answer->ptr, answer->len))
        p->x->keep_alive = false;
    size_t bytes = answer->len;
    buf_free(answer);
    return bytes;
}

static void log_request(const struct passage *p, int64_t duration_us, size_t bytes)
{
    static const char *const methods[] = {"GET",    "HEAD",    "POST", "PUT",
                                          "DELETE", "OPTIONS", "PATCH"};
    const struct request *req = p->req;
    bool failed = p->res->status >= 500;
    if (!log_enabled(failed ? LOG_LEVEL_WARN : LOG_LEVEL_INFO))
        return;
    struct log_about about = {req->trace_id, req->tenant_id, req->user_id};
    struct log_field fields[] = {
        LOG_S("method", str_c(methods[__builtin_ctz(req->method)])),
        LOG_S("route", req->route ? str_c(req->route->pattern) : STR("none")),
        LOG_I("status", p->res->status),
        LOG_I("duration_us", duration_us),
        LOG_I("bytes", bytes),
        LOG_S("client_ip", req->client_ip),
        req->err.err ? LOG_S("error", str_c(err_name(req->err.err))) : LOG_END,
        LOG_END,
    };
    log_write(failed ? LOG_LEVEL_WARN : LOG_LEVEL_INFO, "web", &about, fields, "request");
}

static void finish(struct passage *p, int64_t started_ns, size_t bytes)
{
    struct request *req = p->req;
    int64_t duration_us = (clock_monotonic_ns() - started_ns) / 1000;
    metrics_count(req->web->metrics, router_index(req->web->router, req->route), p->res->status,
                  duration_us, bytes);
    log_request(p, duration_us, bytes);
    buf_free(&p->res->body); /* a long one is not of the arena */
    if (req->realm)
        realm_view_release(req->realm);
}

void pipeline_run(void *context, struct civet_call *call)
{
    struct request req;
    struct response res;
    struct passage p = {.x = context, .call = call, .req = &req, .res = &res};
    int64_t started_ns = clock_monotonic_ns();
    request_init(&p);
    for (size_t i = 0; i < ARRAY_LEN(steps); i++)
        if (steps[i](&p) != 0)
            break;
    struct buf answer;
    bool passed_on = pass_on(&p, &answer);
    charge_refusal(&p);
    finish(&p, started_ns, send(&p, passed_on, &answer));
}

size_t pipeline_body_cap(const struct web *web, enum listener listener,
                         const struct http_head *head, struct arena *a)
{
    struct route_match match;
    struct str path, query;
    if (http_path_decode(a, head->target, &path, &query) != 0 ||
        (!strip_base(&path, web->config.base_path) && listener != LISTENER_MANAGEMENT))
        return 0;
    router_match(web->router, head->method, path, &match);
    if (!match.route || !fits_listener(web, match.route, listener))
        return 0;
    size_t cap = match.route->body_max_bytes;
    return cap < web->config.limits.body_bytes ? cap : web->config.limits.body_bytes;
}
