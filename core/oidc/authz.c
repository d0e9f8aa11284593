/* The authorization endpoint and its pages: reading what came, deciding, storing, answering. */
#include "core/oidc/authz.h"

#include "core/auth/flow_rules.h"
#include "core/auth/login.h"
#include "core/auth/report.h"
#include "core/oidc/authz_flow.h"
#include "core/oidc/client_rules.h"
#include "core/oidc/par.h"
#include "core/port/users.h"

#include "core/base/banned.h"

/* --- beginning and reopening --- */

void flow_init(struct flow *f, const struct auth_ctx *ctx, const struct authz_browser *browser,
               struct authz_step *step)
{
    *step = (struct authz_step){.sso_cookie_max_age_s = -1};
    *f = (struct flow){.ctx = ctx, .browser = browser, .step = step};
}

static bool is_of_machine(int rc)
{
    return rc == ERR_NO_MEMORY || rc == ERR_INTERNAL || rc == ERR_OVERLOADED ||
           rc == ERR_UPSTREAM || rc == ERR_TIMEOUT ||
           (rc >= ERR_STORE_BUSY && rc <= ERR_STORE_VERSION);
}

/* *ret_done: the step says already that nothing can be done. */
static int read_request(struct flow *f, const struct form *form, bool *ret_done)
{
    enum authz_failure failure = AUTHZ_FAILURE_PAGE;
    int rc = flow_is_of_device(f) ? authz_request_parse_device(f->ctx, form, &f->request)
                                  : authz_request_parse(f->ctx, form, &f->request, &failure);
    f->step->client = f->request.client;
    f->step->ui_locales = f->request.ui_locales;
    f->step->redirect_uri = f->request.redirect_uri;
    *ret_done = rc != 0;
    if (rc == 0)
        return scopes_resolve(f->ctx, f->request.client, f->request.scope, &f->scopes);
    if (is_of_machine(rc))
        return rc;
    return failure == AUTHZ_FAILURE_PAGE ? flow_error(f, rc) : flow_refuse(f, rc);
}

/* OX-01: what a client pushed takes the place of the parameters, once. */
static int read_pushed(struct flow *f, const struct form *form, struct form *ret_form,
                       bool *ret_pushed, bool *ret_done)
{
    int rc = par_redeem(f->ctx, form, ret_form, ret_pushed);
    *ret_done = rc == ERR_INVALID_REQUEST_URI;
    return *ret_done ? flow_error(f, rc) : rc;
}

/* A request that just came, and not out of a page of ours. */
static int read_new_request(struct flow *f, const struct form *form, bool *ret_done)
{
    struct form meant;
    bool pushed;
    TRY(read_pushed(f, form, &meant, &pushed, ret_done));
    if (*ret_done)
        return 0;
    TRY(read_request(f, &meant, ret_done));
    if (*ret_done || pushed)
        return 0;
    int rc = client_rules_unpushed(f->ctx, &f->request);
    *ret_done = rc != 0;
    return rc == 0 || is_of_machine(rc) ? rc : flow_refuse(f, rc);
}

/* A page was sent: its state must be ours, of this browser, in time and of that stage (WE-12); the
 * request inside is checked as if it came now (OA-07). */
int flow_reopen(struct flow *f, struct str sealed, bool *ret_done)
{
    struct form form;
    int rc =
        login_state_open(f->ctx, LOGIN_STATE_LOGIN, sealed, f->browser->login_cookie, &f->state);
    *ret_done = true;
    if (rc == ERR_SEAL || rc == ERR_CSRF || rc == ERR_TOKEN_EXPIRED)
        return flow_error(f, rc);
    TRY(rc);
    f->step->language = f->state.language;
    TRY(form_parse(f->ctx->arena, f->state.request, NULL, &form, NULL));
    return read_request(f, &form, ret_done);
}

int flow_reopen_at(struct flow *f, struct str sealed, enum login_stage stage, bool *ret_done)
{
    TRY(flow_reopen(f, sealed, ret_done));
    if (*ret_done || f->state.stage == stage)
        return 0;
    *ret_done = true;
    return flow_error(f, ERR_SEAL);
}

