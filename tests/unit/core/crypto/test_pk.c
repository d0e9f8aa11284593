/* Keys: round trips through every form, and keys and signatures that must be refused. */
#include "tests/unit/core/crypto/pk_keys.h"

#include <pthread.h>

#include "core/base/rng.h"
#include "tests/unit/core/crypto/pk_samples.h"

static char *writable(struct str s)
{
    return (char *)(uintptr_t)arena_str(&test_arena, s).ptr;
}

static void signatures_verify_and_nothing_else_does(void **state)
{
    (void)state;
    struct str message = STR("the message");
    for (size_t i = 0; i < ARRAY_LEN(algs); i++) {
        const struct pk_key *key = keys[algs[i].type];
        struct str signature = sign(key, algs[i].alg, message);
        assert_int_equal(signature.len, algs[i].signature_bytes);
        assert_int_equal(pk_signature_bytes(key), algs[i].signature_bytes);
        OK(pk_verify(key, algs[i].alg, message, signature));
        FAILS(pk_verify(key, algs[i].alg, STR("the messagE"), signature), ERR_BAD_SIGNATURE);
        FAILS(pk_verify(key, algs[i].alg, STR(""), signature), ERR_BAD_SIGNATURE);
        for (size_t k = 0; k < signature.len; k += 7) {
            char *changed = writable(signature);
            changed[k] ^= 0x20;
            FAILS(pk_verify(key, algs[i].alg, message, str_of(changed, signature.len)),
                  ERR_BAD_SIGNATURE);
        }
    }
}

static void JO_03_only_the_fitting_algorithms_work(void **state)
{
    (void)state;
    unsigned char signature[PK_SIGNATURE_MAX_BYTES];
    size_t len;
    for (size_t i = 0; i < ARRAY_LEN(algs); i++) {
        struct str good = sign(keys[algs[i].type], algs[i].alg, STR("m"));
        for (enum pk_type type = PK_RSA; type <= PK_ED25519; type++) {
            bool fits = type == algs[i].type;
            assert_int_equal(pk_alg_fits(keys[type], algs[i].alg), fits);
            if (fits)
                continue;
            FAILS(pk_sign(keys[type], algs[i].alg, STR("m"), signature, &len), ERR_BAD_ALGORITHM);
            FAILS(pk_verify(keys[type], algs[i].alg, STR("m"), good), ERR_BAD_ALGORITHM);
        }
        for (size_t k = 0; k < ARRAY_LEN(algs); k++)
            if (k != i && algs[k].type == algs[i].type)
                FAILS(pk_verify(keys[algs[k].type], algs[k].alg, STR("m"), good),
                      ERR_BAD_SIGNATURE);
    }
    assert_false(pk_alg_fits(keys[PK_RSA], PK_ALG_NONE));
    assert_false(pk_alg_fits(keys[PK_RSA], PK_ALG_COUNT));
}

static void JO_11_lengths_and_ranges_of_signatures(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(algs); i++) {
        const struct pk_key *key = keys[algs[i].type];
        struct str good = sign(key, algs[i].alg, STR("m"));
        char longer[PK_SIGNATURE_MAX_BYTES + 1] = {0};
        memcpy(longer + 1, good.ptr, good.len);
        FAILS(pk_verify(key, algs[i].alg, STR("m"), STR("")), ERR_BAD_SIGNATURE);
        FAILS(pk_verify(key, algs[i].alg, STR("m"), str_sub(good, 0, good.len - 1)),
              ERR_BAD_SIGNATURE);
        FAILS(pk_verify(key, algs[i].alg, STR("m"), str_of(longer, good.len + 1)),
              ERR_BAD_SIGNATURE);
        FAILS(pk_verify(key, algs[i].alg, STR("m"), str_of(longer + 1, good.len + 1)),
              ERR_BAD_SIGNATURE);
        memset(longer, 0, sizeof(longer));
        FAILS(pk_verify(key, algs[i].alg, STR("m"), str_of(longer, good.len)), ERR_BAD_SIGNATURE);
        memset(longer, 0xff, sizeof(longer));
        FAILS(pk_verify(key, algs[i].alg, STR("m"), str_of(longer, good.len)), ERR_BAD_SIGNATURE);
    }
}

/* n of P-256: r and s must lie between 1 and n - 1. */
static void JO_11_psychic_signatures_are_refused(void **state)
{
    (void)state;
    struct str n;
    struct str good = sign(keys[PK_P256], PK_ES256, STR("m"));
    OK(hex_decode(&test_arena,
                  STR("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551"), &n));
    static const char zero[32];
    const struct str parts[] = {str_of(zero, 32), n, str_sub(good, 0, 32), str_sub(good, 32, 32)};
    for (size_t r = 0; r < 4; r++)
        for (size_t s = 0; s < 4; s++) {
            struct str signature = ARENA_CONCAT(&test_arena, parts[r], parts[s]);
            FAILS(pk_verify(keys[PK_P256], PK_ES256, STR("m"), signature),
                  r == 2 && s == 3 ? 0 : ERR_BAD_SIGNATURE);
        }
}

