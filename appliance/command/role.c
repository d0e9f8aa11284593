/* garita role ... */
#include "appliance/command/commands.h"

#include "core/admin/clients.h"
#include "core/admin/groups.h"
#include "core/admin/roles.h"
#include "core/admin/users.h"
#include "core/model/plain.h"
#include "core/port/roles.h"

#include "core/base/banned.h"

static int optional_client(struct call *call, struct work *work, struct client *client,
                           const struct client **ret_client)
{
    struct str client_id = args_get(call->args, "client-id");
    *ret_client = NULL;
    if (str_absent(client_id))
        return 0;
    TRY(admin_client_find(&work->ctx, work->r, client_id, client));
    *ret_client = client;
    return 0;
}

static int add(struct call *call)
{
    CLEANUP(work_close) struct work work = {0};
    struct client storage;
    const struct client *client;
    struct role role = {.name = args_get(call->args, "name"),
                        .description = args_get(call->args, "description")};
    if (str_absent(role.description))
        role.description = STR("");
    TRY(work_open_realm(call, &work));
    TRY(work_write(&work));
    TRY(optional_client(call, &work, &storage, &client));
    TRY(admin_role_insert(&work.ctx, work.w, client, &role));
    TRY(work_commit(&work));
    plain_write_role(&call->out, &role);
    call_say(call, "role %.*s created", STR_ARG(role.name));
    return 0;
}

static int list(struct call *call)
{
    CLEANUP(work_close) struct work work = {0};
    struct client storage;
    const struct client *client;
    struct roles roles;
    TRY(work_open_realm(call, &work));
    TRY(work_read(&work));
    TRY(optional_client(call, &work, &storage, &client));
    TRY(role_list(work.r, call->arena, client ? client->pk : 0, &roles));
    plain_write_roles(&call->out, &roles);
    return 0;
}

static int show(struct call *call)
{
    CLEANUP(work_close) struct work work = {0};
    struct role role;
    struct roles parts;
    TRY(work_open_realm(call, &work));
    TRY(work_read(&work));
    TRY(find_role(call, &work, args_get(call->args, "role"), &role));
    TRY(role_composites(work.r, call->arena, role.pk, &parts));
    jw_begin_object(&call->out);
    jw_member_str(&call->out, "id", role.id);
    jw_member_str(&call->out, "name", role.name);
    jw_member_str_opt(&call->out, "clientId", role.client_id);
    jw_member_str_opt(&call->out, "description", role.description);
    jw_key(&call->out, "composites");
    plain_write_roles(&call->out, &parts);
    jw_end_object(&call->out);
    return 0;
}

static int delete (struct call *call)
{
    CLEANUP(work_close) struct work work = {0};
    struct role role;
    TRY(work_open_realm(call, &work));
    TRY(work_write(&work));
    TRY(find_role(call, &work, args_get(call->args, "role"), &role));
    TRY(admin_role_delete(&work.ctx, work.w, &role));
    TRY(work_commit(&work));
    call_say(call, "role %.*s deleted", STR_ARG(role.name));
    return 0;
}

/* To a user or to a group, whichever is named; exactly one is. */
static int grant(struct call *call, struct work *work, const struct role *role, bool give)
{
    struct str username = args_get(call->args, "username"), path = args_get(call->args, "group");
    struct user user;
    struct group group;
    if (str_absent(username) == str_absent(path))
        return err_set(&call->err, ERR_USAGE, "either --username or --group is needed");
    if (!str_absent(path)) {
        TRY(admin_group_find(&work->ctx, work->r, path, &group));
        return give ? admin_group_role_add(&work->ctx, work->w, &group, role)
                    : admin_group_role_remove(&work->ctx, work->w, &group, role);
    }
    TRY(admin_user_find(&work->ctx, work->r, username, &user));
    return give ? admin_user_role_add(&work->ctx, work->w, &user, role)
                : admin_user_role_remove(&work->ctx, work->w, &user, role);
}

