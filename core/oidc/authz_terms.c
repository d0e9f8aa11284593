/* The page of the realm's terms and conditions, which people agree to before they go on (TERMS_AND_CONDITIONS).
 * The text is the realm's own (termsText among its texts); when it was agreed to stands with the person. */
#include "core/oidc/authz_flow.h"

#include "core/auth/report.h"
#include "core/auth/user_actions.h"
#include "core/port/users.h"

#include "core/base/banned.h"

int flow_show_terms(struct flow *f, const struct who *who)
{
    f->step->kind = AUTHZ_STEP_TERMS;
    f->step->username = who->user.username;
    return flow_seal(f, LOGIN_STAGE_TERMS, who);
}

static int note_time(const struct flow *f, struct user *user)
{
    struct arena *a = f->ctx->arena;
    struct strs values = {0};
    struct str seconds = arena_printf(a, "%lld", (long long)(f->ctx->now->wall_ms / 1000));
    if (str_absent(seconds))
        return ERR_NO_MEMORY;
    TRY(strs_add(&values, a, seconds));
    return attrs_set(&user->attributes, a, STR(ATTRIBUTE_TERMS), values);
}

static int tell(const struct flow *f, struct store_write *w, const struct who *who)
{
    struct report report = {
        .type = EVENT_TermsAccepted,
        .user_id = who->user.id,
        .username = who->user.username,
        .client_id = f->request.client_id,
    };
    report_add(&report, "custom_required_action", STR(REQUIRED_ACTION_TERMS));
    return report_write(f->ctx, w, &report);
}

static int store(const struct flow *f, const struct who *who)
{
    CLEANUP(store_rollback_p) struct store_write *w = NULL;
    struct user user;
    TRY(store_write_begin_for(f->ctx->view, f->ctx->now, NEED_CHANGE, &w));
    TRY(flow_check_person(f, store_write_reader(w), who, &user));
    TRY(note_time(f, &user));
    TRY(user_action_put(f->ctx->arena, &user, STR(REQUIRED_ACTION_TERMS), false));
    TRY(user_update(w, &user));
    TRY(tell(f, w, who));
    return store_commit_p(&w, DURABLE_STANDBY);
}

static int accept(struct flow *f, struct who *who)
{
    bool asked = flow_is_asked(f, REQUIRED_ACTION_TERMS);
    int rc = store(f, who);
    if (rc == ERR_SESSION_NOT_ACTIVE)
        return flow_show_login(f, 0, str_of(NULL, 0));
    TRY(rc);
    return flow_after_action(f, who, asked);
}

int authz_terms(const struct auth_ctx *ctx, const struct authz_browser *browser, struct str state,
                bool accepted, struct authz_step *ret_step)
{
    struct flow f;
    struct who who;
    struct finish fin = {0};
    const struct plan_options none = {0};
    enum next next;
    bool done, found;
    flow_init(&f, ctx, browser, ret_step);
    TRY(flow_reopen_at(&f, state, LOGIN_STAGE_TERMS, &done));
    if (done)
        return 0;
    TRY(flow_load_for_page(&f, &who, &found));
    if (!found)
        return flow_show_login(&f, 0, str_of(NULL, 0));
    /* WE-12: a page that is sent again or late changes nothing. */
    TRY(flow_plan_for_page(&f, &who, &none, &next, &fin));
    if (next == NEXT_TERMS)
        return accepted ? accept(&f, &who) : flow_deny(&f, &who, EVENT_TermsDeclined);
    return flow_go_on(&f, &who, next, &fin);
}
