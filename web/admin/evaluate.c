/* ~/clients/{id}/evaluate-scopes: what tokens of a client would hold. Nothing here is signed, nothing is
 * stored. */
#include "core/oidc/example.h"
#include "core/port/roles.h"
#include "core/port/users.h"
#include "web/admin/clients.h"
#include "web/admin/represent.h"

#include "core/base/banned.h"

/* The client of the path and the scopes that the query asks for. */
static int find_scopes(struct admin_call *call, struct client *ret_client,
                       struct granted_scopes *ret_scopes)
{
    struct str scope;
    TRY(admin_query(call, "scope", &scope));
    TRY(clients_find(call, ret_client));
    return scopes_resolve(&call->ctx, ret_client, scope, ret_scopes);
}

/* --- Mappers --- */

static void write_mappers(struct json_writer *w, const struct protocol_mappers *mappers,
                          struct str id, struct str name, const char *kind)
{
    for (size_t i = 0; i < mappers->count; i++) {
        const struct protocol_mapper *mapper = &mappers->items[i];
        jw_begin_object(w);
        jw_member_str(w, "mapperId", mapper->id);
        jw_member_str(w, "mapperName", mapper->name);
        jw_member_str(w, "containerId", id);
        jw_member_str(w, "containerName", name);
        jw_member_c(w, "containerType", kind);
        jw_member_str(w, "protocolMapper", mapper->type);
        jw_end_object(w);
    }
}

int rest_evaluate_mappers(struct admin_call *call)
{
    struct client client;
    struct granted_scopes scopes;
    TRY(find_scopes(call, &client, &scopes));
    jw_begin_array(&call->out);
    write_mappers(&call->out, &client.mappers, client.id, client.client_id, "client");
    for (size_t i = 0; i < scopes.count; i++)
        write_mappers(&call->out, &scopes.items[i]->mappers, scopes.items[i]->id,
                      scopes.items[i]->name, "client-scope");
    jw_end_array(&call->out);
    return 0;
}

/* --- Roles --- */

/* The container is the realm, by its name or id, or a client. */
static int find_container(struct admin_call *call, struct str *ret_id, int64_t *ret_client_pk)
{
    const struct realm *realm = auth_realm(&call->ctx);
    struct str container = admin_param(call, 2);
    const struct client *client;
    *ret_id = realm->id;
    *ret_client_pk = 0;
    if (str_eq(container, realm->name) || str_eq(container, realm->id))
        return 0;
    int rc = realm_view_client(call->ctx.view, container, &client);
    if (rc == ERR_NOT_FOUND || (rc == 0 && !str_eq(client->id, container)))
        return err_set(&call->req->err, ERR_NOT_FOUND, "Role Container not found");
    TRY(rc);
    *ret_id = client->id;
    *ret_client_pk = client->pk;
    return 0;
}

static bool has_role(const struct roles *roles, int64_t pk)
{
    for (size_t i = 0; i < roles->count; i++)
        if (roles->items[i].pk == pk)
            return true;
    return false;
}

static int write_roles(struct admin_call *call, bool granted)
{
    struct client client;
    struct granted_scopes scopes;
    struct roles all, let;
    struct str id;
    int64_t client_pk;
    TRY(find_scopes(call, &client, &scopes));
    TRY(find_container(call, &id, &client_pk));
    TRY(role_list(call->r, call->req->arena, client_pk, &all));
    TRY(scopes_roles(&call->ctx, call->r, &client, &scopes, &all, &let));
    jw_begin_array(&call->out);
    for (size_t i = 0; i < all.count; i++)
        if (has_role(&let, all.items[i].pk) == granted)
            represent_role(&call->out, &all.items[i], id, true);
    jw_end_array(&call->out);
    return 0;
}

int rest_evaluate_granted(struct admin_call *call)
{
    return write_roles(call, true);
}

int rest_evaluate_not_granted(struct admin_call *call)
{
    return write_roles(call, false);
}

/* --- Examples --- */

/* AD-07: an example shows a person's data, so it is for who may look at people. */
static int find_user(struct admin_call *call, struct user *ret_user)
{
    struct str id;
    TRY(admin_require(call, ADMIN_VIEW_USERS));
    TRY(admin_query(call, "userId", &id));
    if (str_absent(id))
        return err_field(&call->req->err, ERR_INVALID_REQUEST, "userId", "userId is missing");
    int rc = user_find_by_id(call->r, call->req->arena, id, ret_user);
    return rc == ERR_NOT_FOUND ? err_set(&call->req->err, rc, "No user found") : rc;
}

static int write_example(struct admin_call *call, enum example_kind kind)
{
    struct client client;
    struct user user;
    struct str scope, json;
    TRY(admin_query(call, "scope", &scope));
    TRY(clients_find(call, &client));
    TRY(find_user(call, &user));
    TRY(example_claims(&call->ctx, call->r, &client, &user, scope, kind, &json));
    jw_raw(&call->out, json);
    return 0;
}

int rest_evaluate_access_token(struct admin_call *call)
{
    return write_example(call, EXAMPLE_ACCESS_TOKEN);
}

int rest_evaluate_id_token(struct admin_call *call)
{
    return write_example(call, EXAMPLE_ID_TOKEN);
}

int rest_evaluate_userinfo(struct admin_call *call)
{
    return write_example(call, EXAMPLE_USERINFO);
}
