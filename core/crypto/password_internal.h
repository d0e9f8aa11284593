/* Between password.c (policy and use) and password_record.c (Keycloak's JSON). For no one else. */
#ifndef GARITA_CORE_CRYPTO_PASSWORD_INTERNAL_H
#define GARITA_CORE_CRYPTO_PASSWORD_INTERNAL_H

#include "core/crypto/password.h"

#define PASSWORD_HASH_MIN_BYTES 16
#define PASSWORD_HASH_MAX_BYTES 128
#define PASSWORD_SALT_MIN_BYTES 8 /* of Argon2 (RFC 9106 3.1) and the least that is seen */
#define PASSWORD_SALT_MAX_BYTES 64
#define PASSWORD_SALT_BYTES     16 /* of the records we make */

/* A record as numbers and bytes. */
struct password_parsed {
    struct password_params params;
    struct str salt;
    struct str hash;
};

/* Whether the parameters are within the limits, and make sense together. */
bool password_params_are_sane(const struct password_params *params);

/* ERR_INVALID_SYNTAX, ERR_TOO_LARGE (beyond the limits), ERR_NO_MEMORY. */
MUST_CHECK int password_record_parse(struct arena *a, const struct password_record *record,
                                     struct password_parsed *ret_parsed);
MUST_CHECK int password_record_write(struct arena *a, const struct password_parsed *parsed,
                                     struct password_record *ret_record);

#endif
