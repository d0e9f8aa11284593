/* Finding in flows, and what leads through them. */
#include "core/model/flow.h"

#include "core/base/banned.h"

static const struct field flow_field_list[] = {
    {"alias", offsetof(struct auth_flow, alias), FIELD_STR, 0, ""},
    {"description", offsetof(struct auth_flow, description), FIELD_STR, 0, ""},
    {"providerId", offsetof(struct auth_flow, provider_id), FIELD_STR, 0, FLOW_BASIC},
    {"topLevel", offsetof(struct auth_flow, top_level), FIELD_BOOL, 0, NULL},
    {"builtIn", offsetof(struct auth_flow, built_in), FIELD_BOOL, 0, NULL},
};
static const struct field execution_field_list[] = {
    {"authenticator", offsetof(struct flow_execution, authenticator), FIELD_STR, 0, ""},
    {"flowId", offsetof(struct flow_execution, flow_id), FIELD_STR, 0, ""},
    {"authenticatorConfig", offsetof(struct flow_execution, config_id), FIELD_STR, 0, ""},
    {"requirement", offsetof(struct flow_execution, requirement), FIELD_STR, 0,
     REQUIREMENT_DISABLED},
    {"priority", offsetof(struct flow_execution, priority), FIELD_I64, 0, NULL},
};
static const struct field config_field_list[] = {
    {"alias", offsetof(struct flow_config, alias), FIELD_STR, 0, ""},
    {"config", offsetof(struct flow_config, config), FIELD_MAP, 0, NULL},
};

const struct field_table auth_flow_fields = {flow_field_list, ARRAY_LEN(flow_field_list)};
const struct field_table flow_execution_fields = {execution_field_list,
                                                  ARRAY_LEN(execution_field_list)};
const struct field_table flow_config_fields = {config_field_list, ARRAY_LEN(config_field_list)};

const struct auth_flow *flow_unreadable(const struct auth_flows *flows)
{
    for (size_t i = 0; i < flows->count; i++)
        if (flows->flows[i].unreadable)
            return &flows->flows[i];
    return NULL;
}

struct auth_flow *flow_find(const struct auth_flows *flows, struct str id)
{
    for (size_t i = 0; i < flows->count; i++)
        if (str_eq(flows->flows[i].id, id))
            return &flows->flows[i];
    return NULL;
}

struct auth_flow *flow_find_alias(const struct auth_flows *flows, struct str alias)
{
    for (size_t i = 0; i < flows->count; i++)
        if (str_eq(flows->flows[i].alias, alias))
            return &flows->flows[i];
    return NULL;
}

struct flow_execution *flow_execution_find(const struct auth_flows *flows, struct str id)
{
    for (size_t i = 0; i < flows->execution_count; i++)
        if (str_eq(flows->executions[i].id, id))
            return &flows->executions[i];
    return NULL;
}

struct flow_config *flow_config_find(const struct auth_flows *flows, struct str id)
{
    for (size_t i = 0; i < flows->config_count; i++)
        if (str_eq(flows->configs[i].id, id))
            return &flows->configs[i];
    return NULL;
}

struct flow_execution *flow_execution_next(const struct auth_flows *flows, struct str flow_id,
                                           size_t *io_at)
{
    while (*io_at < flows->execution_count) {
        struct flow_execution *execution = &flows->executions[(*io_at)++];
        if (str_eq(execution->parent, flow_id))
            return execution;
    }
    return NULL;
}

/* --- Ways through a flow --- */

struct walk {
    const struct auth_flows *flows;
    const char *const *steps;
    size_t count;
    int depth;
};

static bool is(const struct flow_execution *execution, const char *requirement)
{
    return str_eq_c(execution->requirement, requirement);
}

static bool is_condition(const struct flow_execution *execution)
{
    const struct flow_step *step = flow_step_find(execution->authenticator);
    return step && step->kind == STEP_CONDITION;
}

static bool is_here(struct str authenticator)
{
    const struct flow_step *step = flow_step_find(authenticator);
    return step && step->is_here;
}

/* What a step asks for that people have beside a password; NULL: nothing. */
static const char *factor_of(struct str authenticator)
{
    static const char *const steps[][2] = {
        {"auth-otp-form", "otp"},
        {"auth-conditional-otp-form", "otp"},
        {"direct-grant-validate-otp", "otp"},
        {"webauthn-authenticator", "webauthn"},
        {"webauthn-authenticator-passwordless", "webauthn-passwordless"},
        {"auth-recovery-authn-code-form", "recovery-authn-codes"},
    };
    for (size_t i = 0; i < ARRAY_LEN(steps); i++)
        if (str_eq_c(authenticator, steps[i][0]))
            return steps[i][1];
    return NULL;
}

static bool step_asks_for(struct str authenticator, struct str credential_type)
{
    const char *factor = factor_of(authenticator);
    return factor && str_eq_c(credential_type, factor);
}

static bool is_unreadable(const struct auth_flows *flows, struct str flow_id)
{
    const struct auth_flow *flow = flow_find(flows, flow_id);
    return flow && flow->unreadable;
}

/* Whether a conditional flow is nobody's as far as ways through are concerned: it has no condition (as Keycloak
 * has it), or it is for those who have set up what its steps ask for, which flow_asks_for tells. */
