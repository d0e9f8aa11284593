/* Restoring from backups: one realm into the place of the one that serves, or a whole node into a new
 * folder. What comes back is checked before anybody uses it. */
#ifndef GARITA_STORE_REPL_RESTORE_H
#define GARITA_STORE_REPL_RESTORE_H

#include "store/folder.h"
#include "store/repl/replay.h"

/* A realm's database and archives out of a backup into a data folder, under this name of a file. Reads all
 * pages back and checks trees, lists and indexes. ERR_BACKUP with a sentence, ERR_CANCELLED, errors of
 * the folder. Nothing is there of a database that did not come whole. */
struct restore_files {
    const struct backup_source *source;
    struct str id; /* of the backup */
    const struct backup_realm *realm;
    const struct replay *replay;      /* what was done since, from the archive; NULL: nothing */
    const struct backup_watch *watch; /* may be NULL */
    const struct folder *folder;
    const char *file;
    const char *vfs;
};
MUST_CHECK int restore_files(const struct restore_files *r, struct err_ctx *ctx);

/* The realm of that name out of that backup, in one step into the place of what is there of it, which goes.
 * Requests meanwhile are answered by the old one; those that wait for a turn to write at the end get
 * ERR_STORE_BUSY. What is spent once in the old one stays spent in the new one (OT-05), unless the old one
 * cannot be read: ret_carried; carry does the same for what is none of the store's business. fill is as in
 * store_realm_create, for making void what was given out. Not for master: ERR_FORBIDDEN. ERR_NOT_FOUND when the
 * backup lacks it, ERR_CONFLICT when another realm has its id. */
struct restore_in_place {
    const struct backup_source *source;
    struct str id;
    const struct backup_realm *realm;
    const struct replay *replay;                                 /* likewise */
    const struct backup_watch *watch;                            /* may be NULL */
    int (*carry)(struct store_read *old, struct store_write *w); /* may be NULL */
    store_realm_fill *fill;
    void *arg;
};
MUST_CHECK int restore_in_place(struct store *store, const struct restore_in_place *r,
                                const struct now *now, bool *ret_carried, struct err_ctx *ctx);

/* What of a node comes back. */
struct restore_part {
    const struct backup_source *source;
    struct str id; /* of the backup */
    const struct backup_realm *realm;
    const struct replay *replay; /* NULL: as in the backup */
};
/* A whole backup, in the arena. ERR_NO_MEMORY. */
MUST_CHECK int restore_parts(struct arena *a, const struct backup_source *source,
                             const struct backup_manifest *m, struct restore_part **ret_parts);

/* All parts, or master and those named so, into a data folder that is new, with the master key as its
 * master.key. Then the folder opens as any other; restore_settle makes the list of realms and the files fit:
 * rows of realms that are not there go, and files that no row names. */
struct restore_node {
    const struct restore_part *parts;
    size_t part_count;
    const struct secret *master_key;
    struct str only; /* absent: all */
    const struct backup_watch *watch;
};
MUST_CHECK int restore_node(const struct restore_node *r, const char *dir, struct err_ctx *ctx);
MUST_CHECK int restore_settle(struct store *store);
/* Then, when the realms were looked at under the names of the backup: the list calls each realm what its own
 * database, which may have been read later, does. */
MUST_CHECK int restore_settle_names(struct store *store);
/* The file of a realm that is there, as struct backup_realm names it. ERR_NOT_FOUND. */
MUST_CHECK int restore_file_of(struct store *store, struct str realm, struct arena *a,
                               struct str *ret_file);

/* Restores a backup on trial, into a folder of the data folder that goes again: every page and its sum,
 * trees and indexes, the audit chain from its first event to the one that the backup says, and as many
 * people. ERR_BACKUP with a sentence, ERR_CANCELLED, ERR_STORE_FULL. */
struct restore_trial {
    size_t realms;
    int64_t people, events;
};
MUST_CHECK int restore_try(struct store *store, const struct backup_source *source, struct str id,
                           const struct backup_watch *watch, struct restore_trial *ret_trial,
                           struct err_ctx *ctx);

#endif
