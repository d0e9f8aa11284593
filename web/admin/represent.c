/* Writing representations. */
#include "web/admin/represent.h"

#include "core/port/profiles.h"

#include "core/port/users.h"

#include "core/base/banned.h"

void represent_role(struct json_writer *w, const struct role *role, struct str container_id,
                    bool brief)
{
    jw_begin_object(w);
    represent_role_members(w, role, container_id);
    if (!brief)
        represent_attrs(w, "attributes", &role->attributes);
    jw_end_object(w);
}

void represent_group(struct json_writer *w, const struct group *group, bool brief)
{
    jw_begin_object(w);
    represent_group_members(w, group);
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

static void write_totp(struct admin_call *call, const struct user *user)
{
    bool has = false;
    int rc = credential_exists(call->r, user->pk, STR(CREDENTIAL_OTP), &has);
    if (rc != 0)
        call->out.err = rc; /* the answer as a whole fails */
    jw_member_bool(&call->out, "totp", has);
}

static void write_user(struct admin_call *call, const struct user *user, bool brief)
{
    struct json_writer *w = &call->out;
    represent_user_members(w, user);
    if (!brief) {
        represent_user_details(w, user);
        write_totp(call, user);
        if (!str_empty(user->service_account_client_id))
            jw_member_str(w, "serviceAccountClientId", user->service_account_client_id);
    }
    write_access(call, w);
}

static struct user seen_user(const struct admin_call *call, const struct user *user)
{
    return profile_seen(call->req->arena, realm_view_profile(call->ctx.view), user,
                        STR(PROFILE_ROLE_ADMIN));
}

void represent_user(struct admin_call *call, const struct user *user, bool brief)
{
    struct user seen = seen_user(call, user);
    jw_begin_object(&call->out);
    write_user(call, &seen, brief);
    jw_end_object(&call->out);
}

void represent_user_with_profile(struct admin_call *call, const struct user *user)
{
    struct user seen = seen_user(call, user);
    jw_begin_object(&call->out);
    write_user(call, &seen, false);
    jw_key(&call->out, "userProfileMetadata");
    profile_write_metadata(&call->out, realm_view_profile(call->ctx.view), STR(PROFILE_ROLE_ADMIN));
    jw_end_object(&call->out);
}
