/* Organizations of a realm: kept, with members who are people of the realm and identity providers that are
 * theirs. Log-ins and tokens do not know of them yet. */
#ifndef GARITA_CORE_ADMIN_ORGANIZATIONS_H
#define GARITA_CORE_ADMIN_ORGANIZATIONS_H

#include "core/admin/access.h"
#include "core/admin/organization_names.h"
#include "core/audit/change.h"
#include "core/model/identity_provider.h"
#include "core/model/organization.h"
#include "core/model/user.h"

struct organizations {
    struct organization *items;
    size_t count;
};

/* ERR_NOT_FOUND unless the realm's switch is on (OA-16). */
MUST_CHECK int admin_organizations_on(const struct auth_ctx *ctx);

MUST_CHECK int admin_organization_list(const struct auth_ctx *ctx, struct store_read *r,
                                       struct organizations *ret_organizations);
/* ERR_NOT_FOUND. */
MUST_CHECK int admin_organization_find(const struct auth_ctx *ctx, struct store_read *r,
                                       struct str id, struct organization *ret_organization);
/* An alias that is missing is made of the name. ERR_INVALID_REQUEST with the member that is wrong, also for
 * a domain that another one has; ERR_CONFLICT for name and alias. */
MUST_CHECK int admin_organization_insert(const struct auth_ctx *ctx, struct store_write *w,
                                         struct organization *io_organization);
/* The same in an import, where io_names has all that the realm has so far; it is added. */
MUST_CHECK int admin_organization_take_over(const struct auth_ctx *ctx, struct store_write *w,
                                            struct organization *io_organization,
                                            struct organization_names *io_names);
/* The alias stays. */
MUST_CHECK int admin_organization_update(const struct auth_ctx *ctx, struct store_write *w,
                                         const struct organization *before,
                                         struct organization *after);
/* AD-04: whether the caller has all rights that its groups give again once it is on; absent: those of all
 * organizations, when the realm turns them on. ERR_FORBIDDEN. */
MUST_CHECK int admin_organization_may_wake(const struct auth_ctx *ctx,
                                           const struct admin_caller *caller, struct store_read *r,
                                           struct str organization_id);
/* The detail of an event that turns it on, or all (absent): the roles that its groups give again, the first of
 * them; without a name when there are none. */
MUST_CHECK int admin_organization_wakes(const struct auth_ctx *ctx, struct store_read *r,
                                        struct str organization_id, struct detail *ret_woken);
/* Members and identity providers stay in the realm; its groups go. */
MUST_CHECK int admin_organization_delete(const struct auth_ctx *ctx, struct store_write *w,
                                         const struct organization *organization);

/* ERR_CONFLICT, ERR_NOT_FOUND with a sentence. */
MUST_CHECK int admin_organization_join(const struct auth_ctx *ctx, struct store_write *w,
                                       const struct organization *organization,
                                       const struct user *user);
MUST_CHECK int admin_organization_leave(const struct auth_ctx *ctx, struct store_write *w,
                                        const struct organization *organization,
                                        const struct user *user);

/* ERR_CONFLICT for one that has an organization. */
MUST_CHECK int admin_organization_link(const struct auth_ctx *ctx, struct store_write *w,
                                       const struct organization *organization,
                                       const struct identity_provider *provider);
MUST_CHECK int admin_organization_unlink(const struct auth_ctx *ctx, struct store_write *w,
                                         const struct identity_provider *provider);

#endif
