/* Steps of a login as pages, redirects and form posts. */
#include "web/login/step.h"

#include "core/auth/password_policy.h"
#include "core/oidc/redirect_uri.h"
#include "web/fail.h"
#include "web/login/cookies.h"
#include "web/login/device.h"
#include "web/login/expired.h"
#include "web/login/mails.h"
#include "web/login/page.h"
#include "web/login/profile_page.h"
#include "web/login/qr_code.h"
#include "web/web.h"

#include "core/base/banned.h"

/* The page of a form whose next step is at path. The client's name is in the address, so that an
 * expired form still knows where to send its user. */
static void begin_form(struct page *p, struct request *req, const struct authz_step *step,
                       const char *path)
{
    struct page_wish wish = {.chosen = step->language, .ui_locales = step->ui_locales};
    struct arena *a = req->arena;
    struct buf url;
    struct str action;
    page_begin(p, req, &wish);
    buf_init(&url, a, 2048);
    buf_add(&url, page_realm_path(req, str_c(path)));
    if (step->client)
        form_add_query(&url, "client_id", step->client->client_id);
    if (buf_finish(&url, &action) != 0)
        action = page_realm_path(req, str_c(path));
    tpl_set(a, p->root, "action", action);
    tpl_set(a, p->root, "state", step->state);
    tpl_set(a, p->root, "client", page_client_name(p, step->client));
    p->form_action = page_form_sources(a, step->client, web_own_urls(req));
    page_language_form(p, page_realm_path(req, STR("/login-actions/restart")), step->state);
}

static void send_login(struct request *req, struct response *res, const struct authz_step *step)
{
    struct page p;
    struct arena *a = req->arena;
    begin_form(&p, req, step, "/login-actions/authenticate");
    if (!str_empty(step->username))
        tpl_set(a, p.root, "username", step->username);
    tpl_set_bool(a, p.root, "again", step->username_fixed);
    tpl_set_bool(a, p.root, "byEmail", realm_view_realm(req->realm)->login_with_email_allowed);
    tpl_set_bool(a, p.root, "rememberMe", step->remember_me_offered);
    tpl_set_bool(a, p.root, "remembered", step->remember_me);
    /* Whatever the reason, the same words (PW-04, PW-05). */
    if (step->err != 0)
        page_message(&p, "error", "login.error.credentials", NULL, 0);
    else if (step->was_reset)
        page_message(&p, "info", "reset.sent", NULL, 0);
    if (step->may_reset)
        tpl_set(a, p.root, "reset", page_realm_path(req, STR("/login-actions/reset-credentials")));
    page_send(&p, res, 200, "login");
}

static void send_reset(struct request *req, struct response *res, const struct authz_step *step)
{
    struct page p;
    struct arena *a = req->arena;
    begin_form(&p, req, step, "/login-actions/reset-credentials");
    tpl_set(a, p.root, "restart", page_realm_path(req, STR("/login-actions/restart")));
    if (!str_empty(step->username))
        tpl_set(a, p.root, "username", step->username);
    tpl_set_bool(a, p.root, "byEmail", realm_view_realm(req->realm)->login_with_email_allowed);
    page_send(&p, res, 200, "reset-password");
}

static void send_verify_email(struct request *req, struct response *res,
                              const struct authz_step *step)
{
    struct page p;
    begin_form(&p, req, step, "/login-actions/verify-email");
    tpl_set(req->arena, p.root, "email", step->email);
    tpl_set_bool(req->arena, p.root, "mayCancel", step->may_cancel);
    if (step->err != 0)
        page_message(&p, "error", "verifyemail.waiting", NULL, 0);
    page_send(&p, res, 200, "verify-email");
    mails_of_step(req, step);
}

static void send_otp(struct request *req, struct response *res, const struct authz_step *step)
{
    struct page p;
    begin_form(&p, req, step, "/login-actions/otp");
    tpl_set(req->arena, p.root, "username", step->username);
    if (step->err != 0) /* wrong, used before and locked look the same (PW-04) */
        page_message(&p, "error", "otp.error", NULL, 0);
    page_send(&p, res, 200, "otp");
}

