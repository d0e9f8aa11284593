/* ~/authentication: executions of flows, and the settings of their steps. */
#include "web/admin/flows.h"

#include "core/base/banned.h"

static int load(struct admin_call *call, struct auth_flows *ret_flows)
{
    TRY(admin_read(call));
    return admin_flows_load(&call->ctx, call->r, ret_flows);
}

static int missing(struct admin_call *call, const char *what)
{
    return err_set(&call->req->err, ERR_NOT_FOUND, "%s", what);
}

static int find_flow(struct admin_call *call, const struct auth_flows *flows, struct str alias,
                     const struct auth_flow **ret_flow)
{
    *ret_flow = flow_find_alias(flows, alias);
    return *ret_flow ? 0 : missing(call, "Flow not found");
}

/* --- Lists --- */

/* A flow within a flow is followed by what is in it, one level further in. */
static void list_below(struct admin_call *call, const struct auth_flows *flows, struct str flow_id,
                       int level)
{
    const struct flow_execution *e;
    int index = 0;
    for (size_t at = 0; (e = flow_execution_next(flows, flow_id, &at)); index++) {
        represent_execution(&call->out, flows, e, level, index);
        if (!str_empty(e->flow_id) && level < FLOW_DEPTH_MAX)
            list_below(call, flows, e->flow_id, level + 1);
    }
}

int rest_executions_list(struct admin_call *call)
{
    struct auth_flows flows;
    const struct auth_flow *flow;
    TRY(load(call, &flows));
    TRY(find_flow(call, &flows, admin_param(call, 1), &flow));
    jw_begin_array(&call->out);
    list_below(call, &flows, flow->id, 0);
    jw_end_array(&call->out);
    return 0;
}

int rest_execution_get(struct admin_call *call)
{
    struct auth_flows flows;
    TRY(load(call, &flows));
    const struct flow_execution *e = flow_execution_find(&flows, admin_param(call, 1));
    if (!e)
        return missing(call, "Could not find execution");
    jw_begin_object(&call->out);
    jw_member_str(&call->out, "id", e->id);
    jw_member_str(&call->out, "parentFlow", e->parent);
    fields_write(&flow_execution_fields, e, &call->out);
    jw_member_bool(&call->out, "authenticatorFlow", !str_empty(e->flow_id));
    jw_end_object(&call->out);
    return 0;
}

/* --- Changes --- */

int rest_executions_put(struct admin_call *call)
{
    TRY(admin_body_object(call));
    TRY(admin_write(call));
    call->status = 202;
    return admin_execution_update(&call->ctx, call->w, admin_param(call, 1), call->body);
}

/* The requirement, the priority and the flow of a new execution. */
static int read_new(struct admin_call *call, struct str flow_alias,
                    struct flow_execution *ret_execution)
{
    struct auth_flows flows;
    const struct auth_flow *flow;
    TRY(admin_body_object(call));
    fields_default(&flow_execution_fields, ret_execution);
    ret_execution->priority = -1;
    TRY(fields_merge(&flow_execution_fields, ret_execution, call->req->arena, call->body,
                     &call->req->err));
    TRY(admin_write(call));
    TRY(admin_flows_load(&call->ctx, call->r, &flows));
    TRY(find_flow(call, &flows, flow_alias, &flow));
    ret_execution->parent = flow->id;
    return 0;
}

int rest_execution_add(struct admin_call *call)
{
    struct flow_execution e;
    TRY(read_new(call, admin_param(call, 1), &e));
    TRY(admin_member_str(call, call->body, "provider", &e.authenticator));
    TRY(admin_execution_add(&call->ctx, call->w, &e));
    return admin_created(call, "authentication/executions", e.id);
}

