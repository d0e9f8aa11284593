/* The end of a login: session, code, tokens of the authorization endpoint, and the answer. */
#include "core/oidc/authz_flow.h"

#include "core/auth/impersonation.h"
#include "core/auth/login.h"
#include "core/auth/report.h"
#include "core/base/rng.h"
#include "core/port/users.h"

#include "core/base/banned.h"

#define MS_PER_S        1000
#define CODE_MAX_LIFE_S 60 /* OT-02 */

/* Whether the browser's session goes on. One of somebody who acted as the person does not become hers: he may
 * hold tokens of it. */
static bool same_person(const struct flow *f, const struct who *who)
{
    return f->has_sso && f->sso.user_pk == who->user.pk && !session_is_impersonated(&f->sso);
}

static int prepare_session(const struct flow *f, const struct who *who, struct finish *fin)
{
    struct session_new from = {
        .user = &who->user,
        .remember_me = f->state.remember_me && auth_realm(f->ctx)->remember_me,
        .with_cookie = true,
        .auth_time_ms = who->auth_time_ms,
        .acr = STR("1"),
        .amr = session_amr(who->otp),
    };
    struct user_session *session = &fin->subject.session;
    if (who->fresh && !same_person(f, who)) {
        fin->session_is_new = true;
        return session_prepare(f->ctx, &from, session, &fin->sso_cookie);
    }
    *session = f->sso;
    if (!who->fresh)
        return 0;
    session->acr = from.acr;
    session->amr = from.amr;
    return session_renew(f->ctx, who->auth_time_ms, session, &fin->sso_cookie);
}

static int prepare_subject(const struct flow *f, struct store_read *r, const struct who *who,
                           struct finish *fin)
{
    struct subject *s = &fin->subject;
    s->client = f->request.client;
    s->user = who->user;
    s->has_session = true;
    s->auth_time_ms = s->session.auth_time_ms;
    s->acr = s->session.acr;
    s->nonce = str_empty(f->request.nonce) ? str_of(NULL, 0) : f->request.nonce;
    s->claims = f->request.claims;
    s->grant = GRANT_IMPLICIT;
    s->implicit = !(f->request.response_type & RESPONSE_TYPE_CODE);
    /* A client session that is revived takes tokens from the next millisecond on. */
    s->jti_ms = f->ctx->now->wall_ms + 1;
    TRY(subject_load(f->ctx, r, f->request.scope, s));
    fin->scope_all = scopes_all(f->ctx->arena, &s->scopes);
    return str_absent(fin->scope_all) ? ERR_NO_MEMORY : 0;
}

static int prepare_tokens(const struct flow *f, struct store_read *r, struct finish *fin)
{
    unsigned type = f->request.response_type;
    if (type & RESPONSE_TYPE_CODE) {
        fin->code = token_new(f->ctx->arena);
        if (str_absent(fin->code))
            return ERR_NO_MEMORY;
    }
    if (type & RESPONSE_TYPE_TOKEN)
        TRY(mint_access_token(f->ctx, r, &fin->subject, &fin->access));
    if (type & RESPONSE_TYPE_ID_TOKEN)
        TRY(mint_id_token(f->ctx, r, &fin->subject, fin->access.token, fin->code, &fin->id));
    return 0;
}

int finish_prepare(const struct flow *f, struct store_read *r, const struct who *who,
                   struct finish *ret_finish)
{
    struct finish fin = {0};
    TRY(prepare_session(f, who, &fin));
    TRY(prepare_subject(f, r, who, &fin));
    TRY(prepare_tokens(f, r, &fin));
    *ret_finish = fin;
    return 0;
}

/* WE-12: person and session as they are in this transaction. */
static int check_again(const struct flow *f, struct store_write *w, const struct who *who,
                       const struct finish *fin)
{
    struct store_read *r = store_write_reader(w);
    struct user user;
    struct user_session session;
    enum next factor;
    TRY(flow_check_person(f, r, who, &user));
    TRY(flow_plan_factors(f, r, who, &factor));
    if (factor != NEXT_FINISH || login_has_actions(f->ctx, &user))
        return ERR_SESSION_NOT_ACTIVE;
    if (fin->session_is_new)
        return 0;
    int rc = session_find_by_pk(r, f->ctx->arena, fin->subject.session.pk, &session);
    return rc == ERR_NOT_FOUND ? ERR_SESSION_NOT_ACTIVE : rc;
}

static int store_session(const struct flow *f, struct store_write *w, const struct who *who,
                         struct finish *fin)
{
    struct user_session *session = &fin->subject.session;
    /* The browser changed hands: what the former user had here is over (WE-02). */
    if (fin->session_is_new && f->has_sso) {
        int rc = session_end(f->ctx, w, &f->sso, EVENT_SessionRevoked);
        if (rc != 0 && rc != ERR_NOT_FOUND)
            return rc;
    }
    if (fin->session_is_new)
        return session_insert(w, session);
    if (who->fresh)
        return session_update(w, session);
    return session_touch(w, session->pk, f->ctx->now->wall_ms);
}

