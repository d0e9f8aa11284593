/* What administrators do about clients that register themselves: initial access tokens, registration access
 * tokens, and what a client's description would become. */
#include "core/admin/clients.h"
#include "core/registration/metadata.h"
#include "core/registration/tokens.h"
#include "web/admin/clients.h"

#include "core/base/banned.h"

/* --- Initial access tokens --- */

/* token absent: of one that was made before. */
static void write_access(struct json_writer *w, const struct initial_access *access,
                         struct str token)
{
    jw_begin_object(w);
    jw_member_str(w, "id", access->id);
    jw_member_str_opt(w, "token", token);
    jw_member_i64(w, "timestamp", access->created_s);
    jw_member_i64(w, "expiration", access->lifespan_s);
    jw_member_i64(w, "count", access->count);
    jw_member_i64(w, "remainingCount", access->remaining);
    jw_end_object(w);
}

int rest_initial_access_list(struct admin_call *call)
{
    struct initial_accesses list;
    TRY(admin_read(call));
    TRY(initial_access_list(&call->ctx, call->r, &list));
    jw_begin_array(&call->out);
    for (size_t i = 0; i < list.count; i++)
        write_access(&call->out, &list.items[i], str_of(NULL, 0));
    jw_end_array(&call->out);
    return 0;
}

static int member_i64(struct admin_call *call, const char *name, int64_t *io_value)
{
    return json_opt_i64(call->body, name, io_value) == 0
               ? 0
               : err_field(&call->req->err, ERR_INVALID_REQUEST, name, "%s must be a whole number",
                           name);
}

int rest_initial_access_create(struct admin_call *call)
{
    struct initial_access access = {.count = 1};
    struct str token;
    TRY(admin_body_object(call));
    TRY(member_i64(call, "expiration", &access.lifespan_s));
    TRY(member_i64(call, "count", &access.count));
    TRY(admin_write(call));
    TRY(initial_access_create(&call->ctx, call->w, &access, &token));
    write_access(&call->out, &access, token);
    return admin_created(call, "clients-initial-access", access.id);
}

int rest_initial_access_remove(struct admin_call *call)
{
    TRY(admin_write_for(call, NEED_ENDING));
    int rc = initial_access_delete(&call->ctx, call->w, admin_param(call, 1));
    return rc == ERR_NOT_FOUND ? admin_missing(call, "Initial access token") : rc;
}

/* --- The token of a client --- */

int rest_client_registration_token(struct admin_call *call)
{
    struct client client;
    struct str token;
    TRY(clients_find_to_change(call, &client));
    if (!client.enabled)
        return err_set(&call->req->err, ERR_INVALID_REQUEST,
                       "A client that is disabled does not change itself");
    TRY(registration_token_give(&call->ctx, call->w, &client, &token));
    client.secret = str_of(NULL, 0);
    jw_begin_object(&call->out);
    represent_client_members(&call->out, &client);
    jw_member_str(&call->out, "registrationAccessToken", token);
    jw_end_object(&call->out);
    return 0;
}

/* --- Descriptions --- */

/* Keycloak's own representation, or metadata of OpenID Connect. */
static int convert(struct admin_call *call, const struct json_value *json, struct client *io_client)
{
    if (json_is_none(json_get(json, "clientId")))
        return metadata_read(&call->ctx, json, io_client);
    TRY(admin_member_str(call, json, "clientId", &io_client->client_id));
    return fields_merge(&client_fields, io_client, call->req->arena, json, &call->req->err);
}

int rest_client_converter(struct admin_call *call)
{
    struct client client;
    const struct json_value *json;
    struct str text = call->req->body;
    TRY(admin_read(call));
    if (str_starts(str_trim(text), STR("<")))
        return err_set(&call->req->err, ERR_NOT_IMPLEMENTED, "SAML clients do not exist here");
    int rc = json_parse(call->req->arena, text, ADMIN_BODY_UPLOAD, &json);
    if (rc == ERR_NO_MEMORY)
        return rc;
    if (rc != 0 || !json_is_object(json))
        return err_set(&call->req->err, ERR_INVALID_REQUEST, "Unsupported format");
    TRY(admin_client_defaults(&call->ctx, STR(""), &client));
    TRY(convert(call, json, &client));
    jw_begin_object(&call->out);
    represent_client_members(&call->out, &client);
    jw_end_object(&call->out);
    return 0;
}
