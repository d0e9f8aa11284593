/* Password records: known answers, records of Keycloak, and everything that must fail closed. */
#include "tests/unit/core/check.h"

#include <time.h>

#include "core/codec/base64.h"
#include "core/codec/json.h"
#include "core/crypto/password.h"
#include "core/crypto/pbkdf2.h"

static void rfc_6070_and_7914_vectors_of_pbkdf2(void **state)
{
    (void)state;
    static const struct {
        enum digest_alg alg;
        struct str password, salt;
        uint32_t rounds;
        const char *hex;
    } table[] = {
        {DIGEST_SHA1, STR_INIT("password"), STR_INIT("salt"), 1,
         "0c60c80f961f0e71f3a9b524af6012062fe037a6"},
        {DIGEST_SHA1, STR_INIT("password"), STR_INIT("salt"), 4096,
         "4b007901b765489abead49d926f721d065a429c1"},
        {DIGEST_SHA1, STR_INIT("passwordPASSWORDpassword"),
         STR_INIT("saltSALTsaltSALTsaltSALTsaltSALTsalt"), 4096,
         "3d2eec4fe41c849b80c8d83662c0e44a8b291a964cf2f07038"},
        {DIGEST_SHA1, STR_INIT("pass\0word"), STR_INIT("sa\0lt"), 4096,
         "56fa6aa75548099dcc37d7f03425e0c3"},
        {DIGEST_SHA256, STR_INIT("passwd"), STR_INIT("salt"), 1,
         "55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc"
         "49ca9cccf179b645991664b39d77ef317c71b845b1e30bd509112041d3a19783"},
        {DIGEST_SHA256, STR_INIT("Password"), STR_INIT("NaCl"), 80000,
         "4ddcd8f60b98be21830cee5ef22701f9641a4418d04c0414aeff08876b34ab56"
         "a1d425a1225833549adb841b51c9b3176a272bdebba1d078478f62b397f33c8d"},
    };
    for (size_t i = 0; i < ARRAY_LEN(table); i++) {
        unsigned char out[64];
        size_t len = strlen(table[i].hex) / 2;
        pbkdf2(table[i].alg, table[i].password, table[i].salt, table[i].rounds, out, len);
        SAME_S(hex_encode(&test_arena, str_of((const char *)out, len)),
               str_of(table[i].hex, 2 * len));
    }
}

/* --- records --- */

#define ARGON2_DATA(type, version, memory, passes, lanes)                                          \
    "{\"hashIterations\":" #passes ",\"algorithm\":\"argon2\",\"additionalParameters\":{"          \
    "\"hashLength\":[\"32\"],\"memory\":[\"" #memory "\"],\"type\":[\"" type                       \
    "\"],\"version\":[\"" version "\"],\"parallelism\":[\"" #lanes "\"]}}"

static struct password_record record_of(const char *value, const char *salt, const char *data)
{
    return (struct password_record){
        .secret_data = arena_printf(
            &test_arena, "{\"value\":\"%s\",\"salt\":\"%s\",\"additionalParameters\":{}}", value,
            salt),
        .credential_data = str_c(data),
    };
}

static bool matches(const struct password_record *record, struct str password)
{
    bool match = true;
    OK(password_hash_verify(&test_arena, record, password, &match));
    return match;
}

/* The value is given in hex, the salt as its text: as the vectors are published. */
static struct password_record vector(const char *hex, struct str salt, const char *data)
{
    struct str bytes;
    OK(hex_decode(&test_arena, str_c(hex), &bytes));
    return record_of(base64_encode(&test_arena, bytes).ptr, base64_encode(&test_arena, salt).ptr,
                     data);
}

