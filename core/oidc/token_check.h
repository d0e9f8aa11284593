/* Is this access token of ours good now? Signature, kind, dates, issuer, not-before of realm, client
 * and user, revocation, session, user, client: everything, each time (OT-06, OT-08, OT-15). */
#ifndef GARITA_CORE_OIDC_TOKEN_CHECK_H
#define GARITA_CORE_OIDC_TOKEN_CHECK_H

#include "core/auth/session.h"
#include "core/jose/jwt.h"
#include "core/validation/reason.h"

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
/* The same for those who end a token: one whose user, client or session may not use it now is found,
 * as all of that may be taken back. ERR_INVALID_TOKEN when it is no token of ours or over for good. */
MUST_CHECK int token_load_to_end(const struct auth_ctx *ctx, struct store_read *r, struct str token,
                                 struct access_token *ret_token);

/* The same in its two steps, each with the precise reason (VALIDATION_ACTIVE when it returns 0).
 *
 * What the token itself says: signature, kind, issuer, dates. That a signature is good stays so for
 * as long as its key is. ret_claims->json is NULL unless the signature was good. */
MUST_CHECK int token_read(const struct auth_ctx *ctx, struct str token,
                          struct jwt_claims *ret_claims, enum validation_reason *ret_reason);
/* The same for a payload whose signature was found good before. */
MUST_CHECK int token_read_signed(const struct auth_ctx *ctx, struct str payload,
                                 struct jwt_claims *ret_claims, enum validation_reason *ret_reason);
/* Whether realm, client, session and user still stand behind it. */
MUST_CHECK int token_stands(const struct auth_ctx *ctx, struct store_read *r,
                            const struct jwt_claims *claims, struct access_token *ret_token,
                            enum validation_reason *ret_reason);

/* The jti of the token that permissions were given for; absent in all others. It is over with that one
 * (OT-12). */
struct str token_origin_jti(const struct jwt_claims *claims);
/* Whether a jti ("onrtac:" and a time-ordered UUID) was made at or after that moment. */
bool token_jti_since(struct str jti, int64_t since_ms);

#endif
