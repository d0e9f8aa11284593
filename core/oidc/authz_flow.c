/* What comes next, and the pages that say so. */
#include "core/oidc/authz_flow.h"

#include "core/admin/impersonator.h"
#include "core/auth/flow_rules.h"
#include "core/auth/impersonation.h"
#include "core/auth/login.h"
#include "core/codec/json.h"
#include "core/oidc/browser.h"
#include "core/oidc/id_token_hint.h"
#include "core/port/sessions.h"
#include "core/port/users.h"

#include "core/base/banned.h"

#define MS_PER_S 1000

/* --- what the browser brings --- */

/* OI-03: a hint that does not verify says nothing. */
static int load_id_token_hint(struct flow *f)
{
    struct id_token_hint hint;
    struct err_ctx ignored = {0};
    struct auth_ctx quiet = *f->ctx;
    quiet.err = &ignored;
    if (str_empty(f->request.id_token_hint))
        return 0;
    int rc = id_token_hint_check(&quiet, f->request.id_token_hint, &hint);
    f->has_hint = true;
    f->hint_sub = str_of(NULL, 0);
    if (rc == ERR_TOKEN_MALFORMED)
        return 0;
    TRY(rc);
    f->hint_sub = hint.sub;
    return 0;
}

/* Core 3.1.2.2: with a value asked for sub, nobody else may be answered for. Two that differ fit
 * nobody. */
static int load_hint(struct flow *f)
{
    const struct json_value *json;
    TRY(load_id_token_hint(f));
    if (str_empty(f->request.claims))
        return 0;
    TRY(json_parse(f->ctx->arena, f->request.claims, AUTHZ_CLAIMS_MAX_BYTES, &json));
    struct str sub = json_get_str(json_get(json_get(json, "id_token"), "sub"), "value");
    if (str_absent(sub))
        return 0;
    bool agree = !f->has_hint || str_absent(f->hint_sub) || str_eq(f->hint_sub, sub);
    f->has_hint = true;
    f->hint_sub = agree ? sub : STR("");
    return 0;
}

int flow_load_browser(struct flow *f, struct store_read *r)
{
    TRY(load_hint(f));
    int rc = session_load_by_cookie(f->ctx, r, f->browser->sso_cookie, &f->sso, &f->sso_user);
    if (rc == 0)
        rc = impersonator_check(f->ctx, r, &f->sso);
    f->has_sso = rc == 0;
    return rc == ERR_SESSION_NOT_ACTIVE ? 0 : rc;
}

struct who flow_who_of_session(const struct flow *f)
{
    return (struct who){
        .user = f->sso_user,
        .auth_time_ms = f->sso.auth_time_ms,
        .otp = session_has_otp(&f->sso),
        .impersonated = session_is_impersonated(&f->sso),
    };
}

static bool hint_fits(const struct flow *f, const struct user *user)
{
    return !f->has_hint || str_absent(f->hint_sub) || str_eq(f->hint_sub, user->id);
}

static int check_proof(const struct flow *f, struct store_read *r, const struct who *who)
{
    struct password_proof now;
    TRY(login_proof_now(f->ctx, r, who->user.pk, &now));
    return login_proof_holds(&who->proof, &now) ? 0 : ERR_SESSION_NOT_ACTIVE;
}

int flow_check_person(const struct flow *f, struct store_read *r, const struct who *who,
                      struct user *ret_user)
{
    struct user user;
    int rc = user_find_by_pk(r, f->ctx->arena, who->user.pk, &user);
    if (rc == ERR_NOT_FOUND)
        return ERR_SESSION_NOT_ACTIVE;
    TRY(rc);
    if (!session_user_allowed(f->ctx, &user, who->auth_time_ms))
        return ERR_SESSION_NOT_ACTIVE;
    if (who->fresh)
        TRY(check_proof(f, r, who));
    *ret_user = user;
    return 0;
}

bool flow_needs_login(const struct flow *f)
{
    const struct authz_request *q = &f->request;
    if (!f->has_sso || (q->prompt & (PROMPT_LOGIN | PROMPT_SELECT_ACCOUNT)) ||
        !flow_takes_session(f->ctx, q->client))
        return true;
    /* With prompt=none an unusable hint is no proof of who is meant. */
    if (!hint_fits(f, &f->sso_user) ||
        ((q->prompt & PROMPT_NONE) && f->has_hint && str_absent(f->hint_sub)))
        return true;
    int64_t age_s = (f->ctx->now->wall_ms - f->sso.auth_time_ms) / MS_PER_S;
    return q->max_age_s != AUTHZ_NO_MAX_AGE && (q->max_age_s == 0 || age_s > q->max_age_s);
}

/* --- once --- */

#define ONCE_LOGIN "login"

