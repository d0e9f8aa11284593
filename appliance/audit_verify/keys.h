/* The public keys that a chain is verified with, from files. */
#ifndef GARITA_APPLIANCE_AUDIT_VERIFY_KEYS_H
#define GARITA_APPLIANCE_AUDIT_VERIFY_KEYS_H

#include "core/audit/statement.h"

#define KEYS_MAX 64

/* Adds the Ed25519 keys of a file: PEM blocks, a JWK or a JWK set. ERR_NOT_FOUND, ERR_BAD_KEY when
 * there is none, ERR_TOO_LARGE. */
MUST_CHECK int keys_read(struct arena *a, const char *file, struct audit_keys *io_keys);

#endif
