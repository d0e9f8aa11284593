/* Setting a password. */
#include "core/auth/password_change.h"

#include "core/auth/passwords_ahead.h"

#include "core/auth/report.h"
#include "core/auth/user_actions.h"
#include "core/base/rng.h"
#include "core/port/limits.h"
#include "core/port/sessions.h"
#include "core/port/users.h"

#include "core/base/banned.h"

#define PASSWORD_PRIORITY 10

static int refuse(const struct auth_ctx *ctx, struct password_problem problem,
                  struct password_problem *ret_problem)
{
    if (ret_problem)
        *ret_problem = problem;
    return password_problem_report(problem, ctx->err);
}

static bool is_password_of_any_age(const struct credential *c)
{
    return str_eq(c->type, STR(CREDENTIAL_PASSWORD)) ||
           str_eq(c->type, STR(CREDENTIAL_PASSWORD_HISTORY));
}

/* The newest records first: what history(n) looks at is the current one and n - 1 before it. */
static int used_before(const struct auth_ctx *ctx, const struct credentials *list, int64_t history,
                       struct str password, bool *ret_used)
{
    bool match = false;
    int64_t looked = 0;
    for (size_t i = 0; i < list->count && !match && looked < history; i++) {
        const struct credential *c = &list->items[i];
        struct password_record record = {c->secret_data, c->credential_data};
        if (!is_password_of_any_age(c))
            continue;
        looked++;
        int rc = password_hash_verify(ctx->arena, &record, password, &match);
        if (rc == ERR_NO_MEMORY)
            return rc;
    }
    *ret_used = match;
    return 0;
}

static void sort_newest_first(struct credentials *list)
{
    for (size_t i = 1; i < list->count; i++) {
        struct credential moving = list->items[i];
        size_t at = i;
        for (; at > 0 && list->items[at - 1].created_ms < moving.created_ms; at--)
            list->items[at] = list->items[at - 1];
        list->items[at] = moving;
    }
}

static int load_credentials(const struct auth_ctx *ctx, int64_t user_pk,
                            struct credentials *ret_list)
{
    CLEANUP(store_read_end_p) struct store_read *r = NULL;
    TRY(store_read_begin(ctx->view, &r));
    TRY(credential_list(r, ctx->arena, user_pk, ret_list));
    sort_newest_first(ret_list);
    return 0;
}

struct hashing {
    const struct auth_ctx *ctx;
    const struct password_policy *policy;
    const struct credentials *list;
    struct str password;
    struct password_record *record;
    struct password_problem *problem;
    int rc;
};

static int compare_and_hash(const struct hashing *h)
{
    bool used;
    TRY(used_before(h->ctx, h->list, h->policy->history, h->password, &used));
    if (used)
        return refuse(
            h->ctx, (struct password_problem){"invalidPasswordHistoryMessage", h->policy->history},
            h->problem);
    return password_hash_make(h->ctx->arena, &h->policy->hashing, h->password, h->record);
}

static void run_hashing(void *arg)
{
    struct hashing *h = arg;
    h->rc = compare_and_hash(h);
}

int password_change_prepare(const struct auth_ctx *ctx, const struct user *user,
                            struct str password, struct password_change *ret_change,
                            struct password_problem *ret_problem)
{
    struct password_policy policy;
    struct password_record record;
    struct credentials list = {0};
    TRY(password_policy_parse(auth_realm(ctx)->password_policy, &policy, ctx->err));
    struct password_problem problem = password_policy_check(&policy, user, password);
    if (problem.message)
        return refuse(ctx, problem, ret_problem);
    if (policy.history > 0)
        TRY(load_credentials(ctx, user->pk, &list));
    const struct password_record *ahead =
        passwords_ahead_find(ctx, user->username, password, &policy.hashing);
    struct hashing h = {ctx, &policy, &list, password, &record, ret_problem, 0};
    if (ahead && list.count == 0)
        record = *ahead;
    else
        TRY(hashing_run(run_hashing, &h));
    TRY(h.rc);
    *ret_change = (struct password_change){
        .user_pk = user->pk,
        .user_id = user->id,
        .secret_data = record.secret_data,
        .credential_data = record.credential_data,
        .history = policy.history,
    };
    return 0;
}

