/* Nodes of a client: hosts on which an application runs, as it tells them (registeredNodes). They are kept as
 * attributes of the client, so that exports have them. Nothing is sent to them. */
#ifndef GARITA_CORE_ADMIN_CLIENT_NODES_H
#define GARITA_CORE_ADMIN_CLIENT_NODES_H

#include "core/auth/context.h"
#include "core/model/client.h"

#define CLIENT_NODES_MAX 64

/* As it comes from elsewhere, with the moment of there. Errors as of client_node_put. */
MUST_CHECK int client_node_take_over(const struct auth_ctx *ctx, struct client *io_client,
                                     struct str node, int64_t moment_s);
/* Notes the moment, also of one that is there. ERR_INVALID_REQUEST (no name of a host), ERR_LIMIT_REACHED. */
MUST_CHECK int client_node_put(const struct auth_ctx *ctx, struct store_write *w,
                               const struct client *client, struct str node);
/* ERR_NOT_FOUND. */
MUST_CHECK int client_node_remove(const struct auth_ctx *ctx, struct store_write *w,
                                  const struct client *client, struct str node);
/* Names of all. */
MUST_CHECK int client_node_list(const struct client *client, struct arena *a,
                                struct strs *ret_nodes);

#endif
