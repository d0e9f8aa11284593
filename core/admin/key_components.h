/* Components of the type PROVIDER_KEY: the realm's keys as Keycloak lists them. The key is what counts; a
 * component that was made or imported has a record with its name and its key's id besides, and a key
 * without one is its own component, under the key's id. Private parts are never in a component that comes
 * out of here. */
#ifndef GARITA_CORE_ADMIN_KEY_COMPONENTS_H
#define GARITA_CORE_ADMIN_KEY_COMPONENTS_H

#include "core/auth/context.h"
#include "core/model/component.h"

/* One for each key, with the help of all records of components. */
MUST_CHECK int key_components(const struct auth_ctx *ctx, struct store_read *r,
                              const struct components *records, struct components *io_list);
/* The id of the component that stands for a key. */
struct str key_component_id(const struct components *records, struct str kid);
/* The record, among all of components, of the key of that name; NULL when it has none. */
const struct component *key_component_record(const struct components *records, struct str kid);
/* A certificate of a component's config, as PEM or the base64 inside, to DER. ERR_INVALID_REQUEST. */
MUST_CHECK int key_component_certificate(const struct auth_ctx *ctx, struct str text,
                                         struct str *ret_der);
/* ERR_NOT_FOUND. */
MUST_CHECK int key_component_find(const struct auth_ctx *ctx, struct store_read *r, struct str id,
                                  struct component *ret_component);
/* The component is checked against its provider. Sets id. As admin_key_add. */
MUST_CHECK int key_component_insert(const struct auth_ctx *ctx, struct store_write *w,
                                    struct component *io_component);
/* Name, priority, active and enabled; the key itself stays as it is: ERR_INVALID_REQUEST. */
MUST_CHECK int key_component_update(const struct auth_ctx *ctx, struct store_write *w,
                                    const struct component *before, struct component *after);
MUST_CHECK int key_component_delete(const struct auth_ctx *ctx, struct store_write *w,
                                    const struct component *component);

#endif