static void PW_01_argon2_reference_vectors(void **state)
{
    (void)state;
    static const struct {
        const char *hex, *data;
    } table[] = {
        {"c1628832147d9720c5bd1cfd61367078729f6dfb6f8fea9ff98158e0d7816ed0",
         ARGON2_DATA("i", "1.3", 65536, 2, 1)},
        {"f6c4db4a54e2a370627aff3db6176b94a2a209a62c8e36152711802f7b30c694",
         ARGON2_DATA("i", "1.0", 65536, 2, 1)},
        {"89e9029f4637b295beb027056a7336c414fadd43f6b208645281cb214a56452f",
         ARGON2_DATA("i", "1.3", 256, 2, 1)},
        {"4ff5ce2769a1d7f4c8a491df09d41a9fbe90e5eb02155a13e4c01e20cd4eab61",
         ARGON2_DATA("i", "1.3", 256, 2, 2)},
        {"09316115d5cf24ed5a15a31a3ba326e5cf32edc24702987c02b6566f61913cf7",
         ARGON2_DATA("id", "1.3", 65536, 2, 1)},
        {"9dfeb910e80bad0311fee20f9c0e2b12c17987b4cac90c2ef54d5b3021c68bfe",
         ARGON2_DATA("id", "1.3", 256, 2, 1)},
        {"6d093c501fd5999645e0ea3bf620d7b8be7fd2db59c20d9fff9539da2bf57037",
         ARGON2_DATA("id", "1.3", 256, 2, 2)},
    };
    for (size_t i = 0; i < ARRAY_LEN(table); i++) {
        struct password_record r = vector(table[i].hex, STR("somesalt"), table[i].data);
        assert_true(matches(&r, STR("password")));
        assert_false(matches(&r, STR("passwore")));
    }
}

static void PW_01_records_of_keycloak_verify(void **state)
{
    (void)state;
    static const struct {
        const char *password, *value, *salt, *data;
    } table[] = {
        /* two that real Keycloaks wrote */
        {"password", "BruFLfFkjH/8erZ26NnrbkOrWiZuQyDRCHD9o0R6Scg=", "Cf9AYCE5pAbb4CKEF0GUTA==",
         ARGON2_DATA("id", "1.3", 7168, 5, 1)},
        {"secret", "xKjWvB9+0sSP6wTqI1JoEI7w+iA0x9VDhPgmrOHRG80=", "LRScGShC7shkdoU5B1UgUQ==",
         ARGON2_DATA("id", "1.3", 7168, 5, 1)},
        /* made with other implementations; salt 00..0f */
        {"contrase\xc3\xb1"
         "a",
         "AV7nSawmuw5SQGzdLlZIZnU3M7tzzE9Jc4Q2T+PCbBg=", "AAECAwQFBgcICQoLDA0ODw==",
         ARGON2_DATA("id", "1.3", 4096, 3, 4)},
        {"password", "gYW3K2hDotixLdnZnDA7ggXjDdS/WGoafjk4eoTrPXg=", "AAECAwQFBgcICQoLDA0ODw==",
         "{\"hashIterations\":27500,\"algorithm\":\"pbkdf2-sha256\",\"additionalParameters\":{}}"},
        {"password",
         "gYW3K2hDotixLdnZnDA7ggXjDdS/"
         "WGoafjk4eoTrPXh9tz2iRphHd0VHSNGwZQuZ/GYCD7d2UuOeI0igaSW+CQ==",
         "AAECAwQFBgcICQoLDA0ODw==", "{\"hashIterations\":27500,\"algorithm\":\"pbkdf2-sha256\"}"},
        {"password",
         "ll4mBZmR4q/jLpJcPLu3znpVM+eLVHQZLs34oWvAcUikJkWvrhDMpw9EMpRRP1sb5CTR/"
         "U7tyqzWfeFXiXi+4w==",
         "AAECAwQFBgcICQoLDA0ODw",
         "{\"hashIterations\":30000,\"algorithm\":\"pbkdf2-sha512\",\"additionalParameters\":{}}"},
        {"password",
         "Kn1FJuAQG/R44FhuUf0WpZ9bjHi/hCB7sgunu5OjUTH03qiyjO4EBzmmMt8zC7U7jLLKXTyKF26fLEo+zrg5Jg",
         "AAECAwQFBgcICQoLDA0ODw==",
         "{\"hashIterations\":20000,\"algorithm\":\"pbkdf2\",\"additionalParameters\":{}}"},
    };
    for (size_t i = 0; i < ARRAY_LEN(table); i++) {
        struct password_record r = record_of(table[i].value, table[i].salt, table[i].data);
        OK(password_hash_check(&test_arena, &r));
        assert_true(matches(&r, str_c(table[i].password)));
        assert_false(matches(&r, STR("Password")));
        assert_false(matches(&r, STR("")));
    }
}