/* --- forms --- */

static void keys_survive_every_form(void **state)
{
    (void)state;
    for (enum pk_type type = PK_RSA; type <= PK_ED25519; type++) {
        struct str spki;
        CLEANUP(secret_free) struct secret der = {NULL, 0};
        OK(pk_export_private(keys[type], &der));
        OK(pk_export_spki(keys[type], &test_arena, &spki));
        struct str private_der = secret_view(&der);
        const struct str forms[] = {private_der, base64_encode(&test_arena, private_der),
                                    pem("PRIVATE KEY", private_der)};
        for (size_t i = 0; i < ARRAY_LEN(forms); i++) {
            CLEANUP(pk_key_free) struct pk_key *key = NULL;
            OK(pk_import_private(forms[i], &key));
            assert_true(pk_key_is_private(key));
            assert_int_equal(pk_key_type(key), type);
            assert_int_equal(pk_key_bits(key), pk_key_bits(keys[type]));
            assert_true(pk_key_equal(key, keys[type]));
        }
        const struct str public_forms[] = {spki, base64_encode(&test_arena, spki),
                                           pem("PUBLIC KEY", spki)};
        for (size_t i = 0; i < ARRAY_LEN(public_forms); i++) {
            CLEANUP(pk_key_free) struct pk_key *key = import_public(public_forms[i]);
            assert_true(pk_key_equal(key, keys[type]));
            struct secret none = {NULL, 0};
            unsigned char signature[PK_SIGNATURE_MAX_BYTES];
            size_t len;
            FAILS(pk_export_private(key, &none), ERR_BAD_KEY);
            FAILS(pk_sign(key, PK_RS256, STR("m"), signature, &len), ERR_BAD_KEY);
        }
        for (enum pk_type other = PK_RSA; other < type; other++)
            assert_false(pk_key_equal(keys[other], keys[type]));
    }
}

static void keys_survive_as_numbers(void **state)
{
    (void)state;
    for (enum pk_type type = PK_RSA; type <= PK_ED25519; type++) {
        struct pk_numbers n;
        CLEANUP(pk_key_free) struct pk_key *key = NULL;
        OK(pk_export_numbers(keys[type], &test_arena, &n));
        ABSENT(n.d);
        OK(pk_import_numbers(&n, &key));
        assert_false(pk_key_is_private(key));
        assert_true(pk_key_equal(key, keys[type]));
    }
}

static void traditional_forms_are_read(void **state)
{
    (void)state;
    CLEANUP(pk_key_free) struct pk_key *rsa = NULL;
    CLEANUP(pk_key_free) struct pk_key *ec = NULL;
    OK(pk_import_private(STR(sample_rsa_pkcs1), &rsa));
    assert_int_equal(pk_key_type(rsa), PK_RSA);
    OK(pk_import_private(STR(sample_ec_sec1), &ec));
    assert_int_equal(pk_key_type(ec), PK_P256);
    CLEANUP(pk_key_free) struct pk_key *rsa_public = import_public(STR(sample_rsa_public_pkcs1));
    assert_true(pk_key_equal(rsa, rsa_public));
}

static void JO_11_weak_and_foreign_keys_are_refused(void **state)
{
    (void)state;
    static const struct str bad[] = {
        STR_INIT(sample_rsa_1024),
        STR_INIT(sample_rsa_5120_public),
        STR_INIT(sample_secp256k1),
        STR_INIT(sample_encrypted),
        STR_INIT(sample_foreign),
        STR_INIT(""),
        STR_INIT("-----BEGIN "),
        STR_INIT("-----BEGIN PRIVATE KEY-----"),
        STR_INIT("not base64 !"),
        STR_INIT("\x30\x00"),
        STR_INIT("\x30\x80\x00\x00"),
        STR_INIT("MAA="),
        STR_INIT("-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----"),
    };
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct pk_key *key = NULL;
        if (pk_import_private(bad[i], &key) != ERR_BAD_KEY ||
            pk_import_public(bad[i], &key) != ERR_BAD_KEY)
            fail_msg("accepted sample %zu", i);
        assert_null(key);
    }
}

