/* Clients of an imported realm. What this server does not let a client have (URLs of dangerous schemes,
 * algorithms that do not exist here) leaves it and is told; a client of another protocol stays away. */
#include "core/transfer/import_parts.h"

#include <stdlib.h>

#include "core/admin/bootstrap.h"
#include "core/admin/client_nodes.h"
#include "core/admin/clients.h"
#include "core/admin/flows.h"
#include "core/admin/roles.h"
#include "core/admin/users.h"
#include "core/model/check.h"
#include "core/port/clients.h"
#include "core/port/roles.h"
#include "core/port/users.h"

#include "core/base/banned.h"

#define ROUNDS_MAX  64
#define SECRET_MASK "**********"
#define CLIENTS_MAX 100000

/* --- URLs --- */

typedef int uri_test(struct str text, struct err_ctx *ctx);

static int test_redirect(struct str text, struct err_ctx *ctx)
{
    if (str_empty(text))
        return err_set(ctx, ERR_INVALID_REQUEST, "a redirect URI is empty");
    return uri_check(text, URI_FOR_REDIRECT, "redirectUris", ctx);
}

static void keep_good(struct import *im, struct strs *list, uri_test *test,
                      const struct import_at *at)
{
    size_t kept = 0;
    for (size_t i = 0; i < list->count; i++) {
        if (test(list->items[i], im->ctx.err) == 0)
            list->items[kept++] = list->items[i];
        else
            import_note_check(im, IMPORT_LEFT, AT_INDEX(at, i));
    }
    list->count = kept;
}

/* Under another name the realm's own pages have other paths. */
static int move_page(struct import *im, const char *before, struct str *io_uri)
{
    struct str old = ARENA_CONCAT(import_arena(im), str_c(before), im->file_realm, STR("/"));
    if (str_absent(old))
        return ERR_NO_MEMORY;
    if (str_eq(im->file_realm, im->realm.name) || !str_starts(*io_uri, old))
        return 0;
    *io_uri = ARENA_CONCAT(import_arena(im), str_c(before), im->realm.name, STR("/"),
                           str_from(*io_uri, old.len));
    return str_absent(*io_uri) ? ERR_NO_MEMORY : 0;
}

static int move_pages(struct import *im, struct client *client)
{
    static const char *const before[] = {"/realms/", "/auth/realms/", "/admin/", "/auth/admin/"};
    for (size_t i = 0; i < ARRAY_LEN(before); i++) {
        TRY(move_page(im, before[i], &client->base_url));
        for (size_t k = 0; k < client->redirect_uris.count; k++)
            TRY(move_page(im, before[i], &client->redirect_uris.items[k]));
    }
    return 0;
}

/* --- What does not fit --- */

static void drop_attribute(struct str_map *map, size_t at)
{
    for (size_t i = at + 1; i < map->count; i++)
        map->items[i - 1] = map->items[i];
    map->count--;
}

/* The member that a check refused becomes what it may be; false when there is no such value. */
static bool mend(struct client *client, const char *member)
{
    struct str name = str_c(member);
    for (size_t i = 0; i < client->attributes.count; i++)
        if (str_eq(client->attributes.items[i].name, name)) {
            drop_attribute(&client->attributes, i);
            return true;
        }
    if (str_eq(name, STR("serviceAccountsEnabled")))
        client->service_accounts_enabled = false;
    else if (str_eq(name, STR("authorizationServicesEnabled")))
        client->authorization_services_enabled = false;
    else if (str_eq(name, STR("publicClient")))
        client->public_client = false;
    else if (str_eq(name, STR("clientAuthenticatorType")))
        client->client_authenticator_type = STR("client-secret");
    else if (str_eq(name, STR("rootUrl")))
        client->root_url = STR("");
    else if (str_eq(name, STR("baseUrl")))
        client->base_url = STR("");
    else if (str_eq(name, STR("adminUrl")))
        client->admin_url = STR("");
    else
        return false;
    return true;
}

