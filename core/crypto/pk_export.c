/* Keys to numbers, DER and certificates. */
#include <openssl/core_names.h>
#include <openssl/x509.h>

#include "core/base/err.h"
#include "core/base/rng.h"
#include "core/crypto/pk_internal.h"

#include "core/base/banned.h"

/* --- numbers --- */

/* A number of the key, big-endian: at its own length, or padded to len when len is not 0. */
static int number_of(const struct pk_key *key, struct arena *a, const char *name, size_t len,
                     struct str *ret_number)
{
    BIGNUM *bn = NULL;
    if (EVP_PKEY_get_bn_param(key->evp, name, &bn) != 1)
        return pk_failed(ERR_INTERNAL);
    if (len == 0)
        len = (size_t)BN_num_bytes(bn);
    unsigned char *out = arena_alloc(a, len);
    bool done = out && BN_bn2binpad(bn, out, (int)len) == (int)len;
    BN_free(bn);
    if (!done)
        return ERR_NO_MEMORY;
    *ret_number = str_of((const char *)out, len);
    return 0;
}

int pk_export_numbers(const struct pk_key *key, struct arena *a, struct pk_numbers *ret_numbers)
{
    struct pk_numbers numbers = {.type = key->type};
    size_t field = pk_field_bytes(key->type);
    switch (key->type) {
    case PK_RSA:
        TRY(number_of(key, a, OSSL_PKEY_PARAM_RSA_N, 0, &numbers.n));
        TRY(number_of(key, a, OSSL_PKEY_PARAM_RSA_E, 0, &numbers.e));
        break;
    case PK_ED25519:
        numbers.x = arena_str(a, str_of((const char *)key->ed_public, ED25519_BYTES));
        if (str_absent(numbers.x))
            return ERR_NO_MEMORY;
        break;
    case PK_P256:
    case PK_P384:
    case PK_P521:
        TRY(number_of(key, a, OSSL_PKEY_PARAM_EC_PUB_X, field, &numbers.x));
        TRY(number_of(key, a, OSSL_PKEY_PARAM_EC_PUB_Y, field, &numbers.y));
        break;
    }
    *ret_numbers = numbers;
    return 0;
}

/* --- DER --- */

/* RFC 8410 4 and 7: everything before the 32 bytes is always the same. */
static const char ed_spki_head[] = "\x30\x2a\x30\x05\x06\x03\x2b\x65\x70\x03\x21\x00";
static const char ed_pkcs8_head[] =
    "\x30\x2e\x02\x01\x00\x30\x05\x06\x03\x2b\x65\x70\x04\x22\x04\x20";

/* Copies what libcrypto allocated into the arena. */
static int take_der(struct arena *a, unsigned char *der, int len, struct str *ret_der)
{
    if (len <= 0)
        return pk_failed(ERR_INTERNAL);
    *ret_der = arena_str(a, str_of((const char *)der, (size_t)len));
    OPENSSL_free(der);
    return str_absent(*ret_der) ? ERR_NO_MEMORY : 0;
}

int pk_export_spki(const struct pk_key *key, struct arena *a, struct str *ret_der)
{
    if (key->type == PK_ED25519) {
        struct str der =
            ARENA_CONCAT(a, STR(ed_spki_head), str_of((const char *)key->ed_public, ED25519_BYTES));
        if (str_absent(der))
            return ERR_NO_MEMORY;
        *ret_der = der;
        return 0;
    }
    unsigned char *der = NULL;
    int len = i2d_PUBKEY(key->evp, &der);
    return take_der(a, der, len, ret_der);
}

static int export_ed_private(const struct pk_key *key, struct secret *ret_der)
{
    size_t head = sizeof(ed_pkcs8_head) - 1;
    TRY(secret_alloc(ret_der, head + ED25519_BYTES));
    memcpy(ret_der->ptr, ed_pkcs8_head, head);
    memcpy(ret_der->ptr + head, key->ed_secret, ED25519_BYTES); /* the seed stands first */
    return 0;
}

int pk_export_private(const struct pk_key *key, struct secret *ret_der)
{
    if (!key->is_private)
        return ERR_BAD_KEY;
    if (key->type == PK_ED25519)
        return export_ed_private(key, ret_der);
    unsigned char *der = NULL;
    PKCS8_PRIV_KEY_INFO *info = EVP_PKEY2PKCS8(key->evp);
    int len = info ? i2d_PKCS8_PRIV_KEY_INFO(info, &der) : -1;
    PKCS8_PRIV_KEY_INFO_free(info);
    if (len <= 0)
        return pk_failed(ERR_INTERNAL);
    int err = secret_copy(ret_der, str_of((const char *)der, (size_t)len));
    OPENSSL_clear_free(der, (size_t)len);
    return err;
}

/* --- certificate (RFC 5280) --- */

#define CERTIFICATE_YEARS 10
#define DAY_S             86400
#define COMMON_NAME_MAX   64 /* ub-common-name, RFC 5280 appendix A.1 */

static struct str cut_name(struct str name)
{
    if (name.len <= COMMON_NAME_MAX)
        return name;
    name.len = COMMON_NAME_MAX;
    while (name.len > 0 && !str_is_utf8(name))
        name.len--;
    return name;
}

static bool set_serial(X509 *certificate)
{
    unsigned char bytes[16];
    rng_bytes(bytes, sizeof(bytes));
    bytes[0] = (unsigned char)((bytes[0] & 0x7f) | 0x40); /* positive, never short */
    BIGNUM *bn = BN_bin2bn(bytes, sizeof(bytes), NULL);
    bool done = bn && BN_to_ASN1_INTEGER(bn, X509_get_serialNumber(certificate)) != NULL;
    BN_free(bn);
    return done;
}

static bool set_names(X509 *certificate, struct str common_name)
{
    X509_NAME *name = X509_get_subject_name(certificate);
    common_name = cut_name(common_name);
    return X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
                                      (const unsigned char *)common_name.ptr, (int)common_name.len,
                                      -1, 0) == 1 &&
           X509_set_issuer_name(certificate, name) == 1;
}

static bool set_validity(X509 *certificate, int64_t not_before_s)
{
    time_t start = (time_t)not_before_s;
    time_t end = start + (time_t)(CERTIFICATE_YEARS * 365 + 2) * DAY_S;
    return X509_time_adj(X509_getm_notBefore(certificate), 0, &start) != NULL &&
           X509_time_adj(X509_getm_notAfter(certificate), 0, &end) != NULL;
}

static const EVP_MD *certificate_digest(const struct pk_key *key)
{
    switch (key->type) {
    case PK_P384: return EVP_sha384();
    case PK_P521: return EVP_sha512();
    case PK_RSA:
    case PK_P256:
    case PK_ED25519: break;
    }
    return EVP_sha256();
}

int pk_self_signed_certificate(const struct pk_key *key, struct arena *a, struct str common_name,
                               int64_t not_before_s, struct str *ret_der)
{
    if (!key->is_private || key->type == PK_ED25519)
        return ERR_BAD_KEY;
    unsigned char *der = NULL;
    int len = -1;
    X509 *certificate = X509_new();
    if (certificate && X509_set_version(certificate, X509_VERSION_3) == 1 &&
        set_serial(certificate) && set_names(certificate, common_name) &&
        set_validity(certificate, not_before_s) && X509_set_pubkey(certificate, key->evp) == 1 &&
        X509_sign(certificate, key->evp, certificate_digest(key)) > 0)
        len = i2d_X509(certificate, &der);
    X509_free(certificate);
    return take_der(a, der, len, ret_der);
}
