/* ~/users/{id}/impersonation: the caller's browser gets a session of somebody else. */
#include "core/admin/sessions.h"
#include "web/admin/users.h"
#include "web/login/cookies.h"

#include "core/base/banned.h"

static int write_answer(struct admin_call *call)
{
    struct json_writer *w = &call->out;
    struct str account = ARENA_CONCAT(call->req->arena, call->ctx.issuer, STR("/account"));
    if (str_absent(account))
        return ERR_NO_MEMORY;
    jw_begin_object(w);
    jw_member_bool(w, "sameRealm", str_eq(call->caller.realm, auth_realm(&call->ctx)->name));
    jw_member_str(w, "redirect", account);
    jw_end_object(w);
    return 0;
}

/* The bearer token shows who asks; the cookies of the browser are only replaced. They are sent when the
 * session is on the disk: what fails before leaves an error and none of these headers. */
int rest_user_impersonate(struct admin_call *call)
{
    struct authz_browser browser;
    struct user_session session;
    struct user user;
    struct str cookie;
    TRY(cookies_read(call->req, &browser));
    TRY(admin_write_for(call, NEED_SESSION));
    TRY(users_find(call, &user));
    TRY(admin_impersonate(&call->ctx, &call->caller, call->w, &user, browser.sso_cookie, &session,
                          &cookie));
    TRY(admin_commit(call));
    cookies_set_sso(call->req, call->res, cookie,
                    session_cookie_max_age_s(auth_realm(&call->ctx), &session));
    cookies_set_state(call->req, call->res, session.id, true, -1);
    return write_answer(call);
}
