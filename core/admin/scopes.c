/* Client scopes. */
#include "core/admin/scopes.h"

#include "core/admin/record.h"
#include "core/admin/resource_servers.h"
#include "core/model/check.h"
#include "core/oidc/scopes.h"
#include "core/port/roles.h"

#include "core/base/banned.h"

#define NAME_MAX_BYTES        255
#define DESCRIPTION_MAX_BYTES 1024
#define ID_MAX_BYTES          36
#define ATTRIBUTES_MAX        64
#define ATTRIBUTE_MAX_BYTES   4096
#define KIND                  "client-scope"

int admin_scope_find(const struct auth_ctx *ctx, struct store_read *r, struct str id,
                     struct client_scope *ret_scope)
{
    int rc = scope_find_by_id(r, ctx->arena, id, ret_scope);
    if (rc == ERR_NOT_FOUND)
        return err_set(ctx->err, rc, "Could not find client scope");
    return rc;
}

/* The name is a word of the scope parameter (RFC 6749 3.3). openid is no client scope. */
static int check_name(const struct auth_ctx *ctx, struct str name)
{
    if (name.len == 0 || name.len > NAME_MAX_BYTES || !scope_is_word(name) ||
        str_eq(name, STR(SCOPE_OPENID)))
        return err_field(ctx->err, ERR_INVALID_REQUEST, "name",
                         "Unexpected name \"%.*s\" for ClientScope",
                         name.len > 64 ? 64 : (int)name.len, name.ptr ? name.ptr : "");
    return 0;
}

static int check_scope(const struct auth_ctx *ctx, const struct client_scope *scope)
{
    TRY(check_name(ctx, scope->name));
    TRY(path_segment_check(scope->id, ID_MAX_BYTES, "id", ctx->err));
    TRY(description_check(scope->description, DESCRIPTION_MAX_BYTES, ctx->err));
    if (!str_eq(scope->protocol, STR("openid-connect")))
        return err_field(ctx->err, ERR_INVALID_REQUEST, "protocol",
                         "protocol must be openid-connect");
    return map_check(&scope->attributes, ATTRIBUTES_MAX, ATTRIBUTE_MAX_BYTES, "attributes",
                     ctx->err);
}

static int tell_conflict(const struct auth_ctx *ctx, const struct client_scope *scope, int rc)
{
    if (rc == ERR_CONFLICT)
        return err_field(ctx->err, rc, "name", "Client Scope %.*s already exists",
                         STR_ARG(scope->name));
    return rc;
}

static int record_change(const struct auth_ctx *ctx, struct store_write *w, enum event_type type,
                         const struct client_scope *before, const struct client_scope *after)
{
    struct str data;
    TRY(change_data(ctx->arena, &client_scope_fields, before, after, "name", after->name, &data,
                    NULL));
    return admin_record(ctx, w, type, KIND, after->id, data);
}

int admin_scope_insert(const struct auth_ctx *ctx, struct store_write *w,
                       struct client_scope *io_scope)
{
    TRY(check_scope(ctx, io_scope));
    if (realm_view_scopes(ctx->view)->count >= ADMIN_SCOPES_MAX)
        return err_set(ctx->err, ERR_LIMIT_REACHED, "a realm has at most %d client scopes",
                       ADMIN_SCOPES_MAX);
    TRY(admin_id(ctx->arena, &io_scope->id));
    TRY(tell_conflict(ctx, io_scope, scope_insert(w, io_scope)));
    return record_change(ctx, w, EVENT_ClientScopeCreated, NULL, io_scope);
}

int admin_scope_record_added(const struct auth_ctx *ctx, struct store_write *w,
                             const struct client_scope *scope)
{
    return record_change(ctx, w, EVENT_ClientScopeCreated, NULL, scope);
}

int admin_scope_update(const struct auth_ctx *ctx, struct store_write *w,
                       const struct client_scope *before, const struct client_scope *after)
{
    struct client_scope scope = *after;
    scope.pk = before->pk;
    scope.id = before->id;
    TRY(check_scope(ctx, &scope));
    TRY(tell_conflict(ctx, &scope, scope_update(w, &scope)));
    return record_change(ctx, w, EVENT_ClientScopeModified, before, &scope);
}

