/* Realms as files hold them, in bodies of the Admin API. */
#ifndef GARITA_WEB_ADMIN_IMPORT_H
#define GARITA_WEB_ADMIN_IMPORT_H

#include "web/admin/admin.h"

/* Hashing takes tenths of a second each, and a worker waits for it: passwords in clear of one call. */
#define CLEAR_PASSWORDS_MAX 100

/* The body is a realm with contents, and makes a new realm; call->ctx is that of master. The answer is the
 * report. dry_run: everything is tried and nothing is kept. ERR_CONFLICT, ERR_INVALID_REQUEST with the
 * place. */
MUST_CHECK int admin_import_realm(struct admin_call *call, bool dry_run);

#endif
