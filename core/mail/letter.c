/* Deciding about mails with links. */
#include "core/mail/letter.h"

#include "core/auth/flow_rules.h"
#include "core/auth/login.h"
#include "core/auth/report.h"
#include "core/port/sessions.h"
#include "core/port/users.h"

#include "core/base/banned.h"

#define MS_PER_MINUTE     INT64_C(60000)
#define MS_PER_HOUR       INT64_C(3600000)
#define ONCE_LETTER       "letter"
#define LIFESPAN_OF_USER  "actionTokenGeneratedByUserLifespan."
#define MAILED_AND_FAILED 2

static const enum event_type events[][MAILED_AND_FAILED] = {
    [ACTION_RESET_CREDENTIALS] = {EVENT_RecoveryMailed, EVENT_RecoveryMailFailed},
    [ACTION_VERIFY_EMAIL] = {EVENT_EmailProofMailed, EVENT_EmailProofMailFailed},
    [ACTION_EXECUTE] = {EVENT_ActionsMailed, EVENT_ActionsMailFailed},
    [ACTION_UPDATE_EMAIL] = {EVENT_EmailProofMailed, EVENT_EmailProofMailFailed},
};

/* --- Limits --- */

/* Something that may happen so often in a window of time: each time is a value that is spent once. */
struct pace {
    struct str whose;
    int64_t window_ms;
    int64_t turns;
};

static struct str turn_name(const struct auth_ctx *ctx, const struct pace *pace, int64_t turn)
{
    return arena_printf(ctx->arena, "%.*s:%lld:%lld:%lld", STR_ARG(pace->whose),
                        (long long)pace->window_ms,
                        (long long)(ctx->now->wall_ms / pace->window_ms), (long long)turn);
}

/* Turns are taken in their order, so the first that is free is found by halving. */
static int find_turn(const struct auth_ctx *ctx, struct store_read *r, const struct pace *pace,
                     int64_t *ret_turn)
{
    int64_t low = 0, high = pace->turns;
    while (low < high) {
        int64_t middle = low + (high - low) / 2;
        struct str name = turn_name(ctx, pace, middle);
        bool taken;
        if (str_absent(name))
            return ERR_NO_MEMORY;
        TRY(once_is_spent(r, STR(ONCE_LETTER), name, &taken));
        if (taken)
            low = middle + 1;
        else
            high = middle;
    }
    *ret_turn = low;
    return 0;
}

/* *ret_may is false when all turns of the window that is now are taken. */
static int take_turn(const struct auth_ctx *ctx, struct store_write *w, const struct pace *pace,
                     bool *ret_may)
{
    int64_t turn;
    TRY(find_turn(ctx, store_write_reader(w), pace, &turn));
    *ret_may = turn < pace->turns;
    if (!*ret_may)
        return 0;
    struct str name = turn_name(ctx, pace, turn);
    if (str_absent(name))
        return ERR_NO_MEMORY;
    int64_t over_ms = (ctx->now->wall_ms / pace->window_ms + 1) * pace->window_ms;
    return once_spend(w, STR(ONCE_LETTER), name, over_ms, ret_may);
}

#define PACES 3

static int paces_of(const struct auth_ctx *ctx, const struct user *user,
                    enum action_purpose purpose, struct pace ret_paces[PACES])
{
    struct str person = arena_printf(ctx->arena, "%.*s:%d", STR_ARG(user->id), (int)purpose);
    if (str_absent(person))
        return ERR_NO_MEMORY;
    ret_paces[0] = (struct pace){person, MS_PER_MINUTE, LETTERS_A_MINUTE};
    ret_paces[1] = (struct pace){person, MS_PER_HOUR, LETTERS_AN_HOUR};
    ret_paces[2] = (struct pace){STR("realm"), MS_PER_HOUR, LETTERS_OF_REALM_AN_HOUR};
    return 0;
}

/* What is not due is not committed, so that no turn is lost to it. */
static int take_turns(const struct auth_ctx *ctx, struct store_write *w, const struct user *user,
                      enum action_purpose purpose, bool *ret_may)
{
    struct pace paces[PACES];
    TRY(paces_of(ctx, user, purpose, paces));
    *ret_may = true;
    for (size_t i = 0; i < PACES && *ret_may; i++)
        TRY(take_turn(ctx, w, &paces[i], ret_may));
    return 0;
}

