/* Checking our own access tokens. */
#include "core/oidc/token_check.h"

#include "core/base/rng.h"
#include "core/oidc/mint.h"
#include "core/port/signer.h"
#include "core/port/users.h"

#include "core/base/banned.h"

static int invalid(const struct auth_ctx *ctx, const char *detail)
{
    return err_set(ctx->err, ERR_INVALID_TOKEN, "%s", detail);
}

static bool is_of_machine(int rc)
{
    return rc == ERR_NO_MEMORY || (rc >= ERR_STORE_BUSY && rc <= ERR_STORE_VERSION);
}

bool token_jti_since(struct str jti, int64_t since_ms)
{
    ptrdiff_t colon = str_find(jti, ':');
    int64_t made_ms = uuid_v7_ms(colon < 0 ? jti : str_from(jti, (size_t)colon + 1));
    return made_ms >= 0 && made_ms >= since_ms;
}

static int parse(const struct auth_ctx *ctx, struct str token, struct access_token *t)
{
    struct str payload, alg;
    struct jwt_expect expect = {
        .now_s = now_s(ctx->now),
        .issuer = ctx->issuer,
        .claim_typ = STR(TOKEN_TYPE_BEARER), /* OT-15: not an ID, refresh or logout token */
        .any_audience = true,
        .any_header_typ = true,
        .iat_required = true,
        .jti_required = true,
    };
    if (str_empty(token) || token.len > JWS_MAX_BYTES)
        return invalid(ctx, "Token verification failed");
    int rc = signer_verify(ctx->view, ctx->arena, token, &payload, &alg);
    if (rc == 0)
        rc = jwt_parse_claims(ctx->arena, payload, &t->claims);
    if (rc == 0 && !jose_alg_allowed(jose_alg_of(alg), JOSE_FOR_TOKENS))
        rc = ERR_BAD_ALGORITHM;
    if (rc == 0)
        rc = jwt_check(&t->claims, NULL, &expect);
    if (is_of_machine(rc))
        return rc;
    return rc == 0 ? 0 : invalid(ctx, "Token verification failed");
}

static int find_client(const struct auth_ctx *ctx, struct access_token *t)
{
    int rc = realm_view_client(ctx->view, t->claims.azp, &t->client);
    if (rc == ERR_NOT_FOUND)
        return invalid(ctx, "Client not found");
    TRY(rc);
    if (!str_eq(t->client->client_id, t->claims.azp) || !t->client->enabled)
        return invalid(ctx, "Client disabled"); /* OT-07 */
    if (t->claims.iat_s < auth_realm(ctx)->not_before_s ||
        t->claims.iat_s < t->client->not_before_s) /* OT-08 */
        return invalid(ctx, "Stale token");
    return 0;
}

static int check_not_revoked(const struct auth_ctx *ctx, struct store_read *r,
                             const struct access_token *t)
{
    bool spent = false;
    TRY(once_is_spent(r, STR("access-token"), t->claims.jti, &spent));
    return spent ? invalid(ctx, "Token is revoked") : 0;
}

static int find_session(const struct auth_ctx *ctx, struct store_read *r, struct access_token *t)
{
    int rc = session_load(ctx, r, t->claims.sid, &t->session, &t->user);
    if (rc == ERR_SESSION_NOT_ACTIVE)
        return invalid(ctx, "User session not found");
    TRY(rc);
    t->has_session = true;
    rc = client_session_find(r, ctx->arena, t->session.pk, t->client->pk, &t->client_session);
    if (rc == ERR_NOT_FOUND || (rc == 0 && t->client_session.revoked))
        return invalid(ctx, "Client session not found");
    TRY(rc);
    if (!token_jti_since(t->claims.jti, t->client_session.valid_from_ms))
        return invalid(ctx, "Token is revoked");
    return 0;
}

/* Tokens without a session belong to service accounts. */
static int find_service_account(const struct auth_ctx *ctx, struct store_read *r,
                                struct access_token *t)
{
    int rc = user_find_by_id(r, ctx->arena, t->claims.sub, &t->user);
    if (rc == ERR_NOT_FOUND)
        return invalid(ctx, "User not found");
    TRY(rc);
    if (!t->user.enabled || str_empty(t->user.service_account_client_id) ||
        !t->client->service_accounts_enabled ||
        !str_eq(t->user.id, t->client->service_account_user_id))
        return invalid(ctx, "User disabled");
    return 0;
}

int token_check(const struct auth_ctx *ctx, struct store_read *r, struct str token,
                struct access_token *ret_token)
{
    struct access_token t = {0};
    TRY(parse(ctx, token, &t));
    TRY(find_client(ctx, &t));
    TRY(check_not_revoked(ctx, r, &t));
    if (str_empty(t.claims.sid))
        TRY(find_service_account(ctx, r, &t));
    else
        TRY(find_session(ctx, r, &t));
    if (t.claims.iat_s < t.user.not_before_s) /* OT-08 */
        return invalid(ctx, "Stale token");
    /* Lightweight tokens may have no sub; one that is there is the user's. */
    if (!str_absent(t.claims.sub) && !str_eq(t.claims.sub, t.user.id))
        return invalid(ctx, "User not found");
    *ret_token = t;
    return 0;
}
