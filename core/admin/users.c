/* People: making, changing and deleting them, their roles and groups. */
#include "core/admin/users.h"

#include "core/admin/default_groups.h"
#include "core/admin/groups.h"
#include "core/admin/profile.h"
#include "core/admin/quota.h"
#include "core/admin/record.h"
#include "core/admin/resource_servers.h"
#include "core/auth/password_change.h"
#include "core/auth/typed_name.h"
#include "core/codec/unicode.h"
#include "core/model/check.h"
#include "core/model/name.h"
#include "core/port/action_tokens.h"
#include "core/port/profiles.h"
#include "core/port/required_actions.h"
#include "core/port/roles.h"
#include "core/port/sessions.h"
#include "core/port/users.h"

#include "core/base/banned.h"

int admin_user_find(const struct auth_ctx *ctx, struct store_read *r, struct str name,
                    struct user *ret_user)
{
    struct typed_name typed;
    TRY(typed_name_read(ctx->arena, name, &typed, ctx->err));
    int rc = typed_name_find(r, ctx->arena, &typed, ret_user);
    if (rc == ERR_NOT_FOUND)
        rc = user_find_by_id(r, ctx->arena, typed.canonical, ret_user);
    if (rc == ERR_NOT_FOUND)
        return err_field(ctx->err, rc, "username", "there is no user with this name");
    return rc;
}

/* WE-13. The names of service accounts come from their clients, who are not people. */
static int prepare_name(const struct auth_ctx *ctx, struct user *io_user)
{
    TRY(username_canonical(ctx->arena, io_user->username, &io_user->username, ctx->err));
    return str_empty(io_user->service_account_client_id) ? name_check(io_user->username, ctx->err)
                                                         : 0;
}

static int prepare_rest(const struct auth_ctx *ctx, struct user *io_user)
{
    if (!str_empty(io_user->email)) {
        io_user->email = arena_lower(ctx->arena, unicode_trim(io_user->email));
        if (str_absent(io_user->email))
            return ERR_NO_MEMORY;
    }
    return user_check(io_user, ctx->err);
}

int admin_user_prepare(const struct auth_ctx *ctx, struct user *io_user)
{
    TRY(prepare_name(ctx, io_user));
    return prepare_rest(ctx, io_user);
}

int admin_user_prepare_known(const struct auth_ctx *ctx, struct user *io_user)
{
    TRY(username_canonical(ctx->arena, io_user->username, &io_user->username, ctx->err));
    return prepare_rest(ctx, io_user);
}

int admin_user_look_alike(const struct auth_ctx *ctx, struct store_read *r, const struct user *user,
                          struct str *ret_username)
{
    int rc = user_find_look_alike(r, ctx->arena, user, ret_username);
    if (rc == ERR_NOT_FOUND)
        *ret_username = str_of(NULL, 0);
    return rc == ERR_NOT_FOUND ? 0 : rc;
}

/* What the event says: the change, and whose name the new one can be taken for. */
static int change_of(const struct auth_ctx *ctx, struct store_write *w, const struct user *before,
                     const struct user *after, const struct user_belongings *imported,
                     struct str *ret_data, bool *ret_changed)
{
    static const struct user_belongings none;
    const struct user_belongings *with = imported ? imported : &none;
    struct str alike = {NULL, 0};
    if (!before || !str_eq(before->username, after->username))
        TRY(admin_user_look_alike(ctx, store_write_reader(w), after, &alike));
    const struct detail details[] = {{"confusable_with", alike},
                                     {"origin", imported ? STR("import") : str_of(NULL, 0)},
                                     {"roles", with->roles},
                                     {"groups", with->groups},
                                     {"credentials", with->credentials},
                                     {"consents", with->consents},
                                     {NULL, {NULL, 0}}};
    return change_data_with(ctx->arena, &user_fields, before, after, "username", after->username,
                            details, ret_data, ret_changed);
}

static int tell_conflict(const struct auth_ctx *ctx, int rc)
{
    if (rc == ERR_CONFLICT)
        return err_field(ctx->err, rc, "username", "User exists with same username or email");
    return rc;
}

static int add_default_role(const struct auth_ctx *ctx, struct store_write *w, int64_t user_pk)
{
    struct role role;
    struct str id = auth_realm(ctx)->default_role_id;
    if (str_empty(id))
        return 0;
    TRY(role_find_by_id(store_write_reader(w), ctx->arena, id, &role));
    return user_role_add(w, user_pk, role.pk);
}

/* What the realm asks of all new people. */
static int add_default_actions(const struct auth_ctx *ctx, struct user *io_user)
{
    const struct required_actions *actions = realm_view_required_actions(ctx->view);
    if (!str_empty(io_user->service_account_client_id))
        return 0;
    for (size_t i = 0; i < actions->count; i++) {
        const struct required_action *action = &actions->items[i];
        if (action->enabled && action->default_action &&
            !strs_has(&io_user->required_actions, action->alias))
            TRY(strs_add(&io_user->required_actions, ctx->arena, action->alias));
    }
    return 0;
}

