/* The logo that a realm keeps itself (core/model/picture.h), shown on its login pages and to its people. An address
 * in the attribute garita.logoUri goes before it. */
#ifndef GARITA_CORE_ADMIN_LOGO_H
#define GARITA_CORE_ADMIN_LOGO_H

#include "core/auth/context.h"
#include "core/codec/json.h"
#include "core/model/picture.h"

/* Longest in base64. */
#define LOGO_TEXT_MAX_BYTES (PICTURE_MAX_BYTES / 3 * 4 + 4)
/* The attribute of an export that holds the picture, as a data: URI: Keycloak takes any attribute. */
#define LOGO_EXPORT_ATTR    "garita.logo"

struct logo {
    struct str type; /* "image/png" */
    struct str data; /* base64 */
};

/* ERR_NOT_FOUND. In memory of a. */
MUST_CHECK int logo_find(struct store_read *r, struct arena *a, struct logo *ret_logo);
/* data: base64 of the picture; its kind is told by its bytes. ERR_INVALID_REQUEST with the field data. */
MUST_CHECK int admin_logo_put(const struct auth_ctx *ctx, struct store_write *w, struct str data);
/* The same of a data: URI, as exports have it; what its head says of the kind counts for nothing. */
MUST_CHECK int admin_logo_put_uri(const struct auth_ctx *ctx, struct store_write *w,
                                  struct str uri);
/* WE-08: settings that hold a logo among their attributes, as those of an export: it is put (one that is the same
 * stays, an empty text takes it away), and is no attribute of after any more. What stood among those of before is
 * left out and no more. Errors as above. */
MUST_CHECK int admin_logo_take(const struct auth_ctx *ctx, struct store_write *w,
                               const struct str_map *before, struct str_map *io_after);
/* ERR_NOT_FOUND. */
MUST_CHECK int admin_logo_delete(const struct auth_ctx *ctx, struct store_write *w);

#endif
