/* The executions of flows, and the settings of their steps. */
#include "core/admin/flow_store.h"
#include "core/admin/record.h"
#include "core/model/check.h"

#include "core/base/banned.h"

#define PRIORITY_STEP    10
#define PRIORITY_MAX     100000
#define CONFIG_MAX       64
#define ALIAS_MAX_BYTES  255
#define CONFIG_MAX_BYTES 4096

static int wrong(const struct auth_ctx *ctx, const char *field, const char *what)
{
    return err_field(ctx->err, ERR_INVALID_REQUEST, field, "%s", what);
}

/* --- What an execution may be --- */

unsigned flow_choices(const struct flow_execution *execution, const struct auth_flow *flow)
{
    const struct flow_step *step = flow_step_find(execution->authenticator);
    if (step)
        return step->choices;
    bool form = flow && str_eq_c(flow->provider_id, FLOW_FORM);
    return form ? STEP_MAY_BE_REQUIRED | STEP_MAY_BE_DISABLED
                : STEP_MAY_BE_REQUIRED | STEP_MAY_BE_ALTERNATIVE | STEP_MAY_BE_DISABLED |
                      STEP_MAY_BE_CONDITIONAL;
}

static int check_requirement(const struct flow_change *change, const struct flow_execution *e)
{
    static const struct {
        const char *name;
        unsigned choice;
    } names[] = {{REQUIREMENT_REQUIRED, STEP_MAY_BE_REQUIRED},
                 {REQUIREMENT_ALTERNATIVE, STEP_MAY_BE_ALTERNATIVE},
                 {REQUIREMENT_CONDITIONAL, STEP_MAY_BE_CONDITIONAL},
                 {REQUIREMENT_DISABLED, STEP_MAY_BE_DISABLED}};
    unsigned choices = flow_choices(e, flow_find(&change->flows, e->flow_id));
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (str_eq_c(e->requirement, names[i].name) && (choices & names[i].choice))
            return 0;
    return wrong(change->ctx, "requirement", "This is no choice for this execution");
}

static int check_parent(const struct flow_change *change, struct str id, const char *what)
{
    const struct auth_flow *parent;
    TRY(flow_of(change, id, &parent));
    TRY(flow_check_readable(change, parent));
    if (!parent->built_in)
        return 0;
    return err_field(change->ctx->err, ERR_INVALID_REQUEST, "flow",
                     "It is illegal to %s a built in flow", what);
}

/* Which kinds of steps a kind of flow is made of. */
static bool step_fits(const struct flow_step *step, struct str provider_id)
{
    if (str_eq_c(provider_id, FLOW_CLIENT))
        return step->kind == STEP_CLIENT_AUTHENTICATOR;
    if (str_eq_c(provider_id, FLOW_FORM))
        return step->kind == STEP_FORM_ACTION;
    return step->kind == STEP_AUTHENTICATOR || step->kind == STEP_CONDITION;
}

static int check_step(const struct flow_change *change, const struct flow_execution *e)
{
    const struct auth_flow *parent;
    const struct flow_step *step = flow_step_find(e->authenticator);
    TRY(flow_of(change, e->parent, &parent));
    if (!step)
        return err_field(change->ctx->err, ERR_INVALID_REQUEST, "provider",
                         "No authentication provider found for id: %.*s",
                         STR_ARG(e->authenticator));
    if (!step_fits(step, parent->provider_id))
        return wrong(change->ctx, "provider", "Flows of this kind have no such steps");
    return 0;
}

static int check_priority(const struct auth_ctx *ctx, int64_t priority)
{
    if (priority >= 0 && priority <= PRIORITY_MAX)
        return 0;
    return err_field(ctx->err, ERR_INVALID_REQUEST, "priority", "priority is 0 to %d",
                     PRIORITY_MAX);
}