static int grant_all(struct call *call, bool give)
{
    CLEANUP(work_close) struct work work = {0};
    struct str name;
    size_t at = 0;
    TRY(work_open_realm(call, &work));
    TRY(work_write(&work));
    while (args_next(call->args, "role", &at, &name)) {
        struct role role;
        TRY(find_role(call, &work, name, &role));
        TRY(grant(call, &work, &role, give));
    }
    TRY(work_commit(&work));
    call_say(call, give ? "assigned" : "revoked");
    return 0;
}

static int assign(struct call *call)
{
    return grant_all(call, true);
}

static int revoke(struct call *call)
{
    return grant_all(call, false);
}

static int compose_all(struct call *call, bool add_part)
{
    CLEANUP(work_close) struct work work = {0};
    struct role role, part;
    struct str name;
    size_t at = 0;
    TRY(work_open_realm(call, &work));
    TRY(work_write(&work));
    TRY(find_role(call, &work, args_get(call->args, "role"), &role));
    while (args_next(call->args, "with", &at, &name)) {
        TRY(admin_role_find_spelled(&work.ctx, work.r, name, &part));
        if (add_part)
            TRY(admin_role_compose(&work.ctx, work.w, &role, &part));
        else
            TRY(admin_role_decompose(&work.ctx, work.w, &role, &part));
    }
    TRY(work_commit(&work));
    call_say(call, "role %.*s changed", STR_ARG(role.name));
    return 0;
}

static int compose(struct call *call)
{
    return compose_all(call, true);
}

static int decompose(struct call *call)
{
    return compose_all(call, false);
}

#define OPTION_CLIENT                                                                              \
    {                                                                                              \
        "client-id", "ID", "a role of this client instead of the realm", 0                         \
    }
static const struct option add_options[] = {
    OPTION_REALM,
    {"name", "NAME", "the role's name", OPTION_REQUIRED},
    OPTION_CLIENT,
    {"description", "TEXT", "what it is for", 0},
};
static const struct option list_options[] = {OPTION_REALM, OPTION_CLIENT};
static const struct option one_options[] = {
    OPTION_REALM,
    {"role", "NAME", "the role; CLIENT/NAME names one of a client", OPTION_REQUIRED},
    OPTION_CLIENT,
};
static const struct option grant_options[] = {
    OPTION_REALM,
    {"role", "NAME", "the role; CLIENT/NAME names one of a client",
     OPTION_REQUIRED | OPTION_REPEAT},
    OPTION_CLIENT,
    {"username", "NAME", "a person", 0},
    {"group", "PATH", "or a group", 0},
};
static const struct option compose_options[] = {
    OPTION_REALM,
    {"role", "NAME", "the role", OPTION_REQUIRED},
    OPTION_CLIENT,
    {"with", "NAME", "the role inside; CLIENT/NAME names one of a client",
     OPTION_REQUIRED | OPTION_REPEAT},
};

const struct command role_commands[] = {
    {"role add", "", 0, 0, "make a role", NULL, OPTIONS(add_options), false, NULL, add, NULL, NULL},
    {"role list", "", 0, 0, "show the roles of a realm or of a client", NULL, OPTIONS(list_options),
     false, "name,clientId,composite,description", list, NULL, NULL},
    {"role show", "", 0, 0, "show a role and what it is made of", NULL, OPTIONS(one_options), false,
     NULL, show, NULL, NULL},
    {"role delete", "", 0, 0, "delete a role", NULL, OPTIONS(one_options), false, NULL, delete,
     NULL, NULL},
    {"role assign", "", 0, 0, "give a role to a person or a group", NULL, OPTIONS(grant_options),
     false, NULL, assign, NULL, NULL},
    {"role revoke", "", 0, 0, "take a role away", NULL, OPTIONS(grant_options), false, NULL, revoke,
     NULL, NULL},
    {"role compose", "", 0, 0, "let a role include others", NULL, OPTIONS(compose_options), false,
     NULL, compose, NULL, NULL},
    {"role decompose", "", 0, 0, "take roles out of a role", NULL, OPTIONS(compose_options), false,
     NULL, decompose, NULL, NULL},
};
const size_t role_command_count = ARRAY_LEN(role_commands);