#define V32                 "gYW3K2hDotixLdnZnDA7ggXjDdS/WGoafjk4eoTrPXg="
#define S16                 "AAECAwQFBgcICQoLDA0ODw=="
#define SECRET(value, salt) "{\"value\":\"" value "\",\"salt\":\"" salt "\"}"
#define PBKDF2_DATA         "{\"hashIterations\":1,\"algorithm\":\"pbkdf2-sha256\"}"

static void PW_01_malformed_records_fail_closed(void **state)
{
    (void)state;
    static const struct {
        const char *secret, *data;
        int err;
    } table[] = {
        {"", PBKDF2_DATA, ERR_INVALID_SYNTAX},
        {"null", PBKDF2_DATA, ERR_INVALID_SYNTAX},
        {"{}", PBKDF2_DATA, ERR_INVALID_SYNTAX},
        {"{\"value\":\"" V32 "\"}", PBKDF2_DATA, ERR_INVALID_SYNTAX},
        {"{\"value\":\"" V32 "\",\"salt\":null}", PBKDF2_DATA, ERR_INVALID_SYNTAX},
        {SECRET(V32, "__SALT__"), PBKDF2_DATA, ERR_INVALID_SYNTAX},
        {SECRET("", S16), PBKDF2_DATA, ERR_INVALID_SYNTAX},
        {SECRET("gYW3", S16), PBKDF2_DATA, ERR_INVALID_SYNTAX},
        {SECRET("!YW3K2hDotixLdnZnDA7ggXjDdS/WGoafjk4eoTrPXg=", S16), PBKDF2_DATA,
         ERR_INVALID_SYNTAX},
        {SECRET(V32, ""), PBKDF2_DATA, ERR_INVALID_SYNTAX},
        {SECRET(V32, S16), "", ERR_INVALID_SYNTAX},
        {SECRET(V32, S16), "{}", ERR_INVALID_SYNTAX},
        {SECRET(V32, S16), "{\"hashIterations\":1}", ERR_INVALID_SYNTAX},
        {SECRET(V32, S16), "{\"hashIterations\":1,\"algorithm\":\"md5\"}", ERR_INVALID_SYNTAX},
        {SECRET(V32, S16), "{\"hashIterations\":1,\"algorithm\":\"PBKDF2\"}", ERR_INVALID_SYNTAX},
        {SECRET(V32, S16), "{\"hashIterations\":1,\"algorithm\":null}", ERR_INVALID_SYNTAX},
        {SECRET(V32, S16), "{\"hashIterations\":0,\"algorithm\":\"pbkdf2-sha256\"}",
         ERR_INVALID_SYNTAX},
        {SECRET(V32, S16), "{\"hashIterations\":-1,\"algorithm\":\"pbkdf2-sha256\"}",
         ERR_INVALID_SYNTAX},
        {SECRET(V32, S16), "{\"hashIterations\":1.5,\"algorithm\":\"pbkdf2-sha256\"}",
         ERR_INVALID_SYNTAX},
        {SECRET(V32, S16), "{\"hashIterations\":\"1\",\"algorithm\":\"pbkdf2-sha256\"}",
         ERR_INVALID_SYNTAX},
        {SECRET(V32, S16), "{\"hashIterations\":10000001,\"algorithm\":\"pbkdf2-sha256\"}",
         ERR_TOO_LARGE},
        {SECRET(V32, S16), "{\"hashIterations\":9000000,\"algorithm\":\"pbkdf2\"}", ERR_TOO_LARGE},
        {SECRET(V32, S16), "{\"hashIterations\":99999999999,\"algorithm\":\"pbkdf2-sha256\"}",
         ERR_TOO_LARGE},
        {SECRET(V32, S16), "{\"hashIterations\":5,\"algorithm\":\"argon2\"}", ERR_INVALID_SYNTAX},
        {SECRET(V32, S16), ARGON2_DATA("x", "1.3", 7168, 5, 1), ERR_INVALID_SYNTAX},
        {SECRET(V32, S16), ARGON2_DATA("id", "1.2", 7168, 5, 1), ERR_INVALID_SYNTAX},
        {SECRET(V32, S16), ARGON2_DATA("id", "1.3", 7, 5, 1), ERR_TOO_LARGE},
        {SECRET(V32, S16), ARGON2_DATA("id", "1.3", 15, 5, 2), ERR_TOO_LARGE},
        {SECRET(V32, S16), ARGON2_DATA("id", "1.3", 0, 5, 1), ERR_INVALID_SYNTAX},
        {SECRET(V32, S16), ARGON2_DATA("id", "1.3", 262145, 5, 1), ERR_TOO_LARGE},
        {SECRET(V32, S16), ARGON2_DATA("id", "1.3", 4294967296, 5, 1), ERR_TOO_LARGE},
        {SECRET(V32, S16), ARGON2_DATA("id", "1.3", 7168, 101, 1), ERR_TOO_LARGE},
        {SECRET(V32, S16), ARGON2_DATA("id", "1.3", 262144, 17, 1), ERR_TOO_LARGE},
        {SECRET(V32, S16), ARGON2_DATA("id", "1.3", 7168, 5, 17), ERR_TOO_LARGE},
        {SECRET(V32, S16), ARGON2_DATA("id", "1.3", 7168, 5, 0), ERR_INVALID_SYNTAX},
        {SECRET("AAECAwQFBgcICQoLDA0ODw==", S16), ARGON2_DATA("id", "1.3", 7168, 5, 1),
         ERR_INVALID_SYNTAX},
        {SECRET(V32, S16), "{\"hashIterations\":1,\"algorithm\":\"pbkdf2\",\"algorithm\":\"x\"}",
         ERR_INVALID_SYNTAX},
    };
    for (size_t i = 0; i < ARRAY_LEN(table); i++) {
        struct password_record r = {str_c(table[i].secret), str_c(table[i].data)};
        bool match = true;
        int err = password_hash_verify(&test_arena, &r, STR("password"), &match);
        if (err != table[i].err || match)
            fail_msg("record %zu: error %d, match %d", i, err, match);
        FAILS(password_hash_check(&test_arena, &r), table[i].err);
        struct password_params params = password_params_default();
        assert_true(password_hash_needs_rehash(&test_arena, &r, &params));
    }
}

