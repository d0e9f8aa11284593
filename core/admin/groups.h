/* Groups: a tree of names, with roles and attributes; of the realm, or of an organization. */
#ifndef GARITA_CORE_ADMIN_GROUPS_H
#define GARITA_CORE_ADMIN_GROUPS_H

#include "core/auth/context.h"
#include "core/model/role.h"

/* The top is 1. What is deeper in JSON than its reader goes (JSON_MAX_DEPTH) would not come back from an export. */
#define GROUP_DEPTH_MAX 13

/* By "/company/ops" or "company". ERR_NOT_FOUND with a sentence in ctx->err. */
MUST_CHECK int admin_group_find(const struct auth_ctx *ctx, struct store_read *r, struct str path,
                                struct group *ret_group);
/* Below parent (NULL: at the top of the realm, or of the organization that io_group names, with dormant as
 * the organization is). Sets pk, id, path. ERR_CONFLICT, ERR_INVALID_REQUEST, also below GROUP_DEPTH_MAX. */
MUST_CHECK int admin_group_insert(const struct auth_ctx *ctx, struct store_write *w,
                                  const struct group *parent, struct group *io_group);
/* A path whose last part is new; the part before it must exist. */
MUST_CHECK int admin_group_insert_path(const struct auth_ctx *ctx, struct store_write *w,
                                       struct str path, struct group *io_group);
MUST_CHECK int admin_group_update(const struct auth_ctx *ctx, struct store_write *w,
                                  const struct group *before, const struct group *after);
/* To another parent of the same tree (NULL: to the top), with what is below it. ERR_CONFLICT when the name is taken
 * there, or when the parent is the group itself or below it; ERR_INVALID_REQUEST when a group would stand too deep. */
MUST_CHECK int admin_group_move(const struct auth_ctx *ctx, struct store_write *w,
                                const struct group *group, const struct group *parent);
/* With the groups below it. */
MUST_CHECK int admin_group_delete(const struct auth_ctx *ctx, struct store_write *w,
                                  const struct group *group);
MUST_CHECK int admin_group_role_add(const struct auth_ctx *ctx, struct store_write *w,
                                    const struct group *group, const struct role *role);
MUST_CHECK int admin_group_role_remove(const struct auth_ctx *ctx, struct store_write *w,
                                       const struct group *group, const struct role *role);

/* For events: whose group it is; without a name for those of the realm. */
struct detail group_organization_detail(const struct group *group);

#endif
