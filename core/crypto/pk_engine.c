/* RSA and ECDSA by libcrypto: contexts that are kept ready, and the two forms of an ECDSA
 * signature (DER inside, r and s at fixed length outside). */
#include "core/crypto/pk_internal.h"

#include <openssl/crypto.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/rsa.h>
#include <stdlib.h>

#include "core/base/err.h"

#include "core/base/banned.h"

#define DER_SIGNATURE_MAX_BYTES 160 /* P-521 needs 139 */

int pk_failed(int err)
{
    ERR_clear_error();
    return err;
}

int pk_engine_init(void)
{
    /* No openssl.cnf of the host may change what this binary does. */
    return OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, NULL) == 1 ? 0 : ERR_INTERNAL;
}

int pk_engine_new(struct pk_engine **ret_engine)
{
    static const char *const names[] = {
        [DIGEST_SHA256] = "SHA256", [DIGEST_SHA384] = "SHA384", [DIGEST_SHA512] = "SHA512"};
    struct pk_engine *engine = calloc(1, sizeof(*engine));
    if (!engine)
        return ERR_NO_MEMORY;
    for (int i = DIGEST_SHA256; i <= DIGEST_SHA512; i++) {
        engine->digests[i] = EVP_MD_fetch(NULL, names[i], NULL);
        if (!engine->digests[i]) {
            pk_engine_free(engine);
            return ERR_NO_MEMORY;
        }
    }
    *ret_engine = engine;
    return 0;
}

static void slots_free(struct pk_slots *slots)
{
    for (int i = 0; i < PK_SLOTS; i++)
        EVP_PKEY_CTX_free(atomic_load(&slots->ready[i]));
}

void pk_engine_free(struct pk_engine *engine)
{
    if (!engine)
        return;
    for (int i = 0; i < PK_ALG_COUNT; i++) {
        slots_free(&engine->sign[i]);
        slots_free(&engine->verify[i]);
    }
    for (int i = DIGEST_SHA256; i <= DIGEST_SHA512; i++)
        EVP_MD_free(engine->digests[i]);
    free(engine);
}

/* --- contexts --- */

static EVP_PKEY_CTX *slots_take(struct pk_slots *slots)
{
    for (int i = 0; i < PK_SLOTS; i++) {
        if (!atomic_load_explicit(&slots->ready[i], memory_order_relaxed))
            continue;
        EVP_PKEY_CTX *ctx = atomic_exchange_explicit(&slots->ready[i], NULL, memory_order_acquire);
        if (ctx)
            return ctx;
    }
    return NULL;
}

static void slots_put(struct pk_slots *slots, EVP_PKEY_CTX *ctx)
{
    for (int i = 0; i < PK_SLOTS; i++) {
        EVP_PKEY_CTX *none = NULL;
        if (atomic_compare_exchange_strong_explicit(&slots->ready[i], &none, ctx,
                                                    memory_order_release, memory_order_relaxed))
            return;
    }
    EVP_PKEY_CTX_free(ctx);
}

/* RFC 7518 3.3 and 3.5: PKCS#1 v1.5, or PSS with MGF1 of the same hash and a salt of its length. */
static bool set_padding(EVP_PKEY_CTX *ctx, const struct pk_alg_info *info, const EVP_MD *digest)
{
    if (!info->rsa)
        return true;
    if (!info->pss)
        return EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) == 1;
    return EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PSS_PADDING) == 1 &&
           EVP_PKEY_CTX_set_rsa_mgf1_md(ctx, digest) == 1 &&
           EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, RSA_PSS_SALTLEN_DIGEST) == 1;
}

static EVP_PKEY_CTX *context_new(const struct pk_key *key, enum pk_alg alg, bool sign)
{
    const struct pk_alg_info *info = pk_alg_info(alg);
    const EVP_MD *digest = key->engine->digests[info->digest];
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, key->evp, NULL);
    if (ctx && (sign ? EVP_PKEY_sign_init(ctx) : EVP_PKEY_verify_init(ctx)) == 1 &&
        EVP_PKEY_CTX_set_signature_md(ctx, digest) == 1 && set_padding(ctx, info, digest))
        return ctx;
    EVP_PKEY_CTX_free(ctx);
    return NULL;
}

static bool hash(const struct pk_key *key, enum pk_alg alg, struct str message, unsigned char *out,
                 size_t *ret_len)
{
    unsigned len = 0;
    const EVP_MD *digest = key->engine->digests[pk_alg_info(alg)->digest];
    bool done = EVP_Digest(message.ptr, message.len, out, &len, digest, NULL) == 1;
    *ret_len = len;
    return done;
}

