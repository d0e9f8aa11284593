/* Rows of keys; the private part is sealed already. */
#ifndef GARITA_STORE_SQL_KEY_ROW_H
#define GARITA_STORE_SQL_KEY_ROW_H

#include "core/model/key.h"
#include "store/tx.h"

/* Sets key->pk. ERR_CONFLICT when the realm has a key with this kid and algorithm. */
MUST_CHECK int key_row_insert(struct store_write *w, struct realm_key *key, struct str sealed);
/* Takes a key's private part away: what verifies, sealed, stands in its place. */
MUST_CHECK int key_row_retire(struct store_write *w, int64_t key_pk, struct str sealed_public);

#endif
