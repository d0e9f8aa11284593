/* The page on which people look through what is stored of them, when they are told to (UPDATE_PROFILE): the
 * realm's profile says what is asked, as on the account page (core/account/profile.h). */
#include "core/oidc/authz_flow.h"

#include "core/account/profile.h"
#include "core/admin/users.h"
#include "core/auth/user_actions.h"
#include "core/model/check.h"
#include "core/model/profile_value.h"

#include "core/base/banned.h"

#define FIELD_PREFIX     "user.attributes."
#define REQUIRED_MESSAGE "error-user-attribute-required"
#define INVALID_MESSAGE  "error-invalid-value"
#define TAKEN_MESSAGE    "profile.taken"
#define LINES_MAX_BYTES  ((size_t)16 << 10) /* of one attribute: pages and forms hold several */

/* --- What stands in it --- */

/* The members that have a place of their own; NULL: an attribute. */
static struct str *member_of(struct user *user, struct str name)
{
    if (str_eq(name, STR("username")))
        return &user->username;
    if (str_eq(name, STR("email")))
        return &user->email;
    if (str_eq(name, STR("firstName")))
        return &user->first_name;
    return str_eq(name, STR("lastName")) ? &user->last_name : NULL;
}

static struct str name_of_field(struct arena *a, struct user *user, struct str attribute)
{
    return member_of(user, attribute) ? attribute : ARENA_CONCAT(a, STR(FIELD_PREFIX), attribute);
}

/* What the page has in a field. */
struct shown {
    struct str text; /* values one a line */
    bool
        too_large; /* it is not shown at all, and stays as it is: else nobody could log in with it */
};

static int lines_of(struct arena *a, const struct strs *values, struct shown *ret_shown)
{
    struct buf b;
    struct shown shown = {.text = STR("")};
    buf_init(&b, a, LINES_MAX_BYTES);
    for (size_t i = 0; values && i < values->count; i++) {
        if (i > 0)
            buf_add(&b, STR("\n"));
        buf_add(&b, values->items[i]);
    }
    int rc = buf_finish(&b, &shown.text);
    shown.too_large = rc == ERR_TOO_LARGE;
    *ret_shown = shown;
    return shown.too_large ? 0 : rc;
}

static int shown_of(struct arena *a, struct user *user, struct str attribute,
                    struct shown *ret_shown)
{
    const struct str *member = member_of(user, attribute);
    if (!member)
        return lines_of(a, attrs_get(&user->attributes, attribute), ret_shown);
    *ret_shown = (struct shown){.text = *member};
    return 0;
}

/* --- What is asked --- */

/* OI-08: where the realm wants addresses proved, one that is there is changed on the account page, where the new
 * one waits for its proof: a slip of the pen here would keep the person out. */
static bool keeps_address(const struct flow *f, const struct user *user, struct str attribute)
{
    return str_eq(attribute, STR("email")) && auth_realm(f->ctx)->verify_email &&
           !str_empty(user->email);
}

static bool is_asked(const struct flow *f, const struct profile *profile, const struct user *user,
                     struct str attribute)
{
    return profile_edits(profile, attribute, STR(PROFILE_ROLE_USER)) &&
           !keeps_address(f, user, attribute);
}

static const struct profile_problem *problem_of(const struct profile_problems *problems,
                                                struct str attribute)
{
    for (size_t i = 0; problems && i < problems->count; i++)
        if (str_eq(problems->items[i].attribute, attribute))
            return &problems->items[i];
    return NULL;
}

static int fill_field(const struct flow *f, const struct profile *profile,
                      const struct profile_attribute *attribute, struct user *user,
                      const struct profile_problems *problems, struct profile_field *ret_field)
{
    const struct profile_problem *problem = problem_of(problems, attribute->name);
    struct shown shown;
    TRY(shown_of(f->ctx->arena, user, attribute->name, &shown));
    struct profile_field field = {
        .name = name_of_field(f->ctx->arena, user, attribute->name),
        .attribute = attribute->name,
        .label = attribute->display_name,
        .required = profile_requires(attribute, STR(PROFILE_ROLE_USER)),
        .value = shown.text,
        .fixed = shown.too_large || !is_asked(f, profile, user, attribute->name),
        .many = attribute->multivalued,
        .options = json_get(json_get(attribute->validations, "options"), "options"),
    };
    if (problem) {
        field.problem = problem->message;
        field.problem_params = problem->params;
    }
    *ret_field = field;
    return str_absent(field.name) ? ERR_NO_MEMORY : 0;
}

/* AD-07: what people see of themselves, and no more. */
static int fill_page(const struct flow *f, const struct profile *profile, struct user *user,
                     const struct profile_problems *problems, struct profile_page *ret_page)
{
    struct profile_page page = {
        .fields = ARENA_ARRAY(f->ctx->arena, profile->count, struct profile_field)};
    if (!page.fields && profile->count > 0)
        return ERR_NO_MEMORY;
    for (size_t i = 0; i < profile->count; i++) {
        const struct profile_attribute *attribute = &profile->attributes[i];
        if (profile_sees(profile, attribute->name, STR(PROFILE_ROLE_USER)))
            TRY(fill_field(f, profile, attribute, user, problems, &page.fields[page.count++]));
    }
    *ret_page = page;
    return 0;
}

