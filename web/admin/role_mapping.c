/* Views and changes of role mappings. */
#include "web/admin/role_mapping.h"

#include "core/port/roles.h"
#include "web/admin/represent.h"

#include "core/base/banned.h"

#define BODY_ROLES_MAX 1000

int mapping_client(struct admin_call *call, size_t n, const struct client **ret_client)
{
    int rc = realm_view_client(call->ctx.view, admin_param(call, n), ret_client);
    if (rc == ERR_NOT_FOUND || (rc == 0 && !str_eq((*ret_client)->id, admin_param(call, n))))
        return admin_missing(call, "Client");
    return rc;
}

static struct str container_of(struct admin_call *call, const struct role *role)
{
    const struct client *client;
    if (role->client_pk == 0)
        return auth_realm(&call->ctx)->id;
    return realm_view_client_by_pk(call->ctx.view, role->client_pk, &client) == 0 ? client->id
                                                                                  : STR("");
}

static void write_of(struct admin_call *call, const struct roles *roles, int64_t client_pk)
{
    jw_begin_array(&call->out);
    for (size_t i = 0; i < roles->count; i++)
        if (roles->items[i].client_pk == client_pk)
            represent_role(&call->out, &roles->items[i], container_of(call, &roles->items[i]),
                           true);
    jw_end_array(&call->out);
}

static bool comes_first(const struct roles *roles, size_t at)
{
    for (size_t i = 0; i < at; i++)
        if (roles->items[i].client_pk == roles->items[at].client_pk)
            return false;
    return true;
}

static void write_client(struct admin_call *call, const struct roles *roles,
                         const struct role *role)
{
    struct json_writer *w = &call->out;
    jw_key_s(w, role->client_id);
    jw_begin_object(w);
    jw_member_str(w, "id", container_of(call, role));
    jw_member_str(w, "client", role->client_id);
    jw_key(w, "mappings");
    write_of(call, roles, role->client_pk);
    jw_end_object(w);
}

int mapping_write_all(struct admin_call *call, const struct role_holder *holder)
{
    struct roles roles;
    struct json_writer *w = &call->out;
    bool of_clients = false;
    TRY(holder->direct(call->r, call->req->arena, holder->pk, &roles));
    jw_begin_object(w);
    if (roles.count > 0 && roles.items[0].client_pk == 0) { /* sorted: the realm's come first */
        jw_key(w, "realmMappings");
        write_of(call, &roles, 0);
    }
    for (size_t i = 0; i < roles.count; i++) {
        if (roles.items[i].client_pk == 0 || !comes_first(&roles, i))
            continue;
        if (!of_clients)
            jw_member_object(w, "clientMappings");
        of_clients = true;
        write_client(call, &roles, &roles.items[i]);
    }
    if (of_clients)
        jw_end_object(w);
    jw_end_object(w);
    return 0;
}

static bool has_pk(const struct roles *roles, int64_t pk)
{
    for (size_t i = 0; i < roles->count; i++)
        if (roles->items[i].pk == pk)
            return true;
    return false;
}

/* All of the container that the holder does not have directly. */
static int write_available(struct admin_call *call, const struct role_holder *holder,
                           int64_t client_pk)
{
    struct roles all, direct;
    size_t kept = 0;
    TRY(role_list(call->r, call->req->arena, client_pk, &all));
    TRY(holder->direct(call->r, call->req->arena, holder->pk, &direct));
    for (size_t i = 0; i < all.count; i++)
        if (!has_pk(&direct, all.items[i].pk))
            all.items[kept++] = all.items[i];
    all.count = kept;
    write_of(call, &all, client_pk);
    return 0;
}

int mapping_write(struct admin_call *call, const struct role_holder *holder,
                  const struct client *client, enum mapping_view view)
{
    struct roles roles = {0};
    int64_t client_pk = client ? client->pk : 0;
    if (view == MAPPING_AVAILABLE)
        return write_available(call, holder, client_pk);
    if (view == MAPPING_DIRECT)
        TRY(holder->direct(call->r, call->req->arena, holder->pk, &roles));
    else
        TRY(holder->effective(call->r, call->req->arena, holder->pk, &roles));
    write_of(call, &roles, client_pk);
    return 0;
}

/* --- Changing --- */

static int read_role(struct admin_call *call, const struct json_value *json, struct role *ret_role)
{
    struct str id = {NULL, 0}, name = {NULL, 0};
    int rc = ERR_NOT_FOUND;
    if (!json_is_object(json))
        return err_set(&call->req->err, ERR_INVALID_REQUEST, "An array of roles is expected");
    TRY(admin_member_str(call, json, "id", &id));
    TRY(admin_member_str(call, json, "name", &name));
    if (!str_empty(id))
        rc = role_find_by_id(call->r, call->req->arena, id, ret_role);
    else if (!str_empty(name))
        rc = role_find(call->r, call->req->arena, 0, name, ret_role);
    return rc == ERR_NOT_FOUND ? admin_missing(call, "Role") : rc;
}

int mapping_read_roles(struct admin_call *call, struct roles *ret_roles)
{
    const struct json_value *json;
    struct roles roles = {0};
    TRY(admin_body_array(call));
    if (json_count(call->body) > BODY_ROLES_MAX)
        return err_set(&call->req->err, ERR_INVALID_REQUEST, "At most %d roles", BODY_ROLES_MAX);
    roles.items = ARENA_ARRAY(call->req->arena, json_count(call->body) + 1, struct role);
    if (!roles.items)
        return ERR_NO_MEMORY;
    for (struct json_iter it = json_iter(call->body); json_next(&it, NULL, &json);)
        TRY(read_role(call, json, &roles.items[roles.count++]));
    *ret_roles = roles;
    return 0;
}

/* A role of another container than the path names is missing there. */
static int read_of(struct admin_call *call, const struct client *client, struct roles *ret_roles)
{
    TRY(mapping_read_roles(call, ret_roles));
    for (size_t i = 0; i < ret_roles->count; i++)
        if (ret_roles->items[i].client_pk != (client ? client->pk : 0))
            return admin_missing(call, "Role");
    return 0;
}

int mapping_add(struct admin_call *call, const struct role_holder *holder,
                const struct client *client)
{
    struct roles roles;
    TRY(read_of(call, client, &roles));
    TRY(admin_may_give(&call->ctx, &call->caller, call->r, &roles));
    for (size_t i = 0; i < roles.count; i++)
        TRY(holder->add(&call->ctx, call->w, holder->object, &roles.items[i]));
    return 0;
}

int mapping_remove(struct admin_call *call, const struct role_holder *holder,
                   const struct client *client)
{
    struct roles roles;
    int64_t client_pk = client ? client->pk : 0;
    if (str_empty(call->req->body))
        TRY(holder->direct(call->r, call->req->arena, holder->pk, &roles));
    else
        TRY(read_of(call, client, &roles));
    for (size_t i = 0; i < roles.count; i++)
        if (roles.items[i].client_pk == client_pk)
            TRY(holder->remove(&call->ctx, call->w, holder->object, &roles.items[i]));
    return 0;
}
