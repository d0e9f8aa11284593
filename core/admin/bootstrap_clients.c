/* The clients of a new realm, their roles, and the client in master that stands for a realm. */
#include "core/admin/bootstrap_parts.h"
#include "core/admin/record.h"
#include "core/auth/client_owner.h"
#include "core/base/rng.h"
#include "core/port/clients.h"
#include "core/port/roles.h"

#include "core/base/banned.h"

static const struct role_row {
    const char *name;
    bool in_realm_admin; /* false: realm-admin itself */
} admin_roles[] = {
    {"view-realm", true},
    {"view-users", true},
    {"view-clients", true},
    {"view-events", true},
    {"view-identity-providers", true},
    {"view-authorization", true},
    {"manage-realm", true},
    {"manage-users", true},
    {"create-client", true},
    {"manage-clients", true},
    {"manage-events", true},
    {"manage-identity-providers", true},
    {"manage-authorization", true},
    {"query-users", true},
    {"query-clients", true},
    {"query-realms", true},
    {"query-groups", true},
    {"impersonation", true},
    {ROLE_REALM_ADMIN, false},
};

/* Who has the first also has the second. */
static const char *const admin_composites[][2] = {
    {"view-users", "query-users"},
    {"view-users", "query-groups"},
    {"view-clients", "query-clients"},
};

static const char *const account_roles[] = {
    "view-profile",           "manage-account", "manage-account-links", "view-applications",
    "view-consent",           "manage-consent", "view-groups",          "delete-account",
    ROLE_MANAGE_APPLICATIONS, /* not Keycloak's: core/account/own_clients.h */
};

int bootstrap_compose(struct store_write *w, const struct bootstrap_role *parent,
                      const struct bootstrap_role *child)
{
    if (!parent->made && !child->made)
        return 0;
    return role_composite_add(w, parent->role.pk, child->role.pk);
}

int bootstrap_role(struct arena *a, struct store_write *w, const struct client *client,
                   const char *name, const char *description, struct bootstrap_role *ret_role)
{
    struct role role = {0};
    int rc = role_find(store_write_reader(w), a, client ? client->pk : 0, str_c(name), &role);
    *ret_role = (struct bootstrap_role){.role = role, .made = false};
    if (rc != ERR_NOT_FOUND)
        return rc;
    role = (struct role){
        .id = uuid_new(a),
        .name = str_c(name),
        .description = description ? str_c(description) : arena_printf(a, "${role_%s}", name),
        .client_pk = client ? client->pk : 0,
        .client_id = client ? client->client_id : str_of(NULL, 0),
    };
    if (str_absent(role.id) || str_absent(role.description))
        return ERR_NO_MEMORY;
    TRY(role_insert(w, &role));
    *ret_role = (struct bootstrap_role){.role = role, .made = true};
    return 0;
}

static const struct bootstrap_role *role_named(const struct bootstrap_role *roles, const char *name)
{
    while (!str_eq_c(roles->role.name, name))
        roles++;
    return roles;
}

int bootstrap_admin_roles(struct arena *a, struct store_write *w, const struct client *client,
                          bool with_realm_admin, const struct bootstrap_role *composed_into)
{
    struct bootstrap_role roles[ARRAY_LEN(admin_roles)];
    size_t count = ARRAY_LEN(admin_roles) - (with_realm_admin ? 0 : 1);
    for (size_t i = 0; i < count; i++)
        TRY(bootstrap_role(a, w, client, admin_roles[i].name, NULL, &roles[i]));
    for (size_t i = 0; i < ARRAY_LEN(admin_composites); i++)
        TRY(bootstrap_compose(w, role_named(roles, admin_composites[i][0]),
                              role_named(roles, admin_composites[i][1])));
    for (size_t i = 0; i < count; i++) {
        if (with_realm_admin && admin_roles[i].in_realm_admin)
            TRY(bootstrap_compose(w, &roles[count - 1], &roles[i]));
        if (composed_into)
            TRY(bootstrap_compose(w, composed_into, &roles[i]));
    }
    return 0;
}

/* The realm has one of this name, from elsewhere: it stays as it is. */
static int is_there(struct bootstrap_state *s, const char *client_id, struct client *ret_client,
                    bool *ret_there)
{
    int rc = client_find(store_write_reader(s->w), s->arena, str_c(client_id), ret_client);
    *ret_there = rc == 0;
    return rc == ERR_NOT_FOUND ? 0 : rc;
}

/* A client with the usual scopes; what differs is set by the caller before client_insert. */
static int client_of(struct bootstrap_state *s, const char *client_id, struct client *ret_client)
{
    struct client client = {
        .id = uuid_new(s->arena),
        .client_id = str_c(client_id),
        .scopes = s->link_scopes,
    };
    fields_default(&client_fields, &client);
    client.name = arena_printf(s->arena, "${client_%s}", client_id);
    client.full_scope_allowed = false;
    if (str_absent(client.id) || str_absent(client.name))
        return ERR_NO_MEMORY;
    *ret_client = client;
    return 0;
}

