/* JWKs: reading, finding, writing public parts, names. */
#include "tests/unit/core/check.h"

#include "core/codec/base64.h"
#include "core/jose/jwk.h"
#include "tests/unit/core/jose/jose_samples.h"

static int parse(const char *text, enum jwk_private which, struct jwk *ret_jwk)
{
    const struct json_value *json;
    OK(json_parse(&test_arena, str_c(text), 10000, &json));
    return jwk_parse(&test_arena, json, which, ret_jwk);
}

static void private_members_are_read_only_where_asked(void **state)
{
    (void)state;
    static const char *const keys[] = {RFC7515_A2_KEY, RFC7515_A3_KEY, RFC7515_A4_KEY, RFC8037_KEY};
    for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
        CLEANUP(jwk_free) struct jwk whole = {.pk = NULL};
        CLEANUP(jwk_free) struct jwk half = {.pk = NULL};
        OK(parse(keys[i], JWK_PRIVATE_TOO, &whole));
        OK(parse(keys[i], JWK_PUBLIC_ONLY, &half));
        assert_true(pk_key_is_private(whole.pk));
        assert_false(pk_key_is_private(half.pk));
        assert_true(pk_key_equal(whole.pk, half.pk));
    }
    struct jwk oct = {.pk = NULL};
    FAILS(parse(RFC7515_A1_KEY, JWK_PUBLIC_ONLY, &oct), ERR_BAD_KEY);
    OK(parse(RFC7515_A1_KEY, JWK_PRIVATE_TOO, &oct));
    assert_int_equal(oct.secret.len, 64);
}

static void labels_are_read(void **state)
{
    (void)state;
    CLEANUP(jwk_free) struct jwk k = {.pk = NULL};
    OK(parse("{" RFC7515_A2_PUBLIC ",\"kid\":\"1\",\"alg\":\"PS256\",\"use\":\"sig\",\"key_ops\":["
             "\"verify\"],\"unknown\":{}}",
             JWK_PUBLIC_ONLY, &k));
    SAME(k.kid, "1");
    assert_int_equal(k.alg, JOSE_PS256);
    assert_int_equal(k.use, JWK_USE_SIG);
    assert_true(k.may_verify);
    assert_false(k.may_sign);
    assert_false(k.other_alg);
}

static void JO_11_bad_keys_are_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "{}",
        "[]",
        "{\"kty\":\"RSA\"}",
        "{\"kty\":\"rsa\",\"n\":\"" RFC7515_A2_N "\",\"e\":\"AQAB\"}",
        "{\"kty\":\"RSA\",\"n\":\"" RFC7515_A2_N "\"}",
        "{\"kty\":\"RSA\",\"n\":\"" RFC7515_A2_N "=\",\"e\":\"AQAB\"}",
        "{\"kty\":\"RSA\",\"n\":\"" RFC7515_A2_N "\",\"e\":65537}",
        "{\"kty\":\"RSA\",\"n\":\"" RFC7515_A2_N "\",\"e\":\"AQ\"}",
        "{\"kty\":\"RSA\",\"n\":\"" RFC7515_A2_N RFC7515_A2_N RFC7515_A2_N "\",\"e\":\"AQAB\"}",
        "{\"kty\":\"RSA\",\"n\":\"sXchDaQebHnPiGvyDOAT4saGEUetSyo9MKLOoWFsueri23bOdgWp4Dy1Wl\",\"e\":"
        "\"AQAB\"}",
        "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\"}",
        "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\",\"y\":"
        "\"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a4\"}",
        "{\"kty\":\"EC\",\"crv\":\"P-384\",\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\",\"y\":"
        "\"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0\"}",
        "{\"kty\":\"EC\",\"crv\":\"secp256k1\",\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\","
        "\"y\":\"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0\"}",
        "{\"kty\":\"OKP\",\"crv\":\"X25519\",\"x\":\"" RFC8037_X "\"}",
        "{\"kty\":\"OKP\",\"crv\":\"P-256\",\"x\":\"" RFC8037_X "\"}",
        "{\"kty\":\"EC\",\"crv\":\"Ed25519\",\"x\":\"" RFC8037_X "\"}",
        "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"AAAA\"}",
        "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"" RFC8037_X "\",\"kid\":7}",
        "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"" RFC8037_X "\",\"use\":[]}",
        "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"" RFC8037_X "\",\"key_ops\":\"verify\"}",
    };
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct jwk k = {.pk = NULL};
        if (parse(bad[i], JWK_PUBLIC_ONLY, &k) != ERR_BAD_KEY)
            fail_msg("accepted: %s", bad[i]);
        assert_null(k.pk);
    }
}

