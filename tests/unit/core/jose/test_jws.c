/* JWS: the examples of the RFCs, and the attacks of RFC 8725. */
#include "tests/unit/core/check.h"

#include <stdio.h>

#include "core/codec/base64.h"
#include "core/crypto/hmac.h"
#include "core/jose/jwk.h"
#include "tests/unit/core/jose/jose_samples.h"

static struct jwk rsa, ec, ec521, ed, oct;

static struct jwk parse_key(struct arena *a, const char *text)
{
    const struct json_value *json;
    struct jwk jwk = {.pk = NULL};
    OK(json_parse(a, str_c(text), 10000, &json));
    OK(jwk_parse(a, json, JWK_PRIVATE_TOO, &jwk));
    return jwk;
}

static struct arena key_arena;

static int load_keys(void **state)
{
    arena_init(&key_arena, 1 << 20);
    OK(crypto_setup(state));
    rsa = parse_key(&key_arena, RFC7515_A2_KEY);
    ec = parse_key(&key_arena, RFC7515_A3_KEY);
    ec521 = parse_key(&key_arena, RFC7515_A4_KEY);
    ed = parse_key(&key_arena, RFC8037_KEY);
    oct = parse_key(&key_arena, RFC7515_A1_KEY);
    return 0;
}

static int free_keys(void **state)
{
    (void)state;
    jwk_free(&rsa);
    jwk_free(&ec);
    jwk_free(&ec521);
    jwk_free(&ed);
    jwk_free(&oct);
    arena_free(&key_arena);
    return 0;
}

static struct jws_key key_of(const struct jwk *jwk, enum jose_alg alg)
{
    return (struct jws_key){.alg = alg, .pk = jwk->pk, .secret = jwk->secret};
}

static struct jws decode(const char *token)
{
    struct jws jws = {.alg = JOSE_ALG_UNKNOWN};
    OK(jws_decode(&test_arena, str_c(token), JWS_MAX_BYTES, &jws));
    return jws;
}

/* A token with any header that one likes, correctly signed with that algorithm. */
static struct str forge(const char *header, const char *payload, const struct jws_key *key)
{
    unsigned char signature[PK_SIGNATURE_MAX_BYTES];
    size_t len = 0;
    struct str token;
    struct str input = ARENA_CONCAT(&test_arena, base64url_encode(&test_arena, str_c(header)),
                                    STR("."), base64url_encode(&test_arena, str_c(payload)));
    OK(jws_sign_raw(key, input, signature, &len));
    OK(jws_assemble(&test_arena, input, str_of((const char *)signature, len), &token));
    return token;
}

static int verify(struct str token, const struct jws_key *key)
{
    struct jws jws;
    TRY(jws_decode(&test_arena, token, JWS_MAX_BYTES, &jws));
    return jws_verify(&jws, key);
}

static void rfc_7515_and_8037_examples_verify(void **state)
{
    (void)state;
    const struct {
        const char *token;
        struct jws_key key;
    } table[] = {
        {RFC7515_A1_TOKEN, key_of(&oct, JOSE_HS256)},
        {RFC7515_A2_TOKEN, key_of(&rsa, JOSE_RS256)},
        {RFC7515_A3_TOKEN, key_of(&ec, JOSE_ES256)},
        {RFC7515_A4_TOKEN, key_of(&ec521, JOSE_ES512)},
        {RFC8037_TOKEN, key_of(&ed, JOSE_EdDSA)},
    };
    for (size_t i = 0; i < ARRAY_LEN(table); i++) {
        struct jws jws = decode(table[i].token);
        OK(jws_verify(&jws, &table[i].key));
        /* Each letter of the signing input counts. */
        for (size_t k = 0; k < strlen(table[i].token); k += 11) {
            struct str changed = arena_str_c(&test_arena, table[i].token);
            char *at = (char *)(uintptr_t)changed.ptr + k;
            *at = *at == 'A' ? 'B' : 'A';
            assert_int_not_equal(verify(changed, &table[i].key), 0);
        }
    }
    SAME(decode(RFC7515_A4_TOKEN).payload, "Payload");
    SAME(decode(RFC7515_A1_TOKEN).typ, "JWT");
    ABSENT(decode(RFC7515_A2_TOKEN).typ);
}

