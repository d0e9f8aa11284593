/* Protocol mappers of clients and of client scopes. */
#ifndef GARITA_CORE_ADMIN_MAPPERS_H
#define GARITA_CORE_ADMIN_MAPPERS_H

#include "core/auth/context.h"
#include "core/model/client.h"

#define ADMIN_MAPPERS_MAX 256

/* --- Lists, in memory. The result is a new list; the old one stays. --- */

/* The list with a mapper at its end, or in the place of the one that has its id. The mapper's id and
 * protocol are set when absent. ERR_CONFLICT when another one has the name, ERR_INVALID_REQUEST for
 * kinds that do not exist and empty or over-long members, ERR_LIMIT_REACHED. */
MUST_CHECK int admin_mappers_put(const struct auth_ctx *ctx, const struct protocol_mappers *from,
                                 struct protocol_mapper *io_mapper,
                                 struct protocol_mappers *ret_mappers);
/* The list without that one. */
MUST_CHECK int admin_mappers_without(const struct auth_ctx *ctx,
                                     const struct protocol_mappers *from,
                                     const struct protocol_mapper *mapper,
                                     struct protocol_mappers *ret_mappers);
/* NULL when there is none. */
const struct protocol_mapper *admin_mapper_by_id(const struct protocol_mappers *mappers,
                                                 struct str id);
const struct protocol_mapper *admin_mapper_by_name(const struct protocol_mappers *mappers,
                                                   struct str name);

/* --- Stored, with the event. client and scope are whole (with mappers, scopes and roles). what is the
 * member of the event under which name stands: "mapperAdded". --- */

MUST_CHECK int admin_client_mappers_set(const struct auth_ctx *ctx, struct store_write *w,
                                        const struct client *client,
                                        const struct protocol_mappers *mappers, const char *what,
                                        struct str name);
MUST_CHECK int admin_scope_mappers_set(const struct auth_ctx *ctx, struct store_write *w,
                                       const struct client_scope *scope,
                                       const struct protocol_mappers *mappers, const char *what,
                                       struct str name);

MUST_CHECK int admin_client_mapper_add(const struct auth_ctx *ctx, struct store_write *w,
                                       const struct client *client,
                                       struct protocol_mapper *io_mapper);
/* ERR_NOT_FOUND. */
MUST_CHECK int admin_client_mapper_remove(const struct auth_ctx *ctx, struct store_write *w,
                                          const struct client *client, struct str name);

#endif
