/* Claims: types, dates, and what a caller may expect of a token. */
#include "tests/unit/core/check.h"

#include "core/codec/base64.h"
#include "core/jose/jwt.h"

#define NOW 1700000000

static const struct jwt_expect base = {
    .now_s = NOW,
    .skew_s = 10,
    .issuer = STR_INIT("https://idp/realms/peru"),
    .audience = STR_INIT("app"),
    .header_typ = STR_INIT("JWT"),
};

#define CLAIMS "\"iss\":\"https://idp/realms/peru\",\"aud\":\"app\",\"exp\":1700000060"

static int check_as(const char *claims, const char *typ, const struct jwt_expect *expect)
{
    struct jwt_claims c;
    struct jws jws = {.typ = str_c(typ)};
    TRY(jwt_parse_claims(&test_arena, str_c(claims), &c));
    return jwt_check(&c, &jws, expect);
}

static int check(const char *claims, const struct jwt_expect *expect)
{
    return check_as(claims, "JWT", expect);
}

static void claims_are_read(void **state)
{
    (void)state;
    struct jwt_claims c;
    OK(jwt_parse_claims(&test_arena,
                        STR("{" CLAIMS ",\"sub\":\"s\",\"jti\":\"j\",\"nbf\":0,\"iat\":1,"
                            "\"typ\":\"Bearer\",\"azp\":\"z\",\"sid\":\"i\",\"nonce\":\"n\","
                            "\"scope\":\"openid a\",\"x\":{\"y\":[1]}}"),
                        &c));
    SAME(c.iss, "https://idp/realms/peru");
    SAME(c.sub, "s");
    SAME(c.jti, "j");
    SAME(c.typ, "Bearer");
    SAME(c.azp, "z");
    SAME(c.sid, "i");
    SAME(c.nonce, "n");
    SAME(c.scope, "openid a");
    assert_true(c.exp_s == 1700000060 && c.nbf_s == 0 && c.iat_s == 1);
    assert_int_equal(json_count(json_get(json_get(c.json, "x"), "y")), 1);
    OK(jwt_parse_claims(&test_arena, STR("{}"), &c));
    ABSENT(c.iss);
    assert_null(c.aud);
    assert_true(c.exp_s == JWT_NO_DATE && c.nbf_s == JWT_NO_DATE && c.iat_s == JWT_NO_DATE);
}

static void JO_07_what_is_no_object_is_no_set_of_claims(void **state)
{
    (void)state;
    static const char *const bad[] = {"",
                                      "[]",
                                      "null",
                                      "\"x\"",
                                      "{",
                                      "{\"exp\":1,\"exp\":2}",
                                      "{\"sub\":\"a\",\"\\u0073ub\":\"b\"}",
                                      "{\"sub\":\"\\u0000\"}",
                                      "{\"a\":[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]}",
                                      "{} {}"};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct jwt_claims c;
        FAILS(jwt_parse_claims(&test_arena, str_c(bad[i]), &c), ERR_TOKEN_MALFORMED);
    }
}

static void JO_10_dates_are_whole_seconds_in_range(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "-1",
        "1.5",
        "1.0",
        "1e9",
        "\"1700000060\"",
        "null",
        "true",
        "[]",
        "{}",
        "9223372036854775807",
        "9223372036854775808",
        "253402300800",
        "1e999",
        "-9223372036854775808",
    };
    static const char *const names[] = {"exp", "nbf", "iat"};
    for (size_t n = 0; n < ARRAY_LEN(names); n++) {
        struct jwt_claims c;
        for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
            struct str text = arena_printf(&test_arena, "{\"%s\":%s}", names[n], bad[i]);
            FAILS(jwt_parse_claims(&test_arena, text, &c), ERR_TOKEN_CLAIM);
        }
        struct str text = arena_printf(&test_arena, "{\"%s\":253402300799}", names[n]);
        OK(jwt_parse_claims(&test_arena, text, &c));
    }
}