static void deterministic_examples_are_signed_the_same(void **state)
{
    (void)state;
    struct str token;
    struct jws_key key = key_of(&rsa, JOSE_RS256);
    struct str payload = decode(RFC7515_A2_TOKEN).payload;
    OK(jws_sign(&test_arena, &key, str_of(NULL, 0), payload, &token));
    SAME(token, RFC7515_A2_TOKEN);
    key = key_of(&ed, JOSE_EdDSA);
    OK(jws_sign(&test_arena, &key, str_of(NULL, 0), STR("Example of Ed25519 signing"), &token));
    SAME(token, RFC8037_TOKEN);
}

static void every_algorithm_signs_and_verifies(void **state)
{
    (void)state;
    CLEANUP(pk_key_free) struct pk_key *p384 = NULL;
    OK(pk_generate(PK_P384, 0, &p384));
    for (enum jose_alg alg = JOSE_ALG_UNKNOWN + 1; alg < JOSE_ALG_COUNT; alg++) {
        struct jws_key key = key_of(&rsa, alg);
        struct str token;
        if (jose_alg_info(alg)->family == JOSE_HMAC)
            key = key_of(&oct, alg);
        if (alg == JOSE_ES256 || alg == JOSE_ES384 || alg == JOSE_ES512)
            key.pk = alg == JOSE_ES256 ? ec.pk : alg == JOSE_ES384 ? p384 : ec521.pk;
        if (alg == JOSE_EdDSA)
            key = key_of(&ed, alg);
        key.kid = STR("key \"1\"");
        OK(jws_sign(&test_arena, &key, STR("JWT"), STR("{\"a\":1}"), &token));
        struct jws jws = decode(token.ptr);
        assert_int_equal(jws.alg, alg);
        SAME(jws.kid, "key \"1\"");
        SAME(jws.payload, "{\"a\":1}");
        OK(jws_verify(&jws, &key));
        /* Keycloak's order of members */
        struct str header;
        OK(base64url_decode(&test_arena, str_sub(token, 0, (size_t)str_find(token, '.')), &header));
        SAME_S(header, arena_printf(&test_arena,
                                    "{\"alg\":\"%s\",\"typ\":\"JWT\",\"kid\":\"key \\\"1\\\"\"}",
                                    jose_alg_name(alg).ptr));
    }
}

static void JO_01_the_key_fixes_the_algorithm(void **state)
{
    (void)state;
    struct str spki;
    struct str der64;
    struct jws_key rs256 = key_of(&rsa, JOSE_RS256);
    OK(pk_export_spki(rsa.pk, &test_arena, &spki));
    der64 = base64_encode(&test_arena, spki);
    /* An attacker knows the public key in every encoding and uses it as an HMAC secret. */
    const struct str secrets[] = {
        spki,
        der64,
        arena_printf(&test_arena, "-----BEGIN PUBLIC KEY-----\n%.*s\n-----END PUBLIC KEY-----\n",
                     STR_ARG(der64)),
        STR("{" RFC7515_A2_PUBLIC "}"),
        STR(RFC7515_A2_N),
    };
    for (size_t i = 0; i < ARRAY_LEN(secrets); i++) {
        static const enum jose_alg macs[] = {JOSE_HS256, JOSE_HS384, JOSE_HS512};
        for (size_t k = 0; k < ARRAY_LEN(macs); k++) {
            struct jws_key attacker = {.alg = macs[k], .secret = secrets[i]};
            struct str header =
                arena_printf(&test_arena, "{\"alg\":\"%s\"}", jose_alg_name(macs[k]).ptr);
            struct str token = forge(header.ptr, "{}", &attacker);
            OK(verify(token, &attacker)); /* the token itself is sound */
            FAILS(verify(token, &rs256), ERR_BAD_ALGORITHM);
            struct jws_key mixed = {.alg = macs[k], .pk = rsa.pk, .secret = secrets[i]};
            FAILS(verify(token, &mixed), ERR_BAD_KEY); /* a key pair is never a secret */
        }
    }
    /* The right signature under another name of the same family. */
    struct jws_key ps256 = key_of(&rsa, JOSE_PS256);
    FAILS(verify(forge("{\"alg\":\"RS256\"}", "{}", &ps256), &ps256), ERR_BAD_ALGORITHM);
    FAILS(verify(forge("{\"alg\":\"RS256\"}", "{}", &ps256), &rs256), ERR_BAD_SIGNATURE);
    FAILS(verify(forge("{\"alg\":\"RS512\"}", "{}", &rs256), &rs256), ERR_BAD_ALGORITHM);
}

