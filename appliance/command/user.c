/* garita user ... */
#include "appliance/command/commands.h"

#include "appliance/command/user_data.h"
#include "appliance/command/user_import.h"
#include "core/admin/groups.h"
#include "core/admin/roles.h"
#include "core/admin/users.h"
#include "core/auth/brute_force.h"
#include "core/auth/password_change.h"
#include "core/auth/session.h"
#include "core/model/plain.h"
#include "core/port/roles.h"
#include "core/port/users.h"

#include "core/base/banned.h"

static const char settings_help[] =
    "Settings are written as Keycloak names them, for example email=maria@example.pe, "
    "firstName=María, emailVerified=true or attributes.department=ops. The password comes from a "
    "file, from standard input (-) or from a question on the terminal, never from the command line.";

static int take_options(struct call *call, struct user *user)
{
    const struct {
        const char *option;
        struct str *member;
    } texts[] = {{"username", &user->username},
                 {"email", &user->email},
                 {"first-name", &user->first_name},
                 {"last-name", &user->last_name}};
    struct str word;
    size_t at = 0;
    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        if (args_has(call->args, texts[i].option))
            *texts[i].member = args_get(call->args, texts[i].option);
    while (args_next(call->args, "attribute", &at, &word)) {
        struct str name = ARENA_CONCAT(call->arena, STR("attributes."), word);
        if (str_absent(name))
            return ERR_NO_MEMORY;
        TRY(settings_apply(call, &user_fields, user, &name, 1));
    }
    return settings_apply(call, &user_fields, user, call->args->positionals,
                          call->args->positional_count);
}

static int give_roles_and_groups(struct call *call, struct work *work, const struct user *user)
{
    struct str name;
    size_t at = 0;
    while (args_next(call->args, "role", &at, &name)) {
        struct role role;
        TRY(admin_role_find_spelled(&work->ctx, work->r, name, &role));
        TRY(admin_user_role_add(&work->ctx, work->w, user, &role));
    }
    at = 0;
    while (args_next(call->args, "group", &at, &name)) {
        struct group group;
        TRY(admin_group_find(&work->ctx, work->r, name, &group));
        TRY(admin_user_group_join(&work->ctx, work->w, user, &group));
    }
    return 0;
}

/* WE-13: the name is taken, and whoever gave it is told. */
static void say_done(struct call *call, const struct user *user, const char *done, struct str alike)
{
    if (str_absent(alike))
        call_say(call, "user %.*s %s", STR_ARG(user->username), done);
    else
        call_say(call, "user %.*s %s\nwarning: the name can be taken for that of user %.*s",
                 STR_ARG(user->username), done, STR_ARG(alike));
}

static int add(struct call *call)
{
    CLEANUP(work_close) struct work work = {0};
    struct user user = {0};
    struct str alike;
    struct password_change change = {0};
    bool with_password = !str_empty(call->input);
    fields_default(&user_fields, &user);
    TRY(work_open_realm(call, &work));
    TRY(take_options(call, &user));
    TRY(admin_user_prepare(&work.ctx, &user));
    if (with_password)
        TRY(password_change_prepare(&work.ctx, &user, call->input, &change, NULL));
    else if (!str_absent(call->input))
        return err_set(&call->err, ERR_PASSWORD_POLICY, "the password is empty");
    TRY(work_write(&work));
    TRY(admin_user_insert(&work.ctx, work.w, &user));
    change.user_pk = user.pk;
    change.user_id = user.id;
    /* an action that was asked for in so many words stays */
    bool temporary = args_has(call->args, "temporary") ||
                     strs_has(&user.required_actions, STR(REQUIRED_ACTION_UPDATE_PASSWORD));
    if (with_password)
        TRY(password_change_store(&work.ctx, work.w, &change, temporary, 0,
                                  EVENT_CredentialsReset));
    TRY(give_roles_and_groups(call, &work, &user));
    TRY(admin_user_look_alike(&work.ctx, work.r, &user, &alike));
    TRY(work_commit(&work));
    jw_begin_object(&call->out);
    jw_member_str(&call->out, "id", user.id);
    jw_member_str(&call->out, "username", user.username);
    jw_member_str_opt(&call->out, "confusableWith", alike);
    jw_end_object(&call->out);
    say_done(call, &user, with_password ? "created" : "created without a password", alike);
    return 0;
}

static void write_summary(struct json_writer *w, const struct user *user)
{
    jw_begin_object(w);
    jw_member_str(w, "username", user->username);
    jw_member_str(w, "email", user->email);
    jw_member_str(w, "firstName", user->first_name);
    jw_member_str(w, "lastName", user->last_name);
    jw_member_bool(w, "enabled", user->enabled);
    jw_member_str(w, "id", user->id);
    jw_end_object(w);
}

