/* A client's representation as it comes in. */
#include "core/admin/client_guard.h"
#include "core/admin/mappers.h"
#include "web/admin/clients.h"

#include "core/base/banned.h"

static int malformed(struct admin_call *call, const char *name, const char *what)
{
    return err_field(&call->req->err, ERR_INVALID_REQUEST, name, "%s must be %s", name, what);
}

/* --- Mappers --- */

static int read_mapper(struct admin_call *call, const struct json_value *json,
                       struct protocol_mappers *io_mappers)
{
    struct protocol_mapper mapper = {.pk = 0};
    const struct protocol_mapper *old;
    struct str id = {NULL, 0};
    fields_default(&mapper_fields, &mapper);
    if (!json_is_object(json))
        return malformed(call, "protocolMappers", "a list of objects");
    TRY(admin_member_str(call, json, "id", &id));
    old = str_empty(id) ? NULL : admin_mapper_by_id(io_mappers, id);
    if (old)
        mapper = *old;
    mapper.id = id;
    TRY(fields_merge(&mapper_fields, &mapper, call->req->arena, json, &call->req->err));
    return admin_mappers_put(&call->ctx, io_mappers, &mapper, io_mappers);
}

static void keep_only(struct protocol_mappers *io_mappers, const struct strs *ids)
{
    size_t kept = 0;
    for (size_t i = 0; i < io_mappers->count; i++)
        if (strs_has(ids, io_mappers->items[i].id))
            io_mappers->items[kept++] = io_mappers->items[i];
    io_mappers->count = kept;
}

/* Those that go make room for those that come: a name may wander from one id to another. */
static int drop_absent(struct admin_call *call, const struct json_value *array,
                       struct protocol_mappers *io_mappers)
{
    const struct json_value *json;
    struct strs ids = {0};
    struct protocol_mappers copy;
    for (struct json_iter it = json_iter(array); json_next(&it, NULL, &json);) {
        struct str id = json_get_str(json, "id");
        if (!str_empty(id))
            TRY(strs_add(&ids, call->req->arena, id));
    }
    TRY(admin_mappers_without(&call->ctx, io_mappers, NULL, &copy));
    keep_only(&copy, &ids);
    *io_mappers = copy;
    return 0;
}

int mappers_body_read(struct admin_call *call, const struct json_value *array, bool only,
                      struct protocol_mappers *io_mappers)
{
    const struct json_value *json;
    struct protocol_mappers mappers = *io_mappers;
    if (!json_is_array(array))
        return malformed(call, "protocolMappers", "a list of objects");
    if (json_count(array) > ADMIN_MAPPERS_MAX)
        return err_field(&call->req->err, ERR_INVALID_REQUEST, "protocolMappers",
                         "At most %d mappers", ADMIN_MAPPERS_MAX);
    if (only)
        TRY(drop_absent(call, array, &mappers));
    for (struct json_iter it = json_iter(array); json_next(&it, NULL, &json);)
        TRY(read_mapper(call, json, &mappers));
    TRY(admin_may_map(&call->ctx, &call->caller, call->r, &mappers));
    *io_mappers = mappers;
    return 0;
}

/* --- Scopes --- */

static int find_scope(struct admin_call *call, const struct json_value *json, const char *member,
                      const struct client_scope **ret_scope)
{
    const struct client_scopes *all = realm_view_scopes(call->ctx.view);
    if (json_kind(json) != JSON_STRING)
        return malformed(call, member, "a list of texts");
    for (size_t i = 0; i < all->count; i++)
        if (str_eq(all->items[i].name, json_str(json))) {
            *ret_scope = &all->items[i];
            return 0;
        }
    return err_field(&call->req->err, ERR_INVALID_REQUEST, member, "There is no client scope %.*s",
                     STR_ARG(json_str(json)));
}

static bool has_scope(const struct client_scopes *scopes, int64_t pk)
{
    for (size_t i = 0; i < scopes->count; i++)
        if (scopes->items[i].pk == pk)
            return true;
    return false;
}