static int settle(struct import *im, struct client *client, const struct import_at *at)
{
    for (int i = 0; i < ROUNDS_MAX; i++) {
        int rc = client_check(client, im->ctx.err);
        if (rc != ERR_INVALID_REQUEST)
            return import_explain(im, at, rc);
        char member[sizeof(im->ctx.err->field)];
        memcpy(member, im->ctx.err->field, sizeof(member));
        if (!mend(client, member))
            return import_explain(im, at, rc);
        import_note_check(im, IMPORT_ADAPTED, AT_MEMBER(at, member));
    }
    return import_fail(im, at, "too many members do not fit");
}

/* Nobody logs in with the client that carries the rights of administration. */
static void guard_management(struct import *im, struct client *client, const struct import_at *at)
{
    if (!str_eq(client->client_id, STR(CLIENT_REALM_MANAGEMENT)))
        return;
    if (!client->bearer_only || client->public_client || client->service_accounts_enabled)
        import_adapted(im, at,
                       "the client that carries the rights of administration stays bearer-only");
    client->bearer_only = true;
    client->public_client = client->service_accounts_enabled = false;
    client->direct_access_grants_enabled = client->implicit_flow_enabled = false;
}

/* --- Secrets --- */

static int take_secret(struct import *im, const struct json_value *json, const struct import_at *at,
                       struct client *client)
{
    struct str secret = {NULL, 0};
    TRY(import_str(im, json, "secret", at, &secret));
    if (!client_is_confidential(client))
        return 0;
    if (str_eq(secret, STR(SECRET_MASK)) || str_empty(secret)) {
        if (!str_eq(client->client_authenticator_type, STR("client-jwt")))
            import_adapted(im, AT_MEMBER(at, "secret"), "not in the file: a new one was made");
        return 0;
    }
    client->secret = secret;
    return 0;
}

/* --- Scopes --- */

static void add_scope(struct client *client, const struct client_scope *scope, bool is_default)
{
    for (size_t i = 0; i < client->scopes.count; i++)
        if (client->scopes.items[i].pk == scope->pk)
            return;
    struct client_scope *link = &client->scopes.items[client->scopes.count++];
    *link = *scope;
    link->is_default = is_default;
    link->is_optional = !is_default;
}

static int link_named(struct import *im, const struct json_value *names, const struct import_at *at,
                      bool is_default, struct client *client)
{
    const struct json_value *name;
    struct json_iter it = json_iter(names);
    for (size_t i = 0; json_next(&it, NULL, &name); i++) {
        TRY(import_expect_text(im, name, AT_INDEX(at, i)));
        const struct client_scope *scope = import_scope_find(im, json_str(name));
        if (scope)
            add_scope(client, scope, is_default);
        else
            import_left(im, AT_INDEX(at, i), "there is no such client scope");
    }
    return 0;
}

/* A client that names none gets those that new clients get. */
static int link_scopes(struct import *im, const struct json_value *json, const struct import_at *at,
                       struct client *client)
{
    const struct json_value *usual, *optional;
    struct str template = {NULL, 0};
    TRY(import_list(im, json, "defaultClientScopes", at, &usual));
    TRY(import_list(im, json, "optionalClientScopes", at, &optional));
    TRY(import_str(im, json, "clientTemplate", at, &template));
    client->scopes.items = ARENA_ARRAY(import_arena(im), im->scopes.count + 1, struct client_scope);
    if (!client->scopes.items)
        return ERR_NO_MEMORY;
    TRY(link_named(im, usual, AT_MEMBER(at, "defaultClientScopes"), true, client));
    TRY(link_named(im, optional, AT_MEMBER(at, "optionalClientScopes"), false, client));
    for (size_t i = 0; i < im->scopes.count; i++) {
        const struct client_scope *scope = &im->scopes.items[i];
        bool added = im->added_scopes[0] == scope->pk || im->added_scopes[1] == scope->pk;
        if (added || str_eq(scope->name, template) ||
            (!usual && !optional && (scope->is_default || scope->is_optional)))
            add_scope(client, scope, !scope->is_optional);
    }
    return 0;
}

/* --- All together --- */

