/* Keys: their life, what they are, and which engine does the work: libcrypto for RSA and ECDSA,
 * libsodium for Ed25519 (more than twice as fast there). */
#include "core/crypto/pk_internal.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/rsa.h>
#include <sodium.h>
#include <stdlib.h>

#include "core/base/err.h"
#include "core/base/rng.h"

#include "core/base/banned.h"

const struct pk_alg_info *pk_alg_info(enum pk_alg alg)
{
    static const struct pk_alg_info infos[PK_ALG_COUNT] = {
        [PK_RS256] = {true, false, PK_RSA, DIGEST_SHA256},
        [PK_RS384] = {true, false, PK_RSA, DIGEST_SHA384},
        [PK_RS512] = {true, false, PK_RSA, DIGEST_SHA512},
        [PK_PS256] = {true, true, PK_RSA, DIGEST_SHA256},
        [PK_PS384] = {true, true, PK_RSA, DIGEST_SHA384},
        [PK_PS512] = {true, true, PK_RSA, DIGEST_SHA512},
        [PK_ES256] = {false, false, PK_P256, DIGEST_SHA256},
        [PK_ES384] = {false, false, PK_P384, DIGEST_SHA384},
        [PK_ES512] = {false, false, PK_P521, DIGEST_SHA512},
        [PK_EDDSA] = {false, false, PK_ED25519, DIGEST_SHA512},
    };
    return &infos[alg];
}

size_t pk_field_bytes(enum pk_type type)
{
    switch (type) {
    case PK_P384: return 48;
    case PK_P521: return 66;
    case PK_P256:
    case PK_ED25519:
    case PK_RSA: break;
    }
    return 32;
}

const char *pk_group_name(enum pk_type type)
{
    switch (type) {
    case PK_P384: return "secp384r1";
    case PK_P521: return "secp521r1";
    case PK_P256:
    case PK_ED25519:
    case PK_RSA: break;
    }
    return "prime256v1";
}

/* --- life --- */

static void destroy(struct pk_key *key)
{
    pk_engine_free(key->engine);
    EVP_PKEY_free(key->evp);
    if (key->ed_secret)
        sodium_free(key->ed_secret);
    free(key);
}

void pk_key_free(struct pk_key **key)
{
    if (*key && atomic_fetch_sub_explicit(&(*key)->owners, 1, memory_order_acq_rel) == 1)
        destroy(*key);
    *key = NULL;
}

struct pk_key *pk_key_ref(struct pk_key *key)
{
    atomic_fetch_add_explicit(&key->owners, 1, memory_order_relaxed);
    return key;
}

static struct pk_key *key_new(enum pk_type type, bool is_private)
{
    struct pk_key *key = calloc(1, sizeof(*key));
    if (key) {
        atomic_init(&key->owners, 1);
        key->type = type;
        key->is_private = is_private;
    }
    return key;
}

/* --- checks of what came in --- */

/* RSA: size in bounds, modulus and exponent odd, exponent at least 3 and at most 64 bits (a longer
 * one only serves to make verification slow). */
static int check_rsa(EVP_PKEY *evp)
{
    BIGNUM *n = NULL;
    BIGNUM *e = NULL;
    int bits = EVP_PKEY_get_bits(evp);
    bool good = bits >= PK_RSA_MIN_BITS && bits <= PK_RSA_MAX_BITS &&
                EVP_PKEY_get_bn_param(evp, OSSL_PKEY_PARAM_RSA_N, &n) == 1 &&
                EVP_PKEY_get_bn_param(evp, OSSL_PKEY_PARAM_RSA_E, &e) == 1 && BN_is_odd(n) &&
                BN_is_odd(e) && BN_num_bits(e) >= 2 && BN_num_bits(e) <= 64;
    BN_free(n);
    BN_free(e);
    return good ? 0 : ERR_BAD_KEY;
}

static int check_ec(EVP_PKEY *evp, enum pk_type *ret_type)
{
    char group[32];
    size_t len = 0;
    if (EVP_PKEY_get_group_name(evp, group, sizeof(group), &len) != 1)
        return ERR_BAD_KEY;
    for (enum pk_type type = PK_P256; type <= PK_P521; type++) {
        if (!str_eq_c(str_of(group, len), pk_group_name(type)))
            continue;
        *ret_type = type;
        EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(evp, NULL);
        /* On the curve, not infinity, of the right order (JO-11). */
        bool good = ctx && EVP_PKEY_public_check(ctx) == 1;
        EVP_PKEY_CTX_free(ctx);
        return good ? 0 : ERR_BAD_KEY;
    }
    return ERR_BAD_KEY;
}

/* A private key whose parts do not fit each other signs what nobody can verify. */
static int check_pair(const struct pk_key *key)
{
    unsigned char signature[PK_SIGNATURE_MAX_BYTES];
    size_t len;
    enum pk_alg alg = PK_RS256;
    while (!pk_alg_fits(key, alg))
        alg++;
    bool good = pk_sign(key, alg, STR("pair"), signature, &len) == 0 &&
                pk_verify(key, alg, STR("pair"), str_of((const char *)signature, len)) == 0;
    return good ? 0 : ERR_BAD_KEY;
}

static int check_evp(EVP_PKEY *evp, enum pk_type *ret_type)
{
    *ret_type = PK_RSA;
    switch (EVP_PKEY_get_base_id(evp)) {
    case EVP_PKEY_RSA: return check_rsa(evp);
    case EVP_PKEY_EC: return check_ec(evp, ret_type);
    default: return ERR_BAD_KEY; /* RSA-PSS keys with parameters of their own among them */
    }
}