/* The browser, the person and the moment of the password. */
static struct str login_name(const struct flow *f, struct str user_id, int64_t auth_time_ms)
{
    struct arena *a = f->ctx->arena;
    struct str time = arena_printf(a, ":%lld:", (long long)auth_time_ms);
    return str_absent(time) ? time : ARENA_CONCAT(a, user_id, time, f->state.browser_hash);
}

int flow_spend_login(const struct flow *f, struct store_write *w, const struct who *who)
{
    bool first;
    int64_t pages_ms = 2 * auth_realm(f->ctx)->access_code_lifespan_login_s * MS_PER_S;
    if (!who->fresh)
        return 0;
    struct str name = login_name(f, who->user.id, who->auth_time_ms);
    if (str_absent(name))
        return ERR_NO_MEMORY;
    /* No state outlives this: see login_state_open(). */
    TRY(once_spend(w, STR(ONCE_LOGIN), name, f->ctx->now->wall_ms + pages_ms, &first));
    return first ? 0 : ERR_SESSION_NOT_ACTIVE;
}

int flow_login_is_spent(const struct flow *f, struct store_read *r, bool *ret_spent)
{
    struct str name = login_name(f, f->state.user_id, f->state.auth_time_ms);
    if (str_absent(name))
        return ERR_NO_MEMORY;
    return once_is_spent(r, STR(ONCE_LOGIN), name, ret_spent);
}

/* --- steps --- */

int flow_error(struct flow *f, int err)
{
    f->step->kind = AUTHZ_STEP_ERROR;
    f->step->err = err;
    return 0;
}

int flow_refuse(struct flow *f, int err)
{
    if (flow_is_of_device(f)) { /* which has no address: it learns of it when it polls */
        if (err != ERR_ACCESS_DENIED)
            return flow_error(f, err);
        f->step->kind = AUTHZ_STEP_DEVICE_DENIED;
        return 0;
    }
    f->step->kind = AUTHZ_STEP_REPLY;
    if (f->ctx->err->err != err)
        *f->ctx->err = (struct err_ctx){0};
    authz_reply_error(f->ctx, &f->request, err, &f->step->reply);
    return 0;
}

int flow_seal(struct flow *f, enum login_stage stage, const struct who *who)
{
    struct login_state *s = &f->state;
    TRY(browser_bind(f->ctx, f->browser, &s->browser_hash, &f->step->set_login_cookie));
    TRY(authz_request_write(f->ctx->arena, &f->request, &s->request));
    if (stage != LOGIN_STAGE_TOTP) /* another page is no place for the secret */
        s->setup = (struct otp_setup){.id = {NULL, 0}};
    s->stage = stage;
    s->stage_ms = f->ctx->now->wall_ms;
    if (s->created_ms == 0)
        s->created_ms = f->ctx->now->wall_ms;
    if (who) {
        s->user_id = who->user.id;
        s->auth_time_ms = who->fresh ? who->auth_time_ms : 0;
        s->proof = who->fresh ? who->proof : (struct password_proof){0};
        s->otp = who->fresh && who->otp;
        s->session_id = who->fresh ? str_of(NULL, 0) : f->sso.id;
    }
    return login_state_seal(f->ctx, LOGIN_STATE_LOGIN, s, &f->step->state);
}

/* OA-14: a hint from the query is filled in only when it can be a name. */
static struct str name_of_hint(struct str hint)
{
    for (size_t i = 0; i < hint.len; i++) {
        char c = hint.ptr[i];
        bool ok = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  (c != '\0' && strchr("._@+-", c));
        if (!ok)
            return STR("");
    }
    return hint.len <= 255 ? hint : STR("");
}

/* OI-02: who is asked for his password again is the person of the session. */
static bool is_fixed(const struct flow *f)
{
    return f->has_sso && !(f->request.prompt & PROMPT_SELECT_ACCOUNT) && hint_fits(f, &f->sso_user);
}

int flow_show_login(struct flow *f, int err, struct str username)
{
    struct authz_step *step = f->step;
    if (!flow_takes_password(f->ctx, f->request.client)) { /* OA-07: not by an old page either */
        (void)err_set(f->ctx->err, ERR_ACCESS_DENIED, "The login flow has no password form");
        return flow_refuse(f, ERR_ACCESS_DENIED);
    }
    f->state.user_id = str_of(NULL, 0);
    f->state.session_id = str_of(NULL, 0);
    f->state.auth_time_ms = 0;
    f->state.proof = (struct password_proof){0};
    f->state.otp = false;
    step->kind = AUTHZ_STEP_LOGIN;
    step->err = err;
    step->username_fixed = is_fixed(f);
    step->username = step->username_fixed   ? f->sso_user.username
                     : str_absent(username) ? name_of_hint(f->request.login_hint)
                                            : username;
    step->remember_me_offered = auth_realm(f->ctx)->remember_me;
    step->remember_me = f->state.remember_me;
    step->may_reset = flow_takes_reset(f->ctx) && !step->username_fixed;
    return flow_seal(f, LOGIN_STAGE_PASSWORD, NULL);
}