static void JO_10_registered_claims_have_their_types(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "{\"iss\":1}",    "{\"iss\":null}",  "{\"iss\":[\"a\"]}",      "{\"sub\":{}}",
        "{\"jti\":true}", "{\"aud\":1}",     "{\"aud\":[]}",           "{\"aud\":[1]}",
        "{\"aud\":{}}",   "{\"aud\":null}",  "{\"aud\":[\"a\",null]}", "{\"scope\":[\"a\"]}",
        "{\"nonce\":7}",  "{\"typ\":false}",
    };
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct jwt_claims c;
        FAILS(jwt_parse_claims(&test_arena, str_c(bad[i]), &c), ERR_TOKEN_CLAIM);
    }
}

static void JO_10_dates_are_checked_with_a_small_skew(void **state)
{
    (void)state;
    static const struct {
        const char *claims;
        int err;
    } table[] = {
        {"\"exp\":1699999991", 0},
        {"\"exp\":1699999990", ERR_TOKEN_EXPIRED},
        {"\"exp\":0", ERR_TOKEN_EXPIRED},
        {"\"exp\":1700000060,\"nbf\":1700000010", 0},
        {"\"exp\":1700000060,\"nbf\":1700000011", ERR_TOKEN_NOT_YET_VALID},
        {"\"exp\":1700000060,\"iat\":1700000010", 0},
        {"\"exp\":1700000060,\"iat\":1700000011", ERR_TOKEN_NOT_YET_VALID},
        {"\"nbf\":0", ERR_TOKEN_CLAIM}, /* exp is missing */
    };
    for (size_t i = 0; i < ARRAY_LEN(table); i++) {
        struct str text =
            arena_printf(&test_arena, "{\"iss\":\"https://idp/realms/peru\",\"aud\":\"app\",%s}",
                         table[i].claims);
        FAILS(check(text.ptr, &base), table[i].err);
    }
    /* No caller can ask for more than a minute, or less than nothing. */
    struct jwt_expect e = base;
    e.skew_s = 1000000;
    e.now_s = 1700000060 + 59;
    OK(check("{" CLAIMS "}", &e));
    e.now_s++;
    FAILS(check("{" CLAIMS "}", &e), ERR_TOKEN_EXPIRED);
    e.skew_s = -1000000;
    e.now_s = 1700000059;
    OK(check("{" CLAIMS "}", &e));
    e.now_s++;
    FAILS(check("{" CLAIMS "}", &e), ERR_TOKEN_EXPIRED);
}

static void JO_10_issuer_and_audience_must_be_the_expected_ones(void **state)
{
    (void)state;
    static const struct {
        const char *claims;
        int err;
    } table[] = {
        {"\"iss\":\"https://idp/realms/peru\",\"aud\":[\"x\",\"app\"]", 0},
        {"\"iss\":\"https://idp/realms/peru/\",\"aud\":\"app\"", ERR_TOKEN_CLAIM},
        {"\"iss\":\"https://IDP/realms/peru\",\"aud\":\"app\"", ERR_TOKEN_CLAIM},
        {"\"iss\":\"\",\"aud\":\"app\"", ERR_TOKEN_CLAIM},
        {"\"aud\":\"app\"", ERR_TOKEN_CLAIM},
        {"\"iss\":\"https://idp/realms/peru\"", ERR_TOKEN_CLAIM},
        {"\"iss\":\"https://idp/realms/peru\",\"aud\":\"apps\"", ERR_TOKEN_CLAIM},
        {"\"iss\":\"https://idp/realms/peru\",\"aud\":\"App\"", ERR_TOKEN_CLAIM},
        {"\"iss\":\"https://idp/realms/peru\",\"aud\":[\"x\"]", ERR_TOKEN_CLAIM},
    };
    for (size_t i = 0; i < ARRAY_LEN(table); i++) {
        struct str text = arena_printf(&test_arena, "{\"exp\":1700000060,%s}", table[i].claims);
        FAILS(check(text.ptr, &base), table[i].err);
    }
    struct jwt_expect e = base;
    e.single_audience = true;
    OK(check("{" CLAIMS "}", &e));
    FAILS(check("{\"iss\":\"https://idp/realms/peru\",\"exp\":1700000060,\"aud\":[\"app\",\"x\"]}",
                &e),
          ERR_TOKEN_CLAIM);
}

