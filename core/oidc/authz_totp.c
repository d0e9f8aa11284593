/* The page on which somebody sets up one-time passwords. The secret lives in the sealed state of this login and
 * nowhere else, until a right code makes it a credential. */
#include "core/oidc/authz_flow.h"

#include "core/auth/login.h"
#include "core/auth/report.h"
#include "core/auth/user_actions.h"
#include "core/port/sessions.h"
#include "core/port/users.h"

#include "core/base/banned.h"

/* --- showing it --- */

static int read_label_needed(struct flow *f, const struct who *who, bool *ret_needed)
{
    CLEANUP(store_read_end_p) struct store_read *r = NULL;
    TRY(store_read_begin(f->ctx->view, &r));
    return credential_exists(r, who->user.pk, STR(CREDENTIAL_OTP), ret_needed);
}

int flow_show_totp(struct flow *f, const struct who *who, const struct totp_page *again)
{
    struct authz_step *step = f->step;
    struct otp_setup *setup = &f->state.setup;
    if (str_absent(setup->key))
        TRY(otp_setup_begin(f->ctx, setup));
    step->kind = AUTHZ_STEP_CONFIGURE_TOTP;
    step->username = who->user.username;
    step->may_cancel = flow_is_asked(f, REQUIRED_ACTION_CONFIGURE_TOTP);
    step->totp = again ? *again : (struct totp_page){.end_sessions = true}; /* as Keycloak */
    TRY(otp_setup_face(f->ctx, setup, &who->user, &step->totp.face));
    TRY(read_label_needed(f, who, &step->totp.label_needed));
    return flow_seal(f, LOGIN_STAGE_TOTP, who);
}

/* --- storing it --- */

struct totp_try {
    const struct authz_totp_form *form;
    struct login_attempt attempt;
    struct who who; /* as after it */
    bool had_otp;   /* shown in this login, before */
    enum next next;
    struct finish fin;
};

/* MF-04: the person as he is in this transaction, with no device that this login has not shown. */
static int check_person(const struct flow *f, struct store_write *w, const struct totp_try *t)
{
    struct store_read *r = store_write_reader(w);
    struct user user;
    bool has;
    TRY(flow_check_person(f, r, &t->who, &user));
    TRY(credential_exists(r, user.pk, STR(CREDENTIAL_OTP), &has));
    return has && !t->had_otp ? ERR_SESSION_NOT_ACTIVE : 0;
}

static int end_other_sessions(const struct flow *f, struct store_write *w, const struct totp_try *t)
{
    bool spare =
        f->has_sso && f->sso.user_pk == t->who.user.pk && !session_is_impersonated(&f->sso);
    int64_t ended;
    if (!t->form->end_sessions)
        return 0;
    return session_delete_of_user(w, t->who.user.pk, spare ? f->sso.pk : 0, &ended);
}

static int report_done(const struct flow *f, struct store_write *w, const struct totp_try *t)
{
    struct report report = {
        .type = EVENT_OtpConfigured,
        .user_id = t->who.user.id,
        .username = t->who.user.username,
        .client_id = f->request.client_id,
    };
    report_add(&report, "credential_type", STR(CREDENTIAL_OTP));
    report_add(&report, "credential", f->state.setup.id);
    return report_write(f->ctx, w, &report);
}

static int store_done(struct flow *f, struct store_write *w, struct totp_try *t)
{
    TRY(user_action_set(f->ctx, w, t->who.user.pk, STR(REQUIRED_ACTION_CONFIGURE_TOTP), false));
    TRY(end_other_sessions(f, w, t));
    TRY(report_done(f, w, t));
    if (t->next != NEXT_FINISH || flow_is_not_the_hinted(f, &t->who))
        return 0;
    TRY(flow_spend_login(f, w, &t->who));
    return finish_store(f, w, &t->who, &t->fin);
}

/* One transaction: the verdict with its failures and events, the credential, and this login when it is
 * complete. */
