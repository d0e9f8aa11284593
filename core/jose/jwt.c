/* JWT claims: types first, then meaning. */
#include "core/jose/jwt.h"

#include "core/base/err.h"

#include "core/base/banned.h"

/* --- types --- */

/* A string when it is there; null is refused too: nobody means it. */
static int read_str(const struct json_value *json, const char *name, struct str *ret_value)
{
    const struct json_value *v = json_get(json, name);
    *ret_value = json_str(v);
    return v && str_absent(*ret_value) ? ERR_TOKEN_CLAIM : 0;
}

/* RFC 7519 2 allows fractions of a second, we do not: nobody issues them, and rounding is where
 * checks go wrong (JO-10). */
static int read_date(const struct json_value *json, const char *name, int64_t *ret_date_s)
{
    const struct json_value *v = json_get(json, name);
    int64_t date_s = JWT_NO_DATE;
    if (v && (json_i64(v, &date_s) != 0 || date_s < 0 || date_s > JWT_MAX_DATE_S))
        return ERR_TOKEN_CLAIM;
    *ret_date_s = date_s;
    return 0;
}

/* RFC 7519 4.1.3: a string or an array of strings, here not an empty one. */
static int read_audience(const struct json_value *json, const struct json_value **ret_aud)
{
    const struct json_value *aud = json_get(json, "aud");
    *ret_aud = aud;
    if (!aud || json_kind(aud) == JSON_STRING)
        return 0;
    struct json_iter it = json_iter(aud);
    const struct json_value *one;
    while (json_next(&it, NULL, &one))
        if (json_kind(one) != JSON_STRING)
            return ERR_TOKEN_CLAIM;
    return json_is_array(aud) && json_count(aud) > 0 ? 0 : ERR_TOKEN_CLAIM;
}

static int read_strings(struct jwt_claims *c)
{
    TRY(read_str(c->json, "iss", &c->iss));
    TRY(read_str(c->json, "sub", &c->sub));
    TRY(read_str(c->json, "jti", &c->jti));
    TRY(read_str(c->json, "typ", &c->typ));
    TRY(read_str(c->json, "azp", &c->azp));
    TRY(read_str(c->json, "sid", &c->sid));
    TRY(read_str(c->json, "nonce", &c->nonce));
    return read_str(c->json, "scope", &c->scope);
}

int jwt_parse_claims(struct arena *a, struct str payload, struct jwt_claims *ret_claims)
{
    static const struct json_options options = {JWS_MAX_BYTES, JWS_MAX_DEPTH, false};
    struct jwt_claims c = {.json = NULL};
    int err = json_parse_with(a, payload, &options, &c.json);
    if (err != 0)
        return err == ERR_NO_MEMORY ? err : ERR_TOKEN_MALFORMED;
    if (!json_is_object(c.json))
        return ERR_TOKEN_MALFORMED;
    TRY(read_strings(&c));
    TRY(read_audience(c.json, &c.aud));
    TRY(read_date(c.json, "exp", &c.exp_s));
    TRY(read_date(c.json, "nbf", &c.nbf_s));
    TRY(read_date(c.json, "iat", &c.iat_s));
    *ret_claims = c;
    return 0;
}

/* --- meaning --- */

/* A caller that forgot to say what it expects gets nothing. */
static bool expectation_is_complete(const struct jwt_expect *e, const struct jws *jws)
{
    return (e->any_issuer || e->issuer.len > 0) && (e->any_audience || e->audience.len > 0) &&
           (e->any_header_typ || (jws && e->header_typ.len > 0));
}

/* RFC 7515 4.1.9: "application/" may be left out when no other '/' is there. */
static struct str short_media_type(struct str typ)
{
    struct str prefix = STR("application/");
    if (typ.len > prefix.len && str_ieq(str_sub(typ, 0, prefix.len), prefix))
        return str_from(typ, prefix.len);
    return typ;
}

