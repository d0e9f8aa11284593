/* Signed tokens: JWS in its compact form (RFC 7515 7.1) and no other. Who verifies brings the key,
 * and the key brings the algorithm: what the token's header says about both is only compared
 * (JO-01). Keys inside or named by the header (jwk, jku, x5u, x5c) are not looked at (JO-05). */
#ifndef GARITA_CORE_JOSE_JWS_H
#define GARITA_CORE_JOSE_JWS_H

#include "core/codec/json.h"
#include "core/jose/alg.h"

#define JWS_MAX_BYTES        ((size_t)64 << 10)
#define JWS_MAX_HEADER_BYTES 4096
#define JWS_MAX_KID_BYTES    256
#define JWS_MAX_DEPTH        16

/* A key and the one algorithm it is used with. Either pk or secret. */
struct jws_key {
    enum jose_alg alg;
    const struct pk_key *pk;
    struct str secret; /* HMAC */
    struct str kid;    /* absent: none */
};

/* A token taken apart, NOT verified: nothing in it may be believed before jws_verify. */
struct jws {
    enum jose_alg alg;
    struct str kid; /* absent when the header has none */
    struct str typ; /* likewise */
    struct str cty; /* likewise */
    const struct json_value *header;
    struct str payload;       /* decoded bytes */
    struct str signing_input; /* view into the token */
    struct str signature;     /* decoded bytes */
};

/* Takes a token apart. ERR_TOO_LARGE (beyond max_bytes or JWS_MAX_BYTES, header beyond its own
 * maximum), ERR_TOKEN_MALFORMED (not three segments: checked before anything is decoded, JO-08;
 * base64url that is not canonical; header no strict JSON object; a member twice, JO-07; members of a
 * wrong type; kid too long, JO-04; crit or b64 present, JO-06), ERR_BAD_ALGORITHM (unknown or
 * "none"), ERR_NO_MEMORY. */
MUST_CHECK int jws_decode(struct arena *a, struct str token, size_t max_bytes, struct jws *ret_jws);

/* ERR_BAD_ALGORITHM when the header's alg is not the key's (JO-01), ERR_BAD_KEY when the key cannot
 * be used with it (JO-03, JO-14), ERR_BAD_SIGNATURE. */
MUST_CHECK int jws_verify(const struct jws *jws, const struct jws_key *key);

/* Signs. typ absent: no typ member; the key's kid goes into the header. The header is
 * {"alg":..,"typ":..,"kid":..} in Keycloak's order. ERR_BAD_ALGORITHM, ERR_BAD_KEY, ERR_NO_MEMORY. */
MUST_CHECK int jws_sign(struct arena *a, const struct jws_key *key, struct str typ,
                        struct str payload, struct str *ret_token);

/* The same in two steps, for signers that live elsewhere: the text to sign, and the token from that
 * text and the signature. */
MUST_CHECK int jws_signing_input(struct arena *a, enum jose_alg alg, struct str kid, struct str typ,
                                 struct str payload, struct str *ret_input);
MUST_CHECK int jws_assemble(struct arena *a, struct str signing_input, struct str signature,
                            struct str *ret_token);

/* The raw signature over any text with a jws_key: signature has room for PK_SIGNATURE_MAX_BYTES. */
MUST_CHECK int jws_sign_raw(const struct jws_key *key, struct str input, unsigned char *signature,
                            size_t *ret_len);

#endif
