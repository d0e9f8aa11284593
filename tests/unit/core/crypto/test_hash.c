/* Hashes, HMAC, sealing and subkeys. */
#include "tests/unit/core/check.h"

#include "core/base/rng.h"
#include "core/codec/base64.h"
#include "core/crypto/aead.h"
#include "core/crypto/hmac.h"
#include "core/crypto/kdf.h"

static struct str hex_of(const unsigned char *bytes, size_t len)
{
    return hex_encode(&test_arena, str_of((const char *)bytes, len));
}

static void fips_180_vectors(void **state)
{
    (void)state;
    static const struct {
        enum digest_alg alg;
        const char *abc;
    } table[] = {
        {DIGEST_SHA1, "a9993e364706816aba3e25717850c26c9cd0d89d"},
        {DIGEST_SHA256, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
        {DIGEST_SHA384, "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed"
                        "8086072ba1e7cc2358baeca134c825a7"},
        {DIGEST_SHA512, "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
                        "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"},
    };
    for (size_t i = 0; i < ARRAY_LEN(table); i++) {
        unsigned char out[DIGEST_MAX_BYTES];
        struct digest d;
        digest_of(table[i].alg, STR("abc"), out);
        SAME(hex_of(out, digest_bytes(table[i].alg)), table[i].abc);
        digest_init(&d, table[i].alg);
        digest_update(&d, STR("a"));
        struct digest copy = d; /* the state may be copied */
        digest_update(&d, STR(""));
        digest_update(&d, STR("bc"));
        digest_final(&d, out);
        SAME(hex_of(out, digest_bytes(table[i].alg)), table[i].abc);
        digest_update(&copy, STR("bc"));
        digest_final(&copy, out);
        SAME(hex_of(out, digest_bytes(table[i].alg)), table[i].abc);
    }
}

/* The vectors of the paper: key 00 01 .. 0f, message 00 01 .. of its length. */
static void siphash_vectors(void **state)
{
    (void)state;
    unsigned char key[SIPHASH_KEY_BYTES];
    char message[15];
    for (size_t i = 0; i < sizeof(key); i++)
        key[i] = (unsigned char)i;
    for (size_t i = 0; i < sizeof(message); i++)
        message[i] = (char)i;
    assert_true(siphash_64(key, STR("")) == UINT64_C(0x726fdb47dd0e0e31));
    assert_true(siphash_64(key, str_of(message, sizeof(message))) == UINT64_C(0xa129ca6149be45e5));
    unsigned char out[SIPHASH_128_BYTES];
    siphash_128(key, STR(""), out);
    SAME(hex_of(out, sizeof(out)), "a3817f04ba25a8e66df67214c7550293");
    siphash_128(key, str_of(message, sizeof(message)), out);
    SAME(hex_of(out, sizeof(out)), "5493e99933b0a8117e08ec0f97cfc3d9");
}

static void blake2b_vectors(void **state)
{
    (void)state;
    unsigned char out[BLAKE2B_BYTES];
    unsigned char other[BLAKE2B_BYTES];
    const struct str parts[] = {STR("a"), STR(""), STR("bc")};
    blake2b_256_of(STR("abc"), out);
    SAME(hex_of(out, sizeof(out)),
         "bddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d52319");
    blake2b_256(str_of(NULL, 0), parts, 3, other);
    assert_memory_equal(out, other, sizeof(out));
    blake2b_256(STR("0123456789abcdef"), parts, 3, other);
    assert_memory_not_equal(out, other, sizeof(out));
}

static void rfc_4231_vectors(void **state)
{
    (void)state;
    static const struct {
        enum digest_alg alg;
        const char *jefe, *long_key;
    } table[] = {
        {DIGEST_SHA256, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
         "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"},
        {DIGEST_SHA384,
         "af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e"
         "8e2240ca5e69e2c78b3239ecfab21649",
         "4ece084485813e9088d2c63a041bc5b44f9ef1012a2b588f3cd11f05033ac4c6"
         "0c2ef6ab4030fe8296248df163f44952"},
        {DIGEST_SHA512,
         "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea250554"
         "9758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737",
         "80b24263c7c1a3ebb71493c1dd7be8b49b46d1f41b4aeec1121b013783f8f352"
         "6b56d037e05f2598bd0fd2215d6a1e5295e64f73f63f0aec8b915a985d786598"},
    };
    char long_key[131];
    memset(long_key, 0xaa, sizeof(long_key));
    struct str key = str_of(long_key, sizeof(long_key));
    struct str text = STR("Test Using Larger Than Block-Size Key - Hash Key First");
    for (size_t i = 0; i < ARRAY_LEN(table); i++) {
        unsigned char out[DIGEST_MAX_BYTES];
        size_t len = digest_bytes(table[i].alg);
        hmac_of(table[i].alg, STR("Jefe"), STR("what do ya want for nothing?"), out);
        SAME(hex_of(out, len), table[i].jefe);
        hmac_of(table[i].alg, key, text, out);
        SAME(hex_of(out, len), table[i].long_key);
        OK(hmac_verify(table[i].alg, key, text, str_of((char *)out, len)));
        FAILS(hmac_verify(table[i].alg, key, text, str_of((char *)out, len - 1)), ERR_BAD_MAC);
        FAILS(hmac_verify(table[i].alg, key, text, STR("")), ERR_BAD_MAC);
        out[len - 1] ^= 1;
        FAILS(hmac_verify(table[i].alg, key, text, str_of((char *)out, len)), ERR_BAD_MAC);
    }
}

static void sealed_values_open_only_whole_and_in_their_place(void **state)
{
    (void)state;
    char key_bytes[AEAD_KEY_BYTES];
    rng_bytes(key_bytes, sizeof(key_bytes));
    struct str key = str_of(key_bytes, sizeof(key_bytes));
    struct str plain = STR("private key");
    struct str sealed;
    struct str again;
    struct str opened = STR("untouched");
    OK(aead_seal(&test_arena, key, STR("keys/1"), plain, &sealed));
    OK(aead_seal(&test_arena, key, STR("keys/1"), plain, &again));
    assert_int_equal(sealed.len, plain.len + AEAD_OVERHEAD_BYTES);
    assert_false(str_eq(sealed, again));
    FAILS(aead_open(&test_arena, key, STR("keys/2"), sealed, &opened), ERR_SEAL);
    FAILS(aead_open(&test_arena, key, STR(""), sealed, &opened), ERR_SEAL);
    for (size_t i = 0; i < sealed.len; i++) {
        struct str changed = arena_str(&test_arena, sealed);
        ((char *)(uintptr_t)changed.ptr)[i] ^= 4;
        FAILS(aead_open(&test_arena, key, STR("keys/1"), changed, &opened), ERR_SEAL);
        FAILS(aead_open(&test_arena, key, STR("keys/1"), str_sub(sealed, 0, i), &opened), ERR_SEAL);
    }
    FAILS(aead_open(&test_arena, str_sub(key, 0, 31), STR("keys/1"), sealed, &opened), ERR_BAD_KEY);
    SAME(opened, "untouched");
    OK(aead_open(&test_arena, key, STR("keys/1"), sealed, &opened));
    SAME_S(opened, plain);
    CLEANUP(secret_free) struct secret secret = {NULL, 0};
    OK(aead_open_secret(key, STR("keys/1"), sealed, &secret));
    SAME_S(secret_view(&secret), plain);
    struct secret none = {NULL, 0};
    FAILS(aead_open_secret(key, STR("keys/2"), sealed, &none), ERR_SEAL);
    assert_null(none.ptr);
    OK(aead_seal(&test_arena, key, STR("x"), STR(""), &sealed));
    OK(aead_open(&test_arena, key, STR("x"), sealed, &opened));
    SAME(opened, "");
}

static void subkeys_differ_by_purpose_and_id(void **state)
{
    (void)state;
    unsigned char keys[5][KDF_KEY_BYTES];
    struct str master = STR("0123456789abcdef0123456789abcdef");
    OK(kdf_derive(master, "ab", STR("c"), keys[0]));
    OK(kdf_derive(master, "a", STR("bc"), keys[1]));
    OK(kdf_derive(master, "abc", STR(""), keys[2]));
    OK(kdf_derive(STR("0123456789abcdef0123456789abcdeF"), "ab", STR("c"), keys[3]));
    OK(kdf_derive(master, "ab", STR("c"), keys[4]));
    assert_memory_equal(keys[0], keys[4], KDF_KEY_BYTES);
    for (int i = 0; i < 4; i++)
        for (int k = 0; k < i; k++)
            assert_memory_not_equal(keys[i], keys[k], KDF_KEY_BYTES);
    /* Sealed data depends on this value for ever: it may never change. */
    SAME(hex_of(keys[0], KDF_KEY_BYTES),
         "d2bdadc4ab65a815fedb9ff0da36cf5725d49ba8e1b0ba98b80fd15e314fdca6");
    FAILS(kdf_derive(STR("short"), "ab", STR("c"), keys[0]), ERR_BAD_KEY);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(fips_180_vectors),
        TEST(siphash_vectors),
        TEST(blake2b_vectors),
        TEST(rfc_4231_vectors),
        TEST(sealed_values_open_only_whole_and_in_their_place),
        TEST(subkeys_differ_by_purpose_and_id),
    };
    return cmocka_run_group_tests(tests, crypto_setup, NULL);
}
