/* The registry of tenants: a short form of declarative documents for houses with many tenants. It knows
 * nothing that realms, people, roles and clients do not; this is where it becomes these.
 *
 *   tenants:
 *     - tenant: peru
 *       displayName: Perú
 *       environments: [production, staging]      realms peru and peru-staging
 *       quotas: {users: 50000}                   attributes garita.quota.users
 *       settings: {accessTokenLifespan: 300}     of each of its realms
 *       owner: {username: maria, email: ...}     realm-management/realm-admin
 *       members: {auditor: [luis], realm-management/view-users: [{username: rosa}]}
 *       serviceAccounts: [{clientId: billing, secret: ..., roles: [realm-management/view-users]}]
 *   globalAdmins: [{username: ana}]              people of master with its role admin */
#ifndef GARITA_APPLIANCE_APPLY_TENANTS_H
#define GARITA_APPLIANCE_APPLY_TENANTS_H

#include "core/base/err.h"
#include "core/codec/json.h"

#define TENANT_ENVIRONMENTS_MAX 8
#define TENANT_PEOPLE_MAX       500

/* The realms of tenants and globalAdmins of the root, as an array (empty when there are none), in the
 * arena. ERR_CONFIG with the tenant and the reason. */
MUST_CHECK int tenants_to_realms(struct arena *a, const struct json_value *root,
                                 const struct json_value **ret_realms, struct err_ctx *err);

#endif
