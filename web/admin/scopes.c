/* ~/client-scopes, which clients have them, and which new ones get. */
#include "core/admin/scopes.h"
#include "core/admin/client_guard.h"
#include "web/admin/clients.h"

#include "core/base/banned.h"

int scopes_find(struct admin_call *call, size_t n, struct client_scope *ret_scope)
{
    return admin_scope_find(&call->ctx, call->r, admin_param(call, n), ret_scope);
}

int scopes_find_to_change(struct admin_call *call, size_t n, struct client_scope *ret_scope)
{
    TRY(admin_write(call));
    TRY(scopes_find(call, n, ret_scope));
    return admin_may_change_scope(&call->ctx, &call->caller, call->r, ret_scope);
}

/* --- Themselves --- */

int rest_scopes_list(struct admin_call *call)
{
    struct client_scopes scopes;
    TRY(admin_read(call));
    TRY(scope_list(call->r, call->req->arena, &scopes));
    jw_begin_array(&call->out);
    for (size_t i = 0; i < scopes.count; i++)
        represent_scope(&call->out, &scopes.items[i]);
    jw_end_array(&call->out);
    return 0;
}

int rest_scope_get(struct admin_call *call)
{
    struct client_scope scope;
    TRY(admin_read(call));
    TRY(scopes_find(call, 1, &scope));
    represent_scope(&call->out, &scope);
    return 0;
}

static int read_body(struct admin_call *call, struct client_scope *io_scope)
{
    const struct json_value *mappers = json_get(call->body, "protocolMappers");
    TRY(fields_merge(&client_scope_fields, io_scope, call->req->arena, call->body,
                     &call->req->err));
    return json_is_none(mappers) ? 0 : mappers_body_read(call, mappers, true, &io_scope->mappers);
}

int rest_scopes_create(struct admin_call *call)
{
    struct client_scope scope = {.pk = 0};
    TRY(admin_body_object(call));
    TRY(admin_write(call));
    fields_default(&client_scope_fields, &scope);
    TRY(admin_member_str(call, call->body, "id", &scope.id));
    TRY(read_body(call, &scope));
    TRY(admin_scope_insert(&call->ctx, call->w, &scope));
    return admin_created(call, "client-scopes", scope.id);
}

int rest_scope_put(struct admin_call *call)
{
    struct client_scope before, after;
    TRY(admin_body_object(call));
    TRY(scopes_find_to_change(call, 1, &before));
    after = before;
    TRY(read_body(call, &after));
    return admin_scope_update(&call->ctx, call->w, &before, &after);
}

int rest_scope_remove(struct admin_call *call)
{
    struct client_scope scope;
    TRY(scopes_find_to_change(call, 1, &scope));
    return admin_scope_delete(&call->ctx, call->w, &scope);
}

/* --- For new clients --- */

static int list_linked(struct admin_call *call, const struct client_scopes *scopes,
                       enum scope_link link)
{
    jw_begin_array(&call->out);
    for (size_t i = 0; i < scopes->count; i++) {
        const struct client_scope *scope = &scopes->items[i];
        if (link == SCOPE_LINK_DEFAULT ? scope->is_default : scope->is_optional)
            represent_scope_brief(&call->out, scope);
    }
    jw_end_array(&call->out);
    return 0;
}

static int list_realm(struct admin_call *call, enum scope_link link)
{
    struct client_scopes scopes;
    TRY(admin_read(call));
    TRY(scope_list(call->r, call->req->arena, &scopes));
    return list_linked(call, &scopes, link);
}

static enum scope_link link_of(const struct client_scope *scope)
{
    if (scope->is_default)
        return SCOPE_LINK_DEFAULT;
    return scope->is_optional ? SCOPE_LINK_OPTIONAL : SCOPE_LINK_NONE;
}

/* Taking it from the list in which it does not stand changes nothing. */
static int change_realm(struct admin_call *call, enum scope_link list, bool add)
{
    struct client_scope scope;
    TRY(scopes_find_to_change(call, 1, &scope));
    if ((link_of(&scope) == list) == add)
        return 0;
    return admin_scope_link_realm(&call->ctx, call->w, &scope, add ? list : SCOPE_LINK_NONE);
}

int rest_default_scopes(struct admin_call *call)
{
    return list_realm(call, SCOPE_LINK_DEFAULT);
}

int rest_default_scope_add(struct admin_call *call)
{
    return change_realm(call, SCOPE_LINK_DEFAULT, true);
}

int rest_default_scope_remove(struct admin_call *call)
{
    return change_realm(call, SCOPE_LINK_DEFAULT, false);
}

int rest_optional_scopes(struct admin_call *call)
{
    return list_realm(call, SCOPE_LINK_OPTIONAL);
}

int rest_optional_scope_add(struct admin_call *call)
{
    return change_realm(call, SCOPE_LINK_OPTIONAL, true);
}

int rest_optional_scope_remove(struct admin_call *call)
{
    return change_realm(call, SCOPE_LINK_OPTIONAL, false);
}

/* --- Of a client --- */

static int list_client(struct admin_call *call, enum scope_link link)
{
    struct client client;
    TRY(clients_find(call, &client));
    return list_linked(call, &client.scopes, link);
}

static enum scope_link link_in(const struct client *client, const struct client_scope *scope)
{
    for (size_t i = 0; i < client->scopes.count; i++)
        if (client->scopes.items[i].pk == scope->pk)
            return link_of(&client->scopes.items[i]);
    return SCOPE_LINK_NONE;
}

/* As Keycloak: a scope that the client has stays in the list in which it is. */
static int change_client(struct admin_call *call, enum scope_link list, bool add)
{
    struct client client;
    struct client_scope scope;
    TRY(clients_find_to_change(call, &client));
    TRY(scopes_find_to_change(call, 2, &scope));
    enum scope_link now = link_in(&client, &scope);
    if (add ? now != SCOPE_LINK_NONE : now != list)
        return 0;
    return admin_client_scope_link(&call->ctx, call->w, &client, &scope,
                                   add ? list : SCOPE_LINK_NONE);
}

int rest_client_default_scopes(struct admin_call *call)
{
    return list_client(call, SCOPE_LINK_DEFAULT);
}

int rest_client_default_scope_add(struct admin_call *call)
{
    return change_client(call, SCOPE_LINK_DEFAULT, true);
}

int rest_client_default_scope_remove(struct admin_call *call)
{
    return change_client(call, SCOPE_LINK_DEFAULT, false);
}

int rest_client_optional_scopes(struct admin_call *call)
{
    return list_client(call, SCOPE_LINK_OPTIONAL);
}

int rest_client_optional_scope_add(struct admin_call *call)
{
    return change_client(call, SCOPE_LINK_OPTIONAL, true);
}

int rest_client_optional_scope_remove(struct admin_call *call)
{
    return change_client(call, SCOPE_LINK_OPTIONAL, false);
}
