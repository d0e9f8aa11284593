/* What a grant is: one function, one line in grants.def, one file grant_*.c. */
#ifndef GARITA_CORE_OIDC_GRANT_H
#define GARITA_CORE_OIDC_GRANT_H

#include "core/auth/report.h"
#include "core/oidc/client_auth.h"

/* The client is authenticated and enabled. Gives the JSON of the token response; when it returns 0
 * everything is durable. */
typedef int grant_fn(const struct auth_ctx *ctx, const struct client_auth *auth,
                     const struct form *form, struct str *ret_json);

#define G(type, function) grant_fn function;
#include "core/oidc/grants.def"
#undef G

/* Appends an event of failure in a transaction of its own and returns err with that detail for the
 * client; error is for the event. A store that fails is told instead. */
MUST_CHECK int grant_fail(const struct auth_ctx *ctx, const struct report *report,
                          const char *error, int err, const char *detail);

#endif