static int store_new(const struct auth_ctx *ctx, struct store_write *w, struct user *io_user)
{
    TRY(admin_id(ctx->arena, &io_user->id));
    if (io_user->created_ms == 0)
        io_user->created_ms = store_write_now(w)->wall_ms;
    if (str_empty(io_user->service_account_client_id))
        TRY(quota_admit(ctx, w, TALLY_USER));
    return tell_conflict(ctx, user_insert(w, io_user));
}

static int record_new(const struct auth_ctx *ctx, struct store_write *w, enum event_type type,
                      const struct user *user, const struct user_belongings *imported)
{
    struct str data;
    TRY(change_of(ctx, w, NULL, user, imported, &data, NULL));
    return admin_record(ctx, w, type, "user", user->id, data);
}

static int insert_judged(const struct auth_ctx *ctx, struct store_write *w, enum event_type type,
                         struct user *io_user)
{
    TRY(add_default_actions(ctx, io_user));
    TRY(store_new(ctx, w, io_user));
    TRY(add_default_role(ctx, w, io_user->pk));
    TRY(default_groups_join(ctx, w, io_user->pk));
    return record_new(ctx, w, type, io_user, NULL);
}

int admin_user_insert(const struct auth_ctx *ctx, struct store_write *w, struct user *io_user)
{
    TRY(admin_profile_judge(ctx, NULL, io_user));
    return insert_judged(ctx, w, EVENT_UserCreated, io_user);
}

int admin_user_register(const struct auth_ctx *ctx, struct store_write *w, struct user *io_user)
{
    struct auth_ctx own = *ctx;
    TRY(own_name_check(ctx, io_user));
    TRY(admin_id(ctx->arena, &io_user->id));
    own.actor.user_id = io_user->id;
    own.actor.username = io_user->username;
    TRY(admin_profile_judge_as(ctx, realm_view_profile(ctx->view), STR(PROFILE_ROLE_USER), NULL,
                               io_user));
    return insert_judged(&own, w, EVENT_UserRegistered, io_user);
}

int admin_user_take_over(const struct auth_ctx *ctx, struct store_write *w, struct user *io_user)
{
    return store_new(ctx, w, io_user);
}

int admin_user_taken_over(const struct auth_ctx *ctx, struct store_write *w,
                          const struct user *user, const struct user_belongings *belongings)
{
    return record_new(ctx, w, EVENT_UserCreated, user, belongings);
}

/* Who changes a person: an administrator (profile NULL), or the person himself by this profile. */
struct by {
    const struct profile *profile;
    enum address_proof proof;
};

/* RE-02: a name that a person chose is looked at, and one that was his address goes with it. */
static int judge_own(const struct auth_ctx *ctx, const struct by *by, const struct user *before,
                     struct user *io_after)
{
    bool renamed = !str_eq(io_after->username, before->username);
    if (renamed)
        TRY(own_name_check(ctx, io_after));
    TRY(admin_profile_judge_as(ctx, by->profile, STR(PROFILE_ROLE_USER), before, io_after));
    return renamed ? 0 : own_name_follow(ctx, before, by->proof, io_after);
}

static enum event_type event_of(const struct user *before, const struct user *after, bool own)
{
    if (own)
        return EVENT_ProfileUpdated;
    return before->enabled && !after->enabled ? EVENT_UserDeactivated : EVENT_UserModified;
}

/* RE-01: what ends once stays so, when the former address comes back or the person may log in again. */
static int end_links(struct store_write *w, const struct user *before, const struct user *after)
{
    bool disabled = before->enabled && !after->enabled;
    return disabled || !str_eq(before->email, after->email)
               ? action_token_delete_of_user(w, before->pk)
               : 0;
}

static int update(const struct auth_ctx *ctx, struct store_write *w, const struct by *by,
                  const struct user *before, const struct user *after, struct user *ret_user)
{
    struct user user = *after;
    struct str data;
    int64_t ended;
    bool changed;
    user.pk = before->pk;
    user.id = before->id;
    user.created_ms = before->created_ms;
    user.service_account_client_id = before->service_account_client_id;
    /* Who keeps his name may have one from before there were rules. */
    if (!str_eq(user.username, before->username))
        TRY(prepare_name(ctx, &user));
    TRY(prepare_rest(ctx, &user));
    TRY(by->profile ? judge_own(ctx, by, before, &user) : admin_profile_judge(ctx, before, &user));
    /* OI-08: a new address has not been proved by the old one's proof. */
    if (!str_eq(user.email, before->email) && before->email_verified && user.email_verified)
        user.email_verified = false;
    TRY(change_of(ctx, w, before, &user, NULL, &data, &changed));
    if (ret_user)
        *ret_user = user;
    if (!changed)
        return 0;
    TRY(tell_conflict(ctx, user_update(w, &user)));
    TRY(end_links(w, before, &user));
    if (before->enabled && !user.enabled)
        TRY(session_delete_of_user(w, user.pk, 0, &ended));
    return admin_record(ctx, w, event_of(before, &user, by->profile != NULL), "user", user.id,
                        data);
}

