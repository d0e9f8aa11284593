/* Keys from a key: one subkey for each purpose, so that no two purposes share one. */
#ifndef GARITA_CORE_CRYPTO_KDF_H
#define GARITA_CORE_CRYPTO_KDF_H

#include "core/base/str.h"

#define KDF_KEY_BYTES 32

/* The subkey of a master key (exactly KDF_KEY_BYTES) for a purpose ("realm-keys", "csrf") and, below
 * it, an id (a realm's; may be empty): keyed BLAKE2b over the framed names. The same arguments give
 * the same key for ever. ERR_BAD_KEY for a master key of another length. */
MUST_CHECK int kdf_derive(struct str master, const char *purpose, struct str id,
                          unsigned char ret_key[KDF_KEY_BYTES]);

#endif
