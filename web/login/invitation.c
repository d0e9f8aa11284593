/* The page behind an invitation: a button for who has an account, a form for who has none. */
#include "core/admin/invitations.h"
#include "core/model/check.h"
#include "core/oidc/redirect_uri.h"
#include "core/port/profiles.h"
#include "web/fail.h"
#include "web/login/page.h"
#include "web/oidc/context.h"
#include "web/router.h"
#include "web/web.h"

#include "core/base/banned.h"

#define EXTRA_PREFIX "user.attributes." /* as Keycloak's forms of old */

struct typed {
    struct user user;
    struct str password, again;
};

/* --- The form --- */

static bool is_usual(struct str name)
{
    return str_eq(name, STR("username")) || str_eq(name, STR("email")) ||
           str_eq(name, STR("firstName")) || str_eq(name, STR("lastName"));
}

static bool is_asked(const struct profile *profile, const struct profile_attribute *a)
{
    return profile_requires(a, STR(PROFILE_ROLE_USER)) &&
           profile_edits(profile, a->name, STR(PROFILE_ROLE_USER));
}

/* What the realm wants of people besides, as lines of text. */
static void set_extras(struct page *p, const struct user *user)
{
    struct arena *a = p->req->arena;
    const struct profile *profile = realm_view_profile(p->req->realm);
    struct tpl_value *list = tpl_set_list(a, p->root, "extras");
    for (size_t i = 0; i < profile->count; i++) {
        const struct profile_attribute *attribute = &profile->attributes[i];
        if (is_usual(attribute->name) || !is_asked(profile, attribute))
            continue;
        struct tpl_value *item = tpl_add_map(a, list);
        struct str label = page_text(p, attribute->display_name);
        struct str value = attrs_first(&user->attributes, attribute->name);
        tpl_set(a, item, "name", ARENA_CONCAT(a, STR(EXTRA_PREFIX), attribute->name));
        tpl_set(a, item, "label", str_absent(label) ? attribute->name : label);
        tpl_set(a, item, "value", str_absent(value) ? STR("") : value);
    }
}

static void set_names(struct page *p, const struct user *user)
{
    struct arena *a = p->req->arena;
    const struct profile *profile = realm_view_profile(p->req->realm);
    const struct profile_attribute *first = profile_find(profile, STR("firstName"));
    const struct profile_attribute *last = profile_find(profile, STR("lastName"));
    tpl_set_bool(a, p->root, "asksUsername",
                 !realm_view_realm(p->req->realm)->registration_email_as_username);
    tpl_set(a, p->root, "username", user->username);
    tpl_set(a, p->root, "firstName", user->first_name);
    tpl_set(a, p->root, "lastName", user->last_name);
    tpl_set_bool(a, p->root, "needsFirstName", first && is_asked(profile, first));
    tpl_set_bool(a, p->root, "needsLastName", last && is_asked(profile, last));
    set_extras(p, user);
}

static void begin(struct page *p, struct request *req, const struct invitation_visit *v)
{
    const struct page_wish wish = {.user_locale = attrs_first(&v->user.attributes, STR("locale"))};
    page_begin(p, req, v->has_account ? &wish : NULL);
    tpl_set(req->arena, p->root, "organization", v->organization.name);
    tpl_set(req->arena, p->root, "email", v->invitation.email);
}

struct complaint {
    const struct password_problem *password;
    struct str text; /* absent: none */
    bool changed;    /* since the page was shown */
};

static void send_form(struct request *req, struct response *res, struct str key,
                      const struct invitation_visit *v, const struct user *typed,
                      struct complaint complaint)
{
    struct page p;
    struct arena *a = req->arena;
    begin(&p, req, v);
    tpl_set(a, p.root, "action", page_realm_path(req, STR("/login-actions/invitation")));
    tpl_set(a, p.root, "key", key);
    tpl_set_bool(a, p.root, "register", !v->has_account);
    if (v->has_account) {
        tpl_set(a, p.root, "username", v->user.username);
        tpl_set(a, p.root, "account", v->user.id);
    } else {
        set_names(&p, typed);
    }
    page_problem(&p, complaint.password);
    if (complaint.changed)
        page_message(&p, "error", "invitation.changed", NULL, 0);
    else if (!str_absent(complaint.text))
        tpl_set(a, p.root, "error", complaint.text);
    bool complains = complaint.password || complaint.changed || !str_absent(complaint.text);
    page_send(&p, res, complains ? 400 : 200, "invitation");
}

static void send_done(struct request *req, struct response *res, const struct invitation_visit *v)
{
    struct page p;
    struct str url = v->organization.redirect_url;
    begin(&p, req, v);
    page_message(&p, "heading", "invitation.done.heading", &v->organization.name, 1);
    page_message(&p, "text", "invitation.done.text", NULL, 0);
    if (!str_empty(url) && redirect_uri_acceptable(url))
        tpl_set(req->arena, p.root, "back", url);
    page_send(&p, res, 200, "info");
}