static bool is_nobodys(const struct auth_flows *flows, struct str flow_id)
{
    bool conditions = false, configured = false, possible = false;
    const struct flow_execution *execution;
    for (size_t at = 0; (execution = flow_execution_next(flows, flow_id, &at));) {
        if (is(execution, REQUIREMENT_DISABLED))
            continue;
        if (!is_condition(execution)) {
            possible |= !str_empty(execution->flow_id) ||
                        (is_here(execution->authenticator) && !factor_of(execution->authenticator));
            continue;
        }
        conditions = true;
        configured |= str_eq(execution->authenticator, STR("conditional-user-configured"));
    }
    return !conditions || (configured && !possible);
}

static bool is_passed(struct walk *walk, struct str flow_id);

static bool step_is_taken(const struct walk *walk, struct str authenticator)
{
    for (size_t i = 0; i < walk->count; i++)
        if (str_eq_c(authenticator, walk->steps[i]))
            return true;
    return str_eq(authenticator, STR("allow-access-authenticator"));
}

static bool execution_is_passed(struct walk *walk, const struct flow_execution *execution)
{
    if (!str_empty(execution->flow_id))
        return is_passed(walk, execution->flow_id);
    return step_is_taken(walk, execution->authenticator);
}

/* All that must be: *ret_any tells whether there was something at all. */
static bool required_are_passed(struct walk *walk, struct str flow_id, bool *ret_any)
{
    const struct flow_execution *execution;
    *ret_any = false;
    for (size_t at = 0; (execution = flow_execution_next(walk->flows, flow_id, &at));) {
        bool conditional = is(execution, REQUIREMENT_CONDITIONAL);
        /* As Keycloak: conditions are asked in conditional flows alone. */
        if ((!conditional && !is(execution, REQUIREMENT_REQUIRED)) || is_condition(execution))
            continue;
        if (conditional && !is_unreadable(walk->flows, execution->flow_id) &&
            is_nobodys(walk->flows, execution->flow_id))
            continue;
        *ret_any = true;
        /* A condition that could hold for somebody is not judged here. */
        if (conditional || !execution_is_passed(walk, execution))
            return false;
    }
    return true;
}

static bool alternative_is_passed(struct walk *walk, struct str flow_id)
{
    const struct flow_execution *execution;
    for (size_t at = 0; (execution = flow_execution_next(walk->flows, flow_id, &at));)
        if (is(execution, REQUIREMENT_ALTERNATIVE) && execution_is_passed(walk, execution))
            return true;
    return false;
}

static bool is_passed(struct walk *walk, struct str flow_id)
{
    bool any;
    if (++walk->depth > FLOW_DEPTH_MAX || is_unreadable(walk->flows, flow_id))
        return false;
    bool passed = required_are_passed(walk, flow_id, &any);
    if (passed && !any)
        passed = alternative_is_passed(walk, flow_id);
    walk->depth--;
    return passed;
}

bool flow_is_passed_by(const struct auth_flows *flows, struct str flow_id, const char *const *steps,
                       size_t count)
{
    struct walk walk = {flows, steps, count, 0};
    return is_passed(&walk, flow_id);
}

static bool asks_in(const struct auth_flows *flows, struct str flow_id, struct str credential_type,
                    bool conditional, int depth)
{
    const struct flow_execution *e;
    if (is_unreadable(flows, flow_id)) /* who knows */
        return true;
    for (size_t at = 0; (e = flow_execution_next(flows, flow_id, &at));) {
        bool within = conditional || is(e, REQUIREMENT_CONDITIONAL);
        if (is(e, REQUIREMENT_DISABLED))
            continue;
        if (within && step_asks_for(e->authenticator, credential_type))
            return true;
        if (!str_empty(e->flow_id) && depth < FLOW_DEPTH_MAX &&
            asks_in(flows, e->flow_id, credential_type, within, depth + 1))
            return true;
    }
    return false;
}

bool flow_asks_for(const struct auth_flows *flows, struct str flow_id, struct str credential_type)
{
    return asks_in(flows, flow_id, credential_type, false, 1);
}

bool flow_names(const struct auth_flows *flows, struct str flow_id, struct str credential_type)
{
    return asks_in(flows, flow_id, credential_type, true, 1);
}

static const char *missing_in(const struct auth_flows *flows, struct str flow_id, int depth)
{
    const struct flow_execution *execution;
    for (size_t at = 0; (execution = flow_execution_next(flows, flow_id, &at));) {
        const struct flow_step *step = flow_step_find(execution->authenticator);
        bool must = is(execution, REQUIREMENT_REQUIRED);
        bool within =
            must || is(execution, REQUIREMENT_ALTERNATIVE) ||
            (is(execution, REQUIREMENT_CONDITIONAL) && !is_nobodys(flows, execution->flow_id));
        const char *found = NULL;
        if (must && step && !step->is_here)
            return step->id;
        if (within && !str_empty(execution->flow_id) && depth < FLOW_DEPTH_MAX)
            found = missing_in(flows, execution->flow_id, depth + 1);
        if (found)
            return found;
    }
    return NULL;
}

const char *flow_step_missing(const struct auth_flows *flows, struct str flow_id)
{
    return missing_in(flows, flow_id, 1);
}