static int take_filter(struct call *call, struct user_filter *f)
{
    int64_t first;
    struct str attribute = args_get(call->args, "attribute");
    ptrdiff_t equals = str_find(attribute, '=');
    if (!str_absent(attribute) && equals < 1)
        return err_set(&call->err, ERR_USAGE, "--attribute must look like KEY=VALUE");
    TRY(call_number(call, "first", 0, INT32_MAX, 0, &first));
    *f = (struct user_filter){
        .search = args_get(call->args, "search"),
        .username = args_get(call->args, "username"),
        .email = args_get(call->args, "email"),
        .first_name = args_get(call->args, "first-name"),
        .last_name = args_get(call->args, "last-name"),
        .exact = args_has(call->args, "exact"),
        .after = args_get(call->args, "after"),
        .first = (size_t)first,
    };
    if (equals > 0) {
        f->attribute = str_sub(attribute, 0, (size_t)equals);
        f->value = str_from(attribute, (size_t)equals + 1);
    }
    return 0;
}

static int list_count(struct call *call, struct work *work, const struct user_filter *filter)
{
    int64_t count;
    TRY(user_list_count(work->r, call->arena, filter, &count));
    jw_begin_object(&call->out);
    jw_member_i64(&call->out, "count", count);
    jw_end_object(&call->out);
    return 0;
}

static int list(struct call *call)
{
    CLEANUP(work_close) struct work work = {0};
    struct user_filter filter;
    struct user *users;
    size_t count;
    int64_t limit;
    TRY(call_number(call, "limit", 1, 10000, 100, &limit));
    TRY(take_filter(call, &filter));
    TRY(work_open_realm(call, &work));
    TRY(work_read(&work));
    if (args_has(call->args, "count"))
        return list_count(call, &work, &filter);
    TRY(user_list(work.r, call->arena, &filter, (size_t)limit, &users, &count));
    jw_begin_array(&call->out);
    for (size_t i = 0; i < count; i++)
        write_summary(&call->out, &users[i]);
    jw_end_array(&call->out);
    if (count == (size_t)limit)
        call_say(call, "there may be more: --after %.*s", STR_ARG(users[count - 1].username));
    return 0;
}

static int find(struct call *call, struct work *work, struct user *ret_user)
{
    return admin_user_find(&work->ctx, work->r, args_get(call->args, "username"), ret_user);
}

static int write_memberships(struct call *call, struct work *work, const struct user *user)
{
    struct roles roles;
    struct groups groups;
    TRY(user_roles(work->r, call->arena, user->pk, &roles));
    TRY(user_groups(work->r, call->arena, user->pk, &groups));
    jw_key(&call->out, "roles");
    plain_write_roles(&call->out, &roles);
    jw_member_array(&call->out, "groups");
    for (size_t i = 0; i < groups.count; i++)
        jw_str(&call->out, groups.items[i].path);
    jw_end_array(&call->out);
    return 0;
}

static int write_security(struct call *call, struct work *work, const struct user *user)
{
    struct credentials credentials;
    struct login_failures failures;
    struct user_session *sessions;
    size_t session_count;
    TRY(credential_list(work->r, call->arena, user->pk, &credentials));
    TRY(login_failures_find(work->r, call->arena, user->pk, &failures));
    TRY(session_list_of_user(work->r, call->arena, user->pk, &sessions, &session_count));
    jw_member_array(&call->out, "credentials");
    for (size_t i = 0; i < credentials.count; i++)
        jw_str(&call->out, credentials.items[i].type);
    jw_end_array(&call->out);
    jw_member_bool(
        &call->out, "locked",
        brute_force_locked(auth_realm(&work->ctx), &failures, now_steady_ms(&call->now)));
    jw_member_i64(&call->out, "failures", failures.count);
    jw_member_i64(&call->out, "sessions", (int64_t)session_count);
    return 0;
}

static int show(struct call *call)
{
    CLEANUP(work_close) struct work work = {0};
    struct user user;
    TRY(work_open_realm(call, &work));
    TRY(work_read(&work));
    TRY(find(call, &work, &user));
    jw_begin_object(&call->out);
    jw_member_str(&call->out, "id", user.id);
    fields_write(&user_fields, &user, &call->out);
    TRY(write_memberships(call, &work, &user));
    TRY(write_security(call, &work, &user));
    jw_end_object(&call->out);
    return 0;
}

