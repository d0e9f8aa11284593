/* The documents of client profiles and policies (core/model/client_policy.h). */
#ifndef GARITA_CORE_ADMIN_CLIENT_POLICIES_H
#define GARITA_CORE_ADMIN_CLIENT_POLICIES_H

#include "core/auth/context.h"
#include "core/codec/json.h"

/* {"profiles": [...]} and {"policies": [...]} as they were written; with empty lists when there are none. */
MUST_CHECK int admin_client_profiles_get(const struct auth_ctx *ctx, struct store_read *r,
                                         struct str *ret_json);
MUST_CHECK int admin_client_policies_get(const struct auth_ctx *ctx, struct store_read *r,
                                         struct str *ret_json);
/* As a whole. Profiles that the policies name must be there before and after: ERR_INVALID_REQUEST. What
 * does not exist here is ERR_NOT_IMPLEMENTED, global profiles and policies too. */
MUST_CHECK int admin_client_profiles_put(const struct auth_ctx *ctx, struct store_write *w,
                                         const struct json_value *profiles);
MUST_CHECK int admin_client_policies_put(const struct auth_ctx *ctx, struct store_write *w,
                                         const struct json_value *policies);

#endif
