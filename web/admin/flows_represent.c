/* Flows, executions and their settings as Keycloak's representations. */
#include "web/admin/flows.h"

#include "core/base/banned.h"

/* --- Steps --- */

static bool is_of_kind(const struct flow_step *step, enum step_kind kind)
{
    return step->kind == kind || (kind == STEP_AUTHENTICATOR && step->kind == STEP_CONDITION);
}

void represent_steps(struct json_writer *w, enum step_kind kind)
{
    jw_begin_array(w);
    for (size_t i = 0; i < flow_step_count; i++) {
        const struct flow_step *step = &flow_steps[i];
        if (!is_of_kind(step, kind))
            continue;
        jw_begin_object(w);
        jw_member_c(w, "id", step->id);
        jw_member_c(w, "displayName", step->name);
        jw_member_c(w, "description", step->help);
        if (kind == STEP_CLIENT_AUTHENTICATOR)
            jw_member_bool(w, "supportsSecret", str_starts(str_c(step->id), STR("client-secret")));
        jw_end_object(w);
    }
    jw_end_array(w);
}

/* --- Executions --- */

static void write_choices(struct json_writer *w, unsigned choices)
{
    static const struct {
        unsigned choice;
        const char *name;
    } names[] = {{STEP_MAY_BE_REQUIRED, REQUIREMENT_REQUIRED},
                 {STEP_MAY_BE_ALTERNATIVE, REQUIREMENT_ALTERNATIVE},
                 {STEP_MAY_BE_DISABLED, REQUIREMENT_DISABLED},
                 {STEP_MAY_BE_CONDITIONAL, REQUIREMENT_CONDITIONAL}};
    jw_member_array(w, "requirementChoices");
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (choices & names[i].choice)
            jw_str(w, str_c(names[i].name));
    jw_end_array(w);
}

static void write_step(struct json_writer *w, const struct auth_flows *flows,
                       const struct flow_execution *e)
{
    const struct flow_step *step = flow_step_find(e->authenticator);
    const struct flow_config *config = flow_config_find(flows, e->config_id);
    jw_member_str(w, "displayName", step ? str_c(step->name) : e->authenticator);
    jw_member_bool(w, "configurable", step && step->configurable);
    jw_member_str(w, "providerId", e->authenticator);
    if (!config)
        return;
    jw_member_str(w, "alias", config->alias);
    jw_member_str(w, "authenticationConfig", config->id);
}

static void write_flow_within(struct json_writer *w, const struct auth_flow *flow,
                              const struct flow_execution *e)
{
    jw_member_str(w, "displayName", flow->alias);
    jw_member_str(w, "description", flow->description);
    jw_member_bool(w, "configurable", false);
    jw_member_bool(w, "authenticationFlow", true);
    jw_member_str(w, "flowId", flow->id);
    if (!str_empty(e->authenticator))
        jw_member_str(w, "providerId", e->authenticator);
}

void represent_execution(struct json_writer *w, const struct auth_flows *flows,
                         const struct flow_execution *execution, int level, int index)
{
    const struct auth_flow *flow = flow_find(flows, execution->flow_id);
    jw_begin_object(w);
    jw_member_str(w, "id", execution->id);
    jw_member_str(w, "requirement", execution->requirement);
    write_choices(w, flow_choices(execution, flow));
    if (flow)
        write_flow_within(w, flow, execution);
    else
        write_step(w, flows, execution);
    jw_member_i64(w, "level", level);
    jw_member_i64(w, "index", index);
    jw_member_i64(w, "priority", execution->priority);
    jw_end_object(w);
}

/* --- Settings --- */

void represent_config(struct admin_call *call, const struct flow_config *config)
{
    struct json_writer *w = &call->out;
    bool whole = admin_has(call, ADMIN_MANAGE_REALM);
    jw_begin_object(w);
    jw_member_str(w, "id", config->id);
    jw_member_str(w, "alias", config->alias);
    jw_member_object(w, "config");
    for (size_t i = 0; i < config->config.count; i++) {
        struct str_pair pair = config->config.items[i];
        bool hidden = !whole && step_property_is_secret(pair.name);
        jw_key_s(w, pair.name);
        jw_str(w, hidden ? STR(FLOW_SECRET_MASK) : pair.value);
    }
    jw_end_object(w);
    jw_end_object(w);
}
