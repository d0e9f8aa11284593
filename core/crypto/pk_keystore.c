/* Keys and certificates as files for other programs. */
#include <openssl/pkcs12.h>

#include "core/base/buf.h"
#include "core/base/err.h"
#include "core/base/secret.h"
#include "core/codec/base64.h"
#include "core/crypto/pk_internal.h"

#include "core/base/banned.h"

#define ROUNDS         10000
#define PEM_LINE_CHARS 64
#define PEM_MAX_BYTES  ((size_t)64 << 10)

/* --- PKCS #12 --- */

/* libcrypto wants texts that end. */
static int ended_text(struct str text, char out[PK_KEYSTORE_TEXT_MAX + 1])
{
    if (text.len > PK_KEYSTORE_TEXT_MAX)
        return ERR_TOO_LARGE;
    memcpy(out, text.ptr, text.len);
    out[text.len] = '\0';
    return 0;
}

static int take_file(struct arena *a, const PKCS12 *store, struct str *ret_file)
{
    unsigned char *der = NULL;
    int len = store ? i2d_PKCS12(store, &der) : -1;
    if (len <= 0)
        return pk_failed(ERR_BAD_KEY);
    *ret_file = arena_str(a, str_of((const char *)der, (size_t)len));
    OPENSSL_clear_free(der, (size_t)len);
    return str_absent(*ret_file) ? ERR_NO_MEMORY : 0;
}

static int write_store(EVP_PKEY *evp, struct str certificate, const char *alias,
                       const char *password, struct arena *a, struct str *ret_file)
{
    const unsigned char *der = (const unsigned char *)certificate.ptr;
    X509 *x509 = d2i_X509(NULL, &der, (long)certificate.len);
    PKCS12 *store = x509 ? PKCS12_create(password, alias, evp, x509, NULL, NID_aes_256_cbc,
                                         NID_aes_256_cbc, ROUNDS, ROUNDS, 0)
                         : NULL;
    int rc = take_file(a, store, ret_file);
    PKCS12_free(store);
    X509_free(x509);
    return rc;
}

int pk_keystore_write(const struct pk_key *key, struct str certificate, struct str alias,
                      struct str password, struct arena *a, struct str *ret_file)
{
    char name[PK_KEYSTORE_TEXT_MAX + 1], secret[PK_KEYSTORE_TEXT_MAX + 1];
    if (key && (!key->is_private || key->type == PK_ED25519))
        return ERR_BAD_KEY;
    TRY(ended_text(alias, name));
    TRY(ended_text(password, secret));
    int rc = write_store(key ? key->evp : NULL, certificate, name, secret, a, ret_file);
    secret_wipe(secret, sizeof(secret));
    return rc;
}

/* --- PEM --- */

int pk_pem_write(struct arena *a, const char *label, struct str der, struct str *ret_pem)
{
    struct str text = base64_encode(a, der);
    struct buf b;
    if (str_absent(text))
        return ERR_NO_MEMORY;
    buf_init(&b, a, PEM_MAX_BYTES);
    buf_printf(&b, "-----BEGIN %s-----\n", label);
    for (size_t at = 0; at < text.len; at += PEM_LINE_CHARS) {
        buf_add(&b, str_sub(text, at, PEM_LINE_CHARS));
        buf_add_byte(&b, '\n');
    }
    buf_printf(&b, "-----END %s-----\n", label);
    return buf_finish(&b, ret_pem);
}