/* --- making --- */

static void what_is_made_verifies_and_looks_like_keycloaks(void **state)
{
    (void)state;
    static const char *const algorithms[] = {"argon2", "pbkdf2-sha256", "pbkdf2-sha512", "pbkdf2"};
    for (size_t i = 0; i < ARRAY_LEN(algorithms); i++) {
        struct password_params params;
        struct password_record r;
        struct password_record again;
        OK(password_params_of(str_c(algorithms[i]), 3, &params));
        OK(password_hash_make(&test_arena, &params, STR("correct horse"), &r));
        OK(password_hash_make(&test_arena, &params, STR("correct horse"), &again));
        assert_false(str_eq(r.secret_data, again.secret_data)); /* a salt of its own each */
        SAME_S(r.credential_data, again.credential_data);
        assert_true(matches(&r, STR("correct horse")));
        assert_false(matches(&r, STR("correct horsf")));
        assert_false(password_hash_needs_rehash(&test_arena, &r, &params));
    }
    struct password_params params = password_params_default();
    struct password_record r;
    OK(password_hash_make(&test_arena, &params, STR("x"), &r));
    SAME(r.credential_data, ARGON2_DATA("id", "1.3", 7168, 5, 1));
}

static void other_parameters_ask_for_a_new_hash(void **state)
{
    (void)state;
    struct password_params base = {PASSWORD_ARGON2, 2, 32, 64, 1, ARGON2_ID, 0x13};
    struct password_record r;
    OK(password_hash_make(&test_arena, &base, STR("x"), &r));
    assert_false(password_hash_needs_rehash(&test_arena, &r, &base));
    struct password_params others[] = {base, base, base, base, base, base, base};
    others[0].alg = PASSWORD_PBKDF2_SHA512;
    others[1].iterations++;
    others[2].hash_bytes = 64;
    others[3].memory_kib++;
    others[4].parallelism++;
    others[5].type = ARGON2_I;
    others[6].version = 0x10;
    for (size_t i = 0; i < ARRAY_LEN(others); i++)
        assert_true(password_hash_needs_rehash(&test_arena, &r, &others[i]));
}