static int set_pages(struct bootstrap_state *s, struct client *client, const char *root,
                     const char *before, const char *after)
{
    struct str base = ARENA_CONCAT(s->arena, str_c(before), s->realm->name, str_c(after));
    struct str redirect = ARENA_CONCAT(s->arena, base, STR("*"));
    if (str_absent(base) || str_absent(redirect))
        return ERR_NO_MEMORY;
    client->root_url = str_c(root);
    client->base_url = base;
    client->public_client = true;
    TRY(str_map_set(&client->attributes, s->arena, STR(CLIENT_ATTR_POST_LOGOUT_URIS), STR("+")));
    return strs_add(&client->redirect_uris, s->arena, redirect);
}

static int add_account_roles(struct bootstrap_state *s, const struct client *account)
{
    struct bootstrap_role roles[ARRAY_LEN(account_roles)];
    for (size_t i = 0; i < ARRAY_LEN(account_roles); i++)
        TRY(bootstrap_role(s->arena, s->w, account, account_roles[i], NULL, &roles[i]));
    s->account_view_profile = *role_named(roles, "view-profile");
    s->account_manage = *role_named(roles, "manage-account");
    s->account_view_groups = *role_named(roles, "view-groups");
    TRY(bootstrap_compose(s->w, &s->account_manage, role_named(roles, "manage-account-links")));
    TRY(bootstrap_compose(s->w, role_named(roles, "manage-consent"),
                          role_named(roles, "view-consent")));
    TRY(bootstrap_compose(s->w, &s->default_role, &s->account_view_profile));
    return bootstrap_compose(s->w, &s->default_role, &s->account_manage);
}

static int add_account(struct bootstrap_state *s)
{
    struct client client;
    bool there;
    TRY(is_there(s, CLIENT_ACCOUNT, &client, &there));
    if (there)
        return add_account_roles(s, &client);
    TRY(client_of(s, CLIENT_ACCOUNT, &client));
    TRY(set_pages(s, &client, "${authBaseUrl}", "/realms/", "/account/"));
    TRY(client_insert(s->w, &client));
    return add_account_roles(s, &client);
}

static int add_account_console(struct bootstrap_state *s)
{
    static const char *const no_config[] = {NULL};
    struct client client;
    bool there;
    int64_t role_pks[] = {s->account_manage.role.pk, s->account_view_groups.role.pk};
    TRY(is_there(s, CLIENT_ACCOUNT_CONSOLE, &client, &there));
    if (there)
        return 0;
    TRY(client_of(s, CLIENT_ACCOUNT_CONSOLE, &client));
    TRY(set_pages(s, &client, "${authBaseUrl}", "/realms/", "/account/"));
    TRY(str_map_set(&client.attributes, s->arena, STR(CLIENT_ATTR_PKCE), STR("S256")));
    TRY(bootstrap_mapper(s->arena, &client.mappers, "audience resolve",
                         "oidc-audience-resolve-mapper", no_config));
    client.scope_role_pks = role_pks;
    client.scope_role_count = ARRAY_LEN(role_pks);
    return client_insert(s->w, &client);
}

/* Its tokens are lightweight: the Admin API looks the roles up itself. */
static int add_admin_cli(struct bootstrap_state *s)
{
    struct client client;
    bool there;
    TRY(is_there(s, CLIENT_ADMIN_CLI, &client, &there));
    if (there)
        return 0;
    TRY(client_of(s, CLIENT_ADMIN_CLI, &client));
    client.public_client = true;
    client.standard_flow_enabled = false;
    client.direct_access_grants_enabled = true;
    client.full_scope_allowed = true;
    TRY(str_map_set(&client.attributes, s->arena, STR(CLIENT_ATTR_LIGHTWEIGHT), STR("true")));
    return client_insert(s->w, &client);
}

static int add_broker(struct bootstrap_state *s)
{
    struct client client;
    struct bootstrap_role role;
    bool there;
    TRY(is_there(s, CLIENT_BROKER, &client, &there));
    if (!there) {
        TRY(client_of(s, CLIENT_BROKER, &client));
        client.bearer_only = true;
        TRY(client_insert(s->w, &client));
    }
    return bootstrap_role(s->arena, s->w, &client, "read-token", NULL, &role);
}

static int add_realm_management(struct bootstrap_state *s)
{
    struct client client;
    bool there;
    TRY(is_there(s, CLIENT_REALM_MANAGEMENT, &client, &there));
    if (!there) {
        TRY(client_of(s, CLIENT_REALM_MANAGEMENT, &client));
        client.bearer_only = true;
        TRY(str_map_set(&client.attributes, s->arena, STR("realm_client"), STR("true")));
        TRY(client_insert(s->w, &client));
    }
    return bootstrap_admin_roles(s->arena, s->w, &client, true, NULL);
}