static int check_type(const struct jwt_claims *c, const struct jws *jws, const struct jwt_expect *e)
{
    if (!e->any_header_typ) {
        struct str typ = short_media_type(jws->typ);
        if (!str_ieq(typ, short_media_type(e->header_typ)))
            return ERR_TOKEN_TYPE;
    }
    if (!str_absent(e->claim_typ) && !str_eq(c->typ, e->claim_typ))
        return ERR_TOKEN_TYPE;
    return 0;
}

static bool audience_fits(const struct jwt_claims *c, const struct jwt_expect *e)
{
    if (e->single_audience && json_is_array(c->aud) && json_count(c->aud) != 1)
        return false;
    return e->any_audience || json_has_str(c->aud, e->audience);
}

static int check_parties(const struct jwt_claims *c, const struct jwt_expect *e)
{
    if (!e->any_issuer && !str_eq(c->iss, e->issuer))
        return ERR_TOKEN_CLAIM;
    if (!audience_fits(c, e))
        return ERR_TOKEN_CLAIM;
    if (!str_absent(e->subject) && (str_absent(c->sub) || !str_eq(c->sub, e->subject)))
        return ERR_TOKEN_CLAIM;
    bool missing = (e->sub_required && c->sub.len == 0) || (e->jti_required && c->jti.len == 0);
    return missing ? ERR_TOKEN_CLAIM : 0;
}

static int64_t skew_of(const struct jwt_expect *e)
{
    if (e->skew_s < 0)
        return 0;
    return e->skew_s > JWT_MAX_SKEW_S ? JWT_MAX_SKEW_S : e->skew_s;
}

/* RFC 7519 4.1.4: the token is over at exp, not one second after. */
static int check_expiry(const struct jwt_claims *c, const struct jwt_expect *e)
{
    if (c->exp_s == JWT_NO_DATE)
        return e->exp_optional ? 0 : ERR_TOKEN_CLAIM;
    if (!e->expired_ok && c->exp_s <= e->now_s - skew_of(e))
        return ERR_TOKEN_EXPIRED;
    if (e->max_lifetime_s == 0)
        return 0;
    bool too_long = c->exp_s - e->now_s > e->max_lifetime_s + skew_of(e) ||
                    (c->iat_s != JWT_NO_DATE && c->exp_s - c->iat_s > e->max_lifetime_s);
    return too_long ? ERR_TOKEN_CLAIM : 0;
}

static int check_start(const struct jwt_claims *c, const struct jwt_expect *e)
{
    int64_t skew_s = skew_of(e);
    if (c->nbf_s != JWT_NO_DATE && c->nbf_s > e->now_s + skew_s)
        return ERR_TOKEN_NOT_YET_VALID;
    if (c->iat_s == JWT_NO_DATE)
        return e->iat_required || e->max_age_s != 0 ? ERR_TOKEN_CLAIM : 0;
    if (c->iat_s > e->now_s + skew_s)
        return ERR_TOKEN_NOT_YET_VALID;
    bool too_old = e->max_age_s != 0 && c->iat_s < e->now_s - e->max_age_s - skew_s;
    return too_old ? ERR_TOKEN_CLAIM : 0;
}

int jwt_check(const struct jwt_claims *claims, const struct jws *jws,
              const struct jwt_expect *expect)
{
    if (!expectation_is_complete(expect, jws))
        return ERR_INTERNAL;
    TRY(check_type(claims, jws, expect));
    TRY(check_parties(claims, expect));
    TRY(check_start(claims, expect));
    return check_expiry(claims, expect);
}

int jwt_verify(struct arena *a, struct str token, const struct jws_key *key,
               const struct jwt_expect *expect, struct jws *ret_jws, struct jwt_claims *ret_claims)
{
    struct jws jws;
    struct jwt_claims claims;
    TRY(jws_decode(a, token, JWS_MAX_BYTES, &jws));
    TRY(jws_verify(&jws, key));
    TRY(jwt_parse_claims(a, jws.payload, &claims));
    TRY(jwt_check(&claims, &jws, expect));
    if (ret_jws)
        *ret_jws = jws;
    *ret_claims = claims;
    return 0;
}
