/* AES-GCM as TLS asks for it, against the vectors of the paper that NIST SP 800-38D took it from. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <mbedtls/gcm.h>

#define LEN 60

struct vector {
    const char *key, *cipher, *tag;
};
static const char plain_hex[] =
    "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525"
    "b16aedf5aa0de657ba637b39";
static const struct vector vectors[] = {
    {"feffe9928665731c6d6a8f9467308308",
     "42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e21d514b25466931c7d8f6a5aac84aa05"
     "1ba30b396a0aac973d58e091",
     "5bc94fbc3221a5db94fae95ae7121a47"},
    {"feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308",
     "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838"
     "c5f61e6393ba7a0abcc9f662",
     "76fc6ece0f4e1768cddf8853bb2d551b"},
};

static unsigned char iv[12], add[20], plain[LEN];

static size_t bytes_of(const char *hex, unsigned char *out)
{
    size_t len = strlen(hex) / 2;
    for (size_t i = 0; i < len; i++) {
        unsigned byte;
        assert_int_equal(sscanf(hex + 2 * i, "%2x", &byte), 1);
        out[i] = (unsigned char)byte;
    }
    return len;
}

static int set_up(void **state)
{
    (void)state;
    bytes_of("cafebabefacedbaddecaf888", iv);
    bytes_of("feedfacedeadbeeffeedfacedeadbeefabaddad2", add);
    bytes_of(plain_hex, plain);
    return 0;
}

static void open_context(mbedtls_gcm_context *ctx, const struct vector *v)
{
    unsigned char key[32];
    size_t len = bytes_of(v->key, key);
    mbedtls_gcm_init(ctx);
    assert_int_equal(mbedtls_gcm_setkey(ctx, MBEDTLS_CIPHER_ID_AES, key, (unsigned)len * 8), 0);
}

static int encrypt(mbedtls_gcm_context *ctx, unsigned char *in, unsigned char *out,
                   unsigned char *tag)
{
    return mbedtls_gcm_crypt_and_tag(ctx, MBEDTLS_GCM_ENCRYPT, LEN, iv, sizeof(iv), add,
                                     sizeof(add), in, out, 16, tag);
}

static int decrypt(mbedtls_gcm_context *ctx, const unsigned char *in, const unsigned char *tag,
                   unsigned char *out)
{
    return mbedtls_gcm_auth_decrypt(ctx, LEN, iv, sizeof(iv), add, sizeof(add), tag, 16, in, out);
}

static void the_vectors_hold_both_ways_and_in_place(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        mbedtls_gcm_context ctx;
        unsigned char expected[LEN], expected_tag[16], text[LEN], tag[16];
        bytes_of(vectors[i].cipher, expected);
        bytes_of(vectors[i].tag, expected_tag);
        open_context(&ctx, &vectors[i]);
        for (int round = 0; round < 3; round++) { /* a context is used for many messages */
            memcpy(text, plain, LEN);
            assert_int_equal(encrypt(&ctx, text, text, tag), 0);
            assert_memory_equal(text, expected, LEN);
            assert_memory_equal(tag, expected_tag, 16);
            assert_int_equal(decrypt(&ctx, text, tag, text), 0);
            assert_memory_equal(text, plain, LEN);
        }
        mbedtls_gcm_free(&ctx);
    }
}

static void pieces_give_the_same_as_the_whole(void **state)
{
    mbedtls_gcm_context ctx;
    unsigned char expected[LEN], text[LEN], tag[16];
    size_t done = 0, written;
    (void)state;
    open_context(&ctx, &vectors[0]);
    assert_int_equal(encrypt(&ctx, plain, expected, tag), 0);
    assert_int_equal(mbedtls_gcm_starts(&ctx, MBEDTLS_GCM_ENCRYPT, iv, sizeof(iv)), 0);
    assert_int_equal(mbedtls_gcm_update_ad(&ctx, add, 7), 0);
    assert_int_equal(mbedtls_gcm_update_ad(&ctx, add + 7, sizeof(add) - 7), 0);
    for (size_t piece = 1; done < LEN; done += written, piece += 5) {
        size_t len = piece < LEN - done ? piece : LEN - done;
        assert_int_equal(
            mbedtls_gcm_update(&ctx, plain + done, len, text + done, LEN - done, &written), 0);
        assert_int_equal(written, len);
    }
    unsigned char again[16];
    assert_int_equal(mbedtls_gcm_finish(&ctx, NULL, 0, &written, again, 16), 0);
    assert_memory_equal(text, expected, LEN);
    assert_memory_equal(again, tag, 16);
    mbedtls_gcm_free(&ctx);
}

/* Each bit of text, tag and associated data counts, and nothing of a forged message is left. */
static void a_flipped_bit_is_told_and_leaves_nothing(void **state)
{
    static const unsigned char zeros[LEN];
    mbedtls_gcm_context ctx;
    unsigned char text[LEN], tag[16], out[LEN];
    unsigned char *parts[] = {text, tag, add};
    const size_t sizes[] = {LEN, 16, sizeof(add)};
    (void)state;
    open_context(&ctx, &vectors[1]);
    assert_int_equal(encrypt(&ctx, plain, text, tag), 0);
    for (size_t p = 0; p < 3; p++)
        for (size_t bit = 0; bit < sizes[p] * 8; bit++) {
            parts[p][bit / 8] ^= (unsigned char)(1 << bit % 8);
            assert_int_equal(decrypt(&ctx, text, tag, out), MBEDTLS_ERR_GCM_AUTH_FAILED);
            assert_memory_equal(out, zeros, LEN);
            parts[p][bit / 8] ^= (unsigned char)(1 << bit % 8);
        }
    assert_int_equal(decrypt(&ctx, text, tag, out), 0);
    mbedtls_gcm_free(&ctx);
}

static void what_is_asked_wrongly_is_refused(void **state)
{
    mbedtls_gcm_context ctx;
    unsigned char text[LEN], tag[16];
    size_t written;
    (void)state;
    mbedtls_gcm_init(&ctx);
    assert_int_not_equal(encrypt(&ctx, plain, text, tag), 0); /* no key yet */
    assert_int_not_equal(mbedtls_gcm_setkey(&ctx, MBEDTLS_CIPHER_ID_AES, plain, 129), 0);
    assert_int_not_equal(mbedtls_gcm_setkey(&ctx, MBEDTLS_CIPHER_ID_CHACHA20, plain, 256), 0);
    assert_int_equal(mbedtls_gcm_setkey(&ctx, MBEDTLS_CIPHER_ID_AES, plain, 128), 0);
    assert_int_not_equal(mbedtls_gcm_crypt_and_tag(&ctx, MBEDTLS_GCM_ENCRYPT, LEN, iv, 0, add, 0,
                                                   plain, text, 16, tag),
                         0);
    assert_int_not_equal(mbedtls_gcm_crypt_and_tag(&ctx, MBEDTLS_GCM_ENCRYPT, LEN, iv, sizeof(iv),
                                                   add, 0, plain, text, 3, tag),
                         0);
    assert_int_not_equal(mbedtls_gcm_update(&ctx, plain, LEN, text, LEN - 1, &written), 0);
    mbedtls_gcm_free(&ctx);
    mbedtls_gcm_free(&ctx);
    mbedtls_gcm_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_vectors_hold_both_ways_and_in_place),
        cmocka_unit_test(pieces_give_the_same_as_the_whole),
        cmocka_unit_test(a_flipped_bit_is_told_and_leaves_nothing),
        cmocka_unit_test(what_is_asked_wrongly_is_refused),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