static void JO_02_none_does_not_exist(void **state)
{
    (void)state;
    static const char *const names[] = {"none",        "None",   "NONE", "nOnE",   "",
                                        "HS256 ",      "hs256",  "RS1",  "ES256K", "HS1",
                                        "none\\u0000", "A128KW", "dir"};
    struct jws jws;
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        struct str header =
            base64url_encode(&test_arena, arena_printf(&test_arena, "{\"alg\":\"%s\"}", names[i]));
        static const char *const signatures[] = {"", "AA",
                                                 "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"};
        for (size_t k = 0; k < ARRAY_LEN(signatures); k++) {
            struct str token =
                arena_printf(&test_arena, "%.*s.e30.%s", STR_ARG(header), signatures[k]);
            int err = jws_decode(&test_arena, token, JWS_MAX_BYTES, &jws);
            assert_true(err == ERR_BAD_ALGORITHM || err == ERR_TOKEN_MALFORMED);
        }
        assert_int_equal(jose_alg_of(str_c(names[i])), JOSE_ALG_UNKNOWN);
    }
    struct jws_key none = {.alg = JOSE_ALG_UNKNOWN, .secret = oct.secret};
    jws = decode(RFC7515_A1_TOKEN);
    FAILS(jws_verify(&jws, &none), ERR_BAD_ALGORITHM);
    struct str token;
    FAILS(jws_sign(&test_arena, &none, STR("JWT"), STR("{}"), &token), ERR_BAD_ALGORITHM);
}

static void JO_03_keys_must_fit_their_algorithm(void **state)
{
    (void)state;
    struct str token = STR("untouched");
    const struct jws_key bad[] = {
        key_of(&rsa, JOSE_ES256),   key_of(&ec, JOSE_RS256),  key_of(&ec, JOSE_ES384),
        key_of(&ec521, JOSE_ES256), key_of(&ed, JOSE_ES256),  key_of(&ec, JOSE_EdDSA),
        key_of(&rsa, JOSE_HS256),   key_of(&oct, JOSE_RS256), {.alg = JOSE_RS256},
        {.alg = JOSE_HS256},
    };
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        FAILS(jws_sign(&test_arena, &bad[i], STR("JWT"), STR("{}"), &token), ERR_BAD_KEY);
    SAME(token, "untouched");
}

static void JO_04_kid_is_opaque_and_capped(void **state)
{
    (void)state;
    struct jws_key key = key_of(&oct, JOSE_HS256);
    struct jws jws;
    static const char *const kids[] = {"../../dev/null", "' OR 1=1 --", "*)(uid=*", "", "\xc3\xb1"};
    for (size_t i = 0; i < ARRAY_LEN(kids); i++) {
        struct str header =
            arena_printf(&test_arena, "{\"alg\":\"HS256\",\"kid\":\"%s\"}", kids[i]);
        OK(jws_decode(&test_arena, forge(header.ptr, "{}", &key), JWS_MAX_BYTES, &jws));
        SAME(jws.kid, kids[i]);
    }
    char kid[JWS_MAX_KID_BYTES + 2] = {0};
    memset(kid, 'k', JWS_MAX_KID_BYTES);
    struct str header = arena_printf(&test_arena, "{\"alg\":\"HS256\",\"kid\":\"%s\"}", kid);
    OK(jws_decode(&test_arena, forge(header.ptr, "{}", &key), JWS_MAX_BYTES, &jws));
    header = arena_printf(&test_arena, "{\"alg\":\"HS256\",\"kid\":\"%sk\"}", kid);
    FAILS(jws_decode(&test_arena, forge(header.ptr, "{}", &key), JWS_MAX_BYTES, &jws),
          ERR_TOKEN_MALFORMED);
    FAILS(jws_decode(&test_arena, forge("{\"alg\":\"HS256\",\"kid\":1}", "{}", &key), JWS_MAX_BYTES,
                     &jws),
          ERR_TOKEN_MALFORMED);
}

