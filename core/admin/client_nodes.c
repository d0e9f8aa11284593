/* Nodes of clients. */
#include "core/admin/client_nodes.h"

#include "core/admin/clients.h"
#include "core/model/check.h"

#include "core/base/banned.h"

#define NODE_MAX_BYTES 200 /* with the prefix less than an attribute's name may have */

static int set(const struct auth_ctx *ctx, struct client *io_client, struct str node,
               struct str value)
{
    struct str name = ARENA_CONCAT(ctx->arena, STR(CLIENT_ATTR_NODE_PREFIX), node);
    const char *attribute = str_absent(name) ? NULL : arena_cstr(ctx->arena, name);
    if (!attribute)
        return ERR_NO_MEMORY;
    return client_attribute_set(io_client, ctx->arena, attribute, value);
}

int client_node_list(const struct client *client, struct arena *a, struct strs *ret_nodes)
{
    struct str prefix = STR(CLIENT_ATTR_NODE_PREFIX);
    *ret_nodes = (struct strs){0};
    for (size_t i = 0; i < client->attributes.count; i++)
        if (str_starts(client->attributes.items[i].name, prefix))
            TRY(strs_add(ret_nodes, a, str_from(client->attributes.items[i].name, prefix.len)));
    return 0;
}

int client_node_take_over(const struct auth_ctx *ctx, struct client *io_client, struct str node,
                          int64_t moment_s)
{
    struct strs nodes;
    if (str_empty(node))
        return err_field(ctx->err, ERR_INVALID_REQUEST, "node", "node is required");
    TRY(path_segment_check(node, NODE_MAX_BYTES, "node", ctx->err));
    TRY(client_node_list(io_client, ctx->arena, &nodes));
    if (!strs_has(&nodes, node) && nodes.count >= CLIENT_NODES_MAX)
        return err_field(ctx->err, ERR_LIMIT_REACHED, "node", "A client has at most %d nodes",
                         CLIENT_NODES_MAX);
    struct str moment = arena_printf(ctx->arena, "%lld", (long long)moment_s);
    return str_absent(moment) ? ERR_NO_MEMORY : set(ctx, io_client, node, moment);
}

int client_node_put(const struct auth_ctx *ctx, struct store_write *w, const struct client *client,
                    struct str node)
{
    struct client after = *client;
    TRY(client_node_take_over(ctx, &after, node, now_s(ctx->now)));
    return admin_client_update(ctx, w, client, &after);
}

int client_node_remove(const struct auth_ctx *ctx, struct store_write *w,
                       const struct client *client, struct str node)
{
    struct client after = *client;
    struct strs nodes;
    TRY(client_node_list(client, ctx->arena, &nodes));
    if (!strs_has(&nodes, node))
        return err_set(ctx->err, ERR_NOT_FOUND, "Client does not have node");
    TRY(set(ctx, &after, node, str_of(NULL, 0)));
    return admin_client_update(ctx, w, client, &after);
}