static int remember(struct import *im, const struct client *client, bool wants_account)
{
    if (im->client_count == CLIENTS_MAX)
        return err_set(im->ctx.err, ERR_LIMIT_REACHED, "there are at most %d clients", CLIENTS_MAX);
    if (im->client_count == im->client_room) {
        size_t room = im->client_room ? 2 * im->client_room : 64;
        im->clients =
            arena_grow(im->lasting, im->clients, im->client_count, room, sizeof(*im->clients));
        if (!im->clients)
            return ERR_NO_MEMORY;
        im->client_room = room;
    }
    struct import_client *item = &im->clients[im->client_count++];
    *item = (struct import_client){.client_id = arena_str(im->lasting, client->client_id),
                                   .id = arena_str(im->lasting, client->id),
                                   .pk = client->pk,
                                   .wants_service_account = wants_account};
    return str_absent(item->client_id) || str_absent(item->id) ? ERR_NO_MEMORY : 0;
}

/* The flows are there by now, under their ids of the file. */
static int check_flows(struct import *im, const struct import_at *at, struct client *io_client)
{
    int rc = admin_flows_check_client(&im->ctx, im->r, NULL, io_client);
    if (rc != ERR_INVALID_REQUEST)
        return rc;
    import_note_check(im, IMPORT_LEFT, AT_MEMBER(at, "authenticationFlowBindingOverrides"));
    io_client->flow_overrides = (struct str_map){0};
    return 0;
}

/* Hosts that cannot be kept are told and left: nothing is sent to any of them here. */
static int take_nodes(struct import *im, const struct json_value *json, const struct import_at *at,
                      struct client *io_client)
{
    const struct json_value *nodes, *moment;
    struct str node;
    int64_t moment_s;
    TRY(import_object(im, json, "registeredNodes", at, &nodes));
    for (struct json_iter it = json_iter(nodes); json_next(&it, &node, &moment);) {
        int rc = json_i64(moment, &moment_s) == 0
                     ? client_node_take_over(&im->ctx, io_client, node, moment_s)
                     : ERR_INVALID_REQUEST;
        if (rc == ERR_INVALID_REQUEST || rc == ERR_LIMIT_REACHED)
            import_left(im, AT_MEMBER(at, "registeredNodes"), "a node that cannot be kept");
        else
            TRY(rc);
    }
    return 0;
}

static int read_client(struct import *im, const struct json_value *json, const struct import_at *at,
                       struct client *client)
{
    const struct json_value *mappers;
    TRY(import_id(im, json, at, &client->id));
    TRY(import_fields(im, &client_fields, client, json, at));
    if (str_empty(client->protocol))
        client->protocol = STR("openid-connect");
    if (str_empty(client->client_authenticator_type))
        client->client_authenticator_type = STR("client-secret");
    TRY(take_nodes(im, json, at, client));
    TRY(check_flows(im, at, client));
    TRY(move_pages(im, client));
    keep_good(im, &client->redirect_uris, test_redirect, AT_MEMBER(at, "redirectUris"));
    keep_good(im, &client->web_origins, web_origin_check, AT_MEMBER(at, "webOrigins"));
    guard_management(im, client, at);
    TRY(settle(im, client, at));
    TRY(take_secret(im, json, at, client));
    TRY(import_list(im, json, "protocolMappers", at, &mappers));
    TRY(import_mappers(im, mappers, AT_MEMBER(at, "protocolMappers"), &client->mappers));
    return link_scopes(im, json, at, client);
}

static int take_client(struct import *im, const struct json_value *json, const struct import_at *at)
{
    struct client client = {.pk = 0};
    struct str name = {NULL, 0}, protocol = {NULL, 0};
    fields_default(&client_fields, &client);
    TRY(import_str(im, json, "protocol", at, &protocol));
    if (!str_empty(protocol) && !str_eq(protocol, STR("openid-connect"))) {
        import_left(im, at, "clients of this protocol are not served here");
        return 0;
    }
    TRY(import_str(im, json, "name", at, &name)); /* of old applications */
    client.client_id = name;
    TRY(import_str(im, json, "clientId", at, &client.client_id));
    TRY(read_client(im, json, at, &client));
    TRY(import_explain(im, at, admin_client_take_over(&im->ctx, im->w, &client)));
    import_report_took(im->report, "clients", 1);
    return remember(im, &client, client.service_accounts_enabled);
}

