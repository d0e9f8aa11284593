/* Roles of the realm and of clients, and what they are made of. */
#ifndef GARITA_CORE_ADMIN_ROLES_H
#define GARITA_CORE_ADMIN_ROLES_H

#include "core/auth/context.h"
#include "core/model/role.h"

/* client NULL: a role of the realm. ERR_NOT_FOUND with a sentence in ctx->err. */
MUST_CHECK int admin_role_find(const struct auth_ctx *ctx, struct store_read *r,
                               const struct client *client, struct str name, struct role *ret_role);
/* "admin" is a role of the realm, "account/view-profile" one of a client (client ids have no
 * slash there; a realm role of that very name comes first). */
MUST_CHECK int admin_role_find_spelled(const struct auth_ctx *ctx, struct store_read *r,
                                       struct str spelling, struct role *ret_role);

/* Sets pk and id. ERR_CONFLICT, ERR_INVALID_REQUEST. */
MUST_CHECK int admin_role_insert(const struct auth_ctx *ctx, struct store_write *w,
                                 const struct client *client, struct role *io_role);
MUST_CHECK int admin_role_update(const struct auth_ctx *ctx, struct store_write *w,
                                 const struct role *before, const struct role *after);
/* ERR_FORBIDDEN for the realm's default role and for master's role admin. */
MUST_CHECK int admin_role_delete(const struct auth_ctx *ctx, struct store_write *w,
                                 const struct role *role);
/* Whoever has parent also has child. ERR_CONFLICT when that would close a circle. */
MUST_CHECK int admin_role_compose(const struct auth_ctx *ctx, struct store_write *w,
                                  const struct role *parent, const struct role *child);
MUST_CHECK int admin_role_decompose(const struct auth_ctx *ctx, struct store_write *w,
                                    const struct role *parent, const struct role *child);

#endif
