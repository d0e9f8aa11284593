/* Keys of a realm, and sealing values at rest. Private parts stay inside store/keystore. */
#ifndef GARITA_CORE_PORT_KEYS_H
#define GARITA_CORE_PORT_KEYS_H

#include "core/model/key.h"
#include "core/port/store.h"

/* Makes a key (RSA of rsa_bits for RS and PS, the curve of ES, Ed25519, 512 random bits for HS512), seals
 * and stores it. Sets pk, kid, public_jwk, certificate. */
MUST_CHECK int key_generate(struct store_write *w, struct arena *a, struct realm_key *key);
/* An imported key with its kid (Keycloak's realm export): PKCS#8 or PKCS#1 DER, or raw for HS. */
MUST_CHECK int key_import(struct store_write *w, struct arena *a, struct realm_key *key,
                          struct str private_key);
MUST_CHECK int key_list(struct store_read *r, struct arena *a, struct realm_keys *ret_keys);
/* The private part in the arena, as key_import takes it: PKCS#8 DER, or raw for HS. For exports alone.
 * ERR_NOT_FOUND, ERR_SEAL under a wrong master key. */
MUST_CHECK int key_private_copy(struct store_read *r, struct arena *a, const struct realm_key *key,
                                struct str *ret_private);
MUST_CHECK int key_update(struct store_write *w, const struct realm_key *key);
MUST_CHECK int key_delete(struct store_write *w, int64_t key_pk);

#endif
