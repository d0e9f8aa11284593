/* The table of signature algorithms (alg.def) and who may use which. */
#ifndef GARITA_CORE_JOSE_ALG_H
#define GARITA_CORE_JOSE_ALG_H

#include "core/crypto/digest.h"
#include "core/crypto/pk.h"

enum jose_alg {
    JOSE_ALG_UNKNOWN = 0,
#define A(name, family, digest, pk, bits, uses) JOSE_##name,
#include "core/jose/alg.def"
#undef A
    JOSE_ALG_COUNT
};

enum jose_family { JOSE_HMAC, JOSE_RSA, JOSE_EC, JOSE_OKP };

/* What an algorithm may be used for. */
enum jose_use {
    JOSE_FOR_TOKENS = 1,        /* access, ID and logout tokens, UserInfo: signed by a realm key */
    JOSE_FOR_CLIENT_KEY = 2,    /* private_key_jwt, signed request objects: a client's key pair */
    JOSE_FOR_CLIENT_SECRET = 4, /* client_secret_jwt: the client's secret */
    JOSE_FOR_INTERNAL = 8       /* refresh tokens, action links: read by ourselves alone */
};

struct jose_alg_info {
    struct str name;
    enum jose_family family;
    enum digest_alg digest;
    enum pk_alg pk; /* PK_ALG_NONE for HMAC */
    int min_key_bits;
    unsigned uses;
};

/* Exact spelling; JOSE_ALG_UNKNOWN for everything else, "none" in every case included (JO-02).
 * "Ed25519" (RFC 9864) is read as EdDSA. */
enum jose_alg jose_alg_of(struct str name);
/* Never for JOSE_ALG_UNKNOWN (NULL then). */
const struct jose_alg_info *jose_alg_info(enum jose_alg alg);
/* Absent for JOSE_ALG_UNKNOWN. */
struct str jose_alg_name(enum jose_alg alg);
bool jose_alg_allowed(enum jose_alg alg, enum jose_use use);
/* The usual algorithm of a key: RS256, ES256, ES384, ES512, EdDSA. */
enum jose_alg jose_alg_default(const struct pk_key *key);

/* at_hash and c_hash (OpenID Connect Core 3.1.3.6): left half of the algorithm's hash, base64url.
 * Absent when the arena is exhausted. */
struct str jose_half_hash(struct arena *a, enum jose_alg alg, struct str value);

#endif