static void JO_05_keys_inside_the_header_are_ignored(void **state)
{
    (void)state;
    CLEANUP(pk_key_free) struct pk_key *evil = NULL;
    struct pk_numbers n;
    OK(pk_generate(PK_P256, 0, &evil));
    OK(pk_export_numbers(evil, &test_arena, &n));
    struct str header = arena_printf(
        &test_arena,
        "{\"alg\":\"ES256\",\"jku\":\"https://evil/jwks\",\"x5u\":\"https://evil/x\",\"x5c\":[\"MAA=\"],"
        "\"jwk\":{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"%s\",\"y\":\"%s\"}}",
        base64url_encode(&test_arena, n.x).ptr, base64url_encode(&test_arena, n.y).ptr);
    struct jws_key ours = key_of(&ec, JOSE_ES256);
    struct jws_key theirs = {.alg = JOSE_ES256, .pk = evil};
    FAILS(verify(forge(header.ptr, "{}", &theirs), &ours), ERR_BAD_SIGNATURE);
    OK(verify(forge(header.ptr, "{}", &ours), &ours));
}

static void JO_06_extensions_and_other_serialisations_are_refused(void **state)
{
    (void)state;
    struct jws_key key = key_of(&oct, JOSE_HS256);
    struct jws jws;
    static const char *const headers[] = {
        "{\"alg\":\"HS256\",\"crit\":[\"exp\"],\"exp\":1}",
        "{\"alg\":\"HS256\",\"crit\":[]}",
        "{\"alg\":\"HS256\",\"crit\":null}",
        "{\"alg\":\"HS256\",\"b64\":false,\"crit\":[\"b64\"]}",
        "{\"alg\":\"HS256\",\"b64\":false}",
        "{\"alg\":\"HS256\",\"b64\":true}",
        "{\"alg\":[\"HS256\"]}",
        "{\"alg\":null}",
        "[\"HS256\"]",
        "\"HS256\"",
        "",
    };
    for (size_t i = 0; i < ARRAY_LEN(headers); i++) {
        int err = jws_decode(&test_arena, forge(headers[i], "{}", &key), JWS_MAX_BYTES, &jws);
        if (err != ERR_TOKEN_MALFORMED && err != ERR_BAD_ALGORITHM)
            fail_msg("accepted: %s", headers[i]);
    }
    static const char *const tokens[] = {
        "{\"payload\":\"e30\",\"protected\":\"eyJhbGciOiJIUzI1NiJ9\",\"signature\":\"AAAA\"}",
        "{\"payload\":\"e30\",\"signatures\":[]}",
        "eyJhbGciOiJIUzI1NiJ9.e30.AAAA.AAAA",
        "eyJhbGciOiJIUzI1NiJ9.e30.AAAA.AAAA.AAAA",
        "eyJhbGciOiJIUzI1NiJ9.e30",
        "eyJhbGciOiJIUzI1NiJ9..",
        "..",
        ".",
        "",
        "eyJhbGciOiJIUzI1NiJ9.e30.",
        ".e30.AAAA",
        " eyJhbGciOiJIUzI1NiJ9.e30.AAAA",
        "eyJhbGciOiJIUzI1NiJ9.e30.AAAA ",
        "eyJhbGciOiJIUzI1NiJ9.e30.AAAA\n",
    };
    for (size_t i = 0; i < ARRAY_LEN(tokens); i++)
        FAILS(jws_decode(&test_arena, str_c(tokens[i]), JWS_MAX_BYTES, &jws), ERR_TOKEN_MALFORMED);
}

