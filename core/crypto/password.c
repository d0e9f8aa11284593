/* Hashing passwords and comparing them. Argon2id with one lane is libsodium's (faster code), the
 * other forms of Argon2 are libargon2's, PBKDF2 is our own over mbedTLS's hashes. */
#include "core/crypto/password_internal.h"

#include <argon2.h>
#include <sodium.h>

#include "core/base/ct.h"
#include "core/base/err.h"
#include "core/base/rng.h"
#include "core/base/secret.h"
#include "core/crypto/pbkdf2.h"

#include "core/base/banned.h"

/* --- parameters --- */

struct password_params password_params_default(void)
{
    return (struct password_params){
        .alg = PASSWORD_ARGON2,
        .iterations = 5,
        .hash_bytes = 32,
        .memory_kib = 7168,
        .parallelism = 1,
        .type = ARGON2_ID,
        .version = 0x13,
    };
}

static bool argon2_is_sane(const struct password_params *p)
{
    /* RFC 9106 3.1: at least 8 KiB for each lane. */
    return p->iterations <= PASSWORD_MAX_ARGON2_PASSES && p->parallelism >= 1 &&
           p->parallelism <= PASSWORD_MAX_PARALLELISM && p->memory_kib >= 8 * p->parallelism &&
           p->memory_kib <= PASSWORD_MAX_MEMORY_KIB &&
           (uint64_t)p->memory_kib * p->iterations <= PASSWORD_MAX_ARGON2_WORK_KIB &&
           p->type <= ARGON2_ID && (p->version == 0x13 || p->version == 0x10);
}

static enum digest_alg pbkdf2_digest(enum password_alg alg)
{
    if (alg == PASSWORD_PBKDF2_SHA1)
        return DIGEST_SHA1;
    return alg == PASSWORD_PBKDF2_SHA256 ? DIGEST_SHA256 : DIGEST_SHA512;
}

/* Each block of the output costs all rounds again. */
static bool pbkdf2_is_sane(const struct password_params *p)
{
    size_t block = digest_bytes(pbkdf2_digest(p->alg));
    uint64_t blocks = (p->hash_bytes + block - 1) / block;
    return p->iterations <= PASSWORD_MAX_PBKDF2_ROUNDS / blocks;
}

bool password_params_are_sane(const struct password_params *p)
{
    if (p->iterations < 1 || p->hash_bytes < PASSWORD_HASH_MIN_BYTES ||
        p->hash_bytes > PASSWORD_HASH_MAX_BYTES)
        return false;
    switch (p->alg) {
    case PASSWORD_ARGON2: return argon2_is_sane(p);
    case PASSWORD_PBKDF2_SHA256:
    case PASSWORD_PBKDF2_SHA512:
    case PASSWORD_PBKDF2_SHA1: return pbkdf2_is_sane(p);
    }
    return false;
}

static struct password_params pbkdf2_params(enum password_alg alg, uint32_t rounds, uint32_t bytes)
{
    return (struct password_params){.alg = alg, .iterations = rounds, .hash_bytes = bytes};
}

int password_params_of(struct str algorithm, int64_t iterations, struct password_params *ret_params)
{
    struct password_params p = password_params_default();
    if (iterations < 0 || iterations > PASSWORD_MAX_PBKDF2_ROUNDS)
        return ERR_INVALID_NUMBER;
    if (str_eq(algorithm, STR("pbkdf2-sha256")))
        p = pbkdf2_params(PASSWORD_PBKDF2_SHA256, 600000, 32);
    else if (str_eq(algorithm, STR("pbkdf2-sha512")))
        p = pbkdf2_params(PASSWORD_PBKDF2_SHA512, 210000, 64);
    else if (str_eq(algorithm, STR("pbkdf2"))) /* SHA-1 is not made any more */
        p = pbkdf2_params(PASSWORD_PBKDF2_SHA512, 210000, 64);
    else if (!str_eq(algorithm, STR("argon2")))
        return ERR_BAD_ALGORITHM;
    /* A count beyond 100 was meant for PBKDF2; Keycloak ignores it for Argon2 too. */
    bool counts = p.alg != PASSWORD_ARGON2 || iterations <= PASSWORD_MAX_ARGON2_PASSES;
    if (iterations > 0 && counts)
        p.iterations = (uint32_t)iterations;
    *ret_params = p;
    return 0;
}

/* --- engines: each fills params->hash_bytes --- */

static int hash_sodium(const struct password_params *p, struct str password, struct str salt,
                       unsigned char *out)
{
    int rc = crypto_pwhash(out, p->hash_bytes, password.ptr, password.len,
                           (const unsigned char *)salt.ptr, p->iterations,
                           (size_t)p->memory_kib * 1024, crypto_pwhash_ALG_ARGON2ID13);
    return rc == 0 ? 0 : ERR_NO_MEMORY;
}

static int hash_libargon2(const struct password_params *p, struct str password, struct str salt,
                          unsigned char *out)
{
    static const argon2_type types[] = {
        [ARGON2_D] = Argon2_d, [ARGON2_I] = Argon2_i, [ARGON2_ID] = Argon2_id};
    /* The library wants pointers to bytes that it may wipe; it is told not to. */
    unsigned char salt_copy[PASSWORD_SALT_MAX_BYTES];
    unsigned char password_copy[PASSWORD_MAX_BYTES + 1];
    memcpy(salt_copy, salt.ptr, salt.len);
    if (password.len > 0)
        memcpy(password_copy, password.ptr, password.len);
    argon2_context context = {
        .out = out,
        .outlen = p->hash_bytes,
        .pwd = password_copy,
        .pwdlen = (uint32_t)password.len,
        .salt = salt_copy,
        .saltlen = (uint32_t)salt.len,
        .t_cost = p->iterations,
        .m_cost = p->memory_kib,
        .lanes = p->parallelism,
        .threads = 1, /* the caller bounds how many threads hash; the result is the same */
        .version = p->version,
        .flags = ARGON2_DEFAULT_FLAGS,
    };
    int rc = argon2_ctx(&context, types[p->type]);
    secret_wipe(password_copy, sizeof(password_copy));
    return rc == ARGON2_OK ? 0 : ERR_NO_MEMORY;
}

