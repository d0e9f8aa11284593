/* Clients and client scopes. */
#include "core/transfer/export_parts.h"

#include "core/admin/rs_represent.h"
#include "core/port/clients.h"

#include "core/base/banned.h"

/* The secret before the present one goes along as an attribute, as Keycloak has it. */
static int add_rotated(struct exporter *e, struct client *io_client)
{
    struct str secret;
    if (!e->options->secrets)
        return 0;
    int rc = client_rotated_find(e->r, e->scratch, io_client, &secret);
    if (rc != 0)
        return rc == ERR_NOT_FOUND ? 0 : rc;
    return str_map_set(&io_client->attributes, e->scratch, STR(CLIENT_ATTR_ROTATED_SECRET), secret);
}

static int after_each(void *context)
{
    return export_next(context);
}

/* Into the object that is open. The client is the listed one: what is read here is gone after each piece. */
static int add_authorization(struct exporter *e, const struct client *client)
{
    const struct rs_view view = {e->r, e->scratch, client, RS_PEOPLE_SHOWN};
    if (!client->authorization_services_enabled || e->options->without_authorization)
        return 0;
    jw_key(&e->w, "authorizationSettings");
    return rs_represent_all(&view, after_each, e, &e->w);
}

static int write_client(struct exporter *e, const struct client *listed)
{
    struct client client;
    TRY(client_find(e->r, e->scratch, listed->client_id, &client));
    if (!e->options->secrets && !str_empty(client.secret))
        client.secret = STR(SECRET_MASK);
    TRY(add_rotated(e, &client));
    jw_begin_object(&e->w);
    represent_client_members(&e->w, &client);
    TRY(add_authorization(e, listed));
    jw_end_object(&e->w);
    e->counts.clients++;
    return export_next(e);
}

int export_clients(struct exporter *e)
{
    if (!e->options->clients)
        return 0;
    jw_member_array(&e->w, "clients");
    TRY(export_each_client(e, write_client));
    jw_end_array(&e->w);
    return 0;
}

static void write_names(struct json_writer *w, const char *name, const struct client_scopes *scopes,
                        bool is_default)
{
    jw_member_array(w, name);
    for (size_t i = 0; i < scopes->count; i++) {
        const struct client_scope *scope = &scopes->items[i];
        if (is_default ? scope->is_default : scope->is_optional)
            jw_str(w, scope->name);
    }
    jw_end_array(w);
}

int export_client_scopes(struct exporter *e)
{
    struct client_scopes scopes;
    TRY(scope_list(e->r, e->kept, &scopes));
    jw_member_array(&e->w, "clientScopes");
    for (size_t i = 0; i < scopes.count; i++) {
        represent_scope(&e->w, &scopes.items[i]);
        TRY(export_next(e));
    }
    jw_end_array(&e->w);
    write_names(&e->w, "defaultDefaultClientScopes", &scopes, true);
    write_names(&e->w, "defaultOptionalClientScopes", &scopes, false);
    return export_next(e);
}
