/* Keys: round trips through every form, signatures of every algorithm checked against a second
 * library (mbedTLS), and keys and signatures that must be refused. */
#include "tests/unit/core/check.h"

#include <mbedtls/ecdsa.h>
#include <mbedtls/pk.h>
#include <mbedtls/rsa.h>
#include <mbedtls/x509_crt.h>
#include <pthread.h>

#include "core/base/rng.h"
#include "core/codec/base64.h"
#include "core/crypto/digest.h"
#include "core/crypto/pk.h"
#include "tests/unit/core/crypto/pk_samples.h"

/* One key of each kind, made once: RSA takes its time. */
static struct pk_key *keys[PK_ED25519 + 1];

static const struct {
    enum pk_alg alg;
    enum pk_type type;
    enum digest_alg digest;
    size_t signature_bytes;
} algs[] = {
    {PK_RS256, PK_RSA, DIGEST_SHA256, 256},  {PK_RS384, PK_RSA, DIGEST_SHA384, 256},
    {PK_RS512, PK_RSA, DIGEST_SHA512, 256},  {PK_PS256, PK_RSA, DIGEST_SHA256, 256},
    {PK_PS384, PK_RSA, DIGEST_SHA384, 256},  {PK_PS512, PK_RSA, DIGEST_SHA512, 256},
    {PK_ES256, PK_P256, DIGEST_SHA256, 64},  {PK_ES384, PK_P384, DIGEST_SHA384, 96},
    {PK_ES512, PK_P521, DIGEST_SHA512, 132}, {PK_EDDSA, PK_ED25519, DIGEST_SHA512, 64},
};

static int make_keys(void **state)
{
    int err = crypto_setup(state);
    for (enum pk_type type = PK_RSA; err == 0 && type <= PK_ED25519; type++)
        err = pk_generate(type, 2048, &keys[type]);
    return err;
}

static int free_keys(void **state)
{
    (void)state;
    for (enum pk_type type = PK_RSA; type <= PK_ED25519; type++)
        pk_key_free(&keys[type]);
    return 0;
}

static struct str sign(const struct pk_key *key, enum pk_alg alg, struct str message)
{
    unsigned char signature[PK_SIGNATURE_MAX_BYTES];
    size_t len = 0;
    OK(pk_sign(key, alg, message, signature, &len));
    return arena_str(&test_arena, str_of((const char *)signature, len));
}

static char *writable(struct str s)
{
    return (char *)(uintptr_t)arena_str(&test_arena, s).ptr;
}

static struct pk_key *import_public(struct str text)
{
    struct pk_key *key = NULL;
    OK(pk_import_public(text, &key));
    assert_false(pk_key_is_private(key));
    return key;
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

/* --- against mbedTLS --- */

static int mbed_random(void *unused, unsigned char *out, size_t len)
{
    (void)unused;
    rng_bytes(out, len);
    return 0;
}

static mbedtls_md_type_t md_of(enum digest_alg digest)
{
    if (digest == DIGEST_SHA256)
        return MBEDTLS_MD_SHA256;
    return digest == DIGEST_SHA384 ? MBEDTLS_MD_SHA384 : MBEDTLS_MD_SHA512;
}

static bool is_pss(enum pk_alg alg)
{
    return alg == PK_PS256 || alg == PK_PS384 || alg == PK_PS512;
}

static int mbed_verify_ec(mbedtls_pk_context *pk, const unsigned char *hash, size_t hash_len,
                          struct str signature)
{
    const unsigned char *in = (const unsigned char *)signature.ptr;
    mbedtls_ecp_keypair *pair = mbedtls_pk_ec(*pk);
    mbedtls_mpi r;
    mbedtls_mpi s;
    mbedtls_mpi_init(&r);
    mbedtls_mpi_init(&s);
    int rc = mbedtls_mpi_read_binary(&r, in, signature.len / 2);
    if (rc == 0)
        rc = mbedtls_mpi_read_binary(&s, in + signature.len / 2, signature.len / 2);
    if (rc == 0)
        rc = mbedtls_ecdsa_verify(&pair->MBEDTLS_PRIVATE(grp), hash, hash_len,
                                  &pair->MBEDTLS_PRIVATE(Q), &r, &s);
    mbedtls_mpi_free(&r);
    mbedtls_mpi_free(&s);
    return rc;
}

static int mbed_sign_ec(mbedtls_pk_context *pk, const unsigned char *hash, size_t hash_len,
                        unsigned char *out, size_t field)
{
    mbedtls_ecp_keypair *pair = mbedtls_pk_ec(*pk);
    mbedtls_mpi r;
    mbedtls_mpi s;
    mbedtls_mpi_init(&r);
    mbedtls_mpi_init(&s);
    int rc = mbedtls_ecdsa_sign(&pair->MBEDTLS_PRIVATE(grp), &r, &s, &pair->MBEDTLS_PRIVATE(d),
                                hash, hash_len, mbed_random, NULL);
    if (rc == 0)
        rc = mbedtls_mpi_write_binary(&r, out, field);
    if (rc == 0)
        rc = mbedtls_mpi_write_binary(&s, out + field, field);
    mbedtls_mpi_free(&r);
    mbedtls_mpi_free(&s);
    return rc;
}

static void our_signature_verifies_there(size_t i, mbedtls_pk_context *pk)
{
    unsigned char hash[DIGEST_MAX_BYTES];
    size_t hash_len = digest_bytes(algs[i].digest);
    struct str message = STR("cross check");
    struct str signature = sign(keys[algs[i].type], algs[i].alg, message);
    const unsigned char *in = (const unsigned char *)signature.ptr;
    mbedtls_md_type_t md = md_of(algs[i].digest);
    digest_of(algs[i].digest, message, hash);
    if (algs[i].type != PK_RSA) {
        OK(mbed_verify_ec(pk, hash, hash_len, signature));
        return;
    }
    if (!is_pss(algs[i].alg)) {
        OK(mbedtls_pk_verify(pk, md, hash, hash_len, in, signature.len));
        return;
    }
    mbedtls_pk_rsassa_pss_options pss = {md, (int)hash_len};
    OK(mbedtls_pk_verify_ext(MBEDTLS_PK_RSASSA_PSS, &pss, pk, md, hash, hash_len, in,
                             signature.len));
}

static void their_signature_verifies_here(size_t i, mbedtls_pk_context *pk)
{
    unsigned char hash[DIGEST_MAX_BYTES];
    unsigned char out[PK_SIGNATURE_MAX_BYTES];
    size_t hash_len = digest_bytes(algs[i].digest);
    struct str message = STR("the other way");
    mbedtls_md_type_t md = md_of(algs[i].digest);
    digest_of(algs[i].digest, message, hash);
    if (algs[i].type == PK_RSA) {
        mbedtls_rsa_context *rsa = mbedtls_pk_rsa(*pk);
        OK(mbedtls_rsa_set_padding(
            rsa, is_pss(algs[i].alg) ? MBEDTLS_RSA_PKCS_V21 : MBEDTLS_RSA_PKCS_V15, md));
        OK(mbedtls_rsa_pkcs1_sign(rsa, mbed_random, NULL, md, (unsigned)hash_len, hash, out));
    } else {
        OK(mbed_sign_ec(pk, hash, hash_len, out, algs[i].signature_bytes / 2));
    }
    OK(pk_verify(keys[algs[i].type], algs[i].alg, message,
                 str_of((const char *)out, algs[i].signature_bytes)));
}

static void two_libraries_agree_in_both_directions(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(algs); i++) {
        struct str spki;
        CLEANUP(secret_free) struct secret der = {NULL, 0};
        mbedtls_pk_context public_key;
        mbedtls_pk_context private_key;
        if (algs[i].type == PK_ED25519)
            continue; /* mbedTLS has none; RFC 8037 and libcrypto stand in */
        mbedtls_pk_init(&public_key);
        mbedtls_pk_init(&private_key);
        OK(pk_export_spki(keys[algs[i].type], &test_arena, &spki));
        OK(pk_export_private(keys[algs[i].type], &der));
        OK(mbedtls_pk_parse_public_key(&public_key, (const unsigned char *)spki.ptr, spki.len));
        OK(mbedtls_pk_parse_key(&private_key, der.ptr, der.len, NULL, 0, mbed_random, NULL));
        our_signature_verifies_there(i, &public_key);
        their_signature_verifies_here(i, &private_key);
        mbedtls_pk_free(&public_key);
        mbedtls_pk_free(&private_key);
    }
}

