/* What a backup holds: the list that stands sealed in it as "manifest", JSON inside. */
#ifndef GARITA_STORE_REPL_MANIFEST_H
#define GARITA_STORE_REPL_MANIFEST_H

#include "core/base/secret.h"
#include "core/codec/json.h"
#include "store/repl/commit.h"

#define MANIFEST_NAME "manifest"

struct backup_file {
    struct str name; /* of an archive of events */
    int64_t bytes;
};

struct backup_realm {
    struct str name, id, file;
    struct str trouble; /* why it could not be read: then there is nothing of it; absent */
    int64_t taken_ms;   /* everything that was answered before this moment is in it */
    int64_t until_ms;   /* nothing that was committed after this moment is in it; 0: not told */
    struct repl_position position; /* zeros: it has none */
    int64_t page_bytes, pages;
    int64_t people;
    int64_t events; /* place of the last one in the audit chain */
    const struct backup_file *files;
    size_t file_count;
};

struct backup_manifest {
    struct str id;   /* of the backup */
    struct str node; /* of the data folder */
    int64_t serial;  /* rises by one with each backup of a node */
    int64_t begun_ms, ended_ms;
    const struct backup_realm *realms; /* master first */
    size_t realm_count;
};

/* Into the folder of the backup. */
MUST_CHECK int manifest_write(int dir_fd, const struct secret *key, const struct backup_manifest *m,
                              int64_t *ret_bytes);
/* From there; id is what the folder is called. Errors of sealed_file.h, ERR_NOT_FOUND when there is none,
 * ERR_STORE_CORRUPT when it says what it must not. */
MUST_CHECK int manifest_read(int dir_fd, const struct secret *key, struct str id, struct arena *a,
                             struct backup_manifest *ret_manifest);
/* The text alone, for manifest_read and for fuzzing. */
MUST_CHECK int manifest_parse(struct arena *a, struct str text,
                              struct backup_manifest *ret_manifest);

/* NULL when there is none of that name. */
const struct backup_realm *manifest_realm(const struct backup_manifest *m, struct str name);

/* Likewise of a realm's other files. */
const struct backup_file *manifest_file(const struct backup_realm *realm, struct str name);

/* What binds a file to its backup; absent without memory. */
struct str backup_context(struct arena *a, struct str backup_id, struct str file);

#endif
