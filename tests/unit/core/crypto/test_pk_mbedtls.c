/* Keys against a second library: signatures of libcrypto are verified by mbedTLS and the other way
 * round, and mbedTLS reads our certificates. */
#include "tests/unit/core/crypto/pk_keys.h"

#include <mbedtls/ecdsa.h>
#include <mbedtls/pk.h>
#include <mbedtls/rsa.h>
#include <mbedtls/x509_crt.h>

#include "core/base/rng.h"

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
        int64_t end_s;
        OK(pk_certificate_end(der, &end_s));
        assert_in_range(end_s - 1700000000, 3650 * 86400, 3653 * 86400);
        FAILS(pk_certificate_end(str_sub(der, 0, der.len / 2), &end_s), ERR_BAD_KEY);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(two_libraries_agree_in_both_directions),
        TEST(certificates_are_self_signed_for_ten_years),
    };
    return cmocka_run_group_tests(tests, make_keys, free_keys);
}
