/* Refresh tokens, looked at. */
#include "core/oidc/refresh.h"

#include "core/admin/impersonator.h"
#include "core/base/ct.h"
#include "core/oidc/mint.h"
#include "core/port/signer.h"

#include "core/base/banned.h"

static int invalid(const struct auth_ctx *ctx, const char *detail)
{
    return err_set(ctx->err, ERR_INVALID_GRANT, "%s", detail);
}

static int check_claims(const struct auth_ctx *ctx, struct refresh_token *t)
{
    const struct jwt_claims *c = &t->claims;
    struct jwt_expect expect = {
        .now_s = now_s(ctx->now),
        .issuer = ctx->issuer,
        .audience = ctx->issuer,
        .any_header_typ = true,
        .jti_required = true,
        .sub_required = true,
        .iat_required = true,
    };
    t->offline = str_eq(c->typ, STR(TOKEN_TYPE_OFFLINE));
    if (!t->offline && !str_eq(c->typ, STR(TOKEN_TYPE_REFRESH))) /* OT-15, JO-09 */
        return invalid(ctx, "Invalid refresh token");
    expect.exp_optional = t->offline;
    int rc = jwt_check(c, NULL, &expect);
    if (rc == ERR_TOKEN_EXPIRED)
        return invalid(ctx, "Token is not active");
    return rc == 0 ? 0 : invalid(ctx, "Invalid refresh token");
}

int refresh_token_parse(const struct auth_ctx *ctx, struct str token,
                        struct refresh_token *ret_token)
{
    struct refresh_token t = {0};
    struct str payload, alg;
    if (str_empty(token) || token.len > JWS_MAX_BYTES)
        return invalid(ctx, "Invalid refresh token");
    int rc = signer_verify(ctx->view, ctx->arena, token, &payload, &alg);
    if (rc == 0)
        rc = jwt_parse_claims(ctx->arena, payload, &t.claims);
    if (rc == ERR_NO_MEMORY || (rc >= ERR_STORE_BUSY && rc <= ERR_STORE_VERSION))
        return rc;
    if (rc != 0 || !str_eq(alg, STR("HS512")))
        return invalid(ctx, "Invalid refresh token");
    TRY(check_claims(ctx, &t));
    t.jti_hash = handle_hash(ctx->arena, HANDLE_REFRESH, t.claims.jti);
    if (str_absent(t.jti_hash))
        return ERR_NO_MEMORY;
    *ret_token = t;
    return 0;
}

static int not_active(const struct auth_ctx *ctx, const struct refresh_token *t)
{
    if (t->offline)
        return invalid(ctx, "Offline user session not found");
    return err_set(ctx->err, ERR_SESSION_NOT_ACTIVE, "Session not active");
}

static int find_rows(const struct auth_ctx *ctx, struct store_read *r, struct refresh_token *t)
{
    struct str family_id = json_get_str(t->claims.json, "reuse_id");
    if (str_empty(family_id) || str_empty(t->claims.sid))
        return ERR_NOT_FOUND;
    TRY(refresh_family_find(r, ctx->arena, family_id, &t->family));
    TRY(client_session_find_by_pk(r, ctx->arena, t->family.client_session_pk, &t->client_session));
    TRY(session_load_to_end(ctx, r, t->claims.sid, &t->session, &t->user));
    if (t->session.pk != t->client_session.session_pk)
        return ERR_NOT_FOUND;
    return t->family.revoked || t->client_session.revoked ? ERR_SESSION_NOT_ACTIVE : 0;
}

int refresh_token_load_to_end(const struct auth_ctx *ctx, struct store_read *r,
                              const struct client *client, struct refresh_token *io_token)
{
    struct refresh_token *t = io_token;
    if (!str_eq(t->claims.azp, client->client_id))
        return invalid(ctx,
                       "Invalid refresh token. Token client and authorized client don't match");
    int rc = find_rows(ctx, r, t);
    if (rc == ERR_NOT_FOUND || rc == ERR_SESSION_NOT_ACTIVE)
        return not_active(ctx, t);
    TRY(rc);
    if (t->client_session.client_pk != client->pk || !str_eq(t->user.id, t->claims.sub))
        return not_active(ctx, t);
    t->is_current = ct_eq(t->jti_hash, t->family.current_hash);
    return 0;
}

int refresh_token_load(const struct auth_ctx *ctx, struct store_read *r,
                       const struct client *client, struct refresh_token *io_token)
{
    struct refresh_token *t = io_token;
    TRY(refresh_token_load_to_end(ctx, r, client, t));
    if (session_is_over(auth_realm(ctx), &t->session, ctx->now->wall_ms) ||
        !session_user_allowed(ctx, &t->user, t->session.auth_time_ms)) /* OT-06 */
        return not_active(ctx, t);
    int rc = impersonator_check(ctx, r, &t->session);
    if (rc == ERR_SESSION_NOT_ACTIVE)
        return not_active(ctx, t);
    TRY(rc);
    /* OT-08: the strictest counts; the user's was looked at with the session. */
    if (t->claims.iat_s < auth_realm(ctx)->not_before_s || t->claims.iat_s < client->not_before_s ||
        t->claims.iat_s < t->user.not_before_s)
        return invalid(ctx, "Stale token");
    return 0;
}
