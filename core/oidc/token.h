/* The token endpoint (RFC 6749 3.2): authenticates the client, finds the grant in grants.def, runs
 * it. */
#ifndef GARITA_CORE_OIDC_TOKEN_H
#define GARITA_CORE_OIDC_TOKEN_H

#include "core/oidc/client_auth.h"

struct token_response {
    struct str json; /* RFC 6749 5.1 with Keycloak's additions; secret: no-store (OT-16) */
    const struct client *client; /* for CORS; also set on failure when it was authenticated */
};

/* authorization: the header's value, absent when there was none. On failure the code maps to
 * RFC 6749 5.2: ERR_INVALID_CREDENTIALS is invalid_grant with status 401, ERR_INVALID_CLIENT is 401,
 * the rest 400; ctx->err.detail is the error_description. ERR_STORE_* and ERR_OVERLOADED are 5xx. */
MUST_CHECK int token_request(const struct auth_ctx *ctx, struct str authorization,
                             const struct form *form, struct token_response *ret_response);

#endif