static void private_parts_that_do_not_fit_are_refused(void **state)
{
    (void)state;
    struct jwk k = {.pk = NULL};
    FAILS(parse("{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"" RFC8037_X "\",\"d\":\"" RFC8037_X
                "\"}",
                JWK_PRIVATE_TOO, &k),
          ERR_BAD_KEY);
    FAILS(parse("{" RFC7515_A2_PUBLIC ",\"d\":\"AQAB\"}", JWK_PRIVATE_TOO, &k), ERR_BAD_KEY);
    FAILS(parse("{" RFC7515_A2_PUBLIC ",\"d\":\"AQAB\",\"oth\":[]}", JWK_PRIVATE_TOO, &k),
          ERR_BAD_KEY);
}

/* --- sets --- */

#define EC_KEY(more)                                                                                 \
    "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\",\"y\":" \
    "\"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0\"" more "}"
#define RSA_KEY(more) "{" RFC7515_A2_PUBLIC more "}"

static int find(const char *keys, enum jose_alg alg, const char *kid)
{
    struct jws jws = {.alg = alg, .kid = kid ? str_c(kid) : str_of(NULL, 0)};
    struct jws_key key = {.alg = JOSE_ALG_UNKNOWN};
    CLEANUP(jwks_free) struct jwks set = {NULL, 0, 0};
    OK(jwks_parse(&test_arena, arena_printf(&test_arena, "{\"keys\":[%s]}", keys), &set));
    int err = jwks_find(&set, &jws, &key);
    if (err == 0) {
        assert_int_equal(key.alg, alg);
        assert_true(key.pk && pk_alg_fits(key.pk, jose_alg_info(alg)->pk));
        ABSENT(key.secret);
    }
    return err;
}

static void JO_03_the_key_of_a_token_fits_in_every_respect(void **state)
{
    (void)state;
    static const struct {
        const char *keys;
        enum jose_alg alg;
        const char *kid;
        int err;
    } table[] = {
        {EC_KEY(",\"kid\":\"1\""), JOSE_ES256, "1", 0},
        {EC_KEY(",\"kid\":\"1\""), JOSE_ES256, "2", ERR_UNKNOWN_KEY},
        {EC_KEY(",\"kid\":\"1\""), JOSE_ES256, NULL, 0},
        {EC_KEY(""), JOSE_ES256, "1", ERR_UNKNOWN_KEY},
        {EC_KEY(""), JOSE_ES256, NULL, 0},
        {EC_KEY(",\"kid\":\"1\""), JOSE_RS256, "1", ERR_UNKNOWN_KEY},
        {EC_KEY(",\"kid\":\"1\""), JOSE_HS256, "1", ERR_UNKNOWN_KEY},
        {EC_KEY(",\"kid\":\"1\""), JOSE_ES384, "1", ERR_UNKNOWN_KEY},
        {EC_KEY(",\"kid\":\"1\",\"use\":\"sig\""), JOSE_ES256, "1", 0},
        {EC_KEY(",\"kid\":\"1\",\"use\":\"enc\""), JOSE_ES256, "1", ERR_UNKNOWN_KEY},
        {EC_KEY(",\"kid\":\"1\",\"use\":\"other\""), JOSE_ES256, "1", ERR_UNKNOWN_KEY},
        {EC_KEY(",\"kid\":\"1\",\"key_ops\":[\"sign\"]"), JOSE_ES256, "1", ERR_UNKNOWN_KEY},
        {EC_KEY(",\"kid\":\"1\",\"key_ops\":[\"verify\"]"), JOSE_ES256, "1", 0},
        {EC_KEY(",\"kid\":\"1\",\"alg\":\"ES256\""), JOSE_ES256, "1", 0},
        {EC_KEY(",\"kid\":\"1\",\"alg\":\"ECDH-ES\""), JOSE_ES256, "1", ERR_UNKNOWN_KEY},
        {RSA_KEY(",\"kid\":\"1\",\"alg\":\"RS256\""), JOSE_PS256, "1", ERR_UNKNOWN_KEY},
        {RSA_KEY(",\"kid\":\"1\""), JOSE_PS256, "1", 0},
        {RSA_KEY(",\"kid\":\"1\"") "," EC_KEY(",\"kid\":\"1\""), JOSE_ES256, "1", 0},
        {EC_KEY(",\"kid\":\"1\"") "," EC_KEY(",\"kid\":\"1\""), JOSE_ES256, "1", ERR_UNKNOWN_KEY},
        {EC_KEY(",\"kid\":\"1\"") "," EC_KEY(",\"kid\":\"2\""), JOSE_ES256, NULL, ERR_UNKNOWN_KEY},
        {EC_KEY(",\"kid\":\"1\"") "," RSA_KEY(",\"kid\":\"2\""), JOSE_RS256, NULL, 0},
    };
    for (size_t i = 0; i < ARRAY_LEN(table); i++)
        if (find(table[i].keys, table[i].alg, table[i].kid) != table[i].err)
            fail_msg("row %zu", i);
}

