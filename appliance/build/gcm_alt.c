/* The functions of mbedtls/gcm.h by libcrypto (NIST SP 800-38D). Part of libmbedcrypto.a. */
#include <limits.h>
#include <mbedtls/gcm.h>
#include <mbedtls/platform_util.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <stdbool.h>
#include <string.h>

#define TAG_MAX_BYTES 16
#define TAG_MIN_BYTES 4
#define IV_MAX_BYTES  16

/* Fetched once: looking a cipher up by name takes a lock. */
static pthread_once_t once = PTHREAD_ONCE_INIT;
static EVP_CIPHER *ciphers[3]; /* of 128, 192, 256 bits; NULL when libcrypto has none */

static void fetch_ciphers(void)
{
    static const char *const names[] = {"AES-128-GCM", "AES-192-GCM", "AES-256-GCM"};
    /* No openssl.cnf of the host may change what this program does. */
    if (OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, NULL) != 1)
        return;
    for (size_t i = 0; i < 3; i++)
        ciphers[i] = EVP_CIPHER_fetch(NULL, names[i], NULL);
}

void mbedtls_gcm_init(mbedtls_gcm_context *ctx)
{
    memset(ctx, 0, sizeof(*ctx));
}

void mbedtls_gcm_free(mbedtls_gcm_context *ctx)
{
    if (!ctx)
        return;
    EVP_CIPHER_CTX_free(ctx->engine); /* zeroes the key */
    mbedtls_platform_zeroize(ctx, sizeof(*ctx));
}

int mbedtls_gcm_setkey(mbedtls_gcm_context *ctx, mbedtls_cipher_id_t cipher,
                       const unsigned char *key, unsigned int keybits)
{
    if (cipher != MBEDTLS_CIPHER_ID_AES || (keybits != 128 && keybits != 192 && keybits != 256))
        return MBEDTLS_ERR_GCM_BAD_INPUT;
    (void)pthread_once(&once, fetch_ciphers);
    const EVP_CIPHER *found = ciphers[keybits / 64 - 2];
    if (!ctx->engine)
        ctx->engine = EVP_CIPHER_CTX_new();
    if (!found || !ctx->engine || EVP_CipherInit_ex(ctx->engine, found, NULL, key, NULL, 1) != 1)
        return MBEDTLS_ERR_CIPHER_ALLOC_FAILED;
    return 0;
}

int mbedtls_gcm_starts(mbedtls_gcm_context *ctx, int mode, const unsigned char *iv, size_t iv_len)
{
    if (!ctx->engine || iv_len == 0 || iv_len > IV_MAX_BYTES)
        return MBEDTLS_ERR_GCM_BAD_INPUT;
    ctx->mode = mode;
    if (iv_len != (size_t)EVP_CIPHER_CTX_get_iv_length(ctx->engine) &&
        EVP_CIPHER_CTX_ctrl(ctx->engine, EVP_CTRL_AEAD_SET_IVLEN, (int)iv_len, NULL) != 1)
        return MBEDTLS_ERR_GCM_BAD_INPUT;
    int encrypts = mode == MBEDTLS_GCM_ENCRYPT;
    return EVP_CipherInit_ex(ctx->engine, NULL, NULL, NULL, iv, encrypts) == 1
               ? 0
               : MBEDTLS_ERR_GCM_BAD_INPUT;
}

/* out NULL: associated data. */
static int feed(mbedtls_gcm_context *ctx, const unsigned char *in, size_t len, unsigned char *out)
{
    int written;
    if (!ctx->engine || len > INT_MAX)
        return MBEDTLS_ERR_GCM_BAD_INPUT;
    if (len == 0)
        return 0;
    return EVP_CipherUpdate(ctx->engine, out, &written, in, (int)len) == 1 && written == (int)len
               ? 0
               : MBEDTLS_ERR_GCM_BAD_INPUT;
}

