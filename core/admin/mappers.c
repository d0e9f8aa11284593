/* Protocol mappers: a change rewrites the list of the client or scope. */
#include "core/admin/mappers.h"

#include "core/admin/record.h"
#include "core/model/check.h"
#include "core/oidc/mapper.h"
#include "core/port/clients.h"

#include "core/base/banned.h"

#define NAME_MAX_BYTES   255
#define ID_MAX_BYTES     36
#define CONFIG_MAX       64
#define CONFIG_MAX_BYTES 4096

/* What an import brought and does nothing here may stay as it is, so that what was read can be written back. */
static bool is_as_it_was(const struct protocol_mapper *old, const struct protocol_mapper *mapper)
{
    return old && fields_equal(&mapper_fields, old, mapper);
}

/* old: what it changes, NULL when it is new. */
static int check_mapper(const struct auth_ctx *ctx, const struct protocol_mapper *old,
                        const struct protocol_mapper *mapper)
{
    if (str_empty(mapper->name) || str_empty(mapper->type))
        return err_field(ctx->err, ERR_INVALID_REQUEST, "name", "a mapper needs a name and a type");
    TRY(path_segment_check(mapper->id, ID_MAX_BYTES, "id", ctx->err));
    TRY(text_check(mapper->name, NAME_MAX_BYTES, "name", ctx->err));
    if (!str_eq(mapper->protocol, STR("openid-connect")))
        return err_field(ctx->err, ERR_INVALID_REQUEST, "protocol",
                         "protocol must be openid-connect");
    if (!mapper_known(mapper->type) && !is_as_it_was(old, mapper))
        return err_field(ctx->err, ERR_INVALID_REQUEST, "protocolMapper",
                         "ProtocolMapper provider not found");
    return map_check(&mapper->config, CONFIG_MAX, CONFIG_MAX_BYTES, "config", ctx->err);
}

const struct protocol_mapper *admin_mapper_by_id(const struct protocol_mappers *mappers,
                                                 struct str id)
{
    for (size_t i = 0; i < mappers->count; i++)
        if (str_eq(mappers->items[i].id, id))
            return &mappers->items[i];
    return NULL;
}

const struct protocol_mapper *admin_mapper_by_name(const struct protocol_mappers *mappers,
                                                   struct str name)
{
    for (size_t i = 0; i < mappers->count; i++)
        if (str_eq(mappers->items[i].name, name))
            return &mappers->items[i];
    return NULL;
}

int admin_mappers_put(const struct auth_ctx *ctx, const struct protocol_mappers *from,
                      struct protocol_mapper *io_mapper, struct protocol_mappers *ret_mappers)
{
    const struct protocol_mapper *old = NULL;
    if (!str_empty(io_mapper->id))
        old = admin_mapper_by_id(from, io_mapper->id);
    if (str_empty(io_mapper->protocol))
        io_mapper->protocol = STR("openid-connect");
    TRY(check_mapper(ctx, old, io_mapper));
    const struct protocol_mapper *same = admin_mapper_by_name(from, io_mapper->name);
    if (same && same != old)
        return err_field(ctx->err, ERR_CONFLICT, "name", "Protocol mapper exists with same name");
    if (!old && from->count >= ADMIN_MAPPERS_MAX)
        return err_set(ctx->err, ERR_LIMIT_REACHED, "there are at most %d mappers",
                       ADMIN_MAPPERS_MAX);
    TRY(admin_id(ctx->arena, &io_mapper->id));
    struct protocol_mapper *items =
        arena_grow(ctx->arena, from->items, from->count, from->count + 1, sizeof(*items));
    if (!items)
        return ERR_NO_MEMORY;
    items[old ? (size_t)(old - from->items) : from->count] = *io_mapper;
    *ret_mappers = (struct protocol_mappers){items, from->count + (old ? 0 : 1)};
    return 0;
}

int admin_mappers_without(const struct auth_ctx *ctx, const struct protocol_mappers *from,
                          const struct protocol_mapper *mapper,
                          struct protocol_mappers *ret_mappers)
{
    struct protocol_mapper *items =
        ARENA_ARRAY(ctx->arena, from->count + 1, struct protocol_mapper);
    size_t count = 0;
    if (!items)
        return ERR_NO_MEMORY;
    for (size_t i = 0; i < from->count; i++)
        if (&from->items[i] != mapper)
            items[count++] = from->items[i];
    *ret_mappers = (struct protocol_mappers){items, count};
    return 0;
}

int admin_client_mappers_set(const struct auth_ctx *ctx, struct store_write *w,
                             const struct client *client, const struct protocol_mappers *mappers,
                             const char *what, struct str name)
{
    struct client changed = *client;
    changed.mappers = *mappers;
    TRY(client_update(w, &changed));
    return ADMIN_RECORD(ctx, w, EVENT_ClientModified, "client", client->id,
                        {"clientId", client->client_id}, {what, name});
}

int admin_scope_mappers_set(const struct auth_ctx *ctx, struct store_write *w,
                            const struct client_scope *scope,
                            const struct protocol_mappers *mappers, const char *what,
                            struct str name)
{
    struct client_scope changed = *scope;
    changed.mappers = *mappers;
    TRY(scope_update(w, &changed));
    return ADMIN_RECORD(ctx, w, EVENT_ClientScopeModified, "client-scope", scope->id,
                        {"name", scope->name}, {what, name});
}

int admin_client_mapper_add(const struct auth_ctx *ctx, struct store_write *w,
                            const struct client *client, struct protocol_mapper *io_mapper)
{
    struct protocol_mappers mappers;
    TRY(admin_mappers_put(ctx, &client->mappers, io_mapper, &mappers));
    return admin_client_mappers_set(ctx, w, client, &mappers, "mapperAdded", io_mapper->name);
}

int admin_client_mapper_remove(const struct auth_ctx *ctx, struct store_write *w,
                               const struct client *client, struct str name)
{
    struct protocol_mappers mappers;
    const struct protocol_mapper *mapper = admin_mapper_by_name(&client->mappers, name);
    if (!mapper)
        return err_field(ctx->err, ERR_NOT_FOUND, "name", "there is no mapper with this name");
    TRY(admin_mappers_without(ctx, &client->mappers, mapper, &mappers));
    return admin_client_mappers_set(ctx, w, client, &mappers, "mapperRemoved", name);
}
