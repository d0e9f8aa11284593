/* Components of a realm. Most are records that are kept as they are given; those of keys are another way
 * to the realm's keys (key_components.h), and the one of the profile is another way to its document
 * (profile.h). What these functions give is whole, with secrets: admin_component_mask before it is shown. */
#ifndef GARITA_CORE_ADMIN_COMPONENTS_H
#define GARITA_CORE_ADMIN_COMPONENTS_H

#include "core/admin/access.h"
#include "core/model/component.h"

/* All of the realm: records, keys, the profile. */
MUST_CHECK int admin_component_list(const struct auth_ctx *ctx, struct store_read *r,
                                    struct components *ret_components);
/* ERR_NOT_FOUND. */
MUST_CHECK int admin_component_find(const struct auth_ctx *ctx, struct store_read *r, struct str id,
                                    struct component *ret_component);
/* A new one; an empty parent is the realm, an empty id a fresh one. ERR_INVALID_REQUEST for a provider that
 * is not in the catalogue or a configuration that is wrong, ERR_NOT_IMPLEMENTED for providers whose keys
 * this server has no use for, ERR_CONFLICT, ERR_LIMIT_REACHED, ERR_FORBIDDEN when people would get by it what
 * the caller may not give (AD-04). caller NULL: the operator. */
MUST_CHECK int admin_component_insert(const struct auth_ctx *ctx, const struct admin_caller *caller,
                                      struct store_write *w, struct component *io_component);
/* One of an imported realm that is kept as a record, as it stands there: neither the catalogue nor a caller
 * judges it. An empty id becomes a fresh one. ERR_CONFLICT. */
MUST_CHECK int admin_component_take_over(const struct auth_ctx *ctx, struct store_write *w,
                                         struct component *io_component);
/* Provider and parent stay. SECRET_MASK in after means the secret of before. */
MUST_CHECK int admin_component_update(const struct auth_ctx *ctx, const struct admin_caller *caller,
                                      struct store_write *w, const struct component *before,
                                      struct component *after);
/* With those below it. */
MUST_CHECK int admin_component_delete(const struct auth_ctx *ctx, struct store_write *w,
                                      const struct component *component);
MUST_CHECK int admin_component_mask(const struct auth_ctx *ctx, const struct component *component,
                                    struct component *ret_shown);

#endif
