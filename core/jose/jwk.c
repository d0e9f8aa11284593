/* Reading JWKs and sets of them, and finding the key for a token. */
#include "core/jose/jwk.h"

#include "core/base/err.h"
#include "core/codec/base64.h"

#include "core/base/banned.h"

/* --- members --- */

#define NUMBER_MAX_BYTES (PK_RSA_MAX_BITS / 8 + 1)

/* A base64url number (RFC 7518 2); absent when the member is missing. */
static int read_number(struct arena *a, const struct json_value *json, const char *name,
                       struct str *ret_bytes)
{
    const struct json_value *v = json_get(json, name);
    struct str text = json_str(v);
    *ret_bytes = str_of(NULL, 0);
    if (!v)
        return 0;
    if (text.len == 0 || text.len > base64url_chars(NUMBER_MAX_BYTES))
        return ERR_BAD_KEY;
    int err = base64url_decode(a, text, ret_bytes);
    return err == 0 || err == ERR_NO_MEMORY ? err : ERR_BAD_KEY;
}

static int read_rsa(struct arena *a, const struct json_value *json, bool private_too,
                    struct pk_numbers *n)
{
    n->type = PK_RSA;
    TRY(read_number(a, json, "n", &n->n));
    TRY(read_number(a, json, "e", &n->e));
    if (!private_too)
        return 0;
    if (json_get(json, "oth")) /* more than two primes (RFC 7518 6.3.2.7) */
        return ERR_BAD_KEY;
    TRY(read_number(a, json, "d", &n->d));
    TRY(read_number(a, json, "p", &n->p));
    TRY(read_number(a, json, "q", &n->q));
    TRY(read_number(a, json, "dp", &n->dp));
    TRY(read_number(a, json, "dq", &n->dq));
    return read_number(a, json, "qi", &n->qi);
}

static const struct {
    struct str kty, crv;
    enum pk_type type;
} curves[] = {
    {STR_INIT("EC"), STR_INIT("P-256"), PK_P256},
    {STR_INIT("EC"), STR_INIT("P-384"), PK_P384},
    {STR_INIT("EC"), STR_INIT("P-521"), PK_P521},
    {STR_INIT("OKP"), STR_INIT("Ed25519"), PK_ED25519},
};

static int read_curve(struct arena *a, const struct json_value *json, struct str kty,
                      bool private_too, struct pk_numbers *n)
{
    struct str crv = json_get_str(json, "crv");
    size_t i = 0;
    while (i < ARRAY_LEN(curves) && !(str_eq(curves[i].kty, kty) && str_eq(curves[i].crv, crv)))
        i++;
    if (i == ARRAY_LEN(curves))
        return ERR_BAD_KEY;
    n->type = curves[i].type;
    TRY(read_number(a, json, "x", &n->x));
    TRY(read_number(a, json, "y", &n->y));
    return private_too ? read_number(a, json, "d", &n->d) : 0;
}

static int read_material(struct arena *a, const struct json_value *json, enum jwk_private which,
                         struct jwk *jwk)
{
    struct pk_numbers numbers = {.type = PK_RSA};
    struct str kty = json_get_str(json, "kty");
    bool private_too = which == JWK_PRIVATE_TOO;
    if (str_eq(kty, STR("oct"))) {
        if (!private_too)
            return ERR_BAD_KEY;
        TRY(read_number(a, json, "k", &jwk->secret));
        return str_absent(jwk->secret) ? ERR_BAD_KEY : 0;
    }
    if (str_eq(kty, STR("RSA")))
        TRY(read_rsa(a, json, private_too, &numbers));
    else
        TRY(read_curve(a, json, kty, private_too, &numbers));
    return pk_import_numbers(&numbers, &jwk->pk);
}

/* RFC 7517 4.2 */
static int read_use(const struct json_value *json, enum jwk_use *ret_use)
{
    struct str use = {NULL, 0};
    *ret_use = JWK_USE_ANY;
    if (json_opt_str(json, "use", &use) != 0)
        return ERR_BAD_KEY;
    if (str_absent(use))
        return 0;
    /* Another use than these two is not for us: the key stays unused for signatures. */
    *ret_use = str_eq(use, STR("sig")) ? JWK_USE_SIG : JWK_USE_ENC;
    return 0;
}

/* RFC 7517 4.3 */
static int read_key_ops(const struct json_value *json, struct jwk *jwk)
{
    const struct json_value *ops = json_get(json, "key_ops");
    jwk->may_sign = !ops || json_has_str(ops, STR("sign"));
    jwk->may_verify = !ops || json_has_str(ops, STR("verify"));
    return !ops || json_is_array(ops) ? 0 : ERR_BAD_KEY;
}

static int read_labels(const struct json_value *json, struct jwk *jwk)
{
    struct str alg = {NULL, 0};
    if (json_opt_str(json, "kid", &jwk->kid) != 0 || json_opt_str(json, "alg", &alg) != 0 ||
        jwk->kid.len > JWS_MAX_KID_BYTES)
        return ERR_BAD_KEY;
    jwk->alg = jose_alg_of(alg);
    jwk->other_alg = !str_absent(alg) && jwk->alg == JOSE_ALG_UNKNOWN;
    TRY(read_use(json, &jwk->use));
    return read_key_ops(json, jwk);
}