static void policy_words_become_parameters(void **state)
{
    (void)state;
    struct password_params p;
    OK(password_params_of(STR("argon2"), 0, &p));
    assert_int_equal(p.iterations, 5);
    OK(password_params_of(STR("argon2"), 27500, &p)); /* meant for PBKDF2 */
    assert_int_equal(p.iterations, 5);
    OK(password_params_of(STR("argon2"), 7, &p));
    assert_int_equal(p.iterations, 7);
    OK(password_params_of(STR("pbkdf2-sha256"), 0, &p));
    assert_int_equal(p.iterations, 600000);
    assert_int_equal(p.hash_bytes, 32);
    OK(password_params_of(STR("pbkdf2-sha512"), 27500, &p));
    assert_int_equal(p.iterations, 27500);
    assert_int_equal(p.hash_bytes, 64);
    OK(password_params_of(STR("pbkdf2"), 0, &p));
    assert_int_equal(p.alg, PASSWORD_PBKDF2_SHA512);
    FAILS(password_params_of(STR("md5"), 0, &p), ERR_BAD_ALGORITHM);
    FAILS(password_params_of(STR("argon2"), -1, &p), ERR_INVALID_NUMBER);
    FAILS(password_params_of(STR("argon2"), INT64_MAX, &p), ERR_INVALID_NUMBER);
}

static void PW_06_nothing_is_cut_and_too_long_is_refused(void **state)
{
    (void)state;
    struct password_params params = {PASSWORD_ARGON2, 1, 32, 8, 1, ARGON2_ID, 0x13};
    struct password_record r;
    char text[PASSWORD_MAX_BYTES + 2];
    memset(text, 'a', sizeof(text));
    static const size_t lengths[] = {8, 55, 56, 64, 71, 72, 73, 127, 128, 255, 1023};
    for (size_t i = 0; i < ARRAY_LEN(lengths); i++) {
        OK(password_hash_make(&test_arena, &params, str_of(text, lengths[i]), &r));
        assert_true(matches(&r, str_of(text, lengths[i])));
        assert_false(matches(&r, str_of(text, lengths[i] + 1)));
        assert_false(matches(&r, str_of(text, lengths[i] - 1)));
    }
    OK(password_hash_make(&test_arena, &params, str_of(text, PASSWORD_MAX_BYTES), &r));
    assert_true(matches(&r, str_of(text, PASSWORD_MAX_BYTES)));
    assert_false(matches(&r, str_of(text, PASSWORD_MAX_BYTES + 1)));
    FAILS(password_hash_make(&test_arena, &params, str_of(text, PASSWORD_MAX_BYTES + 1), &r),
          ERR_TOO_LARGE);
}

static void PW_06_unicode_and_nul_count(void **state)
{
    (void)state;
    struct password_params params = {PASSWORD_ARGON2, 1, 32, 8, 1, ARGON2_ID, 0x13};
    struct password_record r;
    OK(password_hash_make(&test_arena, &params, STR("\xf0\x9f\x94\x91\xc3\xb1"), &r));
    assert_true(matches(&r, STR("\xf0\x9f\x94\x91\xc3\xb1")));
    assert_false(matches(&r, STR("\xf0\x9f\x94\x91n")));
    OK(password_hash_make(&test_arena, &params, STR("a\0b"), &r));
    assert_true(matches(&r, STR("a\0b")));
    assert_false(matches(&r, STR("a\0c")));
    assert_false(matches(&r, STR("a")));
    FAILS(password_hash_make(&test_arena, &params, STR("\xff"), &r), ERR_INVALID_UTF8);
    assert_false(matches(&r, STR("\xff")));
}

static void wrong_parameters_make_nothing(void **state)
{
    (void)state;
    struct password_params base = password_params_default();
    struct password_params bad[] = {base, base, base, base, base, base, base};
    struct password_record r;
    bad[0].alg = PASSWORD_PBKDF2_SHA1;
    bad[1].iterations = 0;
    bad[2].memory_kib = PASSWORD_MAX_MEMORY_KIB + 1;
    bad[3].parallelism = 0;
    bad[4].hash_bytes = 8;
    bad[5].version = 0x12;
    bad[6].hash_bytes = 1000;
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        FAILS(password_hash_make(&test_arena, &bad[i], STR("x"), &r), ERR_BAD_ALGORITHM);
}

