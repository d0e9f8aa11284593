/* The forms of a login: each parses once and asks core what comes next. */
#include "core/codec/unicode.h"
#include "core/oidc/authz.h"
#include "core/oidc/device.h"
#include "web/fail.h"
#include "web/login/cookies.h"
#include "web/login/device.h"
#include "web/login/expired.h"
#include "web/login/step.h"
#include "web/oidc/context.h"
#include "web/respond.h"
#include "web/router.h"

#include "core/base/banned.h"

/* A form of ours with the browser that sent it. */
struct login_form {
    struct auth_ctx ctx;
    struct authz_browser browser;
    const struct form *form;
    struct str state;
};

static int read_form(struct request *req, struct login_form *ret_form)
{
    TRY(oidc_context(req, &ret_form->ctx));
    TRY(request_form(req, &ret_form->form));
    TRY(cookies_read(req, &ret_form->browser));
    ret_form->state = form_get(ret_form->form, "state");
    if (str_absent(ret_form->state))
        return err_field(&req->err, ERR_INVALID_REQUEST, "state", "the form is incomplete");
    return 0;
}

/* An empty text where the form has no such field. */
static struct str field(const struct login_form *form, const char *name)
{
    struct str value = form_get(form->form, name);
    return str_absent(value) ? STR("") : value;
}

void login_authenticate(struct request *req, struct response *res)
{
    struct login_form form;
    struct authz_step step = {0};
    int rc = read_form(req, &form);
    if (rc == 0) {
        struct authz_login_form sent = {
            .state = form.state,
            .username = field(&form, "username"),
            .password = field(&form, "password"),
            .remember_me = str_eq(field(&form, "rememberMe"), STR("on")),
        };
        rc = authz_login(&form.ctx, &form.browser, &sent, &step);
    }
    step_answer(req, res, rc, &step);
}

void login_otp(struct request *req, struct response *res)
{
    struct login_form form;
    struct authz_step step = {0};
    int rc = read_form(req, &form);
    if (rc == 0)
        rc = authz_otp(&form.ctx, &form.browser, form.state, field(&form, "otp"), &step);
    step_answer(req, res, rc, &step);
}

/* Only the button that says so is a yes. */
static bool says_yes(const struct login_form *form)
{
    return !str_absent(form_get(form->form, "accept")) &&
           str_absent(form_get(form->form, "cancel"));
}

/* The button of what an application asked for (kc_action). */
static bool is_cancelled(const struct login_form *form)
{
    return !str_absent(form_get(form->form, "cancel-aia"));
}

void login_configure_totp(struct request *req, struct response *res)
{
    struct login_form form;
    struct authz_step step = {0};
    int rc = read_form(req, &form);
    if (rc == 0 && is_cancelled(&form)) {
        rc = authz_cancel_action(&form.ctx, &form.browser, form.state, &step);
    } else if (rc == 0) {
        struct authz_totp_form sent = {
            .state = form.state,
            .code = field(&form, "totp"),
            .label = unicode_trim(field(&form, "userLabel")),
            .end_sessions = str_eq(field(&form, "logout-sessions"), STR("on")),
        };
        rc = authz_configure_totp(&form.ctx, &form.browser, &sent, &step);
    }
    step_answer(req, res, rc, &step);
}

void login_required_action(struct request *req, struct response *res)
{
    struct login_form form;
    struct authz_step step = {0};
    int rc = read_form(req, &form);
    if (rc == 0 && is_cancelled(&form))
        rc = authz_cancel_action(&form.ctx, &form.browser, form.state, &step);
    else if (rc == 0)
        rc = authz_update_password(&form.ctx, &form.browser, form.state,
                                   field(&form, "password-new"), field(&form, "password-confirm"),
                                   &step);
    step_answer(req, res, rc, &step);
}

void login_update_profile(struct request *req, struct response *res)
{
    struct login_form form;
    struct authz_step step = {0};
    int rc = read_form(req, &form);
    if (rc == 0 && is_cancelled(&form))
        rc = authz_cancel_action(&form.ctx, &form.browser, form.state, &step);
    else if (rc == 0)
        rc = authz_update_profile(&form.ctx, &form.browser, form.state, form.form, &step);
    step_answer(req, res, rc, &step);
}

void login_terms(struct request *req, struct response *res)
{
    struct login_form form;
    struct authz_step step = {0};
    int rc = read_form(req, &form);
    if (rc == 0)
        rc = authz_terms(&form.ctx, &form.browser, form.state, says_yes(&form), &step);
    step_answer(req, res, rc, &step);
}

void login_consent(struct request *req, struct response *res)
{
    struct login_form form;
    struct authz_step step = {0};
    int rc = read_form(req, &form);
    if (rc == 0)
        rc = authz_consent(&form.ctx, &form.browser, form.state, says_yes(&form), &step);
    step_answer(req, res, rc, &step);
}

void login_restart(struct request *req, struct response *res)
{
    struct login_form form;
    struct authz_step step = {0};
    int rc = read_form(req, &form);
    if (rc == 0)
        rc = authz_resume(&form.ctx, &form.browser, form.state, form_get(form.form, "kc_locale"),
                          &step);
    step_answer(req, res, rc, &step);
}

/* --- Devices (RFC 8628) --- */

/* OA-14: what stands in the address is filled in only when it can be a code. Nobody is led on by it
 * without a look at the page (RFC 8628 5.4). */
void login_device(struct request *req, struct response *res)
{
    const struct form *query;
    int rc = request_query(req, &query);
    if (rc != 0) {
        fail_page(req, res, rc);
        return;
    }
    struct str code = device_user_code(req->arena, form_get(query, "user_code"));
    device_page(req, res, str_absent(code) ? code : device_user_code_shown(req->arena, code),
                false);
}

void login_device_code(struct request *req, struct response *res)
{
    struct auth_ctx ctx;
    struct authz_browser browser;
    struct authz_step step = {0};
    const struct form *form;
    int rc = oidc_context(req, &ctx);
    if (rc == 0)
        rc = request_form(req, &form);
    if (rc == 0)
        rc = cookies_read(req, &browser);
    if (rc == 0)
        rc = authz_device(&ctx, &browser, form_get(form, "device_user_code"), &step);
    step_answer(req, res, rc, &step);
}

/* The address of a form was opened by hand, from the history or after a reload. */
void login_left(struct request *req, struct response *res)
{
    expired_page(req, res);
}
