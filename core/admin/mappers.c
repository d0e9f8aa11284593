/* Protocol mappers of clients: adding and removing one rewrites the client's list. */
#include "core/admin/mappers.h"

#include "core/admin/record.h"
#include "core/model/check.h"
#include "core/port/clients.h"

#include "core/base/banned.h"

#define NAME_MAX_BYTES 255
#define CONFIG_MAX     64
#define MAPPERS_MAX    256

static int check_mapper(const struct auth_ctx *ctx, const struct protocol_mapper *mapper)
{
    if (str_empty(mapper->name) || str_empty(mapper->type))
        return err_field(ctx->err, ERR_INVALID_REQUEST, "name", "a mapper needs a name and a type");
    TRY(text_check(mapper->name, NAME_MAX_BYTES, "name", ctx->err));
    TRY(text_check(mapper->type, NAME_MAX_BYTES, "protocolMapper", ctx->err));
    return map_check(&mapper->config, CONFIG_MAX, 4096, "config", ctx->err);
}

static ptrdiff_t find_mapper(const struct client *client, struct str name)
{
    for (size_t i = 0; i < client->mappers.count; i++)
        if (str_eq(client->mappers.items[i].name, name))
            return (ptrdiff_t)i;
    return -1;
}

static int record(const struct auth_ctx *ctx, struct store_write *w, const struct client *client,
                  const char *what, struct str name)
{
    return ADMIN_RECORD(ctx, w, EVENT_ClientModified, "client", client->id,
                        {"clientId", client->client_id}, {what, name});
}

int admin_client_mapper_add(const struct auth_ctx *ctx, struct store_write *w,
                            const struct client *client, struct protocol_mapper *io_mapper)
{
    struct client changed = *client;
    size_t count = client->mappers.count;
    TRY(check_mapper(ctx, io_mapper));
    if (find_mapper(client, io_mapper->name) >= 0)
        return err_field(ctx->err, ERR_CONFLICT, "name", "Protocol mapper exists with same name");
    if (count >= MAPPERS_MAX)
        return err_set(ctx->err, ERR_LIMIT_REACHED, "a client has at most %d mappers", MAPPERS_MAX);
    TRY(admin_id(ctx->arena, &io_mapper->id));
    if (str_empty(io_mapper->protocol))
        io_mapper->protocol = STR("openid-connect");
    struct protocol_mapper *items =
        arena_grow(ctx->arena, client->mappers.items, count, count + 1, sizeof(*items));
    if (!items)
        return ERR_NO_MEMORY;
    items[count] = *io_mapper;
    changed.mappers = (struct protocol_mappers){items, count + 1};
    TRY(client_update(w, &changed));
    return record(ctx, w, client, "mapperAdded", io_mapper->name);
}

int admin_client_mapper_remove(const struct auth_ctx *ctx, struct store_write *w,
                               const struct client *client, struct str name)
{
    struct client changed = *client;
    ptrdiff_t at = find_mapper(client, name);
    if (at < 0)
        return err_field(ctx->err, ERR_NOT_FOUND, "name", "there is no mapper with this name");
    struct protocol_mapper *items =
        ARENA_ARRAY(ctx->arena, client->mappers.count, struct protocol_mapper);
    if (!items)
        return ERR_NO_MEMORY;
    size_t count = 0;
    for (size_t i = 0; i < client->mappers.count; i++)
        if (i != (size_t)at)
            items[count++] = client->mappers.items[i];
    changed.mappers = (struct protocol_mappers){items, count};
    TRY(client_update(w, &changed));
    return record(ctx, w, client, "mapperRemoved", name);
}