static const struct credential *current_password(const struct credentials *list)
{
    for (size_t i = 0; i < list->count; i++)
        if (str_eq(list->items[i].type, STR(CREDENTIAL_PASSWORD)))
            return &list->items[i];
    return NULL;
}

/* Keeps keep old records, newest first, and deletes the rest. */
static int trim_history(struct store_write *w, const struct credentials *list, int64_t keep)
{
    int64_t kept = 0;
    for (size_t i = 0; i < list->count; i++) {
        if (!str_eq(list->items[i].type, STR(CREDENTIAL_PASSWORD_HISTORY)))
            continue;
        if (kept < keep)
            kept++;
        else
            TRY(credential_delete(w, list->items[i].pk));
    }
    return 0;
}

static int move_to_history(const struct auth_ctx *ctx, struct store_write *w, int64_t user_pk,
                           const struct credential *current)
{
    struct credential old = *current;
    old.pk = 0;
    old.id = uuid_new(ctx->arena);
    if (str_absent(old.id))
        return ERR_NO_MEMORY;
    old.type = STR(CREDENTIAL_PASSWORD_HISTORY);
    return credential_insert(w, user_pk, &old);
}

static int insert_password(const struct auth_ctx *ctx, struct store_write *w,
                           const struct password_change *change)
{
    struct credential fresh = {
        .id = uuid_new(ctx->arena),
        .type = STR(CREDENTIAL_PASSWORD),
        .created_ms = ctx->now->wall_ms,
        .secret_data = change->secret_data,
        .credential_data = change->credential_data,
        .priority = PASSWORD_PRIORITY,
    };
    if (str_absent(fresh.id))
        return ERR_NO_MEMORY;
    return credential_insert(w, change->user_pk, &fresh);
}

static int replace_record(const struct auth_ctx *ctx, struct store_write *w,
                          const struct password_change *change)
{
    struct credentials list = {0};
    TRY(credential_list(store_write_reader(w), ctx->arena, change->user_pk, &list));
    sort_newest_first(&list);
    const struct credential *current = current_password(&list);
    int64_t keep = change->history > 1 ? change->history - 1 : 0;
    if (!current)
        return insert_password(ctx, w, change);
    TRY(trim_history(w, &list, keep > 0 ? keep - 1 : 0));
    if (keep > 0)
        TRY(move_to_history(ctx, w, change->user_pk, current));
    struct credential changed = *current;
    /* It rises with every change, whenever its request began: see struct password_proof. */
    changed.created_ms =
        ctx->now->wall_ms > current->created_ms ? ctx->now->wall_ms : current->created_ms + 1;
    changed.secret_data = change->secret_data;
    changed.credential_data = change->credential_data;
    return credential_update(w, &changed);
}

int password_change_store(const struct auth_ctx *ctx, struct store_write *w,
                          const struct password_change *change, bool temporary,
                          int64_t spared_session_pk, enum event_type type)
{
    int64_t ended;
    struct report report = {
        .type = type,
        .subject_kind = STR("user"),
        .subject_id = change->user_id,
    };
    if (type == EVENT_PasswordUpdated)
        report.user_id = change->user_id;
    TRY(replace_record(ctx, w, change));
    TRY(user_action_set(ctx, w, change->user_pk, STR(REQUIRED_ACTION_UPDATE_PASSWORD), temporary));
    TRY(login_failures_clear(w, change->user_pk));
    TRY(session_delete_of_user(w, change->user_pk, spared_session_pk, &ended));
    return report_write(ctx, w, &report);
}
