/* Tokens and keys as they come from outside: taking a JWS apart, verifying it, its claims, and sets
 * of keys. No input may verify under a key that its maker does not have; what the key itself signed
 * must. */
#include "core/jose/jwk.h"
#include "core/jose/jwt.h"
#include "tests/fuzz/fuzz.h"

static const struct jws_key secret_key = {
    .alg = JOSE_HS256, .secret = STR_INIT("not known to those who make the inputs")};

static void check_token(struct arena *a, struct str input)
{
    static const struct jwt_expect any = {
        .any_issuer = true, .any_audience = true, .any_header_typ = true, .exp_optional = true};
    struct jws jws;
    struct jwt_claims claims;
    if (jws_decode(a, input, JWS_MAX_BYTES, &jws) != 0)
        return;
    PROMISE(jose_alg_info(jws.alg) != NULL && jws.kid.len <= JWS_MAX_KID_BYTES);
    PROMISE(jws_verify(&jws, &secret_key) != 0);
    if (jwt_parse_claims(a, jws.payload, &claims) == 0 && jwt_check(&claims, &jws, &any) == 0)
        PROMISE(claims.exp_s == JWT_NO_DATE ||
                (claims.exp_s >= 0 && claims.exp_s <= JWT_MAX_DATE_S));
}

static void check_payload(struct arena *a, struct str input)
{
    struct jwt_claims claims;
    struct jws jws;
    struct str token;
    (void)!jwt_parse_claims(a, input, &claims);
    if (input.len > 10000)
        return;
    PROMISE(jws_sign(a, &secret_key, STR("JWT"), input, &token) == 0);
    PROMISE(jws_decode(a, token, JWS_MAX_BYTES, &jws) == 0 && jws_verify(&jws, &secret_key) == 0);
    PROMISE(str_eq(jws.payload, input));
}

static void check_keys(struct arena *a, struct str input)
{
    CLEANUP(jwks_free) struct jwks set = {NULL, 0, 0};
    if (jwks_parse(a, input, &set) != 0)
        return;
    for (size_t i = 0; i < set.count; i++)
        PROMISE(set.keys[i].pk && !pk_key_is_private(set.keys[i].pk));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(arena_free) struct arena a;
    struct str input = fuzz_input(data, size);
    arena_init(&a, FUZZ_ARENA_BYTES);
    check_token(&a, input);
    check_payload(&a, input);
    check_keys(&a, input);
    return 0;
}
