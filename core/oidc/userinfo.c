/* UserInfo. */
#include "core/oidc/userinfo.h"

#include "core/oidc/claims.h"
#include "core/oidc/mint.h"
#include "core/oidc/token_check.h"
#include "core/port/signer.h"

#include "core/base/banned.h"

static int gather(const struct auth_ctx *ctx, struct store_read *r, const struct access_token *t,
                  struct claims *c)
{
    struct subject s = {
        .client = t->client,
        .user = t->user,
        .has_session = t->has_session,
        .session = t->session,
        .auth_time_ms = t->session.auth_time_ms,
        .acr = t->session.acr,
        .claims = json_get_str(t->claims.json, USERINFO_CLAIMS_MEMBER),
        .grant = GRANT_CODE,
    };
    TRY(subject_load(ctx, r, t->claims.scope, &s));
    return mint_user_claims(ctx, r, &s, MINT_USERINFO, c);
}

/* Core 5.3.2: signed answers carry iss and aud. */
static int sign(const struct auth_ctx *ctx, const struct client *client, struct claims *c,
                struct str *ret_body)
{
    struct str payload;
    TRY(claims_set_str(c, STR("iss"), ctx->issuer));
    TRY(claims_set_str(c, STR("aud"), client->client_id));
    TRY(claims_write(c, &payload));
    return signer_sign(ctx->view, ctx->arena, mint_alg(ctx, client, CLIENT_ATTR_USERINFO_ALG),
                       STR("JWT"), payload, ret_body);
}

static bool wants_jwt(const struct client *client)
{
    struct str alg = str_map_get(&client->attributes, STR(CLIENT_ATTR_USERINFO_ALG));
    return !str_empty(alg) && !str_eq(alg, STR("unsigned"));
}

int userinfo_claims(const struct auth_ctx *ctx, struct store_read *r, const struct access_token *t,
                    struct str *ret_json)
{
    struct claims c;
    claims_init(&c, ctx->arena);
    int rc = gather(ctx, r, t, &c);
    if (rc == ERR_INVALID_SCOPE)
        return err_set(ctx->err, ERR_INVALID_TOKEN, "Scope is no longer granted");
    TRY(rc);
    return claims_write(&c, ret_json);
}

static int answer(const struct auth_ctx *ctx, struct store_read *r, struct str bearer,
                  struct userinfo *io_userinfo)
{
    struct access_token t;
    struct claims c;
    TRY(token_check(ctx, r, bearer, &t));
    io_userinfo->client = t.client;
    if (!str_has_word(t.claims.scope, STR(SCOPE_OPENID)))
        return err_set(ctx->err, ERR_INSUFFICIENT_SCOPE, "Missing openid scope");
    claims_init(&c, ctx->arena);
    int rc = gather(ctx, r, &t, &c);
    if (rc == ERR_INVALID_SCOPE)
        return err_set(ctx->err, ERR_INVALID_TOKEN, "Scope is no longer granted");
    TRY(rc);
    io_userinfo->is_jwt = wants_jwt(t.client);
    if (io_userinfo->is_jwt)
        return sign(ctx, t.client, &c, &io_userinfo->body);
    return claims_write(&c, &io_userinfo->body);
}

int userinfo_get(const struct auth_ctx *ctx, struct str bearer, struct userinfo *ret_userinfo)
{
    CLEANUP(store_read_end_p) struct store_read *r = NULL;
    *ret_userinfo = (struct userinfo){0};
    TRY(store_fresh(realm_view_store(ctx->view)));
    TRY(store_read_begin(ctx->view, &r));
    return answer(ctx, r, bearer, ret_userinfo);
}
