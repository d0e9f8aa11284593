/* Keys of a realm: a new one takes over signing, the old ones verify for an overlap. */
#ifndef GARITA_CORE_ADMIN_KEYS_H
#define GARITA_CORE_ADMIN_KEYS_H

#include "core/auth/context.h"

/* Long enough for the longest token that an old key may have signed to end by itself. */
#define KEY_OVERLAP_DEFAULT_MS (INT64_C(30) * 86400 * 1000)

/* Makes a new active key of that algorithm with the highest priority. Active ones of it become
 * passive until now + overlap_ms (0: disabled at once). ERR_INVALID_REQUEST for an unknown
 * algorithm. */
MUST_CHECK int admin_key_rotate(const struct auth_ctx *ctx, struct store_write *w, struct str alg,
                                int64_t overlap_ms, struct realm_key *ret_key);
/* Neither signs nor verifies from now on: tokens under it are dead. ERR_NOT_FOUND; ERR_FORBIDDEN
 * for the last active key of the realm's own algorithm or of HS512 (rotate first). */
MUST_CHECK int admin_key_disable(const struct auth_ctx *ctx, struct store_write *w, struct str kid);
/* ERR_NOT_FOUND. */
MUST_CHECK int admin_key_find(const struct auth_ctx *ctx, struct store_read *r, struct str kid,
                              struct realm_key *ret_key);

/* What components of keys ask for (core/admin/key_components.h). */
#define ADMIN_KEYS_MAX 64 /* of a realm: all of them are published */
/* A key of that alg, status, priority and, to be made, size; or the private key that is given (as
 * pk_import_private takes it), with its certificate (DER) or a new one. It does not touch the others.
 * ERR_INVALID_REQUEST for a private key or a certificate that does not fit, ERR_LIMIT_REACHED. */
MUST_CHECK int admin_key_add(const struct auth_ctx *ctx, struct store_write *w,
                             struct realm_key *io_key, struct str private_key);
/* One of an imported realm under the id that it has there. Errors of key_import. */
MUST_CHECK int admin_key_take_over(const struct auth_ctx *ctx, struct store_write *w,
                                   struct realm_key *io_key, struct str private_key);
/* A key that becomes passive so has no end. ERR_FORBIDDEN as for admin_key_disable. */
MUST_CHECK int admin_key_change(const struct auth_ctx *ctx, struct store_write *w,
                                const struct realm_key *before, enum key_status status,
                                int64_t priority);
/* Gone for good: tokens under it are dead. ERR_FORBIDDEN as for admin_key_disable. */
MUST_CHECK int admin_key_delete(const struct auth_ctx *ctx, struct store_write *w,
                                const struct realm_key *key);

/* Disables passive keys whose overlap has ended; *ret_next_ms is when the next one ends
 * (INT64_MAX: none). For the scheduler. */
MUST_CHECK int admin_keys_retire(const struct auth_ctx *ctx, struct store_write *w,
                                 int64_t *ret_count, int64_t *ret_next_ms);
/* Whether admin_keys_retire has something to do, told from the view alone. */
bool admin_keys_due(const struct realm_keys *keys, int64_t now_ms);

const char *key_status_name(enum key_status status);

#endif