static int store(struct flow *f, struct totp_try *t, enum login_verdict *ret_verdict)
{
    CLEANUP(store_rollback_p) struct store_write *w = NULL;
    struct user user;
    TRY(store_write_begin(f->ctx->view, f->ctx->now, &w));
    TRY(check_person(f, w, t));
    TRY(login_decide(f->ctx, w, &t->attempt, ret_verdict, &user));
    if (*ret_verdict == LOGIN_ACCEPTED)
        TRY(store_done(f, w, t));
    else
        TRY(otp_setup_count_wrong(f->ctx, w, &f->state.setup));
    return store_commit_p(&w, DURABLE_STANDBY);
}

static int show_again(struct flow *f, const struct totp_try *t, const char *problem,
                      bool code_is_wrong)
{
    const struct totp_page page = {
        .problem = problem,
        .code_is_wrong = code_is_wrong,
        .label = t->form->label,
        .end_sessions = t->form->end_sessions,
    };
    struct who who = t->who;
    who.otp = t->had_otp;
    return flow_show_totp(f, &who, &page);
}

static int set_up(struct flow *f, struct totp_try *t)
{
    const struct plan_options options = {.totp_done = true};
    enum login_verdict verdict;
    t->attempt = (struct login_attempt){
        .factors = LOGIN_BY_NEW_OTP,
        .otp = t->form->code,
        .setup = &f->state.setup,
        .setup_label = t->form->label,
        .username = t->who.user.username,
        .user_pk = t->who.user.pk,
        .client_id = f->request.client_id,
        .auth_method = STR("openid-connect"),
    };
    t->who.otp = true; /* if it is right */
    TRY(flow_plan_for_page(f, &t->who, &options, &t->next, &t->fin));
    int rc = store(f, t, &verdict);
    if (rc == ERR_SESSION_NOT_ACTIVE)
        return flow_show_login(f, 0, str_of(NULL, 0));
    TRY(rc);
    if (verdict == LOGIN_REFUSED)
        return show_again(f, t, "invalidTotpMessage", true);
    if (flow_is_asked(f, REQUIRED_ACTION_CONFIGURE_TOTP))
        f->state.action_status = ACTION_SUCCESS;
    if (flow_is_not_the_hinted(f, &t->who))
        return flow_refuse(f, ERR_LOGIN_REQUIRED);
    if (t->next != NEXT_FINISH)
        return flow_show(f, &t->who, t->next);
    finish_reply(f, &t->fin);
    return 0;
}

/* --- the page was sent --- */

static int look(struct flow *f, const struct totp_try *t, bool *ret_spent, const char **ret_key)
{
    CLEANUP(store_read_end_p) struct store_read *r = NULL;
    TRY(store_read_begin(f->ctx->view, &r));
    TRY(otp_setup_is_spent(f->ctx->arena, r, &f->state.setup, ret_spent));
    return otp_setup_label_problem(f->ctx, r, t->who.user.pk, t->form->label, ret_key);
}

/* WE-12: a page that is sent again or late, after another tab was quicker, sets nothing up. */
static int go_on(struct flow *f, struct totp_try *t)
{
    return flow_go_on(f, &t->who, t->next, &t->fin);
}

int authz_configure_totp(const struct auth_ctx *ctx, const struct authz_browser *browser,
                         const struct authz_totp_form *form, struct authz_step *ret_step)
{
    struct flow f;
    struct totp_try t = {.form = form, .next = NEXT_LOGIN};
    const struct plan_options none = {0};
    const char *problem;
    bool done, found, spent;
    flow_init(&f, ctx, browser, ret_step);
    TRY(flow_reopen_at(&f, form->state, LOGIN_STAGE_TOTP, &done));
    if (done)
        return 0;
    TRY(flow_load_for_page(&f, &t.who, &found));
    if (!found)
        return flow_show_login(&f, 0, str_of(NULL, 0));
    t.had_otp = t.who.otp;
    TRY(flow_plan_for_page(&f, &t.who, &none, &t.next, &t.fin));
    if (t.next != NEXT_TOTP)
        return go_on(&f, &t);
    TRY(look(&f, &t, &spent, &problem));
    if (spent)
        return flow_error(&f, ERR_SEAL);
    if (problem)
        return show_again(&f, &t, problem, false);
    if (str_empty(form->code))
        return show_again(&f, &t, "missingTotpMessage", true);
    return set_up(&f, &t);
}