static int store_code(const struct flow *f, struct store_write *w, const struct finish *fin,
                      const struct client_session *cs)
{
    int64_t life_s = auth_realm(f->ctx)->access_code_lifespan_s;
    if (life_s <= 0 || life_s > CODE_MAX_LIFE_S)
        life_s = CODE_MAX_LIFE_S;
    struct auth_code code = {
        .hash = handle_hash(f->ctx->arena, HANDLE_CODE, fin->code),
        .client_pk = f->request.client->pk,
        .client_session_pk = cs->pk,
        .redirect_uri = f->request.redirect_uri_sent,
        .code_challenge = f->request.code_challenge,
        .scope = fin->scope_all,
        .nonce = f->request.nonce,
        .claims = f->request.claims,
        .acr = fin->subject.acr,
        .auth_time_ms = fin->subject.auth_time_ms,
        .expires_ms = f->ctx->now->wall_ms + life_s * MS_PER_S,
    };
    return str_absent(code.hash) ? ERR_NO_MEMORY : code_insert(w, &code);
}

static int store_event(const struct flow *f, struct store_write *w, const struct who *who,
                       const struct finish *fin)
{
    struct report report = {
        .type = EVENT_UserLoggedIn,
        .user_id = who->user.id,
        .username = who->user.username,
        .session_id = fin->subject.session.id,
        .client_id = f->request.client_id,
    };
    report_add(&report, "auth_method", STR("openid-connect"));
    report_add(&report, "sso", who->fresh ? STR("false") : STR("true"));
    report_add(&report, "redirect_uri", f->request.redirect_uri);
    report_add(&report, "scope", fin->scope_all);
    if (!who->fresh)
        TRY(impersonation_tell(f->ctx, store_write_reader(w), &fin->subject.session, &report));
    return report_write(f->ctx, w, &report);
}

int finish_store(const struct flow *f, struct store_write *w, const struct who *who,
                 struct finish *finish)
{
    struct client_session cs;
    TRY(check_again(f, w, who, finish));
    TRY(store_session(f, w, who, finish));
    TRY(client_session_open(f->ctx, w, &finish->subject.session, f->request.client,
                            finish->scope_all, f->request.redirect_uri, &cs));
    if (!str_absent(finish->code))
        TRY(store_code(f, w, finish, &cs));
    if (flow_is_of_device(f))
        TRY(flow_grant_device(f, w, finish, &cs));
    return store_event(f, w, who, finish);
}

/* As Keycloak: an address that is proved, now or before, is what was asked for. */
static const char *action_status(const struct flow *f, const struct user *user)
{
    if (f->state.action_status)
        return f->state.action_status;
    bool proved = flow_is_asked(f, REQUIRED_ACTION_VERIFY_EMAIL) && user->email_verified;
    return proved ? ACTION_SUCCESS : ACTION_ERROR;
}

/* What became of the action that the application asked for. */
static void add_action(const struct flow *f, const struct user *user, struct authz_reply *reply)
{
    if (str_empty(f->request.kc_action))
        return;
    authz_reply_add(reply, "kc_action", f->request.kc_action);
    authz_reply_add(reply, "kc_action_status", str_c(action_status(f, user)));
}

static void reply_to_client(struct flow *f, const struct finish *finish)
{
    struct authz_reply *reply = &f->step->reply;
    f->step->kind = AUTHZ_STEP_REPLY;
    *reply = (struct authz_reply){.redirect_uri = f->request.redirect_uri,
                                  .mode = f->request.response_mode};
    authz_reply_add(reply, "state", f->request.state);
    authz_reply_add(reply, "session_state", finish->subject.session.id);
    authz_reply_add(reply, "iss", f->ctx->issuer); /* RFC 9207 2 */
    add_action(f, &finish->subject.user, reply);
    authz_reply_add(reply, "code", finish->code);
    authz_reply_add(reply, "id_token", finish->id.token);
    if (str_absent(finish->access.token))
        return;
    authz_reply_add(reply, "access_token", finish->access.token);
    authz_reply_add(reply, "token_type", STR("Bearer"));
    authz_reply_add(reply, "expires_in",
                    arena_printf(f->ctx->arena, "%lld", (long long)finish->access.expires_in_s));
}

void finish_reply(struct flow *f, const struct finish *finish)
{
    if (flow_is_of_device(f))
        f->step->kind = AUTHZ_STEP_DEVICE_DONE;
    else
        reply_to_client(f, finish);
    f->step->set_sso_cookie = finish->sso_cookie;
    f->step->sso_cookie_max_age_s =
        session_cookie_max_age_s(auth_realm(f->ctx), &finish->subject.session);
}
