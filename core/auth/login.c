/* Password logins: compare outside, decide inside the write transaction. */
#include "core/auth/login.h"

#include "core/auth/brute_force.h"
#include "core/auth/decoy.h"
#include "core/auth/otp.h"
#include "core/auth/password_change.h"
#include "core/auth/report.h"
#include "core/auth/typed_name.h"
#include "core/port/action_tokens.h"
#include "core/port/limits.h"
#include "core/port/required_actions.h"
#include "core/port/users.h"

#include "core/base/banned.h"

#define MS_PER_DAY INT64_C(86400000)

static int absent_is_fine(int rc)
{
    return rc == ERR_NOT_FOUND ? 0 : rc;
}

static bool email_may_log_in(const struct realm *realm, struct str name)
{
    return realm->login_with_email_allowed && !realm->duplicate_emails_allowed &&
           str_find(name, '@') > 0;
}

/* Service accounts have no password login (RFC 6749 4.4 is theirs). */
static int find_user(const struct auth_ctx *ctx, struct store_read *r,
                     const struct typed_name *name, struct user *ret_user, bool *ret_found)
{
    struct user user = {0};
    int rc = typed_name_find(r, ctx->arena, name, &user);
    if (rc == ERR_NOT_FOUND && email_may_log_in(auth_realm(ctx), name->spelled))
        rc = user_find_by_email(r, ctx->arena, name->spelled, &user);
    *ret_found = rc == 0 && str_empty(user.service_account_client_id);
    *ret_user = user;
    return absent_is_fine(rc);
}

int login_find_user(const struct auth_ctx *ctx, struct store_read *r, struct str typed,
                    struct user *ret_user, bool *ret_found)
{
    struct typed_name name;
    struct err_ctx ignored = {0};
    *ret_found = false;
    int rc = typed_name_read(ctx->arena, typed, &name, &ignored);
    if (rc == ERR_NO_MEMORY)
        return rc;
    return rc == 0 ? find_user(ctx, r, &name, ret_user, ret_found) : 0;
}

static int find_password(const struct auth_ctx *ctx, struct store_read *r, int64_t user_pk,
                         struct credential *ret_credential, bool *ret_found)
{
    struct credentials list = {0};
    TRY(credential_list(r, ctx->arena, user_pk, &list));
    *ret_found = false;
    for (size_t i = 0; i < list.count && !*ret_found; i++) {
        if (!str_eq(list.items[i].type, STR(CREDENTIAL_PASSWORD)))
            continue;
        *ret_credential = list.items[i];
        *ret_found = true;
    }
    return 0;
}

int login_proof_now(const struct auth_ctx *ctx, struct store_read *r, int64_t user_pk,
                    struct password_proof *ret_proof)
{
    struct credential credential;
    bool found;
    TRY(find_password(ctx, r, user_pk, &credential, &found));
    *ret_proof = found ? (struct password_proof){credential.id, credential.created_ms}
                       : (struct password_proof){0};
    return 0;
}

bool login_proof_holds(const struct password_proof *shown, const struct password_proof *now)
{
    return !str_empty(shown->credential_id) && str_eq(shown->credential_id, now->credential_id) &&
           shown->set_ms == now->set_ms;
}

static int look_up(const struct auth_ctx *ctx, const struct typed_name *name,
                   struct login_attempt *io_attempt)
{
    CLEANUP(store_read_end_p) struct store_read *r = NULL;
    struct user user;
    bool found;
    TRY(store_read_begin(ctx->view, &r));
    /* Looked for whoever is meant, so that looking tells nothing. */
    TRY(absent_is_fine(decoy_find(ctx, r, name->canonical, &io_attempt->decoy)));
    if (str_absent(name->canonical))
        return 0;
    TRY(find_user(ctx, r, name, &user, &found));
    if (!found)
        return 0;
    io_attempt->user_pk = user.pk;
    return find_password(ctx, r, user.pk, &io_attempt->credential, &io_attempt->found);
}

static struct password_record record_of(const struct credential *credential)
{
    return (struct password_record){credential->secret_data, credential->credential_data};
}

/* A record that cannot be read matches nothing (PW-01); then, and where there is none, the time of
 * the decoy is spent. */
static void verify_now(const struct auth_ctx *ctx, const struct password_params *params,
                       struct str password, struct login_attempt *io_attempt)
{
    struct password_record record = record_of(&io_attempt->credential);
    struct password_record decoy = record_of(&io_attempt->decoy);
    struct password_params *with = &io_attempt->hashed_with;
    bool match;
    if (io_attempt->found && password_hash_params(ctx->arena, &record, with) == 0) {
        io_attempt->matched =
            password_hash_verify(ctx->arena, &record, password, &match) == 0 && match;
    } else if (password_hash_params(ctx->arena, &decoy, with) == 0) {
        password_hash_decoy(ctx->arena, &decoy, password);
    } else {
        *with = *params;
        password_hash_dummy(ctx->arena, params, password);
    }
}