static int set_with(struct call *call, void (*change)(struct user *user))
{
    CLEANUP(work_close) struct work work = {0};
    struct user before;
    struct str alike = {NULL, 0};
    TRY(work_open_realm(call, &work));
    TRY(work_write(&work));
    TRY(find(call, &work, &before));
    struct user after = before;
    if (change)
        change(&after);
    else
        TRY(settings_apply(call, &user_fields, &after, call->args->positionals,
                           call->args->positional_count));
    TRY(admin_user_update(&work.ctx, work.w, &before, &after, &after));
    if (!str_eq(before.username, after.username))
        TRY(admin_user_look_alike(&work.ctx, work.r, &after, &alike));
    TRY(work_commit(&work));
    say_done(call, &before, "changed", alike);
    return 0;
}

static void set_disabled(struct user *user)
{
    user->enabled = false;
}

static void set_enabled(struct user *user)
{
    user->enabled = true;
}

static int set(struct call *call)
{
    return set_with(call, NULL);
}

static int disable(struct call *call)
{
    return set_with(call, set_disabled);
}

static int enable(struct call *call)
{
    return set_with(call, set_enabled);
}

static int find_for_read(struct call *call, struct work *work, struct user *ret_user)
{
    TRY(work_read(work));
    int rc = find(call, work, ret_user);
    store_read_end_p(&work->r);
    return rc;
}

static int password(struct call *call)
{
    CLEANUP(work_close) struct work work = {0};
    struct user user;
    struct password_change change;
    if (str_empty(call->input))
        return err_set(&call->err, ERR_PASSWORD_POLICY, "a password is needed: --password-file");
    TRY(work_open_realm(call, &work));
    TRY(find_for_read(call, &work, &user));
    TRY(password_change_prepare(&work.ctx, &user, call->input, &change, NULL));
    TRY(work_write(&work));
    TRY(password_change_store(&work.ctx, work.w, &change, args_has(call->args, "temporary"), 0,
                              EVENT_CredentialsReset));
    TRY(work_commit(&work));
    call_say(call, "password of %.*s set; sessions ended", STR_ARG(user.username));
    return 0;
}

static int delete (struct call *call)
{
    CLEANUP(work_close) struct work work = {0};
    struct user user;
    TRY(work_open_realm(call, &work));
    TRY(work_write(&work));
    TRY(find(call, &work, &user));
    TRY(admin_user_delete(&work.ctx, work.w, &user));
    TRY(work_commit(&work));
    call_say(call, "user %.*s deleted", STR_ARG(user.username));
    return 0;
}

static int unlock(struct call *call)
{
    CLEANUP(work_close) struct work work = {0};
    struct user user;
    TRY(work_open_realm(call, &work));
    TRY(work_write(&work));
    TRY(find(call, &work, &user));
    TRY(admin_user_unlock(&work.ctx, work.w, &user));
    TRY(work_commit(&work));
    call_say(call, "user %.*s may try again", STR_ARG(user.username));
    return 0;
}

static int logout(struct call *call)
{
    CLEANUP(work_close) struct work work = {0};
    struct user user;
    int64_t ended;
    TRY(work_open_realm(call, &work));
    TRY(work_write(&work));
    TRY(find(call, &work, &user));
    TRY(admin_user_logout(&work.ctx, work.w, &user, &ended));
    TRY(work_commit(&work));
    call_say(call, "%lld sessions of %.*s ended", (long long)ended, STR_ARG(user.username));
    return 0;
}

static int roles(struct call *call)
{
    CLEANUP(work_close) struct work work = {0};
    struct user user;
    struct roles found;
    TRY(work_open_realm(call, &work));
    TRY(work_read(&work));
    TRY(find(call, &work, &user));
    TRY(args_has(call->args, "direct")
            ? user_roles(work.r, call->arena, user.pk, &found)
            : user_roles_effective(work.r, call->arena, user.pk, &found));
    plain_write_roles(&call->out, &found);
    return 0;
}

#define OPTION_USERNAME                                                                            \
    {                                                                                              \
        "username", "NAME", "user name (or id)", OPTION_REQUIRED                                   \
    }
#define OPTION_PASSWORD                                                                            \
    {                                                                                              \
        "password-file", "FILE", "file with the password; - is standard input", OPTION_INPUT       \
    }
#define OPTION_TEMPORARY                                                                           \
    {                                                                                              \
        "temporary", NULL, "the password must be changed at the first login", 0                    \
    }