static int compare(const void *a, const void *b)
{
    return str_cmp(((const struct import_client *)a)->client_id,
                   ((const struct import_client *)b)->client_id);
}

static void sort(struct import *im)
{
    if (im->client_count > 0)
        qsort(im->clients, im->client_count, sizeof(*im->clients), compare);
}

/* Clients that the realm lacked have been made by bootstrap. */
static int remember_made(struct import *im)
{
    static const char *const names[] = {CLIENT_ACCOUNT,          CLIENT_ACCOUNT_CONSOLE,
                                        CLIENT_ADMIN_CLI,        CLIENT_BROKER,
                                        CLIENT_REALM_MANAGEMENT, CLIENT_ADMIN_CONSOLE};
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        struct client client;
        if (import_client_find(im, str_c(names[i])))
            continue;
        TRY(client_find(im->r, import_arena(im), str_c(names[i]), &client));
        TRY(remember(im, &client, false));
        sort(im);
    }
    return 0;
}

/* Before client roles had composites, clients named the roles that everybody gets. */
static int default_roles_of(struct import *im, const struct json_value *json,
                            const struct import_at *at)
{
    const struct json_value *names, *name;
    struct str client_id = json_get_str(json, "clientId");
    struct role whole, role;
    TRY(import_list(im, json, "defaultRoles", at, &names));
    const struct import_client *client = import_client_find(im, client_id);
    if (!names || !client)
        return 0;
    TRY(role_find_by_id(im->r, import_arena(im), im->realm.default_role_id, &whole));
    for (struct json_iter it = json_iter(names); json_next(&it, NULL, &name);) {
        if (import_role_find(im, client, json_str(name), &role) != 0)
            import_left(im, AT_MEMBER(at, "defaultRoles"), "there is no such role");
        else
            TRY(import_explain(im, at, admin_role_compose(&im->ctx, im->w, &whole, &role)));
    }
    return 0;
}

int import_clients(struct import *im)
{
    struct bootstrap_rest rest = {.ctx = &im->ctx, .realm = &im->realm};
    TRY(import_each(im, SECTION_CLIENTS, take_client));
    sort(im);
    TRY(import_client_roles(im));
    rest.link_scopes = import_usual_scopes(im);
    if (!rest.link_scopes.items)
        return ERR_NO_MEMORY;
    TRY(bootstrap_complete_clients(im->w, &rest));
    TRY(remember_made(im));
    arena_reset(import_arena(im));
    return import_each(im, SECTION_CLIENTS, default_roles_of);
}

/* --- Service accounts --- */

static int make_account(struct import *im, const struct import_client *item,
                        const struct client *client, struct str *ret_user_id)
{
    struct user user = {.service_account_client_id = item->id};
    fields_default(&user_fields, &user);
    user.username = admin_service_account_name(import_arena(im), client->client_id);
    if (str_absent(user.username))
        return ERR_NO_MEMORY;
    TRY(admin_user_prepare(&im->ctx, &user));
    TRY(admin_user_insert(&im->ctx, im->w, &user));
    *ret_user_id = user.id;
    return 0;
}

int import_service_accounts(struct import *im)
{
    for (size_t i = 0; i < im->client_count; i++) {
        const struct import_client *item = &im->clients[i];
        struct client client;
        if (!item->wants_service_account)
            continue;
        TRY(client_find_by_id(im->r, import_arena(im), item->id, &client));
        client.service_account_user_id = item->service_user_id;
        if (str_absent(item->service_user_id))
            TRY(import_explain(im, AT_NAME(AT_MEMBER(NULL, "clients"), item->client_id),
                               make_account(im, item, &client, &client.service_account_user_id)));
        TRY(client_update(im->w, &client));
        arena_reset(import_arena(im));
        TRY(import_step(im));
    }
    return 0;
}