int admin_scope_delete(const struct auth_ctx *ctx, struct store_write *w,
                       const struct client_scope *scope)
{
    TRY(scope_delete(w, scope->pk));
    TRY(admin_rs_forget(ctx, w, scope->id));
    return ADMIN_RECORD(ctx, w, EVENT_ClientScopeDeleted, KIND, scope->id, {"name", scope->name});
}

static struct str link_name(enum scope_link link)
{
    switch (link) {
    case SCOPE_LINK_DEFAULT: return STR("default");
    case SCOPE_LINK_OPTIONAL: return STR("optional");
    case SCOPE_LINK_NONE: break;
    }
    return STR("none");
}

int admin_scope_link_realm(const struct auth_ctx *ctx, struct store_write *w,
                           const struct client_scope *scope, enum scope_link link)
{
    TRY(scope_realm_link(w, scope->pk, link));
    return ADMIN_RECORD(ctx, w, EVENT_ClientScopeModified, KIND, scope->id, {"name", scope->name},
                        {"forNewClients", link_name(link)});
}

int admin_client_scope_link(const struct auth_ctx *ctx, struct store_write *w,
                            const struct client *client, const struct client_scope *scope,
                            enum scope_link link)
{
    struct client changed = *client;
    struct client_scope *items =
        ARENA_ARRAY(ctx->arena, client->scopes.count + 1, struct client_scope);
    size_t count = 0;
    if (!items)
        return ERR_NO_MEMORY;
    for (size_t i = 0; i < client->scopes.count; i++)
        if (client->scopes.items[i].pk != scope->pk)
            items[count++] = client->scopes.items[i];
    if (link != SCOPE_LINK_NONE) {
        items[count] = *scope;
        items[count].is_default = link == SCOPE_LINK_DEFAULT;
        items[count++].is_optional = link == SCOPE_LINK_OPTIONAL;
    }
    changed.scopes = (struct client_scopes){items, count};
    TRY(client_update(w, &changed));
    return ADMIN_RECORD(ctx, w, EVENT_ClientModified, "client", client->id,
                        {"clientId", client->client_id}, {"clientScope", scope->name},
                        {"link", link_name(link)});
}

/* --- Scope mappings --- */

static int record_scope_role(const struct auth_ctx *ctx, struct store_write *w,
                             const struct client_scope *scope, const char *what,
                             const struct role *role)
{
    return ADMIN_RECORD(ctx, w, EVENT_ClientScopeModified, KIND, scope->id, {"name", scope->name},
                        {what, role->name}, {"roleClient", role->client_id});
}

int admin_scope_role_add(const struct auth_ctx *ctx, struct store_write *w,
                         const struct client_scope *scope, const struct role *role)
{
    TRY(scope_role_add(w, scope->pk, role->pk));
    return record_scope_role(ctx, w, scope, "mappingAdded", role);
}

int admin_scope_role_remove(const struct auth_ctx *ctx, struct store_write *w,
                            const struct client_scope *scope, const struct role *role)
{
    TRY(scope_role_remove(w, scope->pk, role->pk));
    return record_scope_role(ctx, w, scope, "mappingRemoved", role);
}

static int record_client_role(const struct auth_ctx *ctx, struct store_write *w,
                              const struct client *client, const char *what,
                              const struct role *role)
{
    return ADMIN_RECORD(ctx, w, EVENT_ClientModified, "client", client->id,
                        {"clientId", client->client_id}, {what, role->name},
                        {"roleClient", role->client_id});
}

int admin_client_scope_role_add(const struct auth_ctx *ctx, struct store_write *w,
                                const struct client *client, const struct role *role)
{
    TRY(client_scope_role_add(w, client->pk, role->pk));
    return record_client_role(ctx, w, client, "mappingAdded", role);
}

int admin_client_scope_role_remove(const struct auth_ctx *ctx, struct store_write *w,
                                   const struct client *client, const struct role *role)
{
    TRY(client_scope_role_remove(w, client->pk, role->pk));
    return record_client_role(ctx, w, client, "mappingRemoved", role);
}
