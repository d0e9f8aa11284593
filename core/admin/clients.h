/* Clients: making, changing and deleting them, their secrets and service accounts. */
#ifndef GARITA_CORE_ADMIN_CLIENTS_H
#define GARITA_CORE_ADMIN_CLIENTS_H

#include "core/auth/client_policies.h"
#include "core/model/client.h"

/* By client_id or UUID. ERR_NOT_FOUND with a sentence in ctx->err. */
MUST_CHECK int admin_client_find(const struct auth_ctx *ctx, struct store_read *r, struct str name,
                                 struct client *ret_client);

/* The defaults of a new client of that client_id: enabled, standard flow, linked to the realm's
 * default and optional scopes. */
MUST_CHECK int admin_client_defaults(const struct auth_ctx *ctx, struct str client_id,
                                     struct client *ret_client);
/* Stores a client. A confidential one without a secret gets one of 256 random bits when it
 * authenticates by secret; one with a service account gets its user and the scope service_account.
 * Sets pk, id, secret. Client policies are followed (client_rules.h). ERR_CONFLICT,
 * ERR_INVALID_REQUEST. */
MUST_CHECK int admin_client_insert(const struct auth_ctx *ctx, struct store_write *w,
                                   struct client *io_client);
/* The same by who is no administrator. */
MUST_CHECK int admin_client_insert_by(const struct auth_ctx *ctx, struct store_write *w,
                                      enum policy_source source, struct client *io_client);
/* Without policies, for a client that comes from another server: its service account, if it has one, comes with
 * the people (service_account_user_id is its id), and its scopes are those it has there. */
MUST_CHECK int admin_client_take_over(const struct auth_ctx *ctx, struct store_write *w,
                                      struct client *io_client);
/* client_id may change; id stays. A service account is made or deleted as the switch says. Client policies
 * are followed; a secret that is there keeps its moments (client_secret.h). */
MUST_CHECK int admin_client_update(const struct auth_ctx *ctx, struct store_write *w,
                                   const struct client *before, const struct client *after);
MUST_CHECK int admin_client_update_by(const struct auth_ctx *ctx, struct store_write *w,
                                      enum policy_source source, const struct client *before,
                                      const struct client *after);
MUST_CHECK int admin_client_delete(const struct auth_ctx *ctx, struct store_write *w,
                                   const struct client *client);

#define SERVICE_ACCOUNT_PREFIX "service-account-"
/* "service-account-ramp-service"; absent when the arena is exhausted. */
struct str admin_service_account_name(struct arena *a, struct str client_id);

#endif
