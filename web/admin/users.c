/* ~/users: people. */
#include "web/admin/users.h"

#include "core/admin/users.h"
#include "core/auth/password_change.h"
#include "core/model/name_search.h"
#include "core/port/profiles.h"
#include "core/port/roles.h"
#include "web/admin/represent.h"

#include "core/base/banned.h"

#define PARAM_USER 1

/* --- Finding --- */

static int find_by_id(struct admin_call *call, size_t n, struct user *ret_user)
{
    int rc = user_find_by_id(call->r, call->req->arena, admin_param(call, n), ret_user);
    return rc == ERR_NOT_FOUND ? admin_missing(call, "User") : rc;
}

int users_find(struct admin_call *call, struct user *ret_user)
{
    TRY(admin_read(call));
    return find_by_id(call, PARAM_USER, ret_user);
}

int users_find_nth_to_change(struct admin_call *call, size_t n, struct user *ret_user)
{
    TRY(admin_write(call));
    TRY(find_by_id(call, n, ret_user));
    return admin_may_change_user(&call->ctx, &call->caller, call->r, ret_user->pk);
}

int users_find_to_change(struct admin_call *call, struct user *ret_user)
{
    return users_find_nth_to_change(call, PARAM_USER, ret_user);
}

/* --- Lists --- */

static int unsupported(struct admin_call *call, const char *name, const char *what)
{
    return err_field(&call->req->err, ERR_NOT_IMPLEMENTED, name, "%s", what);
}

/* search=id:4f... asks for one person, everything else for names. */
static int take_search(struct admin_call *call, struct user_filter *f)
{
    struct name_search search;
    TRY(admin_query(call, "search", &f->search));
    if (str_absent(f->search) || name_search_read(call->req->arena, f->search, &search) == 0)
        return 0;
    return err_field(&call->req->err, ERR_INVALID_REQUEST, "search",
                     "search must be at most %d words and %d bytes of text", NAME_SEARCH_WORDS,
                     NAME_SEARCH_MAX_BYTES);
}

static int take_flag(struct admin_call *call, const char *name, enum user_flag *ret_flag)
{
    struct str value;
    bool on;
    TRY(admin_query(call, name, &value));
    TRY(admin_query_bool(call, name, false, &on));
    *ret_flag = str_absent(value) ? FLAG_ANY : on ? FLAG_ON : FLAG_OFF;
    return 0;
}

static int take_attribute(struct admin_call *call, struct user_filter *f)
{
    struct str_map pairs;
    TRY(admin_query_pairs(call, &pairs));
    if (pairs.count > 1)
        return unsupported(call, "q", "One attribute is searched at a time");
    if (pairs.count == 1) {
        f->attribute = pairs.items[0].name;
        f->value = pairs.items[0].value;
    }
    return 0;
}

static int refuse_other_conditions(struct admin_call *call)
{
    static const char *const names[] = {"idpAlias", "idpUserId"};
    struct str value;
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        TRY(admin_query(call, names[i], &value));
        if (!str_absent(value))
            return unsupported(call, names[i], "This condition is not searched for");
    }
    return 0;
}

/* AD-07: what is not shown is not guessed by searching for it either. */
static int refuse_hidden(struct admin_call *call, const struct user_filter *f)
{
    const struct {
        const char *name;
        struct str attribute, value;
    } searched[] = {
        {"email", STR("email"), f->email},           {"firstName", STR("firstName"), f->first_name},
        {"lastName", STR("lastName"), f->last_name}, {"q", f->attribute, f->attribute},
        {"search", STR("email"), f->search},         {"search", STR("firstName"), f->search},
        {"search", STR("lastName"), f->search}};
    const struct profile *profile = realm_view_profile(call->ctx.view);
    for (size_t i = 0; i < ARRAY_LEN(searched); i++)
        if (!str_absent(searched[i].value) &&
            !profile_sees(profile, searched[i].attribute, STR(PROFILE_ROLE_ADMIN)))
            return err_field(&call->req->err, ERR_INVALID_REQUEST, searched[i].name,
                             "Administrators do not see the attribute %.*s",
                             STR_ARG(searched[i].attribute));
    return 0;
}

