/* Revocation (RFC 7009): a refresh token takes its client session with it, an access token alone
 * dies by its jti (OT-12). */
#ifndef GARITA_CORE_OIDC_REVOKE_H
#define GARITA_CORE_OIDC_REVOKE_H

#include "core/oidc/client_auth.h"

/* 0 also for unknown tokens and for tokens of other clients, which are left alone (RFC 7009 2.2).
 * Durable when it returns (OT-09). ret_client (may be NULL) is for CORS. ERR_INVALID_CLIENT,
 * ERR_INVALID_REQUEST, ERR_STORE_*. */
MUST_CHECK int revoke_token(const struct auth_ctx *ctx, struct str authorization,
                            const struct form *form, const struct client **ret_client);

/* The same for a client that has proved who it is. */
MUST_CHECK int revoke_token_of(const struct auth_ctx *ctx, const struct client *client,
                               struct str token);

/* Who ends a token. */
struct revoke_caller {
    const struct client *client; /* of the token's realm; NULL: a client of another */
    bool any_token;              /* of the realm, whosever it is */
    struct str client_id, realm; /* for the event, where the token is another client's */
};
/* The same for callers that may end more than their own. */
MUST_CHECK int revoke_token_by(const struct auth_ctx *ctx, const struct revoke_caller *caller,
                               struct str token);

#endif