static int show(struct flow *f, const struct who *who, const struct user *filled,
                const struct profile *profile, const struct profile_problems *problems)
{
    struct user user = *filled;
    f->step->kind = AUTHZ_STEP_UPDATE_PROFILE;
    f->step->username = who->user.username;
    f->step->may_cancel = flow_profile_is_asked(f);
    TRY(fill_page(f, profile, &user, problems, &f->step->profile));
    return flow_seal(f, LOGIN_STAGE_PROFILE, who);
}

int flow_show_profile(struct flow *f, const struct who *who)
{
    struct profile profile;
    TRY(account_profile(f->ctx, &profile));
    return show(f, who, &who->user, &profile, NULL);
}

/* --- What was sent --- */

/* Forms end lines with CR LF (HTML 4.10.22.7). */
static struct str line_of(struct str line)
{
    return str_trim(str_ends(line, STR("\r")) ? str_sub(line, 0, line.len - 1) : line);
}

static int read_lines(struct arena *a, struct str text, bool many, struct strs *ret_values)
{
    struct strs values = {0};
    struct str line;
    /* One too many is read, so that it is told. */
    while (many && values.count <= ATTRS_MAX_VALUES && str_next(&text, '\n', &line))
        if (!str_empty(line_of(line)))
            TRY(strs_add(&values, a, line_of(line)));
    if (!many && !str_empty(str_trim(text)))
        TRY(strs_add(&values, a, str_trim(text)));
    *ret_values = values;
    return 0;
}

/* In a field of one line browsers leave out the ends of lines, in one of many they make all of them CR LF. */
static bool is_left_out(char c, bool many)
{
    return c == '\r' || (c == '\n' && !many);
}

/* Whether a browser sends this when the person left the field alone. */
static bool is_as_shown(struct str sent, struct str shown, bool many)
{
    size_t i = 0, j = 0;
    for (;;) {
        while (i < sent.len && is_left_out(sent.ptr[i], many))
            i++;
        while (j < shown.len && is_left_out(shown.ptr[j], many))
            j++;
        if (i == sent.len || j == shown.len)
            return i == sent.len && j == shown.len;
        if (sent.ptr[i++] != shown.ptr[j++])
            return false;
    }
}

static bool fits(const struct strs *values)
{
    for (size_t i = 0; i < values->count; i++)
        if (values->items[i].len > ATTRS_MAX_VALUE_BYTES)
            return false;
    return values->count <= ATTRS_MAX_VALUES;
}

static int take_values(const struct flow *f, const struct profile_attribute *attribute,
                       struct str sent, struct user *io_user, struct profile_problems *problems)
{
    struct arena *a = f->ctx->arena;
    struct strs values;
    struct shown shown;
    TRY(shown_of(a, io_user, attribute->name, &shown));
    /* What was not touched stays, whatever a page makes of a value that has lines. */
    if (is_as_shown(sent, shown.text, attribute->multivalued))
        return 0;
    TRY(read_lines(a, sent, attribute->multivalued, &values));
    if (!fits(&values))
        TRY(profile_problem_add(a, problems, attribute->name, STR(INVALID_MESSAGE), NULL, NULL));
    return attrs_set(&io_user->attributes, a, attribute->name, values);
}

static int take_field(const struct flow *f, const struct profile_attribute *attribute,
                      const struct form *form, struct user *io_user,
                      struct profile_problems *problems)
{
    struct arena *a = f->ctx->arena;
    const char *name = arena_cstr(a, name_of_field(a, io_user, attribute->name));
    struct str *member = member_of(io_user, attribute->name);
    if (!name)
        return ERR_NO_MEMORY;
    struct str sent = form_get(form, name);
    if (str_absent(sent))
        return 0;
    if (!member)
        return take_values(f, attribute, sent, io_user, problems);
    *member = str_trim(sent);
    return 0;
}

static int take_form(const struct flow *f, const struct profile *profile, const struct form *form,
                     const struct user *before, struct user *ret_after,
                     struct profile_problems *problems)
{
    struct user after = *before;
    after.attributes = (struct attrs){0};
    for (size_t i = 0; i < before->attributes.count; i++)
        TRY(attrs_set(&after.attributes, f->ctx->arena, before->attributes.items[i].name,
                      before->attributes.items[i].values));
    for (size_t i = 0; i < profile->count; i++)
        if (is_asked(f, profile, before, profile->attributes[i].name))
            TRY(take_field(f, &profile->attributes[i], form, &after, problems));
    *ret_after = after;
    return 0;
}