/* A new record for the one that was compared, when it is of older parameters. */
static int rehash_now(const struct auth_ctx *ctx, const struct password_params *params,
                      struct str password, struct login_attempt *io_attempt)
{
    struct password_record record = record_of(&io_attempt->credential);
    struct password_record fresh;
    if (!io_attempt->matched || !password_hash_needs_rehash(ctx->arena, &record, params))
        return 0;
    TRY(password_hash_make(ctx->arena, params, password, &fresh));
    io_attempt->rehash = true;
    io_attempt->new_secret_data = fresh.secret_data;
    io_attempt->new_credential_data = fresh.credential_data;
    return 0;
}

/* Whoever is locked or disabled now learns nothing from the hash either: what a match leads to
 * (a new record, tokens made in advance) takes time that could be measured while the lock refuses
 * every password alike (PW-02, PW-04, PW-05). Looked at after the hash, so that guesses that waited
 * for their turn are caught as well, and for every attempt, so that looking tells nothing. */
static int close_if_locked(const struct auth_ctx *ctx, struct login_attempt *io_attempt)
{
    CLEANUP(store_read_end_p) struct store_read *r = NULL;
    struct login_failures failures = {0};
    struct user user = {0};
    TRY(store_read_begin(ctx->view, &r));
    TRY(absent_is_fine(login_failures_find(r, ctx->arena, io_attempt->user_pk, &failures)));
    TRY(absent_is_fine(user_find_by_pk(r, ctx->arena, io_attempt->user_pk, &user)));
    io_attempt->locked = brute_force_locked(auth_realm(ctx), &failures, now_steady_ms(ctx->now));
    if (io_attempt->locked || !user.enabled)
        io_attempt->matched = false;
    return 0;
}

struct comparison {
    const struct auth_ctx *ctx;
    struct password_params params;
    struct str password;
    struct login_attempt *attempt;
    int rc;
};

static int hash_now(struct comparison *c)
{
    verify_now(c->ctx, &c->params, c->password, c->attempt);
    TRY(close_if_locked(c->ctx, c->attempt));
    return rehash_now(c->ctx, &c->params, c->password, c->attempt);
}

static void run_comparison(void *arg)
{
    struct comparison *c = arg;
    c->rc = hash_now(c);
}

/* A realm whose policy cannot be parsed (an old import) hashes with the default. */
static struct password_params params_of(const struct auth_ctx *ctx)
{
    struct password_policy policy;
    if (password_policy_parse(auth_realm(ctx)->password_policy, &policy, NULL) != 0)
        return password_params_default();
    return policy.hashing;
}

int login_compare(const struct auth_ctx *ctx, struct str username, struct str password,
                  struct login_attempt *ret_attempt)
{
    struct login_attempt attempt = {0};
    struct typed_name name = {0};
    /* What comes of it is written in any case: elsewhere, where it is hashed anew. */
    if (store_is_standby(realm_view_store(ctx->view)))
        return ERR_STORE_STANDBY;
    if (str_absent(password))
        password = STR("");
    if (typed_name_read(ctx->arena, str_absent(username) ? STR("") : username, &name, NULL) == 0)
        attempt.username = name.canonical;
    TRY(look_up(ctx, &name, &attempt));
    struct comparison comparison = {ctx, params_of(ctx), password, &attempt, 0};
    TRY(hashing_run(run_comparison, &comparison));
    TRY(comparison.rc);
    *ret_attempt = attempt;
    return 0;
}

static int report_refusal(const struct auth_ctx *ctx, struct store_write *w,
                          const struct login_attempt *attempt, const struct user *user,
                          enum event_type type, struct str error)
{
    struct report report = {
        .type = type,
        .user_id = user->id,
        .username = attempt->username,
        .client_id = attempt->client_id,
    };
    if (str_empty(user->id)) {
        report.subject_kind = STR("realm");
        report.subject_id = auth_realm(ctx)->id;
    }
    report_add(&report, "error", error);
    report_add(&report, "auth_method", attempt->auth_method);
    return report_write(ctx, w, &report);
}

static int disable_user(struct store_write *w, const struct user *user)
{
    struct user locked = *user;
    locked.enabled = false;
    TRY(user_update(w, &locked));
    return action_token_delete_of_user(w, user->pk);
}

