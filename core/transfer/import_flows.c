/* Authentication flows of an imported realm, the settings of their steps, and its required actions. In the
 * file flows and settings name each other by aliases, here by ids. */
#include "core/transfer/import_parts.h"

#include "core/admin/flow_store.h"
#include "core/admin/required_actions.h"
#include "core/auth/flow_rules.h"
#include "core/model/check.h"

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

/* An alias stands in paths: what means something there becomes what does not, wherever it is named. */
static int adapt_alias(struct import *im, struct str *io_alias)
{
    struct buf b;
    if (str_find(*io_alias, '/') < 0 && !path_segment_is_dots(*io_alias))
        return 0;
    buf_init(&b, im->lasting, io_alias->len + 2);
    for (size_t i = 0; i < io_alias->len; i++)
        buf_add_byte(&b, io_alias->ptr[i] == '/' ? '-' : io_alias->ptr[i]);
    if (path_segment_is_dots(*io_alias))
        buf_add_byte(&b, '-');
    return buf_finish(&b, io_alias);
}

static int take_alias(struct import *im, const struct json_value *json, const struct import_at *at,
                      struct str *ret_alias)
{
    struct str alias;
    TRY(import_name(im, json, "alias", at, &alias));
    *ret_alias = alias;
    TRY(adapt_alias(im, ret_alias));
    if (!str_eq(alias, *ret_alias))
        import_adapted(im, AT_MEMBER(at, "alias"), "what stands in paths is no slash and no dots");
    return 0;
}

static int take_flow(struct import *im, const struct json_value *json, const struct import_at *at,
                     struct auth_flows *all)
{
    struct auth_flow flow;
    fields_default(&auth_flow_fields, &flow);
    struct str alias;
    TRY(import_expect_object(im, json, at));
    TRY(take_alias(im, json, at, &alias));
    if (flow_find_alias(all, alias))
        return import_fail(im, AT_MEMBER(at, "alias"), "another flow has this name");
    TRY(import_id(im, json, at, &flow.id));
    TRY(admin_id(import_arena(im), &flow.id));
    TRY(import_fields(im, &auth_flow_fields, &flow, json, at));
    flow.alias = alias;
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
        TRY(adapt_alias(im, &flow));
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

struct adding {
    struct import *im;
    struct auth_flows *all; /* room for the usual ones is there */
    const struct auth_flows *usual;
    struct str top; /* alias of the flow at the top, under which others are */
};

static int add_flow(struct adding *adding, const struct auth_flow *usual, int depth,
                    struct str *ret_id);

/* That of the file under this name, when it stands nowhere yet. */
static const struct auth_flow *free_one(const struct adding *adding, const struct auth_flow *usual)
{
    const struct auth_flow *taken = flow_find_alias(adding->all, usual->alias);
    bool is_free = taken && !taken->top_level && !stands_elsewhere(adding->all, taken->id);
    return is_free ? taken : NULL;
}

static int add_below(struct adding *adding, struct str usual_id, int depth, struct str *ret_id)
{
    const struct auth_flow *usual = flow_find(adding->usual, usual_id);
    const struct auth_flow *taken = usual ? free_one(adding, usual) : NULL;
    *ret_id = taken ? taken->id : STR("");
    return usual && !taken ? add_flow(adding, usual, depth, ret_id) : 0;
}

static int add_executions(struct adding *adding, struct str usual_id, struct str flow_id, int depth)
{
    struct auth_flows *all = adding->all;
    const struct flow_execution *e;
    for (size_t at = 0; (e = flow_execution_next(adding->usual, usual_id, &at));) {
        const struct flow_config *config = flow_config_find(adding->usual, e->config_id);
        struct flow_execution own = *e;
        own.parent = flow_id;
        TRY(add_below(adding, e->flow_id, depth, &own.flow_id));
        if (config && !flow_config_find(all, config->id))
            all->configs[all->config_count++] = *config;
        all->executions[all->execution_count++] = own;
    }
    return 0;
}

/* The file may have flows of the same name, or this id, that stand elsewhere. */
static int make_own(struct adding *adding, struct auth_flow *io_flow)
{
    struct arena *a = import_arena(adding->im);
    for (int n = 1; flow_find_alias(adding->all, io_flow->alias); n++) {
        io_flow->alias = n == 1 ? ARENA_CONCAT(a, adding->top, STR(" "), io_flow->alias)
                                : arena_printf(a, "%.*s %d", STR_ARG(io_flow->alias), n);
        if (str_absent(io_flow->alias))
            return ERR_NO_MEMORY;
    }
    if (!flow_find(adding->all, io_flow->id))
        return 0;
    io_flow->id = STR("");
    return admin_id(a, &io_flow->id);
}

/* A flow that every realm has, with what is in it. */
static int add_flow(struct adding *adding, const struct auth_flow *usual, int depth,
                    struct str *ret_id)
{
    struct auth_flow flow = *usual;
    if (depth > FLOW_DEPTH_MAX)
        return ERR_INTERNAL;
    TRY(make_own(adding, &flow));
    adding->all->flows[adding->all->count++] = flow;
    *ret_id = flow.id;
    return add_executions(adding, usual->id, flow.id, depth + 1);
}

static int add_usual(struct import *im, struct auth_flows *all, const struct auth_flows *usual)
{
    struct adding adding = {.im = im, .all = all, .usual = usual};
    struct str ignored;
    for (size_t i = 0; i < usual->count; i++) {
        const struct auth_flow *flow = &usual->flows[i];
        if (!flow->top_level || flow_find_alias(all, flow->alias))
            continue;
        adding.top = flow->alias;
        TRY(add_flow(&adding, flow, 1, &ignored));
    }
    return 0;
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

/* The realm binds by aliases. */
static int adapt_bindings(struct import *im)
{
    bool changed = false;
    for (int i = 0; i < FLOW_USES; i++) {
        struct str alias = flow_use_alias(&im->realm, (enum flow_use)i), adapted = alias;
        TRY(adapt_alias(im, &adapted));
        if (str_eq(alias, adapted))
            continue;
        flow_use_bind(&im->realm, (enum flow_use)i, adapted);
        changed = true;
    }
    return changed ? store_realm_update(im->w, &im->realm) : 0;
}

static int take_flows(struct import *im)
{
    const struct json_value *list, *json;
    struct auth_flows all = {0}, usual;
    TRY(adapt_bindings(im));
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
    TRY(add_usual(im, &all, &usual));
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
    action.alias = action_alias_today(action.alias);
    action.provider_id = action_alias_today(action.provider_id);
    if (action.default_action && !action_is_here(action.alias)) {
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