int mbedtls_gcm_update_ad(mbedtls_gcm_context *ctx, const unsigned char *add, size_t add_len)
{
    return feed(ctx, add, add_len, NULL);
}

int mbedtls_gcm_update(mbedtls_gcm_context *ctx, const unsigned char *input, size_t input_length,
                       unsigned char *output, size_t output_size, size_t *output_length)
{
    if (output_size < input_length)
        return MBEDTLS_ERR_GCM_BUFFER_TOO_SMALL;
    int rc = feed(ctx, input, input_length, output);
    *output_length = rc == 0 ? input_length : 0;
    return rc;
}

static bool tag_fits(size_t len)
{
    return len >= TAG_MIN_BYTES && len <= TAG_MAX_BYTES;
}

/* mbedTLS asks for the tag of a decrypted message and compares by itself; libcrypto tells the tag of
 * an encrypted one only. So a message of the streaming functions that is decrypted has no tag here,
 * and whoever opens a message hands its tag in: mbedtls_gcm_auth_decrypt. */
int mbedtls_gcm_finish(mbedtls_gcm_context *ctx, unsigned char *output, size_t output_size,
                       size_t *output_length, unsigned char *tag, size_t tag_len)
{
    unsigned char rest[TAG_MAX_BYTES];
    int written;
    (void)output;
    (void)output_size;
    *output_length = 0;
    if (!ctx->engine || !tag_fits(tag_len) || ctx->mode != MBEDTLS_GCM_ENCRYPT)
        return MBEDTLS_ERR_GCM_BAD_INPUT;
    if (EVP_CipherFinal_ex(ctx->engine, rest, &written) != 1 || written != 0 ||
        EVP_CIPHER_CTX_ctrl(ctx->engine, EVP_CTRL_AEAD_GET_TAG, (int)tag_len, tag) != 1)
        return MBEDTLS_ERR_GCM_BAD_INPUT;
    return 0;
}

int mbedtls_gcm_crypt_and_tag(mbedtls_gcm_context *ctx, int mode, size_t length,
                              const unsigned char *iv, size_t iv_len, const unsigned char *add,
                              size_t add_len, const unsigned char *input, unsigned char *output,
                              size_t tag_len, unsigned char *tag)
{
    size_t none;
    int rc = mbedtls_gcm_starts(ctx, mode, iv, iv_len);
    if (rc == 0)
        rc = feed(ctx, add, add_len, NULL);
    if (rc == 0)
        rc = feed(ctx, input, length, output);
    return rc == 0 ? mbedtls_gcm_finish(ctx, NULL, 0, &none, tag, tag_len) : rc;
}

/* Nothing of a message whose tag is wrong stays in output. */
int mbedtls_gcm_auth_decrypt(mbedtls_gcm_context *ctx, size_t length, const unsigned char *iv,
                             size_t iv_len, const unsigned char *add, size_t add_len,
                             const unsigned char *tag, size_t tag_len, const unsigned char *input,
                             unsigned char *output)
{
    unsigned char copy[TAG_MAX_BYTES], rest[TAG_MAX_BYTES];
    int written;
    if (!tag_fits(tag_len))
        return MBEDTLS_ERR_GCM_BAD_INPUT;
    memcpy(copy, tag, tag_len);
    int rc = mbedtls_gcm_starts(ctx, MBEDTLS_GCM_DECRYPT, iv, iv_len);
    if (rc == 0)
        rc = feed(ctx, add, add_len, NULL);
    if (rc == 0)
        rc = feed(ctx, input, length, output);
    if (rc != 0)
        return rc;
    if (EVP_CIPHER_CTX_ctrl(ctx->engine, EVP_CTRL_AEAD_SET_TAG, (int)tag_len, copy) == 1 &&
        EVP_CipherFinal_ex(ctx->engine, rest, &written) == 1)
        return 0;
    mbedtls_platform_zeroize(output, length);
    return MBEDTLS_ERR_GCM_AUTH_FAILED;
}
