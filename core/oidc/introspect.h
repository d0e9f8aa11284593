/* Introspection (RFC 7662) for clients that a token is meant for (OT-11). */
#ifndef GARITA_CORE_OIDC_INTROSPECT_H
#define GARITA_CORE_OIDC_INTROSPECT_H

#include "core/oidc/client_auth.h"
#include "core/oidc/token_check.h"

#define INTROSPECT_INACTIVE "{\"active\":false}"

/* form has token and token_type_hint. Public clients may not ask. Callers that are neither the
 * token's client nor in its audience, and everything that is not good now, get exactly
 * {"active":false}. ERR_INVALID_CLIENT, ERR_INVALID_REQUEST, ERR_STORE_*. */
MUST_CHECK int introspect(const struct auth_ctx *ctx, struct str authorization,
                          const struct form *form, struct str *ret_json);

/* Who asks: a client of the realm that has proved who it is. */
struct introspect_caller {
    const struct client *client; /* NULL: of another realm */
    bool any_token;              /* may ask about every access token of the realm */
};
/* The same for a caller that is known. */
MUST_CHECK int introspect_token(const struct auth_ctx *ctx, const struct introspect_caller *caller,
                                struct str token, struct str *ret_json);

/* The claims of a lightweight token with what it leaves out. ERR_INVALID_SCOPE when one of its scopes
 * is no longer granted. */
MUST_CHECK int introspect_light(const struct auth_ctx *ctx, struct store_read *r,
                                const struct access_token *t, struct str *ret_json);

/* Whether a token is this client's own or meant for it. */
bool introspect_concerns(struct str client_id, const struct jwt_claims *claims);

#endif
