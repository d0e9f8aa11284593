/* Flows as Keycloak's representations. */
#include "core/model/flow.h"

#include "core/base/banned.h"

static void write_export(struct json_writer *w, const struct auth_flows *flows,
                         const struct flow_execution *e)
{
    const struct auth_flow *flow = flow_find(flows, e->flow_id);
    const struct flow_config *config = flow_config_find(flows, e->config_id);
    jw_begin_object(w);
    if (config)
        jw_member_str(w, "authenticatorConfig", config->alias);
    if (!str_empty(e->authenticator))
        jw_member_str(w, "authenticator", e->authenticator);
    jw_member_bool(w, "authenticatorFlow", flow != NULL);
    jw_member_str(w, "requirement", e->requirement);
    jw_member_i64(w, "priority", e->priority);
    /* Keycloak's own spelling of an older member, which clients still read. */
    jw_member_bool(w, "autheticatorFlow", flow != NULL);
    if (flow)
        jw_member_str(w, "flowAlias", flow->alias);
    jw_member_bool(w, "userSetupAllowed", false);
    jw_end_object(w);
}

void represent_flow(struct json_writer *w, const struct auth_flows *flows,
                    const struct auth_flow *flow)
{
    const struct flow_execution *e;
    jw_begin_object(w);
    jw_member_str(w, "id", flow->id);
    jw_member_str(w, "alias", flow->alias);
    jw_member_str(w, "description", flow->description);
    jw_member_str(w, "providerId", flow->provider_id);
    jw_member_bool(w, "topLevel", flow->top_level);
    jw_member_bool(w, "builtIn", flow->built_in);
    jw_member_array(w, "authenticationExecutions");
    for (size_t at = 0; (e = flow_execution_next(flows, flow->id, &at));)
        write_export(w, flows, e);
    jw_end_array(w);
    jw_end_object(w);
}
