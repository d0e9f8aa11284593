/* Realms as Keycloak exports them (versions 15 to 26), taken in: one file, several, or an array of realms
 * in one file. A realm comes whole or not at all; what this server cannot take is told, never dropped in
 * silence. Users are read one after another, so memory does not grow with their number. Files are read,
 * never followed: nothing in them names another file or the environment (CL-02). */
#ifndef GARITA_CORE_TRANSFER_IMPORT_H
#define GARITA_CORE_TRANSFER_IMPORT_H

#include "core/auth/context.h"
#include "core/codec/json_pull.h"
#include "core/transfer/import_report.h"

enum import_if_exists { IMPORT_REFUSE, IMPORT_SKIP, IMPORT_OVERWRITE };

#define IMPORT_SOURCES_MAX 20000 /* files of one import */
#define IMPORT_REALMS_MAX  1000
#define IMPORT_VALUE_MAX_BYTES                                                                     \
    ((size_t)4 << 20) /* of a user, a client, a group with those below it */

struct import_source {
    struct str name; /* of the file, for messages; may be empty */
    struct json_source json;
};

struct import_progress {
    struct str realm;
    const char *what; /* "users" */
    int64_t done;
};

struct import_request {
    const struct import_source *sources;
    size_t source_count;
    struct str
        realm; /* take only the realm of this name, or the only one under this name; absent: all */
    enum import_if_exists if_exists;
    int64_t clear_passwords_max; /* each costs time on purpose; 0: as many as there are */
    bool dry_run;                /* does everything and keeps nothing */
    void (*progress)(void *context, const struct import_progress *progress); /* NULL: none */
    void *progress_context;
};

enum import_state { IMPORT_DONE, IMPORT_SKIPPED, IMPORT_FAILED };

struct import_outcome {
    struct str realm;
    enum import_state state;
    int err;          /* of one that failed */
    struct str error; /* a sentence, with the place in the file */
    struct import_report report;
};

struct import_result {
    struct import_outcome *items; /* in the order of the files */
    size_t count;
};

/* Everything in the request, realm by realm. ctx is that of master, no write may be open; results live in
 * its arena. A realm that fails does not keep the others back: its error is in its outcome, and the first
 * one is returned. ERR_INVALID_REQUEST and the errors of json_pull with "file, line, column" in ctx->err
 * when the files themselves cannot be read; then nothing was done. */
MUST_CHECK int import_realms(const struct auth_ctx *ctx, struct store *store,
                             const struct import_request *request,
                             struct import_result *ret_result);

#endif