/* AD-14: what was missing before is asked for, though the change leaves it alone. */
static int find_missing(const struct flow *f, const struct profile *profile, struct user *user,
                        struct profile_problems *problems)
{
    for (size_t i = 0; i < profile->count; i++) {
        const struct profile_attribute *attribute = &profile->attributes[i];
        struct shown shown;
        TRY(shown_of(f->ctx->arena, user, attribute->name, &shown));
        if (str_empty(shown.text) && !shown.too_large &&
            profile_requires(attribute, STR(PROFILE_ROLE_USER)) &&
            is_asked(f, profile, user, attribute->name))
            TRY(profile_problem_add(f->ctx->arena, problems, attribute->name, STR(REQUIRED_MESSAGE),
                                    NULL, NULL));
    }
    return 0;
}

/* --- Storing it --- */

struct profile_try {
    const struct form *form;
    struct who who;
    struct profile profile;
    struct profile_problems problems;
    struct user after;
};

/* The person changes himself: so says the event. */
static struct auth_ctx as_person(const struct flow *f, struct profile_try *t)
{
    struct auth_ctx own = *f->ctx;
    own.ret_problems = &t->problems;
    own.actor.user_id = t->who.user.id;
    own.actor.username = t->who.user.username;
    own.actor.client_id = f->request.client_id;
    return own;
}

static int change(const struct flow *f, struct store_write *w, struct profile_try *t,
                  const struct user *before)
{
    const struct auth_ctx own = as_person(f, t);
    TRY(take_form(f, &t->profile, t->form, before, &t->after, &t->problems));
    TRY(find_missing(f, &t->profile, &t->after, &t->problems));
    if (t->problems.count > 0)
        return ERR_INVALID_REQUEST;
    TRY(admin_user_update_own(&own, w, &t->profile, ADDRESS_AS_TYPED, before, &t->after));
    TRY(user_action_set(&own, w, before->pk, STR(REQUIRED_ACTION_UPDATE_PROFILE), false));
    return user_action_set(&own, w, before->pk, STR(REQUIRED_ACTION_VERIFY_PROFILE), false);
}

static int store(struct flow *f, struct profile_try *t)
{
    CLEANUP(store_rollback_p) struct store_write *w = NULL;
    struct user user;
    TRY(store_write_begin_for(f->ctx->view, f->ctx->now, NEED_CHANGE, &w));
    TRY(flow_check_person(f, store_write_reader(w), &t->who, &user));
    TRY(change(f, w, t, &user));
    return store_commit_p(&w, DURABLE_STANDBY);
}

/* Who kept his name has an address that is somebody's. */
static struct str field_of(const struct flow *f, const struct profile_try *t, int err)
{
    bool renamed = !str_eq(t->after.username, t->who.user.username);
    if (err == ERR_CONFLICT)
        return renamed ? STR("username") : STR("email");
    return arena_str_c(f->ctx->arena, f->ctx->err->field[0] ? f->ctx->err->field : "username");
}

/* A rule beside the profile's said no: the field that it names, with a word that fits. */
static int add_other_problem(const struct flow *f, struct profile_try *t, int err)
{
    struct arena *a = f->ctx->arena;
    struct str field = field_of(f, t, err);
    *f->ctx->err = (struct err_ctx){0};
    if (t->problems.count > 0)
        return 0;
    return profile_problem_add(a, &t->problems, field,
                               err == ERR_CONFLICT ? STR(TAKEN_MESSAGE) : STR(INVALID_MESSAGE),
                               NULL, NULL);
}

static int update(struct flow *f, struct profile_try *t)
{
    TRY(account_profile(f->ctx, &t->profile));
    t->after = t->who.user;
    int rc = store(f, t);
    if (rc == ERR_SESSION_NOT_ACTIVE)
        return flow_show_login(f, 0, str_of(NULL, 0));
    if (rc == ERR_INVALID_REQUEST || rc == ERR_CONFLICT) {
        TRY(add_other_problem(f, t, rc));
        return show(f, &t->who, &t->after, &t->profile, &t->problems);
    }
    TRY(rc);
    return flow_after_action(f, &t->who, flow_profile_is_asked(f));
}

int authz_update_profile(const struct auth_ctx *ctx, const struct authz_browser *browser,
                         struct str state, const struct form *form, struct authz_step *ret_step)
{
    struct flow f;
    struct profile_try t = {.form = form};
    struct finish fin = {0};
    const struct plan_options none = {0};
    enum next next;
    bool done, found;
    flow_init(&f, ctx, browser, ret_step);
    TRY(flow_reopen_at(&f, state, LOGIN_STAGE_PROFILE, &done));
    if (done)
        return 0;
    TRY(flow_load_for_page(&f, &t.who, &found));
    if (!found || !t.who.fresh)
        return flow_show_login(&f, 0, str_of(NULL, 0));
    /* WE-12: a page that is sent again or late, after another tab was quicker, changes nothing. */
    TRY(flow_plan_for_page(&f, &t.who, &none, &next, &fin));
    if (next == NEXT_PROFILE)
        return update(&f, &t);
    return flow_go_on(&f, &t.who, next, &fin);
}
