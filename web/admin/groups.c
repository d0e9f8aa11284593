/* ~/groups, ~/group-by-path and ~/default-groups, and the groups of organizations. */
#include "web/admin/groups.h"

#include "core/admin/default_groups.h"
#include "core/admin/groups.h"
#include "core/port/organizations.h"
#include "core/port/roles.h"
#include "core/port/users.h"
#include "web/admin/group_tree.h"
#include "web/admin/organizations.h"
#include "web/admin/represent.h"

#include "core/base/banned.h"

/* --- Finding --- */

static int missing(struct admin_call *call)
{
    return err_set(&call->req->err, ERR_NOT_FOUND, "Could not find group by id");
}

/* Whose groups a path is about: the realm's, or those of an organization. */
struct home {
    struct str organization_id; /* absent: the realm's */
    bool organization_on;
};

static bool is_of_organization(const struct admin_call *call)
{
    return str_find_str(str_c(call->req->route->pattern), STR("/organizations/{id}/")) >= 0;
}

size_t groups_param(const struct admin_call *call)
{
    return is_of_organization(call) ? 2 : 1;
}

int groups_require_people(struct admin_call *call, bool to_change)
{
    return admin_require(call, to_change ? ADMIN_MANAGE_USERS : ADMIN_VIEW_USERS);
}

/* Opens the read, or the write. */
static int find_home(struct admin_call *call, bool to_change, struct home *ret_home)
{
    struct organization organization;
    *ret_home = (struct home){.organization_on = true};
    if (!is_of_organization(call))
        return to_change ? admin_write(call) : admin_read(call);
    TRY(to_change ? organizations_find_to_change(call, &organization)
                  : organizations_find(call, &organization));
    *ret_home = (struct home){organization.id, organization.enabled};
    return 0;
}

/* A group of elsewhere is missing here (AD-03). */
static int find_by_id(struct admin_call *call, const struct home *home, struct str id,
                      struct group *ret_group)
{
    struct arena *a = call->req->arena;
    int rc = str_absent(home->organization_id)
                 ? group_find_by_id(call->r, a, id, ret_group)
                 : organization_group_find(call->r, a, home->organization_id, id, ret_group);
    return rc == ERR_NOT_FOUND ? missing(call) : rc;
}

static int find_of_path(struct admin_call *call, bool to_change, struct home *ret_home,
                        struct group *ret_group)
{
    TRY(find_home(call, to_change, ret_home));
    return find_by_id(call, ret_home, admin_param(call, groups_param(call)), ret_group);
}

int groups_find(struct admin_call *call, struct group *ret_group)
{
    struct home home;
    return find_of_path(call, false, &home, ret_group);
}

int groups_find_to_change(struct admin_call *call, struct group *ret_group)
{
    struct home home;
    return find_of_path(call, true, &home, ret_group);
}

/* --- Lists --- */

static int take_filter(struct admin_call *call, int64_t parent_pk, struct group_wanted *ret_filter)
{
    struct group_wanted f = {.parent_pk = parent_pk};
    struct str_map pairs;
    TRY(admin_query(call, "search", &f.search));
    TRY(admin_query_bool(call, "exact", false, &f.exact));
    TRY(admin_query_pairs(call, &pairs));
    if (pairs.count > 1)
        return err_field(&call->req->err, ERR_NOT_IMPLEMENTED, "q",
                         "One attribute is searched at a time");
    if (pairs.count == 1) {
        f.attribute = pairs.items[0].name;
        f.value = pairs.items[0].value;
    }
    *ret_filter = f;
    return 0;
}

/* Groups of the realm say how many are below them unless they are asked not to, those of organizations when
 * they are asked to, as Keycloak. */
static int list(struct admin_call *call, const struct group_wanted *f, bool as_trees)
{
    struct admin_page page;
    struct groups groups;
    struct group_shape shape = {.counts = str_absent(f->organization_id)};
    TRY(admin_page(call, &page));
    TRY(group_shape_of(call, true, &shape));
    TRY(group_search(call->r, call->req->arena, f, page.first, admin_page_limit(&page), &groups));
    TRY(admin_page_check(call, &page, groups.count));
    return as_trees ? group_trees_write(call, &groups, &shape)
                    : group_list_write(call, &groups, &shape);
}

