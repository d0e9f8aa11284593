/* Making and using links that are mailed to people. */
#include "core/auth/action_token.h"

#include "core/admin/access.h"
#include "core/admin/own_name.h"
#include "core/auth/login.h"
#include "core/auth/password_change.h"
#include "core/auth/report.h"
#include "core/auth/session.h"
#include "core/auth/user_actions.h"
#include "core/base/ct.h"
#include "core/base/rng.h"
#include "core/crypto/digest.h"
#include "core/port/roles.h"
#include "core/port/users.h"

#include "core/base/banned.h"

#define MS_PER_S         1000
#define ACTION_ADDRESS   "UPDATE_EMAIL "
#define LINK_PATH        "/login-actions/action-token?key="
/* Room for the rights over some thousand realms. */
#define PERSON_MAX_BYTES ((size_t)4 << 20)

bool action_token_takes(struct str action)
{
    return str_eq(action, STR(REQUIRED_ACTION_UPDATE_PASSWORD)) ||
           str_eq(action, STR(REQUIRED_ACTION_VERIFY_EMAIL)) ||
           str_eq(action, STR(REQUIRED_ACTION_CONFIGURE_TOTP));
}

struct str action_token_for_address(struct arena *a, struct str email)
{
    return ARENA_CONCAT(a, STR(ACTION_ADDRESS), email);
}

struct str action_token_address(struct str actions)
{
    return str_starts(actions, STR(ACTION_ADDRESS)) ? str_from(actions, sizeof(ACTION_ADDRESS) - 1)
                                                    : STR("");
}

/* --- The person --- */

/* AD-04: whoever might have a link mailed to a person may not any more once she has rights that he lacks. */
static int add_rights(const struct auth_ctx *ctx, struct store_read *r, const struct user *user,
                      struct buf *io_whole)
{
    struct roles roles;
    TRY(user_roles_effective(r, ctx->arena, user->pk, &roles));
    for (size_t i = 0; i < roles.count; i++)
        if (admin_role_gives_rights(ctx, &roles.items[i])) {
            buf_add(io_whole, STR("\n"));
            buf_add(io_whole, roles.items[i].id);
        }
    return 0;
}

/* Hash of the address that the mail went to, of the password and of the rights to administer that there
 * were. */
static int person_of(const struct auth_ctx *ctx, struct store_read *r, const struct user *user,
                     struct str *ret_hash)
{
    CLEANUP(buf_free) struct buf b;
    struct password_proof proof;
    unsigned char hash[BLAKE2B_BYTES];
    struct str whole;
    buf_init(&b, NULL, PERSON_MAX_BYTES);
    TRY(login_proof_now(ctx, r, user->pk, &proof));
    struct str set = arena_printf(ctx->arena, "\n%lld\n", (long long)proof.set_ms);
    struct str start =
        ARENA_CONCAT(ctx->arena, user->id, set, proof.credential_id, STR("\n"), user->email);
    if (str_absent(set) || str_absent(start))
        return ERR_NO_MEMORY;
    buf_add(&b, start);
    TRY(add_rights(ctx, r, user, &b));
    TRY(buf_finish(&b, &whole));
    blake2b_256_of(whole, hash);
    *ret_hash = arena_str(ctx->arena, str_of((const char *)hash, sizeof(hash)));
    return str_absent(*ret_hash) ? ERR_NO_MEMORY : 0;
}

/* RE-01: a link of before the person was logged out everywhere could be one that somebody else had mailed. What an
 * administrator asks of a person he may ask before he logs him out. */
static bool is_recent(const struct auth_ctx *ctx, const struct action_token *token,
                      const struct user *user)
{
    struct user anybody = *user;
    if (token->purpose == ACTION_EXECUTE)
        anybody.not_before_s = 0;
    return session_user_allowed(ctx, &anybody, token->created_ms);
}

static bool may_act(const struct auth_ctx *ctx, const struct action_token *token,
                    const struct user *user)
{
    bool reached = token->purpose == ACTION_UPDATE_EMAIL || !str_empty(user->email);
    return token->expires_ms > ctx->now->wall_ms && reached &&
           str_empty(user->service_account_client_id) && is_recent(ctx, token, user);
}

/* Whether the link is good as things stand in this transaction. */
static int check(const struct auth_ctx *ctx, struct store_read *r, const struct action_token *token,
                 const struct user *user)
{
    struct str person;
    if (!may_act(ctx, token, user))
        return ERR_ACTION_TOKEN;
    TRY(person_of(ctx, r, user, &person));
    return ct_eq(person, token->person) ? 0 : ERR_ACTION_TOKEN;
}

