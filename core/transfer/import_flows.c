/* Authentication flows of an imported realm, the settings of their steps, and its required actions. In the
 * file flows and settings name each other by aliases, here by ids. */
#include "core/transfer/import_parts.h"

#include "core/admin/flow_store.h"
#include "core/admin/required_actions.h"
#include "core/auth/flow_rules.h"

#include "core/base/banned.h"

/* A list of the realm and the room for what it holds. */
static int list_of(struct import *im, const char *member, size_t most,
                   const struct json_value **ret)
{
    TRY(import_list(im, im->main->top, member, NULL, ret));
    if (json_count(*ret) > most)
        return import_fail(im, AT_MEMBER(NULL, member), "at most %zu are taken", most);
    return 0;
}

/* --- Settings of steps --- */

static int take_config(struct import *im, const struct json_value *json, const struct import_at *at,
                       struct flow_config *ret_config)
{
    struct flow_config config;
    fields_default(&flow_config_fields, &config);
    TRY(import_expect_object(im, json, at));
    TRY(import_name(im, json, "alias", at, &config.alias));
    TRY(import_id(im, json, at, &config.id));
    TRY(admin_id(import_arena(im), &config.id));
    TRY(import_fields(im, &flow_config_fields, &config, json, at));
    *ret_config = config;
    return 0;
}

static int take_configs(struct import *im, struct auth_flows *all)
{
    const struct json_value *list, *json;
    TRY(list_of(im, "authenticatorConfig", FLOW_EXECUTIONS_MAX, &list));
    all->configs = ARENA_ARRAY(import_arena(im), json_count(list) + 1, struct flow_config);
    if (!all->configs)
        return ERR_NO_MEMORY;
    struct json_iter it = json_iter(list);
    for (size_t i = 0; json_next(&it, NULL, &json); i++)
        TRY(take_config(im, json, AT_INDEX(AT_MEMBER(NULL, "authenticatorConfig"), i),
                        &all->configs[all->config_count++]));
    return 0;
}

static const struct flow_config *config_of(const struct auth_flows *all, struct str alias)
{
    for (size_t i = 0; i < all->config_count; i++)
        if (str_eq(all->configs[i].alias, alias))
            return &all->configs[i];
    return NULL;
}

/* --- Flows --- */

static int take_flow(struct import *im, const struct json_value *json, const struct import_at *at,
                     struct auth_flows *all)
{
    struct auth_flow flow;
    fields_default(&auth_flow_fields, &flow);
    TRY(import_expect_object(im, json, at));
    TRY(import_name(im, json, "alias", at, &flow.alias));
    if (flow_find_alias(all, flow.alias))
        return import_fail(im, AT_MEMBER(at, "alias"), "another flow has this name");
    TRY(import_id(im, json, at, &flow.id));
    TRY(admin_id(import_arena(im), &flow.id));
    TRY(import_fields(im, &auth_flow_fields, &flow, json, at));
    TRY(import_explain(im, at, flow_check(&im->ctx, &flow)));
    all->flows[all->count++] = flow;
    import_report_took(im->report, "authentication flows", 1);
    return 0;
}

static bool is_requirement(struct str requirement)
{
    static const char *const known[] = {REQUIREMENT_REQUIRED, REQUIREMENT_ALTERNATIVE,
                                        REQUIREMENT_CONDITIONAL, REQUIREMENT_DISABLED};
    for (size_t i = 0; i < ARRAY_LEN(known); i++)
        if (str_eq_c(requirement, known[i]))
            return true;
    return false;
}

/* A flow stands in one place: many that share theirs would be walked more often than anybody can wait. */
static bool stands_elsewhere(const struct auth_flows *all, struct str flow_id)
{
    for (size_t i = 0; i < all->execution_count; i++)
        if (str_eq(all->executions[i].flow_id, flow_id))
            return true;
    return false;
}