static void unusable_keys_of_a_set_are_skipped(void **state)
{
    (void)state;
    CLEANUP(jwks_free) struct jwks set = {NULL, 0, 0};
    OK(jwks_parse(
        &test_arena,
        STR("{\"keys\":[{\"kty\":\"XYZ\"},7," RFC7515_A1_KEY "," EC_KEY(
            "") "," RFC7515_A3_KEY ",{\"kty\":\"RSA\",\"n\":\"AQAB\",\"e\":\"AQAB\"}],\"more\":1}"),
        &set));
    assert_int_equal(set.count, 2);
    assert_int_equal(set.skipped, 4);
    assert_false(pk_key_is_private(set.keys[1].pk));
}

/* What is kept of an issuer's set: the keys of one kid, public members alone. */
static void a_set_is_narrowed_to_what_one_kid_may_mean(void **state)
{
    static const char set[] =
        "{\"keys\":[{\"kty\":\"oct\",\"kid\":\"a\",\"k\":\"c2VjcmV0\",\"d\":\"x\",\"p\":\"x\"},"
        "{\"kty\":\"RSA\",\"kid\":\"b\",\"n\":\"AQ\",\"e\":\"AQAB\",\"use\":\"sig\",\"x5c\":[\"MII\"]},"
        "{\"kty\":\"RSA\",\"kid\":\"B\",\"n\":\"Ag\",\"e\":\"AQAB\"},"
        "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"AQ\",\"y\":\"Ag\"},"
        "{\"kty\":\"RSA\",\"kid\":7,\"n\":\"AQ\",\"e\":\"AQAB\"},\"b\",null]}";
    static const char b[] = "{\"keys\":[{\"kty\":\"RSA\",\"kid\":\"b\",\"use\":\"sig\","
                            "\"n\":\"AQ\",\"e\":\"AQAB\"}]}";
    struct str text;
    (void)state;
    assert_int_equal(jwks_narrow(&test_arena, str_c(set), STR("b"), &text), 0);
    assert_true(str_eq_c(text, b));
    assert_int_equal(jwks_narrow(&test_arena, str_c(set), STR("a"), &text), 0);
    assert_true(str_eq_c(text, "{\"keys\":[{\"kty\":\"oct\",\"kid\":\"a\"}]}"));
    assert_int_equal(jwks_narrow(&test_arena, str_c(set), STR("c"), &text), 0);
    assert_true(str_eq_c(text, "{\"keys\":[]}"));
    assert_int_equal(jwks_narrow(&test_arena, str_c(set), str_of(NULL, 0), &text), 0);
    assert_true(str_find_str(text, STR("\"P-256\"")) > 0 && str_find_str(text, STR("\"Ag\"")) > 0);
    assert_true(str_find_str(text, STR("x5c")) < 0 && str_find_str(text, STR("\"d\"")) < 0 &&
                str_find_str(text, STR("\"k\"")) < 0);
    assert_int_equal(jwks_narrow(&test_arena, STR("{\"keys\":{}}"), STR("b"), &text),
                     ERR_INVALID_SYNTAX);
    assert_int_equal(jwks_narrow(&test_arena, STR("nothing"), STR("b"), &text), ERR_INVALID_SYNTAX);
}

