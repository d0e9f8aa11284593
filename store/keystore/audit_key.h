/* The keys that sign a realm's audit chain: in the realm's keystore, of a use of their own, never
 * among the keys of tokens. One is active; of those before it only the public part is left. */
#ifndef GARITA_STORE_KEYSTORE_AUDIT_KEY_H
#define GARITA_STORE_KEYSTORE_AUDIT_KEY_H

#include "core/audit/statement.h"
#include "store/tx.h"

/* Signs with the active key, which is made when the realm has none. Sets kid and signature; their
 * texts live as long as the transaction. */
MUST_CHECK int audit_sign(struct store_write *w, struct statement *s);
/* All keys that may have signed, the active one first. Only what opens under the master key counts,
 * so that a row that somebody wrote into the file is none. ERR_SEAL. The caller frees the keys. */
MUST_CHECK int audit_keys_load(struct store_read *r, struct arena *a, struct audit_keys *ret_keys);
void audit_signer_free(struct audit_signer *signer);

#endif
