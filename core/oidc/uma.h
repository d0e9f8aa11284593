/* What the token endpoint knows about the grant of permissions before it runs it. */
#ifndef GARITA_CORE_OIDC_UMA_H
#define GARITA_CORE_OIDC_UMA_H

#include "core/oidc/client_auth.h"

#define UMA_PERMISSION "permission" /* the one parameter that may stand several times */

/* An access token in the place of a client's authentication, as Keycloak takes it for this grant alone: the
 * client is the token's. ERR_INVALID_TOKEN, ERR_STORE_*. */
MUST_CHECK int uma_bearer_check(const struct auth_ctx *ctx, struct str token,
                                struct client_auth *ret_auth);

#endif