/* What an execution names by aliases. */
static int link_execution(struct import *im, const struct auth_flows *all,
                          const struct json_value *json, const struct import_at *at,
                          struct flow_execution *e)
{
    struct str flow = {NULL, 0}, config = {NULL, 0};
    TRY(import_str(im, json, "flowAlias", at, &flow));
    TRY(import_str(im, json, "authenticatorConfig", at, &config));
    e->flow_id = e->config_id = STR("");
    if (!str_empty(flow)) {
        const struct auth_flow *below = flow_find_alias(all, flow);
        if (!below)
            return import_fail(im, AT_MEMBER(at, "flowAlias"), "there is no flow of this name");
        if (stands_elsewhere(all, below->id))
            return import_fail(im, AT_MEMBER(at, "flowAlias"), "the flow stands elsewhere, too");
        e->flow_id = below->id;
    }
    if (!str_empty(config)) {
        const struct flow_config *settings = config_of(all, config);
        if (!settings)
            import_left(im, AT_MEMBER(at, "authenticatorConfig"), "there are no such settings");
        else
            e->config_id = settings->id;
    }
    return str_empty(e->flow_id) && str_empty(e->authenticator)
               ? import_fail(im, at, "it names neither a step nor a flow")
               : 0;
}

static int take_execution(struct import *im, const struct json_value *json,
                          const struct import_at *at, struct auth_flows *all, struct str parent)
{
    struct flow_execution e;
    if (all->execution_count >= FLOW_EXECUTIONS_MAX)
        return import_fail(im, at, "at most %d executions are taken", FLOW_EXECUTIONS_MAX);
    fields_default(&flow_execution_fields, &e);
    TRY(import_expect_object(im, json, at));
    e.parent = parent;
    TRY(admin_id(import_arena(im), &e.id));
    TRY(import_str(im, json, "authenticator", at, &e.authenticator));
    TRY(import_str(im, json, "requirement", at, &e.requirement));
    TRY(import_i64(im, json, "priority", at, &e.priority));
    if (!is_requirement(e.requirement)) {
        import_adapted(im, AT_MEMBER(at, "requirement"), "it is switched off");
        e.requirement = STR(REQUIREMENT_DISABLED);
    }
    TRY(link_execution(im, all, json, at, &e));
    all->executions[all->execution_count++] = e;
    return 0;
}

static int take_executions(struct import *im, const struct json_value *flows,
                           struct auth_flows *all)
{
    const struct json_value *flow, *list, *json;
    struct json_iter it = json_iter(flows);
    for (size_t i = 0; json_next(&it, NULL, &flow); i++) {
        const struct import_at *at = AT_MEMBER(AT_INDEX(AT_MEMBER(NULL, "authenticationFlows"), i),
                                               "authenticationExecutions");
        TRY(import_list(im, flow, "authenticationExecutions", at, &list));
        struct json_iter inner = json_iter(list);
        for (size_t k = 0; json_next(&inner, NULL, &json); k++)
            TRY(take_execution(im, json, AT_INDEX(at, k), all, all->flows[i].id));
    }
    return 0;
}

/* A flow that leads back into itself would never end. */
static int check_depth(struct import *im, const struct auth_flows *all,
                       const struct auth_flow *flow, int depth)
{
    const struct flow_execution *e;
    if (depth > FLOW_DEPTH_MAX)
        return import_fail(im, AT_MEMBER(NULL, "authenticationFlows"),
                           "the flow %.*s is too deep, or leads into itself",
                           (int)(flow->alias.len < 64 ? flow->alias.len : 64), flow->alias.ptr);
    for (size_t at = 0; (e = flow_execution_next(all, flow->id, &at));) {
        const struct auth_flow *below = flow_find(all, e->flow_id);
        if (below)
            TRY(check_depth(im, all, below, depth + 1));
    }
    return 0;
}

/* --- Flows of every realm that the file has not --- */

/* The same flow among those that were taken, by its name. */
static struct str taken_id(const struct auth_flows *all, const struct auth_flows *usual,
                           struct str id)
{
    const struct auth_flow *flow = flow_find(usual, id);
    const struct auth_flow *taken = flow ? flow_find_alias(all, flow->alias) : NULL;
    return taken ? taken->id : STR("");
}

static void add_executions(struct auth_flows *all, const struct auth_flows *usual,
                           struct str flow_id)
{
    const struct flow_execution *e;
    for (size_t at = 0; (e = flow_execution_next(usual, flow_id, &at));) {
        const struct flow_config *config = flow_config_find(usual, e->config_id);
        struct flow_execution own = *e;
        own.flow_id = taken_id(all, usual, e->flow_id);
        if (config && !flow_config_find(all, config->id))
            all->configs[all->config_count++] = *config;
        all->executions[all->execution_count++] = own;
    }
}

