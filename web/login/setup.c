/* The first administrator's page and the welcome page. */
#include "core/admin/setup.h"

#include "core/auth/password_policy.h"
#include "web/fail.h"
#include "web/login/page.h"
#include "web/oidc/context.h"
#include "web/router.h"
#include "web/web.h"

#include "core/base/banned.h"

/* The pages here have no {realm} in their path: master is taken for the request, and let go. */
struct master {
    struct realm_view *view;
    struct auth_ctx ctx;
};

static void master_release(struct master *m)
{
    if (m->view)
        realm_view_release(m->view);
}

static int master_open(struct request *req, struct master *m)
{
    TRY(realm_view_acquire(req->web->services.store, STR(REALM_MASTER), &m->view));
    struct request with_realm = *req;
    with_realm.realm = m->view;
    TRY(oidc_context(&with_realm, &m->ctx));
    m->ctx.now = &req->now;
    m->ctx.err = &req->err;
    m->ctx.ret_user_id = &req->user_id;
    return 0;
}

/* The link does not open anything (any more); the same words whatever the reason. */
static void send_closed(struct request *req, struct response *res)
{
    struct page p;
    page_begin(&p, req, NULL);
    page_message(&p, "heading", "setup.closed.heading", NULL, 0);
    page_message(&p, "text", "setup.closed.text", NULL, 0);
    page_send(&p, res, 403, "info");
}

static void send_form(struct request *req, struct response *res, struct str token,
                      struct str username, const char *problem, struct str argument)
{
    struct page p;
    struct arena *a = req->arena;
    page_begin(&p, req, NULL);
    tpl_set(a, p.root, "action", page_path(req, STR("/setup")));
    tpl_set(a, p.root, "token", token);
    tpl_set(a, p.root, "username", username);
    page_message(&p, "rules", "setup.rules", NULL, 0);
    if (problem)
        page_message(&p, "error", problem, &argument, 1);
    else
        page_language_links(&p, ARENA_CONCAT(a, STR("token="), token, STR("&")));
    page_send(&p, res, 200, "setup");
}

void login_setup(struct request *req, struct response *res)
{
    CLEANUP(master_release) struct master m = {0};
    const struct form *query;
    bool match = false;
    int rc = master_open(req, &m);
    if (rc == 0)
        rc = request_query(req, &query);
    struct str token = rc == 0 ? form_get(query, "token") : str_of(NULL, 0);
    if (rc == 0 && !str_absent(token))
        rc = setup_token_check(&m.ctx, token, &match);
    if (rc != 0)
        fail_page(req, res, rc);
    else if (!match)
        send_closed(req, res);
    else
        send_form(req, res, token, STR(""), NULL, STR(""));
}

struct setup_fields {
    struct str token, username, password, again;
};

static int read_fields(struct request *req, struct setup_fields *ret_fields)
{
    const struct form *form;
    TRY(request_form(req, &form));
    *ret_fields = (struct setup_fields){
        .token = form_get(form, "token"),
        .username = form_get(form, "username"),
        .password = form_get(form, "password-new"),
        .again = form_get(form, "password-confirm"),
    };
    if (str_absent(ret_fields->token) || str_absent(ret_fields->username) ||
        str_absent(ret_fields->password) || str_absent(ret_fields->again))
        return err_set(&req->err, ERR_INVALID_REQUEST, "the form is incomplete");
    return 0;
}

/* The first administrator gets more than the realm's policy may ask: it is empty as yet. */
static const char *password_problem_of(const struct setup_fields *f, struct str *ret_argument)
{
    static const struct password_policy policy = {
        .length = 12, .not_username = true, .not_contains_username = true};
    struct user user = {.username = f->username};
    *ret_argument = STR("12");
    if (str_empty(f->password))
        return "missingPasswordMessage";
    if (!str_eq(f->password, f->again))
        return "notMatchPasswordMessage";
    struct password_problem problem = password_policy_check(&policy, &user, f->password);
    return problem.message;
}

/* Where the rest of the set-up is led through, after a login. */
static struct str first_steps(struct request *req)
{
    return ARENA_CONCAT(req->arena, web_own_urls(req).admin,
                        STR("/admin/" REALM_MASTER "/console/#/" REALM_MASTER "/first-run"));
}

static void send_done(struct request *req, struct response *res, struct str username)
{
    struct page p;
    page_begin(&p, req, NULL);
    page_message(&p, "heading", "setup.done.heading", NULL, 0);
    page_message(&p, "text", "setup.done.text", &username, 1);
    tpl_set(req->arena, p.root, "back", first_steps(req));
    page_send(&p, res, 200, "info");
}

/* What to say on the form again; NULL when the failure is not the person's. */
static const char *complaint(int rc)
{
    switch (rc) {
    case ERR_INVALID_REQUEST: return "setup.error.username";
    case ERR_CONFLICT: return "setup.error.taken";
    case ERR_PASSWORD_POLICY: return "invalidPasswordMessage";
    default: return NULL;
    }
}

static void create(struct request *req, struct response *res, const struct auth_ctx *ctx,
                   const struct setup_fields *f)
{
    struct user user;
    struct str argument = STR("");
    const char *problem = password_problem_of(f, &argument);
    if (problem) {
        send_form(req, res, f->token, f->username, problem, argument);
        return;
    }
    int rc = setup_complete(ctx, f->token, f->username, f->password, &user);
    if (rc == 0)
        send_done(req, res, user.username);
    else if (rc == ERR_FORBIDDEN)
        send_closed(req, res);
    else if (complaint(rc))
        send_form(req, res, f->token, f->username, complaint(rc), argument);
    else
        fail_page(req, res, rc);
}

void login_setup_create(struct request *req, struct response *res)
{
    CLEANUP(master_release) struct master m = {0};
    struct setup_fields fields;
    bool match = false;
    int rc = master_open(req, &m);
    if (rc == 0)
        rc = read_fields(req, &fields);
    /* Nothing is said about names and passwords to whoever lacks the token (RE-04). */
    if (rc == 0)
        rc = setup_token_check(&m.ctx, fields.token, &match);
    if (rc != 0)
        fail_page(req, res, rc);
    else if (!match)
        send_closed(req, res);
    else
        create(req, res, &m.ctx, &fields);
}

/* Whether a trial login came back here, as the demo's does. */
static bool has_code(struct request *req)
{
    const struct form *query;
    return request_query(req, &query) == 0 && !str_empty(form_get(query, "code"));
}

void login_welcome(struct request *req, struct response *res)
{
    CLEANUP(master_release) struct master m = {0};
    struct page p;
    bool open = false;
    int rc = master_open(req, &m);
    if (rc == 0)
        rc = setup_is_open(&m.ctx, &open);
    if (rc != 0) {
        fail_page(req, res, rc);
        return;
    }
    page_begin(&p, req, NULL);
    tpl_set_bool(req->arena, p.root, "setup", open);
    tpl_set_bool(req->arena, p.root, "arrived", has_code(req));
    /* With a listener of its own administration has an address that is not everybody's business. */
    if (req->web->config.admin_port == 0)
        tpl_set(req->arena, p.root, "console", page_path(req, STR("/admin/master/console/")));
    tpl_set(req->arena, p.root, "discovery",
            page_path(req, STR("/realms/master/.well-known/openid-configuration")));
    tpl_set(req->arena, p.root, "keys",
            page_path(req, STR("/realms/master/protocol/openid-connect/certs")));
    page_language_links(&p, STR(""));
    page_send(&p, res, 200, "welcome");
}
