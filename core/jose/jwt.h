/* Claims of a JWT (RFC 7519): parsed once with their types checked, then compared with what the
 * caller expects. Deny by default: what is not said to be optional must be there. */
#ifndef GARITA_CORE_JOSE_JWT_H
#define GARITA_CORE_JOSE_JWT_H

#include "core/jose/jws.h"

#define JWT_MAX_SKEW_S 60
/* NumericDates: whole seconds from 0 to the end of the year 9999 (JO-10). */
#define JWT_MAX_DATE_S INT64_C(253402300799)
#define JWT_NO_DATE    (-1)

struct jwt_claims {
    const struct json_value *json; /* the object with all claims */
    struct str iss, sub, jti;      /* absent when not there */
    struct str typ;                /* the claim of Keycloak ("Bearer", "ID", "Refresh") */
    struct str azp, sid, nonce, scope;
    const struct json_value *aud; /* string or array of strings; NULL when not there */
    int64_t exp_s, nbf_s, iat_s;  /* JWT_NO_DATE when not there */
};

/* Parses the payload of a token. ERR_TOKEN_MALFORMED (no strict JSON object, a member twice, too
 * deep), ERR_TOKEN_CLAIM (a registered claim of a wrong type; dates that are negative, fractional,
 * strings or too large, JO-10), ERR_NO_MEMORY. */
MUST_CHECK int jwt_parse_claims(struct arena *a, struct str payload, struct jwt_claims *ret_claims);

struct jwt_expect {
    int64_t now_s;
    int64_t skew_s;         /* 0 to JWT_MAX_SKEW_S; more is cut to that */
    struct str issuer;      /* must be equal; absent: not compared (any_issuer must be set) */
    struct str audience;    /* must be the aud or one of it; absent: not compared (any_audience) */
    struct str subject;     /* must be equal; absent: not compared */
    struct str header_typ;  /* of the header, case ignored, "application/" optional (RFC 7515
                             * 4.1.9); absent: not compared (any_header_typ) */
    struct str claim_typ;   /* of Keycloak's claim typ; absent: not compared */
    int64_t max_age_s;      /* of iat, when not 0: then iat must be there */
    int64_t max_lifetime_s; /* exp - now (and exp - iat, when there), when not 0 */
    bool any_issuer, any_audience, any_header_typ;
    bool exp_optional; /* offline refresh tokens */
    bool iat_required, jti_required, sub_required;
    bool single_audience; /* aud must name nobody else */
    bool expired_ok;      /* id_token_hint: exp is checked for its type only */
};

/* Compares claims, and the header of the token they came from (jws may be NULL when any_header_typ
 * is set). ERR_TOKEN_TYPE, ERR_TOKEN_CLAIM (iss, aud, sub, jti, something missing, iat too old),
 * ERR_TOKEN_EXPIRED, ERR_TOKEN_NOT_YET_VALID (nbf, or iat in the future); ERR_INTERNAL when expect
 * names neither an issuer (audience, type) nor says that any will do. */
MUST_CHECK int jwt_check(const struct jwt_claims *claims, const struct jws *jws,
                         const struct jwt_expect *expect);

/* jws_decode, jws_verify, jwt_parse_claims and jwt_check in this order, with one key. ret_jws may be
 * NULL. */
MUST_CHECK int jwt_verify(struct arena *a, struct str token, const struct jws_key *key,
                          const struct jwt_expect *expect, struct jws *ret_jws,
                          struct jwt_claims *ret_claims);

#endif