int letter_may_go(const struct auth_ctx *ctx, struct store_read *r, const struct user *user,
                  enum action_purpose purpose, bool *ret_may)
{
    struct pace paces[PACES];
    TRY(paces_of(ctx, user, purpose, paces));
    *ret_may = true;
    for (size_t i = 0; i < PACES && *ret_may; i++) {
        int64_t turn;
        TRY(find_turn(ctx, r, &paces[i], &turn));
        *ret_may = turn < paces[i].turns;
    }
    return 0;
}

/* --- Making one --- */

static int report(const struct auth_ctx *ctx, struct store_write *w, const struct user *user,
                  const struct letter *letter)
{
    struct report report = {
        .type = events[letter->purpose][0],
        .subject_kind = STR("user"),
        .subject_id = user->id,
        .client_id = letter->client_id,
    };
    if (str_empty(ctx->actor.user_id)) { /* not by an administrator */
        report.user_id = user->id;
        report.username = user->username;
    }
    report_add(&report, "email", letter->to.address);
    report_add(&report, "actions", letter->actions);
    return report_write(ctx, w, &report);
}

static int make(const struct auth_ctx *ctx, struct store_write *w, const struct user *user,
                const struct action_wish *wish, struct letter *ret_letter)
{
    struct str address =
        wish->purpose == ACTION_UPDATE_EMAIL ? action_token_address(wish->actions) : user->email;
    struct letter letter = {
        .purpose = wish->purpose,
        .to = {.address = address},
        .user_id = user->id,
        .username = user->username,
        .locale = attrs_first(&user->attributes, STR("locale")),
        .actions = wish->actions,
        .client_id = wish->client ? wish->client->client_id : str_of(NULL, 0),
        .lifespan_s = wish->lifespan_s,
    };
    TRY(action_token_issue(ctx, w, user, wish, &letter.link));
    TRY(report(ctx, w, user, &letter));
    *ret_letter = letter;
    return 0;
}

/* Keycloak's attributes of the realm that say it for one purpose. */
static int64_t lifespan_s(const struct auth_ctx *ctx, const char *purpose)
{
    const struct realm *realm = auth_realm(ctx);
    struct str name = ARENA_CONCAT(ctx->arena, STR(LIFESPAN_OF_USER), str_c(purpose));
    struct str text = str_map_get(&realm->attributes, name);
    int64_t s;
    return !str_empty(text) && str_to_i64(text, &s) == 0 && s > 0 ? s : realm->action_token_user_s;
}

/* In a transaction of its own, as strangers cause it. */
static int make_limited(const struct auth_ctx *ctx, const struct user *user,
                        const struct action_wish *wish, struct letter *ret_letter, bool *ret_due)
{
    CLEANUP(store_rollback_p) struct store_write *w = NULL;
    TRY(store_write_begin(ctx->view, ctx->now, &w));
    TRY(take_turns(ctx, w, user, wish->purpose, ret_due));
    if (!*ret_due)
        return 0;
    TRY(make(ctx, w, user, wish, ret_letter));
    return store_commit_p(&w, DURABLE_STANDBY);
}

/* --- A forgotten password --- */

/* Why nobody gets a mail; NULL when somebody does. In Keycloak's words, for the event alone. */
static const char *obstacle(const struct user *user, bool found)
{
    if (!found)
        return "user_not_found";
    if (!user->enabled)
        return "user_disabled";
    return mail_address_is_sound(user->email) ? NULL : "invalid_email";
}

static int report_obstacle(const struct auth_ctx *ctx, const struct user *user, struct str typed,
                           const struct client *client, const char *why)
{
    struct report report = {
        .type = EVENT_CredentialsRecoveryFailed,
        .user_id = user->id,
        .username = str_is_utf8(typed) ? typed : str_of(NULL, 0),
        .client_id = client ? client->client_id : str_of(NULL, 0),
    };
    if (str_empty(user->id)) {
        report.subject_kind = STR("realm");
        report.subject_id = auth_realm(ctx)->id;
    }
    report_add(&report, "error", str_c(why));
    return report_alone(ctx, &report);
}

static int find_typed(const struct auth_ctx *ctx, struct str typed, struct user *ret_user,
                      bool *ret_found)
{
    CLEANUP(store_read_end_p) struct store_read *r = NULL;
    TRY(store_read_begin(ctx->view, &r));
    return login_find_user(ctx, r, typed, ret_user, ret_found);
}