static void what_is_no_set_is_told(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "", "[]", "{}", "{\"keys\":{}}", "{\"keys\":null}", "{\"keys\":[],\"keys\":[]}", "null"};
    struct jwks set;
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        FAILS(jwks_parse(&test_arena, str_c(bad[i]), &set), ERR_INVALID_SYNTAX);
    struct buf b;
    struct str text;
    buf_init(&b, &test_arena, 100000);
    buf_add_c(&b, "{\"keys\":[1");
    for (int i = 0; i < JWKS_MAX_KEYS; i++)
        buf_add_c(&b, ",1");
    buf_add_c(&b, "]}");
    OK(buf_finish(&b, &text));
    FAILS(jwks_parse(&test_arena, text, &set), ERR_TOO_LARGE);
    char *large = arena_alloc(&test_arena, JWKS_MAX_BYTES + 1);
    FAILS(jwks_parse(&test_arena, str_of(large, JWKS_MAX_BYTES + 1), &set), ERR_TOO_LARGE);
}

/* --- writing --- */

static struct str write_jwk(const struct pk_key *key, enum jose_alg alg, struct str certificate)
{
    struct buf b;
    struct json_writer w;
    struct str text = {NULL, 0};
    buf_init(&b, &test_arena, 100000);
    jw_init(&w, &b);
    jwk_write(&w, &test_arena, key, STR("k1"), alg, certificate);
    OK(jw_finish(&w, &text));
    return text;
}

static void JO_16_written_keys_hold_public_parts_only(void **state)
{
    (void)state;
    static const char *const keys[] = {RFC7515_A2_KEY, RFC7515_A3_KEY, RFC7515_A4_KEY, RFC8037_KEY};
    static const char *const allowed[] = {"kid", "kty", "alg", "use", "n",   "e",
                                          "crv", "x",   "y",   "x5c", "x5t", "x5t#S256"};
    for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
        CLEANUP(jwk_free) struct jwk k = {.pk = NULL};
        CLEANUP(jwk_free) struct jwk again = {.pk = NULL};
        OK(parse(keys[i], JWK_PRIVATE_TOO, &k));
        struct str text = write_jwk(k.pk, jose_alg_default(k.pk), STR("certificate"));
        const struct json_value *json;
        OK(json_parse(&test_arena, text, 10000, &json));
        struct json_iter it = json_iter(json);
        struct str name;
        const struct json_value *value;
        while (json_next(&it, &name, &value)) {
            size_t at = 0;
            while (at < ARRAY_LEN(allowed) && !str_eq_c(name, allowed[at]))
                at++;
            assert_true(at < ARRAY_LEN(allowed));
        }
        OK(jwk_parse(&test_arena, json, JWK_PRIVATE_TOO, &again));
        assert_false(pk_key_is_private(again.pk));
        assert_true(pk_key_equal(again.pk, k.pk));
        SAME(again.kid, "k1");
        assert_int_equal(again.alg, jose_alg_default(k.pk));
        assert_int_equal(again.use, JWK_USE_SIG);
    }
}

static void a_written_key_looks_like_this(void **state)
{
    (void)state;
    CLEANUP(jwk_free) struct jwk k = {.pk = NULL};
    OK(parse(RFC8037_KEY, JWK_PRIVATE_TOO, &k));
    SAME(
        write_jwk(k.pk, JOSE_EdDSA, str_of(NULL, 0)),
        "{\"kid\":\"k1\",\"kty\":\"OKP\",\"alg\":\"EdDSA\",\"use\":\"sig\",\"crv\":\"Ed25519\",\"x\":\"" RFC8037_X
        "\"}");
    SAME(write_jwk(k.pk, JOSE_ALG_UNKNOWN, STR("abc")),
         "{\"kid\":\"k1\",\"kty\":\"OKP\",\"use\":\"sig\",\"crv\":\"Ed25519\",\"x\":\"" RFC8037_X
         "\",\"x5c\":[\"YWJj\"],\"x5t\":\"qZk-NkcGgWq6PiVxeFDCbJzQ2J0\",\"x5t#S256\":"
         "\"ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0\"}");
}