/* --- forms --- */

static struct str pem(const char *label, struct str der)
{
    struct str text = arena_printf(&test_arena, "-----BEGIN %s-----\n", label);
    struct str body = base64_encode(&test_arena, der);
    for (size_t i = 0; i < body.len; i += 64)
        text = ARENA_CONCAT(&test_arena, text, str_sub(body, i, 64), STR("\r\n"));
    return arena_printf(&test_arena, "%.*s-----END %s-----\n", STR_ARG(text), label);
}

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

/* --- certificates --- */

static void certificates_are_self_signed_for_ten_years(void **state)
{
    (void)state;
    for (enum pk_type type = PK_RSA; type <= PK_P521; type++) {
        struct str der;
        mbedtls_x509_crt crt;
        uint32_t flags = 0;
        OK(pk_self_signed_certificate(keys[type], &test_arena, STR("per\xc3\xba"), 1700000000,
                                      &der));
        mbedtls_x509_crt_init(&crt);
        OK(mbedtls_x509_crt_parse_der(&crt, (const unsigned char *)der.ptr, der.len));
        assert_int_equal(crt.version, 3);
        assert_int_equal(crt.valid_from.year, 2023);
        assert_int_equal(crt.valid_to.year, 2033);
        OK(mbedtls_x509_crt_verify_with_profile(&crt, &crt, NULL, &mbedtls_x509_crt_profile_next,
                                                NULL, &flags, NULL, NULL));
        mbedtls_x509_crt_free(&crt);
        CLEANUP(pk_key_free) struct pk_key *inside = import_public(der);
        assert_true(pk_key_equal(inside, keys[type]));
        CLEANUP(pk_key_free) struct pk_key *again = import_public(pem("CERTIFICATE", der));
        assert_true(pk_key_equal(again, keys[type]));
        FAILS(pk_self_signed_certificate(inside, &test_arena, STR("x"), 0, &der), ERR_BAD_KEY);
    }
    struct str der;
    FAILS(pk_self_signed_certificate(keys[PK_ED25519], &test_arena, STR("x"), 0, &der),
          ERR_BAD_KEY);
    struct str name = STR("a realm with a very long name that goes on and on until it is cut "
                          "\xc3\xba\xc3\xba");
    OK(pk_self_signed_certificate(keys[PK_P256], &test_arena, name, 0, &der));
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(signatures_verify_and_nothing_else_does),
        TEST(JO_03_only_the_fitting_algorithms_work),
        TEST(JO_11_lengths_and_ranges_of_signatures),
        TEST(JO_11_psychic_signatures_are_refused),
        TEST(two_libraries_agree_in_both_directions),
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
        TEST(certificates_are_self_signed_for_ten_years),
        TEST(one_key_serves_many_threads),
        TEST(a_second_owner_keeps_a_key_alive),
    };
    return cmocka_run_group_tests(tests, make_keys, free_keys);
}
