/* /login-actions/reset-credentials, /verify-email and /action-token. */
#include "web/login/mails.h"

#include "core/auth/action_token.h"
#include "core/auth/flow_rules.h"
#include "core/oidc/redirect_uri.h"
#include "web/fail.h"
#include "web/login/cookies.h"
#include "web/login/page.h"
#include "web/login/step.h"
#include "web/mail/post.h"
#include "web/oidc/context.h"
#include "web/router.h"
#include "web/web.h"

#include "core/base/banned.h"

/* An empty text where the form has no such field. */
static struct str field(const struct form *form, const char *name)
{
    struct str value = form_get(form, name);
    return str_absent(value) ? STR("") : value;
}

/* --- Orders for mails --- */

static struct str language_of(struct request *req, const struct authz_step *step)
{
    struct page p;
    struct page_wish wish = {.chosen = step->language, .ui_locales = step->ui_locales};
    page_begin(&p, req, &wish);
    return p.lang;
}

static void put_order(struct request *req, const struct authz_step *step, enum post_kind kind,
                      struct str who)
{
    struct auth_ctx ctx;
    const struct post_order order = {
        .kind = kind,
        .who = who,
        .client_id = step->client ? step->client->client_id : str_of(NULL, 0),
        .language = language_of(req, step),
    };
    if (req->web->post && oidc_context(req, &ctx) == 0)
        post_put(req->web->post, &ctx, &order);
}

void mails_of_step(struct request *req, const struct authz_step *step)
{
    if (!str_absent(step->mail_user_id))
        put_order(req, step, POST_PROOF, step->mail_user_id);
}

/* --- A forgotten password --- */

static bool is_offered(const struct request *req)
{
    const struct auth_ctx ctx = {.view = req->realm};
    return flow_takes_reset(&ctx);
}

/* Without a login around it: nothing leads back. */
static void send_reset_page(struct request *req, struct response *res)
{
    struct page p;
    page_begin(&p, req, NULL);
    tpl_set(req->arena, p.root, "action",
            page_realm_path(req, STR("/login-actions/reset-credentials")));
    tpl_set_bool(req->arena, p.root, "byEmail",
                 realm_view_realm(req->realm)->login_with_email_allowed);
    page_language_links(&p, STR(""));
    page_send(&p, res, 200, "reset-password");
}

static void send_told(struct request *req, struct response *res)
{
    struct page p;
    page_begin(&p, req, NULL);
    page_message(&p, "heading", "reset.sent.heading", NULL, 0);
    page_message(&p, "text", "reset.sent", NULL, 0);
    page_send(&p, res, 200, "info");
}

void login_reset_page(struct request *req, struct response *res)
{
    if (is_offered(req))
        send_reset_page(req, res);
    else
        fail_page(req, res, ERR_ACCESS_DENIED);
}

/* Out of a login: its state comes along, and the login page again. */
static void reset_of_login(struct request *req, struct response *res, const struct form *form)
{
    struct auth_ctx ctx;
    struct authz_browser browser;
    struct authz_step step = {0};
    struct str state = form_get(form, "state"), who = form_get(form, "username");
    int rc = oidc_context(req, &ctx);
    if (rc == 0)
        rc = cookies_read(req, &browser);
    if (rc == 0)
        rc = str_absent(who) ? authz_forgot_password(&ctx, &browser, state, &step)
                             : authz_reset_password(&ctx, &browser, state, &step);
    if (rc == 0 && step.was_reset)
        put_order(req, &step, POST_FORGOTTEN, who);
    step_answer(req, res, rc, &step);
}

/* PW-05: the answer is the same, and as quick, whoever was named. */
void login_reset(struct request *req, struct response *res)
{
    const struct form *form;
    const struct authz_step none = {.client = NULL};
    int rc = request_form(req, &form);
    if (rc != 0) {
        fail_page(req, res, rc);
    } else if (!is_offered(req)) {
        fail_page(req, res, ERR_ACCESS_DENIED);
    } else if (!str_absent(form_get(form, "state"))) {
        reset_of_login(req, res, form);
    } else {
        put_order(req, &none, POST_FORGOTTEN, field(form, "username"));
        send_told(req, res);
    }
}

/* --- An address to prove --- */

