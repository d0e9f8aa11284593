/* Passwords in clear are hashed before the write: others who want to change the realm do not wait for it. */
#include "core/port/users.h"
#include "web/apply/engine.h"

#include "core/base/banned.h"

/* Reads are short: hashing comes after each. */
static int is_made(const struct apply *e, struct str username, bool *ret_made)
{
    CLEANUP(arena_free) struct arena scratch;
    CLEANUP(store_read_end_p) struct store_read *r = NULL;
    struct str name;
    struct user user;
    struct err_ctx ignored = {0};
    *ret_made = false;
    arena_init(&scratch, ARENA_REQUEST_MAX_BYTES);
    if (username_canonical(&scratch, username, &name, &ignored) != 0)
        return 0; /* it is refused later, with a sentence */
    TRY(store_read_begin(e->base, &r));
    int rc = user_find_by_username(r, &scratch, name, &user);
    *ret_made = rc == ERR_NOT_FOUND;
    return rc == ERR_NOT_FOUND ? 0 : rc;
}

static struct str clear_password(const struct json_value *user)
{
    const struct json_value *credential;
    struct json_iter it = json_iter(json_get(user, "credentials"));
    while (json_next(&it, NULL, &credential)) {
        struct str value = json_get_str(credential, "value");
        if (!str_empty(value))
            return value;
    }
    return str_of(NULL, 0);
}

static int add(struct apply *e, const struct auth_ctx *ctx, const struct json_value *user,
               bool of_all)
{
    struct str username = json_get_str(user, "username"), password = clear_password(user);
    bool made = of_all;
    if (str_empty(username) || str_empty(password) || password.len > PASSWORD_MAX_BYTES)
        return 0;
    if (!of_all)
        TRY(is_made(e, username, &made));
    return made ? passwords_ahead_add(ctx, &e->hashed, username, password) : 0;
}

int apply_hash_ahead(struct apply *e, const struct json_value *users, bool of_all)
{
    const struct json_value *user;
    struct auth_ctx ctx = e->ctx;
    ctx.view = e->base;
    ctx.arena = e->req->arena;
    if (e->w || (e->call && e->call->w) || !admin_may(e->caller, e->realm, ADMIN_MANAGE_USERS))
        return 0; /* whoever approves has no clear passwords; who may not is told so later */
    for (struct json_iter it = json_iter(users); json_next(&it, NULL, &user);)
        TRY(add(e, &ctx, user, of_all));
    e->ctx.hashed = &e->hashed;
    return 0;
}
