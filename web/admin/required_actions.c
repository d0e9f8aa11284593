/* ~/authentication: required actions. */
#include "core/admin/required_actions.h"

#include "web/admin/admin.h"

#include "core/base/banned.h"

static int find(struct admin_call *call, struct required_actions *ret_actions,
                const struct required_action **ret_action)
{
    TRY(admin_read(call));
    TRY(admin_actions_load(&call->ctx, call->r, ret_actions));
    *ret_action = required_action_find(ret_actions, admin_param(call, 1));
    return *ret_action ? 0
                       : err_set(&call->req->err, ERR_NOT_FOUND, "Could not find required action");
}

static void write_config(struct json_writer *w, const struct required_action *action)
{
    jw_member_object(w, "config");
    for (size_t i = 0; i < action->config.count; i++) {
        jw_key_s(w, action->config.items[i].name);
        jw_str(w, action->config.items[i].value);
    }
    jw_end_object(w);
}

static void write_action(struct json_writer *w, const struct required_action *action)
{
    jw_begin_object(w);
    jw_member_str(w, "alias", action->alias);
    jw_member_str(w, "name", action->name);
    jw_member_str(w, "providerId", action->provider_id);
    jw_member_bool(w, "enabled", action->enabled);
    jw_member_bool(w, "defaultAction", action->default_action);
    jw_member_i64(w, "priority", action->priority);
    jw_member_bool(w, "available", action_is_here(action->alias)); /* not Keycloak's */
    write_config(w, action);
    jw_end_object(w);
}

int rest_actions_list(struct admin_call *call)
{
    struct required_actions actions;
    TRY(admin_read(call));
    TRY(admin_actions_load(&call->ctx, call->r, &actions));
    jw_begin_array(&call->out);
    for (size_t i = 0; i < actions.count; i++)
        write_action(&call->out, &actions.items[i]);
    jw_end_array(&call->out);
    return 0;
}

int rest_actions_unregistered(struct admin_call *call)
{
    struct required_actions actions;
    TRY(admin_read(call));
    TRY(admin_actions_load(&call->ctx, call->r, &actions));
    jw_begin_array(&call->out);
    for (size_t i = 0; i < action_provider_count; i++) {
        if (required_action_find(&actions, str_c(action_providers[i].alias)))
            continue;
        jw_begin_object(&call->out);
        jw_member_c(&call->out, "name", action_providers[i].name);
        jw_member_c(&call->out, "providerId", action_providers[i].alias);
        jw_end_object(&call->out);
    }
    jw_end_array(&call->out);
    return 0;
}

int rest_action_get(struct admin_call *call)
{
    struct required_actions actions;
    const struct required_action *action;
    TRY(find(call, &actions, &action));
    write_action(&call->out, action);
    return 0;
}

int rest_action_register(struct admin_call *call)
{
    struct str provider = STR(""), name = STR("");
    TRY(admin_body_object(call));
    TRY(admin_member_str(call, call->body, "providerId", &provider));
    TRY(admin_member_str(call, call->body, "name", &name));
    TRY(admin_write(call));
    return admin_action_register(&call->ctx, call->w, provider, name);
}

int rest_action_put(struct admin_call *call)
{
    TRY(admin_body_object(call));
    TRY(admin_write(call));
    return admin_action_update(&call->ctx, call->w, admin_param(call, 1), call->body);
}

int rest_action_remove(struct admin_call *call)
{
    TRY(admin_write(call));
    return admin_action_delete(&call->ctx, call->w, admin_param(call, 1));
}

int rest_action_raise(struct admin_call *call)
{
    TRY(admin_write(call));
    return admin_action_move(&call->ctx, call->w, admin_param(call, 1), -1);
}

int rest_action_lower(struct admin_call *call)
{
    TRY(admin_write(call));
    return admin_action_move(&call->ctx, call->w, admin_param(call, 1), 1);
}

/* --- Settings --- */

int rest_action_config_get(struct admin_call *call)
{
    struct required_actions actions;
    const struct required_action *action;
    TRY(find(call, &actions, &action));
    jw_begin_object(&call->out);
    write_config(&call->out, action);
    jw_end_object(&call->out);
    return 0;
}

/* Keycloak asks for the age of a login in some actions; here the actions have no settings to tell of. */
int rest_action_config_description(struct admin_call *call)
{
    struct required_actions actions;
    const struct required_action *action;
    TRY(find(call, &actions, &action));
    jw_begin_object(&call->out);
    jw_member_array(&call->out, "properties");
    jw_end_array(&call->out);
    jw_end_object(&call->out);
    return 0;
}

/* {"config": {...}} and nothing else of the action. */
static int change_config(struct admin_call *call, struct str text)
{
    const struct json_value *json;
    TRY(json_parse(call->req->arena, text, ADMIN_BODY_SMALL, &json));
    TRY(admin_write(call));
    return admin_action_update(&call->ctx, call->w, admin_param(call, 1), json);
}

int rest_action_config_put(struct admin_call *call)
{
    struct buf b;
    struct json_writer w;
    struct str text;
    TRY(admin_body_object(call));
    if (!json_is_object(json_get(call->body, "config")))
        return err_field(&call->req->err, ERR_INVALID_REQUEST, "config",
                         "config must be an object of texts");
    buf_init(&b, call->req->arena, ADMIN_BODY_SMALL);
    jw_init(&w, &b);
    jw_begin_object(&w);
    jw_member_value(&w, "config", json_get(call->body, "config"));
    jw_end_object(&w);
    TRY(jw_finish(&w, &text));
    return change_config(call, text);
}

int rest_action_config_remove(struct admin_call *call)
{
    return change_config(call, STR("{\"config\":{}}"));
}

/* ~/credential-registrators: actions by which people get credentials, of those that are switched on and can be
 * carried out. */
int rest_credential_registrators(struct admin_call *call)
{
    struct required_actions actions;
    TRY(admin_read(call));
    TRY(admin_actions_load(&call->ctx, call->r, &actions));
    jw_begin_array(&call->out);
    for (size_t i = 0; i < actions.count; i++) {
        const struct required_action *action = &actions.items[i];
        const struct action_provider *provider = action_provider_find(action->alias);
        if (action->enabled && provider && provider->is_here && provider->registers)
            jw_str(&call->out, action->alias);
    }
    jw_end_array(&call->out);
    return 0;
}
