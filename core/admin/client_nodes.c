/* Nodes of clients. */
#include "core/admin/client_nodes.h"

#include "core/admin/clients.h"
#include "core/model/check.h"

#include "core/base/banned.h"

#define NODE_MAX_BYTES 200 /* with the prefix less than an attribute's name may have */

static int attribute_of(const struct auth_ctx *ctx, struct str node, const char **ret_name)
{
    struct str name = ARENA_CONCAT(ctx->arena, STR(CLIENT_ATTR_NODE_PREFIX), node);
    *ret_name = str_absent(name) ? NULL : arena_cstr(ctx->arena, name);
    return *ret_name ? 0 : ERR_NO_MEMORY;
}

static int change(const struct auth_ctx *ctx, struct store_write *w, const struct client *client,
                  struct str node, struct str value)
{
    struct client after = *client;
    const char *name;
    TRY(attribute_of(ctx, node, &name));
    TRY(client_attribute_set(&after, ctx->arena, name, value));
    return admin_client_update(ctx, w, client, &after);
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

int client_node_put(const struct auth_ctx *ctx, struct store_write *w, const struct client *client,
                    struct str node)
{
    struct strs nodes;
    if (str_empty(node))
        return err_field(ctx->err, ERR_INVALID_REQUEST, "node", "node is required");
    TRY(path_segment_check(node, NODE_MAX_BYTES, "node", ctx->err));
    TRY(client_node_list(client, ctx->arena, &nodes));
    if (!strs_has(&nodes, node) && nodes.count >= CLIENT_NODES_MAX)
        return err_field(ctx->err, ERR_LIMIT_REACHED, "node", "A client has at most %d nodes",
                         CLIENT_NODES_MAX);
    struct str moment = arena_printf(ctx->arena, "%lld", (long long)now_s(ctx->now));
    return str_absent(moment) ? ERR_NO_MEMORY : change(ctx, w, client, node, moment);
}

int client_node_remove(const struct auth_ctx *ctx, struct store_write *w,
                       const struct client *client, struct str node)
{
    struct strs nodes;
    TRY(client_node_list(client, ctx->arena, &nodes));
    if (!strs_has(&nodes, node))
        return err_set(ctx->err, ERR_NOT_FOUND, "Client does not have node");
    return change(ctx, w, client, node, str_of(NULL, 0));
}