/* As Keycloak: a search looks at the whole tree and shows where its findings stand in it; without
 * one, the top is listed. Who may only ask sees none (AD-07). */
int rest_groups_list(struct admin_call *call)
{
    struct group_wanted f;
    bool trees;
    TRY(take_filter(call, 0, &f));
    TRY(admin_query_bool(call, "populateHierarchy", true, &trees));
    f.anywhere = !str_empty(f.search) || !str_empty(f.attribute);
    TRY(admin_read(call));
    if (admin_has(call, ADMIN_VIEW_USERS))
        return list(call, &f, f.anywhere && trees);
    jw_begin_array(&call->out);
    jw_end_array(&call->out);
    return 0;
}

/* Those of an organization: also for who links its identity providers, by a line of theirs. */
int rest_organization_groups_list(struct admin_call *call)
{
    struct group_wanted f;
    struct home home;
    bool trees;
    TRY(take_filter(call, 0, &f));
    TRY(admin_query_bool(call, "populateHierarchy", false, &trees));
    f.anywhere = !str_empty(f.search) || !str_empty(f.attribute);
    TRY(find_home(call, false, &home));
    f.organization_id = home.organization_id;
    return list(call, &f, f.anywhere && trees);
}

int rest_groups_count(struct admin_call *call)
{
    struct group_wanted f;
    int64_t count = 0;
    bool top;
    TRY(take_filter(call, 0, &f));
    TRY(admin_query_bool(call, "top", false, &top));
    f.anywhere = !top;
    TRY(admin_read(call));
    if (admin_has(call, ADMIN_VIEW_USERS))
        TRY(group_count(call->r, &f, &count));
    jw_begin_object(&call->out);
    jw_member_i64(&call->out, "count", count);
    jw_end_object(&call->out);
    return 0;
}

int rest_group_children(struct admin_call *call)
{
    struct group group;
    struct group_wanted f;
    TRY(groups_find(call, &group));
    TRY(take_filter(call, group.pk, &f));
    f.organization_id = group.organization_id;
    return list(call, &f, false);
}

int rest_group_members(struct admin_call *call)
{
    struct group group;
    struct admin_page page;
    struct user *users;
    size_t count;
    bool brief;
    TRY(admin_page(call, &page));
    TRY(admin_query_bool(call, "briefRepresentation", true, &brief));
    TRY(groups_find(call, &group));
    TRY(groups_require_people(call, false));
    TRY(group_members(call->r, call->req->arena, group.pk, page.first, admin_page_limit(&page),
                      &users, &count));
    TRY(admin_page_check(call, &page, count));
    jw_begin_array(&call->out);
    for (size_t i = 0; i < count; i++)
        represent_user(call, &users[i], brief);
    jw_end_array(&call->out);
    return 0;
}

/* --- One --- */

static int write_one(struct admin_call *call, const struct group *group)
{
    const struct group_shape shape = {.brief = false, .counts = true};
    return group_write(call, group, &shape);
}

int rest_group_get(struct admin_call *call)
{
    struct group group;
    TRY(groups_find(call, &group));
    return write_one(call, &group);
}

int rest_group_by_path(struct admin_call *call)
{
    struct group group;
    struct home home;
    TRY(find_home(call, false, &home));
    struct str path = admin_param(call, groups_param(call));
    int rc = str_absent(home.organization_id)
                 ? group_find_by_path(call->r, call->req->arena, path, &group)
                 : organization_group_find_by_path(call->r, call->req->arena, home.organization_id,
                                                   path, &group);
    if (rc == ERR_NOT_FOUND)
        return err_set(&call->req->err, rc, "Group path does not exist");
    TRY(rc);
    return write_one(call, &group);
}

/* --- Making, moving --- */

static int tell_conflict(struct admin_call *call, const struct group *parent, struct str name,
                         int rc)
{
    if (rc == ERR_CONFLICT)
        return err_set(&call->req->err, rc, "%s group named '%.*s' already exists.",
                       parent ? "Sibling" : "Top level", STR_ARG(name));
    return rc;
}

