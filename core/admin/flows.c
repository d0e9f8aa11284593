/* Flows as wholes, and what they are bound to. */
#include "core/admin/flows.h"

#include "core/admin/flow_store.h"
#include "core/admin/record.h"
#include "core/auth/flow_rules.h"
#include "core/model/check.h"
#include "core/port/clients.h"

#include "core/base/banned.h"

#define ALIAS_MAX_BYTES       255
#define DESCRIPTION_MAX_BYTES 1024
#define CLIENTS_PAGE          500

static int wrong(const struct auth_ctx *ctx, const char *field, const char *what)
{
    return err_field(ctx->err, ERR_INVALID_REQUEST, field, "%s", what);
}

int flow_check(const struct auth_ctx *ctx, const struct auth_flow *flow)
{
    if (str_empty(str_trim(flow->alias)))
        return wrong(ctx, "alias", "A flow needs an alias");
    if (str_find(flow->alias, '/') >= 0 || path_segment_is_dots(flow->alias)) /* stands in paths */
        return wrong(ctx, "alias", "An alias holds no slash and is not . or ..");
    TRY(text_check(flow->alias, ALIAS_MAX_BYTES, "alias", ctx->err));
    TRY(description_check(flow->description, DESCRIPTION_MAX_BYTES, ctx->err));
    if (str_eq_c(flow->provider_id, FLOW_BASIC) || str_eq_c(flow->provider_id, FLOW_CLIENT) ||
        (!flow->top_level && str_eq_c(flow->provider_id, FLOW_FORM)))
        return 0;
    return wrong(ctx, "providerId", "A flow is a basic-flow or a client-flow");
}

int flow_insert(const struct flow_change *change, struct auth_flow *io_flow)
{
    io_flow->built_in = false;
    TRY(flow_check(change->ctx, io_flow));
    TRY(admin_id(change->ctx->arena, &io_flow->id));
    return flow_store(change, NULL, io_flow);
}

int admin_flow_create(const struct auth_ctx *ctx, struct store_write *w, struct auth_flow *io_flow)
{
    struct flow_change change;
    io_flow->top_level = true;
    io_flow->id = STR("");
    TRY(flow_change_begin(ctx, w, &change));
    TRY(flow_insert(&change, io_flow));
    return flow_change_end(&change);
}

/* --- Copying --- */

struct copying {
    const struct flow_change *change;
    struct str alias; /* of the copy as a whole: it stands before the names of what is in it */
    int depth;
};

static int copy_flow(struct copying *c, const struct auth_flow *from, struct str alias,
                     struct str *ret_id);

static struct str alias_within(const struct copying *c, struct str alias)
{
    return ARENA_CONCAT(c->change->ctx->arena, c->alias, STR(" "), alias);
}

static int copy_config(struct copying *c, struct str id, struct str *ret_id)
{
    const struct flow_config *from = flow_config_find(&c->change->flows, id);
    *ret_id = STR("");
    if (!from)
        return 0;
    struct flow_config config = {.alias = alias_within(c, from->alias), .config = from->config};
    if (str_absent(config.alias))
        return ERR_NO_MEMORY;
    TRY(admin_id(c->change->ctx->arena, &config.id));
    *ret_id = config.id;
    return flow_store_config(c->change, NULL, &config);
}

static int copy_within(struct copying *c, const struct flow_execution *from, struct str *ret_id)
{
    const struct auth_flow *flow = flow_find(&c->change->flows, from->flow_id);
    *ret_id = STR("");
    if (!flow)
        return 0;
    struct str alias = alias_within(c, flow->alias);
    return str_absent(alias) ? ERR_NO_MEMORY : copy_flow(c, flow, alias, ret_id);
}

static int copy_executions(struct copying *c, struct str from, struct str to)
{
    const struct flow_execution *old;
    for (size_t at = 0; (old = flow_execution_next(&c->change->flows, from, &at));) {
        struct flow_execution new = *old;
        new.id = STR("");
        new.parent = to;
        TRY(admin_id(c->change->ctx->arena, &new.id));
        TRY(copy_within(c, old, &new.flow_id));
        TRY(copy_config(c, old->config_id, &new.config_id));
        TRY(flow_store_execution(c->change, NULL, &new));
    }
    return 0;
}

static int copy_flow(struct copying *c, const struct auth_flow *from, struct str alias,
                     struct str *ret_id)
{
    struct auth_flow flow = *from;
    TRY(flow_check_readable(c->change, from));
    if (++c->depth > FLOW_DEPTH_MAX)
        return wrong(c->change->ctx, "alias", "The flow is too deep");
    flow.id = STR("");
    flow.alias = alias;
    TRY(flow_insert(c->change, &flow));
    TRY(copy_executions(c, from->id, flow.id));
    c->depth--;
    *ret_id = flow.id;
    return 0;
}

