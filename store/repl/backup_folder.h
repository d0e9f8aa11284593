/* The folder of backups: one folder each, named by the moment when it was begun. A backup is there with
 * all its files on disk or not at all. Names that begin with a dot are of attempts that were cut short. */
#ifndef GARITA_STORE_REPL_BACKUP_FOLDER_H
#define GARITA_STORE_REPL_BACKUP_FOLDER_H

#include "core/base/arena.h"
#include "core/base/err.h"

#define BACKUP_ID_LEN 20 /* "20261126T190000.123Z" */

struct backup_folder {
    int fd, lock_fd; /* lock_fd: -1 unless writes */
};
#define BACKUP_FOLDER_NONE ((struct backup_folder){-1, -1})

/* writes: makes the folder when it is missing and keeps others from writing. ERR_CONFIG (no folder, or
 * others may write there), ERR_CONFLICT (somebody else writes), ERR_BACKUP, with a sentence. */
MUST_CHECK int backup_folder_open(const char *path, bool writes, struct backup_folder *ret_folder,
                                  struct err_ctx *ctx);
/* Harmless twice. Fits CLEANUP. */
void backup_folder_close(struct backup_folder *folder);

bool backup_id_is_valid(struct str id);
void backup_id_of(int64_t wall_ms, char id[BACKUP_ID_LEN + 1]);

/* A new folder, not to be seen yet; what earlier attempts left is removed. */
MUST_CHECK int backup_folder_begin(const struct backup_folder *folder, const char *id, int *ret_fd);
/* All names in it get on disk, then its own. ERR_CONFLICT when there is one of that name. */
MUST_CHECK int backup_folder_publish(const struct backup_folder *folder, const char *id, int fd);
/* What was begun and not published. */
void backup_folder_abandon(const struct backup_folder *folder, const char *id);

/* The ids of all, oldest first. */
MUST_CHECK int backup_folder_list(const struct backup_folder *folder, struct arena *a,
                                  struct str **ret_ids, size_t *ret_count);
/* ERR_NOT_FOUND. The caller closes it. */
MUST_CHECK int backup_folder_enter(const struct backup_folder *folder, struct str id, int *ret_fd);
/* In one step gone from the list. */
MUST_CHECK int backup_folder_remove(const struct backup_folder *folder, struct str id);

#endif
