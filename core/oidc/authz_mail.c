/* Pages of a login behind which a mail is: for who forgot his password, and for who has to prove his
 * address. */
#include "core/oidc/authz_flow.h"

#include "core/auth/flow_rules.h"

#include "core/base/banned.h"

/* --- a forgotten password --- */

static int reopen_login(struct flow *f, const struct auth_ctx *ctx,
                        const struct authz_browser *browser, struct str state,
                        struct authz_step *step, bool *ret_done)
{
    struct who nobody;
    bool found;
    flow_init(f, ctx, browser, step);
    TRY(flow_reopen_at(f, state, LOGIN_STAGE_PASSWORD, ret_done));
    return *ret_done ? 0 : flow_load_for_page(f, &nobody, &found);
}

int authz_forgot_password(const struct auth_ctx *ctx, const struct authz_browser *browser,
                          struct str state, struct authz_step *ret_step)
{
    struct flow f;
    bool done;
    TRY(reopen_login(&f, ctx, browser, state, ret_step, &done));
    if (done)
        return 0;
    TRY(flow_show_login(&f, 0, str_of(NULL, 0)));
    if (ret_step->kind == AUTHZ_STEP_LOGIN && ret_step->may_reset)
        ret_step->kind = AUTHZ_STEP_RESET_PASSWORD;
    return 0;
}

int authz_reset_password(const struct auth_ctx *ctx, const struct authz_browser *browser,
                         struct str state, struct authz_step *ret_step)
{
    struct flow f;
    bool done;
    TRY(reopen_login(&f, ctx, browser, state, ret_step, &done));
    if (done)
        return 0;
    TRY(flow_show_login(&f, 0, str_of(NULL, 0)));
    ret_step->was_reset = ret_step->kind == AUTHZ_STEP_LOGIN && ret_step->may_reset;
    return 0;
}

/* --- an address --- */

int authz_verify_email(const struct auth_ctx *ctx, const struct authz_browser *browser,
                       struct str state, bool again, struct authz_step *ret_step)
{
    struct flow f;
    struct who who;
    struct finish fin = {0};
    const struct plan_options none = {0};
    enum next next;
    bool done, found;
    flow_init(&f, ctx, browser, ret_step);
    TRY(flow_reopen_at(&f, state, LOGIN_STAGE_VERIFY_EMAIL, &done));
    if (done)
        return 0;
    TRY(flow_load_for_page(&f, &who, &found));
    if (!found)
        return flow_show_login(&f, 0, str_of(NULL, 0));
    TRY(flow_plan_for_page(&f, &who, &none, &next, &fin));
    if (next == NEXT_VERIFY_EMAIL) {
        ret_step->err = again ? 0 : ERR_ACCOUNT_NOT_SET_UP;
        return flow_show_verify_email(&f, &who, again);
    }
    return flow_go_on(&f, &who, next, &fin);
}