int admin_flow_copy(const struct auth_ctx *ctx, struct store_write *w, struct str from,
                    struct str alias, struct str *ret_id)
{
    struct flow_change change;
    const struct auth_flow *flow;
    TRY(flow_change_begin(ctx, w, &change));
    TRY(flow_of_alias(&change, from, &flow));
    struct copying c = {&change, alias, 0};
    TRY(copy_flow(&c, flow, alias, ret_id));
    return flow_change_end(&change);
}

/* --- Changing --- */

/* The realm binds flows by their names. */
static int rebind(const struct flow_change *change, struct str before, struct str after)
{
    const struct auth_ctx *ctx = change->ctx;
    struct realm realm;
    bool bound = false;
    TRY(store_realm_read(store_write_reader(change->w), ctx->arena, &realm));
    for (int use = 0; use < FLOW_USES; use++)
        if (str_eq(flow_use_alias(&realm, (enum flow_use)use), before)) {
            flow_use_bind(&realm, (enum flow_use)use, after);
            bound = true;
        }
    return bound ? store_realm_update(change->w, &realm) : 0;
}

int admin_flow_update(const struct auth_ctx *ctx, struct store_write *w, struct str id,
                      const struct json_value *body)
{
    struct flow_change change;
    const struct auth_flow *before;
    TRY(flow_change_begin(ctx, w, &change));
    TRY(flow_of(&change, id, &before));
    TRY(flow_check_readable(&change, before));
    struct auth_flow sent = *before, after = *before;
    TRY(fields_merge(&auth_flow_fields, &sent, ctx->arena, body, ctx->err));
    after.alias = sent.alias;
    after.description = sent.description;
    if (before->built_in && !str_eq(after.alias, before->alias))
        return wrong(ctx, "alias", "A built-in flow keeps its alias");
    TRY(flow_check(ctx, &after));
    TRY(flow_store(&change, before, &after));
    return str_eq(before->alias, after.alias) ? 0 : rebind(&change, before->alias, after.alias);
}

/* --- Deleting --- */

int flow_remove_execution(const struct flow_change *change, const struct flow_execution *execution,
                          int depth)
{
    const struct flow_config *config = flow_config_find(&change->flows, execution->config_id);
    const struct auth_flow *flow = flow_find(&change->flows, execution->flow_id);
    const struct flow_execution *inner;
    if (depth > FLOW_DEPTH_MAX)
        return ERR_STORE_CORRUPT;
    if (flow) {
        for (size_t at = 0; (inner = flow_execution_next(&change->flows, flow->id, &at));)
            TRY(flow_remove_execution(change, inner, depth + 1));
        TRY(flow_store(change, flow, NULL));
    }
    if (config)
        TRY(flow_store_config(change, config, NULL));
    return flow_store_execution(change, execution, NULL);
}

static int in_use(const struct auth_ctx *ctx, const char *what)
{
    return err_field(ctx->err, ERR_CONFLICT, "alias", "The flow is in use: %s", what);
}

static bool client_binds(const struct client *client, struct str flow_id)
{
    for (size_t i = 0; i < client->flow_overrides.count; i++)
        if (str_eq(client->flow_overrides.items[i].value, flow_id))
            return true;
    return false;
}

static int check_clients(const struct flow_change *change, const struct auth_flow *flow)
{
    struct store_read *r = store_write_reader(change->w);
    struct client *clients;
    struct str after = {NULL, 0};
    size_t count;
    do {
        TRY(client_list(r, change->ctx->arena, after, CLIENTS_PAGE, &clients, &count));
        for (size_t i = 0; i < count; i++)
            if (client_binds(&clients[i], flow->id))
                return in_use(change->ctx, "a client binds it");
        if (count > 0)
            after = clients[count - 1].client_id;
    } while (count == CLIENTS_PAGE);
    return 0;
}

static int check_unused(const struct flow_change *change, const struct auth_flow *flow)
{
    struct realm realm;
    TRY(store_realm_read(store_write_reader(change->w), change->ctx->arena, &realm));
    for (int use = 0; use < FLOW_USES; use++)
        if (str_eq(flow_use_alias(&realm, (enum flow_use)use), flow->alias))
            return in_use(change->ctx, flow_use_setting((enum flow_use)use));
    for (size_t i = 0; i < change->flows.execution_count; i++)
        if (str_eq(change->flows.executions[i].flow_id, flow->id))
            return in_use(change->ctx, "it is part of another flow");
    return check_clients(change, flow);
}

