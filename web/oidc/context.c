/* From a request to what core's use cases are given. */
#include "web/oidc/context.h"

#include "web/oidc/jwks_cache.h"
#include "web/web.h"

#include "core/base/banned.h"

int oidc_context(struct request *req, struct auth_ctx *ret_ctx)
{
    struct str base = web_public_url(req);
    struct str realm = realm_view_realm(req->realm)->name;
    struct str issuer = ARENA_CONCAT(req->arena, base, STR("/realms/"), realm);
    if (str_absent(base) || str_absent(issuer))
        return ERR_NO_MEMORY;
    *ret_ctx = (struct auth_ctx){
        .arena = req->arena,
        .now = &req->now,
        .err = &req->err,
        .view = req->realm,
        .issuer = issuer,
        .base_url = base,
        .admin_url = web_own_urls(req).admin,
        .actor =
            {
                .ip = req->client_ip,
                .user_agent = request_header(req, STR("User-Agent")),
                .trace_id = req->trace_id,
            },
        .jwks_get = req->web->jwks ? jwks_cache_get : NULL,
        .jwks_context = req->web->jwks,
        .ret_user_id = &req->user_id,
    };
    return 0;
}

static int check_no_query(struct request *req)
{
    return str_empty(req->raw_query)
               ? 0
               : err_set(&req->err, ERR_INVALID_REQUEST, "parameters belong into the body");
}

int oidc_parameters(struct request *req, const struct form **ret_form)
{
    if (req->method != HTTP_POST)
        return request_query(req, ret_form);
    TRY(check_no_query(req));
    return request_form(req, ret_form);
}

int oidc_posted_with_lists(struct request *req, const struct form **ret_form)
{
    TRY(check_no_query(req));
    return request_form_with_lists(req, ret_form);
}