static void send_password(struct request *req, struct response *res, const struct authz_step *step)
{
    struct page p;
    begin_form(&p, req, step, "/login-actions/required-action");
    tpl_set(req->arena, p.root, "username", step->username);
    tpl_set_bool(req->arena, p.root, "autofocus", true);
    tpl_set_bool(req->arena, p.root, "mayCancel", step->may_cancel);
    const struct password_problem problem = {step->problem, step->problem_number};
    page_problem(&p, &problem);
    page_send(&p, res, 200, "update-password");
}

/* MF-09: without a QR code, when names are too long for one, the key is typed. */
static void set_qr_code(struct page *p, const struct totp_page *totp)
{
    struct qr_code code;
    struct arena *a = p->req->arena;
    if (qr_code_of(a, totp->face.uri, &code) != 0)
        return;
    struct tpl_value *qr = tpl_set_map(a, p->root, "qr");
    tpl_set(a, qr, "path", code.path);
    tpl_set_i64(a, qr, "size", code.size);
}

static void set_facts(struct page *p, const struct otp_face *face)
{
    struct arena *a = p->req->arena;
    tpl_set(a, p->root, "key", face->key);
    tpl_set(a, p->root, "algorithm", face->algorithm);
    tpl_set_i64(a, p->root, "digits", face->digits);
    if (face->by_counter)
        tpl_set_i64(a, p->root, "counter", face->counter);
    else
        tpl_set_i64(a, p->root, "period", face->period_s);
}

static void send_totp(struct request *req, struct response *res, const struct authz_step *step)
{
    struct page p;
    struct arena *a = req->arena;
    const struct totp_page *totp = &step->totp;
    begin_form(&p, req, step, "/login-actions/configure-totp");
    tpl_set(a, p.root, "username", step->username);
    tpl_set(a, p.root, "label", totp->label);
    tpl_set_bool(a, p.root, "labelNeeded", totp->label_needed);
    tpl_set_bool(a, p.root, "endSessions", totp->end_sessions);
    tpl_set_bool(a, p.root, "mayCancel", step->may_cancel);
    tpl_set_bool(a, p.root, "codeIsWrong", totp->problem && totp->code_is_wrong);
    tpl_set_bool(a, p.root, "labelIsWrong", totp->problem && !totp->code_is_wrong);
    set_qr_code(&p, totp);
    set_facts(&p, &totp->face);
    if (totp->problem)
        page_message(&p, "error", totp->problem, NULL, 0);
    page_send(&p, res, 200, "configure-totp");
}

static void send_profile(struct request *req, struct response *res, const struct authz_step *step)
{
    struct page p;
    begin_form(&p, req, step, "/login-actions/update-profile");
    tpl_set(req->arena, p.root, "username", step->username);
    tpl_set_bool(req->arena, p.root, "mayCancel", step->may_cancel);
    if (profile_page_fill(&p, &step->profile) > 0)
        page_message(&p, "error", "profile.error", NULL, 0);
    page_send(&p, res, 200, "update-profile");
}

static void send_terms(struct request *req, struct response *res, const struct authz_step *step)
{
    struct page p;
    begin_form(&p, req, step, "/login-actions/terms");
    page_send(&p, res, 200, "terms");
}

/* Links that a client's owner gave: web pages only (OA-03). */
static void set_link(struct page *p, const char *name, struct str url)
{
    if (!str_absent(url) && redirect_uri_acceptable(url) &&
        (str_starts(url, STR("https://")) || str_starts(url, STR("http://"))))
        tpl_set(p->req->arena, p->root, name, url);
}

static void send_consent(struct request *req, struct response *res, const struct authz_step *step)
{
    struct page p;
    begin_form(&p, req, step, "/login-actions/consent");
    tpl_set(req->arena, p.root, "username", step->username);
    struct tpl_value *scopes = tpl_set_list(req->arena, p.root, "scopes");
    for (size_t i = 0; i < step->consent.count; i++) {
        const struct consent_item *item = &step->consent.items[i];
        struct str text = page_text(&p, item->text);
        tpl_set(req->arena, tpl_add_map(req->arena, scopes), "text",
                str_absent(text) ? item->scope : text);
    }
    if (step->client) {
        const struct str_map *attributes = &step->client->attributes;
        set_link(&p, "policy", str_map_get(attributes, STR(CLIENT_ATTR_POLICY_URI)));
        set_link(&p, "terms", str_map_get(attributes, STR(CLIENT_ATTR_TOS_URI)));
    }
    if (!str_absent(step->device))
        tpl_set(req->arena, p.root, "device", step->device);
    page_send(&p, res, 200, "consent");
}