/* --- ECDSA: DER to r || s and back (RFC 7518 3.4) --- */

static bool der_to_raw(const unsigned char *der, size_t der_len, size_t field,
                       unsigned char *signature)
{
    ECDSA_SIG *sig = d2i_ECDSA_SIG(NULL, &der, (long)der_len);
    bool done = sig && BN_bn2binpad(ECDSA_SIG_get0_r(sig), signature, (int)field) == (int)field &&
                BN_bn2binpad(ECDSA_SIG_get0_s(sig), signature + field, (int)field) == (int)field;
    ECDSA_SIG_free(sig);
    return done;
}

static bool raw_to_der(struct str raw, unsigned char *der, size_t *ret_len)
{
    const unsigned char *in = (const unsigned char *)raw.ptr;
    int field = (int)(raw.len / 2);
    ECDSA_SIG *sig = ECDSA_SIG_new();
    BIGNUM *r = BN_bin2bn(in, field, NULL);
    BIGNUM *s = BN_bin2bn(in + field, field, NULL);
    int len = -1;
    if (sig && r && s && ECDSA_SIG_set0(sig, r, s) == 1) {
        r = s = NULL; /* the signature owns them now */
        if (i2d_ECDSA_SIG(sig, NULL) <= DER_SIGNATURE_MAX_BYTES)
            len = i2d_ECDSA_SIG(sig, &der);
    }
    BN_free(r);
    BN_free(s);
    ECDSA_SIG_free(sig);
    *ret_len = (size_t)len;
    return len > 0;
}

/* --- signing and verifying --- */

static bool sign_with(EVP_PKEY_CTX *ctx, const struct pk_key *key, const unsigned char *digest,
                      size_t digest_len, unsigned char *signature)
{
    size_t expected = pk_signature_bytes(key);
    if (key->type == PK_RSA) {
        size_t len = PK_SIGNATURE_MAX_BYTES;
        return EVP_PKEY_sign(ctx, signature, &len, digest, digest_len) == 1 && len == expected;
    }
    unsigned char der[DER_SIGNATURE_MAX_BYTES];
    size_t len = sizeof(der);
    return EVP_PKEY_sign(ctx, der, &len, digest, digest_len) == 1 &&
           der_to_raw(der, len, expected / 2, signature);
}

int pk_engine_sign(const struct pk_key *key, enum pk_alg alg, struct str message,
                   unsigned char *signature, size_t *ret_len)
{
    unsigned char digest[DIGEST_MAX_BYTES];
    size_t digest_len;
    struct pk_slots *slots = &key->engine->sign[alg];
    EVP_PKEY_CTX *ctx = slots_take(slots);
    if (!ctx)
        ctx = context_new(key, alg, true);
    if (!ctx || !hash(key, alg, message, digest, &digest_len) ||
        !sign_with(ctx, key, digest, digest_len, signature)) {
        EVP_PKEY_CTX_free(ctx);
        return pk_failed(ERR_INTERNAL);
    }
    slots_put(slots, ctx);
    *ret_len = pk_signature_bytes(key);
    return 0;
}

static bool verify_with(EVP_PKEY_CTX *ctx, const struct pk_key *key, const unsigned char *digest,
                        size_t digest_len, struct str signature)
{
    if (key->type == PK_RSA)
        return EVP_PKEY_verify(ctx, (const unsigned char *)signature.ptr, signature.len, digest,
                               digest_len) == 1;
    unsigned char der[DER_SIGNATURE_MAX_BYTES];
    size_t len;
    return raw_to_der(signature, der, &len) &&
           EVP_PKEY_verify(ctx, der, len, digest, digest_len) == 1;
}

int pk_engine_verify(const struct pk_key *key, enum pk_alg alg, struct str message,
                     struct str signature)
{
    unsigned char digest[DIGEST_MAX_BYTES];
    size_t digest_len;
    struct pk_slots *slots = &key->engine->verify[alg];
    EVP_PKEY_CTX *ctx = slots_take(slots);
    if (!ctx)
        ctx = context_new(key, alg, false);
    if (!ctx || !hash(key, alg, message, digest, &digest_len)) {
        EVP_PKEY_CTX_free(ctx);
        return pk_failed(ERR_INTERNAL);
    }
    if (!verify_with(ctx, key, digest, digest_len, signature)) {
        EVP_PKEY_CTX_free(ctx);
        return pk_failed(ERR_BAD_SIGNATURE);
    }
    slots_put(slots, ctx);
    return 0;
}
