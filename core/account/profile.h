/* The user profile as it binds people themselves. */
#ifndef GARITA_CORE_ACCOUNT_PROFILE_H
#define GARITA_CORE_ACCOUNT_PROFILE_H

#include "core/auth/context.h"
#include "core/model/profile.h"

#define ACCOUNT_ATTR_LOCALE "locale"

/* The realm's profile with what else holds for people: attributes that it does not name are for
 * administrators alone, whatever unmanagedAttributePolicy says, as tokens may hold them; the user name stays
 * unless the realm has editUsernameAllowed; the address stays while the realm wants it proved (verifyEmail),
 * as nothing proves a new one yet; the language may be chosen among the realm's. Lives in ctx->arena. */
MUST_CHECK int account_profile(const struct auth_ctx *ctx, struct profile *ret_profile);

#endif
