/* ID tokens of ours that come back as a hint (OpenID Connect Core 3.1.2.1, RP-Initiated Logout 2):
 * verified like any token, though they may be expired (OI-03). */
#ifndef GARITA_CORE_OIDC_ID_TOKEN_HINT_H
#define GARITA_CORE_OIDC_ID_TOKEN_HINT_H

#include "core/auth/context.h"

struct id_token_hint {
    struct str sub;
    struct str sid;       /* absent when the token has none */
    struct str client_id; /* for whom it was made */
};

/* ERR_TOKEN_MALFORMED for everything that is not an ID token of this realm. */
MUST_CHECK int id_token_hint_check(const struct auth_ctx *ctx, struct str token,
                                   struct id_token_hint *ret_hint);

#endif
