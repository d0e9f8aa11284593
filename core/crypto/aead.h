/* Sealing: XChaCha20-Poly1305 with a random nonce. A sealed value is
 *   version byte 1 | nonce 24 bytes | ciphertext | tag 16 bytes
 * and opens only with the same key and the same associated data, which names what is sealed (table,
 * row, column), so that a value moved elsewhere does not open. */
#ifndef GARITA_CORE_CRYPTO_AEAD_H
#define GARITA_CORE_CRYPTO_AEAD_H

#include "core/base/arena.h"
#include "core/base/secret.h"

#define AEAD_KEY_BYTES      32
#define AEAD_OVERHEAD_BYTES (1 + 24 + 16)

/* ERR_BAD_KEY when key has not AEAD_KEY_BYTES, ERR_NO_MEMORY. */
MUST_CHECK int aead_seal(struct arena *a, struct str key, struct str associated, struct str plain,
                         struct str *ret_sealed);
/* ERR_SEAL for a wrong key, wrong associated data, or any changed, missing or added byte. */
MUST_CHECK int aead_open(struct arena *a, struct str key, struct str associated, struct str sealed,
                         struct str *ret_plain);
/* As aead_open for what must not be in ordinary memory; the caller frees ret_plain. */
MUST_CHECK int aead_open_secret(struct str key, struct str associated, struct str sealed,
                                struct secret *ret_plain);

#endif
