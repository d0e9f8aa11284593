/* The data folder: who may enter, the lock of the one process that does, and the master key. */
#ifndef GARITA_STORE_FOLDER_H
#define GARITA_STORE_FOLDER_H

#include "core/base/err.h"
#include "core/base/secret.h"

struct folder {
    char *path;    /* absolute, no symbolic links */
    int fd;        /* of the folder */
    int realms_fd; /* of realms/ */
    int lock_fd;   /* held until folder_close */
};

#define FOLDER_PATH_MAX 4096

/* Makes the folder and realms/ when missing, checks owner and mode (SK-05), takes the lock.
 * ERR_CONFIG, ERR_STORE_LOCKED (the detail names the process), ERR_STORE_READ_ONLY, ERR_STORE_FULL,
 * ERR_STORE_CORRUPT (realms/ is missing and was there), ERR_IO. */
MUST_CHECK int folder_open(const char *data_dir, struct folder *ret_folder, struct err_ctx *ctx);
/* Without realms/, for who keeps other things. As folder_open. */
MUST_CHECK int folder_open_bare(const char *data_dir, struct folder *ret_folder,
                                struct err_ctx *ctx);
/* Beside the process that holds it: the folder alone, checked and made when missing, without the lock. The
 * caller closes it. As folder_open. */
MUST_CHECK int folder_enter(const char *data_dir, int *ret_fd, struct err_ctx *ctx);
void folder_close(struct folder *folder);
/* For a folder whose master.db is missing: ERR_STORE_CORRUPT, with a sentence that says what to do, when
 * there are traces of an earlier life beside realms/. The master key is none: a first start that is cut
 * short leaves it. */
MUST_CHECK int folder_check_unused(const struct folder *folder, struct err_ctx *ctx);
/* Leaves such a trace, once, when master.db is on disk. As file_err. */
MUST_CHECK int folder_mark_founded(const struct folder *folder);
/* realms/<name>.db as an absolute path; ERR_TOO_LARGE. */
MUST_CHECK int folder_db_path(const struct folder *folder, struct str name,
                              char path[FOLDER_PATH_MAX]);
/* Deletes a database with its log, and what folder_db_doom noted; missing files are fine. ERR_IO. */
MUST_CHECK int folder_db_remove(const struct folder *folder, struct str name);
/* Notes on disk that this database is to be deleted, for when it cannot be now, or takes such a note back.
 * As file_err. */
MUST_CHECK int folder_db_doom(const struct folder *folder, struct str name, bool doomed);
/* The names in realms/ get on disk. */
MUST_CHECK int folder_sync_realms(const struct folder *folder);
/* Before SQLite opens it: a regular file of our own that nobody else may read, not empty (SK-05).
 * With may_create it may be missing, or empty when it has no log. ERR_CONFIG, ERR_STORE_CORRUPT, with
 * a sentence that says what to do. */
MUST_CHECK int folder_db_check(const struct folder *folder, struct str name, bool may_create,
                               struct err_ctx *ctx);
/* Bytes of the log beside a database; -1 when there is none. */
int64_t folder_log_bytes(const struct folder *folder, struct str name);
/* Removes a log without content, which SQLite makes when it opens a database. */
void folder_log_tidy(const struct folder *folder, struct str name);
/* Every name in realms/; ends early with the visitor's error. As file_err. */
typedef int folder_visit(void *arg, struct str name);
MUST_CHECK int folder_each(const struct folder *folder, folder_visit *visit, void *arg);
/* -1 when there is none. */
int64_t folder_db_bytes(const struct folder *folder, struct str name);

/* In the data folder: that there were realms (folder_mark_founded), and what belongs to realms/. */
#define FOUNDED_NAME  "founded"
#define ARCHIVES_NAME "audit"
#define CACHE_NAME    "cache"

/* Beside a database that was found damaged (fence.c). */
#define FENCE_SUFFIX "-damaged"
/* Beside one that its realm's deletion left (folder_db_doom). */
#define DOOM_SUFFIX  "-doomed"

#define MASTER_KEY_BYTES 32

/* Reads the key; makes one when the file is missing and may_create is set. ERR_SEAL when it is
 * missing, ERR_CONFIG when others may read it, it is a symbolic link or has another length. */
MUST_CHECK int master_key_load(const struct folder *folder, const char *path, bool may_create,
                               struct secret *ret_key, struct err_ctx *ctx);

#endif
