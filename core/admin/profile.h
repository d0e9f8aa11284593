/* The profile of a realm's users: which attributes a person has, who sees and changes them, what they
 * may hold. One JSON document in Keycloak's form (UPConfig). */
#ifndef GARITA_CORE_ADMIN_PROFILE_H
#define GARITA_CORE_ADMIN_PROFILE_H

#include "core/auth/context.h"

#define PROFILE_MAX_BYTES ((size_t)128 << 10)

/* As stored, or the one that every realm begins with. */
MUST_CHECK int admin_profile_get(const struct auth_ctx *ctx, struct store_read *r,
                                 struct str *ret_json);
/* ERR_INVALID_REQUEST with the member that is wrong: attributes need names that differ, username and
 * email are among them, groups of attributes exist. */
MUST_CHECK int admin_profile_put(const struct auth_ctx *ctx, struct store_write *w,
                                 const struct json_value *profile);

#endif
