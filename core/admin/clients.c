/* Clients: making, changing and deleting them, their secrets and service accounts. */
#include "core/admin/clients.h"

#include "core/admin/bootstrap.h"
#include "core/admin/client_secret.h"
#include "core/admin/flows.h"
#include "core/admin/quota.h"
#include "core/admin/record.h"
#include "core/admin/resource_servers.h"
#include "core/admin/users.h"
#include "core/port/clients.h"
#include "core/port/records.h"
#include "core/port/roles.h"
#include "core/port/users.h"

#include "core/base/banned.h"

int admin_client_find(const struct auth_ctx *ctx, struct store_read *r, struct str name,
                      struct client *ret_client)
{
    int rc = client_find(r, ctx->arena, name, ret_client);
    if (rc == ERR_NOT_FOUND)
        rc = client_find_by_id(r, ctx->arena, name, ret_client);
    if (rc == ERR_NOT_FOUND)
        return err_field(ctx->err, rc, "clientId", "there is no client with this id");
    return rc;
}

static int link_scopes(const struct auth_ctx *ctx, struct client *client)
{
    const struct client_scopes *all = realm_view_scopes(ctx->view);
    struct client_scope *items = ARENA_ARRAY(ctx->arena, all->count + 1, struct client_scope);
    size_t count = 0;
    if (!items)
        return ERR_NO_MEMORY;
    for (size_t i = 0; i < all->count; i++)
        if (all->items[i].is_default || all->items[i].is_optional)
            items[count++] = all->items[i];
    client->scopes = (struct client_scopes){items, count};
    return 0;
}

int admin_client_defaults(const struct auth_ctx *ctx, struct str client_id,
                          struct client *ret_client)
{
    struct client client = {.client_id = arena_str(ctx->arena, client_id)};
    if (str_absent(client.client_id))
        return ERR_NO_MEMORY;
    fields_default(&client_fields, &client);
    TRY(link_scopes(ctx, &client));
    *ret_client = client;
    return 0;
}

struct str admin_service_account_name(struct arena *a, struct str client_id)
{
    struct str lower = arena_lower(a, client_id);
    return str_absent(lower) ? lower : ARENA_CONCAT(a, STR(SERVICE_ACCOUNT_PREFIX), lower);
}

/* The scope whose mappers tell about the client; Keycloak links it with the service account. */
static int link_service_scope(const struct auth_ctx *ctx, struct client *client)
{
    const struct client_scopes *all = realm_view_scopes(ctx->view);
    for (size_t i = 0; i < client->scopes.count; i++)
        if (str_eq(client->scopes.items[i].name, STR(SCOPE_SERVICE_ACCOUNT)))
            return 0;
    for (size_t i = 0; i < all->count; i++) {
        if (!str_eq(all->items[i].name, STR(SCOPE_SERVICE_ACCOUNT)))
            continue;
        struct client_scope *items =
            arena_grow(ctx->arena, client->scopes.items, client->scopes.count,
                       client->scopes.count + 1, sizeof(*items));
        if (!items)
            return ERR_NO_MEMORY;
        items[client->scopes.count] = all->items[i];
        items[client->scopes.count].is_default = true;
        client->scopes = (struct client_scopes){items, client->scopes.count + 1};
        return 0;
    }
    return 0;
}

static int add_service_account(const struct auth_ctx *ctx, struct store_write *w,
                               struct client *client)
{
    struct user user = {.service_account_client_id = client->id};
    fields_default(&user_fields, &user);
    user.username = admin_service_account_name(ctx->arena, client->client_id);
    if (str_absent(user.username))
        return ERR_NO_MEMORY;
    TRY(admin_user_prepare(ctx, &user));
    TRY(admin_user_insert(ctx, w, &user));
    client->service_account_user_id = user.id;
    return link_service_scope(ctx, client);
}