/* The browser's session vouches: the one of the state, or the one that this login became. */
static int load_who_of_session(struct flow *f, struct who *ret_who, bool *ret_found)
{
    bool same = str_absent(f->state.session_id) ? str_eq(f->sso_user.id, f->state.user_id)
                                                : str_eq(f->sso.id, f->state.session_id);
    *ret_found = f->has_sso && same && flow_takes_session(f->ctx, f->request.client);
    if (*ret_found)
        *ret_who = flow_who_of_session(f);
    return 0;
}

/* The person of the state, if what vouched for him then does so now. */
static int load_who(struct flow *f, struct store_read *r, struct who *ret_who, bool *ret_found)
{
    struct who who = {.fresh = f->state.auth_time_ms > 0,
                      .auth_time_ms = f->state.auth_time_ms,
                      .proof = f->state.proof,
                      .otp = f->state.otp};
    bool spent = false;
    *ret_found = false;
    if (who.fresh)
        TRY(flow_login_is_spent(f, r, &spent));
    if (!who.fresh || spent)
        return load_who_of_session(f, ret_who, ret_found);
    int rc = user_find_by_id(r, f->ctx->arena, f->state.user_id, &who.user);
    if (rc == 0)
        rc = flow_check_person(f, r, &who, &who.user);
    if (rc == ERR_NOT_FOUND || rc == ERR_SESSION_NOT_ACTIVE)
        return 0;
    TRY(rc);
    *ret_who = who;
    *ret_found = true;
    return 0;
}

/* --- finishing --- */

bool flow_is_not_the_hinted(const struct flow *f, const struct who *who)
{
    return f->has_hint && !str_absent(f->hint_sub) && !str_eq(f->hint_sub, who->user.id);
}

static int store_finish(struct flow *f, const struct who *who, bool consent_given,
                        struct finish *fin)
{
    CLEANUP(store_rollback_p) struct store_write *w = NULL;
    TRY(store_write_begin(f->ctx->view, f->ctx->now, &w));
    TRY(flow_spend_login(f, w, who));
    TRY(finish_store(f, w, who, fin));
    if (consent_given && f->request.client->consent_required)
        TRY(consent_grant(f->ctx, w, &who->user, f->request.client, &f->scopes));
    return store_commit_p(&w, DURABLE_STANDBY);
}

int flow_finish_now(struct flow *f, const struct who *who, bool consent_given, struct finish *fin)
{
    if (flow_is_not_the_hinted(f, who))
        return flow_refuse(f, ERR_LOGIN_REQUIRED);
    int rc = store_finish(f, who, consent_given, fin);
    if (rc == ERR_INVALID_GRANT) /* the device is let in already, or its time is over */
        return flow_error(f, rc);
    if (rc == ERR_SESSION_NOT_ACTIVE) {
        f->has_sso = false;
        return flow_show(f, who, NEXT_LOGIN);
    }
    TRY(rc);
    finish_reply(f, fin);
    return 0;
}

int flow_go_on(struct flow *f, const struct who *who, enum next next, struct finish *fin)
{
    return next == NEXT_FINISH ? flow_finish_now(f, who, false, fin) : flow_show(f, who, next);
}

/* Plans in one read, and prepares the end when that is what comes. */
static int plan(struct flow *f, struct store_read *r, const struct who *who,
                const struct plan_options *options, enum next *ret_next, struct finish *ret_finish)
{
    TRY(flow_plan(f, r, who, options, ret_next));
    if (*ret_next != NEXT_FINISH)
        return 0;
    return finish_prepare(f, r, who, ret_finish);
}

/* --- GET /auth --- */

static int begin_read(struct flow *f, struct who *who, enum next *ret_next,
                      struct finish *ret_finish)
{
    CLEANUP(store_read_end_p) struct store_read *r = NULL;
    struct plan_options options = {0};
    TRY(store_read_begin(f->ctx->view, &r));
    TRY(flow_load_browser(f, r));
    *ret_next = NEXT_LOGIN;
    if (flow_needs_login(f))
        return 0;
    *who = flow_who_of_session(f);
    return plan(f, r, who, &options, ret_next, ret_finish);
}

static int begin(struct flow *f)
{
    struct who who = {0};
    struct finish fin = {0};
    enum next next;
    TRY(begin_read(f, &who, &next, &fin));
    return flow_go_on(f, &who, next, &fin);
}

