/* Groups of an imported realm and of its organizations with those below them, their roles, and the groups that
 * new people join. */
#include "core/transfer/import_parts.h"

#include "core/admin/default_groups.h"
#include "core/admin/groups.h"
#include "core/admin/users.h"
#include "core/port/organizations.h"
#include "core/port/roles.h"

#include "core/base/banned.h"

static int give(struct import *im, const struct role *role, const void *holder)
{
    return admin_group_role_add(&im->ctx, im->w, holder, role);
}

static int give_roles(struct import *im, const struct json_value *json, const struct import_at *at,
                      const struct group *group)
{
    const struct json_value *of_realm, *of_clients;
    TRY(import_list(im, json, "realmRoles", at, &of_realm));
    TRY(import_object(im, json, "clientRoles", at, &of_clients));
    TRY(import_named_roles(im, NULL, of_realm, AT_MEMBER(at, "realmRoles"), give, group));
    return import_named_client_roles(im, of_clients, AT_MEMBER(at, "clientRoles"), give, group);
}

/* Depth is bounded by that of the text. home says whose groups they are. */
static int take_group(struct import *im, const struct json_value *json, const struct import_at *at,
                      const struct group *home, const struct group *parent)
{
    struct group group = *home;
    const struct json_value *below, *child;
    TRY(import_expect_object(im, json, at));
    fields_default(&group_fields, &group);
    TRY(import_id(im, json, at, &group.id));
    TRY(import_fields(im, &group_fields, &group, json, at));
    TRY(import_explain(im, at, admin_group_insert(&im->ctx, im->w, parent, &group)));
    import_report_took(im->report, "groups", 1);
    TRY(give_roles(im, json, at, &group));
    TRY(import_list(im, json, "subGroups", at, &below));
    struct json_iter it = json_iter(below);
    for (size_t i = 0; json_next(&it, NULL, &child); i++)
        TRY(take_group(im, child, AT_INDEX(AT_MEMBER(at, "subGroups"), i), home, &group));
    return 0;
}

static int top_group(struct import *im, const struct json_value *json, const struct import_at *at)
{
    return take_group(im, json, at, &(struct group){.pk = 0}, NULL);
}

int import_organization_groups(struct import *im, const struct json_value *json,
                               const struct import_at *at, const struct organization *organization)
{
    const struct group home = {.organization_id = organization->id,
                               .dormant =
                                   (organization->enabled ? 0 : GROUP_ORGANIZATION_OFF) |
                                   (im->realm.organizations_enabled ? 0 : GROUP_ORGANIZATIONS_OFF)};
    const struct json_value *list, *group;
    TRY(import_list(im, json, "groups", at, &list));
    struct json_iter it = json_iter(list);
    for (size_t i = 0; json_next(&it, NULL, &group); i++)
        TRY(take_group(im, group, AT_INDEX(AT_MEMBER(at, "groups"), i), &home, NULL));
    return 0;
}

int import_organization_groups_of(struct import *im, const struct json_value *json,
                                  const struct import_at *at,
                                  const struct organization *organization, const struct user *user)
{
    const struct json_value *list, *path;
    TRY(import_list(im, json, "groups", at, &list));
    struct json_iter it = json_iter(list);
    for (size_t i = 0; json_next(&it, NULL, &path); i++) {
        const struct import_at *here = AT_INDEX(AT_MEMBER(at, "groups"), i);
        struct group group;
        TRY(import_expect_text(im, path, here));
        int rc = organization_group_find_by_path(im->r, import_arena(im), organization->id,
                                                 json_str(path), &group);
        if (rc == ERR_NOT_FOUND)
            import_left(im, here, "there is no such group");
        else
            TRY(rc != 0 ? rc : admin_user_group_join(&im->ctx, im->w, user, &group));
    }
    return 0;
}

static int default_group(struct import *im, const struct json_value *path,
                         const struct import_at *at)
{
    struct group group;
    TRY(import_expect_text(im, path, at));
    int rc = group_find_by_path(im->r, import_arena(im), json_str(path), &group);
    if (rc == ERR_NOT_FOUND) {
        import_left(im, at, "there is no such group");
        return 0;
    }
    TRY(rc);
    return import_explain(im, at, default_groups_add(&im->ctx, im->w, &group));
}

int import_groups(struct import *im)
{
    const struct json_value *paths, *path;
    TRY(import_each(im, SECTION_GROUPS, top_group));
    TRY(import_list(im, im->main->top, "defaultGroups", NULL, &paths));
    struct json_iter it = json_iter(paths);
    for (size_t i = 0; json_next(&it, NULL, &path); i++)
        TRY(default_group(im, path, AT_INDEX(AT_MEMBER(NULL, "defaultGroups"), i)));
    return 0;
}
