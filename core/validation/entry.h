/* Kept answers as bytes: what a look at a token found, and what a client may ask about. */
#ifndef GARITA_CORE_VALIDATION_ENTRY_H
#define GARITA_CORE_VALIDATION_ENTRY_H

#include "core/base/buf.h"
#include "core/port/footing.h"
#include "core/port/signer.h"

/* Of an active token. */
struct validation_entry {
    struct str realm, kid, alg;
    struct str payload; /* its signature was good under the key of key_mark */
    struct str username, user_id, service_client_id;
    struct footing_rows rows; /* both jti absent: they are in the payload */
    struct footing footing;
    int64_t until_ms; /* no later than any end that is known beforehand */
    unsigned char key_mark[SIGNER_KEY_MARK_BYTES];
};
MUST_CHECK int validation_entry_write(struct arena *a, const struct validation_entry *entry,
                                      struct str *ret_bytes);
/* Views into the bytes. ERR_INVALID_SYNTAX for what was not written by the above. */
MUST_CHECK int validation_entry_read(struct str bytes, struct validation_entry *ret_entry);

/* Of a client that asks. */
struct validation_rights {
    int64_t user_pk; /* of its service account; 0: none */
    struct footing footing;
    bool validator;
};
MUST_CHECK int validation_rights_write(struct arena *a, const struct validation_rights *rights,
                                       struct str *ret_bytes);
MUST_CHECK int validation_rights_read(struct str bytes, struct validation_rights *ret_rights);

/* Of a token of a trusted issuer: that its signature is good under the keys of this mark. */
#define VALIDATION_MARK_BYTES 32
struct validation_signed {
    unsigned char mark[VALIDATION_MARK_BYTES];
};
MUST_CHECK int validation_signed_write(struct arena *a, const struct validation_signed *entry,
                                       struct str *ret_bytes);
MUST_CHECK int validation_signed_read(struct str bytes, struct validation_signed *ret_entry);

/* Of a trusted issuer: its keys of one kid. */
struct validation_keys {
    int64_t checked_ms; /* when they were fetched */
    struct str set;     /* JWK set (RFC 7517 5); without keys: there are none of this kid */
};
MUST_CHECK int validation_keys_write(struct arena *a, const struct validation_keys *keys,
                                     struct str *ret_bytes);
MUST_CHECK int validation_keys_read(struct str bytes, struct validation_keys *ret_keys);

/* Of the person behind a token. */
struct validation_person {
    int64_t user_pk, session_pk, client_session_pk;
    struct footing footing;
    struct str user_id, username, email, first_name, last_name;
    struct str groups;     /* one JSON array of paths */
    struct str attributes; /* one JSON object */
    struct str claims;     /* likewise */
    bool email_verified, enabled;
};
MUST_CHECK int validation_person_write(struct arena *a, const struct validation_person *person,
                                       struct str *ret_bytes);
MUST_CHECK int validation_person_read(struct str bytes, struct validation_person *ret_person);

#endif