int letter_for_forgotten(const struct auth_ctx *ctx, struct str typed, const struct client *client,
                         struct letter *ret_letter, bool *ret_due)
{
    struct user user = {0};
    bool found;
    const struct action_wish wish = {
        .purpose = ACTION_RESET_CREDENTIALS,
        .actions = STR(REQUIRED_ACTION_UPDATE_PASSWORD),
        .client = client,
        .lifespan_s = lifespan_s(ctx, "reset-credentials"),
    };
    *ret_due = false;
    if (!flow_takes_reset(ctx))
        return 0;
    TRY(find_typed(ctx, typed, &user, &found));
    if (!found)
        user = (struct user){0};
    const char *why = obstacle(&user, found);
    if (why)
        return report_obstacle(ctx, &user, typed, client, why);
    return make_limited(ctx, &user, &wish, ret_letter, ret_due);
}

/* --- An address to prove --- */

int letter_for_proof(const struct auth_ctx *ctx, struct str user_id, const struct client *client,
                     struct letter *ret_letter, bool *ret_due)
{
    struct store_read *r;
    struct user user;
    const struct action_wish wish = {
        .purpose = ACTION_VERIFY_EMAIL,
        .actions = STR(REQUIRED_ACTION_VERIFY_EMAIL),
        .client = client,
        .lifespan_s = lifespan_s(ctx, "verify-email"),
    };
    *ret_due = false;
    TRY(store_read_begin(ctx->view, &r));
    int rc = user_find_by_id(r, ctx->arena, user_id, &user);
    store_read_end(r);
    if (rc == ERR_NOT_FOUND)
        return 0;
    TRY(rc);
    if (obstacle(&user, true) || user.email_verified)
        return 0;
    return make_limited(ctx, &user, &wish, ret_letter, ret_due);
}

/* --- Another address --- */

static int read_user(const struct auth_ctx *ctx, struct str user_id, struct user *ret_user)
{
    CLEANUP(store_read_end_p) struct store_read *r = NULL;
    TRY(store_read_begin(ctx->view, &r));
    return user_find_by_id(r, ctx->arena, user_id, ret_user);
}

int letter_for_address(const struct auth_ctx *ctx, struct str user_id, struct str email,
                       const struct client *client, struct letter *ret_letter, bool *ret_due)
{
    struct user user;
    const struct action_wish wish = {
        .purpose = ACTION_UPDATE_EMAIL,
        .actions = action_token_for_address(ctx->arena, email),
        .client = client,
        .lifespan_s = lifespan_s(ctx, "verify-email"),
    };
    *ret_due = false;
    if (str_absent(wish.actions))
        return ERR_NO_MEMORY;
    int rc = read_user(ctx, user_id, &user);
    if (rc == ERR_NOT_FOUND)
        return 0;
    TRY(rc);
    if (!user.enabled || !mail_address_is_sound(email))
        return 0;
    return make_limited(ctx, &user, &wish, ret_letter, ret_due);
}

/* --- By an administrator --- */

int letter_by_admin(const struct auth_ctx *ctx, struct store_write *w, const struct user *user,
                    const struct action_wish *wish, struct letter *ret_letter)
{
    if (str_empty(user->email))
        return err_field(ctx->err, ERR_INVALID_REQUEST, "email", "User email missing");
    if (!user->enabled)
        return err_field(ctx->err, ERR_INVALID_REQUEST, "enabled", "User is disabled");
    if (!mail_address_is_sound(user->email) || !str_empty(user->service_account_client_id))
        return err_field(ctx->err, ERR_INVALID_REQUEST, "email", "No mail goes to this address");
    return make(ctx, w, user, wish, ret_letter);
}

int letter_failed(const struct auth_ctx *ctx, const struct letter *letter)
{
    struct report report = {
        .type = events[letter->purpose][1],
        .subject_kind = STR("user"),
        .subject_id = letter->user_id,
        .client_id = letter->client_id,
    };
    if (str_empty(ctx->actor.user_id)) {
        report.user_id = letter->user_id;
        report.username = letter->username;
    }
    report_add(&report, "error", STR("email_send_failed"));
    return report_alone(ctx, &report);
}