int authz_begin(const struct auth_ctx *ctx, const struct form *form,
                const struct authz_browser *browser, struct authz_step *ret_step)
{
    struct flow f;
    bool done;
    flow_init(&f, ctx, browser, ret_step);
    TRY(read_new_request(&f, form, &done));
    return done ? 0 : begin(&f);
}

int authz_device(const struct auth_ctx *ctx, const struct authz_browser *browser, struct str typed,
                 struct authz_step *ret_step)
{
    struct flow f;
    struct form form;
    bool done;
    flow_init(&f, ctx, browser, ret_step);
    int rc = flow_find_device(&f, typed, &form);
    if (rc == ERR_INVALID_GRANT) {
        ret_step->kind = AUTHZ_STEP_DEVICE_CODE;
        ret_step->err = rc;
        return 0;
    }
    TRY(rc);
    TRY(read_request(&f, &form, &done));
    return done ? 0 : begin(&f);
}

/* --- the password page --- */

struct login_try {
    struct login_attempt attempt;
    struct who who;
    enum next next;
    struct finish fin;
    bool prepared;
};

/* Reads for the case that the password is right; says nothing about it yet. */
static int prepare_login(struct flow *f, struct login_try *t)
{
    CLEANUP(store_read_end_p) struct store_read *r = NULL;
    struct plan_options options = {0};
    TRY(store_read_begin(f->ctx->view, &r));
    TRY(flow_load_browser(f, r));
    if (!t->attempt.matched)
        return 0;
    int rc = user_find_by_pk(r, f->ctx->arena, t->attempt.user_pk, &t->who.user);
    if (rc == ERR_NOT_FOUND)
        return 0;
    TRY(rc);
    t->who.fresh = true;
    t->who.auth_time_ms = f->ctx->now->wall_ms;
    t->who.proof = login_proof_of(&t->attempt);
    t->prepared = t->who.user.enabled;
    if (t->prepared)
        TRY(plan(f, r, &t->who, &options, &t->next, &t->fin));
    t->attempt.factors = t->next == NEXT_OTP ? LOGIN_BY_PASSWORD_FIRST : LOGIN_BY_PASSWORD;
    return 0;
}

/* OI-02: where somebody is to prove himself again, it must be him. */
static bool is_other_person(const struct flow *f, const struct user *user)
{
    bool again = (f->request.prompt & PROMPT_LOGIN) || f->request.max_age_s != AUTHZ_NO_MAX_AGE ||
                 !str_empty(f->request.kc_action);
    return again && !(f->request.prompt & PROMPT_SELECT_ACCOUNT) && f->has_sso &&
           f->sso.user_pk != user->pk;
}

enum login_outcome { OUTCOME_REFUSED, OUTCOME_NEXT_PAGE, OUTCOME_FINISHED };

static int decide_login(struct flow *f, struct store_write *w, struct login_try *t,
                        enum login_outcome *ret_outcome)
{
    enum login_verdict verdict;
    struct user user;
    *ret_outcome = OUTCOME_REFUSED;
    TRY(login_decide(f->ctx, w, &t->attempt, &verdict, &user));
    if (verdict == LOGIN_REFUSED || !t->prepared || is_other_person(f, &user))
        return 0;
    *ret_outcome = OUTCOME_NEXT_PAGE;
    if (t->next != NEXT_FINISH || flow_is_not_the_hinted(f, &t->who))
        return 0;
    *ret_outcome = OUTCOME_FINISHED;
    return finish_store(f, w, &t->who, &t->fin);
}

static int store_login(struct flow *f, struct login_try *t, enum login_outcome *ret_outcome)
{
    CLEANUP(store_rollback_p) struct store_write *w = NULL;
    TRY(store_write_begin(f->ctx->view, f->ctx->now, &w));
    TRY(decide_login(f, w, t, ret_outcome));
    return store_commit_p(&w, DURABLE_STANDBY);
}

static int judge_login(struct flow *f, struct login_try *t, struct str username)
{
    enum login_outcome outcome;
    int rc = store_login(f, t, &outcome);
    if (rc == ERR_SESSION_NOT_ACTIVE) /* disabled or given an action in this very moment */
        return flow_show_login(f, 0, username);
    TRY(rc);
    if (outcome == OUTCOME_REFUSED)
        return flow_show_login(f, ERR_INVALID_CREDENTIALS, username);
    if (flow_is_not_the_hinted(f, &t->who))
        return flow_refuse(f, ERR_LOGIN_REQUIRED);
    if (outcome == OUTCOME_NEXT_PAGE)
        return flow_show(f, &t->who, t->next);
    finish_reply(f, &t->fin);
    return 0;
}

