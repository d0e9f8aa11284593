/* garita group ... */
#include "appliance/command/commands.h"

#include "core/admin/groups.h"
#include "core/admin/users.h"
#include "core/model/plain.h"
#include "core/port/roles.h"

#include "core/base/banned.h"

static void write_group(struct json_writer *w, const struct group *group)
{
    jw_begin_object(w);
    jw_member_str(w, "id", group->id);
    jw_member_str(w, "name", group->name);
    jw_member_str(w, "path", group->path);
    jw_end_object(w);
}

static int add(struct call *call)
{
    CLEANUP(work_close) struct work work = {0};
    struct group group = {0};
    struct str path = args_get(call->args, "path");
    TRY(work_open_realm(call, &work));
    TRY(work_write(&work));
    TRY(admin_group_insert_path(&work.ctx, work.w, path, &group));
    TRY(work_commit(&work));
    write_group(&call->out, &group);
    call_say(call, "group %.*s created", STR_ARG(group.path));
    return 0;
}

/* The tree below a group, parents first. */
static int write_tree(struct call *call, struct store_read *r, int64_t parent_pk, int depth)
{
    struct groups groups;
    if (depth > 32)
        return ERR_TOO_DEEP;
    TRY(group_list(r, call->arena, parent_pk, &groups));
    for (size_t i = 0; i < groups.count; i++) {
        write_group(&call->out, &groups.items[i]);
        TRY(write_tree(call, r, groups.items[i].pk, depth + 1));
    }
    return 0;
}

static int list(struct call *call)
{
    CLEANUP(work_close) struct work work = {0};
    TRY(work_open_realm(call, &work));
    TRY(work_read(&work));
    jw_begin_array(&call->out);
    TRY(write_tree(call, work.r, 0, 0));
    jw_end_array(&call->out);
    return 0;
}

static int show(struct call *call)
{
    CLEANUP(work_close) struct work work = {0};
    struct group group;
    struct roles roles;
    TRY(work_open_realm(call, &work));
    TRY(work_read(&work));
    TRY(admin_group_find(&work.ctx, work.r, args_get(call->args, "path"), &group));
    TRY(group_roles(work.r, call->arena, group.pk, &roles));
    jw_begin_object(&call->out);
    jw_member_str(&call->out, "id", group.id);
    jw_member_str(&call->out, "name", group.name);
    jw_member_str(&call->out, "path", group.path);
    jw_key(&call->out, "roles");
    plain_write_roles(&call->out, &roles);
    jw_end_object(&call->out);
    return 0;
}

static int delete (struct call *call)
{
    CLEANUP(work_close) struct work work = {0};
    struct group group;
    TRY(work_open_realm(call, &work));
    TRY(work_write(&work));
    TRY(admin_group_find(&work.ctx, work.r, args_get(call->args, "path"), &group));
    TRY(admin_group_delete(&work.ctx, work.w, &group));
    TRY(work_commit(&work));
    call_say(call, "group %.*s deleted", STR_ARG(group.path));
    return 0;
}

static int member(struct call *call, bool joins)
{
    CLEANUP(work_close) struct work work = {0};
    struct group group;
    struct user user;
    TRY(work_open_realm(call, &work));
    TRY(work_write(&work));
    TRY(admin_group_find(&work.ctx, work.r, args_get(call->args, "path"), &group));
    TRY(admin_user_find(&work.ctx, work.r, args_get(call->args, "username"), &user));
    TRY(joins ? admin_user_group_join(&work.ctx, work.w, &user, &group)
              : admin_user_group_leave(&work.ctx, work.w, &user, &group));
    TRY(work_commit(&work));
    call_say(call, "%.*s %s %.*s", STR_ARG(user.username), joins ? "joined" : "left",
             STR_ARG(group.path));
    return 0;
}

static int join(struct call *call)
{
    return member(call, true);
}

static int leave(struct call *call)
{
    return member(call, false);
}

#define OPTION_PATH                                                                                \
    {                                                                                              \
        "path", "PATH", "the group, such as /company/ops", OPTION_REQUIRED                         \
    }
static const struct option path_options[] = {OPTION_REALM, OPTION_PATH};
static const struct option list_options[] = {OPTION_REALM};
static const struct option member_options[] = {
    OPTION_REALM,
    OPTION_PATH,
    {"username", "NAME", "the person", OPTION_REQUIRED},
};

const struct command group_commands[] = {
    {"group add", "", 0, 0, "make a group; the one above it must exist", NULL,
     OPTIONS(path_options), false, NULL, add, NULL, NULL},
    {"group list", "", 0, 0, "show all groups", NULL, OPTIONS(list_options), false, "path,id", list,
     NULL, NULL},
    {"group show", "", 0, 0, "show a group and its roles", NULL, OPTIONS(path_options), false, NULL,
     show, NULL, NULL},
    {"group delete", "", 0, 0, "delete a group and those below it", NULL, OPTIONS(path_options),
     false, NULL, delete, NULL, NULL},
    {"group join", "", 0, 0, "put a person into a group", NULL, OPTIONS(member_options), false,
     NULL, join, NULL, NULL},
    {"group leave", "", 0, 0, "take a person out of a group", NULL, OPTIONS(member_options), false,
     NULL, leave, NULL, NULL},
};
const size_t group_command_count = ARRAY_LEN(group_commands);
