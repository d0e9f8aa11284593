/* The password grant (RFC 6749 4.3), off unless the client allows it. The same path as the login page
 * judges the password (PW-03). */
#include "core/oidc/grant.h"

#include "core/auth/flow_rules.h"
#include "core/auth/login.h"
#include "core/oidc/consent.h"
#include "core/oidc/issue.h"
#include "core/port/users.h"

#include "core/base/banned.h"

struct password_login {
    const struct auth_ctx *ctx;
    const struct client *client;
    const struct form *form;
    struct login_attempt attempt;
    struct subject subject;
    struct issue issue;
    struct granted_scopes scopes; /* as requested, before the user is known */
    bool prepared;                /* tokens are made, if the login is accepted */
    bool actions_due;
};

static int check_request(const struct password_login *p)
{
    if (!p->client->direct_access_grants_enabled)
        return err_set(p->ctx->err, ERR_UNAUTHORIZED_CLIENT,
                       "Client not allowed for direct access grants");
    if (!flow_takes_grant(p->ctx, p->client))
        return err_set(p->ctx->err, ERR_UNAUTHORIZED_CLIENT,
                       "The direct grant flow has no password");
    if (p->client->consent_required)
        return err_set(p->ctx->err, ERR_INVALID_GRANT, "Client requires user consent");
    if (str_empty(form_get(p->form, "username")))
        return err_field(p->ctx->err, ERR_INVALID_REQUEST, "username",
                         "Missing parameter: username");
    return 0;
}

static int prepare_tokens(struct password_login *p, struct store_read *r)
{
    struct subject *s = &p->subject;
    struct session_new from = {
        .user = &s->user,
        .offline = p->scopes.offline,
        .auth_time_ms = p->ctx->now->wall_ms,
        .acr = STR("1"),
        .amr = session_amr(p->attempt.factors == LOGIN_BY_PASSWORD_AND_OTP),
    };
    TRY(session_prepare(p->ctx, &from, &s->session, NULL));
    s->has_session = true;
    s->auth_time_ms = p->ctx->now->wall_ms;
    TRY(subject_load(p->ctx, r, form_get(p->form, "scope"), s));
    /* offline_access may fall away with the user's roles. */
    s->session.offline = s->scopes.offline;
    TRY(issue_tokens(p->ctx, r, s, &p->issue));
    p->prepared = true;
    return 0;
}

/* Tokens are signed before the write transaction, in the expectation that it accepts the login. */
static int prepare(struct password_login *p)
{
    CLEANUP(store_read_end_p) struct store_read *r = NULL;
    struct flow_factors factors;
    struct strs actions;
    if (!p->attempt.matched)
        return 0;
    TRY(store_read_begin(p->ctx->view, &r));
    int rc = user_find_by_pk(r, p->ctx->arena, p->attempt.user_pk, &p->subject.user);
    if (rc == ERR_NOT_FOUND)
        return 0;
    TRY(rc);
    TRY(login_actions_due(p->ctx, r, &p->subject.user, &actions));
    TRY(flow_factors_of(p->ctx, r, p->client, FLOW_FOR_DIRECT_GRANT, p->subject.user.pk, &factors));
    p->attempt.factors = factors.otp ? LOGIN_BY_PASSWORD_AND_OTP : LOGIN_BY_PASSWORD;
    p->actions_due = actions.count > 0 || factors.unknown || factors.otp_missing;
    if (p->actions_due || !p->subject.user.enabled)
        return 0;
    return prepare_tokens(p, r);
}

static int store_login(struct password_login *p, struct store_write *w)
{
    struct client_session cs;
    struct report report = {
        .type = EVENT_UserLoggedIn,
        .user_id = p->subject.user.id,
        .username = p->subject.user.username,
        .session_id = p->subject.session.id,
    };
    struct str scope = scopes_all(p->ctx->arena, &p->subject.scopes);
    if (str_absent(scope))
        return ERR_NO_MEMORY;
    TRY(session_insert(w, &p->subject.session));
    TRY(client_session_open(p->ctx, w, &p->subject.session, p->client, scope, str_of(NULL, 0),
                            &cs));
    if (issue_wants_refresh(&p->subject))
        TRY(issue_refresh(p->ctx, w, &p->subject, &cs, &p->issue));
    report_add(&report, "auth_method", STR("password"));
    report_add(&report, "scope", p->issue.scope);
    report_add(&report, "token_id", p->issue.access.jti);
    return report_write(p->ctx, w, &report);
}

static int report_not_set_up(const struct password_login *p, struct store_write *w,
                             const struct user *user)
{
    struct report report = {
        .type = EVENT_UserLoginAttempted,
        .user_id = user->id,
        .username = user->username,
    };
    report_add(&report, "error", STR("resolve_required_actions"));
    return report_write(p->ctx, w, &report);
}

static int has_new_factor(const struct password_login *p, struct store_write *w, bool *ret_new)
{
    struct flow_factors now;
    TRY(flow_factors_of(p->ctx, store_write_reader(w), p->client, FLOW_FOR_DIRECT_GRANT,
                        p->attempt.user_pk, &now));
    *ret_new = now.unknown || now.otp_missing ||
               (now.otp && p->attempt.factors != LOGIN_BY_PASSWORD_AND_OTP);
    return 0;
}

static int decide(struct password_login *p, struct store_write *w, int *ret_outcome)
{
    enum login_verdict verdict;
    struct user user;
    bool new_factor;
    TRY(login_decide(p->ctx, w, &p->attempt, &verdict, &user));
    if (verdict == LOGIN_REFUSED) {
        *ret_outcome = ERR_INVALID_CREDENTIALS;
        return 0;
    }
    /* Also when an action or a second factor was set in the meantime. */
    TRY(has_new_factor(p, w, &new_factor));
    if (new_factor || p->actions_due || !p->prepared || login_has_actions(p->ctx, &user)) {
        *ret_outcome = ERR_ACCOUNT_NOT_SET_UP;
        return report_not_set_up(p, w, &user);
    }
    *ret_outcome = 0;
    return store_login(p, w);
}

static int finish(struct password_login *p)
{
    CLEANUP(store_rollback_p) struct store_write *w = NULL;
    int outcome;
    TRY(store_write_begin(p->ctx->view, p->ctx->now, &w));
    TRY(decide(p, w, &outcome));
    TRY(store_commit_p(&w, DURABLE_STANDBY));
    if (outcome == ERR_INVALID_CREDENTIALS)
        return err_set(p->ctx->err, outcome, "Invalid user credentials");
    if (outcome == ERR_ACCOUNT_NOT_SET_UP)
        return err_set(p->ctx->err, outcome, "Account is not fully set up");
    return 0;
}

int grant_password(const struct auth_ctx *ctx, const struct client_auth *auth,
                   const struct form *form, struct str *ret_json)
{
    struct password_login p = {
        .ctx = ctx,
        .client = auth->client,
        .form = form,
        .subject = {.client = auth->client, .acr = STR("1"), .grant = GRANT_PASSWORD},
    };
    TRY(check_request(&p));
    /* Before the password, so that a wrong scope tells nothing about it. */
    TRY(scopes_resolve(ctx, auth->client, form_get(form, "scope"), &p.scopes));
    TRY(login_compare(ctx, form_get(form, "username"), form_get(form, "password"), &p.attempt));
    p.attempt.client_id = auth->client->client_id;
    p.attempt.auth_method = STR("password");
    p.attempt.otp = form_get(form, "totp");
    TRY(prepare(&p));
    TRY(finish(&p));
    return issue_response(ctx, &p.issue, ret_json);
}