int admin_flow_delete(const struct auth_ctx *ctx, struct store_write *w, struct str id)
{
    struct flow_change change;
    const struct auth_flow *flow;
    const struct flow_execution *execution;
    TRY(flow_change_begin(ctx, w, &change));
    TRY(flow_of(&change, id, &flow));
    if (flow->built_in)
        return wrong(ctx, "id", "Can't delete built in flow");
    TRY(check_unused(&change, flow));
    for (size_t at = 0; (execution = flow_execution_next(&change.flows, id, &at));)
        TRY(flow_remove_execution(&change, execution, 1));
    return flow_store(&change, flow, NULL);
}

/* --- Bindings --- */

static int check_binding(const struct auth_ctx *ctx, const struct auth_flows *flows,
                         enum flow_use use, struct str alias)
{
    const struct auth_flow *flow = flow_find_alias(flows, alias);
    if (!flow)
        return err_field(ctx->err, ERR_INVALID_REQUEST, flow_use_setting(use),
                         "There is no flow %.*s", STR_ARG(alias));
    return flow_check_use(flows, flow, use, flow_use_setting(use), ctx->err);
}

int admin_flows_check_realm(const struct auth_ctx *ctx, struct store_read *r,
                            const struct realm *before, const struct realm *after)
{
    struct auth_flows flows;
    TRY(admin_flows_load(ctx, r, &flows));
    for (int i = 0; i < FLOW_USES; i++) {
        enum flow_use use = (enum flow_use)i;
        struct str alias = flow_use_alias(after, use);
        if (!str_eq(alias, flow_use_alias(before, use)))
            TRY(check_binding(ctx, &flows, use, alias));
    }
    return 0;
}

int admin_flows_check_new_realm(const struct auth_ctx *ctx, const struct realm *realm)
{
    struct auth_flows flows;
    TRY(flows_default(ctx->arena, realm->id, &flows));
    for (int i = 0; i < FLOW_USES; i++)
        TRY(check_binding(ctx, &flows, (enum flow_use)i, flow_use_alias(realm, (enum flow_use)i)));
    return 0;
}

static int check_override(const struct auth_ctx *ctx, const struct auth_flows *flows,
                          const struct str_pair *override)
{
    static const char field[] = "authenticationFlowBindingOverrides";
    const struct auth_flow *flow = flow_find(flows, override->value);
    for (int i = 0; i < FLOW_USES; i++) {
        const char *name = flow_use_override((enum flow_use)i);
        if (!name || !str_eq_c(override->name, name))
            continue;
        if (!flow)
            return err_field(ctx->err, ERR_INVALID_REQUEST, field, "There is no flow with this id");
        return flow_check_use(flows, flow, (enum flow_use)i, field, ctx->err);
    }
    return err_field(ctx->err, ERR_INVALID_REQUEST, field,
                     "A client binds browser and direct_grant");
}

/* As Keycloak: an empty id takes a binding away. */
static int without_empty(struct arena *a, struct str_map *io_map)
{
    struct str_map kept = {0};
    for (size_t i = 0; i < io_map->count; i++)
        if (!str_empty(io_map->items[i].value))
            TRY(str_map_set(&kept, a, io_map->items[i].name, io_map->items[i].value));
    *io_map = kept;
    return 0;
}

int admin_flows_check_client(const struct auth_ctx *ctx, struct store_read *r,
                             const struct client *before, struct client *io_after)
{
    struct auth_flows flows;
    struct str_map *overrides = &io_after->flow_overrides;
    if (overrides->count == 0)
        return 0;
    TRY(without_empty(ctx->arena, overrides));
    TRY(admin_flows_load(ctx, r, &flows));
    for (size_t i = 0; i < overrides->count; i++) {
        const struct str_pair *pair = &overrides->items[i];
        if (before && str_eq(str_map_get(&before->flow_overrides, pair->name), pair->value))
            continue;
        TRY(check_override(ctx, &flows, pair));
    }
    return 0;
}

int admin_flows_take_over(const struct auth_ctx *ctx, struct store_write *w,
                          const struct auth_flows *flows)
{
    const struct flow_change change = {.ctx = ctx, .w = w};
    for (size_t i = 0; i < flows->count; i++)
        TRY(flow_store(&change, NULL, &flows->flows[i]));
    for (size_t i = 0; i < flows->execution_count; i++)
        TRY(flow_store_execution(&change, NULL, &flows->executions[i]));
    for (size_t i = 0; i < flows->config_count; i++)
        TRY(flow_store_config(&change, NULL, &flows->configs[i]));
    return 0;
}
