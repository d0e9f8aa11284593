/* Applications that a person uses or has allowed something: /applications, and taking that back. */
#include "core/account/applications.h"
#include "core/oidc/consent.h"
#include "core/oidc/redirect_uri.h"
#include "core/port/users.h"
#include "web/account/account.h"

#include "core/base/banned.h"

static void write_scope(struct json_writer *w, const struct client_scopes *scopes, struct str name)
{
    for (size_t i = 0; i < scopes->count; i++) {
        const struct client_scope *scope = &scopes->items[i];
        if (!str_eq(scope->name, name))
            continue;
        jw_begin_object(w);
        jw_member_str(w, "id", scope->id);
        jw_member_str(w, "name", scope->name);
        jw_member_str(w, "displayText", consent_text_of(scope));
        jw_end_object(w);
    }
}

static void write_consent(struct account_call *call, const struct consent *consent)
{
    struct json_writer *w = &call->out;
    jw_begin_object(w);
    jw_member_array(w, "grantedScopes");
    for (size_t i = 0; i < consent->scopes.count; i++)
        write_scope(w, realm_view_scopes(call->ctx.view), consent->scopes.items[i]);
    jw_end_array(w);
    jw_member_i64(w, "createdDate", consent->created_ms);
    jw_member_i64(w, "lastUpdatedDate", consent->updated_ms);
    jw_end_object(w);
}

/* Where the application is; absent when it does not say. */
static struct str home_of(const struct account_call *call, const struct client *client)
{
    struct str url;
    struct arena *a = call->req->arena;
    if (str_empty(client->base_url) ||
        redirect_uri_absolute(a, client, auth_own_urls(&call->ctx), client->base_url, &url) != 0)
        return str_of(NULL, 0);
    return url;
}

static void write_application(struct account_call *call, const struct application *app)
{
    static const char *const links[] = {CLIENT_ATTR_LOGO_URI, CLIENT_ATTR_POLICY_URI,
                                        CLIENT_ATTR_TOS_URI};
    struct json_writer *w = &call->out;
    const struct client *client = app->client;
    jw_begin_object(w);
    jw_member_str(w, "clientId", client->client_id);
    jw_member_str(w, "clientName", client->name);
    jw_member_str(w, "description", client->description);
    jw_member_bool(w, "userConsentRequired", client->consent_required);
    jw_member_bool(w, "inUse", app->in_use);
    jw_member_bool(w, "offlineAccess", app->offline);
    jw_member_str(w, "rootUrl", client->root_url);
    jw_member_str(w, "baseUrl", client->base_url);
    jw_member_str_opt(w, "effectiveUrl", home_of(call, client));
    for (size_t i = 0; i < ARRAY_LEN(links); i++)
        jw_member_str_opt(w, links[i], str_map_get(&client->attributes, str_c(links[i])));
    if (app->consent) {
        jw_key(w, "consent");
        write_consent(call, app->consent);
    }
    jw_end_object(w);
}

int account_applications(struct account_call *call)
{
    struct applications list;
    TRY(account_read(call));
    TRY(applications_of(&call->ctx, call->r, call->user.pk, &list));
    jw_begin_array(&call->out);
    for (size_t i = 0; i < list.count; i++)
        write_application(call, &list.items[i]);
    jw_end_array(&call->out);
    return 0;
}

/* The client of the path by its client_id. */
static int find_client(struct account_call *call, const struct client **ret_client)
{
    int rc = realm_view_client(call->ctx.view, account_param(call, 0), ret_client);
    return rc == ERR_NOT_FOUND
               ? err_set(&call->req->err, rc, "No client with clientId: %.*s found.",
                         STR_ARG(account_param(call, 0)))
               : rc;
}

/* 204 when nothing was allowed, as Keycloak. */
int account_consent(struct account_call *call)
{
    const struct client *client;
    struct consent consent;
    TRY(account_read(call));
    TRY(find_client(call, &client));
    int rc = consent_find(call->r, call->req->arena, call->user.pk, client->pk, &consent);
    if (rc == ERR_NOT_FOUND)
        return 0;
    TRY(rc);
    write_consent(call, &consent);
    return 0;
}

/* OT-06: with the consent the client's tokens go. Nothing to take back is no error, as Keycloak. */
int account_consent_revoke(struct account_call *call)
{
    const struct client *client;
    TRY(account_write(call, NEED_ENDING));
    TRY(find_client(call, &client));
    int rc = consent_revoke(&call->ctx, call->w, &call->user, client);
    return rc == ERR_NOT_FOUND ? 0 : rc;
}