/* What stands in both lists is a default one. */
static int read_links(struct admin_call *call, const char *member, bool is_default,
                      struct client_scopes *io_scopes)
{
    const struct json_value *array = json_get(call->body, member), *json;
    const struct client_scope *scope = NULL;
    if (!json_is_array(array))
        return malformed(call, member, "a list of texts");
    struct client_scope *items =
        arena_grow(call->req->arena, io_scopes->items, io_scopes->count,
                   io_scopes->count + json_count(array) + 1, sizeof(*items));
    if (!items)
        return ERR_NO_MEMORY;
    io_scopes->items = items;
    for (struct json_iter it = json_iter(array); json_next(&it, NULL, &json);) {
        TRY(find_scope(call, json, member, &scope));
        if (has_scope(io_scopes, scope->pk))
            continue;
        items[io_scopes->count] = *scope;
        items[io_scopes->count].is_default = is_default;
        items[io_scopes->count++].is_optional = !is_default;
    }
    return 0;
}

static int keep_links(struct admin_call *call, const struct client_scopes *from, bool is_default,
                      struct client_scopes *io_scopes)
{
    struct client_scope *items = arena_grow(call->req->arena, io_scopes->items, io_scopes->count,
                                            io_scopes->count + from->count + 1, sizeof(*items));
    if (!items)
        return ERR_NO_MEMORY;
    io_scopes->items = items;
    for (size_t i = 0; i < from->count; i++)
        if (from->items[i].is_default == is_default && !has_scope(io_scopes, from->items[i].pk))
            items[io_scopes->count++] = from->items[i];
    return 0;
}

/* A list that is not there leaves what the client has. */
static int read_scopes(struct admin_call *call, struct client *client)
{
    static const char *const members[] = {"defaultClientScopes", "optionalClientScopes"};
    struct client_scopes scopes = {0};
    for (size_t i = 0; i < ARRAY_LEN(members); i++) {
        if (json_is_none(json_get(call->body, members[i])))
            TRY(keep_links(call, &client->scopes, i == 0, &scopes));
        else
            TRY(read_links(call, members[i], i == 0, &scopes));
    }
    for (size_t i = 0; i < scopes.count; i++)
        if (!has_scope(&client->scopes, scopes.items[i].pk))
            TRY(admin_may_change_scope(&call->ctx, &call->caller, call->r, &scopes.items[i]));
    client->scopes = scopes;
    return 0;
}

/* --- All together --- */

/* As Keycloak: attributes are added to those that are there, an empty one goes. */
static int merge_attributes(struct admin_call *call, const struct str_map *before,
                            struct str_map *io_attributes)
{
    struct str_map given = *io_attributes, merged = {0}, kept = {0};
    for (size_t i = 0; i < before->count; i++)
        TRY(str_map_set(&merged, call->req->arena, before->items[i].name, before->items[i].value));
    for (size_t i = 0; i < given.count; i++)
        TRY(str_map_set(&merged, call->req->arena, given.items[i].name, given.items[i].value));
    for (size_t i = 0; i < merged.count; i++)
        if (!str_empty(merged.items[i].value))
            TRY(str_map_set(&kept, call->req->arena, merged.items[i].name, merged.items[i].value));
    *io_attributes = kept;
    return 0;
}

/* Who manages clients alone does not turn authorization services on or off. */
static int check_switch(struct admin_call *call, bool before, bool after)
{
    return before == after ? 0 : admin_require(call, ADMIN_MANAGE_AUTHORIZATION);
}

int client_body_read(struct admin_call *call, struct client *io_client, struct str *ret_secret)
{
    struct str secret = {NULL, 0};
    struct str_map attributes = io_client->attributes;
    const struct json_value *mappers = json_get(call->body, "protocolMappers");
    bool guards = io_client->authorization_services_enabled;
    TRY(admin_member_str(call, call->body, "clientId", &io_client->client_id));
    TRY(admin_member_str(call, call->body, "secret", &secret));
    TRY(fields_merge(&client_fields, io_client, call->req->arena, call->body, &call->req->err));
    TRY(check_switch(call, guards, io_client->authorization_services_enabled));
    TRY(merge_attributes(call, &attributes, &io_client->attributes));
    if (!json_is_none(mappers))
        TRY(mappers_body_read(call, mappers, true, &io_client->mappers));
    TRY(read_scopes(call, io_client));
    *ret_secret = str_empty(secret) || str_eq(secret, STR(SECRET_MASK)) ? str_of(NULL, 0) : secret;
    return 0;
}