static void bytes_behind_or_missing_make_a_key_unusable(void **state)
{
    (void)state;
    for (enum pk_type type = PK_RSA; type <= PK_ED25519; type++) {
        struct str spki;
        struct pk_key *key = NULL;
        OK(pk_export_spki(keys[type], &test_arena, &spki));
        struct str longer = ARENA_CONCAT(&test_arena, spki, STR("\0"));
        FAILS(pk_import_public(longer, &key), ERR_BAD_KEY);
        for (size_t len = 0; len < spki.len; len += 5)
            FAILS(pk_import_public(str_sub(spki, 0, len), &key), ERR_BAD_KEY);
        CLEANUP(secret_free) struct secret der = {NULL, 0};
        OK(pk_export_private(keys[type], &der));
        struct str longer_private = ARENA_CONCAT(&test_arena, secret_view(&der), STR("\0"));
        FAILS(pk_import_private(longer_private, &key), ERR_BAD_KEY);
    }
}

static void JO_11_points_off_the_curve_are_refused(void **state)
{
    (void)state;
    for (enum pk_type type = PK_P256; type <= PK_P521; type++) {
        struct pk_numbers n;
        struct pk_key *key = NULL;
        OK(pk_export_numbers(keys[type], &test_arena, &n));
        struct pk_numbers bad = n;
        char *y = writable(n.y);
        y[n.y.len - 1] ^= 1;
        bad.y = str_of(y, n.y.len);
        FAILS(pk_import_numbers(&bad, &key), ERR_BAD_KEY);
        bad = n;
        bad.x = str_sub(n.x, 1, n.x.len); /* too short */
        FAILS(pk_import_numbers(&bad, &key), ERR_BAD_KEY);
        bad = n;
        bad.y = str_of(NULL, 0);
        FAILS(pk_import_numbers(&bad, &key), ERR_BAD_KEY);
        char *zero = arena_alloc(&test_arena, n.x.len);
        bad.x = bad.y = str_of(zero, n.x.len);
        FAILS(pk_import_numbers(&bad, &key), ERR_BAD_KEY);
        bad = n;
        bad.type = type == PK_P256 ? PK_P384 : PK_P256;
        FAILS(pk_import_numbers(&bad, &key), ERR_BAD_KEY);
    }
}

static void bad_numbers_of_rsa_are_refused(void **state)
{
    (void)state;
    struct pk_numbers n;
    struct pk_key *key = NULL;
    OK(pk_export_numbers(keys[PK_RSA], &test_arena, &n));
    static const struct str exponents[] = {
        STR_INIT("\x01"),     STR_INIT("\x02"), STR_INIT(""),
        STR_INIT("\x01\x00"), STR_INIT("\x00"), STR_INIT("\x01\x00\x00\x00\x00\x00\x00\x00\x01")};
    for (size_t i = 0; i < ARRAY_LEN(exponents); i++) {
        struct pk_numbers bad = n;
        bad.e = exponents[i];
        FAILS(pk_import_numbers(&bad, &key), ERR_BAD_KEY);
    }
    struct pk_numbers bad = n;
    bad.n = str_sub(n.n, 0, 128);
    FAILS(pk_import_numbers(&bad, &key), ERR_BAD_KEY);
    bad = n;
    char *even = writable(n.n);
    even[n.n.len - 1] &= (char)0xfe;
    bad.n = str_of(even, n.n.len);
    FAILS(pk_import_numbers(&bad, &key), ERR_BAD_KEY);
    bad = n;
    bad.d = STR("\x03"); /* private parts missing */
    FAILS(pk_import_numbers(&bad, &key), ERR_BAD_KEY);
    bad = n;
    bad.n = str_of(NULL, 0);
    FAILS(pk_import_numbers(&bad, &key), ERR_BAD_KEY);
}

static void points_of_small_order_are_no_ed25519_keys(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0100000000000000000000000000000000000000000000000000000000000000",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    };
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct pk_numbers n = {.type = PK_ED25519};
        struct pk_key *key = NULL;
        OK(hex_decode(&test_arena, str_c(bad[i]), &n.x));
        FAILS(pk_import_numbers(&n, &key), ERR_BAD_KEY);
    }
}

static void private_numbers_must_fit_the_public_ones(void **state)
{
    (void)state;
    struct pk_numbers n;
    struct pk_key *key = NULL;
    char d[66] = {0};
    for (enum pk_type type = PK_P256; type <= PK_ED25519; type++) {
        OK(pk_export_numbers(keys[type], &test_arena, &n));
        d[n.x.len - 1] = 5;
        n.d = str_of(d, n.x.len);
        FAILS(pk_import_numbers(&n, &key), ERR_BAD_KEY);
        d[n.x.len - 1] = 0;
        FAILS(pk_import_numbers(&n, &key), ERR_BAD_KEY);
    }
}

static void sizes_that_are_not_made(void **state)
{
    (void)state;
    struct pk_key *key = NULL;
    FAILS(pk_generate(PK_RSA, 1024, &key), ERR_BAD_KEY);
    FAILS(pk_generate(PK_RSA, 0, &key), ERR_BAD_KEY);
    FAILS(pk_generate(PK_RSA, 8192, &key), ERR_BAD_KEY);
    assert_null(key);
}