static int64_t next_priority(const struct flow_change *change, struct str parent)
{
    const struct flow_execution *e;
    int64_t last = 0;
    for (size_t at = 0; (e = flow_execution_next(&change->flows, parent, &at));)
        last = e->priority;
    return last + PRIORITY_STEP;
}

/* --- Adding --- */

static int insert(const struct flow_change *change, struct flow_execution *io_execution)
{
    io_execution->id = STR("");
    if (io_execution->priority < 0)
        io_execution->priority = next_priority(change, io_execution->parent);
    TRY(check_priority(change->ctx, io_execution->priority));
    TRY(check_requirement(change, io_execution));
    TRY(admin_id(change->ctx->arena, &io_execution->id));
    return flow_store_execution(change, NULL, io_execution);
}

static bool config_is_taken(const struct auth_flows *flows, struct str id)
{
    for (size_t i = 0; i < flows->execution_count; i++)
        if (str_eq(flows->executions[i].config_id, id))
            return true;
    return false;
}

/* One that was made without a step (admin_config_add) and has found none yet. */
static int check_own_config(const struct flow_change *change, const struct flow_execution *e)
{
    const struct flow_step *step = flow_step_find(e->authenticator);
    if (str_empty(e->config_id))
        return 0;
    if (!flow_config_find(&change->flows, e->config_id) ||
        config_is_taken(&change->flows, e->config_id))
        return wrong(change->ctx, "authenticatorConfig", "There are no such settings to be taken");
    return step && step->configurable
               ? 0
               : wrong(change->ctx, "authenticatorConfig", "This execution has no settings");
}

int admin_execution_add(const struct auth_ctx *ctx, struct store_write *w,
                        struct flow_execution *io_execution)
{
    struct flow_change change;
    TRY(flow_change_begin(ctx, w, &change));
    TRY(check_parent(&change, io_execution->parent, "add execution to"));
    TRY(check_step(&change, io_execution));
    TRY(check_own_config(&change, io_execution));
    io_execution->flow_id = STR("");
    TRY(insert(&change, io_execution));
    return flow_change_end(&change);
}

/* How far down a flow is. */
static int depth_of(const struct flow_change *change, struct str flow_id)
{
    int depth = 1;
    for (size_t i = 0; i < change->flows.execution_count && depth <= FLOW_DEPTH_MAX;) {
        if (!str_eq(change->flows.executions[i].flow_id, flow_id)) {
            i++;
            continue;
        }
        flow_id = change->flows.executions[i].parent;
        depth++;
        i = 0;
    }
    return depth;
}

int admin_execution_add_flow(const struct auth_ctx *ctx, struct store_write *w,
                             struct auth_flow *io_flow, struct flow_execution *io_execution)
{
    struct flow_change change;
    bool form = str_eq_c(io_flow->provider_id, FLOW_FORM);
    TRY(flow_change_begin(ctx, w, &change));
    TRY(check_parent(&change, io_execution->parent, "add sub-flow to"));
    if (depth_of(&change, io_execution->parent) >= FLOW_DEPTH_MAX)
        return wrong(ctx, "flow", "The flow is too deep");
    io_flow->top_level = false;
    io_flow->id = STR("");
    TRY(flow_insert(&change, io_flow));
    io_execution->flow_id = io_flow->id;
    io_execution->config_id = STR("");
    io_execution->authenticator = form ? STR("registration-page-form") : STR("");
    TRY(insert(&change, io_execution));
    return flow_change_end(&change);
}

/* --- Changing --- */

static bool is_below(const struct auth_flows *flows, struct str flow_id, struct str id, int depth)
{
    const struct flow_execution *e;
    for (size_t at = 0; (e = flow_execution_next(flows, flow_id, &at));)
        if (str_eq(e->id, id) || (!str_empty(e->flow_id) && depth < FLOW_DEPTH_MAX &&
                                  is_below(flows, e->flow_id, id, depth + 1)))
            return true;
    return false;
}

