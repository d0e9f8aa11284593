/* UserInfo (OpenID Connect Core 5.3). */
#ifndef GARITA_CORE_OIDC_USERINFO_H
#define GARITA_CORE_OIDC_USERINFO_H

#include "core/oidc/token_check.h"

struct userinfo {
    struct str body;
    bool is_jwt;                 /* application/jwt instead of application/json */
    const struct client *client; /* for CORS; also set on failure when the token was good */
};

/* bearer: the token, from the header or the form. ERR_INVALID_TOKEN, ERR_INSUFFICIENT_SCOPE (no
 * openid), ERR_STORE_*. */
MUST_CHECK int userinfo_get(const struct auth_ctx *ctx, struct str bearer,
                            struct userinfo *ret_userinfo);

/* What the endpoint would say in JSON about the person behind a checked token, whatever its scope.
 * ERR_INVALID_TOKEN when one of its scopes is no longer granted. */
MUST_CHECK int userinfo_claims(const struct auth_ctx *ctx, struct store_read *r,
                               const struct access_token *t, struct str *ret_json);

#endif
