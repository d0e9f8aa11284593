/* Required actions among the pages of a login: a new password, and saying no to what the application asked for. */
#include "core/oidc/authz_flow.h"

#include "core/auth/login.h"
#include "core/auth/password_change.h"

#include "core/base/banned.h"

struct change {
    struct password_change password;
    struct who who;
    enum next next;
    struct finish fin;
};

/* One transaction: the password, the end of other sessions, and this login when it is complete. */
static int store_change(struct flow *f, struct change *c)
{
    CLEANUP(store_rollback_p) struct store_write *w = NULL;
    bool spare = f->has_sso && f->sso.user_pk == c->who.user.pk;
    struct user user;
    TRY(store_write_begin(f->ctx->view, f->ctx->now, &w));
    TRY(flow_check_person(f, store_write_reader(w), &c->who, &user));
    TRY(password_change_store(f->ctx, w, &c->password, false, spare ? f->sso.pk : 0,
                              EVENT_PasswordUpdated));
    TRY(login_proof_now(f->ctx, store_write_reader(w), user.pk, &c->who.proof));
    if (c->next == NEXT_FINISH && !flow_is_not_the_hinted(f, &c->who))
        TRY(finish_store(f, w, &c->who, &c->fin));
    return store_commit_p(&w, DURABLE_STANDBY);
}

static int change_password(struct flow *f, struct change *c)
{
    struct plan_options options = {.password_done = true};
    /* The new password counts as shown now. */
    c->who.auth_time_ms = f->ctx->now->wall_ms;
    TRY(flow_plan_for_page(f, &c->who, &options, &c->next, &c->fin));
    int rc = store_change(f, c);
    if (rc == ERR_SESSION_NOT_ACTIVE)
        return flow_show_login(f, 0, str_of(NULL, 0));
    TRY(rc);
    if (flow_is_asked(f, REQUIRED_ACTION_UPDATE_PASSWORD))
        f->state.action_status = ACTION_SUCCESS;
    if (flow_is_not_the_hinted(f, &c->who))
        return flow_refuse(f, ERR_LOGIN_REQUIRED);
    if (c->next != NEXT_FINISH)
        return flow_show(f, &c->who, c->next);
    finish_reply(f, &c->fin);
    return 0;
}

int authz_update_password(const struct auth_ctx *ctx, const struct authz_browser *browser,
                          struct str state, struct str password, struct str password_again,
                          struct authz_step *ret_step)
{
    struct flow f;
    struct change c = {.next = NEXT_LOGIN};
    struct password_problem problem = {0};
    struct plan_options none = {0};
    bool done, found;
    flow_init(&f, ctx, browser, ret_step);
    TRY(flow_reopen_at(&f, state, LOGIN_STAGE_ACTION, &done));
    if (done)
        return 0;
    TRY(flow_load_for_page(&f, &c.who, &found));
    if (!found || !c.who.fresh)
        return flow_show_login(&f, 0, str_of(NULL, 0));
    /* A repeated or late post: nothing is due any more, so nothing is changed (WE-12). */
    TRY(flow_plan_for_page(&f, &c.who, &none, &c.next, &c.fin));
    if (c.next != NEXT_ACTION)
        return flow_show_login(&f, 0, str_of(NULL, 0));
    if (!str_eq(password, password_again)) {
        problem.message = "notMatchPasswordMessage";
        return flow_show_action(&f, &c.who, &problem);
    }
    int rc = password_change_prepare(ctx, &c.who.user, password, &c.password, &problem);
    if (rc == ERR_PASSWORD_POLICY)
        return flow_show_action(&f, &c.who, &problem);
    TRY(rc);
    return change_password(&f, &c);
}

int flow_after_action(struct flow *f, struct who *who, bool asked)
{
    const struct plan_options none = {0};
    struct finish fin = {0};
    enum next next;
    bool found;
    if (asked)
        f->state.action_status = ACTION_SUCCESS;
    TRY(flow_load_for_page(f, who, &found));
    if (!found)
        return flow_show_login(f, 0, str_of(NULL, 0));
    TRY(flow_plan_for_page(f, who, &none, &next, &fin));
    return flow_go_on(f, who, next, &fin);
}

static bool is_of_action(enum login_stage stage)
{
    return stage == LOGIN_STAGE_ACTION || stage == LOGIN_STAGE_TOTP ||
           stage == LOGIN_STAGE_PROFILE || stage == LOGIN_STAGE_VERIFY_EMAIL;
}

/* Whether the application asked for what this page is about. */
static bool is_asked_by_page(const struct flow *f, enum login_stage stage)
{
    switch (stage) {
    case LOGIN_STAGE_ACTION: return flow_is_asked(f, REQUIRED_ACTION_UPDATE_PASSWORD);
    case LOGIN_STAGE_TOTP: return flow_is_asked(f, REQUIRED_ACTION_CONFIGURE_TOTP);
    case LOGIN_STAGE_PROFILE: return flow_profile_is_asked(f);
    case LOGIN_STAGE_VERIFY_EMAIL: return flow_is_asked(f, REQUIRED_ACTION_VERIFY_EMAIL);
    default: return false;
    }
}

int authz_cancel_action(const struct auth_ctx *ctx, const struct authz_browser *browser,
                        struct str state, struct authz_step *ret_step)
{
    struct flow f;
    struct who who;
    struct finish fin = {0};
    const struct plan_options options = {.action_cancelled = true};
    enum next next;
    bool done, found;
    flow_init(&f, ctx, browser, ret_step);
    TRY(flow_reopen(&f, state, &done));
    if (done)
        return 0;
    const enum login_stage stage = f.state.stage;
    if (!is_of_action(stage))
        return flow_error(&f, ERR_SEAL);
    TRY(flow_load_for_page(&f, &who, &found));
    if (!found)
        return flow_show_login(&f, 0, str_of(NULL, 0));
    TRY(flow_plan_for_page(&f, &who, &options, &next, &fin));
    if (is_asked_by_page(&f, stage))
        f.state.action_status = ACTION_CANCELLED;
    return flow_go_on(&f, &who, next, &fin);
}
