/* Which realm a question is about. What names it is compared, never weighed: two that differ are an
 * error. */
#include "core/validation/parts.h"

#include "core/base/banned.h"

#define REALMS_PATH "/realms/"

int validation_realm_open(const struct validation_call *call, struct str name,
                          struct validation_realm *ret_realm)
{
    struct str issuer = ARENA_CONCAT(call->arena, call->base_url, STR(REALMS_PATH), name);
    struct realm_view *view;
    if (str_absent(issuer))
        return ERR_NO_MEMORY;
    TRY(realm_view_acquire(call->store, name, &view));
    *ret_realm = (struct validation_realm){
        .view = view,
        .ctx =
            {
                .arena = call->arena,
                .now = call->now,
                .err = call->err,
                .view = view,
                .issuer = issuer,
                .base_url = call->base_url,
                .admin_url = call->admin_url,
                .actor = call->actor,
                .jwks_get = call->jwks_get,
                .jwks_context = call->jwks_context,
            },
    };
    return 0;
}

void validation_realm_close(struct validation_realm *realm)
{
    realm_view_release(realm->view);
    realm->view = NULL;
}

struct str validation_issuer_realm(const struct validation_call *call, struct str issuer)
{
    struct str rest = str_from(issuer, call->base_url.len);
    if (!str_starts(issuer, call->base_url) || !str_starts(rest, STR(REALMS_PATH)))
        return str_of(NULL, 0);
    struct str name = str_from(rest, sizeof(REALMS_PATH) - 1);
    return str_empty(name) ? str_of(NULL, 0) : name;
}

bool validation_token_realm(const struct validation_call *call, struct str token,
                            struct str *ret_name, struct jws *ret_jws,
                            struct jwt_claims *ret_claims)
{
    if (str_empty(token) || jws_decode(call->arena, token, JWS_MAX_BYTES, ret_jws) != 0 ||
        jwt_parse_claims(call->arena, ret_jws->payload, ret_claims) != 0)
        return false;
    *ret_name = validation_issuer_realm(call, ret_claims->iss);
    return true;
}

int validation_other_tenant(const struct validation_call *call)
{
    return err_set(call->err, ERR_INVALID_REQUEST,
                   "The token is of another tenant than the one that is named");
}

static int contradiction(const struct validation_call *call)
{
    return err_set(call->err, ERR_INVALID_REQUEST,
                   "The tenants that are named contradict each other");
}

static struct str before(struct str text, char end)
{
    ptrdiff_t at = str_find(text, end);
    return str_sub(text, 0, at < 0 ? text.len : (size_t)at);
}

static struct str own_host(const struct validation_call *call)
{
    ptrdiff_t scheme = str_find_str(call->base_url, STR("://"));
    if (scheme < 0)
        return str_of(NULL, 0);
    return before(before(str_from(call->base_url, (size_t)scheme + 3), '/'), ':');
}

/* "peru" of "peru.id.example" when we are https://id.example: a host of another shape says nothing. */
static struct str tenant_of_host(const struct validation_call *call)
{
    ptrdiff_t dot = str_find(call->host, '.');
    if (dot <= 0 || !str_ieq(str_from(call->host, (size_t)dot + 1), own_host(call)))
        return str_of(NULL, 0);
    return str_sub(call->host, 0, (size_t)dot);
}

int validation_named_tenant(const struct validation_call *call, struct str asked,
                            struct str *ret_name)
{
    const struct str named[] = {asked, call->tenant, tenant_of_host(call)};
    struct str name = str_of(NULL, 0);
    for (size_t i = 0; i < ARRAY_LEN(named); i++) {
        if (str_empty(named[i]))
            continue;
        if (!str_absent(name) && !str_eq(name, named[i]))
            return contradiction(call);
        name = named[i];
    }
    *ret_name = name;
    return 0;
}
