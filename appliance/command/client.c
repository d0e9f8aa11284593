/* garita client ... */
#include "appliance/command/commands.h"

#include "core/admin/client_secret.h"
#include "core/admin/clients.h"
#include "core/port/clients.h"

#include "core/base/banned.h"

static const char settings_help[] =
    "Settings are written as Keycloak names them, for example name=Portal, "
    "redirectUris=https://a.example/cb, consentRequired=true or "
    "attributes.access.token.lifespan=300. A secret comes from a file or from standard input (-); "
    "without one a confidential client gets a secret of 256 random bits, which is shown.";

static int take_list(struct call *call, const char *option, struct strs *list)
{
    struct str value;
    size_t at = 0;
    while (args_next(call->args, option, &at, &value))
        TRY(strs_add(list, call->arena, value));
    return 0;
}

static int take_options(struct call *call, struct client *client)
{
    const struct {
        const char *option;
        bool *member;
    } switches[] = {{"public", &client->public_client},
                    {"bearer-only", &client->bearer_only},
                    {"service-account", &client->service_accounts_enabled},
                    {"direct-access-grants", &client->direct_access_grants_enabled},
                    {"consent-required", &client->consent_required}};
    for (size_t i = 0; i < ARRAY_LEN(switches); i++)
        if (args_has(call->args, switches[i].option))
            *switches[i].member = true;
    if (args_has(call->args, "name"))
        client->name = args_get(call->args, "name");
    TRY(take_list(call, "redirect-uri", &client->redirect_uris));
    TRY(take_list(call, "web-origin", &client->web_origins));
    return settings_apply(call, &client_fields, client, call->args->positionals,
                          call->args->positional_count);
}

static int add(struct call *call)
{
    CLEANUP(work_close) struct work work = {0};
    struct client client;
    bool given = !str_absent(call->input);
    if (given && args_has(call->args, "public"))
        return err_set(&call->err, ERR_USAGE, "a public client has no secret");
    TRY(work_open_realm(call, &work));
    TRY(admin_client_defaults(&work.ctx, args_get(call->args, "client-id"), &client));
    TRY(take_options(call, &client));
    client.secret = call->input;
    if (given && str_empty(call->input))
        return err_set(&call->err, ERR_INVALID_REQUEST, "the secret is empty");
    TRY(work_write(&work));
    TRY(admin_client_insert(&work.ctx, work.w, &client));
    TRY(work_commit(&work));
    jw_begin_object(&call->out);
    jw_member_str(&call->out, "id", client.id);
    jw_member_str(&call->out, "clientId", client.client_id);
    if (!given)
        jw_member_str_opt(&call->out, "secret", client.secret);
    jw_end_object(&call->out);
    call_say(call, "client %.*s created", STR_ARG(client.client_id));
    return 0;
}

static const char *kind_of(const struct client *client)
{
    if (client->bearer_only)
        return "bearer-only";
    return client->public_client ? "public" : "confidential";
}

static int list(struct call *call)
{
    CLEANUP(work_close) struct work work = {0};
    struct client *clients;
    size_t count;
    int64_t limit;
    TRY(call_number(call, "limit", 1, 10000, 1000, &limit));
    TRY(work_open_realm(call, &work));
    TRY(work_read(&work));
    TRY(client_list(work.r, call->arena, args_get(call->args, "after"), (size_t)limit, &clients,
                    &count));
    jw_begin_array(&call->out);
    for (size_t i = 0; i < count; i++) {
        jw_begin_object(&call->out);
        jw_member_str(&call->out, "clientId", clients[i].client_id);
        jw_member_str(&call->out, "name", clients[i].name);
        jw_member_c(&call->out, "kind", kind_of(&clients[i]));
        jw_member_bool(&call->out, "serviceAccountsEnabled", clients[i].service_accounts_enabled);
        jw_member_bool(&call->out, "enabled", clients[i].enabled);
        jw_member_str(&call->out, "id", clients[i].id);
        jw_end_object(&call->out);
    }
    jw_end_array(&call->out);
    if (count == (size_t)limit)
        call_say(call, "there may be more: --after %.*s", STR_ARG(clients[count - 1].client_id));
    return 0;
}

static int find(struct call *call, struct work *work, struct client *ret_client)
{
    return admin_client_find(&work->ctx, work->r, args_get(call->args, "client-id"), ret_client);
}

static void write_scopes(struct call *call, const struct client *client, const char *name,
                         bool is_default)
{
    jw_member_array(&call->out, name);
    for (size_t i = 0; i < client->scopes.count; i++)
        if (client->scopes.items[i].is_default == is_default)
            jw_str(&call->out, client->scopes.items[i].name);
    jw_end_array(&call->out);
}

static int show(struct call *call)
{
    CLEANUP(work_close) struct work work = {0};
    struct client client;
    TRY(work_open_realm(call, &work));
    TRY(work_read(&work));
    TRY(find(call, &work, &client));
    jw_begin_object(&call->out);
    jw_member_str(&call->out, "id", client.id);
    jw_member_str(&call->out, "clientId", client.client_id);
    fields_write(&client_fields, &client, &call->out);
    write_scopes(call, &client, "defaultClientScopes", true);
    write_scopes(call, &client, "optionalClientScopes", false);
    jw_member_array(&call->out, "mappers");
    for (size_t i = 0; i < client.mappers.count; i++)
        jw_str(&call->out, client.mappers.items[i].name);
    jw_end_array(&call->out);
    jw_end_object(&call->out);
    return 0;
}

