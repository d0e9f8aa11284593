/* How many people, clients and groups a realm may have: its attributes garita.quota.users, .clients and
 * .groups, whole numbers, which administrators of master alone change. Without one there is no limit but
 * the house's own. What was there before a quota stays; service accounts are no people; the clients that
 * every realm has count. */
#ifndef GARITA_CORE_ADMIN_QUOTA_H
#define GARITA_CORE_ADMIN_QUOTA_H

#include "core/auth/context.h"
#include "core/port/tally.h"

#define REALM_ATTR_QUOTA_PREFIX "garita.quota."

/* Of attributes that a realm is to have. ERR_INVALID_REQUEST for a quota that is no number. Quotas of
 * other names are kept and mean nothing here. */
MUST_CHECK int quota_check(const struct str_map *attributes, struct err_ctx *err);
/* Before one more is made. ERR_LIMIT_REACHED with a sentence. */
MUST_CHECK int quota_admit(const struct auth_ctx *ctx, struct store_write *w, enum tally_kind kind);

#endif
