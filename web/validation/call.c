/* From a request to what core's token validation is given. */
#include "web/validation/call.h"

#include "core/codec/base64.h"
#include "core/crypto/digest.h"
#include "web/oidc/jwks_cache.h"
#include "web/web.h"

#include "core/base/banned.h"

/* Without the port; of "[::1]:8443" the brackets stay. */
static struct str host_of(const struct request *req)
{
    struct str host = request_header(req, STR("Host"));
    ptrdiff_t end = str_starts(host, STR("[")) ? str_find(host, ']') + 1 : str_find(host, ':');
    return end > 0 ? str_sub(host, 0, (size_t)end) : host;
}

static struct str thumbprint_of(const struct request *req)
{
    unsigned char hash[SHA256_BYTES];
    if (str_absent(req->peer_cert))
        return str_of(NULL, 0);
    sha256_of(req->peer_cert, hash);
    return base64url_encode(req->arena, str_of((const char *)hash, sizeof(hash)));
}

int validation_call_of(struct request *req, struct validation_call *ret_call)
{
    *ret_call = (struct validation_call){
        .store = req->web->services.store,
        .arena = req->arena,
        .now = &req->now,
        .err = &req->err,
        .base_url = web_public_url(req),
        .admin_url = web_own_urls(req).admin,
        .default_realm = req->web->config.default_realm,
        .authorization = request_header(req, STR("Authorization")),
        .certificate_sha256 = thumbprint_of(req),
        .tenant = request_header(req, STR("X-Tenant-ID")),
        .host = host_of(req),
        .actor =
            {
                .ip = req->client_ip,
                .user_agent = request_header(req, STR("User-Agent")),
                .trace_id = req->trace_id,
            },
        .jwks_get = req->web->jwks ? jwks_cache_get : NULL,
        .jwks_context = req->web->jwks,
    };
    return str_absent(ret_call->base_url) ? ERR_NO_MEMORY : 0;
}

int validation_call_keep(struct arena *own, const struct validation_call *call,
                         struct validation_call *ret_call)
{
    struct validation_call *c = ret_call;
    *c = *call;
    c->arena = NULL;
    c->now = NULL;
    c->err = NULL;
    c->ground = NULL;
    struct str *const texts[] = {&c->base_url,           &c->admin_url, &c->default_realm,
                                 &c->authorization,      &c->tenant,    &c->host,
                                 &c->certificate_sha256, &c->actor.ip,  &c->actor.user_agent,
                                 &c->actor.trace_id};
    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        *texts[i] = arena_str(own, *texts[i]);
    return own->exhausted ? ERR_NO_MEMORY : 0;
}