static bool sodium_can(const struct password_params *p, struct str salt)
{
    return p->type == ARGON2_ID && p->version == 0x13 && p->parallelism == 1 &&
           salt.len == crypto_pwhash_SALTBYTES;
}

static int hash(const struct password_params *p, struct str password, struct str salt,
                unsigned char *out)
{
    if (sodium_init() < 0) /* chooses the fast code; done already when the process started well */
        return ERR_INTERNAL;
    switch (p->alg) {
    case PASSWORD_ARGON2:
        return sodium_can(p, salt) ? hash_sodium(p, password, salt, out)
                                   : hash_libargon2(p, password, salt, out);
    case PASSWORD_PBKDF2_SHA256:
    case PASSWORD_PBKDF2_SHA512:
    case PASSWORD_PBKDF2_SHA1:
        pbkdf2(pbkdf2_digest(p->alg), password, salt, p->iterations, out, p->hash_bytes);
        return 0;
    }
    return ERR_BAD_ALGORITHM;
}

/* --- the uses --- */

int password_hash_make(struct arena *a, const struct password_params *params, struct str password,
                       struct password_record *ret_record)
{
    unsigned char salt[PASSWORD_SALT_BYTES];
    unsigned char out[PASSWORD_HASH_MAX_BYTES];
    if (password.len > PASSWORD_MAX_BYTES) /* never cut (PW-06) */
        return ERR_TOO_LARGE;
    if (!str_is_utf8(password))
        return ERR_INVALID_UTF8;
    if (!password_params_are_sane(params) || params->alg == PASSWORD_PBKDF2_SHA1)
        return ERR_BAD_ALGORITHM;
    rng_bytes(salt, sizeof(salt));
    struct password_parsed made = {*params, str_of((const char *)salt, sizeof(salt)),
                                   str_of((const char *)out, params->hash_bytes)};
    TRY(hash(params, password, made.salt, out));
    int err = password_record_write(a, &made, ret_record);
    secret_wipe(out, sizeof(out));
    return err;
}

int password_hash_params(struct arena *a, const struct password_record *record,
                         struct password_params *ret_params)
{
    struct password_parsed parsed;
    TRY(password_record_parse(a, record, &parsed));
    *ret_params = parsed.params;
    return 0;
}

int password_hash_check(struct arena *a, const struct password_record *record)
{
    struct password_parsed parsed;
    return password_record_parse(a, record, &parsed);
}

static int compare(const struct password_parsed *parsed, struct str password, bool *ret_match)
{
    unsigned char out[PASSWORD_HASH_MAX_BYTES];
    if (password.len > PASSWORD_MAX_BYTES)
        return 0;
    TRY(hash(&parsed->params, password, parsed->salt, out));
    *ret_match = ct_eq(parsed->hash, str_of((const char *)out, parsed->params.hash_bytes));
    secret_wipe(out, sizeof(out));
    return 0;
}

int password_hash_verify(struct arena *a, const struct password_record *record, struct str password,
                         bool *ret_match)
{
    struct password_parsed parsed;
    *ret_match = false;
    TRY(password_record_parse(a, record, &parsed));
    return compare(&parsed, password, ret_match);
}

void password_hash_decoy(struct arena *a, const struct password_record *record, struct str password)
{
    static const char zeros[PASSWORD_HASH_MAX_BYTES] = {0};
    struct password_parsed parsed;
    bool ignored;
    if (password_record_parse(a, record, &parsed) != 0)
        return;
    parsed.hash = str_of(zeros, parsed.hash.len); /* matched by nothing */
    (void)!compare(&parsed, password, &ignored);
}

static bool same_argon2(const struct password_params *p, const struct password_params *q)
{
    return p->memory_kib == q->memory_kib && p->parallelism == q->parallelism &&
           p->type == q->type && p->version == q->version;
}

bool password_hash_needs_rehash(struct arena *a, const struct password_record *record,
                                const struct password_params *params)
{
    struct password_parsed parsed;
    if (password_record_parse(a, record, &parsed) != 0)
        return true;
    const struct password_params *p = &parsed.params;
    if (p->alg != params->alg || p->iterations != params->iterations ||
        p->hash_bytes != params->hash_bytes)
        return true;
    return p->alg == PASSWORD_ARGON2 && !same_argon2(p, params);
}

void password_hash_dummy(struct arena *a, const struct password_params *params, struct str password)
{
    static const char salt[PASSWORD_SALT_BYTES] = "no user, no salt";
    unsigned char out[PASSWORD_HASH_MAX_BYTES];
    struct password_parsed made = {*params, str_of(salt, sizeof(salt)),
                                   str_of((const char *)out, params->hash_bytes)};
    struct password_record record;
    bool match;
    if (!password_params_are_sane(params))
        return;
    memset(out, 0, sizeof(out));
    /* The whole way of a real one, parsing included; the hash of zeros is matched by nothing. */
    if (password_record_write(a, &made, &record) == 0)
        (void)!password_hash_verify(a, &record, password, &match);
}