static int wrap_evp(EVP_PKEY *evp, bool is_private, struct pk_key **ret_key)
{
    enum pk_type type;
    TRY(check_evp(evp, &type));
    CLEANUP(pk_key_free) struct pk_key *key = key_new(type, is_private);
    if (!key || EVP_PKEY_up_ref(evp) != 1)
        return ERR_NO_MEMORY;
    key->evp = evp;
    key->bits = EVP_PKEY_get_bits(evp);
    TRY(pk_engine_new(&key->engine));
    if (is_private)
        TRY(check_pair(key));
    *ret_key = key;
    key = NULL;
    return 0;
}

int pk_key_of_evp(EVP_PKEY *evp, bool is_private, struct pk_key **ret_key)
{
    if (!evp)
        return pk_failed(ERR_BAD_KEY);
    int err = wrap_evp(evp, is_private, ret_key);
    EVP_PKEY_free(evp);
    return err == 0 ? 0 : pk_failed(err);
}

/* --- Ed25519 --- */

int pk_key_of_ed_seed(const unsigned char seed[ED25519_BYTES], struct pk_key **ret_key)
{
    CLEANUP(pk_key_free) struct pk_key *key = key_new(PK_ED25519, true);
    if (!key)
        return ERR_NO_MEMORY;
    key->bits = 255;
    key->ed_secret = sodium_malloc(crypto_sign_SECRETKEYBYTES);
    if (!key->ed_secret)
        return ERR_NO_MEMORY;
    if (crypto_sign_seed_keypair(key->ed_public, key->ed_secret, seed) != 0)
        return ERR_BAD_KEY;
    *ret_key = key;
    key = NULL;
    return 0;
}

int pk_key_of_ed_public(const unsigned char point[ED25519_BYTES], struct pk_key **ret_key)
{
    if (crypto_core_ed25519_is_valid_point(point) != 1)
        return ERR_BAD_KEY;
    struct pk_key *key = key_new(PK_ED25519, false);
    if (!key)
        return ERR_NO_MEMORY;
    key->bits = 255;
    memcpy(key->ed_public, point, ED25519_BYTES);
    *ret_key = key;
    return 0;
}

/* --- making --- */

static int generate_ed(struct pk_key **ret_key)
{
    unsigned char seed[ED25519_BYTES];
    rng_bytes(seed, sizeof(seed));
    int err = pk_key_of_ed_seed(seed, ret_key);
    secret_wipe(seed, sizeof(seed));
    return err;
}

int pk_generate(enum pk_type type, int rsa_bits, struct pk_key **ret_key)
{
    if (sodium_init() < 0)
        return ERR_INTERNAL;
    if (type == PK_ED25519)
        return generate_ed(ret_key);
    TRY(pk_engine_init());
    if (type != PK_RSA)
        return pk_key_of_evp(EVP_EC_gen(pk_group_name(type)), true, ret_key);
    if (rsa_bits != 2048 && rsa_bits != 3072 && rsa_bits != 4096)
        return ERR_BAD_KEY;
    return pk_key_of_evp(EVP_RSA_gen((size_t)rsa_bits), true, ret_key);
}

/* --- questions --- */

enum pk_type pk_key_type(const struct pk_key *key)
{
    return key->type;
}

int pk_key_bits(const struct pk_key *key)
{
    return key->bits;
}

bool pk_key_is_private(const struct pk_key *key)
{
    return key->is_private;
}

bool pk_key_equal(const struct pk_key *a, const struct pk_key *b)
{
    if (a->type != b->type)
        return false;
    if (a->type == PK_ED25519)
        return memcmp(a->ed_public, b->ed_public, ED25519_BYTES) == 0;
    return EVP_PKEY_eq(a->evp, b->evp) == 1;
}

bool pk_alg_fits(const struct pk_key *key, enum pk_alg alg)
{
    if (alg <= PK_ALG_NONE || alg >= PK_ALG_COUNT)
        return false;
    const struct pk_alg_info *info = pk_alg_info(alg);
    return info->rsa ? key->type == PK_RSA : key->type == info->type;
}

size_t pk_signature_bytes(const struct pk_key *key)
{
    switch (key->type) {
    case PK_RSA: return ((size_t)key->bits + 7) / 8;
    case PK_ED25519: return ED25519_SIGNATURE_BYTES;
    case PK_P256:
    case PK_P384:
    case PK_P521: break;
    }
    return 2 * pk_field_bytes(key->type);
}

/* --- signing --- */

int pk_sign(const struct pk_key *key, enum pk_alg alg, struct str message, unsigned char *signature,
            size_t *ret_len)
{
    if (!key->is_private)
        return ERR_BAD_KEY;
    if (!pk_alg_fits(key, alg))
        return ERR_BAD_ALGORITHM;
    if (key->type != PK_ED25519)
        return pk_engine_sign(key, alg, message, signature, ret_len);
    *ret_len = ED25519_SIGNATURE_BYTES;
    int rc = crypto_sign_detached(signature, NULL, (const unsigned char *)message.ptr, message.len,
                                  key->ed_secret);
    return rc == 0 ? 0 : ERR_INTERNAL;
}

int pk_verify(const struct pk_key *key, enum pk_alg alg, struct str message, struct str signature)
{
    if (!pk_alg_fits(key, alg))
        return ERR_BAD_ALGORITHM;
    if (signature.len != pk_signature_bytes(key))
        return ERR_BAD_SIGNATURE;
    if (key->type != PK_ED25519)
        return pk_engine_verify(key, alg, message, signature);
    int rc = crypto_sign_verify_detached((const unsigned char *)signature.ptr,
                                         (const unsigned char *)message.ptr, message.len,
                                         key->ed_public);
    return rc == 0 ? 0 : ERR_BAD_SIGNATURE;
}
