/* Groups as Keycloak's representations. */
#include "web/admin/group_tree.h"

#include "core/port/roles.h"
#include "web/admin/represent.h"

#include "core/base/banned.h"

#define TREE_MAX       ((size_t)4 * ADMIN_PAGE_MAX) /* groups of one answer, those above included */
#define TREE_DEPTH_MAX 24                           /* what the JSON of an answer can be nested */

int group_shape_of(struct admin_call *call, bool brief, struct group_shape *io_shape)
{
    TRY(admin_query_bool(call, "briefRepresentation", brief, &io_shape->brief));
    return admin_query_bool(call, "subGroupsCount", io_shape->counts, &io_shape->counts);
}

static int write_parent(struct admin_call *call, const struct group *group)
{
    struct group parent;
    if (group->parent_pk == 0)
        return 0;
    TRY(group_find_by_pk(call->r, call->req->arena, group->parent_pk, &parent));
    jw_member_str(&call->out, "parentId", parent.id);
    return 0;
}

/* AD-07: a line about an organization is for who sees the realm, too; what people get is not. */
static int write_roles(struct admin_call *call, const struct group *group)
{
    struct roles roles;
    if (!admin_has(call, ADMIN_VIEW_USERS))
        return 0;
    TRY(group_roles(call->r, call->req->arena, group->pk, &roles));
    represent_role_names(&call->out, &roles);
    return 0;
}

static void write_access(struct admin_call *call, const struct group *group)
{
    struct json_writer *w = &call->out;
    bool of_realm = str_absent(group->organization_id);
    bool views = admin_has(call, of_realm ? ADMIN_VIEW_USERS : ADMIN_VIEW_REALM);
    bool manages = admin_has(call, of_realm ? ADMIN_MANAGE_USERS : ADMIN_MANAGE_REALM);
    jw_member_object(w, "access");
    jw_member_bool(w, "view", views);
    jw_member_bool(w, "viewMembers", views && admin_has(call, ADMIN_VIEW_USERS));
    jw_member_bool(w, "manageMembers", manages && admin_has(call, ADMIN_MANAGE_USERS));
    jw_member_bool(w, "manage", manages);
    jw_member_bool(w, "manageMembership", manages && admin_has(call, ADMIN_MANAGE_USERS));
    jw_end_object(w);
}

/* All but subGroups, with the object left open. */
static int begin_group(struct admin_call *call, const struct group *group,
                       const struct group_shape *shape)
{
    const struct group_wanted below = {.parent_pk = group->pk,
                                       .organization_id = group->organization_id};
    struct json_writer *w = &call->out;
    int64_t count;
    jw_begin_object(w);
    represent_group_members(w, group);
    TRY(write_parent(call, group));
    if (shape->counts) {
        TRY(group_count(call->r, &below, &count));
        jw_member_i64(w, "subGroupCount", count);
    }
    if (!shape->brief) {
        represent_attrs(w, "attributes", &group->attributes);
        TRY(write_roles(call, group));
    }
    write_access(call, group);
    return 0;
}

int group_write(struct admin_call *call, const struct group *group, const struct group_shape *shape)
{
    TRY(begin_group(call, group, shape));
    jw_member_array(&call->out, "subGroups");
    jw_end_array(&call->out);
    jw_end_object(&call->out);
    return 0;
}

int group_list_write(struct admin_call *call, const struct groups *groups,
                     const struct group_shape *shape)
{
    jw_begin_array(&call->out);
    for (size_t i = 0; i < groups->count; i++)
        TRY(group_write(call, &groups->items[i], shape));
    jw_end_array(&call->out);
    return 0;
}

/* --- Trees --- */

static bool has(const struct groups *all, int64_t pk)
{
    for (size_t i = 0; i < all->count; i++)
        if (all->items[i].pk == pk)
            return true;
    return false;
}

/* A group and all above it, each once. */
static int add_with_parents(struct admin_call *call, struct groups *all, const struct group *group)
{
    struct group at = *group;
    while (!has(all, at.pk)) {
        if (all->count == TREE_MAX)
            return err_set(&call->req->err, ERR_INVALID_REQUEST,
                           "There are too many: turn pages with first and max");
        all->items[all->count++] = at;
        if (at.parent_pk == 0)
            return 0;
        TRY(group_find_by_pk(call->r, call->req->arena, at.parent_pk, &at));
    }
    return 0;
}

static int write_level(struct admin_call *call, const struct groups *all, int64_t parent_pk,
                       const struct group_shape *shape, int depth)
{
    if (depth > TREE_DEPTH_MAX)
        return err_set(&call->req->err, ERR_INVALID_REQUEST,
                       "The tree is too deep: ask with populateHierarchy=false");
    for (size_t i = 0; i < all->count; i++) {
        if (all->items[i].parent_pk != parent_pk)
            continue;
        TRY(begin_group(call, &all->items[i], shape));
        jw_member_array(&call->out, "subGroups");
        TRY(write_level(call, all, all->items[i].pk, shape, depth + 1));
        jw_end_array(&call->out);
        jw_end_object(&call->out);
    }
    return 0;
}

int group_trees_write(struct admin_call *call, const struct groups *found,
                      const struct group_shape *shape)
{
    struct groups all = {ARENA_ARRAY(call->req->arena, TREE_MAX, struct group), 0};
    if (!all.items)
        return ERR_NO_MEMORY;
    for (size_t i = 0; i < found->count; i++)
        TRY(add_with_parents(call, &all, &found->items[i]));
    jw_begin_array(&call->out);
    TRY(write_level(call, &all, 0, shape, 0));
    jw_end_array(&call->out);
    return 0;
}