int flow_show_otp(struct flow *f, const struct who *who, int err)
{
    f->step->kind = AUTHZ_STEP_OTP;
    f->step->err = err;
    f->step->username = who->user.username;
    return flow_seal(f, LOGIN_STAGE_OTP, who);
}

int flow_show_action(struct flow *f, const struct who *who, const struct password_problem *problem)
{
    f->step->kind = AUTHZ_STEP_UPDATE_PASSWORD;
    f->step->username = who->user.username;
    f->step->may_cancel = flow_is_asked(f, REQUIRED_ACTION_UPDATE_PASSWORD);
    if (problem) {
        f->step->problem = problem->message;
        f->step->problem_number = problem->number;
    }
    return flow_seal(f, LOGIN_STAGE_ACTION, who);
}

int flow_show_verify_email(struct flow *f, const struct who *who, bool is_new)
{
    f->step->kind = AUTHZ_STEP_VERIFY_EMAIL;
    f->step->username = who->user.username;
    f->step->email = who->user.email;
    f->step->may_cancel = flow_is_asked(f, REQUIRED_ACTION_VERIFY_EMAIL);
    if (is_new)
        f->step->mail_user_id = who->user.id;
    return flow_seal(f, LOGIN_STAGE_VERIFY_EMAIL, who);
}

int flow_show_consent(struct flow *f, const struct who *who)
{
    f->step->kind = AUTHZ_STEP_CONSENT;
    if (flow_is_of_device(f))
        f->step->device = device_user_code_shown(f->ctx->arena, f->state.device);
    f->step->username = who->user.username;
    TRY(consent_items_of(f->ctx->arena, f->request.client, &f->scopes, &f->step->consent));
    return flow_seal(f, LOGIN_STAGE_CONSENT, who);
}

/* The event says who it was. */
static int report_impersonator(const struct flow *f, const struct who *who)
{
    CLEANUP(store_rollback_p) struct store_write *w = NULL;
    struct report report = {
        .type = EVENT_UserLoginAttempted,
        .user_id = who->user.id,
        .username = who->user.username,
        .session_id = f->sso.id,
        .client_id = f->request.client_id,
    };
    report_add(&report, "error", STR("impersonated"));
    TRY(store_write_begin(f->ctx->view, f->ctx->now, &w));
    TRY(impersonation_tell(f->ctx, store_write_reader(w), &f->sso, &report));
    TRY(report_write(f->ctx, w, &report));
    return store_commit_p(&w, DURABLE_STANDBY);
}

static int refuse_impersonator(struct flow *f, const struct who *who)
{
    TRY(report_impersonator(f, who));
    (void)err_set(f->ctx->err, ERR_ACCESS_DENIED, "Only the person may do this");
    return flow_is_of_device(f) ? flow_error(f, ERR_ACCESS_DENIED)
                                : flow_refuse(f, ERR_ACCESS_DENIED);
}

int flow_show(struct flow *f, const struct who *who, enum next next)
{
    bool silent = (f->request.prompt & PROMPT_NONE) != 0;
    switch (next) {
    case NEXT_LOGIN:
        return silent ? flow_refuse(f, ERR_LOGIN_REQUIRED) : flow_show_login(f, 0, str_of(NULL, 0));
    case NEXT_OTP: /* never silent: the password was typed just now */
        return flow_show_otp(f, who, 0);
    case NEXT_TOTP:
        return silent ? flow_refuse(f, ERR_INTERACTION_REQUIRED) : flow_show_totp(f, who, NULL);
    case NEXT_ACTION:
        return silent ? flow_refuse(f, ERR_INTERACTION_REQUIRED) : flow_show_action(f, who, NULL);
    case NEXT_PROFILE:
        return silent ? flow_refuse(f, ERR_INTERACTION_REQUIRED) : flow_show_profile(f, who);
    case NEXT_TERMS:
        return silent ? flow_refuse(f, ERR_INTERACTION_REQUIRED) : flow_show_terms(f, who);
    case NEXT_VERIFY_EMAIL:
        return silent ? flow_refuse(f, ERR_INTERACTION_REQUIRED)
                      : flow_show_verify_email(f, who, true);
    case NEXT_UNSUPPORTED_ACTION:
        return silent ? flow_refuse(f, ERR_INTERACTION_REQUIRED)
                      : flow_error(f, ERR_ACCOUNT_NOT_SET_UP);
    case NEXT_CONSENT:
        return silent ? flow_refuse(f, ERR_CONSENT_REQUIRED) : flow_show_consent(f, who);
    case NEXT_PERSON_ONLY: return refuse_impersonator(f, who);
    case NEXT_FINISH: break;
    }
    return ERR_INTERNAL;
}
