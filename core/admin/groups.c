/* Groups: a tree of names, with roles and attributes. */
#include "core/admin/groups.h"

#include "core/admin/default_groups.h"
#include "core/admin/quota.h"
#include "core/admin/record.h"
#include "core/admin/resource_servers.h"
#include "core/model/check.h"
#include "core/port/roles.h"

#include "core/base/banned.h"

#define NAME_MAX_BYTES 255

static int with_slash(struct arena *a, struct str path, struct str *ret_path)
{
    *ret_path = str_starts(path, STR("/")) ? path : ARENA_CONCAT(a, STR("/"), path);
    return str_absent(*ret_path) ? ERR_NO_MEMORY : 0;
}

int admin_group_find(const struct auth_ctx *ctx, struct store_read *r, struct str path,
                     struct group *ret_group)
{
    struct str full;
    TRY(with_slash(ctx->arena, path, &full));
    int rc = group_find_by_path(r, ctx->arena, full, ret_group);
    if (rc == ERR_NOT_FOUND)
        return err_field(ctx->err, rc, "group", "there is no group with this path");
    return rc;
}

/* A slash inside a name would make two groups with one path. */
static int check_group(const struct auth_ctx *ctx, const struct group *group)
{
    if (!str_is_utf8(group->name) || text_is_blank(group->name) ||
        str_find(group->name, '/') >= 0 || text_is_deceptive(group->name))
        return err_field(ctx->err, ERR_INVALID_REQUEST, "name",
                         "a group needs a name without '/', control or invisible characters");
    TRY(text_check(group->name, NAME_MAX_BYTES, "name", ctx->err));
    return attrs_check(&group->attributes, "attributes", ctx->err);
}

struct detail group_organization_detail(const struct group *group)
{
    return (struct detail){str_absent(group->organization_id) ? NULL : "organizationId",
                           group->organization_id};
}

/* before NULL: made, after NULL: gone. */
static int record(const struct auth_ctx *ctx, struct store_write *w, enum event_type type,
                  const struct group *group, const struct group *before, const struct group *after)
{
    const struct detail details[] = {
        {"path", group->path}, group_organization_detail(group), {NULL, {NULL, 0}}};
    struct str data;
    TRY(change_data_with(ctx->arena, &group_fields, before, after, "name", group->name, details,
                         &data, NULL));
    return admin_record(ctx, w, type, "group", group->id, data);
}

static int tell_conflict(const struct auth_ctx *ctx, int rc)
{
    if (rc == ERR_CONFLICT)
        return err_field(ctx->err, rc, "name", "a group with this name exists there");
    return rc;
}

/* Depth of a tree of that height whose top has this path. */
static int check_depth(const struct auth_ctx *ctx, struct str path, int64_t height)
{
    int64_t depth = height - 1;
    for (size_t i = 0; i < path.len; i++)
        depth += path.ptr[i] == '/';
    return depth <= GROUP_DEPTH_MAX
               ? 0
               : err_set(ctx->err, ERR_INVALID_REQUEST, "Groups stand at most %d levels deep",
                         GROUP_DEPTH_MAX);
}

int admin_group_insert(const struct auth_ctx *ctx, struct store_write *w,
                       const struct group *parent, struct group *io_group)
{
    TRY(check_group(ctx, io_group));
    TRY(quota_admit(ctx, w, TALLY_GROUP));
    TRY(admin_id(ctx->arena, &io_group->id));
    io_group->parent_pk = parent ? parent->pk : 0;
    if (parent) {
        io_group->organization_id = parent->organization_id;
        io_group->dormant = parent->dormant;
    }
    io_group->path =
        ARENA_CONCAT(ctx->arena, parent ? parent->path : STR(""), STR("/"), io_group->name);
    if (str_absent(io_group->path))
        return ERR_NO_MEMORY;
    TRY(check_depth(ctx, io_group->path, 1));
    TRY(tell_conflict(ctx, group_insert(w, io_group)));
    return record(ctx, w, EVENT_GroupCreated, io_group, NULL, io_group);
}

int admin_group_insert_path(const struct auth_ctx *ctx, struct store_write *w, struct str path,
                            struct group *io_group)
{
    struct str full;
    struct group parent;
    TRY(with_slash(ctx->arena, path, &full));
    size_t last = full.len;
    while (last > 0 && full.ptr[last - 1] != '/')
        last--;
    io_group->name = str_from(full, last);
    if (last <= 1)
        return admin_group_insert(ctx, w, NULL, io_group);
    TRY(admin_group_find(ctx, store_write_reader(w), str_sub(full, 0, last - 1), &parent));
    return admin_group_insert(ctx, w, &parent, io_group);
}

int admin_group_update(const struct auth_ctx *ctx, struct store_write *w,
                       const struct group *before, const struct group *after)
{
    struct group group = *after;
    group.pk = before->pk;
    group.id = before->id;
    group.parent_pk = before->parent_pk;
    group.path = before->path;
    group.organization_id = before->organization_id;
    group.dormant = before->dormant;
    TRY(check_group(ctx, &group));
    TRY(tell_conflict(ctx, group_update(w, &group)));
    return record(ctx, w, EVENT_GroupModified, &group, before, &group);
}

int admin_group_move(const struct auth_ctx *ctx, struct store_write *w, const struct group *group,
                     const struct group *parent)
{
    struct group moved = *group;
    int64_t height;
    moved.parent_pk = parent ? parent->pk : 0;
    if (moved.parent_pk == group->parent_pk)
        return 0; /* it is there */
    moved.path = ARENA_CONCAT(ctx->arena, parent ? parent->path : STR(""), STR("/"), group->name);
    if (str_absent(moved.path))
        return ERR_NO_MEMORY;
    TRY(tell_conflict(ctx, group_update(w, &moved)));
    TRY(group_height(store_write_reader(w), group->pk, &height));
    TRY(check_depth(ctx, moved.path, height));
    return ADMIN_RECORD(ctx, w, EVENT_GroupModified, "group", group->id, {"name", group->name},
                        {"pathBefore", group->path}, {"path", moved.path},
                        group_organization_detail(group));
}

/* Policies and newcomers know groups of the realm alone. */
int admin_group_delete(const struct auth_ctx *ctx, struct store_write *w, const struct group *group)
{
    TRY(group_delete(w, group->pk));
    if (str_absent(group->organization_id)) {
        TRY(admin_rs_forget(ctx, w, group->id));
        TRY(default_groups_tidy(ctx, w));
    }
    return record(ctx, w, EVENT_GroupDeleted, group, group, NULL);
}

static int record_role(const struct auth_ctx *ctx, struct store_write *w, const struct group *group,
                       const struct role *role, bool given)
{
    const struct role_owner owner = {
        "group", group->id, {"path", group->path}, group_organization_detail(group)};
    return admin_record_role(ctx, w, &owner, role, given);
}

int admin_group_role_add(const struct auth_ctx *ctx, struct store_write *w,
                         const struct group *group, const struct role *role)
{
    TRY(group_role_add(w, group->pk, role->pk));
    return record_role(ctx, w, group, role, true);
}

int admin_group_role_remove(const struct auth_ctx *ctx, struct store_write *w,
                            const struct group *group, const struct role *role)
{
    TRY(group_role_remove(w, group->pk, role->pk));
    return record_role(ctx, w, group, role, false);
}
