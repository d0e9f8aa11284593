/* Keys of a realm. Private parts never leave store/keystore: signing goes through core/port/signer.h
 */
#ifndef GARITA_CORE_MODEL_KEY_H
#define GARITA_CORE_MODEL_KEY_H

#include "core/model/fields.h"

enum key_status {
    KEY_ACTIVE,  /* signs and verifies */
    KEY_PASSIVE, /* verifies only: overlap after rotation, published in the JWKS */
    KEY_DISABLED /* neither */
};

struct realm_key {
    int64_t pk;
    struct str kid;
    struct str alg; /* "RS256", "ES256", "EdDSA", "HS512" */
    struct str use; /* "sig" */
    enum key_status status;
    int64_t priority; /* highest active one of an alg signs */
    int64_t created_ms;
    int64_t not_after_ms;   /* end of the overlap of a passive key; 0: none */
    struct str public_jwk;  /* JSON text with public members only; absent for HS* */
    struct str certificate; /* DER; absent for HS*, EdDSA */
    int rsa_bits;           /* of one that is to be made; 0: 2048 */
};

/* What not_after_ms is called where a key is a component of a realm file; Keycloak leaves it alone. */
#define KEY_CONFIG_NOT_AFTER "garita.notAfter"

struct realm_keys {
    struct realm_key *items;
    size_t count;
};

#endif
