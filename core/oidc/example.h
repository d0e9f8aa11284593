/* What a client's tokens would hold for a person, as claims: made by the code that makes tokens, never
 * signed, never stored. */
#ifndef GARITA_CORE_OIDC_EXAMPLE_H
#define GARITA_CORE_OIDC_EXAMPLE_H

#include "core/oidc/subject.h"

enum example_kind { EXAMPLE_ACCESS_TOKEN, EXAMPLE_ID_TOKEN, EXAMPLE_USERINFO };

/* JSON text. scope as in a request. ERR_INVALID_SCOPE. */
MUST_CHECK int example_claims(const struct auth_ctx *ctx, struct store_read *r,
                              const struct client *client, const struct user *user,
                              struct str scope, enum example_kind kind, struct str *ret_json);

#endif
