/* Identity providers of a realm and their mappers: kept and checked; nobody logs in by them yet. What these
 * functions give is whole, with secrets: admin_identity_mask before it is shown (AD-06). */
#ifndef GARITA_CORE_ADMIN_IDENTITY_PROVIDERS_H
#define GARITA_CORE_ADMIN_IDENTITY_PROVIDERS_H

#include "core/admin/access.h"
#include "core/model/identity_provider.h"

#define IDENTITY_PROVIDERS_MAX        1000
#define IDENTITY_PROVIDER_MAPPERS_MAX 200 /* of one provider */

struct identity_providers {
    struct identity_provider *items;
    size_t count;
};

MUST_CHECK int admin_identity_list(const struct auth_ctx *ctx, struct store_read *r,
                                   struct identity_providers *ret_providers);
/* ERR_NOT_FOUND. */
MUST_CHECK int admin_identity_find(const struct auth_ctx *ctx, struct store_read *r,
                                   struct str alias, struct identity_provider *ret_provider);
/* ERR_INVALID_REQUEST with the member that is wrong, ERR_CONFLICT for an alias that is there,
 * ERR_LIMIT_REACHED. An empty id becomes a fresh one. */
MUST_CHECK int admin_identity_insert(const struct auth_ctx *ctx, struct store_write *w,
                                     struct identity_provider *io_provider);
/* Alias and kind of provider stay. SECRET_MASK in after means the secret of before. ERR_FORBIDDEN when the mappers
 * of the provider give what the caller may not (AD-04): whoever it then asks would hand that out. */
MUST_CHECK int admin_identity_update(const struct auth_ctx *ctx, const struct admin_caller *caller,
                                     struct store_write *w, const struct identity_provider *before,
                                     struct identity_provider *after);
/* To an organization that is there, or to none; nothing else changes. */
MUST_CHECK int admin_identity_assign(const struct auth_ctx *ctx, struct store_write *w,
                                     const struct identity_provider *provider,
                                     struct str organization_id);
/* With its mappers, and with the links of people to it: another provider of that alias is somebody else
 * (BR-06). */
MUST_CHECK int admin_identity_delete(const struct auth_ctx *ctx, struct store_write *w,
                                     const struct identity_provider *provider);
MUST_CHECK int admin_identity_mask(const struct auth_ctx *ctx,
                                   const struct identity_provider *provider,
                                   struct identity_provider *ret_shown);

/* --- Mappers --- */

struct identity_provider_mappers {
    struct identity_provider_mapper *items;
    size_t count;
};

/* Whether a kind of mapper is one for a kind of provider, by their names. */
bool admin_identity_mapper_fits(struct str mapper_type, struct str provider_id);
MUST_CHECK int admin_identity_mappers(const struct auth_ctx *ctx, struct store_read *r,
                                      const struct identity_provider *provider,
                                      struct identity_provider_mappers *ret_mappers);
/* Of this provider. ERR_NOT_FOUND. */
MUST_CHECK int admin_identity_mapper_find(const struct auth_ctx *ctx, struct store_read *r,
                                          const struct identity_provider *provider, struct str id,
                                          struct identity_provider_mapper *ret_mapper);
/* before NULL: a new one. ERR_INVALID_REQUEST, ERR_CONFLICT for a name that the provider has,
 * ERR_LIMIT_REACHED, ERR_FORBIDDEN (AD-04). */
MUST_CHECK int admin_identity_mapper_put(const struct auth_ctx *ctx,
                                         const struct admin_caller *caller, struct store_write *w,
                                         const struct identity_provider *provider,
                                         const struct identity_provider_mapper *before,
                                         struct identity_provider_mapper *io_mapper);
/* One of an imported realm, as it stands there: whoever imports a realm may give all that is in it. */
MUST_CHECK int admin_identity_mapper_take_over(const struct auth_ctx *ctx, struct store_write *w,
                                               const struct identity_provider *provider,
                                               struct identity_provider_mapper *io_mapper);
MUST_CHECK int admin_identity_mapper_delete(const struct auth_ctx *ctx, struct store_write *w,
                                            const struct identity_provider *provider,
                                            const struct identity_provider_mapper *mapper);
MUST_CHECK int admin_identity_mapper_mask(const struct auth_ctx *ctx,
                                          const struct identity_provider_mapper *mapper,
                                          struct identity_provider_mapper *ret_shown);

#endif
