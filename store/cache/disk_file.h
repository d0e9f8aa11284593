/* The file of the second level, DATA/cache/tokens.mdb (LMDB): entries by key, and the order in which they
 * came; the one that came first makes room. One thread writes and sweeps; any number read at the same
 * time, but not while the file is opened, renewed or closed. Functions return 0 or an error of LMDB or
 * errno, as mdb_strerror tells them. */
#ifndef GARITA_STORE_CACHE_DISK_FILE_H
#define GARITA_STORE_CACHE_DISK_FILE_H

#include <lmdb.h>
#include <stdatomic.h>

#include "core/base/secret.h"
#include "core/port/token_cache.h"
#include "store/folder.h"

/* What stands in front of a value. */
struct disk_stamp {
    int64_t expires_ms;
    uint64_t number; /* in the order */
};

/* What is to be written. */
struct disk_entry {
    struct disk_entry *next;
    struct token_cache_key key;
    int64_t expires_ms;
    size_t len;
    char value[];
};

struct disk_file {
    char path[FOLDER_PATH_MAX];
    int folder_fd; /* -1: not open */
    size_t max_bytes;
    struct secret seal_key; /* the owner's to free */
    MDB_env *env;           /* NULL: could not be opened */
    MDB_dbi entries;        /* key -> stamp, value */
    MDB_dbi order;          /* number -> key */
    uint64_t swept;         /* where the next sweep goes on */
    atomic_uint_fast64_t evictions[TOKEN_CACHE_KINDS];
    atomic_uint_fast64_t count, bytes, last_number;
};

/* With max_bytes, seal_key and folder_fd -1 set. A file that is not exactly the one that was closed is
 * begun anew. After an error disk_file_close. */
MUST_CHECK int disk_file_open(struct disk_file *f, const struct folder *folder);
/* Throws the file away and begins it anew. */
MUST_CHECK int disk_file_renew(struct disk_file *f);
/* Seals it for the next process; one that is not sound is thrown away. */
void disk_file_close(struct disk_file *f, bool sound);
/* The list in one transaction; the oldest entries make room, and when that is not enough all go. */
MUST_CHECK int disk_file_write(struct disk_file *f, const struct disk_entry *batch);
/* Looks at a stretch of entries and removes what is over; ret_end: there is nothing behind it. */
MUST_CHECK int disk_file_sweep(struct disk_file *f, int64_t now_ms, bool *ret_end);
/* The value lives in the arena; absent without memory. MDB_NOTFOUND. */
MUST_CHECK int disk_file_read(struct disk_file *f, const struct token_cache_key *key,
                              struct arena *a, struct disk_stamp *ret_stamp, struct str *ret_value);
/* Among those that would make room soon. */
bool disk_file_is_old(struct disk_file *f, const struct disk_stamp *stamp);

/* The folder, where no file is open; -1 when there is none. The caller closes it. */
int disk_file_folder(const struct folder *folder);
void disk_file_throw_away(int folder_fd);

#endif