static int load(const struct auth_ctx *ctx, struct store_read *r, struct str key,
                struct action_token *ret_token, struct user *ret_user)
{
    struct str hash = handle_hash(ctx->arena, HANDLE_ACTION_TOKEN, key);
    if (str_absent(hash))
        return ERR_NO_MEMORY;
    int rc = action_token_find(r, ctx->arena, hash, ret_token);
    if (rc == 0)
        rc = user_find_by_pk(r, ctx->arena, ret_token->user_pk, ret_user);
    if (rc == ERR_NOT_FOUND)
        return ERR_ACTION_TOKEN;
    TRY(rc);
    return check(ctx, r, ret_token, ret_user);
}

/* --- A wish for another address --- */

static int find_wish(const struct auth_ctx *ctx, struct store_read *r, const struct user *user,
                     struct action_token *ret_token)
{
    TRY(action_token_of_user(r, ctx->arena, user->pk, ACTION_UPDATE_EMAIL, ret_token));
    int rc = check(ctx, r, ret_token, user);
    return rc == ERR_ACTION_TOKEN ? ERR_NOT_FOUND : rc;
}

int action_token_wished_address(const struct auth_ctx *ctx, struct store_read *r,
                                const struct user *user, struct str *ret_email)
{
    struct action_token token;
    TRY(find_wish(ctx, r, user, &token));
    *ret_email = action_token_address(token.actions);
    return 0;
}

int action_token_withdraw_address(const struct auth_ctx *ctx, struct store_write *w,
                                  const struct user *user)
{
    struct action_token token;
    struct report report = {
        .type = EVENT_EmailUpdateWithdrawn, .user_id = user->id, .username = user->username};
    bool first;
    TRY(find_wish(ctx, store_write_reader(w), user, &token));
    TRY(action_token_remove(w, token.hash, &first));
    report_add(&report, "email", action_token_address(token.actions));
    return report_write(ctx, w, &report);
}

/* --- Making one --- */

int action_token_issue(const struct auth_ctx *ctx, struct store_write *w, const struct user *user,
                       const struct action_wish *wish, struct str *ret_url)
{
    struct str key = token_new(ctx->arena);
    int64_t lives_s = wish->lifespan_s < ACTION_TOKEN_MAX_S ? wish->lifespan_s : ACTION_TOKEN_MAX_S;
    struct action_token token = {
        .hash = handle_hash(ctx->arena, HANDLE_ACTION_TOKEN, key),
        .user_pk = user->pk,
        .purpose = wish->purpose,
        .actions = wish->actions,
        .client_pk = wish->client ? wish->client->pk : 0,
        .redirect_uri = str_absent(wish->redirect_uri) ? STR("") : wish->redirect_uri,
        .created_ms = ctx->now->wall_ms,
        .expires_ms = ctx->now->wall_ms + lives_s * MS_PER_S,
    };
    TRY(person_of(ctx, store_write_reader(w), user, &token.person));
    /* WE-09: the origin is the configured one. */
    struct str url = ARENA_CONCAT(ctx->arena, ctx->issuer, STR(LINK_PATH), key);
    if (str_absent(key) || str_absent(token.hash) || str_absent(url))
        return ERR_NO_MEMORY;
    *ret_url = url;
    return action_token_put(w, &token);
}

/* --- Looking --- */

static int fill_visit(const struct auth_ctx *ctx, struct store_read *r, struct str key,
                      struct action_visit *ret_visit)
{
    struct action_visit v = {.client = NULL};
    TRY(load(ctx, r, key, &v.token, &v.user));
    v.wants_password = str_has_word(v.token.actions, STR(REQUIRED_ACTION_UPDATE_PASSWORD));
    v.wants_totp = str_has_word(v.token.actions, STR(REQUIRED_ACTION_CONFIGURE_TOTP));
    if (v.token.client_pk != 0 &&
        realm_view_client_by_pk(ctx->view, v.token.client_pk, &v.client) != 0)
        v.client = NULL;
    *ret_visit = v;
    return 0;
}

int action_token_visit(const struct auth_ctx *ctx, struct str key, struct action_visit *ret_visit)
{
    CLEANUP(store_read_end_p) struct store_read *r = NULL;
    if (str_empty(key))
        return ERR_ACTION_TOKEN;
    TRY(store_read_begin(ctx->view, &r));
    TRY(fill_visit(ctx, r, key, ret_visit));
    auth_user_known(ctx, ret_visit->user.id);
    return 0;
}

/* --- Doing it --- */

static const enum event_type done_events[] = {
    [ACTION_RESET_CREDENTIALS] = EVENT_CredentialsRecovered,
    [ACTION_VERIFY_EMAIL] = EVENT_EmailVerified,
    [ACTION_EXECUTE] = EVENT_ActionTokenUsed,
    [ACTION_UPDATE_EMAIL] = EVENT_EmailUpdated,
};

