/* The user profile of a realm: its document, and people judged by it. */
#ifndef GARITA_CORE_ADMIN_PROFILE_H
#define GARITA_CORE_ADMIN_PROFILE_H

#include "core/auth/context.h"
#include "core/model/profile.h"

/* As stored, or the one that every realm begins with. */
MUST_CHECK int admin_profile_get(const struct auth_ctx *ctx, struct store_read *r,
                                 struct str *ret_json);
/* ERR_INVALID_REQUEST as profile_read, and for scopes that are not there. */
MUST_CHECK int admin_profile_put(const struct auth_ctx *ctx, struct store_write *w,
                                 const struct json_value *profile);
/* profile_judge for an administrator: ERR_INVALID_REQUEST about the first problem in ctx->err, all of
 * them in ctx->ret_problems. Service accounts are no people. */
MUST_CHECK int admin_profile_judge(const struct auth_ctx *ctx, const struct user *before,
                                   struct user *io_after);
/* The same by a profile and for a role that the caller says. */
MUST_CHECK int admin_profile_judge_as(const struct auth_ctx *ctx, const struct profile *profile,
                                      struct str role, const struct user *before,
                                      struct user *io_after);

#endif