static void memory_ends_with_an_error(void **state)
{
    (void)state;
    struct password_params params = {PASSWORD_ARGON2, 1, 32, 8, 1, ARGON2_ID, 0x13};
    size_t failures = 0;
    for (size_t max = 0; max < 8000; max += 13) {
        CLEANUP(arena_free) struct arena small;
        struct password_record r;
        arena_init(&small, max);
        int err = password_hash_make(&small, &params, STR("x"), &r);
        if (err == 0)
            assert_true(matches(&r, STR("x")));
        else
            assert_int_equal(err, ERR_NO_MEMORY);
        failures += err != 0;
    }
    assert_in_range(failures, 10, 500);
}

static int64_t cpu_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* The least of several: what else the machine does only adds. */
static void PW_05_a_dummy_costs_what_a_real_check_costs(void **state)
{
    (void)state;
    struct password_params params = password_params_default();
    struct password_record r;
    int64_t real_ns = INT64_MAX;
    int64_t dummy_ns = INT64_MAX;
    OK(password_hash_make(&test_arena, &params, STR("x"), &r));
    for (int i = 0; i < 7; i++) {
        int64_t start = cpu_ns();
        assert_false(matches(&r, STR("y")));
        int64_t middle = cpu_ns();
        password_hash_dummy(&test_arena, &params, STR("y"));
        int64_t end = cpu_ns();
        real_ns = middle - start < real_ns ? middle - start : real_ns;
        dummy_ns = end - middle < dummy_ns ? end - middle : dummy_ns;
    }
    assert_true(dummy_ns < real_ns + real_ns / 4 && real_ns < dummy_ns + dummy_ns / 4);
}

/* Records of every kind: hashed like the real one, and matched by nothing, not even its password. */
static void PW_05_a_decoy_takes_the_record_s_parameters(void **state)
{
    static const char *const algorithms[] = {"argon2", "pbkdf2-sha256", "pbkdf2-sha512"};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(algorithms); i++) {
        struct password_params params, read;
        struct password_record r;
        OK(password_params_of(str_c(algorithms[i]), i == 0 ? 1 : 5000, &params));
        OK(password_hash_make(&test_arena, &params, STR("x"), &r));
        OK(password_hash_params(&test_arena, &r, &read));
        assert_int_equal(read.alg, params.alg);
        assert_int_equal(read.iterations, params.iterations);
        assert_int_equal(read.hash_bytes, params.hash_bytes);
        password_hash_decoy(&test_arena, &r, STR("x"));
    }
    struct password_record broken = {STR("{}"), STR("{}")};
    struct password_params params;
    FAILS(password_hash_params(&test_arena, &broken, &params), ERR_INVALID_SYNTAX);
    password_hash_decoy(&test_arena, &broken, STR("x"));
}

/* Processor time, and a factor of ten between things that differ by three hundred. */
static void PW_05_a_decoy_costs_what_its_record_costs(void **state)
{
    struct password_params params;
    struct password_record cheap, dear;
    (void)state;
    OK(password_params_of(STR("pbkdf2-sha256"), 1000, &params));
    OK(password_hash_make(&test_arena, &params, STR("x"), &cheap));
    params.iterations = 300000;
    OK(password_hash_make(&test_arena, &params, STR("x"), &dear));
    int64_t start = cpu_ns();
    password_hash_decoy(&test_arena, &cheap, STR("y"));
    int64_t middle = cpu_ns();
    password_hash_decoy(&test_arena, &dear, STR("y"));
    int64_t end = cpu_ns();
    assert_true(end - middle > 10 * (middle - start));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(rfc_6070_and_7914_vectors_of_pbkdf2),
        TEST(PW_01_argon2_reference_vectors),
        TEST(PW_01_records_of_keycloak_verify),
        TEST(PW_01_malformed_records_fail_closed),
        TEST(what_is_made_verifies_and_looks_like_keycloaks),
        TEST(other_parameters_ask_for_a_new_hash),
        TEST(policy_words_become_parameters),
        TEST(PW_06_nothing_is_cut_and_too_long_is_refused),
        TEST(PW_06_unicode_and_nul_count),
        TEST(wrong_parameters_make_nothing),
        TEST(memory_ends_with_an_error),
        TEST(PW_05_a_dummy_costs_what_a_real_check_costs),
        TEST(PW_05_a_decoy_takes_the_record_s_parameters),
        TEST(PW_05_a_decoy_costs_what_its_record_costs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
