/* The required actions that a person has, one by one. */
#ifndef GARITA_CORE_AUTH_USER_ACTIONS_H
#define GARITA_CORE_AUTH_USER_ACTIONS_H

#include "core/auth/context.h"
#include "core/model/user.h"

/* Whether the person, as stored, has the action from now on. Writes nothing when it is so already. */
MUST_CHECK int user_action_set(const struct auth_ctx *ctx, struct store_write *w, int64_t user_pk,
                               struct str action, bool due);
/* The same in memory: the caller stores the person. ERR_NO_MEMORY. */
MUST_CHECK int user_action_put(struct arena *a, struct user *user, struct str action, bool due);

#endif