static const struct option add_options[] = {
    OPTION_REALM,
    OPTION_USERNAME,
    OPTION_PASSWORD,
    OPTION_TEMPORARY,
    {"email", "ADDRESS", "e-mail address", 0},
    {"first-name", "TEXT", "first name", 0},
    {"last-name", "TEXT", "last name", 0},
    {"attribute", "KEY=VALUE", "an attribute", OPTION_REPEAT},
    {"role", "NAME", "a role; CLIENT/NAME names one of a client", OPTION_REPEAT},
    {"group", "PATH", "a group", OPTION_REPEAT},
};
static const struct option list_options[] = {
    OPTION_REALM,
    {"search", "TEXT",
     "words that begin the user name, e-mail, first or last name; \"ana\" whole, *ana* anywhere",
     0},
    {"username", "TEXT", "beginning of the user name", 0},
    {"email", "TEXT", "beginning of the e-mail address", 0},
    {"first-name", "TEXT", "beginning of the first name", 0},
    {"last-name", "TEXT", "beginning of the last name", 0},
    {"exact", NULL, "the whole user name, address, first or last name, not its beginning", 0},
    {"attribute", "KEY=VALUE", "users with this value of an attribute", 0},
    {"after", "NAME", "go on after this user name", 0},
    {"first", "N", "leave out so many at the beginning", 0},
    {"limit", "N", "at most so many (default 100)", 0},
    {"count", NULL, "say only how many there are", 0},
};
static const struct option one_options[] = {OPTION_REALM, OPTION_USERNAME};
static const struct option password_options[] = {OPTION_REALM, OPTION_USERNAME, OPTION_PASSWORD,
                                                 OPTION_TEMPORARY};
static const struct option roles_options[] = {
    OPTION_REALM,
    OPTION_USERNAME,
    {"direct", NULL, "only those given directly, not through groups and other roles", 0},
};
static const struct option erase_options[] = {
    OPTION_REALM,
    OPTION_USERNAME,
    {"reason", "TEXT", "why, for example the number of the request", OPTION_REQUIRED},
};
static const struct option import_options[] = {
    OPTION_REALM,
    {"file", "FILE", "one JSON object a line; - is standard input", OPTION_REQUIRED},
};

#define ONE_USER(verb, summary, function)                                                          \
    {                                                                                              \
        "user " verb, "", 0, 0, summary, NULL, OPTIONS(one_options), false, NULL, function, NULL,  \
            NULL                                                                                   \
    }

const struct command user_commands[] = {
    {"user add", "[KEY=VALUE]...", 0, 200, "make a user", settings_help, OPTIONS(add_options),
     false, NULL, add, NULL, NULL},
    {"user list", "", 0, 0, "show the users of a realm", NULL, OPTIONS(list_options), false,
     "username,email,firstName,lastName,enabled,id", list, NULL, NULL},
    ONE_USER("show", "show a user", show),
    {"user set", "[KEY=VALUE]...", 1, 200, "change a user", settings_help, OPTIONS(one_options),
     false, NULL, set, NULL, NULL},
    {"user password", "", 0, 0, "set a user's password and end his sessions", settings_help,
     OPTIONS(password_options), false, NULL, password, NULL, NULL},
    {"user set-password", "", 0, 0, "the same as user password", settings_help,
     OPTIONS(password_options), false, NULL, password, NULL, NULL},
    ONE_USER("disable", "let a user in no more and end his sessions", disable),
    ONE_USER("enable", "let a user in again", enable),
    ONE_USER("unlock", "end the lock after failed logins", unlock),
    ONE_USER("logout", "end all sessions of a user", logout),
    ONE_USER("delete", "delete a user", delete),
    {"user erase", "", 0, 0, "delete a user and make the events about him say no more who he was",
     "The key under which the personal part of the user's events is sealed is destroyed: archives, "
     "exports and backups of events say no more either. Somebody who was deleted before is erased "
     "by id. The reason is kept in the event and must not name the person.",
     OPTIONS(erase_options), false, NULL, user_erase, NULL, NULL},
    {"user export", "", 0, 0, "write all that is held about a user, as JSON", NULL,
     OPTIONS(one_options), false, NULL, user_export_account, NULL, user_export},
    {"user roles", "", 0, 0, "show the roles that a user ends up with", NULL,
     OPTIONS(roles_options), false, "name,clientId,composite,description", roles, NULL, NULL},
    {"user import", "", 0, 0, "make users from a file, hashed passwords included",
     "Each line is a user as Keycloak exports it: username, email, attributes, credentials, "
     "realmRoles, clientRoles, groups. Users that exist are left alone.",
     OPTIONS(import_options), false, NULL, user_import_batch, NULL, user_import},
};
const size_t user_command_count = ARRAY_LEN(user_commands);