static int take_filter(struct admin_call *call, struct user_filter *ret_filter)
{
    struct user_filter f = {.exact = false};
    TRY(take_search(call, &f));
    TRY(admin_query(call, "username", &f.username));
    TRY(admin_query(call, "email", &f.email));
    TRY(admin_query(call, "firstName", &f.first_name));
    TRY(admin_query(call, "lastName", &f.last_name));
    TRY(admin_query_bool(call, "exact", false, &f.exact));
    TRY(take_flag(call, "enabled", &f.enabled));
    TRY(take_flag(call, "emailVerified", &f.email_verified));
    TRY(refuse_other_conditions(call));
    TRY(take_attribute(call, &f));
    *ret_filter = f;
    return refuse_hidden(call, &f);
}

static int list_by_id(struct admin_call *call, struct str id, bool brief)
{
    struct user user;
    int rc = user_find_by_id(call->r, call->req->arena, id, &user);
    jw_begin_array(&call->out);
    if (rc == 0)
        represent_user(call, &user, brief);
    jw_end_array(&call->out);
    return rc == ERR_NOT_FOUND ? 0 : rc;
}

static int list_found(struct admin_call *call, struct user_filter *f, const struct admin_page *page,
                      bool brief)
{
    struct user *users;
    size_t count;
    f->first = page->first;
    TRY(user_list(call->r, call->req->arena, f, admin_page_limit(page), &users, &count));
    TRY(admin_page_check(call, page, count));
    jw_begin_array(&call->out);
    for (size_t i = 0; i < count; i++)
        represent_user(call, &users[i], brief);
    jw_end_array(&call->out);
    return 0;
}

static void list_none(struct admin_call *call)
{
    jw_begin_array(&call->out);
    jw_end_array(&call->out);
}

int rest_users_list(struct admin_call *call)
{
    struct user_filter f;
    struct admin_page page;
    bool brief;
    TRY(take_filter(call, &f));
    TRY(admin_page(call, &page));
    TRY(admin_query_bool(call, "briefRepresentation", false, &brief));
    TRY(admin_read(call));
    /* As Keycloak: who may only ask sees nobody (AD-07). */
    if (!admin_has(call, ADMIN_VIEW_USERS)) {
        list_none(call);
        return 0;
    }
    if (str_starts(f.search, STR("id:")))
        return list_by_id(call, str_trim(str_from(f.search, 3)), brief);
    return list_found(call, &f, &page, brief);
}

int rest_users_count(struct admin_call *call)
{
    struct user_filter f;
    int64_t count = 0;
    TRY(take_filter(call, &f));
    TRY(admin_read(call));
    if (admin_has(call, ADMIN_VIEW_USERS))
        TRY(user_list_count(call->r, call->req->arena, &f, &count));
    jw_i64(&call->out, count);
    return 0;
}

int rest_user_get(struct admin_call *call)
{
    struct user user;
    bool metadata;
    TRY(admin_query_bool(call, "userProfileMetadata", false, &metadata));
    TRY(users_find(call, &user));
    if (metadata)
        represent_user_with_profile(call, &user);
    else
        represent_user(call, &user, false);
    return 0;
}

/* Those that the profile does not name; none where they do not exist. */
int rest_user_unmanaged(struct admin_call *call)
{
    const struct profile *profile = realm_view_profile(call->ctx.view);
    struct user user;
    TRY(users_find(call, &user));
    struct user seen = profile_seen(call->req->arena, profile, &user, STR(PROFILE_ROLE_ADMIN));
    struct attrs *attrs = &seen.attributes;
    size_t kept = 0;
    for (size_t i = 0; i < attrs->count; i++)
        if (!profile_find(profile, attrs->items[i].name))
            attrs->items[kept++] = attrs->items[i];
    attrs->count = kept;
    represent_attrs_value(&call->out, attrs);
    return 0;
}

/* --- Making --- */

/* A password in clear of the body's credentials; hashed ones are stored as they are. */
struct new_user {
    struct user user;
    struct password_change password;
    bool has_password, temporary;
};

static int take_password(struct admin_call *call, const struct json_value *json,
                         struct new_user *new)
{
    struct str value = {NULL, 0}, type = STR(CREDENTIAL_PASSWORD);
    TRY(admin_member_str(call, json, "value", &value));
    TRY(admin_member_str(call, json, "type", &type));
    TRY(admin_member_bool(call, json, "temporary", &new->temporary));
    if (str_absent(value))
        return 0;
    if (!str_eq(type, STR(CREDENTIAL_PASSWORD)) || new->has_password)
        return err_field(&call->req->err, ERR_INVALID_REQUEST, "credentials",
                         "One password may be given");
    new->has_password = true;
    return password_change_prepare(&call->ctx, &new->user, value, &new->password, NULL);
}