int authz_login(const struct auth_ctx *ctx, const struct authz_browser *browser,
                const struct authz_login_form *form, struct authz_step *ret_step)
{
    struct flow f;
    struct login_try t = {.next = NEXT_LOGIN};
    bool done;
    flow_init(&f, ctx, browser, ret_step);
    TRY(flow_reopen_at(&f, form->state, LOGIN_STAGE_PASSWORD, &done));
    if (done)
        return 0;
    if (!flow_takes_password(ctx, f.request.client))
        return flow_show_login(&f, 0, str_of(NULL, 0)); /* which says no */
    f.state.remember_me = form->remember_me && auth_realm(ctx)->remember_me;
    TRY(login_compare(ctx, form->username, form->password, &t.attempt));
    t.attempt.client_id = f.request.client_id;
    t.attempt.auth_method = STR("openid-connect");
    TRY(prepare_login(&f, &t));
    return judge_login(&f, &t, str_absent(form->username) ? STR("") : form->username);
}

/* --- the pages behind it --- */

int flow_load_for_page(struct flow *f, struct who *ret_who, bool *ret_found)
{
    CLEANUP(store_read_end_p) struct store_read *r = NULL;
    TRY(store_read_begin(f->ctx->view, &r));
    TRY(flow_load_browser(f, r));
    return load_who(f, r, ret_who, ret_found);
}

int flow_plan_for_page(struct flow *f, const struct who *who, const struct plan_options *options,
                       enum next *ret_next, struct finish *ret_finish)
{
    CLEANUP(store_read_end_p) struct store_read *r = NULL;
    TRY(store_read_begin(f->ctx->view, &r));
    return plan(f, r, who, options, ret_next, ret_finish);
}

/* --- the page for the one-time password --- */

static int store_otp(struct flow *f, struct login_try *t, enum login_outcome *ret_outcome)
{
    CLEANUP(store_rollback_p) struct store_write *w = NULL;
    enum login_verdict verdict;
    struct user user;
    *ret_outcome = OUTCOME_REFUSED;
    TRY(store_write_begin(f->ctx->view, f->ctx->now, &w));
    TRY(login_decide(f->ctx, w, &t->attempt, &verdict, &user));
    if (verdict == LOGIN_ACCEPTED) {
        bool ends = t->next == NEXT_FINISH && !flow_is_not_the_hinted(f, &t->who);
        *ret_outcome = ends ? OUTCOME_FINISHED : OUTCOME_NEXT_PAGE;
        if (ends)
            TRY(flow_spend_login(f, w, &t->who));
        if (ends)
            TRY(finish_store(f, w, &t->who, &t->fin));
    }
    return store_commit_p(&w, DURABLE_STANDBY);
}

static int judge_otp(struct flow *f, struct login_try *t)
{
    enum login_outcome outcome;
    int rc = store_otp(f, t, &outcome);
    if (rc == ERR_SESSION_NOT_ACTIVE)
        return flow_show_login(f, 0, str_of(NULL, 0));
    TRY(rc);
    if (outcome == OUTCOME_REFUSED) {
        t->who.otp = false;
        return flow_show_otp(f, &t->who, ERR_INVALID_CREDENTIALS);
    }
    if (flow_is_not_the_hinted(f, &t->who))
        return flow_refuse(f, ERR_LOGIN_REQUIRED);
    if (outcome == OUTCOME_NEXT_PAGE)
        return flow_show(f, &t->who, t->next);
    finish_reply(f, &t->fin);
    return 0;
}

int authz_otp(const struct auth_ctx *ctx, const struct authz_browser *browser, struct str state,
              struct str otp, struct authz_step *ret_step)
{
    struct flow f;
    struct login_try t = {.next = NEXT_LOGIN};
    struct plan_options none = {0};
    bool done, found;
    flow_init(&f, ctx, browser, ret_step);
    TRY(flow_reopen_at(&f, state, LOGIN_STAGE_OTP, &done));
    if (done)
        return 0;
    TRY(flow_load_for_page(&f, &t.who, &found));
    if (!found || !t.who.fresh)
        return flow_show_login(&f, 0, str_of(NULL, 0));
    t.attempt = (struct login_attempt){
        .factors = LOGIN_BY_OTP,
        .otp = otp,
        .username = t.who.user.username,
        .user_pk = t.who.user.pk,
        .client_id = f.request.client_id,
        .auth_method = STR("openid-connect"),
    };
    t.who.otp = true; /* if it is right */
    TRY(flow_plan_for_page(&f, &t.who, &none, &t.next, &t.fin));
    return judge_otp(&f, &t);
}