static int add_admin_console(struct bootstrap_state *s)
{
    static const char *const locale[] = {"user.attribute",
                                         "locale",
                                         "claim.name",
                                         "locale",
                                         "jsonType.label",
                                         "String",
                                         "id.token.claim",
                                         "true",
                                         "access.token.claim",
                                         "true",
                                         "userinfo.token.claim",
                                         "true",
                                         "introspection.token.claim",
                                         "true",
                                         NULL};
    struct client client;
    bool there;
    TRY(is_there(s, CLIENT_ADMIN_CONSOLE, &client, &there));
    if (there)
        return 0;
    TRY(client_of(s, CLIENT_ADMIN_CONSOLE, &client));
    TRY(set_pages(s, &client, "${authAdminUrl}", "/admin/", "/console/"));
    client.full_scope_allowed = true;
    TRY(strs_add(&client.web_origins, s->arena, STR("+")));
    TRY(str_map_set(&client.attributes, s->arena, STR(CLIENT_ATTR_PKCE), STR("S256")));
    TRY(str_map_set(&client.attributes, s->arena, STR(CLIENT_ATTR_LIGHTWEIGHT), STR("true")));
    TRY(bootstrap_mapper(s->arena, &client.mappers, "locale", "oidc-usermodel-attribute-mapper",
                         locale));
    return client_insert(s->w, &client);
}

struct str bootstrap_master_client_id(struct arena *a, struct str realm_name)
{
    return ARENA_CONCAT(a, realm_name, STR("-realm"));
}

/* A bearer-only client of master that carries roles and nothing else. */
static int insert_master_client(struct arena *a, struct store_write *w, struct str realm_name,
                                const struct bootstrap_role *admin, struct client *ret_client)
{
    struct client client = {.id = uuid_new(a),
                            .client_id = bootstrap_master_client_id(a, realm_name)};
    fields_default(&client_fields, &client);
    client.name = ARENA_CONCAT(a, realm_name, STR(" Realm"));
    client.bearer_only = true;
    client.full_scope_allowed = false;
    if (str_absent(client.id) || str_absent(client.client_id) || str_absent(client.name))
        return ERR_NO_MEMORY;
    TRY(str_map_set(&client.attributes, a, STR("realm_client"), STR("true")));
    TRY(client_insert(w, &client));
    TRY(bootstrap_admin_roles(a, w, &client, false, admin));
    *ret_client = client;
    return 0;
}

int bootstrap_clients(struct bootstrap_state *s)
{
    struct client ignored;
    TRY(add_account(s));
    TRY(add_account_console(s));
    TRY(add_admin_cli(s));
    TRY(add_broker(s));
    if (s->is_master)
        TRY(insert_master_client(s->arena, s->w, s->realm->name, &s->admin, &ignored));
    else
        TRY(add_realm_management(s));
    return add_admin_console(s);
}

int bootstrap_master_client(const struct auth_ctx *ctx, struct store_write *master,
                            struct str realm_name, bool *ret_made)
{
    struct store_read *r = store_write_reader(master);
    struct client client;
    struct bootstrap_role admin = {.made = false};
    struct str client_id = bootstrap_master_client_id(ctx->arena, realm_name);
    if (str_absent(client_id))
        return ERR_NO_MEMORY;
    int rc = client_find(r, ctx->arena, client_id, &client);
    if (rc != 0 && rc != ERR_NOT_FOUND)
        return rc;
    if (ret_made)
        *ret_made = rc == ERR_NOT_FOUND;
    if (rc == 0)
        return 0;
    TRY(role_find(r, ctx->arena, 0, STR(ROLE_ADMIN), &admin.role));
    TRY(insert_master_client(ctx->arena, master, realm_name, &admin, &client));
    return ADMIN_RECORD(ctx, master, EVENT_ClientCreated, "client", client.id,
                        {"clientId", client.client_id}, {"realm", realm_name});
}

int bootstrap_master_client_remove(const struct auth_ctx *ctx, struct store_write *master,
                                   struct str realm_name)
{
    struct client client;
    struct str client_id = bootstrap_master_client_id(ctx->arena, realm_name);
    if (str_absent(client_id))
        return ERR_NO_MEMORY;
    int rc = client_find(store_write_reader(master), ctx->arena, client_id, &client);
    if (rc == ERR_NOT_FOUND)
        return 0;
    TRY(rc);
    TRY(client_delete(master, client.pk));
    return ADMIN_RECORD(ctx, master, EVENT_ClientDeleted, "client", client.id,
                        {"clientId", client.client_id}, {"realm", realm_name});
}
