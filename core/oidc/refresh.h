/* What stands behind a refresh token: the token taken apart and checked, its family, sessions and
 * user as they are now. Shared by the refresh grant, revocation, introspection and logout. */
#ifndef GARITA_CORE_OIDC_REFRESH_H
#define GARITA_CORE_OIDC_REFRESH_H

#include "core/auth/session.h"
#include "core/jose/jwt.h"

struct refresh_token {
    struct jwt_claims claims;
    bool offline;
    struct str jti_hash;
    struct refresh_family family;
    struct client_session client_session;
    struct user_session session;
    struct user user;
    bool is_current; /* false: it was rotated away */
};

/* Signature, kind, dates, issuer, audience: of any client. ERR_INVALID_GRANT, told. */
MUST_CHECK int refresh_token_parse(const struct auth_ctx *ctx, struct str token,
                                   struct refresh_token *ret_token);
/* That it is this client's, and that family, sessions and user live; not-before of realm, client and
 * user (OT-06, OT-08). ERR_INVALID_GRANT, ERR_SESSION_NOT_ACTIVE, told. A token that was rotated
 * away passes with is_current false: what that means is for the caller. */
MUST_CHECK int refresh_token_load(const struct auth_ctx *ctx, struct store_read *r,
                                  const struct client *client, struct refresh_token *io_token);
/* The same for those who end it: whether it may be used now does not matter, as a user who is disabled
 * may be enabled again. ERR_INVALID_GRANT or ERR_SESSION_NOT_ACTIVE when nothing is left to end. */
MUST_CHECK int refresh_token_load_to_end(const struct auth_ctx *ctx, struct store_read *r,
                                         const struct client *client,
                                         struct refresh_token *io_token);

#endif