static int remove_service_account(const struct auth_ctx *ctx, struct store_write *w,
                                  struct client *client)
{
    struct user user;
    struct str id = client->service_account_user_id;
    if (str_empty(id))
        return 0;
    client->service_account_user_id = str_of(NULL, 0);
    int rc = user_find_by_id(store_write_reader(w), ctx->arena, id, &user);
    if (rc == ERR_NOT_FOUND)
        return 0;
    TRY(rc);
    TRY(user_delete(w, user.pk));
    TRY(admin_rs_forget(ctx, w, user.id));
    return ADMIN_RECORD(ctx, w, EVENT_UserDeleted, "user", user.id, {"username", user.username});
}

static int tell_conflict(const struct auth_ctx *ctx, const struct client *client, int rc)
{
    if (rc == ERR_CONFLICT)
        return err_field(ctx->err, rc, "clientId", "Client %.*s already exists",
                         STR_ARG(client->client_id));
    return rc;
}

static int prepare(const struct auth_ctx *ctx, struct client *io_client)
{
    TRY(client_check(io_client, ctx->err));
    TRY(admin_id(ctx->arena, &io_client->id));
    return client_secret_settle(ctx, io_client);
}

static int store_new(const struct auth_ctx *ctx, struct store_write *w, struct client *io_client)
{
    struct str data, rotated;
    TRY(quota_admit(ctx, w, TALLY_CLIENT));
    TRY(client_rotated_take(ctx, io_client, &rotated));
    TRY(tell_conflict(ctx, io_client, client_insert(w, io_client)));
    if (!str_absent(rotated))
        TRY(client_rotated_put(w, io_client, rotated));
    TRY(change_data(ctx->arena, &client_fields, NULL, io_client, "clientId", io_client->client_id,
                    &data, NULL));
    return admin_record(ctx, w, EVENT_ClientCreated, "client", io_client->id, data);
}

int admin_client_insert(const struct auth_ctx *ctx, struct store_write *w, struct client *io_client)
{
    return admin_client_insert_by(ctx, w, POLICY_BY_USER, io_client);
}

int admin_client_insert_by(const struct auth_ctx *ctx, struct store_write *w,
                           enum policy_source source, struct client *io_client)
{
    const struct client_executor *rotation;
    TRY(client_rules_apply(ctx, store_write_reader(w), source, NULL, io_client, &rotation));
    TRY(prepare(ctx, io_client));
    TRY(client_secret_limit(ctx, rotation, io_client));
    TRY(admin_flows_check_client(ctx, store_write_reader(w), NULL, io_client));
    if (io_client->service_accounts_enabled)
        TRY(add_service_account(ctx, w, io_client));
    TRY(store_new(ctx, w, io_client));
    return admin_rs_settle(ctx, w, NULL, io_client);
}

int admin_client_take_over(const struct auth_ctx *ctx, struct store_write *w,
                           struct client *io_client)
{
    TRY(prepare(ctx, io_client));
    return store_new(ctx, w, io_client);
}

static int settle_service_account(const struct auth_ctx *ctx, struct store_write *w,
                                  struct client *client)
{
    bool has = !str_empty(client->service_account_user_id);
    if (client->service_accounts_enabled && !has)
        return add_service_account(ctx, w, client);
    if (!client->service_accounts_enabled && has)
        return remove_service_account(ctx, w, client);
    return 0;
}

/* --- What the event says beside the settings, without what is in it --- */

static struct str changed_text(bool changed)
{
    return changed ? STR("changed") : str_of(NULL, 0);
}

static bool has_mapper(const struct protocol_mappers *list, const struct protocol_mapper *mapper)
{
    for (size_t i = 0; i < list->count; i++)
        if (str_eq(list->items[i].id, mapper->id))
            return fields_equal(&mapper_fields, &list->items[i], mapper);
    return false;
}

static bool mappers_differ(const struct protocol_mappers *a, const struct protocol_mappers *b)
{
    bool same = a->count == b->count;
    for (size_t i = 0; same && i < a->count; i++)
        same = has_mapper(b, &a->items[i]);
    return !same;
}

