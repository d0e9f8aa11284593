/* Pages of a logout. */
#include "web/login/logout.h"

#include "core/oidc/redirect_uri.h"
#include "web/fail.h"
#include "web/login/cookies.h"
#include "web/login/expired.h"
#include "web/login/page.h"
#include "web/oidc/context.h"
#include "web/router.h"
#include "web/web.h"

#include "core/base/banned.h"

static void send_confirm(struct request *req, struct response *res, const struct logout_step *step)
{
    struct page p;
    struct page_wish wish = {.ui_locales = step->ui_locales};
    page_begin(&p, req, &wish);
    tpl_set(req->arena, p.root, "action",
            page_realm_path(req, STR("/login-actions/logout-confirm")));
    tpl_set(req->arena, p.root, "state", step->state);
    p.form_action = page_form_sources(req->arena, step->client, web_own_urls(req));
    page_send(&p, res, 200, "logout-confirm");
}

static void send_done(struct request *req, struct response *res, const struct logout_step *step)
{
    struct page p;
    struct str back = {NULL, 0};
    struct page_wish wish = {.ui_locales = step->ui_locales};
    const struct client *client = step->client;
    page_begin(&p, req, &wish);
    if (client && !str_empty(client->base_url) &&
        redirect_uri_absolute(req->arena, client, web_own_urls(req), client->base_url, &back) ==
            0 &&
        redirect_uri_acceptable(back))
        tpl_set(req->arena, p.root, "back", back);
    page_send(&p, res, 200, "logged-out");
}

void logout_answer(struct request *req, struct response *res, int rc,
                   const struct logout_step *step)
{
    if (rc != 0) {
        fail_page(req, res, rc);
        return;
    }
    if (!str_absent(step->set_login_cookie))
        cookies_set_login(req, res, step->set_login_cookie);
    if (step->clear_sso_cookie)
        cookies_clear(req, res);
    switch (step->kind) {
    case LOGOUT_STEP_CONFIRM: send_confirm(req, res, step); return;
    case LOGOUT_STEP_DONE: send_done(req, res, step); return;
    case LOGOUT_STEP_REDIRECT:
        respond_redirect(req, res, step->url);
        respond_no_store(res);
        return;
    case LOGOUT_STEP_ERROR:
        if (step->err == ERR_TOKEN_EXPIRED || step->err == ERR_SEAL)
            expired_page(req, res);
        else
            fail_page(req, res, step->err);
        return;
    }
    fail_page(req, res, ERR_INTERNAL);
}

void login_logout_confirm(struct request *req, struct response *res)
{
    struct auth_ctx ctx;
    struct authz_browser browser;
    struct logout_step step = {0};
    const struct form *form = NULL;
    int rc = oidc_context(req, &ctx);
    if (rc == 0)
        rc = request_form(req, &form);
    if (rc == 0)
        rc = cookies_read(req, &browser);
    if (rc == 0)
        rc = logout_confirm(&ctx, &browser, form_get(form, "state"), &step);
    logout_answer(req, res, rc, &step);
}
