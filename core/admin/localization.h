/* The realm's own texts, by locale: they take the place of the texts of the login pages that have the same
 * key, and stand for "${key}" in names of clients and scopes. */
#ifndef GARITA_CORE_ADMIN_LOCALIZATION_H
#define GARITA_CORE_ADMIN_LOCALIZATION_H

#include "core/auth/context.h"

#define LOCALIZATION_LOCALES_MAX    64
#define LOCALIZATION_TEXTS_MAX      2000               /* of one locale */
#define LOCALIZATION_MAX_BYTES      ((size_t)96 << 10) /* of them together, as JSON */
#define LOCALIZATION_TEXT_MAX_BYTES 4096

/* By name. */
MUST_CHECK int localization_locales(struct store_read *r, struct arena *a,
                                    struct strs *ret_locales);
/* Empty when the realm has none for the locale. */
MUST_CHECK int localization_texts(struct store_read *r, struct arena *a, struct str locale,
                                  struct str_map *ret_texts);

/* Adds texts to a locale, or puts them in the place of those that have their keys. ERR_INVALID_REQUEST for
 * what is no locale, empty or over-long keys and texts, or too many. */
MUST_CHECK int localization_put(const struct auth_ctx *ctx, struct store_write *w,
                                struct str locale, const struct str_map *texts);
/* One text, or with an absent key the whole locale. ERR_NOT_FOUND. */
MUST_CHECK int localization_delete(const struct auth_ctx *ctx, struct store_write *w,
                                   struct str locale, struct str key);

#endif
