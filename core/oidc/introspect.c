/* Introspection. */
#include "core/oidc/introspect.h"

#include "core/codec/json.h"
#include "core/oidc/claims.h"
#include "core/oidc/mint.h"
#include "core/oidc/refresh.h"
#include "core/oidc/token_check.h"

#include "core/base/banned.h"

#define ANSWER_MAX_BYTES ((size_t)512 << 10)

static int copy_claim(struct claims *c, struct str name, const struct json_value *value)
{
    struct claim_path path = claim_path_of(name);
    struct buf b;
    struct json_writer w;
    struct str text;
    buf_init(&b, c->arena, ANSWER_MAX_BYTES);
    jw_init(&w, &b);
    jw_value(&w, value);
    TRY(jw_finish(&w, &text));
    return claims_set_json(c, &path, text);
}

static int copy_claims(struct claims *c, const struct json_value *json)
{
    struct str name;
    const struct json_value *value;
    struct json_iter it = json_iter(json);
    while (json_next(&it, &name, &value))
        TRY(copy_claim(c, name, value));
    return 0;
}

static int set_true(struct claims *c, const char *name)
{
    struct claim_path path = claim_path_of(str_c(name));
    return claims_set_json(c, &path, STR("true"));
}

bool introspect_concerns(struct str client_id, const struct jwt_claims *claims)
{
    return str_eq(claims->azp, client_id) || json_has_str(claims->aud, client_id);
}

/* What a lightweight token leaves out is told here. */
static int add_light_claims(const struct auth_ctx *ctx, struct store_read *r,
                            const struct access_token *t, struct claims *c)
{
    struct subject s = {
        .client = t->client,
        .user = t->user,
        .has_session = t->has_session,
        .session = t->session,
        .auth_time_ms = t->session.auth_time_ms,
        .acr = t->session.acr,
        .grant = GRANT_CODE,
    };
    if (!str_map_true(&t->client->attributes, STR(CLIENT_ATTR_LIGHTWEIGHT)))
        return 0;
    TRY(subject_load(ctx, r, t->claims.scope, &s));
    return mint_user_claims(ctx, r, &s, MINT_INTROSPECTION, c);
}

/* UMA 2.0 Federated Authorization 5.1.1. */
static int copy_permissions(const struct access_token *t, struct claims *c)
{
    const struct json_value *list =
        json_get(json_get(t->claims.json, CLAIM_AUTHORIZATION), "permissions");
    return json_is_array(list) ? copy_claim(c, STR("permissions"), list) : 0;
}

static int describe_access(const struct auth_ctx *ctx, struct store_read *r,
                           const struct access_token *t, struct claims *c)
{
    TRY(copy_claims(c, t->claims.json));
    TRY(add_light_claims(ctx, r, t, c));
    TRY(claims_set_str(c, STR("sub"), t->user.id));
    TRY(claims_set_str(c, STR("client_id"), t->client->client_id));
    TRY(claims_set_str(c, STR("username"), t->user.username));
    TRY(claims_set_str(c, STR("token_type"), STR(TOKEN_TYPE_BEARER)));
    TRY(copy_permissions(t, c));
    return set_true(c, "active");
}

int introspect_light(const struct auth_ctx *ctx, struct store_read *r, const struct access_token *t,
                     struct str *ret_json)
{
    struct claims c;
    claims_init(&c, ctx->arena);
    TRY(copy_claims(&c, t->claims.json));
    TRY(add_light_claims(ctx, r, t, &c));
    return claims_write(&c, ret_json);
}

static int describe_refresh(const struct refresh_token *t, struct claims *c)
{
    TRY(copy_claims(c, t->claims.json));
    TRY(claims_set_str(c, STR("client_id"), t->claims.azp));
    TRY(claims_set_str(c, STR("username"), t->user.username));
    TRY(claims_set_str(c, STR("token_type"), t->claims.typ));
    return set_true(c, "active");
}

/* *ret_active is false for tokens of every other kind. */
static int try_access(const struct auth_ctx *ctx, struct store_read *r, struct str token,
                      const struct introspect_caller *caller, struct claims *c, bool *ret_active)
{
    struct access_token t;
    int rc = token_check(ctx, r, token, &t);
    if (rc == ERR_INVALID_TOKEN)
        return 0;
    TRY(rc);
    if (!caller->any_token && !introspect_concerns(caller->client->client_id, &t.claims))
        return 0;
    *ret_active = true;
    return describe_access(ctx, r, &t, c);
}

static int try_refresh(const struct auth_ctx *ctx, struct store_read *r, struct str token,
                       const struct client *caller, struct claims *c, bool *ret_active)
{
    struct refresh_token t;
    int rc = refresh_token_parse(ctx, token, &t);
    if (rc == 0)
        rc = refresh_token_load(ctx, r, caller, &t);
    if (rc == ERR_INVALID_GRANT || rc == ERR_SESSION_NOT_ACTIVE || (rc == 0 && !t.is_current))
        return 0;
    TRY(rc);
    *ret_active = true;
    return describe_refresh(&t, c);
}

static int describe(const struct auth_ctx *ctx, const struct introspect_caller *caller,
                    struct str token, struct claims *c, bool *ret_active)
{
    CLEANUP(store_read_end_p) struct store_read *r = NULL;
    TRY(store_read_begin(ctx->view, &r));
    TRY(try_access(ctx, r, token, caller, c, ret_active));
    if (*ret_active || !caller->client)
        return 0;
    return try_refresh(ctx, r, token, caller->client, c, ret_active);
}

int introspect_token(const struct auth_ctx *ctx, const struct introspect_caller *caller,
                     struct str token, struct str *ret_json)
{
    struct claims c;
    bool active = false;
    claims_init(&c, ctx->arena);
    TRY(describe(ctx, caller, token, &c, &active));
    if (active)
        return claims_write(&c, ret_json);
    *ret_json = STR(INTROSPECT_INACTIVE);
    return 0;
}

int introspect(const struct auth_ctx *ctx, struct str authorization, const struct form *form,
               struct str *ret_json)
{
    struct client_auth auth;
    TRY(store_fresh(realm_view_store(ctx->view)));
    TRY(client_auth_check(ctx, authorization, form, &auth));
    if (auth.method == CLIENT_AUTH_NONE) /* RFC 7662 2.1: no token scanning */
        return err_set(ctx->err, ERR_INVALID_CLIENT, "Client not allowed.");
    struct str token = form_get(form, "token");
    if (str_empty(token))
        return err_field(ctx->err, ERR_INVALID_REQUEST, "token", "Token not provided.");
    struct introspect_caller caller = {.client = auth.client};
    return introspect_token(ctx, &caller, token, ret_json);
}