static int check_readable_parent(const struct flow_change *change, const struct flow_execution *e)
{
    const struct auth_flow *parent;
    TRY(flow_of(change, e->parent, &parent));
    return flow_check_readable(change, parent);
}

/* The name and words of a flow within a flow come with its execution. */
static int update_flow_within(const struct flow_change *change, const struct flow_execution *e,
                              const struct json_value *body)
{
    const struct auth_flow *before = flow_find(&change->flows, e->flow_id);
    struct auth_flow after;
    if (!before || before->built_in || before->unreadable)
        return 0;
    after = *before;
    after.alias = json_str_or(body, "displayName", before->alias);
    after.description = json_str_or(body, "description", before->description);
    TRY(flow_check(change->ctx, &after));
    return flow_store(change, before, &after);
}

int admin_execution_update(const struct auth_ctx *ctx, struct store_write *w, struct str flow_alias,
                           const struct json_value *body)
{
    struct flow_change change;
    const struct auth_flow *flow;
    const struct flow_execution *before;
    TRY(flow_change_begin(ctx, w, &change));
    TRY(flow_of_alias(&change, flow_alias, &flow));
    TRY(flow_execution_of(&change, json_str_or(body, "id", STR("")), &before));
    if (!is_below(&change.flows, flow->id, before->id, 1)) /* AD-03 */
        return err_set(ctx->err, ERR_NOT_FOUND, "Illegal execution");
    TRY(check_readable_parent(&change, before));
    struct flow_execution sent = *before, after = *before;
    TRY(fields_merge(&flow_execution_fields, &sent, ctx->arena, body, ctx->err));
    after.requirement = sent.requirement;
    after.priority = sent.priority;
    TRY(check_requirement(&change, &after));
    TRY(check_priority(ctx, after.priority));
    TRY(flow_store_execution(&change, before, &after));
    TRY(update_flow_within(&change, before, body));
    return flow_change_end(&change);
}

int admin_execution_delete(const struct auth_ctx *ctx, struct store_write *w, struct str id)
{
    struct flow_change change;
    const struct flow_execution *execution;
    TRY(flow_change_begin(ctx, w, &change));
    TRY(flow_execution_of(&change, id, &execution));
    TRY(check_parent(&change, execution->parent, "remove execution from"));
    TRY(flow_remove_execution(&change, execution, 1));
    return flow_change_end(&change);
}

/* Siblings in their order. */
static int siblings_of(const struct flow_change *change, struct str parent,
                       const struct flow_execution ***ret_items, size_t *ret_count)
{
    const struct flow_execution **items = ARENA_ARRAY(
        change->ctx->arena, change->flows.execution_count + 1, const struct flow_execution *);
    const struct flow_execution *e;
    size_t count = 0;
    if (!items)
        return ERR_NO_MEMORY;
    for (size_t at = 0; (e = flow_execution_next(&change->flows, parent, &at));)
        items[count++] = e;
    *ret_items = items;
    *ret_count = count;
    return 0;
}

/* All get new priorities: some may have had the same. */
static int renumber(const struct flow_change *change, const struct flow_execution **items,
                    size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct flow_execution after = *items[i];
        after.priority = (int64_t)(i + 1) * PRIORITY_STEP;
        TRY(flow_store_execution(change, items[i], &after));
    }
    return 0;
}

int admin_execution_move(const struct auth_ctx *ctx, struct store_write *w, struct str id, int by)
{
    struct flow_change change;
    const struct flow_execution *execution, **items;
    size_t count, at = 0;
    TRY(flow_change_begin(ctx, w, &change));
    TRY(flow_execution_of(&change, id, &execution));
    TRY(check_parent(&change, execution->parent, "modify execution in"));
    TRY(siblings_of(&change, execution->parent, &items, &count));
    while (items[at] != execution)
        at++;
    if ((by < 0 && at == 0) || (by > 0 && at + 1 == count))
        return 0;
    size_t other = by < 0 ? at - 1 : at + 1;
    items[at] = items[other];
    items[other] = execution;
    TRY(renumber(&change, items, count));
    return flow_change_end(&change);
}

