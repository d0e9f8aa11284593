/* Who asks, by metadata or certificate. */
#include "web/grpc/caller.h"

#include "web/oidc/jwks_cache.h"
#include "web/rate.h"

#include "core/base/banned.h"

#define REFUSED_COUNTS_AS 100
#define TRACE_ID_AT       3 /* of traceparent: "00-<32 hex digits>-..." */
#define TRACE_ID_LEN      32

/* Without the port; of "[::1]:5000" the brackets stay. */
static struct str host_of(struct str authority)
{
    ptrdiff_t end =
        str_starts(authority, STR("[")) ? str_find(authority, ']') + 1 : str_find(authority, ':');
    return end > 0 ? str_sub(authority, 0, (size_t)end) : authority;
}

static struct str trace_id_of(const struct grpc_meta *meta)
{
    struct str parent = grpc_meta_get(meta, META_TRACEPARENT);
    struct str id = str_sub(parent, TRACE_ID_AT, TRACE_ID_LEN);
    for (size_t i = 0; i < id.len; i++)
        if (!strchr("0123456789abcdef", id.ptr[i]))
            return str_of(NULL, 0);
    return id.len == TRACE_ID_LEN ? id : str_of(NULL, 0);
}

static int fill(struct grpc_work *w, struct validation_call *call)
{
    const struct web *web = w->server->web;
    struct str authority = grpc_meta_get(w->meta, META_AUTHORITY);
    *call = (struct validation_call){
        .store = web->services.store,
        .arena = w->arena,
        .now = &w->now,
        .err = &w->err,
        .base_url = web_url_by_host(web, w->arena, authority),
        .default_realm = web->config.default_realm,
        .authorization = grpc_meta_get(w->meta, META_AUTHORIZATION),
        .certificate_sha256 = w->certificate_sha256,
        .tenant = grpc_meta_get(w->meta, META_TENANT),
        .host = host_of(authority),
        .actor = {.ip = w->peer_ip,
                  .user_agent = grpc_meta_get(w->meta, META_USER_AGENT),
                  .trace_id = trace_id_of(w->meta)},
        .jwks_get = web->jwks ? jwks_cache_get : NULL,
        .jwks_context = web->jwks,
        .ground = w->ground,
    };
    return str_absent(call->base_url) ? ERR_NO_MEMORY : 0;
}

static bool is_limited(const struct web *web, struct str peer_ip)
{
    bool loopback = str_starts(peer_ip, STR("127.")) || str_eq(peer_ip, STR("::1"));
    return web->limiter && (!loopback || web->config.rates_for_loopback);
}

bool grpc_caller_waits(const struct grpc_server *server, struct str peer_ip, struct now now)
{
    return is_limited(server->web, peer_ip) &&
           rate_wait_s(server->web->limiter, RATE_TOKEN, peer_ip, now.monotonic_ms) > 0;
}

int grpc_caller_find(struct grpc_work *w, struct validation_call *ret_call,
                     struct validation_caller *ret_caller)
{
    const struct web *web = w->server->web;
    if (grpc_caller_waits(w->server, w->peer_ip, w->now))
        return ERR_RATE_LIMITED;
    TRY(fill(w, ret_call));
    int rc = validation_caller_find(ret_call, ret_caller);
    bool refused = rc == ERR_INVALID_CLIENT || rc == ERR_INVALID_TOKEN || rc == ERR_UNAUTHENTICATED;
    if (refused && is_limited(web, w->peer_ip))
        rate_charge(web->limiter, RATE_TOKEN, w->peer_ip, w->now.monotonic_ms, REFUSED_COUNTS_AS);
    return rc;
}
