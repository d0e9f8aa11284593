/* Sealing values at rest under the master key. A value is bound to its realm, table and row: moved
 * elsewhere it does not open. */
#ifndef GARITA_STORE_KEYSTORE_SEAL_H
#define GARITA_STORE_KEYSTORE_SEAL_H

#include "core/base/arena.h"
#include "core/base/err.h"
#include "core/base/secret.h"

/* Where a sealed value stands. */
struct seal_place {
    const struct secret *master_key;
    struct str realm_id;
    const char *table; /* and column: "client.secret" */
    struct str row_id;
};

MUST_CHECK int seal_value(const struct seal_place *place, struct arena *a, struct str plain,
                          struct str *ret_sealed);
/* ERR_SEAL. The clear value is in the arena, which zeroes it in the end. */
MUST_CHECK int seal_open(const struct seal_place *place, struct arena *a, struct str sealed,
                         struct str *ret_plain);

/* Guarded memory for many small secrets: sodium_malloc takes whole pages for each of its blocks.
 * Nothing is given back before the whole vault goes. */
struct vault_block;
struct vault {
    struct vault_block *blocks;
};
/* A copy, with a NUL behind. ERR_NO_MEMORY. */
MUST_CHECK int vault_keep(struct vault *vault, struct str plain, struct str *ret_kept);
void vault_free(struct vault *vault);

#endif
