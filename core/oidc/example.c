/* Examples of tokens: a login that did not happen, and what it would have given. */
#include "core/oidc/example.h"

#include "core/oidc/claims.h"
#include "core/oidc/mint.h"

#include "core/base/banned.h"

int example_claims(const struct auth_ctx *ctx, struct store_read *r, const struct client *client,
                   const struct user *user, struct str scope, enum example_kind kind,
                   struct str *ret_json)
{
    struct claims c;
    struct minted minted;
    struct session_new from = {.user = user, .auth_time_ms = ctx->now->wall_ms, .acr = STR("1")};
    struct subject s = {.client = client,
                        .user = *user,
                        .has_session = true,
                        .auth_time_ms = from.auth_time_ms,
                        .acr = from.acr,
                        .grant = GRANT_CODE};
    TRY(session_prepare(ctx, &from, &s.session, NULL));
    TRY(subject_load(ctx, r, scope, &s));
    claims_init(&c, ctx->arena);
    switch (kind) {
    case EXAMPLE_ACCESS_TOKEN: TRY(mint_access_claims(ctx, r, &s, &c, &minted)); break;
    case EXAMPLE_ID_TOKEN:
        TRY(mint_id_claims(ctx, r, &s, str_of(NULL, 0), str_of(NULL, 0), &c, &minted));
        break;
    case EXAMPLE_USERINFO: TRY(mint_user_claims(ctx, r, &s, MINT_USERINFO, &c)); break;
    }
    return claims_write(&c, ret_json);
}