/* Hashing comes before the write: it takes its time. */
static int read_new(struct admin_call *call, struct new_user *ret_new)
{
    struct new_user new = {.has_password = false};
    const struct json_value *json;
    TRY(admin_body_object(call));
    fields_default(&user_fields, &new.user);
    new.user.enabled = false; /* as Keycloak's, unless the body says otherwise */
    TRY(fields_merge(&user_fields, &new.user, call->req->arena, call->body, &call->req->err));
    if (str_empty(new.user.username) && auth_realm(&call->ctx)->registration_email_as_username)
        new.user.username = new.user.email;
    if (str_empty(new.user.username))
        return err_field(&call->req->err, ERR_INVALID_REQUEST, "username", "User name is missing");
    TRY(admin_user_prepare(&call->ctx, &new.user));
    for (struct json_iter it = json_iter(json_get(call->body, "credentials"));
         json_next(&it, NULL, &json);)
        TRY(take_password(call, json, &new));
    *ret_new = new;
    return 0;
}

static int store_hashed(struct admin_call *call, const struct user *user)
{
    const struct json_value *json;
    for (struct json_iter it = json_iter(json_get(call->body, "credentials"));
         json_next(&it, NULL, &json);) {
        struct credential c = {
            .type = json_str_or(json, "type", STR(CREDENTIAL_PASSWORD)),
            .user_label = json_str_or(json, "userLabel", STR("")),
            .created_ms = json_i64_or(json, "createdDate", 0),
            .secret_data = json_get_str(json, "secretData"),
            .credential_data = json_get_str(json, "credentialData"),
            .priority = json_i64_or(json, "priority", 10),
        };
        if (!str_absent(c.secret_data))
            TRY(admin_user_import_credential(&call->ctx, call->w, user, &c));
    }
    return 0;
}

static int join_group(struct admin_call *call, const struct user *user, struct str path)
{
    struct group group;
    struct roles roles;
    int rc = group_find_by_path(call->r, call->req->arena, path, &group);
    if (rc == ERR_NOT_FOUND)
        return err_field(&call->req->err, ERR_INVALID_REQUEST, "groups", "There is no group %.*s",
                         STR_ARG(path));
    TRY(rc);
    TRY(group_roles_effective(call->r, call->req->arena, group.pk, &roles));
    TRY(admin_may_give(&call->ctx, &call->caller, call->r, &roles));
    return admin_user_group_join(&call->ctx, call->w, user, &group);
}

static int join_groups(struct admin_call *call, const struct user *user)
{
    const struct json_value *json;
    for (struct json_iter it = json_iter(json_get(call->body, "groups"));
         json_next(&it, NULL, &json);) {
        if (json_kind(json) != JSON_STRING)
            return err_field(&call->req->err, ERR_INVALID_REQUEST, "groups",
                             "groups must be a list of texts");
        TRY(join_group(call, user, json_str(json)));
    }
    return 0;
}

int rest_users_create(struct admin_call *call)
{
    struct new_user new;
    TRY(read_new(call, &new));
    TRY(admin_write(call));
    TRY(admin_user_insert(&call->ctx, call->w, &new.user));
    new.password.user_pk = new.user.pk;
    new.password.user_id = new.user.id;
    bool temporary =
        new.temporary || strs_has(&new.user.required_actions, STR(REQUIRED_ACTION_UPDATE_PASSWORD));
    if (new.has_password)
        TRY(password_change_store(&call->ctx, call->w, &new.password, temporary, 0,
                                  EVENT_CredentialsReset));
    TRY(store_hashed(call, &new.user));
    TRY(join_groups(call, &new.user));
    return admin_created(call, "users", new.user.id);
}

/* --- Changing --- */

int rest_user_put(struct admin_call *call)
{
    struct user before, after;
    TRY(admin_body_object(call));
    TRY(users_find_to_change(call, &before));
    after = before;
    TRY(fields_merge(&user_fields, &after, call->req->arena, call->body, &call->req->err));
    return admin_user_update(&call->ctx, call->w, &before, &after, NULL);
}

int rest_user_remove(struct admin_call *call)
{
    struct user user;
    TRY(users_find_to_change(call, &user));
    return admin_user_delete(&call->ctx, call->w, &user);
}