static void JO_07_duplicates_and_odd_base64url_are_refused(void **state)
{
    (void)state;
    struct jws_key key = key_of(&oct, JOSE_HS256);
    struct jws jws;
    static const char *const headers[] = {
        "{\"alg\":\"HS256\",\"alg\":\"HS256\"}",
        "{\"alg\":\"none\",\"alg\":\"HS256\"}",
        "{\"alg\":\"HS256\",\"\\u0061lg\":\"none\"}",
        "{\"alg\":\"HS256\",\"x\":{\"y\":1,\"y\":2}}",
        "{\"alg\":\"HS256\"} ,",
        "{\"alg\":\"HS256\",}",
    };
    for (size_t i = 0; i < ARRAY_LEN(headers); i++)
        FAILS(jws_decode(&test_arena, forge(headers[i], "{}", &key), JWS_MAX_BYTES, &jws),
              ERR_TOKEN_MALFORMED);
    static const char *const tokens[] = {
        "eyJhbGciOiJIUzI1NiJ9.e30=.AAAA", "eyJhbGciOiJIUzI1NiJ9.e30.AAA=",
        "eyJhbGciOiJIUzI1NiJ9.e31.AAAA",  "eyJhbGciOiJIUzI1NiJ9.e30.AAB",
        "eyJhbGciOiJIUzI1NiJ9.e3 0.AAAA", "eyJhbGciOiJIUzI1NiJ9.e+0.AAAA",
        "eyJhbGciOiJIUzI1NiJ9.e30.A/AA",  "eyJhbGciOiJIUzI1NiJ9.e.AAAA",
        "eyJhbGciOiJIUzI1NiJ9.e30.AAAAA", "eyJhbGciOiJIUzI1Ni\n9.e30.AAAA",
    };
    for (size_t i = 0; i < ARRAY_LEN(tokens); i++)
        FAILS(jws_decode(&test_arena, str_c(tokens[i]), JWS_MAX_BYTES, &jws), ERR_TOKEN_MALFORMED);
}

static void JO_08_nothing_is_decoded_before_the_bounds_are_checked(void **state)
{
    (void)state;
    struct jws jws;
    size_t huge = (size_t)10 << 20;
    char *text = malloc(huge);
    assert_non_null(text);
    memset(text, '.', huge);
    size_t before = test_arena.used_bytes;
    FAILS(jws_decode(&test_arena, str_of(text, huge), SIZE_MAX, &jws), ERR_TOO_LARGE);
    FAILS(jws_decode(&test_arena, str_of(text, JWS_MAX_BYTES), SIZE_MAX, &jws),
          ERR_TOKEN_MALFORMED);
    memset(text, 'A', huge);
    FAILS(jws_decode(&test_arena, str_of(text, JWS_MAX_BYTES), SIZE_MAX, &jws),
          ERR_TOKEN_MALFORMED);
    text[20000] = text[20002] = '.';
    FAILS(jws_decode(&test_arena, str_of(text, 30000), SIZE_MAX, &jws), ERR_TOO_LARGE);
    FAILS(jws_decode(&test_arena, STR(RFC7515_A1_TOKEN), 50, &jws), ERR_TOO_LARGE);
    assert_int_equal(test_arena.used_bytes, before);
    free(text);
    /* Deep headers. */
    char deep[2 * 2000 + 40];
    int len = snprintf(deep, sizeof(deep), "{\"alg\":\"HS256\",\"x\":");
    memset(deep + len, '[', 1000);
    memset(deep + len + 1000, ']', 1000);
    memcpy(deep + len + 2000, "}", 2);
    struct jws_key key = key_of(&oct, JOSE_HS256);
    FAILS(jws_decode(&test_arena, forge(deep, "{}", &key), JWS_MAX_BYTES, &jws),
          ERR_TOKEN_MALFORMED);
}

static void JO_11_empty_and_zero_signatures_fail(void **state)
{
    (void)state;
    struct jws_key key = key_of(&ec, JOSE_ES256);
    char zero[64] = {0};
    struct str token;
    struct str input = STR("eyJhbGciOiJFUzI1NiJ9.e30");
    for (size_t len = 1; len <= sizeof(zero); len++) {
        OK(jws_assemble(&test_arena, input, str_of(zero, len), &token));
        FAILS(verify(token, &key), ERR_BAD_SIGNATURE);
    }
    /* A DER-coded signature is not a JWS signature. */
    struct str der;
    OK(hex_decode(&test_arena, STR("3006020101020101"), &der));
    OK(jws_assemble(&test_arena, input, der, &token));
    FAILS(verify(token, &key), ERR_BAD_SIGNATURE);
}

