/* The token response, as every grant gives it: access token, ID token, refresh token and its family
 * of rotated ones. */
#ifndef GARITA_CORE_OIDC_ISSUE_H
#define GARITA_CORE_OIDC_ISSUE_H

#include "core/oidc/mint.h"

struct issue {
    struct minted access;
    struct minted id;      /* token absent without scope openid */
    struct minted refresh; /* token absent when the client gets none */
    struct str scope;      /* claim and response member */
    struct str session_id; /* absent without a session */
    bool is_rpt;           /* carries permissions: the response says so */
    bool is_upgraded;      /* and those of an earlier one */
};

/* Signs access and ID token: the slow part, before the write transaction. */
MUST_CHECK int issue_tokens(const struct auth_ctx *ctx, struct store_read *r,
                            const struct subject *subject, struct issue *ret_issue);
/* Whether this client gets refresh tokens with this grant. */
bool issue_wants_refresh(const struct subject *subject);
/* Starts a family and makes its first refresh token, inside the write transaction. With
 * offline_access it lives by an offline session of its own, which outlives the browser's; a session
 * that is offline already serves itself. */
MUST_CHECK int issue_refresh(const struct auth_ctx *ctx, struct store_write *w,
                             const struct subject *subject, const struct client_session *cs,
                             struct issue *io_issue);
/* RFC 6749 5.1 with Keycloak's additions. */
MUST_CHECK int issue_response(const struct auth_ctx *ctx, const struct issue *issue,
                              struct str *ret_json);

#endif
