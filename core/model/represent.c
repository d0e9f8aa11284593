/* Writing representations. */
#include "core/model/represent.h"

#include "core/base/banned.h"

static void write_texts(struct json_writer *w, const struct strs *list)
{
    for (size_t i = 0; i < list->count; i++)
        jw_str(w, list->items[i]);
    jw_end_array(w);
}

void represent_strs(struct json_writer *w, const char *name, const struct strs *list)
{
    jw_member_array(w, name);
    write_texts(w, list);
}

void represent_attrs_value(struct json_writer *w, const struct attrs *attrs)
{
    jw_begin_object(w);
    for (size_t i = 0; i < attrs->count; i++) {
        jw_key_s(w, attrs->items[i].name);
        jw_begin_array(w);
        write_texts(w, &attrs->items[i].values);
    }
    jw_end_object(w);
}

void represent_attrs(struct json_writer *w, const char *name, const struct attrs *attrs)
{
    jw_key(w, name);
    represent_attrs_value(w, attrs);
}

void represent_map(struct json_writer *w, const char *name, const struct str_map *map)
{
    jw_member_object(w, name);
    for (size_t i = 0; i < map->count; i++) {
        jw_key_s(w, map->items[i].name);
        jw_str(w, map->items[i].value);
    }
    jw_end_object(w);
}

static void write_text(struct json_writer *w, const char *name, struct str text)
{
    if (!str_empty(text))
        jw_member_str(w, name, text);
}

/* --- Roles, groups, people --- */

void represent_role_members(struct json_writer *w, const struct role *role, struct str container_id)
{
    jw_member_str(w, "id", role->id);
    jw_member_str(w, "name", role->name);
    write_text(w, "description", role->description);
    jw_member_bool(w, "composite", role->composite);
    jw_member_bool(w, "clientRole", role->client_pk != 0);
    jw_member_str(w, "containerId", container_id);
}

static void write_names(struct json_writer *w, const struct roles *roles, int64_t client_pk)
{
    for (size_t i = 0; i < roles->count; i++)
        if (roles->items[i].client_pk == client_pk)
            jw_str(w, roles->items[i].name);
    jw_end_array(w);
}

void represent_role_names(struct json_writer *w, const struct roles *roles)
{
    jw_member_array(w, "realmRoles");
    write_names(w, roles, 0);
    jw_member_object(w, "clientRoles");
    for (size_t i = 0; i < roles->count; i++) {
        int64_t client_pk = roles->items[i].client_pk;
        if (client_pk == 0 || (i > 0 && roles->items[i - 1].client_pk == client_pk))
            continue;
        jw_key_s(w, roles->items[i].client_id);
        jw_begin_array(w);
        write_names(w, roles, client_pk);
    }
    jw_end_object(w);
}

void represent_group_members(struct json_writer *w, const struct group *group)
{
    jw_member_str(w, "id", group->id);
    jw_member_str(w, "name", group->name);
    write_text(w, "description", group->description);
    jw_member_str(w, "path", group->path);
}

void represent_user_members(struct json_writer *w, const struct user *user)
{
    jw_member_str(w, "id", user->id);
    jw_member_str(w, "username", user->username);
    write_text(w, "firstName", user->first_name);
    write_text(w, "lastName", user->last_name);
    write_text(w, "email", user->email);
    jw_member_bool(w, "emailVerified", user->email_verified);
    jw_member_bool(w, "enabled", user->enabled);
    jw_member_i64(w, "createdTimestamp", user->created_ms);
}

void represent_user_details(struct json_writer *w, const struct user *user)
{
    if (user->attributes.count > 0)
        represent_attrs(w, "attributes", &user->attributes);
    jw_member_array(w, "disableableCredentialTypes");
    jw_end_array(w);
    represent_strs(w, "requiredActions", &user->required_actions);
    jw_member_i64(w, "notBefore", user->not_before_s);
}

/* --- Clients and client scopes --- */

void represent_credential(struct json_writer *w, const struct credential *credential,
                          bool with_secret)
{
    jw_begin_object(w);
    jw_member_str(w, "id", credential->id);
    jw_member_str(w, "type", credential->type);
    if (!str_empty(credential->user_label))
        jw_member_str(w, "userLabel", credential->user_label);
    jw_member_i64(w, "createdDate", credential->created_ms);
    if (with_secret)
        jw_member_str(w, "secretData", credential->secret_data);
    jw_member_str_opt(w, "credentialData", credential->credential_data);
    jw_member_i64(w, "priority", credential->priority);
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
    represent_map(w, "config", &mapper->config);
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
    write_text(w, "description", scope->description);
    jw_member_str(w, "protocol", scope->protocol);
    represent_map(w, "attributes", &scope->attributes);
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
    if (client->redirect_uris.count == 0)
        represent_strs(w, "redirectUris", &client->redirect_uris);
    if (client->web_origins.count == 0)
        represent_strs(w, "webOrigins", &client->web_origins);
    if (client->attributes.count == 0)
        represent_map(w, "attributes", &client->attributes);
    if (client->flow_overrides.count == 0)
        represent_map(w, "authenticationFlowBindingOverrides", &client->flow_overrides);
}

/* As Keycloak: when each host was told, in seconds. */
static void write_nodes(struct json_writer *w, const struct client *client)
{
    const struct str prefix = STR_INIT(CLIENT_ATTR_NODE_PREFIX);
    bool any = false;
    for (size_t i = 0; i < client->attributes.count; i++) {
        const struct str_pair *pair = &client->attributes.items[i];
        int64_t s;
        if (!str_starts(pair->name, prefix) || str_to_i64(pair->value, &s) != 0)
            continue;
        if (!any)
            jw_member_object(w, "registeredNodes");
        any = true;
        jw_key_s(w, str_from(pair->name, prefix.len));
        jw_i64(w, s);
    }
    if (any)
        jw_end_object(w);
}

void represent_client_members(struct json_writer *w, const struct client *client)
{
    jw_member_str(w, "id", client->id);
    jw_member_str(w, "clientId", client->client_id);
    fields_write(&client_fields, client, w);
    write_empty(w, client);
    write_text(w, "secret", client->secret);
    jw_member_bool(w, "surrogateAuthRequired", false);
    jw_member_i64(w, "nodeReRegistrationTimeout", -1);
    write_nodes(w, client);
    if (client->mappers.count > 0) {
        jw_key(w, "protocolMappers");
        represent_mappers(w, &client->mappers);
    }
    write_scope_names(w, "defaultClientScopes", client, true);
    write_scope_names(w, "optionalClientScopes", client, false);
}