static int set(struct call *call)
{
    CLEANUP(work_close) struct work work = {0};
    struct client before;
    TRY(settings_needed(call, 0));
    TRY(work_open_realm(call, &work));
    TRY(work_write(&work));
    TRY(find_client_whole(call, &work, &before));
    struct client after = before;
    settings_switch(call, &after.enabled);
    TRY(settings_apply(call, &client_fields, &after, call->args->positionals,
                       call->args->positional_count));
    TRY(admin_client_update(&work.ctx, work.w, &before, &after));
    TRY(work_commit(&work));
    call_say(call, "client %.*s changed", STR_ARG(before.client_id));
    return 0;
}

static int delete (struct call *call)
{
    CLEANUP(work_close) struct work work = {0};
    struct client client;
    TRY(work_open_realm(call, &work));
    TRY(work_write(&work));
    TRY(find(call, &work, &client));
    TRY(admin_client_delete(&work.ctx, work.w, &client));
    TRY(work_commit(&work));
    call_say(call, "client %.*s deleted", STR_ARG(client.client_id));
    return 0;
}

static int write_secret(struct call *call, const struct client *client, struct str value)
{
    jw_begin_object(&call->out);
    jw_member_str(&call->out, "clientId", client->client_id);
    jw_member_str(&call->out, "secret", value);
    jw_end_object(&call->out);
    return 0;
}

static int secret(struct call *call)
{
    CLEANUP(work_close) struct work work = {0};
    struct client client;
    struct str value;
    bool given = !str_absent(call->input);
    TRY(work_open_realm(call, &work));
    if (!given && !args_has(call->args, "rotate")) {
        TRY(work_read(&work));
        TRY(find(call, &work, &client));
        int rc = client_secret_copy(work.ctx.view, client.pk, CLIENT_SECRET_PRESENT, call->arena,
                                    &value);
        if (rc == ERR_NOT_FOUND)
            return err_set(&call->err, rc, "this client has no secret");
        TRY(rc);
        return write_secret(call, &client, value);
    }
    TRY(work_write(&work));
    TRY(find_client_whole(call, &work, &client));
    TRY(admin_client_secret_set(&work.ctx, work.w, &client, call->input, &value));
    TRY(work_commit(&work));
    call_say(call, "client %.*s has a new secret", STR_ARG(client.client_id));
    return given ? 0 : write_secret(call, &client, value);
}

#define OPTION_CLIENT                                                                              \
    {                                                                                              \
        "client-id", "ID", "the client", OPTION_REQUIRED                                           \
    }
static const struct option add_options[] = {
    OPTION_REALM,
    OPTION_CLIENT,
    {"public", NULL, "without a secret: browser and native applications (PKCE is needed)", 0},
    {"bearer-only", NULL, "only takes tokens, asks for none", 0},
    {"secret-file", "FILE", "file with the secret; - is standard input", OPTION_INPUT},
    {"redirect-uri", "URI", "where logins may return to", OPTION_REPEAT},
    {"web-origin", "ORIGIN", "whose scripts may call (CORS); + is the redirect URIs' origins",
     OPTION_REPEAT},
    {"service-account", NULL, "may get tokens for itself (client_credentials)", 0},
    {"direct-access-grants", NULL, "may send passwords of users (password grant)", 0},
    {"consent-required", NULL, "users are asked what it may see", 0},
    {"name", "TEXT", "what people see", 0},
};
static const struct option list_options[] = {
    OPTION_REALM,
    {"after", "ID", "go on after this client", 0},
    {"limit", "N", "at most so many (default 1000)", 0},
};
static const struct option one_options[] = {OPTION_REALM, OPTION_CLIENT};
static const struct option set_options[] = {
    OPTION_REALM,
    OPTION_CLIENT,
    {"enable", NULL, "let the client get tokens", 0},
    {"disable", NULL, "let the client get nothing", 0},
};
static const struct option secret_options[] = {
    OPTION_REALM,
    OPTION_CLIENT,
    {"rotate", NULL, "make a new secret of 256 random bits", 0},
    {"secret-file", "FILE", "set this secret; - is standard input", OPTION_INPUT},
};

const struct command client_commands[] = {
    {"client add", "[KEY=VALUE]...", 0, 200, "make a client", settings_help, OPTIONS(add_options),
     false, NULL, add, NULL, NULL},
    {"client list", "", 0, 0, "show the clients of a realm", NULL, OPTIONS(list_options), false,
     "clientId,name,kind,serviceAccountsEnabled,enabled,id", list, NULL, NULL},
    {"client show", "", 0, 0, "show a client", NULL, OPTIONS(one_options), false, NULL, show, NULL,
     NULL},
    {"client set", "[KEY=VALUE]...", 0, 200, "change a client", settings_help, OPTIONS(set_options),
     false, NULL, set, NULL, NULL},
    {"client update", "[KEY=VALUE]...", 0, 200, "the same as client set", settings_help,
     OPTIONS(set_options), false, NULL, set, NULL, NULL},
    {"client delete", "", 0, 0, "delete a client", NULL, OPTIONS(one_options), false, NULL, delete,
     NULL, NULL},
    {"client secret", "", 0, 0, "show, set or renew a client's secret", NULL,
     OPTIONS(secret_options), false, NULL, secret, NULL, NULL},
};
const size_t client_command_count = ARRAY_LEN(client_commands);
