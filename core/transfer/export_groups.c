/* The tree of groups, of the realm and of organizations, and those that new people join. */
#include "core/transfer/export_parts.h"

#include "core/admin/default_groups.h"
#include "core/port/organizations.h"
#include "core/port/roles.h"

#include "core/base/banned.h"

static int write_level(struct exporter *e, const char *name, const struct group *parent, int depth);

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
    TRY(write_level(e, "subGroups", group, depth + 1));
    jw_end_object(&e->w);
    return 0;
}

/* Without a pk the parent stands for the top: of its organization, or of the realm. */
static int list_level(struct exporter *e, struct arena *a, const struct group *parent,
                      struct groups *ret_groups)
{
    return parent->pk == 0 && !str_absent(parent->organization_id)
               ? organization_groups_top(e->r, a, parent->organization_id, ret_groups)
               : group_list(e->r, a, parent->pk, ret_groups);
}

/* Depth is bounded, and so is this recursion. */
static int write_level(struct exporter *e, const char *name, const struct group *parent, int depth)
{
    CLEANUP(arena_free) struct arena a;
    struct groups groups;
    arena_init(&a, e->scratch->max_bytes);
    TRY(list_level(e, &a, parent, &groups));
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
    TRY(write_level(e, "groups", &(struct group){.pk = 0}, 1));
    return write_defaults(e);
}

int export_organization_groups(struct exporter *e, struct str organization_id)
{
    if (!e->options->groups_and_roles)
        return 0;
    return write_level(e, "groups", &(struct group){.organization_id = organization_id}, 1);
}
