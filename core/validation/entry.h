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
    struct footing_rows rows; /* jti absent: it is in the payload */
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

#endif
