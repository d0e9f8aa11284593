/* The groups that new people join: ids in one document of the realm. */
#ifndef GARITA_CORE_ADMIN_DEFAULT_GROUPS_H
#define GARITA_CORE_ADMIN_DEFAULT_GROUPS_H

#include "core/auth/context.h"
#include "core/model/role.h"

#define DEFAULT_GROUPS_MAX 100

/* Those that are there, in the order in which they were made so. */
MUST_CHECK int default_groups_list(const struct auth_ctx *ctx, struct store_read *r,
                                   struct groups *ret_groups);
/* ERR_INVALID_REQUEST when there are too many; nothing happens when it is one already. */
MUST_CHECK int default_groups_add(const struct auth_ctx *ctx, struct store_write *w,
                                  const struct group *group);
MUST_CHECK int default_groups_remove(const struct auth_ctx *ctx, struct store_write *w,
                                     const struct group *group);
/* After a deletion: ids that name nothing leave, so that none comes to life with a later import. */
MUST_CHECK int default_groups_tidy(const struct auth_ctx *ctx, struct store_write *w);
/* A new person joins them. */
MUST_CHECK int default_groups_join(const struct auth_ctx *ctx, struct store_write *w,
                                   int64_t user_pk);

#endif
