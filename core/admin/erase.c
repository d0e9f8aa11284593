/* Erasing people, and telling that their data were handed out. */
#include "core/admin/erase.h"

#include "core/admin/invitations.h"
#include "core/admin/record.h"
#include "core/admin/resource_servers.h"
#include "core/admin/users.h"
#include "core/port/events.h"
#include "core/port/sessions.h"
#include "core/port/users.h"

#include "core/base/banned.h"

#define WHY_MAX_BYTES 1024

/* What it says is not about the person, and is not sealed with a key that was just destroyed. */
static int record(const struct auth_ctx *ctx, struct store_write *w, enum event_type type,
                  struct str user_id, const struct detail *details)
{
    struct event event = {.type = type,
                          .actor = ctx->actor,
                          .subject_kind = STR("user"),
                          .subject_id = user_id,
                          .data_is_impersonal = true};
    TRY(detail_data(ctx->arena, details, &event.data));
    return event_append(w, &event);
}

static int check_why(const struct auth_ctx *ctx, struct str why)
{
    if (str_empty(str_trim(why)) || why.len > WHY_MAX_BYTES || !str_is_utf8(why) ||
        !str_has_no_control(why))
        return err_field(ctx->err, ERR_INVALID_REQUEST, "reason", "a reason of one line is needed");
    return 0;
}

static int delete_account(const struct auth_ctx *ctx, struct store_write *w,
                          const struct user *user, struct erasure *e)
{
    struct user_session *sessions;
    size_t count;
    if (!str_empty(user->service_account_client_id))
        return err_set(ctx->err, ERR_FORBIDDEN, "a service account goes with its client");
    TRY(session_list_of_user(store_write_reader(w), ctx->arena, user->pk, &sessions, &count));
    TRY(user_delete(w, user->pk));
    TRY(admin_rs_forget(ctx, w, user->id));
    TRY(admin_invitations_forget(ctx, w, user->email));
    e->sessions = (int64_t)count;
    e->had_account = true;
    return 0;
}

static int record_erasure(const struct auth_ctx *ctx, struct store_write *w,
                          const struct erasure *e, struct str why)
{
    struct str sessions = arena_printf(ctx->arena, "%lld", (long long)e->sessions);
    return record(
        ctx, w, EVENT_DataDeleted, e->user_id,
        (const struct detail[]){{"reason", why},
                                {"account", e->had_account ? STR("deleted") : STR("none")},
                                {"sessions", sessions},
                                {NULL, {NULL, 0}}});
}

int admin_user_erase(const struct auth_ctx *ctx, struct store_write *w, struct str name,
                     struct str why, struct erasure *ret_erasure)
{
    struct erasure e = {.user_id = name};
    struct user user;
    bool had_key;
    TRY(check_why(ctx, why));
    int err = admin_user_find(ctx, store_write_reader(w), name, &user);
    if (err == 0) {
        e.user_id = user.id;
        TRY(delete_account(ctx, w, &user, &e));
    } else if (err != ERR_NOT_FOUND) {
        return err;
    }
    TRY(person_key_destroy(w, e.user_id, &had_key));
    /* err still has the sentence. */
    if (!e.had_account && !had_key)
        return ERR_NOT_FOUND;
    TRY(person_events_in_clear(store_write_reader(w), e.user_id, &e.events_in_clear));
    TRY(record_erasure(ctx, w, &e, why));
    *ret_erasure = e;
    return 0;
}

int admin_actor_erase(const struct auth_ctx *ctx, struct store_write *w, struct str user_id,
                      struct str why, bool *ret_any)
{
    struct erasure e = {.user_id = user_id};
    TRY(person_key_destroy(w, user_id, ret_any));
    return *ret_any ? record_erasure(ctx, w, &e, why) : 0;
}

int admin_user_exported(const struct auth_ctx *ctx, struct store_write *w, struct str user_id)
{
    return record(ctx, w, EVENT_DataExported, user_id,
                  (const struct detail[]){{"format", STR("json")}, {NULL, {NULL, 0}}});
}
