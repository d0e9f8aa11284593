/* ~/groups/{id}/role-mappings, and those of groups of organizations. */
#include "core/admin/groups.h"
#include "core/port/roles.h"
#include "web/admin/groups.h"
#include "web/admin/role_mapping.h"

#include "core/base/banned.h"

static int add(const struct auth_ctx *ctx, struct store_write *w, void *object,
               const struct role *role)
{
    return admin_group_role_add(ctx, w, object, role);
}

static int take(const struct auth_ctx *ctx, struct store_write *w, void *object,
                const struct role *role)
{
    return admin_group_role_remove(ctx, w, object, role);
}

static struct role_holder holder_of(struct group *group)
{
    return (struct role_holder){group, group->pk, group_roles, group_roles_effective, add, take};
}

static int find(struct admin_call *call, struct group *group, bool of_client,
                const struct client **ret_client)
{
    *ret_client = NULL;
    TRY(groups_find(call, group));
    TRY(groups_require_people(call, false));
    return of_client ? mapping_client(call, groups_param(call) + 1, ret_client) : 0;
}

static int view(struct admin_call *call, bool of_client, enum mapping_view what)
{
    struct group group;
    const struct client *client;
    TRY(find(call, &group, of_client, &client));
    struct role_holder holder = holder_of(&group);
    return mapping_write(call, &holder, client, what);
}

int rest_group_roles(struct admin_call *call)
{
    struct group group;
    TRY(groups_find(call, &group));
    TRY(groups_require_people(call, false));
    struct role_holder holder = holder_of(&group);
    return mapping_write_all(call, &holder);
}

int rest_group_roles_realm(struct admin_call *call)
{
    return view(call, false, MAPPING_DIRECT);
}

int rest_group_roles_realm_available(struct admin_call *call)
{
    return view(call, false, MAPPING_AVAILABLE);
}

int rest_group_roles_realm_composite(struct admin_call *call)
{
    return view(call, false, MAPPING_COMPOSITE);
}

int rest_group_roles_client(struct admin_call *call)
{
    return view(call, true, MAPPING_DIRECT);
}

int rest_group_roles_client_available(struct admin_call *call)
{
    return view(call, true, MAPPING_AVAILABLE);
}

int rest_group_roles_client_composite(struct admin_call *call)
{
    return view(call, true, MAPPING_COMPOSITE);
}

static int change(struct admin_call *call, bool of_client,
                  int (*how)(struct admin_call *call, const struct role_holder *holder,
                             const struct client *client))
{
    struct group group;
    const struct client *client = NULL;
    TRY(groups_find_to_change(call, &group));
    TRY(groups_require_people(call, true));
    if (of_client)
        TRY(mapping_client(call, groups_param(call) + 1, &client));
    struct role_holder holder = holder_of(&group);
    return how(call, &holder, client);
}

int rest_group_roles_realm_add(struct admin_call *call)
{
    return change(call, false, mapping_add);
}

int rest_group_roles_realm_remove(struct admin_call *call)
{
    return change(call, false, mapping_remove);
}

int rest_group_roles_client_add(struct admin_call *call)
{
    return change(call, true, mapping_add);
}

int rest_group_roles_client_remove(struct admin_call *call)
{
    return change(call, true, mapping_remove);
}
