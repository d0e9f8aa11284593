/* The tree of groups, and those that new people join. */
#include "core/transfer/export_parts.h"

#include "core/admin/default_groups.h"
#include "core/port/roles.h"

#include "core/base/banned.h"

static int write_level(struct exporter *e, const char *name, int64_t parent_pk, int depth);

/* Scratch is empty again before the groups below begin. */
static int write_group(struct exporter *e, const struct group *group, int depth)
{
    struct roles roles;
    jw_begin_object(&e->w);
    represent_group_members(&e->w, group);
    represent_attrs(&e->w, "attributes", &group->attributes);
    TRY(group_roles(e->r, e->scratch, group->pk, &roles));
    represent_role_names(&e->w, &roles);
    e->counts.groups++;
    TRY(export_next(e));
    TRY(write_level(e, "subGroups", group->pk, depth + 1));
    jw_end_object(&e->w);
    return 0;
}

/* Depth is bounded, and so is this recursion. */
static int write_level(struct exporter *e, const char *name, int64_t parent_pk, int depth)
{
    CLEANUP(arena_free) struct arena a;
    struct groups groups;
    arena_init(&a, e->scratch->max_bytes);
    TRY(group_list(e->r, &a, parent_pk, &groups));
    if (groups.count > 0 && depth > EXPORT_GROUP_DEPTH_MAX)
        return err_set(e->ctx.err, ERR_TOO_DEEP, "groups stand more than %d levels deep",
                       EXPORT_GROUP_DEPTH_MAX);
    jw_member_array(&e->w, name);
    for (size_t i = 0; i < groups.count; i++)
        TRY(write_group(e, &groups.items[i], depth));
    jw_end_array(&e->w);
    return 0;
}

static int write_defaults(struct exporter *e)
{
    struct groups groups;
    TRY(default_groups_list(&e->ctx, e->r, &groups));
    if (groups.count == 0)
        return export_next(e);
    jw_member_array(&e->w, "defaultGroups");
    for (size_t i = 0; i < groups.count; i++)
        jw_str(&e->w, groups.items[i].path);
    jw_end_array(&e->w);
    return export_next(e);
}

int export_groups(struct exporter *e)
{
    if (!e->options->groups_and_roles)
        return 0;
    TRY(write_level(e, "groups", 0, 1));
    return write_defaults(e);
}