/* --- Settings --- */

static int check_config(const struct auth_ctx *ctx, const struct flow_config *config)
{
    if (str_empty(str_trim(config->alias)))
        return wrong(ctx, "alias", "A configuration needs an alias");
    TRY(text_check(config->alias, ALIAS_MAX_BYTES, "alias", ctx->err));
    return map_check(&config->config, CONFIG_MAX, CONFIG_MAX_BYTES, "config", ctx->err);
}

int admin_config_create(const struct auth_ctx *ctx, struct store_write *w, struct str execution_id,
                        struct flow_config *io_config)
{
    struct flow_change change;
    const struct flow_execution *execution;
    TRY(flow_change_begin(ctx, w, &change));
    TRY(flow_execution_of(&change, execution_id, &execution));
    TRY(check_readable_parent(&change, execution));
    const struct flow_step *step = flow_step_find(execution->authenticator);
    const struct flow_config *old = flow_config_find(&change.flows, execution->config_id);
    if (!step || !step->configurable)
        return wrong(ctx, "config", "This execution has no settings");
    TRY(check_config(ctx, io_config));
    if (old)
        TRY(flow_store_config(&change, old, NULL));
    io_config->id = STR("");
    TRY(admin_id(ctx->arena, &io_config->id));
    struct flow_execution after = *execution;
    after.config_id = io_config->id;
    TRY(flow_store_config(&change, NULL, io_config));
    return flow_store_execution(&change, execution, &after);
}

int admin_config_add(const struct auth_ctx *ctx, struct store_write *w,
                     struct flow_config *io_config)
{
    struct flow_change change;
    TRY(flow_change_begin(ctx, w, &change));
    TRY(check_config(ctx, io_config));
    if (change.flows.config_count >= FLOW_EXECUTIONS_MAX)
        return err_field(ctx->err, ERR_LIMIT_REACHED, "alias", "At most %d configurations",
                         FLOW_EXECUTIONS_MAX);
    io_config->id = STR("");
    TRY(admin_id(ctx->arena, &io_config->id));
    return flow_store_config(&change, NULL, io_config);
}

static int keep_secrets(struct arena *a, const struct str_map *before, struct str_map *io_after)
{
    for (size_t i = 0; i < io_after->count; i++) {
        struct str_pair pair = io_after->items[i];
        struct str old = str_map_get(before, pair.name);
        if (str_eq(pair.value, STR(FLOW_SECRET_MASK)) && step_property_is_secret(pair.name))
            TRY(str_map_set(io_after, a, pair.name, str_absent(old) ? STR("") : old));
    }
    return 0;
}

int admin_config_update(const struct auth_ctx *ctx, struct store_write *w, struct str id,
                        const struct json_value *body)
{
    struct flow_change change;
    const struct flow_config *before;
    TRY(flow_change_begin(ctx, w, &change));
    TRY(flow_config_of(&change, id, &before));
    struct flow_config after = *before;
    TRY(fields_merge(&flow_config_fields, &after, ctx->arena, body, ctx->err));
    TRY(keep_secrets(ctx->arena, &before->config, &after.config));
    TRY(check_config(ctx, &after));
    return flow_store_config(&change, before, &after);
}

int admin_config_delete(const struct auth_ctx *ctx, struct store_write *w, struct str id)
{
    struct flow_change change;
    const struct flow_config *config;
    TRY(flow_change_begin(ctx, w, &change));
    TRY(flow_config_of(&change, id, &config));
    for (size_t i = 0; i < change.flows.execution_count; i++) {
        const struct flow_execution *before = &change.flows.executions[i];
        if (!str_eq(before->config_id, id))
            continue;
        struct flow_execution after = *before;
        after.config_id = STR("");
        TRY(flow_store_execution(&change, before, &after));
    }
    return flow_store_config(&change, config, NULL);
}