/* --- threads --- */

#define THREADS 12
#define ROUNDS  20

static void *sign_many(void *unused)
{
    (void)unused;
    for (int round = 0; round < ROUNDS; round++) {
        for (size_t i = 0; i < ARRAY_LEN(algs); i++) {
            unsigned char signature[PK_SIGNATURE_MAX_BYTES];
            char message[16];
            size_t len;
            rng_bytes(message, sizeof(message));
            struct str m = str_of(message, sizeof(message));
            const struct pk_key *key = keys[algs[i].type];
            if (pk_sign(key, algs[i].alg, m, signature, &len) != 0 ||
                pk_verify(key, algs[i].alg, m, str_of((const char *)signature, len)) != 0)
                return keys;
        }
    }
    return NULL;
}

static void one_key_serves_many_threads(void **state)
{
    (void)state;
    pthread_t threads[THREADS];
    for (size_t i = 0; i < THREADS; i++)
        OK(pthread_create(&threads[i], NULL, sign_many, NULL));
    for (size_t i = 0; i < THREADS; i++) {
        void *failed = keys;
        OK(pthread_join(threads[i], &failed));
        assert_null(failed);
    }
}

static void a_second_owner_keeps_a_key_alive(void **state)
{
    (void)state;
    struct pk_key *key = NULL;
    OK(pk_generate(PK_ED25519, 0, &key));
    struct pk_key *other = pk_key_ref(key);
    pk_key_free(&key);
    assert_null(key);
    OK(pk_verify(other, PK_EDDSA, STR("m"), sign(other, PK_EDDSA, STR("m"))));
    pk_key_free(&other);
    pk_key_free(&other);
}

static void a_key_store_is_of_one_key_and_bounded(void **state)
{
    char long_text[PK_KEYSTORE_TEXT_MAX + 2] = {0};
    struct str certificate, file, pem_text;
    const struct str alias = STR("a"), password = STR("a password");
    (void)state;
    memset(long_text, 'x', sizeof(long_text) - 1);
    OK(pk_self_signed_certificate(keys[PK_RSA], &test_arena, STR("firma"), 1000, &certificate));
    OK(pk_keystore_write(keys[PK_RSA], certificate, alias, password, &test_arena, &file));
    assert_true(file.len > certificate.len);
    assert_true(str_find_str(file, certificate) < 0); /* it is encrypted, too */
    OK(pk_keystore_write(NULL, certificate, alias, password, &test_arena, &file));
    FAILS(pk_keystore_write(keys[PK_P256], certificate, alias, password, &test_arena, &file),
          ERR_BAD_KEY);
    FAILS(pk_keystore_write(keys[PK_ED25519], certificate, alias, password, &test_arena, &file),
          ERR_BAD_KEY);
    FAILS(pk_keystore_write(keys[PK_RSA], STR("none"), alias, password, &test_arena, &file),
          ERR_BAD_KEY);
    FAILS(pk_keystore_write(keys[PK_RSA], certificate, str_c(long_text), password, &test_arena,
                            &file),
          ERR_TOO_LARGE);
    FAILS(pk_keystore_write(keys[PK_RSA], certificate, alias, str_c(long_text), &test_arena, &file),
          ERR_TOO_LARGE);
    OK(pk_pem_write(&test_arena, "CERTIFICATE", STR("0123456789"), &pem_text));
    SAME(pem_text, "-----BEGIN CERTIFICATE-----\nMDEyMzQ1Njc4OQ==\n-----END CERTIFICATE-----\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(signatures_verify_and_nothing_else_does),
        TEST(JO_03_only_the_fitting_algorithms_work),
        TEST(JO_11_lengths_and_ranges_of_signatures),
        TEST(JO_11_psychic_signatures_are_refused),
        TEST(keys_survive_every_form),
        TEST(keys_survive_as_numbers),
        TEST(traditional_forms_are_read),
        TEST(JO_11_weak_and_foreign_keys_are_refused),
        TEST(bytes_behind_or_missing_make_a_key_unusable),
        TEST(JO_11_points_off_the_curve_are_refused),
        TEST(bad_numbers_of_rsa_are_refused),
        TEST(points_of_small_order_are_no_ed25519_keys),
        TEST(private_numbers_must_fit_the_public_ones),
        TEST(sizes_that_are_not_made),
        TEST(a_key_store_is_of_one_key_and_bounded),
        TEST(one_key_serves_many_threads),
        TEST(a_second_owner_keeps_a_key_alive),
    };
    return cmocka_run_group_tests(tests, make_keys, free_keys);
}