static void what_is_not_said_is_not_waved_through(void **state)
{
    (void)state;
    struct jwt_expect e = base;
    e.issuer = STR("");
    FAILS(check("{" CLAIMS "}", &e), ERR_INTERNAL);
    e = base;
    e.audience = str_of(NULL, 0);
    FAILS(check("{" CLAIMS "}", &e), ERR_INTERNAL);
    e = base;
    e.header_typ = str_of(NULL, 0);
    FAILS(check("{" CLAIMS "}", &e), ERR_INTERNAL);
    struct jwt_claims c;
    OK(jwt_parse_claims(&test_arena, STR("{" CLAIMS "}"), &c));
    FAILS(jwt_check(&c, NULL, &base), ERR_INTERNAL);
    e.any_header_typ = e.any_issuer = e.any_audience = true;
    OK(jwt_check(&c, NULL, &e));
    OK(check("{\"exp\":1700000060}", &e));
}

static void JO_09_one_kind_of_token_does_not_pass_for_another(void **state)
{
    (void)state;
    static const struct {
        const char *want, *typ;
        int err;
    } table[] = {
        {"JWT", "JWT", 0},
        {"JWT", "jwt", 0},
        {"at+jwt", "application/at+jwt", 0},
        {"at+jwt", "AT+JWT", 0},
        {"at+jwt", "JWT", ERR_TOKEN_TYPE},
        {"JWT", "at+jwt", ERR_TOKEN_TYPE},
        {"logout+jwt", "dpop+jwt", ERR_TOKEN_TYPE},
        {"JWT", "", ERR_TOKEN_TYPE},
        {"JWT", "application/", ERR_TOKEN_TYPE},
        {"JWT", NULL, ERR_TOKEN_TYPE},
    };
    for (size_t i = 0; i < ARRAY_LEN(table); i++) {
        struct jwt_expect e = base;
        e.header_typ = str_c(table[i].want);
        FAILS(check_as("{" CLAIMS "}", table[i].typ, &e), table[i].err);
    }
    struct jwt_expect e = base;
    e.claim_typ = STR("Refresh");
    OK(check("{" CLAIMS ",\"typ\":\"Refresh\"}", &e));
    FAILS(check("{" CLAIMS ",\"typ\":\"Offline\"}", &e), ERR_TOKEN_TYPE);
    FAILS(check("{" CLAIMS "}", &e), ERR_TOKEN_TYPE);
}

static void optional_demands(void **state)
{
    (void)state;
    struct jwt_expect e = base;
    e.jti_required = true;
    FAILS(check("{" CLAIMS "}", &e), ERR_TOKEN_CLAIM);
    FAILS(check("{" CLAIMS ",\"jti\":\"\"}", &e), ERR_TOKEN_CLAIM);
    OK(check("{" CLAIMS ",\"jti\":\"j\"}", &e));
    e = base;
    e.sub_required = true;
    FAILS(check("{" CLAIMS "}", &e), ERR_TOKEN_CLAIM);
    e.subject = STR("me");
    OK(check("{" CLAIMS ",\"sub\":\"me\"}", &e));
    FAILS(check("{" CLAIMS ",\"sub\":\"you\"}", &e), ERR_TOKEN_CLAIM);
    e = base;
    e.iat_required = true;
    FAILS(check("{" CLAIMS "}", &e), ERR_TOKEN_CLAIM);
    OK(check("{" CLAIMS ",\"iat\":1}", &e));
    e.max_age_s = 100;
    FAILS(check("{" CLAIMS ",\"iat\":1}", &e), ERR_TOKEN_CLAIM);
    OK(check("{" CLAIMS ",\"iat\":1699999890}", &e));
    FAILS(check("{" CLAIMS ",\"iat\":1699999889}", &e), ERR_TOKEN_CLAIM);
    e = base;
    e.max_lifetime_s = 50;
    OK(check("{" CLAIMS "}", &e));
    e.max_lifetime_s = 49;
    FAILS(check("{" CLAIMS "}", &e), ERR_TOKEN_CLAIM);
    e.max_lifetime_s = 60;
    FAILS(check("{" CLAIMS ",\"iat\":1699999999}", &e), ERR_TOKEN_CLAIM);
    e = base;
    e.now_s += 10000;
    e.expired_ok = true;
    OK(check("{" CLAIMS "}", &e));
    e.exp_optional = true;
    OK(check("{\"iss\":\"https://idp/realms/peru\",\"aud\":\"app\"}", &e));
}

