/* What client policies ask of a client that is made or changed. */
#ifndef GARITA_CORE_ADMIN_CLIENT_RULES_H
#define GARITA_CORE_ADMIN_CLIENT_RULES_H

#include "core/auth/client_policies.h"

/* Runs the policies that hold: executors with auto-configure set what they ask for in io_client, the
 * others refuse with ERR_INVALID_REQUEST and the member that does not fit. before NULL: a new client.
 * *ret_rotation is the executor that says how long secrets live, NULL without one; it lives as long as
 * ctx->view. */
MUST_CHECK int client_rules_apply(const struct auth_ctx *ctx, struct store_read *r,
                                  enum policy_source source, const struct client *before,
                                  struct client *io_client,
                                  const struct client_executor **ret_rotation);
/* Only the last: for a new secret. */
MUST_CHECK int client_rules_rotation(const struct auth_ctx *ctx, struct store_read *r,
                                     const struct client *client,
                                     const struct client_executor **ret_rotation);

#endif