/* OAuth 2.0 Form Post Response Mode: a page that posts itself, under a nonce (OA-08). */
static void send_form_post(struct request *req, struct response *res, const struct authz_step *step)
{
    struct page p;
    struct arena *a = req->arena;
    struct page_wish wish = {.chosen = step->language, .ui_locales = step->ui_locales};
    page_begin(&p, req, &wish);
    tpl_set(a, p.root, "action", step->reply.redirect_uri);
    tpl_set(a, p.root, "nonce", request_nonce(req));
    struct tpl_value *fields = tpl_set_list(a, p.root, "fields");
    for (size_t i = 0; i < step->reply.count; i++) {
        struct tpl_value *field = tpl_add_map(a, fields);
        tpl_set(a, field, "name", step->reply.params[i].name);
        tpl_set(a, field, "value", step->reply.params[i].value);
    }
    p.form_action = page_form_sources(a, step->client, web_own_urls(req));
    page_send(&p, res, 200, "form-post");
}

static void send_reply(struct request *req, struct response *res, const struct authz_step *step)
{
    struct str url;
    for (size_t i = 0; i < step->reply.count; i++)
        if (str_eq(step->reply.params[i].name, STR("session_state")))
            cookies_set_state(req, res, step->reply.params[i].value,
                              !str_absent(step->set_sso_cookie),
                              str_absent(step->set_sso_cookie) ? -1 : step->sso_cookie_max_age_s);
    if (step->reply.mode == RESPONSE_MODE_FORM_POST) {
        send_form_post(req, res, step);
        return;
    }
    int rc = authz_reply_url(req->arena, &step->reply, &url);
    if (rc != 0) {
        fail_page(req, res, rc);
        return;
    }
    respond_redirect(req, res, url);
    respond_no_store(res);
}

static void send_error(struct request *req, struct response *res, const struct authz_step *step)
{
    struct authz_browser browser;
    if (step->err == ERR_TOKEN_EXPIRED || step->err == ERR_SEAL)
        expired_page(req, res);
    else if (step->err == ERR_CSRF && cookies_read(req, &browser) == 0 &&
             str_absent(browser.login_cookie))
        page_fail(req, res, 400, "cookie");
    else
        fail_page(req, res, step->err);
}

void step_answer(struct request *req, struct response *res, int rc, const struct authz_step *step)
{
    if (rc != 0) {
        fail_page(req, res, rc);
        return;
    }
    if (!str_absent(step->set_login_cookie))
        cookies_set_login(req, res, step->set_login_cookie);
    if (!str_absent(step->set_sso_cookie))
        cookies_set_sso(req, res, step->set_sso_cookie, step->sso_cookie_max_age_s);
    switch (step->kind) {
    case AUTHZ_STEP_ERROR: send_error(req, res, step); return;
    case AUTHZ_STEP_REPLY: send_reply(req, res, step); return;
    case AUTHZ_STEP_LOGIN: send_login(req, res, step); return;
    case AUTHZ_STEP_OTP: send_otp(req, res, step); return;
    case AUTHZ_STEP_UPDATE_PASSWORD: send_password(req, res, step); return;
    case AUTHZ_STEP_CONFIGURE_TOTP: send_totp(req, res, step); return;
    case AUTHZ_STEP_UPDATE_PROFILE: send_profile(req, res, step); return;
    case AUTHZ_STEP_TERMS: send_terms(req, res, step); return;
    case AUTHZ_STEP_RESET_PASSWORD: send_reset(req, res, step); return;
    case AUTHZ_STEP_VERIFY_EMAIL: send_verify_email(req, res, step); return;
    case AUTHZ_STEP_CONSENT: send_consent(req, res, step); return;
    case AUTHZ_STEP_DEVICE_CODE: device_page(req, res, str_of(NULL, 0), true); return;
    case AUTHZ_STEP_DEVICE_DONE:
    case AUTHZ_STEP_DEVICE_DENIED: device_end_page(req, res, step); return;
    }
    fail_page(req, res, ERR_INTERNAL);
}
