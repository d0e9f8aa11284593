/* Writing representations. */
#include "web/admin/represent.h"

#include "core/base/banned.h"

static void write_texts(struct json_writer *w, const struct strs *list)
{
    for (size_t i = 0; i < list->count; i++)
        jw_str(w, list->items[i]);
    jw_end_array(w);
}

void represent_strs(struct json_writer *w, const char *name, const struct strs *list)
{
    jw_member_array(w, name);
    write_texts(w, list);
}

void represent_attrs(struct json_writer *w, const char *name, const struct attrs *attrs)
{
    jw_member_object(w, name);
    for (size_t i = 0; i < attrs->count; i++) {
        jw_key_s(w, attrs->items[i].name);
        jw_begin_array(w);
        write_texts(w, &attrs->items[i].values);
    }
    jw_end_object(w);
}

void represent_role(struct json_writer *w, const struct role *role, struct str container_id,
                    bool brief)
{
    jw_begin_object(w);
    jw_member_str(w, "id", role->id);
    jw_member_str(w, "name", role->name);
    if (!str_empty(role->description))
        jw_member_str(w, "description", role->description);
    jw_member_bool(w, "composite", role->composite);
    jw_member_bool(w, "clientRole", role->client_pk != 0);
    jw_member_str(w, "containerId", container_id);
    if (!brief)
        represent_attrs(w, "attributes", &role->attributes);
    jw_end_object(w);
}

void represent_group(struct json_writer *w, const struct group *group, bool brief)
{
    jw_begin_object(w);
    jw_member_str(w, "id", group->id);
    jw_member_str(w, "name", group->name);
    jw_member_str(w, "path", group->path);
    if (!brief)
        represent_attrs(w, "attributes", &group->attributes);
    jw_member_array(w, "subGroups");
    jw_end_array(w);
    jw_end_object(w);
}

/* What the caller may do with the user: consoles show their buttons by it. */
static void write_access(struct admin_call *call, struct json_writer *w)
{
    bool manages = admin_has(call, ADMIN_MANAGE_USERS);
    jw_member_object(w, "access");
    jw_member_bool(w, "manageGroupMembership", manages);
    jw_member_bool(w, "resetPassword", manages);
    jw_member_bool(w, "view", admin_has(call, ADMIN_VIEW_USERS));
    jw_member_bool(w, "mapRoles", manages);
    jw_member_bool(w, "impersonate", admin_has(call, ADMIN_IMPERSONATE));
    jw_member_bool(w, "manage", manages);
    jw_end_object(w);
}

void represent_user(struct admin_call *call, const struct user *user, bool brief)
{
    struct json_writer *w = &call->out;
    jw_begin_object(w);
    jw_member_str(w, "id", user->id);
    jw_member_str(w, "username", user->username);
    if (!str_empty(user->first_name))
        jw_member_str(w, "firstName", user->first_name);
    if (!str_empty(user->last_name))
        jw_member_str(w, "lastName", user->last_name);
    if (!str_empty(user->email))
        jw_member_str(w, "email", user->email);
    jw_member_bool(w, "emailVerified", user->email_verified);
    jw_member_bool(w, "enabled", user->enabled);
    jw_member_i64(w, "createdTimestamp", user->created_ms);
    if (!brief) {
        if (user->attributes.count > 0)
            represent_attrs(w, "attributes", &user->attributes);
        jw_member_array(w, "disableableCredentialTypes");
        jw_end_array(w);
        represent_strs(w, "requiredActions", &user->required_actions);
        jw_member_i64(w, "notBefore", user->not_before_s);
        if (!str_empty(user->service_account_client_id))
            jw_member_str(w, "serviceAccountClientId", user->service_account_client_id);
    }
    write_access(call, w);
    jw_end_object(w);
}
