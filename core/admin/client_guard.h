/* AD-04 for clients: who manages clients does not become more by them. A client is a way to rights when
 * its service account has them, when its scope mappings let them through, or when administrators work
 * with it. ctx is that of the realm whose client it is; reads are those of the change (AD-05). */
#ifndef GARITA_CORE_ADMIN_CLIENT_GUARD_H
#define GARITA_CORE_ADMIN_CLIENT_GUARD_H

#include "core/admin/access.h"

/* Whether the caller may change the client and see its secret: ERR_FORBIDDEN when the service account
 * or the scope mappings, those of the linked scopes included, reach further than the caller, and for
 * management clients and the clients of administrators when he has not all rights over the realm. */
MUST_CHECK int admin_may_change_client(const struct auth_ctx *ctx,
                                       const struct admin_caller *caller, struct store_read *r,
                                       const struct client *client);
/* The same for a client scope: its mappings. */
MUST_CHECK int admin_may_change_scope(const struct auth_ctx *ctx, const struct admin_caller *caller,
                                      struct store_read *r, const struct client_scope *scope);
/* Whether the mappers put roles into tokens that the caller may not give. */
MUST_CHECK int admin_may_map(const struct auth_ctx *ctx, const struct admin_caller *caller,
                             struct store_read *r, const struct protocol_mappers *mappers);
/* Names that mean rights are not given to new clients, nor by renaming; before absent: a new client.
 * ERR_FORBIDDEN. */
MUST_CHECK int admin_client_name_check(const struct auth_ctx *ctx, struct str before,
                                       struct str after);

#endif