static int count_failure(const struct auth_ctx *ctx, struct store_write *w,
                         const struct login_attempt *attempt, const struct user *user,
                         struct login_failures *failures)
{
    if (!auth_realm(ctx)->brute_force_protected)
        return 0;
    failures->last_ip = ctx->actor.ip;
    enum lockout lockout = brute_force_count(auth_realm(ctx), failures, now_steady_ms(ctx->now));
    TRY(login_failures_put(w, user->pk, failures));
    if (lockout == LOCKOUT_PERMANENT) {
        TRY(disable_user(w, user));
        return report_refusal(ctx, w, attempt, user, EVENT_UserPermanentlyLockedOut,
                              STR("user_disabled_by_permanent_lockout"));
    }
    if (lockout == LOCKOUT_TEMPORARY)
        return report_refusal(ctx, w, attempt, user, EVENT_UserLockedOut,
                              STR("user_disabled_by_temporary_lockout"));
    return 0;
}

/* The record is still the one that was compared: a password changed meanwhile is not accepted. */
static int still_current(const struct auth_ctx *ctx, struct store_read *r,
                         const struct login_attempt *attempt, bool *ret_current)
{
    struct credential now;
    bool found;
    *ret_current = false;
    if (!attempt->found)
        return 0;
    TRY(find_password(ctx, r, attempt->user_pk, &now, &found));
    *ret_current = found && now.pk == attempt->credential.pk &&
                   str_eq(now.secret_data, attempt->credential.secret_data);
    return 0;
}

static int store_rehash(struct store_write *w, const struct login_attempt *attempt)
{
    if (!attempt->rehash)
        return 0;
    struct credential credential = attempt->credential;
    credential.secret_data = attempt->new_secret_data;
    credential.credential_data = attempt->new_credential_data;
    return credential_update(w, &credential);
}

/* MF-02: wrong codes count for who has a second factor, and a password alone, at a client that asks for
 * no more, does not take them back. */
static int forgets_failures(struct store_write *w, const struct login_attempt *attempt,
                            const struct user *user, const struct login_failures *failures,
                            bool *ret_forgets)
{
    bool any =
        failures->count > 0 || failures->temporary_lockouts > 0 || failures->locked_until_ms > 0;
    bool has_otp = false;
    *ret_forgets = any && attempt->factors != LOGIN_BY_PASSWORD_FIRST;
    if (*ret_forgets && attempt->factors == LOGIN_BY_PASSWORD)
        TRY(credential_exists(store_write_reader(w), user->pk, STR(CREDENTIAL_OTP), &has_otp));
    *ret_forgets &= !has_otp;
    return 0;
}

static int accept(struct store_write *w, const struct login_attempt *attempt,
                  const struct user *user, const struct login_failures *failures)
{
    bool forgets;
    TRY(forgets_failures(w, attempt, user, failures, &forgets));
    if (forgets)
        TRY(login_failures_clear(w, user->pk));
    return store_rehash(w, attempt);
}

static int load_failures(const struct auth_ctx *ctx, struct store_write *w, int64_t user_pk,
                         struct login_failures *ret_failures)
{
    *ret_failures = (struct login_failures){0};
    return absent_is_fine(
        login_failures_find(store_write_reader(w), ctx->arena, user_pk, ret_failures));
}

static int judge(const struct auth_ctx *ctx, struct store_write *w,
                 const struct login_attempt *attempt, bool *ret_right)
{
    bool current = true;
    bool before = attempt->factors == LOGIN_BY_OTP || attempt->factors == LOGIN_BY_NEW_OTP;
    if (!before)
        TRY(still_current(ctx, store_write_reader(w), attempt, &current));
    *ret_right = current && (attempt->matched || before);
    if (!*ret_right || attempt->factors == LOGIN_BY_PASSWORD ||
        attempt->factors == LOGIN_BY_PASSWORD_FIRST)
        return 0;
    if (attempt->factors == LOGIN_BY_NEW_OTP)
        return otp_setup_store(ctx, w, attempt->user_pk, attempt->setup, attempt->setup_label,
                               attempt->otp, ret_right);
    return otp_spend(ctx, w, attempt->user_pk, attempt->otp, ret_right);
}

/* PW-02: the lock is looked at here, where writers are alone. However many guesses were hashed side
 * by side, only as many as the limit allows are ever answered by their password. */
