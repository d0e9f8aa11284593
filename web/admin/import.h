/* Realms as files hold them, in bodies of the Admin API. */
#ifndef GARITA_WEB_ADMIN_IMPORT_H
#define GARITA_WEB_ADMIN_IMPORT_H

#include "core/transfer/import.h"
#include "web/admin/admin.h"

/* Hashing takes tenths of a second each, and a worker waits for it: passwords in clear of one call. */
#define CLEAR_PASSWORDS_MAX 100

/* Members of a realm's representation that hold more than settings; until NULL. */
extern const char *const admin_import_members[];

/* What a text says without having been read as a whole. */
struct import_survey {
    bool is_object;
    bool is_filled;   /* one of admin_import_members has something in it */
    struct str realm; /* its name; absent when there is none, or it is no text */
};

/* Walks through the text, whatever its size; the name lives in the call's arena. What is malformed ends the walk:
 * whoever reads the text says where. ERR_NO_MEMORY. */
MUST_CHECK int admin_import_survey(struct admin_call *call, struct str text,
                                   struct import_survey *ret_survey);

struct admin_import {
    struct str text; /* a realm with contents, which becomes a new realm */
    bool dry_run;    /* everything is tried and nothing is kept */
    void (*progress)(void *context, const struct import_progress *progress); /* NULL: none */
    void *progress_context;
};

/* call->ctx is that of master. The answer is the report. ERR_CONFLICT, ERR_INVALID_REQUEST with the place. */
MUST_CHECK int admin_import_realm(struct admin_call *call, const struct admin_import *import,
                                  struct str *ret_name);
/* After a realm was made: gives its maker his roles, and the answer its address. */
MUST_CHECK int admin_realm_made(struct admin_call *call, struct str name);

#endif