int jwk_parse(struct arena *a, const struct json_value *json, enum jwk_private which,
              struct jwk *ret_jwk)
{
    struct jwk jwk = {.pk = NULL};
    if (!json_is_object(json))
        return ERR_BAD_KEY;
    TRY(read_labels(json, &jwk));
    TRY(read_material(a, json, which, &jwk));
    *ret_jwk = jwk;
    return 0;
}

void jwk_free(struct jwk *jwk)
{
    pk_key_free(&jwk->pk);
}

/* --- sets --- */

/* The list of keys in a set. */
static int read_set(struct arena *a, struct str text, const struct json_value **ret_keys)
{
    const struct json_value *json;
    int err = json_parse(a, text, JWKS_MAX_BYTES, &json);
    if (err != 0)
        return err == ERR_NO_MEMORY || err == ERR_TOO_LARGE ? err : ERR_INVALID_SYNTAX;
    const struct json_value *keys = json_get(json, "keys");
    if (!json_is_array(keys))
        return ERR_INVALID_SYNTAX;
    *ret_keys = keys;
    return json_count(keys) > JWKS_MAX_KEYS ? ERR_TOO_LARGE : 0;
}

int jwks_parse(struct arena *a, struct str text, struct jwks *ret_jwks)
{
    const struct json_value *keys;
    int err = 0;
    TRY(read_set(a, text, &keys));
    CLEANUP(jwks_free) struct jwks set = {ARENA_ARRAY(a, json_count(keys), struct jwk), 0, 0};
    if (!set.keys)
        return ERR_NO_MEMORY;
    struct json_iter it = json_iter(keys);
    const struct json_value *one;
    while (json_next(&it, NULL, &one)) {
        err = jwk_parse(a, one, JWK_PUBLIC_ONLY, &set.keys[set.count]);
        if (err == ERR_NO_MEMORY)
            return err;
        if (err == 0)
            set.count++;
        else
            set.skipped++;
    }
    *ret_jwks = set;
    set.count = 0; /* they belong to the caller now */
    return 0;
}

void jwks_free(struct jwks *jwks)
{
    for (size_t i = 0; i < jwks->count; i++)
        jwk_free(&jwks->keys[i]);
    jwks->count = 0;
}

static void write_public_members(struct json_writer *w, const struct json_value *key)
{
    static const char *const members[] = {"kty", "kid", "use", "key_ops", "alg",
                                          "n",   "e",   "crv", "x",       "y"};
    jw_begin_object(w);
    for (size_t i = 0; i < ARRAY_LEN(members); i++)
        if (json_get(key, members[i]))
            jw_member_value(w, members[i], json_get(key, members[i]));
    jw_end_object(w);
}

int jwks_narrow(struct arena *a, struct str text, struct str kid, struct str *ret_text)
{
    const struct json_value *keys, *one;
    struct buf b;
    struct json_writer w;
    TRY(read_set(a, text, &keys));
    buf_init(&b, a, JWKS_MAX_BYTES);
    jw_init(&w, &b);
    jw_begin_object(&w);
    jw_member_array(&w, "keys");
    struct json_iter it = json_iter(keys);
    while (json_next(&it, NULL, &one))
        if (json_is_object(one) && (str_absent(kid) || str_eq(json_get_str(one, "kid"), kid)))
            write_public_members(&w, one);
    jw_end_array(&w);
    jw_end_object(&w);
    return jw_finish(&w, ret_text);
}

/* JO-03: what the key says about itself must fit the token. */
static bool fits(const struct jwk *jwk, const struct jws *jws, const struct jose_alg_info *info)
{
    if (!str_absent(jws->kid) && (str_absent(jwk->kid) || !str_eq(jwk->kid, jws->kid)))
        return false;
    if (!jwk->pk || jwk->use == JWK_USE_ENC || !jwk->may_verify || jwk->other_alg)
        return false;
    return (jwk->alg == JOSE_ALG_UNKNOWN || jwk->alg == jws->alg) && pk_alg_fits(jwk->pk, info->pk);
}

int jwks_find(const struct jwks *jwks, const struct jws *jws, struct jws_key *ret_key)
{
    const struct jwk *found = NULL;
    const struct jose_alg_info *info = jose_alg_info(jws->alg);
    for (size_t i = 0; info && i < jwks->count; i++) {
        if (!fits(&jwks->keys[i], jws, info))
            continue;
        if (found) /* two with one kid, or no kid and a choice: we do not guess */
            return ERR_UNKNOWN_KEY;
        found = &jwks->keys[i];
    }
    if (!found)
        return ERR_UNKNOWN_KEY;
    *ret_key = (struct jws_key){.alg = jws->alg, .pk = found->pk, .kid = found->kid};
    return 0;
}
