/* Password records in Keycloak's format, so that imported users log in with what they have:
 *   secret_data     {"value":base64,"salt":base64,"additionalParameters":{}}
 *   credential_data {"hashIterations":n,"algorithm":"argon2","additionalParameters":{...}}
 * Algorithms: argon2 (id, i, d; versions 1.3 and 1.0), pbkdf2-sha256, pbkdf2-sha512 and pbkdf2
 * (SHA-1; verified, never made). Everything here costs time on purpose: callers bound how many run
 * at once. */
#ifndef GARITA_CORE_CRYPTO_PASSWORD_H
#define GARITA_CORE_CRYPTO_PASSWORD_H

#include "core/base/arena.h"

enum password_alg {
    PASSWORD_ARGON2,
    PASSWORD_PBKDF2_SHA256,
    PASSWORD_PBKDF2_SHA512,
    PASSWORD_PBKDF2_SHA1 /* "pbkdf2" */
};

enum argon2_type { ARGON2_D, ARGON2_I, ARGON2_ID };

/* How to hash: the realm's policy, or what a record says. */
struct password_params {
    enum password_alg alg;
    uint32_t iterations;
    uint32_t hash_bytes;
    /* argon2 only */
    uint32_t memory_kib;
    uint32_t parallelism;
    enum argon2_type type;
    uint32_t version; /* 0x13 or 0x10 */
};

#define PASSWORD_MAX_BYTES           1024 /* longer ones are refused, never cut (PW-06) */
#define PASSWORD_MAX_MEMORY_KIB      ((uint32_t)256 << 10)
#define PASSWORD_MAX_ARGON2_PASSES   100
#define PASSWORD_MAX_ARGON2_WORK_KIB ((uint64_t)4 << 20) /* memory times passes */
#define PASSWORD_MAX_PARALLELISM     16
#define PASSWORD_MAX_PBKDF2_ROUNDS   10000000 /* over all blocks of the output */
#define PASSWORD_MAX_RECORD_BYTES    4096

/* Argon2id 1.3, 7168 KiB, 5 passes, 1 lane, 32 bytes: Keycloak's default and ours. */
struct password_params password_params_default(void);
/* From a realm's passwordPolicy words ("argon2", "pbkdf2-sha256", "pbkdf2-sha512", "pbkdf2") and
 * its hashIterations (0: the algorithm's default). ERR_BAD_ALGORITHM, ERR_INVALID_NUMBER. */
MUST_CHECK int password_params_of(struct str algorithm, int64_t iterations,
                                  struct password_params *ret_params);

struct password_record {
    struct str
        secret_data; /* JSON; as good as the password to an attacker: seal it, log it never */
    struct str credential_data; /* JSON */
};

/* Hashes with a fresh 16-byte salt. ERR_TOO_LARGE for a password beyond PASSWORD_MAX_BYTES,
 * ERR_BAD_ALGORITHM for params beyond the limits, ERR_INVALID_UTF8, ERR_NO_MEMORY. Empty passwords
 * are hashed like others: policy is for the caller. */
MUST_CHECK int password_hash_make(struct arena *a, const struct password_params *params,
                                  struct str password, struct password_record *ret_record);
/* Whether a record can be verified at all, without hashing: for imports. The errors of
 * password_hash_verify. */
MUST_CHECK int password_hash_check(struct arena *a, const struct password_record *record);
/* Fails closed (PW-01): *ret_match is true only after a full comparison; a malformed record is
 * ERR_INVALID_SYNTAX, one beyond the limits ERR_TOO_LARGE, and *ret_match is false then. A password
 * that is too long does not match. */
MUST_CHECK int password_hash_verify(struct arena *a, const struct password_record *record,
                                    struct str password, bool *ret_match);
/* Whether the record was made with other parameters than these (also when it cannot be read). */
bool password_hash_needs_rehash(struct arena *a, const struct password_record *record,
                                const struct password_params *params);
/* What a record was made with. The errors of password_hash_verify. */
MUST_CHECK int password_hash_params(struct arena *a, const struct password_record *record,
                                    struct password_params *ret_params);
/* Takes as long as verifying this record, and matches nothing: for unknown users, so that time does
 * not tell (PW-05). */
void password_hash_decoy(struct arena *a, const struct password_record *record,
                         struct str password);
/* Takes as long as verifying a record made with params, and matches nothing: for unknown users, so
 * that time does not tell (PW-05). */
void password_hash_dummy(struct arena *a, const struct password_params *params,
                         struct str password);

#endif
