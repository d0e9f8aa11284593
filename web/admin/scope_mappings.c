/* .../scope-mappings of clients and of client scopes: which roles tokens may carry. */
#include "core/admin/scopes.h"
#include "core/port/roles.h"
#include "web/admin/clients.h"
#include "web/admin/role_mapping.h"

#include "core/base/banned.h"

struct owner {
    bool is_scope;
    struct client client;
    struct client_scope scope;
};

static int add_to_client(const struct auth_ctx *ctx, struct store_write *w, void *object,
                         const struct role *role)
{
    return admin_client_scope_role_add(ctx, w, object, role);
}

static int take_from_client(const struct auth_ctx *ctx, struct store_write *w, void *object,
                            const struct role *role)
{
    return admin_client_scope_role_remove(ctx, w, object, role);
}

static int add_to_scope(const struct auth_ctx *ctx, struct store_write *w, void *object,
                        const struct role *role)
{
    return admin_scope_role_add(ctx, w, object, role);
}

static int take_from_scope(const struct auth_ctx *ctx, struct store_write *w, void *object,
                           const struct role *role)
{
    return admin_scope_role_remove(ctx, w, object, role);
}

static struct role_holder holder_of(struct owner *o)
{
    if (o->is_scope)
        return (struct role_holder){&o->scope,    o->scope.pk,
                                    scope_roles,  scope_roles_effective,
                                    add_to_scope, take_from_scope};
    return (struct role_holder){&o->client,         o->client.pk,
                                client_scope_roles, client_scope_roles_effective,
                                add_to_client,      take_from_client};
}

static int find_owner(struct admin_call *call, bool change, struct owner *o)
{
    o->is_scope =
        str_starts(str_c(call->req->route->pattern), STR("/admin/realms/{realm}/client-scopes/"));
    if (!o->is_scope)
        return change ? clients_find_to_change(call, &o->client) : clients_find(call, &o->client);
    TRY(change ? admin_write(call) : admin_read(call));
    return change ? scopes_find_to_change(call, 1, &o->scope) : scopes_find(call, 1, &o->scope);
}

static int view(struct admin_call *call, bool of_client, enum mapping_view what)
{
    struct owner o;
    const struct client *client = NULL;
    TRY(find_owner(call, false, &o));
    if (of_client)
        TRY(mapping_client(call, 2, &client));
    struct role_holder holder = holder_of(&o);
    return mapping_write(call, &holder, client, what);
}

int rest_mappings(struct admin_call *call)
{
    struct owner o;
    TRY(find_owner(call, false, &o));
    struct role_holder holder = holder_of(&o);
    return mapping_write_all(call, &holder);
}

int rest_mappings_realm(struct admin_call *call)
{
    return view(call, false, MAPPING_DIRECT);
}

int rest_mappings_realm_available(struct admin_call *call)
{
    return view(call, false, MAPPING_AVAILABLE);
}

int rest_mappings_realm_composite(struct admin_call *call)
{
    return view(call, false, MAPPING_COMPOSITE);
}

int rest_mappings_client(struct admin_call *call)
{
    return view(call, true, MAPPING_DIRECT);
}

int rest_mappings_client_available(struct admin_call *call)
{
    return view(call, true, MAPPING_AVAILABLE);
}

int rest_mappings_client_composite(struct admin_call *call)
{
    return view(call, true, MAPPING_COMPOSITE);
}

static int change(struct admin_call *call, bool of_client,
                  int (*how)(struct admin_call *call, const struct role_holder *holder,
                             const struct client *client))
{
    struct owner o;
    const struct client *client = NULL;
    TRY(find_owner(call, true, &o));
    if (of_client)
        TRY(mapping_client(call, 2, &client));
    struct role_holder holder = holder_of(&o);
    return how(call, &holder, client);
}

int rest_mappings_realm_add(struct admin_call *call)
{
    return change(call, false, mapping_add);
}

int rest_mappings_realm_remove(struct admin_call *call)
{
    return change(call, false, mapping_remove);
}

int rest_mappings_client_add(struct admin_call *call)
{
    return change(call, true, mapping_add);
}

int rest_mappings_client_remove(struct admin_call *call)
{
    return change(call, true, mapping_remove);
}
