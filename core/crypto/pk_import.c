/* Keys from DER, PEM, bare base64 and the numbers of a JWK. Whole inputs only: bytes behind the key
 * make it unusable. */
#include <openssl/core_names.h>
#include <openssl/param_build.h>
#include <openssl/x509.h>
#include <sodium.h>

#include "core/base/err.h"
#include "core/codec/base64.h"
#include "core/crypto/pk_internal.h"

#include "core/base/banned.h"

/* --- armour (RFC 7468) --- */

#define TEXT_MAX_BYTES (PK_DER_MAX_BYTES * 2)

/* The body of the first PEM block whose label ends with what we read ("EC PARAMETERS" and the like
 * come before); the text itself when there is no armour. */
static int pem_body(struct str text, bool want_private, struct str *ret_body)
{
    ptrdiff_t at;
    if (str_find_str(text, STR("-----BEGIN ")) < 0) {
        *ret_body = text;
        return 0;
    }
    while ((at = str_find_str(text, STR("-----BEGIN "))) >= 0) {
        text = str_from(text, (size_t)at + 11);
        ptrdiff_t dashes = str_find_str(text, STR("-----"));
        if (dashes < 0)
            return ERR_BAD_KEY;
        struct str label = str_of(text.ptr, (size_t)dashes);
        text = str_from(text, (size_t)dashes + 5);
        ptrdiff_t end = str_find_str(text, STR("-----END "));
        if (end < 0)
            return ERR_BAD_KEY;
        bool wanted = want_private
                          ? str_ends(label, STR("PRIVATE KEY"))
                          : str_ends(label, STR("PUBLIC KEY")) || str_eq(label, STR("CERTIFICATE"));
        if (wanted) {
            *ret_body = str_of(text.ptr, (size_t)end);
            return 0;
        }
        text = str_from(text, (size_t)end + 9);
    }
    return ERR_BAD_KEY;
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static int decode_base64(struct arena *a, struct str body, struct str *ret_der)
{
    char *letters = arena_alloc(a, body.len + 1);
    size_t n = 0;
    if (!letters)
        return ERR_NO_MEMORY;
    for (size_t i = 0; i < body.len; i++)
        if (!is_space(body.ptr[i]))
            letters[n++] = body.ptr[i];
    int err = base64_decode(a, str_of(letters, n), BASE64_PADDING_OPTIONAL, ret_der);
    return err == 0 && ret_der->len <= PK_DER_MAX_BYTES ? 0 : ERR_BAD_KEY;
}

/* DER starts with the byte of SEQUENCE, which no base64 of DER does ("M" is its first letter). */
static int der_of(struct arena *a, struct str text, bool want_private, struct str *ret_der)
{
    struct str body;
    if (text.len > 0 && text.ptr[0] == 0x30) {
        *ret_der = text;
        return text.len <= PK_DER_MAX_BYTES ? 0 : ERR_BAD_KEY;
    }
    if (text.len > TEXT_MAX_BYTES)
        return ERR_BAD_KEY;
    TRY(pem_body(text, want_private, &body));
    return decode_base64(a, body, ret_der);
}

/* --- DER --- */

static EVP_PKEY *whole(EVP_PKEY *evp, const unsigned char *pos, struct str der)
{
    if (evp && pos == (const unsigned char *)der.ptr + der.len)
        return evp;
    EVP_PKEY_free(evp);
    return NULL;
}

static EVP_PKEY *read_pkcs8(struct str der)
{
    const unsigned char *pos = (const unsigned char *)der.ptr;
    PKCS8_PRIV_KEY_INFO *info = d2i_PKCS8_PRIV_KEY_INFO(NULL, &pos, (long)der.len);
    EVP_PKEY *evp = info ? EVP_PKCS82PKEY(info) : NULL;
    PKCS8_PRIV_KEY_INFO_free(info);
    return whole(evp, pos, der);
}

static EVP_PKEY *read_traditional(int type, struct str der)
{
    const unsigned char *pos = (const unsigned char *)der.ptr;
    EVP_PKEY *evp = d2i_PrivateKey(type, NULL, &pos, (long)der.len);
    return whole(evp, pos, der);
}

static EVP_PKEY *read_private(struct str der)
{
    EVP_PKEY *evp = read_pkcs8(der);
    if (!evp)
        evp = read_traditional(EVP_PKEY_RSA, der);
    return evp ? evp : read_traditional(EVP_PKEY_EC, der);
}

static EVP_PKEY *read_certificate(struct str der)
{
    const unsigned char *pos = (const unsigned char *)der.ptr;
    X509 *certificate = d2i_X509(NULL, &pos, (long)der.len);
    EVP_PKEY *evp = certificate ? X509_get_pubkey(certificate) : NULL;
    X509_free(certificate);
    return whole(evp, pos, der);
}

static EVP_PKEY *read_public(struct str der)
{
    const unsigned char *pos = (const unsigned char *)der.ptr;
    EVP_PKEY *evp = d2i_PUBKEY(NULL, &pos, (long)der.len);
    evp = whole(evp, pos, der);
    if (evp)
        return evp;
    pos = (const unsigned char *)der.ptr;
    evp = d2i_PublicKey(EVP_PKEY_RSA, NULL, &pos, (long)der.len);
    evp = whole(evp, pos, der);
    return evp ? evp : read_certificate(der);
}

static int ed_of_evp(EVP_PKEY *evp, bool is_private, struct pk_key **ret_key)
{
    unsigned char raw[ED25519_BYTES];
    size_t len = sizeof(raw);
    int err = ERR_BAD_KEY;
    if (is_private && EVP_PKEY_get_raw_private_key(evp, raw, &len) == 1 && len == sizeof(raw))
        err = pk_key_of_ed_seed(raw, ret_key);
    else if (!is_private && EVP_PKEY_get_raw_public_key(evp, raw, &len) == 1 && len == sizeof(raw))
        err = pk_key_of_ed_public(raw, ret_key);
    secret_wipe(raw, sizeof(raw));
    EVP_PKEY_free(evp);
    return err == 0 ? 0 : pk_failed(err);
}

static int import(struct str text, bool is_private, struct pk_key **ret_key)
{
    struct str der;
    CLEANUP(arena_free) struct arena scratch;
    arena_init(&scratch, 4 * TEXT_MAX_BYTES);
    TRY(pk_engine_init());
    TRY(der_of(&scratch, text, is_private, &der));
    EVP_PKEY *evp = is_private ? read_private(der) : read_public(der);
    if (evp && EVP_PKEY_get_base_id(evp) == EVP_PKEY_ED25519)
        return ed_of_evp(evp, is_private, ret_key);
    int err = pk_key_of_evp(evp, is_private, ret_key);
    return err == 0 ? pk_failed(0) : err;
}

int pk_import_private(struct str text, struct pk_key **ret_key)
{
    return sodium_init() < 0 ? ERR_INTERNAL : import(text, true, ret_key);
}

int pk_import_public(struct str text, struct pk_key **ret_key)
{
    return sodium_init() < 0 ? ERR_INTERNAL : import(text, false, ret_key);
}

/* --- numbers --- */

#define RSA_NUMBERS 8

/* The numbers of an RSA key while they are handed to libcrypto. */
struct rsa_numbers {
    BIGNUM *bn[RSA_NUMBERS];
};

static void rsa_numbers_free(struct rsa_numbers *n)
{
    for (int i = 0; i < RSA_NUMBERS; i++)
        BN_clear_free(n->bn[i]);
}

static bool push_rsa(OSSL_PARAM_BLD *builder, const struct pk_numbers *from, struct rsa_numbers *n)
{
    const struct {
        const char *name;
        struct str value;
    } parts[RSA_NUMBERS] = {
        {OSSL_PKEY_PARAM_RSA_N, from->n},          {OSSL_PKEY_PARAM_RSA_E, from->e},
        {OSSL_PKEY_PARAM_RSA_D, from->d},          {OSSL_PKEY_PARAM_RSA_FACTOR1, from->p},
        {OSSL_PKEY_PARAM_RSA_FACTOR2, from->q},    {OSSL_PKEY_PARAM_RSA_EXPONENT1, from->dp},
        {OSSL_PKEY_PARAM_RSA_EXPONENT2, from->dq}, {OSSL_PKEY_PARAM_RSA_COEFFICIENT1, from->qi},
    };
    int count = str_absent(from->d) ? 2 : RSA_NUMBERS;
    for (int i = 0; i < count; i++) {
        struct str value = parts[i].value;
        if (value.len == 0 || value.len > PK_RSA_MAX_BITS / 8 + 1)
            return false;
        n->bn[i] = BN_bin2bn((const unsigned char *)value.ptr, (int)value.len, NULL);
        if (!n->bn[i] || OSSL_PARAM_BLD_push_BN(builder, parts[i].name, n->bn[i]) != 1)
            return false;
    }
    return true;
}

/* point has room for the uncompressed form of every curve. */
static bool push_ec(OSSL_PARAM_BLD *builder, const struct pk_numbers *from, unsigned char *point,
                    struct rsa_numbers *n)
{
    size_t field = pk_field_bytes(from->type);
    const char *group = pk_group_name(from->type);
    /* RFC 7518 6.2.1.2: full length, leading zeros included */
    if (from->x.len != field || from->y.len != field)
        return false;
    point[0] = 4;
    memcpy(point + 1, from->x.ptr, field);
    memcpy(point + 1 + field, from->y.ptr, field);
    if (OSSL_PARAM_BLD_push_utf8_string(builder, OSSL_PKEY_PARAM_GROUP_NAME, group, 0) != 1 ||
        OSSL_PARAM_BLD_push_octet_string(builder, OSSL_PKEY_PARAM_PUB_KEY, point, 1 + 2 * field) !=
            1)
        return false;
    if (str_absent(from->d))
        return true;
    if (from->d.len != field)
        return false;
    n->bn[0] = BN_bin2bn((const unsigned char *)from->d.ptr, (int)field, NULL);
    return n->bn[0] && OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_PRIV_KEY, n->bn[0]) == 1;
}