static int verify_email(struct request *req, struct authz_step *io_step)
{
    struct auth_ctx ctx;
    struct authz_browser browser;
    const struct form *form;
    TRY(oidc_context(req, &ctx));
    TRY(request_form(req, &form));
    TRY(cookies_read(req, &browser));
    struct str state = form_get(form, "state");
    if (!str_absent(form_get(form, "cancel-aia")))
        return authz_cancel_action(&ctx, &browser, state, io_step);
    bool again = !str_absent(form_get(form, "again"));
    return authz_verify_email(&ctx, &browser, state, again, io_step);
}

void login_verify_email(struct request *req, struct response *res)
{
    struct authz_step step = {0};
    int rc = verify_email(req, &step);
    step_answer(req, res, rc, &step);
}

/* --- Behind a link --- */

static bool base_url(struct request *req, const struct client *client, struct str *ret_url)
{
    return !str_empty(client->base_url) &&
           redirect_uri_absolute(req->arena, client, web_own_urls(req), client->base_url,
                                 ret_url) == 0;
}

/* OA-01: what the link was made with counts as long as it is registered. */
static bool wished_url(struct request *req, const struct action_visit *visit, struct str *ret_url)
{
    return !str_empty(visit->token.redirect_uri) &&
           redirect_uri_resolve(req->arena, visit->client, web_own_urls(req),
                                visit->token.redirect_uri, ret_url) == 0;
}

/* Where people go on: the address that was asked for, else the base URL that the application's owner
 * registered. */
static struct str way_back(struct request *req, const struct action_visit *visit)
{
    const struct client *client = visit->client;
    struct str none = {NULL, 0}, url;
    if (!client || !client->enabled)
        return none;
    if (!wished_url(req, visit, &url) && !base_url(req, client, &url))
        return none;
    return redirect_uri_acceptable(url) ? url : none;
}

static void send_action(struct request *req, struct response *res, struct str key,
                        const struct action_visit *visit, const struct password_problem *problem)
{
    struct page p;
    struct arena *a = req->arena;
    const struct page_wish wish = {.user_locale =
                                       attrs_first(&visit->user.attributes, STR("locale"))};
    page_begin(&p, req, &wish);
    tpl_set(a, p.root, "action", page_realm_path(req, STR("/login-actions/action-token")));
    tpl_set(a, p.root, "key", key);
    tpl_set(a, p.root, "username", visit->user.username);
    tpl_set_bool(a, p.root, "password", visit->wants_password);
    tpl_set_bool(a, p.root, "totp", visit->wants_totp);
    tpl_set_bool(a, p.root, "autofocus", true);
    page_problem(&p, problem);
    page_send(&p, res, 200, "action-token");
}

static void send_done(struct request *req, struct response *res, const struct action_visit *visit)
{
    struct page p;
    const struct page_wish wish = {.user_locale =
                                       attrs_first(&visit->user.attributes, STR("locale"))};
    page_begin(&p, req, &wish);
    page_message(&p, "heading", "action.done.heading", NULL, 0);
    page_message(&p, "text", visit->wants_totp ? "action.totp.done" : "action.done.text", NULL, 0);
    struct str back = way_back(req, visit);
    if (str_absent(back) &&
        visit->wants_totp) /* what is left is done at the next login, wherever */
        back = page_realm_path(req, STR("/account/"));
    if (!str_absent(back))
        tpl_set(req->arena, p.root, "back", back);
    page_send(&p, res, 200, "info");
}

/* Nothing happens yet: programs that look at mails open links, too. */
void login_action_token(struct request *req, struct response *res)
{
    struct auth_ctx ctx;
    const struct form *query;
    struct action_visit visit;
    int rc = oidc_context(req, &ctx);
    if (rc == 0)
        rc = request_query(req, &query);
    if (rc == 0)
        rc = action_token_visit(&ctx, form_get(query, "key"), &visit);
    if (rc == 0)
        send_action(req, res, form_get(query, "key"), &visit, NULL);
    else
        fail_page(req, res, rc);
}

void login_action_token_use(struct request *req, struct response *res)
{
    struct auth_ctx ctx;
    const struct form *form;
    struct action_visit visit;
    struct password_problem problem = {0};
    int rc = oidc_context(req, &ctx);
    if (rc == 0)
        rc = request_form(req, &form);
    if (rc == 0)
        rc = action_token_perform(&ctx, form_get(form, "key"), field(form, "password-new"),
                                  field(form, "password-confirm"), &visit, &problem);
    if (rc == 0)
        send_done(req, res, &visit);
    else if (rc == ERR_PASSWORD_POLICY)
        send_action(req, res, form_get(form, "key"), &visit, &problem);
    else
        fail_page(req, res, rc);
}
