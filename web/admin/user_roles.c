/* ~/users/{id}/role-mappings. */
#include "core/admin/users.h"
#include "core/port/roles.h"
#include "web/admin/role_mapping.h"
#include "web/admin/users.h"

#include "core/base/banned.h"

static int add(const struct auth_ctx *ctx, struct store_write *w, void *object,
               const struct role *role)
{
    return admin_user_role_add(ctx, w, object, role);
}

static int take(const struct auth_ctx *ctx, struct store_write *w, void *object,
                const struct role *role)
{
    return admin_user_role_remove(ctx, w, object, role);
}

static struct role_holder holder_of(struct user *user)
{
    return (struct role_holder){user, user->pk, user_roles, user_roles_effective, add, take};
}

static int find(struct admin_call *call, struct user *user, bool of_client,
                const struct client **ret_client)
{
    *ret_client = NULL;
    TRY(users_find(call, user));
    return of_client ? mapping_client(call, 2, ret_client) : 0;
}

static int view(struct admin_call *call, bool of_client, enum mapping_view what)
{
    struct user user;
    const struct client *client;
    TRY(find(call, &user, of_client, &client));
    struct role_holder holder = holder_of(&user);
    return mapping_write(call, &holder, client, what);
}

int rest_user_roles(struct admin_call *call)
{
    struct user user;
    TRY(users_find(call, &user));
    struct role_holder holder = holder_of(&user);
    return mapping_write_all(call, &holder);
}

int rest_user_roles_realm(struct admin_call *call)
{
    return view(call, false, MAPPING_DIRECT);
}

int rest_user_roles_realm_available(struct admin_call *call)
{
    return view(call, false, MAPPING_AVAILABLE);
}

int rest_user_roles_realm_composite(struct admin_call *call)
{
    return view(call, false, MAPPING_COMPOSITE);
}

int rest_user_roles_client(struct admin_call *call)
{
    return view(call, true, MAPPING_DIRECT);
}

int rest_user_roles_client_available(struct admin_call *call)
{
    return view(call, true, MAPPING_AVAILABLE);
}

int rest_user_roles_client_composite(struct admin_call *call)
{
    return view(call, true, MAPPING_COMPOSITE);
}

static int change(struct admin_call *call, bool of_client,
                  int (*how)(struct admin_call *call, const struct role_holder *holder,
                             const struct client *client))
{
    struct user user;
    const struct client *client = NULL;
    TRY(users_find_to_change(call, &user));
    if (of_client)
        TRY(mapping_client(call, 2, &client));
    struct role_holder holder = holder_of(&user);
    return how(call, &holder, client);
}

int rest_user_roles_realm_add(struct admin_call *call)
{
    return change(call, false, mapping_add);
}

int rest_user_roles_realm_remove(struct admin_call *call)
{
    return change(call, false, mapping_remove);
}

int rest_user_roles_client_add(struct admin_call *call)
{
    return change(call, true, mapping_add);
}

int rest_user_roles_client_remove(struct admin_call *call)
{
    return change(call, true, mapping_remove);
}