static bool has_link(const struct client_scopes *list, const struct client_scope *scope)
{
    for (size_t i = 0; i < list->count; i++)
        if (list->items[i].pk == scope->pk)
            return list->items[i].is_default == scope->is_default &&
                   list->items[i].is_optional == scope->is_optional;
    return false;
}

static bool links_differ(const struct client_scopes *a, const struct client_scopes *b)
{
    bool same = a->count == b->count;
    for (size_t i = 0; same && i < a->count; i++)
        same = has_link(b, &a->items[i]);
    return !same;
}

/* What policies ask for, and what becomes of the secret. */
static int settle_update(const struct auth_ctx *ctx, struct store_write *w,
                         enum policy_source source, const struct client *before,
                         struct client *client)
{
    const struct client_executor *rotation;
    struct str ignored;
    TRY(client_rotated_take(ctx, client, &ignored)); /* the one that is there stays */
    TRY(client_secret_keep_moments(ctx, before, client));
    TRY(client_rules_apply(ctx, store_write_reader(w), source, before, client, &rotation));
    TRY(client_check(client, ctx->err));
    if (!str_empty(client->secret))
        TRY(client_secret_check(ctx, client->secret));
    else if (client_wants_secret(client) && !client_wants_secret(before)) /* it was public */
        TRY(client_secret_settle(ctx, client));
    return client_secret_limit(ctx, rotation, client);
}

/* OA-15: the token with which it changes itself. */
static int end_registration(struct store_write *w, const struct client *client)
{
    int rc = record_delete(w, RECORD_REGISTRATION, client->id);
    return rc == ERR_NOT_FOUND ? 0 : rc;
}

int admin_client_update(const struct auth_ctx *ctx, struct store_write *w,
                        const struct client *before, const struct client *after)
{
    return admin_client_update_by(ctx, w, POLICY_BY_USER, before, after);
}

int admin_client_update_by(const struct auth_ctx *ctx, struct store_write *w,
                           enum policy_source source, const struct client *before,
                           const struct client *after)
{
    struct client client = *after;
    struct str data;
    client.pk = before->pk;
    client.id = before->id;
    client.service_account_user_id = before->service_account_user_id;
    TRY(settle_update(ctx, w, source, before, &client));
    if (!client.enabled)
        TRY(end_registration(w, &client));
    TRY(admin_flows_check_client(ctx, store_write_reader(w), before, &client));
    TRY(settle_service_account(ctx, w, &client));
    TRY(tell_conflict(ctx, &client, client_update(w, &client)));
    const struct detail parts[] = {
        {"protocolMappers", changed_text(mappers_differ(&before->mappers, &client.mappers))},
        {"clientScopes", changed_text(links_differ(&before->scopes, &client.scopes))},
        {NULL, {NULL, 0}}};
    TRY(change_data_with(ctx->arena, &client_fields, before, &client, "clientId", client.client_id,
                         parts, &data, NULL));
    TRY(admin_record(ctx, w, EVENT_ClientModified, "client", client.id, data));
    return admin_rs_settle(ctx, w, before, &client);
}

int admin_client_delete(const struct auth_ctx *ctx, struct store_write *w,
                        const struct client *client)
{
    struct client gone = *client;
    struct roles roles;
    TRY(remove_service_account(ctx, w, &gone));
    TRY(end_registration(w, client));
    TRY(role_list(store_write_reader(w), ctx->arena, client->pk, &roles));
    TRY(client_delete(w, client->pk));
    TRY(admin_rs_forget(ctx, w, client->id));
    for (size_t i = 0; i < roles.count; i++)
        TRY(admin_rs_forget(ctx, w, roles.items[i].id));
    return ADMIN_RECORD(ctx, w, EVENT_ClientDeleted, "client", client->id,
                        {"clientId", client->client_id});
}
