/* management/permissions of clients, groups and people; those of roles are in roles.c. */
#include "web/admin/permissions.h"

#include "web/admin/clients.h"
#include "web/admin/groups.h"

#include "core/base/banned.h"

int permissions_show(struct admin_call *call)
{
    jw_begin_object(&call->out);
    jw_member_bool(&call->out, "enabled", false);
    jw_end_object(&call->out);
    return 0;
}

int permissions_put(struct admin_call *call)
{
    bool enabled = false;
    TRY(admin_body_object(call));
    TRY(admin_member_bool(call, call->body, "enabled", &enabled));
    if (enabled)
        return err_set(&call->req->err, ERR_NOT_IMPLEMENTED,
                       "Permissions for single objects do not exist here");
    return permissions_show(call);
}

int rest_client_permissions_get(struct admin_call *call)
{
    struct client client;
    TRY(clients_find(call, &client));
    return permissions_show(call);
}

int rest_client_permissions_put(struct admin_call *call)
{
    struct client client;
    TRY(clients_find(call, &client));
    return permissions_put(call);
}

int rest_group_permissions_get(struct admin_call *call)
{
    struct group group;
    TRY(groups_find(call, &group));
    return permissions_show(call);
}

int rest_group_permissions_put(struct admin_call *call)
{
    struct group group;
    TRY(groups_find(call, &group));
    return permissions_put(call);
}

int rest_users_permissions_get(struct admin_call *call)
{
    return permissions_show(call);
}

int rest_users_permissions_put(struct admin_call *call)
{
    return permissions_put(call);
}