static void JO_14_hmac_keys_are_at_least_as_long_as_the_hash(void **state)
{
    (void)state;
    static const struct {
        enum jose_alg alg;
        size_t least;
    } table[] = {{JOSE_HS256, 32}, {JOSE_HS384, 48}, {JOSE_HS512, 64}};
    char secret[64] = {1};
    struct str token;
    for (size_t i = 0; i < ARRAY_LEN(table); i++) {
        struct jws_key key = {.alg = table[i].alg, .secret = str_of(secret, table[i].least)};
        OK(jws_sign(&test_arena, &key, STR("JWT"), STR("{}"), &token));
        struct jws_key weak = key;
        weak.secret.len--;
        FAILS(verify(token, &weak), ERR_BAD_KEY);
        FAILS(jws_sign(&test_arena, &weak, STR("JWT"), STR("{}"), &token), ERR_BAD_KEY);
        weak.secret = STR("");
        FAILS(verify(token, &weak), ERR_BAD_KEY);
        OK(verify(token, &key));
        secret[0]++;
        FAILS(verify(token, &key), ERR_BAD_SIGNATURE);
        secret[0]--;
    }
}

static void the_table_says_who_may_use_what(void **state)
{
    (void)state;
    assert_true(jose_alg_allowed(JOSE_RS256, JOSE_FOR_TOKENS));
    assert_true(jose_alg_allowed(JOSE_EdDSA, JOSE_FOR_CLIENT_KEY));
    assert_false(jose_alg_allowed(JOSE_HS256, JOSE_FOR_CLIENT_KEY));
    assert_false(jose_alg_allowed(JOSE_HS256, JOSE_FOR_TOKENS));
    assert_false(jose_alg_allowed(JOSE_RS256, JOSE_FOR_CLIENT_SECRET));
    assert_true(jose_alg_allowed(JOSE_HS512, JOSE_FOR_INTERNAL));
    assert_false(jose_alg_allowed(JOSE_ALG_UNKNOWN, JOSE_FOR_TOKENS));
    assert_null(jose_alg_info(JOSE_ALG_UNKNOWN));
    assert_null(jose_alg_info(JOSE_ALG_COUNT));
    ABSENT(jose_alg_name(JOSE_ALG_UNKNOWN));
    for (enum jose_alg alg = JOSE_ALG_UNKNOWN + 1; alg < JOSE_ALG_COUNT; alg++)
        assert_int_equal(jose_alg_of(jose_alg_name(alg)), alg);
    assert_int_equal(jose_alg_default(rsa.pk), JOSE_RS256);
    assert_int_equal(jose_alg_default(ec521.pk), JOSE_ES512);
    assert_int_equal(jose_alg_of(STR("Ed25519")), JOSE_EdDSA); /* RFC 9864 2.2 */
    assert_int_equal(jose_alg_default(ed.pk), JOSE_EdDSA);
}

static void half_hashes_as_in_openid_connect_core(void **state)
{
    (void)state;
    /* OpenID Connect Core 1.0, appendices A.3 and A.4 */
    SAME(
        jose_half_hash(&test_arena, JOSE_RS256, STR("jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y")),
        "77QmUPtjPfzWtF2AnpK9RQ");
    SAME(jose_half_hash(&test_arena, JOSE_RS256,
                        STR("Qcb0Orv1zh30vL1MPRsbm-diHiMwcLyZvn1arpZv-Jxf_11jnpEX3Tgfvk")),
         "LDktKdoQak3Pk0cnXxCltA");
    assert_int_equal(jose_half_hash(&test_arena, JOSE_ES512, STR("x")).len, base64url_chars(32));
    ABSENT(jose_half_hash(&test_arena, JOSE_ALG_UNKNOWN, STR("x")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(rfc_7515_and_8037_examples_verify),
        TEST(deterministic_examples_are_signed_the_same),
        TEST(every_algorithm_signs_and_verifies),
        TEST(JO_01_the_key_fixes_the_algorithm),
        TEST(JO_02_none_does_not_exist),
        TEST(JO_03_keys_must_fit_their_algorithm),
        TEST(JO_04_kid_is_opaque_and_capped),
        TEST(JO_05_keys_inside_the_header_are_ignored),
        TEST(JO_06_extensions_and_other_serialisations_are_refused),
        TEST(JO_07_duplicates_and_odd_base64url_are_refused),
        TEST(JO_08_nothing_is_decoded_before_the_bounds_are_checked),
        TEST(JO_11_empty_and_zero_signatures_fail),
        TEST(JO_14_hmac_keys_are_at_least_as_long_as_the_hash),
        TEST(the_table_says_who_may_use_what),
        TEST(half_hashes_as_in_openid_connect_core),
    };
    return cmocka_run_group_tests(tests, load_keys, free_keys);
}
