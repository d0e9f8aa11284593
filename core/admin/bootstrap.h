/* What a new realm holds: Keycloak's roles, client scopes with their mappers, clients and keys, so
 * that tools made for Keycloak find what they expect. No user, no password (CL-01). */
#ifndef GARITA_CORE_ADMIN_BOOTSTRAP_H
#define GARITA_CORE_ADMIN_BOOTSTRAP_H

#include "core/auth/context.h"
#include "core/model/role.h"

#define CLIENT_ACCOUNT          "account"
#define CLIENT_ACCOUNT_CONSOLE  "account-console"
#define CLIENT_ADMIN_CLI        "admin-cli"
#define CLIENT_BROKER           "broker"
#define CLIENT_REALM_MANAGEMENT "realm-management"
#define CLIENT_ADMIN_CONSOLE    "security-admin-console"
#define ROLE_ADMIN              "admin"
#define ROLE_CREATE_REALM       "create-realm"
#define ROLE_REALM_ADMIN        "realm-admin"
#define ROLE_OFFLINE_ACCESS     "offline_access"
#define ROLE_UMA_AUTHORIZATION  "uma_authorization"
#define ROLE_TOKEN_VALIDATOR    "token-validator"
#define SCOPE_SERVICE_ACCOUNT   "service_account"

/* The settings of a new realm of that name: the table's defaults, Keycloak's security headers, the
 * three languages. Sets id and default_role_id. ERR_NO_MEMORY. */
MUST_CHECK int bootstrap_settings(struct arena *a, struct str name, struct realm *ret_realm);

/* The mappers of all client scopes that a new realm gets, with fresh ids. */
MUST_CHECK int bootstrap_builtin_mappers(struct arena *a, struct protocol_mappers *ret_mappers);

/* Fits store_realm_fill; arg is a struct bootstrap. Appends RealmCreated as the realm's first
 * event. */
struct bootstrap {
    const struct auth_ctx *ctx; /* its view is not looked at */
    const struct realm *realm;
};
int bootstrap_fill(struct store_write *w, struct realm_view *empty_view, void *arg);

/* In master: the client "<realm>-realm" that carries the administration roles for another realm,
 * and those roles inside master's role admin. Makes what is missing; nothing changes when all is
 * there already (ret_made false then). ret_made may be NULL. */
MUST_CHECK int bootstrap_master_client(const struct auth_ctx *ctx, struct store_write *master,
                                       struct str realm_name, bool *ret_made);
/* Takes that client away again; fine when there is none. */
MUST_CHECK int bootstrap_master_client_remove(const struct auth_ctx *ctx,
                                              struct store_write *master, struct str realm_name);
/* "peru-realm"; absent when the arena is exhausted. */
struct str bootstrap_master_client_id(struct arena *a, struct str realm_name);

#endif