int admin_user_update(const struct auth_ctx *ctx, struct store_write *w, const struct user *before,
                      const struct user *after, struct user *ret_user)
{
    const struct by administrator = {.profile = NULL};
    return update(ctx, w, &administrator, before, after, ret_user);
}

int admin_user_update_own(const struct auth_ctx *ctx, struct store_write *w,
                          const struct profile *profile, enum address_proof proof,
                          const struct user *before, const struct user *after)
{
    const struct by himself = {profile, proof};
    return update(ctx, w, &himself, before, after, NULL);
}

int admin_user_delete(const struct auth_ctx *ctx, struct store_write *w, const struct user *user)
{
    if (!str_empty(user->service_account_client_id))
        return err_set(ctx->err, ERR_FORBIDDEN, "a service account goes with its client");
    TRY(user_delete(w, user->pk));
    TRY(admin_rs_forget(ctx, w, user->id));
    return ADMIN_RECORD(ctx, w, EVENT_UserDeleted, "user", user->id, {"username", user->username});
}

/* PW-01: a record that could never verify is refused now and not at the first login. */
static int check_record(const struct auth_ctx *ctx, const struct credential *c)
{
    const struct password_record record = {c->secret_data, c->credential_data};
    if (!str_eq(c->type, STR(CREDENTIAL_PASSWORD)))
        return 0;
    int rc = password_hash_check(ctx->arena, &record);
    if (rc == 0 || rc == ERR_NO_MEMORY)
        return rc;
    return err_field(ctx->err, ERR_INVALID_REQUEST, "credentials",
                     "the password record cannot be read");
}

int admin_user_import_credential(const struct auth_ctx *ctx, struct store_write *w,
                                 const struct user *user, struct credential *credential)
{
    TRY(check_record(ctx, credential));
    TRY(label_check(credential->user_label, "userLabel", &credential->user_label, ctx->err));
    TRY(admin_id(ctx->arena, &credential->id));
    if (credential->created_ms == 0)
        credential->created_ms = store_write_now(w)->wall_ms;
    TRY(credential_insert(w, user->pk, credential));
    return ADMIN_RECORD(ctx, w, EVENT_CredentialsReset, "user", user->id,
                        {"username", user->username}, {"type", credential->type},
                        {"origin", STR("import")});
}

int admin_user_unlock(const struct auth_ctx *ctx, struct store_write *w, const struct user *user)
{
    TRY(login_failures_clear(w, user->pk));
    return ADMIN_RECORD(ctx, w, EVENT_UserModified, "user", user->id, {"username", user->username},
                        {"action", STR("unlock")});
}

/* OT-06: a login that is under way, at the page of a new device for example, has no session yet. It ends by its
 * moment. */
int admin_user_logout(const struct auth_ctx *ctx, struct store_write *w, const struct user *user,
                      int64_t *ret_count)
{
    struct str count;
    TRY(session_delete_of_user(w, user->pk, 0, ret_count));
    TRY(user_end_logins(w, user->pk, now_s(ctx->now)));
    count = arena_printf(ctx->arena, "%lld", (long long)*ret_count);
    return ADMIN_RECORD(ctx, w, EVENT_SessionRevoked, "user", user->id,
                        {"username", user->username}, {"sessions", count});
}

static int record_role(const struct auth_ctx *ctx, struct store_write *w, const struct user *user,
                       const struct role *role, bool given)
{
    const struct role_owner owner = {"user", user->id, {"username", user->username}, {NULL}};
    return admin_record_role(ctx, w, &owner, role, given);
}

int admin_user_role_add(const struct auth_ctx *ctx, struct store_write *w, const struct user *user,
                        const struct role *role)
{
    TRY(user_role_add(w, user->pk, role->pk));
    return record_role(ctx, w, user, role, true);
}

int admin_user_role_remove(const struct auth_ctx *ctx, struct store_write *w,
                           const struct user *user, const struct role *role)
{
    TRY(user_role_remove(w, user->pk, role->pk));
    return record_role(ctx, w, user, role, false);
}

int admin_user_group_join(const struct auth_ctx *ctx, struct store_write *w,
                          const struct user *user, const struct group *group)
{
    TRY(user_group_add(w, user->pk, group->pk));
    return ADMIN_RECORD(ctx, w, EVENT_GroupMemberAdded, "user", user->id,
                        {"username", user->username}, {"group", group->path},
                        group_organization_detail(group));
}

int admin_user_group_leave(const struct auth_ctx *ctx, struct store_write *w,
                           const struct user *user, const struct group *group)
{
    TRY(user_group_remove(w, user->pk, group->pk));
    return ADMIN_RECORD(ctx, w, EVENT_GroupMemberRemoved, "user", user->id,
                        {"username", user->username}, {"group", group->path},
                        group_organization_detail(group));
}
