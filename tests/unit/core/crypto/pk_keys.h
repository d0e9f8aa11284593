/* What the tests of keys share: one key of each kind, every algorithm, and PEM. */
#ifndef GARITA_TESTS_PK_KEYS_H
#define GARITA_TESTS_PK_KEYS_H

#include "tests/unit/core/check.h"

#include "core/codec/base64.h"
#include "core/crypto/digest.h"
#include "core/crypto/pk.h"

/* One key of each kind, made once: RSA takes its time. */
static struct pk_key *keys[PK_ED25519 + 1];

static const struct {
    enum pk_alg alg;
    enum pk_type type;
    enum digest_alg digest;
    size_t signature_bytes;
} algs[] = {
    {PK_RS256, PK_RSA, DIGEST_SHA256, 256},  {PK_RS384, PK_RSA, DIGEST_SHA384, 256},
    {PK_RS512, PK_RSA, DIGEST_SHA512, 256},  {PK_PS256, PK_RSA, DIGEST_SHA256, 256},
    {PK_PS384, PK_RSA, DIGEST_SHA384, 256},  {PK_PS512, PK_RSA, DIGEST_SHA512, 256},
    {PK_ES256, PK_P256, DIGEST_SHA256, 64},  {PK_ES384, PK_P384, DIGEST_SHA384, 96},
    {PK_ES512, PK_P521, DIGEST_SHA512, 132}, {PK_EDDSA, PK_ED25519, DIGEST_SHA512, 64},
};

static inline int make_keys(void **state)
{
    int err = crypto_setup(state);
    for (enum pk_type type = PK_RSA; err == 0 && type <= PK_ED25519; type++)
        err = pk_generate(type, 2048, &keys[type]);
    return err;
}

static inline int free_keys(void **state)
{
    (void)state;
    for (enum pk_type type = PK_RSA; type <= PK_ED25519; type++)
        pk_key_free(&keys[type]);
    return 0;
}

static inline struct str sign(const struct pk_key *key, enum pk_alg alg, struct str message)
{
    unsigned char signature[PK_SIGNATURE_MAX_BYTES];
    size_t len = 0;
    OK(pk_sign(key, alg, message, signature, &len));
    return arena_str(&test_arena, str_of((const char *)signature, len));
}

static inline struct pk_key *import_public(struct str text)
{
    struct pk_key *key = NULL;
    OK(pk_import_public(text, &key));
    assert_false(pk_key_is_private(key));
    return key;
}

static inline struct str pem(const char *label, struct str der)
{
    struct str text = arena_printf(&test_arena, "-----BEGIN %s-----\n", label);
    struct str body = base64_encode(&test_arena, der);
    for (size_t i = 0; i < body.len; i += 64)
        text = ARENA_CONCAT(&test_arena, text, str_sub(body, i, 64), STR("\r\n"));
    return arena_printf(&test_arena, "%.*s-----END %s-----\n", STR_ARG(text), label);
}

#endif
