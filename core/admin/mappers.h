/* Protocol mappers of clients. */
#ifndef GARITA_CORE_ADMIN_MAPPERS_H
#define GARITA_CORE_ADMIN_MAPPERS_H

#include "core/auth/context.h"
#include "core/model/client.h"

/* client is whole (with its mappers and scopes). The mapper's id and protocol are set when absent.
 * ERR_CONFLICT when the name is taken, ERR_INVALID_REQUEST for empty or over-long members. */
MUST_CHECK int admin_client_mapper_add(const struct auth_ctx *ctx, struct store_write *w,
                                       const struct client *client,
                                       struct protocol_mapper *io_mapper);
/* ERR_NOT_FOUND. */
MUST_CHECK int admin_client_mapper_remove(const struct auth_ctx *ctx, struct store_write *w,
                                          const struct client *client, struct str name);

#endif
