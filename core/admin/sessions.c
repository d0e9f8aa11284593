/* What administrators do to logins. */
#include "core/admin/sessions.h"

#include "core/admin/record.h"
#include "core/port/users.h"

#include "core/base/banned.h"

#define LOCKOUTS_PAGE  200
#define PAGE_MAX_BYTES ((size_t)8 << 20)

static struct str number(const struct auth_ctx *ctx, int64_t value)
{
    return arena_printf(ctx->arena, "%lld", (long long)value);
}

int admin_sessions_end(const struct auth_ctx *ctx, struct store_write *w, int64_t *ret_count)
{
    const struct realm *realm = auth_realm(ctx);
    TRY(session_delete_online(w, ret_count));
    return ADMIN_RECORD(ctx, w, EVENT_SessionRevoked, "realm", realm->id, {"realm", realm->name},
                        {"sessions", number(ctx, *ret_count)});
}

int admin_lockout_clear(const struct auth_ctx *ctx, struct store_write *w, const struct user *user)
{
    struct login_failures failures;
    TRY(login_failures_find(store_write_reader(w), ctx->arena, user->pk, &failures));
    TRY(login_failures_clear(w, user->pk));
    return ADMIN_RECORD(ctx, w, EVENT_LockoutCleared, "user", user->id,
                        {"username", user->username}, {"failures", number(ctx, failures.count)});
}

/* Those whose password the caller may not set stay locked out: else he could try theirs without end. */
static int clear_page(const struct auth_ctx *ctx, const struct admin_caller *caller,
                      struct store_write *w, const int64_t *pks, size_t count, int64_t *io_cleared)
{
    CLEANUP(arena_free) struct arena page;
    struct auth_ctx own = *ctx;
    struct err_ctx err;
    arena_init(&page, PAGE_MAX_BYTES);
    own.arena = &page;
    own.err = &err;
    for (size_t i = 0; i < count; i++, arena_reset(&page)) {
        int rc = admin_may_change_user(&own, caller, store_write_reader(w), pks[i]);
        if (rc == ERR_FORBIDDEN)
            continue;
        TRY(rc);
        TRY(login_failures_clear(w, pks[i]));
        ++*io_cleared;
    }
    return 0;
}

static int clear_lesser(const struct auth_ctx *ctx, const struct admin_caller *caller,
                        struct store_write *w, int64_t *ret_count)
{
    int64_t pks[LOCKOUTS_PAGE], after = 0;
    size_t count = LOCKOUTS_PAGE;
    *ret_count = 0;
    while (count == LOCKOUTS_PAGE) {
        TRY(login_failures_list(store_write_reader(w), after, pks, LOCKOUTS_PAGE, &count));
        TRY(clear_page(ctx, caller, w, pks, count, ret_count));
        after = count > 0 ? pks[count - 1] : after;
    }
    return 0;
}

int admin_lockouts_clear(const struct auth_ctx *ctx, const struct admin_caller *caller,
                         struct store_write *w)
{
    int64_t count;
    int rc = admin_may_everything(ctx, caller, store_write_reader(w));
    if (rc == 0)
        TRY(login_failures_clear_all(w, &count));
    else if (rc == ERR_FORBIDDEN)
        TRY(clear_lesser(ctx, caller, w, &count));
    else
        return rc;
    return ADMIN_RECORD(ctx, w, EVENT_LockoutCleared, "realm", auth_realm(ctx)->id,
                        {"people", number(ctx, count)});
}

static int check_person(const struct auth_ctx *ctx, const struct user *user)
{
    if (!str_empty(user->service_account_client_id))
        return err_set(ctx->err, ERR_INVALID_REQUEST, "A service account is nobody to be");
    if (!user->enabled)
        return err_set(ctx->err, ERR_INVALID_REQUEST, "User is disabled");
    return 0;
}

static int end_former(const struct auth_ctx *ctx, struct store_write *w, struct str cookie)
{
    struct user_session session;
    struct user user;
    int rc = session_load_by_cookie(ctx, store_write_reader(w), cookie, &session, &user);
    if (rc == ERR_SESSION_NOT_ACTIVE)
        return 0;
    TRY(rc);
    return session_end(ctx, w, &session, EVENT_SessionRevoked);
}

int admin_impersonate(const struct auth_ctx *ctx, const struct admin_caller *caller,
                      struct store_write *w, const struct user *user, struct str former_cookie,
                      struct user_session *ret_session, struct str *ret_cookie)
{
    const struct session_new from = {.user = user,
                                     .with_cookie = true,
                                     .auth_time_ms = ctx->now->wall_ms,
                                     .acr = STR(ACR_IMPERSONATED),
                                     .amr = STR("")};
    TRY(admin_may_change_user(ctx, caller, store_write_reader(w), user->pk));
    TRY(check_person(ctx, user));
    TRY(end_former(ctx, w, former_cookie));
    TRY(session_prepare(ctx, &from, ret_session, ret_cookie));
    TRY(session_insert(w, ret_session));
    return ADMIN_RECORD(ctx, w, EVENT_UserImpersonated, "user", user->id,
                        {"username", user->username}, {"sessionId", ret_session->id},
                        {"impersonator", caller->username}, {"impersonator_realm", caller->realm});
}