static void a_token_goes_the_whole_way(void **state)
{
    (void)state;
    struct jws_key key = {
        .alg = JOSE_HS512,
        .secret = STR("0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"),
        .kid = STR("k1")};
    struct str token;
    struct jws jws;
    struct jwt_claims c;
    OK(jws_sign(&test_arena, &key, STR("JWT"), STR("{" CLAIMS ",\"sub\":\"s\"}"), &token));
    OK(jwt_verify(&test_arena, token, &key, &base, &jws, &c));
    SAME(jws.kid, "k1");
    SAME(c.sub, "s");
    OK(jwt_verify(&test_arena, token, &key, &base, NULL, &c));
    struct jwt_expect e = base;
    e.now_s += 1000;
    FAILS(jwt_verify(&test_arena, token, &key, &e, NULL, &c), ERR_TOKEN_EXPIRED);
    key.secret = STR("0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdeF");
    FAILS(jwt_verify(&test_arena, token, &key, &base, NULL, &c), ERR_BAD_SIGNATURE);
    /* Claims are looked at after the signature. */
    OK(jws_sign(&test_arena, &key, STR("JWT"), STR("not json"), &token));
    key.secret = STR("0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef");
    FAILS(jwt_verify(&test_arena, token, &key, &base, NULL, &c), ERR_BAD_SIGNATURE);
}

static void memory_ends_with_an_error(void **state)
{
    (void)state;
    struct jws_key key = {.alg = JOSE_HS256, .secret = STR("0123456789abcdef0123456789abcdef")};
    struct str want;
    size_t failures = 0;
    OK(jws_sign(&test_arena, &key, STR("JWT"), STR("{" CLAIMS "}"), &want));
    for (size_t max = 0; max < 8000; max += 3) {
        CLEANUP(arena_free) struct arena small;
        struct jwt_claims c;
        struct str token;
        arena_init(&small, max);
        int err = jws_sign(&small, &key, STR("JWT"), STR("{" CLAIMS "}"), &token);
        if (err == 0)
            SAME_S(token, want);
        else
            assert_int_equal(err, ERR_NO_MEMORY);
        arena_reset(&small);
        err = jwt_verify(&small, want, &key, &base, NULL, &c);
        assert_true(err == 0 || err == ERR_NO_MEMORY);
        failures += err != 0;
    }
    assert_in_range(failures, 10, 2000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(claims_are_read),
        TEST(JO_07_what_is_no_object_is_no_set_of_claims),
        TEST(JO_10_dates_are_whole_seconds_in_range),
        TEST(JO_10_registered_claims_have_their_types),
        TEST(JO_10_dates_are_checked_with_a_small_skew),
        TEST(JO_10_issuer_and_audience_must_be_the_expected_ones),
        TEST(what_is_not_said_is_not_waved_through),
        TEST(JO_09_one_kind_of_token_does_not_pass_for_another),
        TEST(optional_demands),
        TEST(a_token_goes_the_whole_way),
        TEST(memory_ends_with_an_error),
    };
    return cmocka_run_group_tests(tests, crypto_setup, NULL);
}
