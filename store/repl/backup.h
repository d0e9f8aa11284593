/* Backups of a node: every realm as of one moment of its own, with its archives of events, in a folder of
 * the operator's (store/repl/backup_folder.h). Sealed under a key that comes from the master key, which is
 * not in a backup: who keeps a copy of it can restore on a new machine, and nobody else can. */
#ifndef GARITA_STORE_REPL_BACKUP_H
#define GARITA_STORE_REPL_BACKUP_H

#include "core/port/store.h"
#include "store/repl/backup_folder.h"
#include "store/repl/manifest.h"

/* Called after each page; false ends the work with ERR_CANCELLED. Sets the pace, tells how far it is. */
struct backup_watch {
    bool (*step)(void *arg, struct str realm, int64_t done, int64_t pages);
    void *arg;
};

struct backup_made {
    char id[BACKUP_ID_LEN + 1];
    int64_t serial, pages, bytes;
    size_t realms, missing; /* missing: that could not be read; the reasons are in the manifest */
};

/* While the store serves, one at a time. Changes wait for nothing. ERR_BACKUP with a sentence
 * in ctx, ERR_CANCELLED, errors of backup_folder_open. */
MUST_CHECK int backup_make(struct store *store, const char *dir, const struct backup_watch *watch,
                           struct backup_made *ret_made, struct err_ctx *ctx);

/* One realm alone, as a base of the archive (store/repl/journal.h), into a folder of backups of its own
 * kind, which is made with the folder above it. It is not the last backup of the node. */
MUST_CHECK int backup_make_base(struct store *store, const char *dir,
                                const struct realm_summary *realm, const struct backup_watch *watch,
                                struct backup_made *ret_made, struct err_ctx *ctx);

/* A folder of backups with the key that opens them. */
struct backup_source {
    struct backup_folder folder;
    struct secret key;
};
/* With the master key of a store, or a copy of it from a file. */
MUST_CHECK int backup_source_of_store(struct store *store, const char *dir,
                                      struct backup_source *ret_source, struct err_ctx *ctx);
MUST_CHECK int backup_source_open(const char *dir, const struct secret *master_key,
                                  struct backup_source *ret_source, struct err_ctx *ctx);
/* Fits CLEANUP. */
void backup_source_close(struct backup_source *source);

/* What one holds. ERR_NOT_FOUND; errors of manifest_read. */
MUST_CHECK int backup_look(const struct backup_source *source, struct str id, struct arena *a,
                           struct backup_manifest *ret_manifest);
/* Reads all of it: nothing changed, nothing missing, nothing too much. ERR_BACKUP with a sentence. */
MUST_CHECK int backup_verify(const struct backup_source *source, struct str id,
                             const struct backup_watch *watch, struct err_ctx *ctx);
/* The same of one realm in it. */
MUST_CHECK int backup_verify_realm(const struct backup_source *source, struct str id,
                                   const struct backup_realm *realm,
                                   const struct backup_watch *watch, struct err_ctx *ctx);
/* Whether the folder still has the backup that this node made last: an older state of the folder in its
 * place has not. ERR_CONFLICT, or ERR_BACKUP when it cannot be read, with a sentence. */
MUST_CHECK int backup_check_newest(struct store *store, const struct backup_source *source,
                                   struct err_ctx *ctx);

/* The newest of each of the last daily_days days and monthly_months months stay, and the newest of all;
 * the others go. A backup that cannot be read here stays: it may be another node's. */
struct backup_keeping {
    int64_t days, months;
};
MUST_CHECK int backup_prune(struct store *store, const char *dir, const struct backup_keeping *keep,
                            int64_t now_ms, size_t *ret_removed, struct err_ctx *ctx);

/* --- What is told by /health and the metrics --- */

/* Of the daily backup: until one succeeds, /health says that it failed. */
void store_backup_outcome(struct store *store, bool well);
/* The id of the last one; empty when there is none. */
void store_backup_last(struct store *store, char id[BACKUP_ID_LEN + 1]);
/* What /health and the metrics say, as figures; 0: none since the start. */
struct backups_told {
    int64_t made_ms; /* also of an earlier start */
    int64_t made_bytes;
    int64_t proved_ms;
    bool failed; /* the last one, or its trial */
};
void store_backup_told(struct store *store, struct backups_told *ret_told);
/* What is told of the archive; zeros where there is none. */
struct archive_told {
    bool there, failed; /* failed: the last writing */
    int64_t until_ms;   /* all that was committed until then is in it; 0: nothing yet */
    int64_t gaps;
};
void store_archive_told(struct store *store, struct archive_told *ret_told);

/* What is told of copies elsewhere: that there shall be some, and when the newest backup was known to be
 * there; 0: the copy failed. */
void store_copies_wanted(struct store *store);
void store_copy_outcome(struct store *store, int64_t copied_ms);
struct copies_told {
    bool wanted, failed;
    int64_t copied_ms; /* since the start; 0: not yet */
};
void store_copies_told(struct store *store, struct copies_told *ret_told);

/* What is told of daily exports: that there shall be some, and how the last one ended. */
struct export_made {
    int64_t made_ms; /* 0: none was */
    int64_t bytes, realms;
};
struct exports_told {
    bool wanted, failed;     /* failed: the last one */
    struct export_made last; /* since the start */
};
void store_exports_wanted(struct store *store);
void store_export_outcome(struct store *store, bool good, const struct export_made *made);
void store_exports_told(struct store *store, struct exports_told *ret_told);
/* At the start of the store: when the last one was made. */
void backup_recall(struct store *store);

/* --- For restoring: the pages of a realm, in their order, and its other files --- */

typedef int backup_take_page(void *arg, int64_t number, const unsigned char *page, size_t bytes);
MUST_CHECK int backup_each_page(int dir_fd, const struct secret *key, struct str id,
                                const struct backup_realm *realm, backup_take_page *take,
                                void *arg);
typedef int backup_take_bytes(void *arg, const void *bytes, size_t len);
MUST_CHECK int backup_file_read(int dir_fd, const struct secret *key, struct str id,
                                const struct backup_realm *realm, const struct backup_file *file,
                                backup_take_bytes *take, void *arg);

/* --- Within store/repl --- */

/* Names of a realm's files in the backup. Absent without memory. */
struct str backup_database_name(struct arena *a, const struct backup_realm *realm);
struct str backup_file_name(struct arena *a, const struct backup_realm *realm,
                            const struct backup_file *file);

/* What the node made last, in its data folder; serial 0: nothing yet. */
struct backup_last {
    int64_t serial, made_ms;
    char id[BACKUP_ID_LEN + 1];
};
MUST_CHECK int backup_last_read(const struct store *store, struct backup_last *ret_last);
MUST_CHECK int backup_last_write(const struct store *store, const struct backup_last *last);

#endif