int rest_execution_add_flow(struct admin_call *call)
{
    struct auth_flow flow;
    struct flow_execution e;
    fields_default(&auth_flow_fields, &flow);
    TRY(read_new(call, admin_param(call, 1), &e));
    TRY(admin_member_str(call, call->body, "alias", &flow.alias));
    TRY(admin_member_str(call, call->body, "description", &flow.description));
    TRY(admin_member_str(call, call->body, "type", &flow.provider_id));
    TRY(admin_execution_add_flow(&call->ctx, call->w, &flow, &e));
    return admin_created(call, "authentication/flows", flow.id);
}

/* The older way, with the flow's id in the body: {"parentFlow", "authenticator", "requirement"}. */
int rest_executions_create(struct admin_call *call)
{
    struct auth_flows flows;
    struct str parent = {NULL, 0};
    TRY(admin_body_object(call));
    TRY(admin_member_str(call, call->body, "parentFlow", &parent));
    TRY(load(call, &flows));
    const struct auth_flow *flow = flow_find(&flows, str_empty(parent) ? STR("") : parent);
    if (!flow)
        return err_field(&call->req->err, ERR_INVALID_REQUEST, "parentFlow",
                         "No parent flow of this id");
    struct flow_execution e;
    TRY(read_new(call, flow->alias, &e));
    TRY(admin_execution_add(&call->ctx, call->w, &e));
    return admin_created(call, "authentication/executions", e.id);
}

int rest_execution_remove(struct admin_call *call)
{
    TRY(admin_write(call));
    return admin_execution_delete(&call->ctx, call->w, admin_param(call, 1));
}

int rest_execution_raise(struct admin_call *call)
{
    TRY(admin_write(call));
    return admin_execution_move(&call->ctx, call->w, admin_param(call, 1), -1);
}

int rest_execution_lower(struct admin_call *call)
{
    TRY(admin_write(call));
    return admin_execution_move(&call->ctx, call->w, admin_param(call, 1), 1);
}

/* --- Settings --- */

static int read_config(struct admin_call *call, struct flow_config *ret_config)
{
    TRY(admin_body_object(call));
    fields_default(&flow_config_fields, ret_config);
    return fields_merge(&flow_config_fields, ret_config, call->req->arena, call->body,
                        &call->req->err);
}

int rest_execution_config_create(struct admin_call *call)
{
    struct flow_config config;
    TRY(read_config(call, &config));
    TRY(admin_write(call));
    TRY(admin_config_create(&call->ctx, call->w, admin_param(call, 1), &config));
    return admin_created(call, "authentication/config", config.id);
}

static int show_config(struct admin_call *call, struct str id)
{
    struct auth_flows flows;
    TRY(load(call, &flows));
    const struct flow_config *config = flow_config_find(&flows, id);
    if (!config)
        return missing(call, "Could not find authenticator config");
    represent_config(call, config);
    return 0;
}

int rest_config_get(struct admin_call *call)
{
    return show_config(call, admin_param(call, 1));
}

/* AD-03: that of this execution alone. */
int rest_execution_config_get(struct admin_call *call)
{
    struct auth_flows flows;
    TRY(load(call, &flows));
    const struct flow_execution *e = flow_execution_find(&flows, admin_param(call, 1));
    if (!e || !str_eq(e->config_id, admin_param(call, 2)))
        return missing(call, "Could not find authenticator config");
    return show_config(call, e->config_id);
}

int rest_config_put(struct admin_call *call)
{
    TRY(admin_body_object(call));
    TRY(admin_write(call));
    return admin_config_update(&call->ctx, call->w, admin_param(call, 1), call->body);
}

int rest_config_remove(struct admin_call *call)
{
    TRY(admin_write(call));
    return admin_config_delete(&call->ctx, call->w, admin_param(call, 1));
}

/* The older way: settings first, and the execution that takes them (authenticatorConfig) afterwards. */
int rest_configs_create(struct admin_call *call)
{
    struct flow_config config;
    TRY(read_config(call, &config));
    TRY(admin_write(call));
    TRY(admin_config_add(&call->ctx, call->w, &config));
    return admin_created(call, "authentication/config", config.id);
}
