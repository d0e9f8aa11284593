/* The table of routes and how a path finds its line. Segments that are fixed win over parameters,
 * at the leftmost place where two patterns differ, so the longest fixed text wins. A parameter at the end
 * that is spelled {name*} takes all that is left, slashes included, when nothing else fits. */
#ifndef GARITA_WEB_ROUTER_H
#define GARITA_WEB_ROUTER_H

#include "core/admin/permission.h"
#include "web/request.h"

enum access { ACCESS_PUBLIC, ACCESS_CLIENT, ACCESS_BEARER, ACCESS_BROWSER, ACCESS_LOCAL };
enum content { CONTENT_NONE, CONTENT_FORM, CONTENT_JSON, CONTENT_RPC, CONTENT_ANY };
enum csrf { CSRF_SAME_ORIGIN, CSRF_OPEN };
enum rate_class { RATE_NONE, RATE_LOGIN, RATE_TOKEN, RATE_READ, RATE_COUNT };
enum cache_policy { CACHE_NO_STORE, CACHE_STATIC, CACHE_PUBLIC };

/* Fills res. Returning with status 0 is answered with 500. */
typedef void route_handler(struct request *req, struct response *res);
/* See web/admin/admin.h. */
struct admin_call;
typedef int admin_handler(struct admin_call *call);
/* See web/account/account.h. */
struct account_call;
typedef int account_handler(struct account_call *call);

/* A line of routes.def, of web/admin/routes.def or of web/account/routes.def. */
struct route {
    unsigned methods; /* enum http_method, or'ed */
    const char *pattern;
    route_handler *handler;
    enum access access;
    size_t body_max_bytes;
    enum content content;
    enum csrf csrf;
    enum rate_class rate;
    enum cache_policy cache;
    /* Of the Admin API alone: handler is admin_run, which asks for the permission first. */
    enum admin_permission permission;
    admin_handler *admin;
    /* Of the account API alone: handler is account_run, which asks for one of these roles first. */
    const char *account_roles;
    account_handler *account;
};

/* Every handler that routes.def names. */
#define R(methods, pattern, handler, access, body, content, csrf, rate, cache)                     \
    route_handler handler;
#include "web/routes.def"
#undef R
#define A(methods, pattern, handler, permission, body) admin_handler handler;
#include "web/admin/routes.def"
#undef A
#define Q(methods, below, handler, roles, body) account_handler handler;
#include "web/account/routes.def"
#undef Q

extern const struct route web_routes[];
extern const size_t web_route_count;

struct router;

/* ERR_CONFIG (detail names the line) for a malformed pattern, more than REQUEST_MAX_PATH_PARAMS
 * parameters, or two lines that take the same path and method. The table must outlive the router. */
MUST_CHECK int router_new(const struct route *routes, size_t count, struct err_ctx *err,
                          struct router **ret_router);
void router_free(struct router *router);

/* What a path leads to. */
struct route_match {
    const struct route *route; /* of the method asked for; NULL: none */
    unsigned methods;          /* all methods of this path, for Allow; 0: unknown path */
    struct str params[REQUEST_MAX_PATH_PARAMS];
    struct str realm; /* the {realm} parameter; absent when the pattern has none */
};

/* method HEAD finds the line of GET. Parameters point into path. Collections of the Admin
 * and account APIs are also asked for with a slash at the end. */
void router_match(const struct router *router, enum http_method method, struct str path,
                  struct route_match *ret_match);
/* Position in the table, for counters. */
size_t router_index(const struct router *router, const struct route *route);
size_t router_size(const struct router *router);

#endif