static int read_body(struct admin_call *call, struct group *io_group)
{
    TRY(admin_body_object(call));
    TRY(fields_merge(&group_fields, io_group, call->req->arena, call->body, &call->req->err));
    if (!str_empty(str_trim(io_group->name)))
        return 0;
    return err_field(&call->req->err, ERR_INVALID_REQUEST, "name", "Group name is missing");
}

/* AD-04: with the place in the tree the members get the roles of all that is above. */
static int may_stand_below(struct admin_call *call, const struct group *parent)
{
    struct roles roles;
    TRY(group_roles_effective(call->r, call->req->arena, parent->pk, &roles));
    return admin_may_give(&call->ctx, &call->caller, call->r, &roles);
}

static int move(struct admin_call *call, const struct home *home, const struct group *parent,
                struct str id)
{
    struct group group;
    TRY(find_by_id(call, home, id, &group));
    TRY(groups_require_people(call, true)); /* its members get other roles */
    if (parent)
        TRY(may_stand_below(call, parent));
    return tell_conflict(call, parent, group.name,
                         admin_group_move(&call->ctx, call->w, &group, parent));
}

static int tell_where(struct admin_call *call, const struct home *home, struct str id)
{
    struct str below = STR("groups");
    if (!str_absent(home->organization_id))
        below = ARENA_CONCAT(call->req->arena, STR("organizations/"), home->organization_id,
                             STR("/groups"));
    const char *text = arena_cstr(call->req->arena, below);
    return text ? admin_created(call, text, id) : ERR_NO_MEMORY;
}

/* A body with the id of a group that is there moves it. */
static int place(struct admin_call *call, const struct home *home, const struct group *parent,
                 struct group *io_group, bool *ret_made)
{
    struct str id = {NULL, 0};
    TRY(admin_member_str(call, call->body, "id", &id));
    *ret_made = str_empty(id);
    if (!*ret_made)
        return move(call, home, parent, id);
    if (json_count(json_get(call->body, "subGroups")) > 0)
        return err_field(&call->req->err, ERR_NOT_IMPLEMENTED, "subGroups",
                         "Groups below a group are made by their own calls");
    io_group->organization_id = home->organization_id;
    io_group->dormant = home->organization_on ? 0 : GROUP_ORGANIZATION_OFF;
    TRY(tell_conflict(call, parent, io_group->name,
                      admin_group_insert(&call->ctx, call->w, parent, io_group)));
    return tell_where(call, home, io_group->id);
}

int rest_groups_create(struct admin_call *call)
{
    struct group group = {0};
    struct home home;
    bool made;
    TRY(read_body(call, &group));
    TRY(find_home(call, true, &home));
    return place(call, &home, NULL, &group, &made);
}

int rest_group_children_create(struct admin_call *call)
{
    struct group parent, group = {0};
    struct home home;
    bool made;
    TRY(read_body(call, &group));
    TRY(find_of_path(call, true, &home, &parent));
    TRY(place(call, &home, &parent, &group, &made));
    return made ? write_one(call, &group) : 0;
}

int rest_group_put(struct admin_call *call)
{
    struct group before, after;
    TRY(groups_find_to_change(call, &before));
    after = before;
    TRY(read_body(call, &after));
    int rc = admin_group_update(&call->ctx, call->w, &before, &after);
    if (rc == ERR_CONFLICT)
        return err_set(&call->req->err, rc, "Sibling group named '%.*s' already exists.",
                       STR_ARG(after.name));
    return rc;
}

int rest_group_remove(struct admin_call *call)
{
    struct group group;
    TRY(groups_find_to_change(call, &group));
    return admin_group_delete(&call->ctx, call->w, &group);
}

/* --- What new people join --- */

int rest_default_groups(struct admin_call *call)
{
    struct groups groups;
    const struct group_shape shape = {.brief = true};
    TRY(admin_read(call));
    TRY(default_groups_list(&call->ctx, call->r, &groups));
    return group_list_write(call, &groups, &shape);
}

int rest_default_group_add(struct admin_call *call)
{
    struct group group;
    TRY(groups_find_to_change(call, &group));
    TRY(may_stand_below(call, &group));
    return default_groups_add(&call->ctx, call->w, &group);
}

int rest_default_group_remove(struct admin_call *call)
{
    struct group group;
    TRY(groups_find_to_change(call, &group));
    return default_groups_remove(&call->ctx, call->w, &group);
}
