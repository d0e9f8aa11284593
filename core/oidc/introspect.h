/* Introspection (RFC 7662) for clients that a token is meant for (OT-11). */
#ifndef GARITA_CORE_OIDC_INTROSPECT_H
#define GARITA_CORE_OIDC_INTROSPECT_H

#include "core/oidc/client_auth.h"

/* form has token and token_type_hint. Public clients may not ask. Callers that are neither the
 * token's client nor in its audience, and everything that is not good now, get exactly
 * {"active":false}. ERR_INVALID_CLIENT, ERR_INVALID_REQUEST, ERR_STORE_*. */
MUST_CHECK int introspect(const struct auth_ctx *ctx, struct str authorization,
                          const struct form *form, struct str *ret_json);

#endif
