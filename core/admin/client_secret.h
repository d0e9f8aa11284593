/* Client secrets: what they may be, how they are made anew, and how long they live where a client policy
 * says so (Keycloak's executor secret-rotation): a secret expires, and the one before counts for a while
 * after a change, so that what uses it can be changed in turn. The moments are attributes of the client
 * that only the server writes; the secrets themselves are sealed. */
#ifndef GARITA_CORE_ADMIN_CLIENT_SECRET_H
#define GARITA_CORE_ADMIN_CLIENT_SECRET_H

#include "core/admin/client_rules.h"

/* A secret that someone brings along, often from another server, is taken as it is; ours have 43
 * characters. */
#define CLIENT_SECRET_MIN_BYTES 1
#define CLIENT_SECRET_MAX_BYTES 255

/* Whether the client authenticates by one. */
bool client_wants_secret(const struct client *client);
MUST_CHECK int client_secret_check(const struct auth_ctx *ctx, struct str secret);
/* A random one of 256 bits when there is none; none for a client that does not want one. */
MUST_CHECK int client_secret_settle(const struct auth_ctx *ctx, struct client *io_client);

/* The secret from now on expires as the executor says; one that has a moment keeps it unless that is
 * later. rotation NULL: nothing is done. */
MUST_CHECK int client_secret_limit(const struct auth_ctx *ctx,
                                   const struct client_executor *rotation,
                                   struct client *io_client);
/* The moments as they were, whatever a change says. */
MUST_CHECK int client_secret_keep_moments(const struct auth_ctx *ctx, const struct client *before,
                                          struct client *io_after);
/* The secret before the present one comes as an attribute of a representation: out of it into
 * ret_secret; absent without one. */
MUST_CHECK int client_rotated_take(const struct auth_ctx *ctx, struct client *io_client,
                                   struct str *ret_secret);

/* A new secret: the one given, or a random one when it is absent. Where a policy rotates secrets, the one
 * before counts on as it says, unless it has expired. ret_secret lives in the arena.
 * ERR_INVALID_REQUEST for public and bearer-only clients and for empty or overlong secrets. */
MUST_CHECK int admin_client_secret_set(const struct auth_ctx *ctx, struct store_write *w,
                                       const struct client *client, struct str secret,
                                       struct str *ret_secret);
/* The secret before the present one while it counts; ERR_NOT_FOUND with Keycloak's words. */
MUST_CHECK int admin_client_rotated_get(const struct auth_ctx *ctx, struct store_read *r,
                                        const struct client *client, struct str *ret_secret);
/* It counts no longer. ERR_NOT_FOUND. */
MUST_CHECK int admin_client_rotated_remove(const struct auth_ctx *ctx, struct store_write *w,
                                           const struct client *client);

#endif
