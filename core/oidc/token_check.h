/* Is this access token of ours good now? Signature, kind, dates, issuer, not-before of realm, client
 * and user, revocation, session, user, client: everything, each time (OT-06, OT-08, OT-15). */
#ifndef GARITA_CORE_OIDC_TOKEN_CHECK_H
#define GARITA_CORE_OIDC_TOKEN_CHECK_H

#include "core/auth/session.h"
#include "core/jose/jwt.h"

struct access_token {
    struct jwt_claims claims;
    const struct client *client; /* azp */
    struct user user;
    bool has_session; /* client_credentials tokens have none */
    struct user_session session;
    struct client_session client_session;
};

/* ERR_INVALID_TOKEN for every reason; ctx->err has a short one. ERR_STORE_*. */
MUST_CHECK int token_check(const struct auth_ctx *ctx, struct store_read *r, struct str token,
                           struct access_token *ret_token);

/* Whether a jti ("onrtac:" and a time-ordered UUID) was made at or after that moment. */
bool token_jti_since(struct str jti, int64_t since_ms);

#endif
