/* A person's list of required actions. */
#include "core/auth/user_actions.h"

#include "core/port/users.h"

#include "core/base/banned.h"

int user_action_put(struct arena *a, struct user *user, struct str action, bool due)
{
    struct strs actions = {0};
    if (strs_has(&user->required_actions, action) == due)
        return 0;
    for (size_t i = 0; i < user->required_actions.count; i++)
        if (!str_eq(user->required_actions.items[i], action))
            TRY(strs_add(&actions, a, user->required_actions.items[i]));
    if (due)
        TRY(strs_add(&actions, a, action));
    user->required_actions = actions;
    return 0;
}

int user_action_set(const struct auth_ctx *ctx, struct store_write *w, int64_t user_pk,
                    struct str action, bool due)
{
    struct user user;
    TRY(user_find_by_pk(store_write_reader(w), ctx->arena, user_pk, &user));
    if (strs_has(&user.required_actions, action) == due)
        return 0;
    TRY(user_action_put(ctx->arena, &user, action, due));
    return user_update(w, &user);
}