/* Room for them is there. */
static void add_usual(struct auth_flows *all, const struct auth_flows *usual)
{
    size_t taken = all->count;
    for (size_t i = 0; i < usual->count; i++)
        if (!flow_find_alias(all, usual->flows[i].alias))
            all->flows[all->count++] = usual->flows[i];
    for (size_t i = taken; i < all->count; i++)
        add_executions(all, usual, all->flows[i].id);
}

static int make_room(struct import *im, const struct json_value *list,
                     const struct auth_flows *usual, struct auth_flows *all)
{
    struct arena *a = import_arena(im);
    all->flows = ARENA_ARRAY(a, json_count(list) + usual->count, struct auth_flow);
    all->executions =
        ARENA_ARRAY(a, FLOW_EXECUTIONS_MAX + usual->execution_count, struct flow_execution);
    all->configs = arena_grow(a, all->configs, all->config_count,
                              all->config_count + usual->config_count, sizeof(*all->configs));
    return all->flows && all->executions && all->configs ? 0 : ERR_NO_MEMORY;
}

/* --- What the realm binds --- */

static int look_at_bound(struct import *im, const struct auth_flows *all)
{
    static const enum flow_use uses[] = {FLOW_FOR_BROWSER, FLOW_FOR_DIRECT_GRANT, FLOW_FOR_CLIENTS};
    for (size_t i = 0; i < ARRAY_LEN(uses); i++) {
        const char *setting = flow_use_setting(uses[i]);
        const struct auth_flow *flow = flow_find_alias(all, flow_use_alias(&im->realm, uses[i]));
        int rc = flow ? flow_check_use(all, flow, uses[i], setting, im->ctx.err) : ERR_NOT_FOUND;
        if (rc == ERR_NOT_FOUND)
            import_adapted(im, AT_MEMBER(NULL, setting), "no flow has this name: nobody gets in");
        else if (rc == ERR_INVALID_REQUEST)
            import_note_check(im, IMPORT_ADAPTED, AT_MEMBER(NULL, setting));
        else
            TRY(rc);
    }
    return 0;
}

static int take_flows(struct import *im)
{
    const struct json_value *list, *json;
    struct auth_flows all = {0}, usual;
    TRY(flows_default(import_arena(im), im->realm.id, &usual));
    TRY(list_of(im, "authenticationFlows", FLOWS_MAX - usual.count, &list));
    if (json_count(list) == 0)
        return look_at_bound(im, &usual);
    TRY(take_configs(im, &all));
    TRY(make_room(im, list, &usual, &all));
    struct json_iter it = json_iter(list);
    for (size_t i = 0; json_next(&it, NULL, &json); i++)
        TRY(take_flow(im, json, AT_INDEX(AT_MEMBER(NULL, "authenticationFlows"), i), &all));
    TRY(take_executions(im, list, &all));
    add_usual(&all, &usual);
    for (size_t i = 0; i < all.count; i++)
        TRY(check_depth(im, &all, &all.flows[i], 1));
    TRY(import_explain(im, AT_MEMBER(NULL, "authenticationFlows"),
                       admin_flows_take_over(&im->ctx, im->w, &all)));
    return look_at_bound(im, &all);
}

/* --- Required actions --- */

static int take_action(struct import *im, const struct json_value *json, const struct import_at *at,
                       size_t index)
{
    struct required_action action;
    fields_default(&required_action_fields, &action);
    if (index >= REQUIRED_ACTIONS_MAX)
        return import_fail(im, at, "at most %d are taken", REQUIRED_ACTIONS_MAX);
    TRY(import_name(im, json, "alias", at, &action.alias));
    TRY(import_fields(im, &required_action_fields, &action, json, at));
    const struct action_provider *provider = action_provider_find(action.alias);
    if (action.default_action && !(provider && provider->is_here)) {
        import_adapted(im, AT_MEMBER(at, "defaultAction"),
                       "this server cannot carry it out: it is not asked of new people");
        action.default_action = false;
    }
    TRY(import_explain(im, at, admin_actions_take_over(&im->ctx, im->w, &action)));
    import_report_took(im->report, "required actions", 1);
    return 0;
}

int import_flows(struct import *im)
{
    TRY(take_flows(im));
    arena_reset(import_arena(im));
    return import_each_top(im, "requiredActions", take_action);
}
