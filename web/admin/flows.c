/* ~/authentication: flows, and the steps that there are. */
#include "web/admin/flows.h"

#include "core/base/banned.h"

static int load(struct admin_call *call, struct auth_flows *ret_flows)
{
    TRY(admin_read(call));
    return admin_flows_load(&call->ctx, call->r, ret_flows);
}

/* --- Flows --- */

int rest_flows_list(struct admin_call *call)
{
    struct auth_flows flows;
    TRY(load(call, &flows));
    jw_begin_array(&call->out);
    for (size_t i = 0; i < flows.count; i++)
        if (flows.flows[i].top_level)
            represent_flow(&call->out, &flows, &flows.flows[i]);
    jw_end_array(&call->out);
    return 0;
}

int rest_flows_create(struct admin_call *call)
{
    struct auth_flow flow;
    bool top = true;
    TRY(admin_body_object(call));
    fields_default(&auth_flow_fields, &flow);
    TRY(fields_merge(&auth_flow_fields, &flow, call->req->arena, call->body, &call->req->err));
    TRY(admin_member_bool(call, call->body, "topLevel", &top));
    if (!top)
        return err_field(&call->req->err, ERR_INVALID_REQUEST, "topLevel",
                         "Flows within flows are made by executions/flow");
    TRY(admin_write(call));
    TRY(admin_flow_create(&call->ctx, call->w, &flow));
    return admin_created(call, "authentication/flows", flow.id);
}

int rest_flow_get(struct admin_call *call)
{
    struct auth_flows flows;
    TRY(load(call, &flows));
    const struct auth_flow *flow = flow_find(&flows, admin_param(call, 1));
    if (!flow)
        return err_set(&call->req->err, ERR_NOT_FOUND, "Could not find flow with id");
    represent_flow(&call->out, &flows, flow);
    return 0;
}

int rest_flow_put(struct admin_call *call)
{
    TRY(admin_body_object(call));
    TRY(admin_write(call));
    call->status = 202;
    return admin_flow_update(&call->ctx, call->w, admin_param(call, 1), call->body);
}

int rest_flow_remove(struct admin_call *call)
{
    TRY(admin_write(call));
    return admin_flow_delete(&call->ctx, call->w, admin_param(call, 1));
}

int rest_flow_copy(struct admin_call *call)
{
    struct str alias = {NULL, 0}, id;
    TRY(admin_body_object(call));
    TRY(admin_member_str(call, call->body, "newName", &alias));
    if (str_empty(alias))
        return err_field(&call->req->err, ERR_INVALID_REQUEST, "newName", "A new name is needed");
    TRY(admin_write(call));
    TRY(admin_flow_copy(&call->ctx, call->w, admin_param(call, 1), alias, &id));
    return admin_created(call, "authentication/flows", id);
}

/* --- Steps --- */

static int list_steps(struct admin_call *call, enum step_kind kind)
{
    represent_steps(&call->out, kind);
    return 0;
}

int rest_authenticators(struct admin_call *call)
{
    return list_steps(call, STEP_AUTHENTICATOR);
}

int rest_client_authenticators(struct admin_call *call)
{
    return list_steps(call, STEP_CLIENT_AUTHENTICATOR);
}

int rest_forms(struct admin_call *call)
{
    return list_steps(call, STEP_FORM);
}

int rest_form_actions(struct admin_call *call)
{
    return list_steps(call, STEP_FORM_ACTION);
}

static void write_property(struct json_writer *w, const struct step_property *property)
{
    jw_begin_object(w);
    jw_member_c(w, "name", property->name);
    jw_member_c(w, "label", property->label);
    jw_member_c(w, "type", property->type);
    if (property->default_value)
        jw_member_c(w, "defaultValue", property->default_value);
    jw_member_bool(w, "secret", property->secret);
    jw_member_bool(w, "required", false);
    jw_end_object(w);
}

static void write_properties(struct json_writer *w, struct str step)
{
    jw_begin_array(w);
    for (size_t i = 0; i < step_property_count; i++)
        if (str_eq_c(step, step_properties[i].step))
            write_property(w, &step_properties[i]);
    jw_end_array(w);
}

int rest_step_config_description(struct admin_call *call)
{
    const struct flow_step *step = flow_step_find(admin_param(call, 1));
    if (!step)
        return err_set(&call->req->err, ERR_NOT_FOUND, "Could not find authenticator provider");
    jw_begin_object(&call->out);
    jw_member_c(&call->out, "name", step->name);
    jw_member_c(&call->out, "providerId", step->id);
    jw_member_c(&call->out, "helpText", step->help);
    jw_key(&call->out, "properties");
    write_properties(&call->out, str_c(step->id));
    jw_end_object(&call->out);
    return 0;
}

/* What each way to authenticate asks of a client: nothing but its own attributes here. */
int rest_client_config_descriptions(struct admin_call *call)
{
    jw_begin_object(&call->out);
    for (size_t i = 0; i < flow_step_count; i++) {
        if (flow_steps[i].kind != STEP_CLIENT_AUTHENTICATOR)
            continue;
        jw_key(&call->out, flow_steps[i].id);
        write_properties(&call->out, str_c(flow_steps[i].id));
    }
    jw_end_object(&call->out);
    return 0;
}
