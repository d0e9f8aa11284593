/* Clients, client scopes and mappers as Keycloak's representations. */
#include "web/admin/clients.h"

#include "core/base/banned.h"

static void write_map(struct json_writer *w, const char *name, const struct str_map *map)
{
    jw_member_object(w, name);
    for (size_t i = 0; i < map->count; i++) {
        jw_key_s(w, map->items[i].name);
        jw_str(w, map->items[i].value);
    }
    jw_end_object(w);
}

void represent_mapper(struct json_writer *w, const struct protocol_mapper *mapper)
{
    jw_begin_object(w);
    jw_member_str(w, "id", mapper->id);
    jw_member_str(w, "name", mapper->name);
    jw_member_str(w, "protocol", mapper->protocol);
    jw_member_str(w, "protocolMapper", mapper->type);
    jw_member_bool(w, "consentRequired", false);
    write_map(w, "config", &mapper->config);
    jw_end_object(w);
}

void represent_mappers(struct json_writer *w, const struct protocol_mappers *mappers)
{
    jw_begin_array(w);
    for (size_t i = 0; i < mappers->count; i++)
        represent_mapper(w, &mappers->items[i]);
    jw_end_array(w);
}

void represent_scope(struct json_writer *w, const struct client_scope *scope)
{
    jw_begin_object(w);
    jw_member_str(w, "id", scope->id);
    jw_member_str(w, "name", scope->name);
    if (!str_empty(scope->description))
        jw_member_str(w, "description", scope->description);
    jw_member_str(w, "protocol", scope->protocol);
    write_map(w, "attributes", &scope->attributes);
    jw_key(w, "protocolMappers");
    represent_mappers(w, &scope->mappers);
    jw_end_object(w);
}

void represent_scope_brief(struct json_writer *w, const struct client_scope *scope)
{
    jw_begin_object(w);
    jw_member_str(w, "id", scope->id);
    jw_member_str(w, "name", scope->name);
    jw_member_str(w, "protocol", scope->protocol);
    jw_end_object(w);
}

static void write_scope_names(struct json_writer *w, const char *name, const struct client *client,
                              bool is_default)
{
    jw_member_array(w, name);
    for (size_t i = 0; i < client->scopes.count; i++)
        if (client->scopes.items[i].is_default == is_default)
            jw_str(w, client->scopes.items[i].name);
    jw_end_array(w);
}

/* Tools read these without asking whether they are there; fields_write leaves empty ones out. */
static void write_empty(struct json_writer *w, const struct client *client)
{
    if (client->redirect_uris.count == 0) {
        jw_member_array(w, "redirectUris");
        jw_end_array(w);
    }
    if (client->web_origins.count == 0) {
        jw_member_array(w, "webOrigins");
        jw_end_array(w);
    }
    if (client->attributes.count == 0) {
        jw_member_object(w, "attributes");
        jw_end_object(w);
    }
}

static void write_access(struct admin_call *call)
{
    struct json_writer *w = &call->out;
    bool manages = admin_has(call, ADMIN_MANAGE_CLIENTS);
    jw_member_object(w, "access");
    jw_member_bool(w, "view", admin_has(call, ADMIN_VIEW_CLIENTS));
    jw_member_bool(w, "configure", manages);
    jw_member_bool(w, "manage", manages);
    jw_end_object(w);
}

void represent_client(struct admin_call *call, const struct client *client)
{
    struct json_writer *w = &call->out;
    jw_begin_object(w);
    jw_member_str(w, "id", client->id);
    jw_member_str(w, "clientId", client->client_id);
    fields_write(&client_fields, client, w);
    write_empty(w, client);
    if (!str_empty(client->secret))
        jw_member_str(w, "secret", client->secret);
    jw_member_bool(w, "surrogateAuthRequired", false);
    jw_member_i64(w, "nodeReRegistrationTimeout", -1);
    jw_member_object(w, "authenticationFlowBindingOverrides");
    jw_end_object(w);
    if (client->mappers.count > 0) {
        jw_key(w, "protocolMappers");
        represent_mappers(w, &client->mappers);
    }
    write_scope_names(w, "defaultClientScopes", client, true);
    write_scope_names(w, "optionalClientScopes", client, false);
    write_access(call);
    jw_end_object(w);
}
