/* What client policies ask of the requests of a client (core/auth/client_policies.h). */
#ifndef GARITA_CORE_OIDC_CLIENT_RULES_H
#define GARITA_CORE_OIDC_CLIENT_RULES_H

#include "core/codec/form.h"
#include "core/oidc/authz_request.h"
#include "core/oidc/client_auth.h"

/* A request whose client and redirect_uri are known to be good. ERR_INVALID_REQUEST,
 * ERR_UNAUTHORIZED_CLIENT. */
MUST_CHECK int client_rules_authorization(const struct auth_ctx *ctx,
                                          const struct authz_request *request);
/* A request that came through the browser and was not pushed (RFC 9126): whether this client may send
 * such ones, by its own setting and by policies. ERR_INVALID_REQUEST. */
MUST_CHECK int client_rules_unpushed(const struct auth_ctx *ctx,
                                     const struct authz_request *request);
/* A token request whose client has authenticated. ERR_INVALID_REQUEST, ERR_UNAUTHORIZED_CLIENT. */
MUST_CHECK int client_rules_token(const struct auth_ctx *ctx, const struct client_auth *auth,
                                  const struct form *form);

#endif