static void rfc_7638_thumbprints(void **state)
{
    (void)state;
    static const struct {
        const char *key, *thumbprint;
    } table[] = {
        {"{\"kty\":\"RSA\",\"n\":\"" RFC7638_N
         "\",\"e\":\"AQAB\",\"alg\":\"RS256\",\"kid\":\"2011-04-29\"}",
         "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"},
        {RFC8037_KEY, "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"}, /* RFC 8037 A.3 */
    };
    for (size_t i = 0; i < ARRAY_LEN(table); i++) {
        CLEANUP(jwk_free) struct jwk k = {.pk = NULL};
        struct str name;
        OK(parse(table[i].key, JWK_PUBLIC_ONLY, &k));
        OK(jwk_thumbprint(&test_arena, k.pk, &name));
        SAME(name, table[i].thumbprint);
        OK(jwk_default_kid(&test_arena, k.pk, &name));
        assert_int_equal(name.len, 43);
    }
}

static void the_default_kid_is_the_hash_of_the_public_key(void **state)
{
    (void)state;
    CLEANUP(jwk_free) struct jwk k = {.pk = NULL};
    struct str kid;
    OK(parse(RFC8037_KEY, JWK_PUBLIC_ONLY, &k));
    OK(jwk_default_kid(&test_arena, k.pk, &kid));
    SAME(kid, "BuP9j9opu2CrWVV95h7bCuzbIxE0vjDnW0Vfjht5L6k");
}

/* With every possible limit of memory: the right result or the right error, nothing in between. */
static void memory_ends_with_an_error_and_never_with_a_wrong_name(void **state)
{
    (void)state;
    CLEANUP(jwk_free) struct jwk k = {.pk = NULL};
    struct str want;
    struct str set_text = STR("{\"keys\":[" RFC7515_A2_KEY "," RFC8037_KEY "]}");
    size_t failures = 0;
    OK(parse(RFC7515_A2_KEY, JWK_PUBLIC_ONLY, &k));
    OK(jwk_thumbprint(&test_arena, k.pk, &want));
    for (size_t max = 0; max < 12000; max += 7) {
        CLEANUP(arena_free) struct arena small;
        struct str name;
        arena_init(&small, max);
        int err = jwk_thumbprint(&small, k.pk, &name);
        if (err == 0)
            SAME_S(name, want);
        else
            assert_int_equal(err, ERR_NO_MEMORY);
        failures += err != 0;
    }
    assert_in_range(failures, 10, 1000);
    failures = 0;
    for (size_t max = 0; max < 60000; max += 97) {
        CLEANUP(arena_free) struct arena small;
        CLEANUP(jwks_free) struct jwks set = {NULL, 0, 0};
        arena_init(&small, max);
        int err = jwks_parse(&small, set_text, &set);
        if (err == 0)
            assert_int_equal(set.count, 2);
        else
            assert_int_equal(err, ERR_NO_MEMORY);
        failures += err != 0;
    }
    assert_in_range(failures, 10, 600);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(private_members_are_read_only_where_asked),
        TEST(labels_are_read),
        TEST(JO_11_bad_keys_are_refused),
        TEST(private_parts_that_do_not_fit_are_refused),
        TEST(JO_03_the_key_of_a_token_fits_in_every_respect),
        TEST(unusable_keys_of_a_set_are_skipped),
        TEST(a_set_is_narrowed_to_what_one_kid_may_mean),
        TEST(what_is_no_set_is_told),
        TEST(JO_16_written_keys_hold_public_parts_only),
        TEST(a_written_key_looks_like_this),
        TEST(rfc_7638_thumbprints),
        TEST(the_default_kid_is_the_hash_of_the_public_key),
        TEST(memory_ends_with_an_error_and_never_with_a_wrong_name),
    };
    return cmocka_run_group_tests(tests, crypto_setup, NULL);
}
