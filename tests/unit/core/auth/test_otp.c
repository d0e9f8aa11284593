/* One-time passwords (core/auth/otp.h): the vectors of RFC 4226 and RFC 6238, windows, and records. */
#include "tests/unit/core/check.h"

#include "core/auth/otp.h"

#define SEED20 "12345678901234567890"
#define SEED32 SEED20 "123456789012"
#define SEED64 SEED20 SEED20 SEED20 "1234"

static void test_rfc_4226_d(void **state)
{
    static const char *const values[] = {"755224", "287082", "359152", "969429", "338314",
                                         "254676", "287922", "162583", "399871", "520489"};
    char text[HOTP_DIGITS_MAX + 1];
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(values); i++) {
        hotp_value(DIGEST_SHA1, STR(SEED20), i, 6, text);
        assert_string_equal(text, values[i]);
    }
}

static void test_rfc_6238_b(void **state)
{
    static const struct {
        int64_t at_s;
        const char *sha1, *sha256, *sha512;
    } rows[] = {{59, "94287082", "46119246", "90693936"},
                {1111111109, "07081804", "68084774", "25091201"},
                {1111111111, "14050471", "67062674", "99943326"},
                {1234567890, "89005924", "91819424", "93441116"},
                {2000000000, "69279037", "90698825", "38618901"},
                {20000000000, "65353130", "77737706", "47863826"}};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const struct {
            enum digest_alg alg;
            const char *key, *value;
        } of[] = {{DIGEST_SHA1, SEED20, rows[i].sha1},
                  {DIGEST_SHA256, SEED32, rows[i].sha256},
                  {DIGEST_SHA512, SEED64, rows[i].sha512}};
        for (size_t k = 0; k < ARRAY_LEN(of); k++) {
            struct otp_record r = {
                .key = str_c(of[k].key), .alg = of[k].alg, .digits = 8, .period_s = 30};
            int64_t step;
            assert_true(otp_matches(&r, str_c(of[k].value), rows[i].at_s, 0, &step));
            assert_int_equal(step, rows[i].at_s / 30);
        }
    }
}

/* MF-01: so many steps earlier and later, and no more. */
static void test_mf_01_window_of_time(void **state)
{
    struct otp_record r = {.key = STR(SEED20), .alg = DIGEST_SHA1, .digits = 6, .period_s = 30};
    struct str code = STR("338314"); /* of step 4 */
    int64_t step;
    (void)state;
    for (int64_t now = 0; now < 10; now++) {
        assert_int_equal(otp_matches(&r, code, now * 30 + 29, 0, &step), now == 4);
        assert_int_equal(otp_matches(&r, code, now * 30, 1, &step), now >= 3 && now <= 5);
    }
    assert_true(otp_matches(&r, code, 4 * 30, -7, &step));
    assert_false(otp_matches(&r, code, (4 + 11) * 30, INT64_MAX, &step));
}

static void test_window_of_a_counter(void **state)
{
    struct otp_record r = {.by_counter = true, .key = STR(SEED20), .digits = 6, .counter = 3};
    int64_t step;
    (void)state;
    assert_false(otp_matches(&r, STR("359152"), 0, 5, &step)); /* 2: behind it */
    assert_true(otp_matches(&r, STR("969429"), 0, 0, &step));
    assert_int_equal(step, 3);
    assert_false(otp_matches(&r, STR("254676"), 0, 1, &step));
    assert_true(otp_matches(&r, STR("254676"), 0, 2, &step));
    assert_int_equal(step, 5);
}

static void test_what_is_no_code(void **state)
{
    static const char *const codes[] = {"", "33831", "3383140", "33831a", "33831 ", "+38314"};
    struct otp_record r = {.key = STR(SEED20), .alg = DIGEST_SHA1, .digits = 6, .period_s = 30};
    int64_t step;
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(codes); i++)
        assert_false(otp_matches(&r, str_c(codes[i]), 4 * 30, 1, &step));
    assert_false(otp_matches(&r, str_of(NULL, 0), 4 * 30, 1, &step));
}

static int read(const char *secret, const char *data, struct otp_record *ret_record)
{
    const struct credential c = {.secret_data = str_c(secret), .credential_data = str_c(data)};
    return otp_record_read(&test_arena, &c, ret_record);
}

/* As Keycloak writes them; without an encoding the letters are the key. */
static void test_records(void **state)
{
    struct otp_record r;
    struct str data;
    (void)state;
    OK(read("{\"value\":\"" SEED20 "\"}", "{\"subType\":\"totp\"}", &r));
    SAME(r.key, SEED20);
    assert_true(!r.by_counter && r.digits == 6 && r.period_s == 30 && r.alg == DIGEST_SHA1);
    OK(read("{\"value\":\"MZXW6YTBOI\"}",
            "{\"subType\":\"hotp\",\"digits\":8,\"counter\":7,\"period\":60,"
            "\"algorithm\":\"HmacSHA512\",\"secretEncoding\":\"BASE32\"}",
            &r));
    SAME(r.key, "foobar");
    assert_true(r.by_counter && r.digits == 8 && r.counter == 7 && r.alg == DIGEST_SHA512);
    OK(otp_record_data(&test_arena, &r, &data));
    SAME(data, "{\"subType\":\"hotp\",\"digits\":8,\"counter\":7,\"period\":60,"
               "\"algorithm\":\"HmacSHA512\",\"secretEncoding\":\"BASE32\"}");
}

/* PW-01, as for passwords: what is not understood matches nothing. */
static void test_records_that_are_not_understood(void **state)
{
    static const char *const data[] = {
        "{}",
        "[]",
        "{\"subType\":\"steam\"}",
        "{\"subType\":\"totp\",\"digits\":5}",
        "{\"subType\":\"totp\",\"digits\":9}",
        "{\"subType\":\"totp\",\"period\":0}",
        "{\"subType\":\"totp\",\"period\":-30}",
        "{\"subType\":\"hotp\",\"counter\":-1}",
        "{\"subType\":\"hotp\",\"counter\":9223372036854775807}",
        "{\"subType\":\"totp\",\"algorithm\":\"MD5\"}",
        "{\"subType\":\"totp\",\"secretEncoding\":\"HEX\"}",
        "{\"subType\":\"totp\",\"secretEncoding\":\"BASE32\"}", /* 0, 1, 8, 9 are no letters */
        "",
    };
    struct otp_record r;
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(data); i++)
        assert_int_not_equal(read("{\"value\":\"" SEED20 "\"}", data[i], &r), 0);
    FAILS(read("{\"value\":\"\"}", "{\"subType\":\"totp\"}", &r), ERR_INVALID_SYNTAX);
    FAILS(read("{}", "{\"subType\":\"totp\"}", &r), ERR_INVALID_SYNTAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_rfc_4226_d),
        TEST(test_rfc_6238_b),
        TEST(test_mf_01_window_of_time),
        TEST(test_window_of_a_counter),
        TEST(test_what_is_no_code),
        TEST(test_records),
        TEST(test_records_that_are_not_understood),
    };
    return cmocka_run_group_tests(tests, crypto_setup, NULL);
}