static int report_done(const struct auth_ctx *ctx, struct store_write *w,
                       const struct action_visit *visit, struct str new_name)
{
    struct report report = {
        .type = done_events[visit->token.purpose],
        .user_id = visit->user.id,
        .username = visit->user.username,
        .client_id = visit->client ? visit->client->client_id : str_of(NULL, 0),
    };
    report_add(&report, "actions", visit->token.actions);
    report_add(&report, "email", visit->user.email);
    if (!str_eq(new_name, visit->user.username))
        report_add(&report, "newUsername", new_name);
    return report_write(ctx, w, &report);
}

/* RE-02: a name that was the former address goes with it. The other links went to that address. */
static int store_address(const struct auth_ctx *ctx, struct store_write *w, struct str new_email,
                         struct user *io_user)
{
    const struct user before = *io_user;
    io_user->email = new_email;
    io_user->email_verified = true;
    int rc = own_name_follow(ctx, &before, ADDRESS_PROVED, io_user);
    if (rc == 0)
        rc = user_update(w, io_user);
    /* Somebody else was quicker, or the realm's rules have changed since. */
    if (rc == ERR_CONFLICT || rc == ERR_INVALID_REQUEST)
        return ERR_ACTION_TOKEN;
    TRY(rc);
    return action_token_delete_of_user(w, io_user->pk);
}

/* Who followed the link has read what came to the address: the one that he has, or with new_email that one. */
static int store_proof(const struct auth_ctx *ctx, struct store_write *w, int64_t user_pk,
                       struct str new_email, struct str *ret_name)
{
    struct user user;
    struct str prove = STR(REQUIRED_ACTION_VERIFY_EMAIL);
    TRY(user_find_by_pk(store_write_reader(w), ctx->arena, user_pk, &user));
    *ret_name = user.username;
    if (user.email_verified && !strs_has(&user.required_actions, prove) && str_empty(new_email))
        return 0;
    TRY(user_action_put(ctx->arena, &user, prove, false));
    if (str_empty(new_email)) {
        user.email_verified = true;
        return user_update(w, &user);
    }
    TRY(store_address(ctx, w, new_email, &user));
    *ret_name = user.username;
    return 0;
}

/* change NULL: no password is asked for. */
static int store(const struct auth_ctx *ctx, struct str key, const struct password_change *change)
{
    CLEANUP(store_rollback_p) struct store_write *w = NULL;
    struct action_visit now;
    struct str name;
    bool first;
    TRY(store_write_begin(ctx->view, ctx->now, &w));
    TRY(fill_visit(ctx, store_write_reader(w), key, &now));
    TRY(action_token_remove(w, now.token.hash, &first));
    if (!first || now.wants_password != (change != NULL))
        return ERR_ACTION_TOKEN;
    if (change)
        TRY(password_change_store(ctx, w, change, false, 0, EVENT_PasswordUpdated));
    TRY(store_proof(ctx, w, now.user.pk, action_token_address(now.token.actions), &name));
    /* RE-01, MF-04: the link lets nobody in, so that a device is set up at the login that follows. */
    if (now.wants_totp)
        TRY(user_action_set(ctx, w, now.user.pk, STR(REQUIRED_ACTION_CONFIGURE_TOTP), true));
    TRY(report_done(ctx, w, &now, name));
    return store_commit_p(&w, DURABLE_STANDBY);
}

static int prepare(const struct auth_ctx *ctx, const struct user *user, struct str password,
                   struct str password_again, struct password_change *ret_change,
                   struct password_problem *ret_problem)
{
    if (!str_eq(password, password_again)) {
        ret_problem->message = "notMatchPasswordMessage";
        return ERR_PASSWORD_POLICY;
    }
    return password_change_prepare(ctx, user, password, ret_change, ret_problem);
}

static int report_failed(const struct auth_ctx *ctx)
{
    struct report report = {.type = EVENT_ActionTokenRefused, .subject_kind = STR("realm")};
    report.subject_id = auth_realm(ctx)->id;
    report_add(&report, "error", STR("expired_code"));
    return report_alone(ctx, &report);
}

int action_token_perform(const struct auth_ctx *ctx, struct str key, struct str password,
                         struct str password_again, struct action_visit *ret_visit,
                         struct password_problem *ret_problem)
{
    struct password_change change = {.user_pk = 0};
    int rc = action_token_visit(ctx, key, ret_visit);
    if (rc == 0 && ret_visit->wants_password)
        rc = prepare(ctx, &ret_visit->user, password, password_again, &change, ret_problem);
    if (rc == 0)
        rc = store(ctx, key, ret_visit->wants_password ? &change : NULL);
    if (rc == ERR_ACTION_TOKEN)
        TRY(report_failed(ctx));
    return rc;
}