static int decide_known(const struct auth_ctx *ctx, struct store_write *w,
                        const struct login_attempt *attempt, const struct user *user,
                        enum login_verdict *ret_verdict)
{
    struct login_failures failures;
    enum event_type refusal = attempt->factors == LOGIN_BY_NEW_OTP ? EVENT_OtpConfigurationFailed
                                                                   : EVENT_UserLoginAttempted;
    bool right;
    *ret_verdict = LOGIN_REFUSED;
    TRY(load_failures(ctx, w, user->pk, &failures));
    if (attempt->locked || brute_force_locked(auth_realm(ctx), &failures, now_steady_ms(ctx->now)))
        return report_refusal(ctx, w, attempt, user, refusal, STR("user_temporarily_disabled"));
    if (!user->enabled)
        return report_refusal(ctx, w, attempt, user, refusal, STR("user_disabled"));
    TRY(judge(ctx, w, attempt, &right));
    if (!right) {
        TRY(report_refusal(ctx, w, attempt, user, refusal, STR("invalid_user_credentials")));
        return count_failure(ctx, w, attempt, user, &failures);
    }
    TRY(accept(w, attempt, user, &failures));
    *ret_verdict = LOGIN_ACCEPTED;
    return 0;
}

int login_decide(const struct auth_ctx *ctx, struct store_write *w,
                 const struct login_attempt *attempt, enum login_verdict *ret_verdict,
                 struct user *ret_user)
{
    struct user user = {0};
    int rc = ERR_NOT_FOUND;
    if (attempt->user_pk != 0)
        rc = user_find_by_pk(store_write_reader(w), ctx->arena, attempt->user_pk, &user);
    TRY(absent_is_fine(rc));
    if (rc == ERR_NOT_FOUND) {
        *ret_verdict = LOGIN_REFUSED;
        return report_refusal(ctx, w, attempt, &user, EVENT_UserLoginAttempted,
                              STR("user_not_found"));
    }
    TRY(decide_known(ctx, w, attempt, &user, ret_verdict));
    if (*ret_verdict == LOGIN_ACCEPTED)
        *ret_user = user;
    return 0;
}

static int password_expired(const struct auth_ctx *ctx, struct store_read *r, int64_t user_pk,
                            bool *ret_expired)
{
    struct password_policy policy;
    struct credential credential;
    bool found;
    *ret_expired = false;
    if (password_policy_parse(auth_realm(ctx)->password_policy, &policy, NULL) != 0 ||
        policy.expire_days == 0)
        return 0;
    TRY(find_password(ctx, r, user_pk, &credential, &found));
    *ret_expired =
        found && ctx->now->wall_ms - credential.created_ms > policy.expire_days * MS_PER_DAY;
    return 0;
}

static bool is_due(const struct auth_ctx *ctx, struct str action)
{
    return required_action_is_due(realm_view_required_actions(ctx->view), action);
}

static bool is_due_of(const struct auth_ctx *ctx, const struct user *user, struct str action)
{
    bool proof = str_eq(action, STR(REQUIRED_ACTION_VERIFY_EMAIL));
    /* As Keycloak: nothing is left to prove, or nothing there is to prove. */
    if (proof && (user->email_verified || str_empty(user->email)))
        return false;
    return is_due(ctx, action);
}

/* The realm wants every address proved. */
static bool wants_proof(const struct auth_ctx *ctx, const struct user *user)
{
    return auth_realm(ctx)->verify_email && str_empty(user->service_account_client_id) &&
           is_due_of(ctx, user, STR(REQUIRED_ACTION_VERIFY_EMAIL));
}

bool login_has_actions(const struct auth_ctx *ctx, const struct user *user)
{
    for (size_t i = 0; i < user->required_actions.count; i++)
        if (is_due_of(ctx, user, user->required_actions.items[i]))
            return true;
    return wants_proof(ctx, user);
}

int login_actions_due(const struct auth_ctx *ctx, struct store_read *r, const struct user *user,
                      struct strs *ret_actions)
{
    struct strs actions = {0};
    struct str update = STR(REQUIRED_ACTION_UPDATE_PASSWORD);
    struct str prove = STR(REQUIRED_ACTION_VERIFY_EMAIL);
    bool expired;
    for (size_t i = 0; i < user->required_actions.count; i++)
        if (is_due_of(ctx, user, user->required_actions.items[i]))
            TRY(strs_add(&actions, ctx->arena, user->required_actions.items[i]));
    TRY(password_expired(ctx, r, user->pk, &expired));
    if (expired && !strs_has(&actions, update))
        TRY(strs_add(&actions, ctx->arena, update));
    if (wants_proof(ctx, user) && !strs_has(&actions, prove))
        TRY(strs_add(&actions, ctx->arena, prove));
    *ret_actions = actions;
    return 0;
}