/* --- the consent page --- */

int flow_deny(struct flow *f, const struct who *who, enum event_type type)
{
    CLEANUP(store_rollback_p) struct store_write *w = NULL;
    struct report report = {
        .type = type,
        .user_id = who->user.id,
        .username = who->user.username,
        .client_id = f->request.client_id,
    };
    report_add(&report, "error", STR("rejected_by_user"));
    TRY(store_write_begin(f->ctx->view, f->ctx->now, &w));
    int rc = flow_spend_login(f, w, who);
    if (rc != ERR_SESSION_NOT_ACTIVE) /* a no that is said twice is still a no */
        TRY(rc);
    if (flow_is_of_device(f)) {
        rc = flow_deny_device(f, w);
        if (rc != ERR_INVALID_GRANT) /* nor does one that comes too late */
            TRY(rc);
    }
    TRY(report_write(f->ctx, w, &report));
    TRY(store_commit_p(&w, DURABLE_STANDBY));
    (void)err_set(f->ctx->err, ERR_ACCESS_DENIED, "User denied access");
    return flow_refuse(f, ERR_ACCESS_DENIED);
}

int authz_consent(const struct auth_ctx *ctx, const struct authz_browser *browser, struct str state,
                  bool accepted, struct authz_step *ret_step)
{
    struct flow f;
    struct who who;
    struct finish fin = {0};
    struct plan_options options = {.consent_given = true};
    enum next next;
    bool done, found;
    flow_init(&f, ctx, browser, ret_step);
    TRY(flow_reopen_at(&f, state, LOGIN_STAGE_CONSENT, &done));
    if (done)
        return 0;
    TRY(flow_load_for_page(&f, &who, &found));
    if (!found)
        return flow_show_login(&f, 0, str_of(NULL, 0));
    if (!accepted && !who.impersonated) /* neither a yes nor a no is the impersonator's to say */
        return flow_deny(&f, &who, EVENT_ConsentDenied);
    TRY(flow_plan_for_page(&f, &who, &options, &next, &fin));
    if (next != NEXT_FINISH)
        return flow_show(&f, &who, next);
    return flow_finish_now(&f, &who, true, &fin);
}

/* --- the same page again --- */

int authz_resume(const struct auth_ctx *ctx, const struct authz_browser *browser, struct str state,
                 struct str language, struct authz_step *ret_step)
{
    struct flow f;
    struct who who;
    bool done, found;
    flow_init(&f, ctx, browser, ret_step);
    TRY(flow_reopen(&f, state, &done));
    if (done)
        return 0;
    if (!str_absent(language)) {
        f.state.language = language;
        ret_step->language = language;
    }
    TRY(flow_load_for_page(&f, &who, &found));
    bool password = f.state.stage == LOGIN_STAGE_PASSWORD;
    if (password || !found || (f.state.stage == LOGIN_STAGE_OTP && !who.fresh))
        return flow_show_login(&f, 0, str_of(NULL, 0));
    if (f.state.stage == LOGIN_STAGE_OTP)
        return flow_show_otp(&f, &who, 0);
    if (f.state.stage == LOGIN_STAGE_ACTION)
        return flow_show_action(&f, &who, NULL);
    if (f.state.stage == LOGIN_STAGE_TOTP)
        return who.fresh ? flow_show_totp(&f, &who, NULL) : flow_show_login(&f, 0, str_of(NULL, 0));
    if (f.state.stage == LOGIN_STAGE_PROFILE)
        return who.fresh ? flow_show_profile(&f, &who) : flow_show_login(&f, 0, str_of(NULL, 0));
    if (f.state.stage == LOGIN_STAGE_TERMS)
        return flow_show_terms(&f, &who);
    if (f.state.stage == LOGIN_STAGE_VERIFY_EMAIL)
        return flow_show_verify_email(&f, &who, false);
    return flow_show_consent(&f, &who);
}
