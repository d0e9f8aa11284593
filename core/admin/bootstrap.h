/* What a new realm holds: Keycloak's roles, client scopes with their mappers, clients and keys, so
 * that tools made for Keycloak find what they expect. No user, no password (CL-01). */
#ifndef GARITA_CORE_ADMIN_BOOTSTRAP_H
#define GARITA_CORE_ADMIN_BOOTSTRAP_H

#include "core/auth/context.h"
#include "core/model/role.h"
#include "core/model/scope.h"

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

/* Gives a realm that is filled from elsewhere what of all this it lacks; what is there stays as it is.
 * First roles of the realm and, unless it brought its own, client scopes; then, once its clients and
 * their roles are there, the missing ones of these and keys of the algorithms that it signs with. */
struct bootstrap_rest {
    const struct auth_ctx *ctx;
    const struct realm *realm;
    bool with_scopes;
    struct client_scopes link_scopes; /* what clients that are made here get */
};
MUST_CHECK int bootstrap_complete_realm(struct store_write *w, const struct bootstrap_rest *rest);
MUST_CHECK int bootstrap_complete_clients(struct store_write *w, const struct bootstrap_rest *rest);
/* The client scope of a new realm that has this name, stored; for realms from times before it was usual.
 * ERR_NOT_FOUND for other names. */
MUST_CHECK int bootstrap_scope_named(struct store_write *w, const struct bootstrap_rest *rest,
                                     const char *name, struct client_scope *ret_scope);

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
