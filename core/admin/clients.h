/* Clients: making, changing and deleting them, their secrets and service accounts. */
#ifndef GARITA_CORE_ADMIN_CLIENTS_H
#define GARITA_CORE_ADMIN_CLIENTS_H

#include "core/auth/context.h"
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
 * Sets pk, id, secret. ERR_CONFLICT, ERR_INVALID_REQUEST. */
MUST_CHECK int admin_client_insert(const struct auth_ctx *ctx, struct store_write *w,
                                   struct client *io_client);
/* The same for a client that comes from another server: its service account, if it has one, comes with
 * the people (service_account_user_id is its id), and its scopes are those it has there. */
MUST_CHECK int admin_client_take_over(const struct auth_ctx *ctx, struct store_write *w,
                                      struct client *io_client);
/* client_id may change; id stays. A service account is made or deleted as the switch says. */
MUST_CHECK int admin_client_update(const struct auth_ctx *ctx, struct store_write *w,
                                   const struct client *before, const struct client *after);
MUST_CHECK int admin_client_delete(const struct auth_ctx *ctx, struct store_write *w,
                                   const struct client *client);
/* A new secret: the one given, or a random one when it is absent. ret_secret lives in the arena.
 * ERR_INVALID_REQUEST for public and bearer-only clients and for empty or overlong secrets. */
MUST_CHECK int admin_client_secret_set(const struct auth_ctx *ctx, struct store_write *w,
                                       const struct client *client, struct str secret,
                                       struct str *ret_secret);

/* A secret that someone brings along, often from another server, is taken as it is; ours have 43
 * characters. */
#define CLIENT_SECRET_MIN_BYTES 1
#define CLIENT_SECRET_MAX_BYTES 255

/* "service-account-ramp-service"; absent when the arena is exhausted. */
struct str admin_service_account_name(struct arena *a, struct str client_id);

#endif
