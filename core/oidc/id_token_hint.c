/* Hints. */
#include "core/oidc/id_token_hint.h"

#include "core/jose/jwt.h"
#include "core/oidc/mint.h"
#include "core/port/signer.h"

#include "core/base/banned.h"

static int refuse(const struct auth_ctx *ctx)
{
    return err_field(ctx->err, ERR_TOKEN_MALFORMED, "id_token_hint",
                     "Invalid parameter: id_token_hint");
}

static int check(const struct auth_ctx *ctx, struct str token, struct jwt_claims *ret_claims)
{
    struct str payload, alg;
    struct jwt_expect expect = {
        .now_s = now_s(ctx->now),
        .issuer = ctx->issuer,
        .claim_typ = STR(TOKEN_TYPE_ID),
        .any_audience = true, /* the client's name is taken from azp and checked by the caller */
        .any_header_typ = true,
        .sub_required = true,
        .expired_ok = true,
    };
    TRY(signer_verify(ctx->view, ctx->arena, token, &payload, &alg));
    if (!jose_alg_allowed(jose_alg_of(alg), JOSE_FOR_TOKENS))
        return ERR_BAD_ALGORITHM;
    TRY(jwt_parse_claims(ctx->arena, payload, ret_claims));
    TRY(jwt_check(ret_claims, NULL, &expect));
    return json_has_str(ret_claims->aud, ret_claims->azp) ? 0 : ERR_TOKEN_CLAIM;
}

int id_token_hint_check(const struct auth_ctx *ctx, struct str token,
                        struct id_token_hint *ret_hint)
{
    struct jwt_claims claims;
    if (str_empty(token) || token.len > JWS_MAX_BYTES)
        return refuse(ctx);
    int rc = check(ctx, token, &claims);
    if (rc == ERR_NO_MEMORY || (rc >= ERR_STORE_BUSY && rc <= ERR_STORE_VERSION))
        return rc;
    if (rc != 0)
        return refuse(ctx);
    *ret_hint = (struct id_token_hint){claims.sub, claims.sid, claims.azp};
    return 0;
}
