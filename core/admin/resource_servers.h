/* Resource servers: their settings, scopes, resources, policies and permissions. Each change is checked as a
 * whole, is an event in the same transaction, and belongs to one client: ids are looked for among that
 * client's objects alone (AD-03). */
#ifndef GARITA_CORE_ADMIN_RESOURCE_SERVERS_H
#define GARITA_CORE_ADMIN_RESOURCE_SERVERS_H

#include "core/auth/context.h"
#include "core/model/resource_server.h"
#include "core/port/resource_servers.h"

#define CLIENT_ROLE_UMA_PROTECTION "uma_protection"

/* --- Itself --- */

/* Makes the resource server of a client whose switch went on, with Keycloak's resource "Default Resource" and
 * the role uma_protection for its service account; removes all of it when the switch went off. before NULL: a
 * new client. The client is stored. A policy that always grants, as Keycloak makes one where scripts are
 * allowed, is not made: nothing is allowed by default. */
MUST_CHECK int admin_rs_settle(const struct auth_ctx *ctx, struct store_write *w,
                               const struct client *before, const struct client *after);
/* The settings alone, for a client that comes from another server. */
MUST_CHECK int admin_rs_create(const struct auth_ctx *ctx, struct store_write *w,
                               const struct client *client, struct rs_settings *io_settings);
/* ERR_NOT_FOUND for a client without authorization services. */
MUST_CHECK int admin_rs_settings(const struct auth_ctx *ctx, struct store_read *r,
                                 const struct client *client, struct rs_settings *ret_settings);
MUST_CHECK int admin_rs_settings_update(const struct auth_ctx *ctx, struct store_write *w,
                                        const struct rs_settings *before,
                                        const struct rs_settings *after);

/* --- What it holds --- */

/* The object of a row, by the struct of its kind. ERR_STORE_CORRUPT. */
MUST_CHECK int rs_object_read(struct arena *a, const struct rs_object *row, void *ret_object);
/* Id, name, owner and type in an arena of their own, without the document. */
MUST_CHECK int rs_object_copy(struct arena *a, const struct rs_object *row,
                              struct rs_object *ret_copy);
/* By id, with Keycloak's words. ERR_NOT_FOUND. */
MUST_CHECK int admin_rs_find(const struct auth_ctx *ctx, struct store_read *r, int64_t client_pk,
                             enum rs_kind kind, struct str id, void *ret_object);
/* By id or, for resources those of the resource server itself, by name. ERR_INVALID_REQUEST about the
 * member. */
MUST_CHECK int admin_rs_find_named(const struct auth_ctx *ctx, struct store_read *r,
                                   int64_t client_pk, enum rs_kind kind, struct str name,
                                   const char *member, struct rs_object *ret_row);

/* row.client_pk is set; row.pk and row.id are filled in. ERR_CONFLICT with a sentence,
 * ERR_INVALID_REQUEST, ERR_LIMIT_REACHED. */
MUST_CHECK int admin_rs_scope_insert(const struct auth_ctx *ctx, struct store_write *w,
                                     struct rs_scope *io_scope);
MUST_CHECK int admin_rs_scope_update(const struct auth_ctx *ctx, struct store_write *w,
                                     const struct rs_scope *before, struct rs_scope *after);
/* As Keycloak: refused while a resource has it; permissions that are about nothing else go with it. */
MUST_CHECK int admin_rs_scope_delete(const struct auth_ctx *ctx, struct store_write *w,
                                     const struct rs_scope *scope);

/* scopes NULL: as they are; names or ids, and those that are not there are made, as in Keycloak. */
MUST_CHECK int admin_rs_resource_insert(const struct auth_ctx *ctx, struct store_write *w,
                                        struct rs_resource *io_resource, const struct strs *scopes);
MUST_CHECK int admin_rs_resource_update(const struct auth_ctx *ctx, struct store_write *w,
                                        const struct rs_resource *before, struct rs_resource *after,
                                        const struct strs *scopes);
/* Permissions that are about nothing else go with it. */
MUST_CHECK int admin_rs_resource_delete(const struct auth_ctx *ctx, struct store_write *w,
                                        const struct rs_resource *resource);

/* What a policy is to be linked to, by names or ids; given says which of these are told at all. */
struct rs_wanted_links {
    struct strs policies, resources, scopes;
    bool policies_given, resources_given, scopes_given;
    /* NULL: roles, people and so on that are not there are an error. Else they are left out and named here,
     * as a file may name what did not come along; a policy that is left with nobody is for nobody. */
    struct strs *left;
};
/* Names in its config are ids or names of roles, people and so on; ids are what is kept. */
MUST_CHECK int admin_rs_policy_insert(const struct auth_ctx *ctx, struct store_write *w,
                                      struct rs_policy *io_policy,
                                      const struct rs_wanted_links *links);
/* The type stays. ERR_INVALID_REQUEST, also for a circle of policies. */
MUST_CHECK int admin_rs_policy_update(const struct auth_ctx *ctx, struct store_write *w,
                                      const struct rs_policy *before, struct rs_policy *after,
                                      const struct rs_wanted_links *links);
/* As Keycloak: what was made of it alone goes, too. */
MUST_CHECK int admin_rs_policy_delete(const struct auth_ctx *ctx, struct store_write *w,
                                      const struct rs_policy *policy);

/* A role, person, group, client or client scope goes: policies forget it, and those that name nobody any
 * more go with it, as in Keycloak. id is that of what goes. */
MUST_CHECK int admin_rs_forget(const struct auth_ctx *ctx, struct store_write *w, struct str id);

/* --- Names of what policies are about (rs_names.c) --- */

/* From an id or a name to the id: a role "admin" or "client/role", a user name, a client_id, the name of a
 * client scope, the path of a group. ERR_INVALID_REQUEST about the member. */
MUST_CHECK int rs_name_resolve(const struct auth_ctx *ctx, struct store_read *r,
                               const struct rs_member *member, struct str name, struct str *ret_id);
/* Back. ERR_NOT_FOUND. */
MUST_CHECK int rs_name_of(struct store_read *r, struct arena *a, enum rs_about about, struct str id,
                          struct str *ret_name);

#endif
