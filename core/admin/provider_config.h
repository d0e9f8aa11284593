/* What a realm holds about one provider: names and their values, checked against the catalogue. Secrets go
 * in and never come out (AD-06). */
#ifndef GARITA_CORE_ADMIN_PROVIDER_CONFIG_H
#define GARITA_CORE_ADMIN_PROVIDER_CONFIG_H

#include "core/admin/access.h"
#include "core/admin/providers.h"

#define PROVIDER_CONFIG_MAX 128 /* names */

/* Every value by itself, one of each but for SETTING_TEXTS, and what is required. ERR_INVALID_REQUEST. */
MUST_CHECK int provider_config_check(const struct provider *provider, const struct attrs *config,
                                     struct err_ctx *err);
/* Puts what before holds in the place of each SECRET_MASK of a change. ERR_INVALID_REQUEST when there is
 * nothing in that place, or when the change sends the secret elsewhere (SETTING_HOST). */
MUST_CHECK int provider_config_keep(const struct provider *provider, struct arena *a,
                                    const struct attrs *before, struct attrs *io_after,
                                    struct err_ctx *err);
/* A copy with SECRET_MASK in the place of secrets: for answers and events. */
MUST_CHECK int provider_config_mask(const struct provider *provider, struct arena *a,
                                    const struct attrs *config, struct attrs *ret_shown);
/* AD-04: whether the caller may give what people would get by this configuration, roles directly or by a
 * group. ERR_FORBIDDEN; ERR_INVALID_REQUEST when the role or group is not there. */
MUST_CHECK int provider_config_may_give(const struct auth_ctx *ctx,
                                        const struct admin_caller *caller, struct store_read *r,
                                        const struct provider *provider,
                                        const struct attrs *config);

/* Between the two shapes that Keycloak has for configurations: of many values, and of one for each name. */
MUST_CHECK int provider_config_of_map(struct arena *a, const struct str_map *map,
                                      struct attrs *ret_config);
MUST_CHECK int provider_config_to_map(struct arena *a, const struct attrs *config,
                                      struct str_map *ret_map);

#endif
