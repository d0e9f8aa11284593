/* Components as records, without a look at what they mean. */
#ifndef GARITA_CORE_ADMIN_COMPONENT_RECORDS_H
#define GARITA_CORE_ADMIN_COMPONENT_RECORDS_H

#include "core/auth/context.h"
#include "core/model/component.h"

/* Keys included: components that stand for keys but not the keys. */
MUST_CHECK int component_records(const struct auth_ctx *ctx, struct store_read *r,
                                 struct components *ret_components);
MUST_CHECK int component_record_find(const struct auth_ctx *ctx, struct store_read *r,
                                     struct str id, struct component *ret_component);
/* An empty id becomes a fresh one. ERR_CONFLICT with a sentence. */
MUST_CHECK int component_record_insert(const struct auth_ctx *ctx, struct store_write *w,
                                       struct component *io_component);
MUST_CHECK int component_record_update(const struct auth_ctx *ctx, struct store_write *w,
                                       const struct component *component);
/* One more at the end of a list in the arena. ERR_NO_MEMORY. */
MUST_CHECK int components_add(struct components *list, struct arena *a,
                              const struct component *component);

#endif