static EVP_PKEY *evp_of_params(const char *type, OSSL_PARAM_BLD *builder, bool is_private)
{
    EVP_PKEY *evp = NULL;
    OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(builder);
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
    if (params && ctx && EVP_PKEY_fromdata_init(ctx) == 1)
        (void)EVP_PKEY_fromdata(ctx, &evp, is_private ? EVP_PKEY_KEYPAIR : EVP_PKEY_PUBLIC_KEY,
                                params);
    EVP_PKEY_CTX_free(ctx);
    OSSL_PARAM_free(params);
    return evp;
}

static EVP_PKEY *evp_of_numbers(const struct pk_numbers *numbers)
{
    unsigned char point[1 + 2 * 66];
    struct rsa_numbers bn = {{NULL}};
    EVP_PKEY *evp = NULL;
    bool rsa = numbers->type == PK_RSA;
    OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
    if (builder && (rsa ? push_rsa(builder, numbers, &bn) : push_ec(builder, numbers, point, &bn)))
        evp = evp_of_params(rsa ? "RSA" : "EC", builder, !str_absent(numbers->d));
    OSSL_PARAM_BLD_free(builder);
    rsa_numbers_free(&bn);
    return evp;
}

static int import_ed_numbers(const struct pk_numbers *numbers, struct pk_key **ret_key)
{
    if (numbers->x.len != ED25519_BYTES)
        return ERR_BAD_KEY;
    if (str_absent(numbers->d))
        return pk_key_of_ed_public((const unsigned char *)numbers->x.ptr, ret_key);
    CLEANUP(pk_key_free) struct pk_key *key = NULL;
    if (numbers->d.len != ED25519_BYTES)
        return ERR_BAD_KEY;
    TRY(pk_key_of_ed_seed((const unsigned char *)numbers->d.ptr, &key));
    if (memcmp(key->ed_public, numbers->x.ptr, ED25519_BYTES) != 0)
        return ERR_BAD_KEY;
    *ret_key = key;
    key = NULL;
    return 0;
}

int pk_import_numbers(const struct pk_numbers *numbers, struct pk_key **ret_key)
{
    if (sodium_init() < 0)
        return ERR_INTERNAL;
    if (numbers->type == PK_ED25519)
        return import_ed_numbers(numbers, ret_key);
    TRY(pk_engine_init());
    return pk_key_of_evp(evp_of_numbers(numbers), !str_absent(numbers->d), ret_key);
}

int pk_certificate_end(struct str der, int64_t *ret_end_s)
{
    const unsigned char *at = (const unsigned char *)der.ptr;
    struct tm end = {0};
    if (der.len > PK_DER_MAX_BYTES)
        return ERR_BAD_KEY;
    X509 *certificate = d2i_X509(NULL, &at, (long)der.len);
    bool read = certificate && ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &end) == 1;
    X509_free(certificate);
    if (!read)
        return ERR_BAD_KEY;
    *ret_end_s = (int64_t)timegm(&end);
    return 0;
}
