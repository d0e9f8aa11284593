/* Which foreign scripts may read our answers: those whose origin is registered (WE-11). */
#include "web/cors.h"

#include "web/respond.h"
#include "web/web.h"

#include "core/base/banned.h"

#define PREFLIGHT_MAX_AGE "3600"
#define ORIGIN_MAX_BYTES  512
/* What clients of Connect and gRPC-Web send, and the tenant. */
#define RPC_HEADERS                                                                                \
    "Accept, Authorization, Connect-Protocol-Version, Connect-Timeout-Ms, Content-Type, "          \
    "Grpc-Timeout, X-Grpc-Web, X-Tenant-ID, X-User-Agent"

static const struct {
    unsigned method;
    struct str name;
} names[] = {
    {HTTP_GET, STR_INIT("GET")},         {HTTP_HEAD, STR_INIT("HEAD")},
    {HTTP_POST, STR_INIT("POST")},       {HTTP_PUT, STR_INIT("PUT")},
    {HTTP_DELETE, STR_INIT("DELETE")},   {HTTP_PATCH, STR_INIT("PATCH")},
    {HTTP_OPTIONS, STR_INIT("OPTIONS")},
};

struct str cors_method_list(struct arena *a, unsigned methods)
{
    struct buf text;
    struct str list = {NULL, 0};
    buf_init(&text, a, 128);
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        if (!(methods & names[i].method))
            continue;
        if (text.len)
            buf_add(&text, STR(", "));
        buf_add(&text, names[i].name);
    }
    return buf_finish(&text, &list) == 0 ? list : str_of(NULL, 0);
}

unsigned cors_requested_method(const struct request *req)
{
    struct str wanted = request_header(req, STR("Access-Control-Request-Method"));
    if (str_absent(wanted) || str_absent(request_header(req, STR("Origin"))))
        return 0;
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (str_eq(wanted, names[i].name))
            return names[i].method;
    return 0;
}

/* Our own pages need no permission, and "null" is nobody's origin. */
static bool is_allowed(struct request *req, struct str origin)
{
    const struct web_services *services = &req->web->services;
    return origin.len > 0 && origin.len <= ORIGIN_MAX_BYTES && !str_eq(origin, STR("null")) &&
           !str_eq(origin, req->public_origin) && services->cors_allowed &&
           services->cors_allowed(req, origin);
}

static void allow(struct response *res, struct str origin)
{
    respond_header(res, "Access-Control-Allow-Origin", origin);
    respond_header(res, "Access-Control-Allow-Credentials", STR("true"));
}

void cors_preflight(struct request *req, struct response *res, unsigned methods)
{
    struct str origin = request_header(req, STR("Origin"));
    struct str list = cors_method_list(req->arena, methods);
    respond_no_content(res);
    if (!str_absent(list))
        respond_header(res, "Allow", list);
    respond_header(res, "Vary", STR("Origin"));
    if (cors_requested_method(req) == 0 || !is_allowed(req, origin))
        return;
    bool rpc = req->route && req->route->content == CONTENT_RPC;
    respond_header(res, "Access-Control-Allow-Origin", origin);
    if (!rpc) /* nothing that the browser adds by itself counts there */
        respond_header(res, "Access-Control-Allow-Credentials", STR("true"));
    respond_header(res, "Access-Control-Allow-Methods", list);
    respond_header(res, "Access-Control-Allow-Headers",
                   rpc ? STR(RPC_HEADERS)
                       : STR("Accept, Authorization, Content-Type, DPoP, Last-Event-ID, "
                             "X-Justification, X-Requested-With"));
    respond_header(res, "Access-Control-Max-Age", STR(PREFLIGHT_MAX_AGE));
}

void cors_finish(struct request *req, struct response *res)
{
    struct str origin = request_header(req, STR("Origin"));
    if (str_absent(origin) || respond_has_header(res, "Access-Control-Allow-Origin"))
        return;
    respond_header(res, "Vary", STR("Origin"));
    if (!is_allowed(req, origin))
        return;
    allow(res, origin);
    respond_header(res, "Access-Control-Expose-Headers",
                   STR("Location, WWW-Authenticate, DPoP-Nonce, Retry-After"));
}
