/* What a client proves itself with: ~/clients/{id}/client-secret; its service account; the files that
 * adapters are set up with. */
#include "core/admin/client_secret.h"
#include "core/admin/clients.h"
#include "core/port/users.h"
#include "web/admin/clients.h"
#include "web/admin/represent.h"

#include "core/base/banned.h"

/* --- The secret --- */

static void write_secret(struct admin_call *call, struct str secret)
{
    struct json_writer *w = &call->out;
    jw_begin_object(w);
    jw_member_c(w, "type", "secret");
    if (!str_empty(secret))
        jw_member_str(w, "value", secret);
    jw_end_object(w);
}

/* AD-06: for who may change the client. */
int rest_client_secret_get(struct admin_call *call)
{
    struct client client;
    bool shown;
    TRY(clients_find(call, &client));
    TRY(clients_secret_is_shown(call, &client, &shown));
    if (!shown)
        return ERR_FORBIDDEN;
    write_secret(call, client_is_confidential(&client) ? client.secret : str_of(NULL, 0));
    return 0;
}

int rest_client_secret_new(struct admin_call *call)
{
    struct client client;
    struct str secret;
    TRY(clients_find_to_change(call, &client));
    TRY(admin_client_secret_set(&call->ctx, call->w, &client, str_of(NULL, 0), &secret));
    write_secret(call, secret);
    return 0;
}

/* AD-06: as the secret itself. */
int rest_client_rotated_get(struct admin_call *call)
{
    struct client client;
    struct str secret;
    bool shown;
    TRY(clients_find(call, &client));
    TRY(clients_secret_is_shown(call, &client, &shown));
    if (!shown)
        return ERR_FORBIDDEN;
    TRY(admin_client_rotated_get(&call->ctx, call->r, &client, &secret));
    write_secret(call, secret);
    return 0;
}

int rest_client_rotated_remove(struct admin_call *call)
{
    struct client client;
    TRY(clients_find_to_change(call, &client));
    return admin_client_rotated_remove(&call->ctx, call->w, &client);
}

/* --- The service account --- */

int rest_client_service_account(struct admin_call *call)
{
    struct client client;
    struct user user;
    TRY(clients_find(call, &client));
    if (str_empty(client.service_account_user_id))
        return err_set(&call->req->err, ERR_INVALID_REQUEST,
                       "Service account not enabled for the client '%.*s'",
                       STR_ARG(client.client_id));
    int rc = user_find_by_id(call->r, call->req->arena, client.service_account_user_id, &user);
    if (rc == ERR_NOT_FOUND)
        return admin_missing(call, "User");
    TRY(rc);
    /* AD-07: what a person's attributes say is for who looks at people. */
    represent_user(call, &user, !admin_has(call, ADMIN_VIEW_USERS));
    return 0;
}

/* --- keycloak.json --- */

static void write_adapter(struct admin_call *call, const struct client *client, struct str secret)
{
    struct json_writer *w = &call->out;
    jw_begin_object(w);
    jw_member_str(w, "realm", auth_realm(&call->ctx)->name);
    jw_key(w, "auth-server-url");
    jw_str(w, call->ctx.base_url);
    jw_member_str(w, "ssl-required", auth_realm(&call->ctx)->ssl_required);
    jw_member_str(w, "resource", client->client_id);
    if (client->bearer_only)
        jw_member_bool(w, "bearer-only", true);
    if (client->public_client)
        jw_member_bool(w, "public-client", true);
    if (!str_empty(secret)) {
        jw_member_object(w, "credentials");
        jw_member_str(w, "secret", secret);
        jw_end_object(w);
    }
    jw_member_i64(w, "confidential-port", 0);
    jw_end_object(w);
}

int rest_client_installation(struct admin_call *call)
{
    struct client client;
    bool shown;
    TRY(clients_find(call, &client));
    if (!str_eq(admin_param(call, 2), STR("keycloak-oidc-keycloak-json")))
        return err_set(&call->req->err, ERR_NOT_FOUND, "Unknown Provider");
    TRY(clients_secret_is_shown(call, &client, &shown));
    if (!client_is_confidential(&client))
        client.secret = str_of(NULL, 0);
    else if (!shown && !str_empty(client.secret))
        client.secret = STR(SECRET_MASK);
    write_adapter(call, &client, client.secret);
    return 0;
}
