/* Keys as JSON (RFC 7517, RFC 7518 6, RFC 8037): reading those of clients and other servers,
 * writing our public ones. Writing knows no private members at all (JO-16). */
#ifndef GARITA_CORE_JOSE_JWK_H
#define GARITA_CORE_JOSE_JWK_H

#include "core/jose/jws.h"

#define JWKS_MAX_BYTES ((size_t)256 << 10)
#define JWKS_MAX_KEYS  64

enum jwk_use { JWK_USE_ANY, JWK_USE_SIG, JWK_USE_ENC };

struct jwk {
    struct pk_key *pk; /* owned; NULL for oct */
    struct str secret; /* oct, in the arena; else absent */
    struct str kid;    /* absent: none */
    enum jwk_use use;
    enum jose_alg alg; /* JOSE_ALG_UNKNOWN: the JWK does not say */
    bool other_alg;    /* it says one that is not for signatures or not known: unusable here */
    bool may_sign, may_verify; /* key_ops; both true when it does not say */
};

struct jwks {
    struct jwk *keys;
    size_t count;
    size_t skipped; /* keys of kinds we do not know (RFC 7517 5) or that are unusable */
};

enum jwk_private { JWK_PUBLIC_ONLY, JWK_PRIVATE_TOO };

/* One key. JWK_PUBLIC_ONLY reads the public members of a private key and refuses kty oct.
 * JWK_PRIVATE_TOO makes a private key when there are private members. ERR_BAD_KEY (unknown kty or
 * crv, bad numbers, members of a wrong type, RSA too small), ERR_NO_MEMORY. Free with jwk_free. */
MUST_CHECK int jwk_parse(struct arena *a, const struct json_value *json, enum jwk_private which,
                         struct jwk *ret_jwk);
void jwk_free(struct jwk *jwk);

/* A set, public keys only. Unusable keys are skipped; ERR_INVALID_SYNTAX when the text is not a set,
 * ERR_TOO_LARGE beyond the maxima, ERR_NO_MEMORY. Free with jwks_free. */
MUST_CHECK int jwks_parse(struct arena *a, struct str text, struct jwks *ret_jwks);
void jwks_free(struct jwks *jwks);

/* The key to verify a token with: same kid (when the token has one), fit for the token's algorithm,
 * meant for signatures (JO-03). Without a kid only a single fitting key counts. Then ret_key is set
 * to that key with that algorithm; it lives as long as the set. ERR_UNKNOWN_KEY. */
MUST_CHECK int jwks_find(const struct jwks *jwks, const struct jws *jws, struct jws_key *ret_key);

/* The part of a set that a token with this kid (absent: any) may be verified with: a set again, of
 * public members only and without certificates, no key of it looked at yet. Errors as jwks_parse. */
MUST_CHECK int jwks_narrow(struct arena *a, struct str text, struct str kid, struct str *ret_text);

/* Writes one public key as a JWK object: kid, kty, alg, use, the numbers and, when certificate_der
 * is present, x5c, x5t and x5t#S256. kid and alg may be absent / unknown. The writer's error tells
 * about failure; scratch is for temporary values. */
void jwk_write(struct json_writer *w, struct arena *scratch, const struct pk_key *key,
               struct str kid, enum jose_alg alg, struct str certificate_der);

/* base64url(SHA-256) of the RFC 7638 form. ERR_NO_MEMORY. */
MUST_CHECK int jwk_thumbprint(struct arena *a, const struct pk_key *key,
                              struct str *ret_thumbprint);
/* Keycloak's way to name a key: base64url(SHA-256(SubjectPublicKeyInfo)). ERR_NO_MEMORY. */
MUST_CHECK int jwk_default_kid(struct arena *a, const struct pk_key *key, struct str *ret_kid);

#endif