static void show(struct request *req, struct response *res, struct str key,
                 const struct invitation_visit *v, bool changed)
{
    const struct user suggested = {.first_name = v->invitation.first_name,
                                   .last_name = v->invitation.last_name,
                                   .username = STR("")};
    send_form(req, res, key, v, &suggested, (struct complaint){.changed = changed});
}

/* Nothing happens yet: programs that look at mails open links, too. */
void login_invitation(struct request *req, struct response *res)
{
    struct auth_ctx ctx;
    const struct form *query;
    struct invitation_visit visit;
    int rc = oidc_context(req, &ctx);
    if (rc == 0)
        rc = request_query(req, &query);
    if (rc == 0)
        rc = invitation_visit(&ctx, form_get(query, "key"), &visit);
    if (rc != 0) {
        fail_page(req, res, rc);
        return;
    }
    show(req, res, form_get(query, "key"), &visit, false);
}

/* --- What was typed --- */

static struct str field(const struct form *form, const char *name)
{
    struct str value = form_get(form, name);
    return str_absent(value) ? STR("") : str_trim(value);
}

static int read_extras(struct request *req, const struct form *form, struct user *io_user)
{
    struct arena *a = req->arena;
    const struct profile *profile = realm_view_profile(req->realm);
    for (size_t i = 0; i < profile->count; i++) {
        const struct profile_attribute *attribute = &profile->attributes[i];
        if (is_usual(attribute->name) || !is_asked(profile, attribute))
            continue;
        struct str name = ARENA_CONCAT(a, STR(EXTRA_PREFIX), attribute->name);
        const char *text = str_absent(name) ? NULL : arena_cstr(a, name);
        if (!text)
            return ERR_NO_MEMORY;
        struct str value = field(form, text);
        if (!str_empty(value))
            TRY(attrs_set(&io_user->attributes, a, attribute->name, (struct strs){&value, 1}));
    }
    return 0;
}

static int read_typed(struct request *req, const struct form *form, struct typed *ret_typed)
{
    struct typed t = {.user = {.pk = 0}};
    fields_default(&user_fields, &t.user);
    t.user.username = field(form, "username");
    t.user.first_name = field(form, "firstName");
    t.user.last_name = field(form, "lastName");
    struct str password = form_get(form, "password-new"),
               again = form_get(form, "password-confirm");
    t.password = str_absent(password) ? STR("") : password;
    t.again = str_absent(again) ? STR("") : again;
    TRY(read_extras(req, form, &t.user));
    *ret_typed = t;
    return 0;
}

/* --- Using it --- */

/* Sentences of the server are in English, as what they name may be anything that the profile asks. */
static struct str complaint_of(struct request *req, int rc)
{
    if (rc != ERR_CONFLICT && rc != ERR_INVALID_REQUEST && rc != ERR_LIMIT_REACHED)
        return str_of(NULL, 0);
    return arena_str_c(req->arena, req->err.detail[0] ? req->err.detail : err_text(rc));
}

static int use_register(struct request *req, struct response *res, const struct auth_ctx *ctx,
                        const struct form *form, struct invitation_visit *visit)
{
    struct typed typed;
    struct password_problem problem = {0};
    struct str key = form_get(form, "key");
    TRY(read_typed(req, form, &typed));
    struct user made = typed.user;
    int rc = invitation_register(ctx, key, &made, typed.password, typed.again, visit, &problem);
    struct complaint complaint = {rc == ERR_PASSWORD_POLICY ? &problem : NULL,
                                  complaint_of(req, rc), false};
    if (rc == 0)
        send_done(req, res, visit);
    else if (complaint.password || !str_absent(complaint.text))
        send_form(req, res, key, visit, &typed.user, complaint);
    else
        return rc;
    return 0;
}

/* RE-03: who fills in the form for a new account does not let another one join by that. */
static bool is_as_shown(const struct invitation_visit *v, struct str account)
{
    return v->has_account ? str_eq(account, v->user.id) : str_empty(account);
}

static int use(struct request *req, struct response *res)
{
    struct auth_ctx ctx;
    const struct form *form;
    struct invitation_visit visit;
    TRY(oidc_context(req, &ctx));
    TRY(request_form(req, &form));
    struct str key = form_get(form, "key");
    struct str account = field(form, "account");
    int rc = invitation_visit(&ctx, key, &visit);
    if (rc == 0 && !is_as_shown(&visit, account)) {
        show(req, res, key, &visit, true);
        return 0;
    }
    if (rc == 0 && !visit.has_account)
        return use_register(req, res, &ctx, form, &visit);
    if (rc == 0 || rc == ERR_ACTION_TOKEN || rc == ERR_EMAIL_TAKEN)
        rc = invitation_accept(&ctx, key, account, &visit);
    if (rc == 0)
        send_done(req, res, &visit);
    return rc;
}

void login_invitation_use(struct request *req, struct response *res)
{
    int rc = use(req, res);
    if (rc != 0)
        fail_page(req, res, rc);
}
