/* The file of the token cache, an LMDB environment of two tables. */
#include "store/cache/disk_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/cache/seal_file.h"

#include "core/base/banned.h"

#define FILE_NAME   "tokens.mdb"
#define LOCK_NAME   "tokens.mdb-lock"
#define SEAL_NAME   "tokens.seal"
#define MAX_READERS 1100
/* Room beyond the entries: pages that are being replaced, and what a batch adds. */
#define SLACK_BYTES ((size_t)32 << 20)
#define SWEEP_ROWS  2000

/* --- opening --- */

static int open_env(struct disk_file *f)
{
    MDB_txn *txn = NULL;
    int rc = mdb_env_create(&f->env);
    if (rc == 0)
        rc = mdb_env_set_mapsize(f->env, f->max_bytes + f->max_bytes / 2 + SLACK_BYTES);
    if (rc == 0)
        rc = mdb_env_set_maxdbs(f->env, 2);
    if (rc == 0)
        rc = mdb_env_set_maxreaders(f->env, MAX_READERS);
    if (rc == 0) /* durability is not wanted: after a crash the file is not used */
        rc = mdb_env_open(f->env, f->path, MDB_NOSUBDIR | MDB_NOSYNC | MDB_NOTLS | MDB_NORDAHEAD,
                          S_IRUSR | S_IWUSR);
    if (rc == 0)
        rc = mdb_txn_begin(f->env, NULL, 0, &txn);
    if (rc == 0)
        rc = mdb_dbi_open(txn, "entries", MDB_CREATE, &f->entries);
    if (rc == 0)
        rc = mdb_dbi_open(txn, "order", MDB_CREATE | MDB_INTEGERKEY, &f->order);
    if (rc == 0) {
        rc = mdb_txn_commit(txn);
        txn = NULL;
    }
    if (txn)
        mdb_txn_abort(txn);
    if (rc != 0 && f->env) {
        mdb_env_close(f->env);
        f->env = NULL;
    }
    return rc;
}

void disk_file_throw_away(int folder_fd)
{
    (void)unlinkat(folder_fd, FILE_NAME, 0);
    (void)unlinkat(folder_fd, LOCK_NAME, 0);
    (void)unlinkat(folder_fd, SEAL_NAME, 0);
}

static uint64_t last_number(struct disk_file *f, MDB_txn *txn)
{
    MDB_cursor *cursor;
    MDB_val number, key;
    uint64_t last = 0;
    if (mdb_cursor_open(txn, f->order, &cursor) != 0)
        return 0;
    if (mdb_cursor_get(cursor, &number, &key, MDB_LAST) == 0 && number.mv_size == sizeof(last))
        memcpy(&last, number.mv_data, sizeof(last));
    mdb_cursor_close(cursor);
    return last;
}

static size_t pages_of(MDB_txn *txn, MDB_dbi dbi, size_t *ret_entries)
{
    MDB_stat st;
    *ret_entries = 0;
    if (mdb_stat(txn, dbi, &st) != 0)
        return 0;
    *ret_entries = st.ms_entries;
    return (st.ms_branch_pages + st.ms_leaf_pages + st.ms_overflow_pages) * st.ms_psize;
}

static size_t measure(struct disk_file *f, MDB_txn *txn)
{
    size_t count, rows;
    size_t bytes = pages_of(txn, f->entries, &count) + pages_of(txn, f->order, &rows);
    atomic_store(&f->count, count);
    atomic_store(&f->bytes, bytes);
    return bytes;
}

static int learn_figures(struct disk_file *f)
{
    MDB_txn *txn;
    int rc = mdb_txn_begin(f->env, NULL, MDB_RDONLY, &txn);
    if (rc != 0)
        return rc;
    (void)measure(f, txn);
    atomic_store(&f->last_number, last_number(f, txn));
    mdb_txn_abort(txn);
    return 0;
}

int disk_file_folder(const struct folder *folder)
{
    return openat(folder->fd, CACHE_NAME, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

int disk_file_open(struct disk_file *f, const struct folder *folder)
{
    int len = snprintf(f->path, sizeof(f->path), "%s/" CACHE_NAME "/" FILE_NAME, folder->path);
    if (len < 0 || (size_t)len >= sizeof(f->path))
        return ENAMETOOLONG;
    (void)mkdirat(folder->fd, CACHE_NAME, S_IRWXU);
    f->folder_fd = disk_file_folder(folder);
    if (f->folder_fd < 0)
        return errno;
    if (seal_file_take(f->folder_fd, FILE_NAME, SEAL_NAME, secret_view(&f->seal_key)) != 0)
        disk_file_throw_away(f->folder_fd);
    /* Of the process before; nobody else may have the folder open. */
    (void)unlinkat(f->folder_fd, LOCK_NAME, 0);
    int rc = open_env(f);
    if (rc != 0) { /* ours, and yet of no use: another size of pages, no right to write */
        disk_file_throw_away(f->folder_fd);
        rc = open_env(f);
    }
    return rc ? rc : learn_figures(f);
}

int disk_file_renew(struct disk_file *f)
{
    if (f->env)
        mdb_env_close(f->env);
    f->env = NULL;
    f->swept = 0;
    disk_file_throw_away(f->folder_fd);
    int rc = open_env(f);
    return rc ? rc : learn_figures(f);
}

void disk_file_close(struct disk_file *f, bool sound)
{
    sound = sound && f->env && mdb_env_sync(f->env, 1) == 0;
    if (f->env)
        mdb_env_close(f->env);
    f->env = NULL;
    if (f->folder_fd < 0)
        return;
    if (!sound ||
        seal_file_write(f->folder_fd, FILE_NAME, SEAL_NAME, secret_view(&f->seal_key)) != 0)
        disk_file_throw_away(f->folder_fd);
    (void)close(f->folder_fd);
    f->folder_fd = -1;
}

/* --- writing: with a transaction --- */

static MDB_val val_of(const void *bytes, size_t len)
{
    union {
        const void *in;
        void *out;
    } p = {bytes};
    return (MDB_val){len, p.out};
}

static int stamp_of(const MDB_val *row, struct disk_stamp *ret_stamp)
{
    if (row->mv_size <= sizeof(*ret_stamp))
        return MDB_CORRUPTED;
    memcpy(ret_stamp, row->mv_data, sizeof(*ret_stamp));
    return 0;
}

static int remove_numbered(struct disk_file *f, MDB_txn *txn, uint64_t number)
{
    MDB_val key = val_of(&number, sizeof(number));
    int rc = mdb_del(txn, f->order, &key, NULL);
    return rc == MDB_NOTFOUND ? 0 : rc;
}

static int remove_old(struct disk_file *f, MDB_txn *txn, MDB_val *key)
{
    struct disk_stamp stamp;
    MDB_val row;
    int rc = mdb_get(txn, f->entries, key, &row);
    if (rc != 0)
        return rc == MDB_NOTFOUND ? 0 : rc;
    rc = stamp_of(&row, &stamp);
    return rc ? rc : remove_numbered(f, txn, stamp.number);
}

static int write_one(struct disk_file *f, MDB_txn *txn, const struct disk_entry *w)
{
    struct disk_stamp stamp = {.expires_ms = w->expires_ms,
                               .number = atomic_fetch_add(&f->last_number, 1) + 1};
    MDB_val key = val_of(&w->key, sizeof(w->key));
    MDB_val number = val_of(&stamp.number, sizeof(stamp.number));
    MDB_val row = {.mv_size = sizeof(stamp) + w->len};
    int rc = remove_old(f, txn, &key);
    if (rc == 0)
        rc = mdb_put(txn, f->entries, &key, &row, MDB_RESERVE);
    if (rc != 0)
        return rc;
    memcpy(row.mv_data, &stamp, sizeof(stamp));
    memcpy((char *)row.mv_data + sizeof(stamp), w->value, w->len);
    return mdb_put(txn, f->order, &number, &key, MDB_APPEND);
}

static void count_eviction(struct disk_file *f, const MDB_val *key)
{
    struct token_cache_key copy;
    if (key->mv_size != sizeof(copy))
        return;
    memcpy(&copy, key->mv_data, sizeof(copy));
    atomic_fetch_add(&f->evictions[token_cache_kind_of(&copy)], 1);
}

/* The one that came first. */
static int evict_one(struct disk_file *f, MDB_txn *txn)
{
    MDB_cursor *cursor;
    MDB_val number, key;
    unsigned char copy[sizeof(struct token_cache_key)];
    int rc = mdb_cursor_open(txn, f->order, &cursor);
    if (rc != 0)
        return rc;
    rc = mdb_cursor_get(cursor, &number, &key, MDB_FIRST);
    if (rc == 0 && key.mv_size != sizeof(copy))
        rc = MDB_CORRUPTED;
    if (rc == 0) {
        memcpy(copy, key.mv_data, sizeof(copy));
        rc = mdb_cursor_del(cursor, 0);
    }
    mdb_cursor_close(cursor);
    if (rc != 0)
        return rc;
    MDB_val gone = val_of(copy, sizeof(copy));
    rc = mdb_del(txn, f->entries, &gone, NULL);
    count_eviction(f, &gone);
    return rc == MDB_NOTFOUND ? 0 : rc;
}

static int make_room(struct disk_file *f, MDB_txn *txn)
{
    while (measure(f, txn) > f->max_bytes) {
        int rc = evict_one(f, txn);
        if (rc != 0)
            return rc == MDB_NOTFOUND ? 0 : rc;
    }
    return 0;
}

static int write_batch(struct disk_file *f, const struct disk_entry *batch)
{
    MDB_txn *txn;
    int rc = mdb_txn_begin(f->env, NULL, 0, &txn);
    if (rc != 0)
        return rc;
    for (const struct disk_entry *w = batch; w && rc == 0; w = w->next)
        rc = write_one(f, txn, w);
    if (rc == 0)
        rc = make_room(f, txn);
    if (rc != 0) {
        mdb_txn_abort(txn);
        return rc;
    }
    return mdb_txn_commit(txn);
}

static int count_all_evicted(struct disk_file *f, MDB_txn *txn)
{
    MDB_cursor *cursor;
    MDB_val key, row;
    int rc = mdb_cursor_open(txn, f->entries, &cursor);
    if (rc != 0)
        return rc;
    while ((rc = mdb_cursor_get(cursor, &key, &row, MDB_NEXT)) == 0)
        count_eviction(f, &key);
    mdb_cursor_close(cursor);
    return rc == MDB_NOTFOUND ? 0 : rc;
}

/* Full in spite of the slack: everything goes. */
static int begin_anew(struct disk_file *f)
{
    MDB_txn *txn;
    int rc = mdb_txn_begin(f->env, NULL, 0, &txn);
    if (rc != 0)
        return rc;
    rc = count_all_evicted(f, txn);
    if (rc == 0)
        rc = mdb_drop(txn, f->entries, 0);
    if (rc == 0)
        rc = mdb_drop(txn, f->order, 0);
    if (rc != 0) {
        mdb_txn_abort(txn);
        return rc;
    }
    (void)measure(f, txn);
    return mdb_txn_commit(txn);
}

int disk_file_write(struct disk_file *f, const struct disk_entry *batch)
{
    int rc = write_batch(f, batch);
    return rc == MDB_MAP_FULL ? begin_anew(f) : rc;
}

/* --- sweeping --- */

static int sweep_row(struct disk_file *f, MDB_txn *txn, MDB_cursor *cursor, const MDB_val *from,
                     int64_t now_ms)
{
    unsigned char copy[sizeof(struct token_cache_key)];
    struct disk_stamp stamp;
    MDB_val key = val_of(copy, sizeof(copy)), row;
    if (from->mv_size != sizeof(copy))
        return MDB_CORRUPTED;
    memcpy(copy, from->mv_data, sizeof(copy)); /* the page may move */
    int rc = mdb_get(txn, f->entries, &key, &row);
    if (rc != 0)
        return rc == MDB_NOTFOUND ? MDB_CORRUPTED : rc;
    rc = stamp_of(&row, &stamp);
    if (rc != 0 || stamp.expires_ms > now_ms)
        return rc;
    rc = mdb_del(txn, f->entries, &key, NULL);
    return rc ? rc : mdb_cursor_del(cursor, 0);
}

static int sweep_stretch(struct disk_file *f, MDB_txn *txn, int64_t now_ms, bool *ret_end)
{
    MDB_cursor *cursor;
    MDB_val number = val_of(&f->swept, sizeof(f->swept)), key;
    int rc = mdb_cursor_open(txn, f->order, &cursor);
    if (rc != 0)
        return rc;
    uint64_t at = f->swept;
    rc = mdb_cursor_get(cursor, &number, &key, MDB_SET_RANGE);
    for (int i = 0; i < SWEEP_ROWS && rc == 0; i++) {
        memcpy(&at, number.mv_data, sizeof(at));
        rc = sweep_row(f, txn, cursor, &key, now_ms);
        if (rc == 0)
            rc = mdb_cursor_get(cursor, &number, &key, MDB_NEXT);
    }
    mdb_cursor_close(cursor);
    *ret_end = rc == MDB_NOTFOUND;
    f->swept = *ret_end ? 0 : at + 1;
    return *ret_end ? 0 : rc;
}

int disk_file_sweep(struct disk_file *f, int64_t now_ms, bool *ret_end)
{
    MDB_txn *txn;
    int rc = mdb_txn_begin(f->env, NULL, 0, &txn);
    if (rc != 0)
        return rc;
    rc = sweep_stretch(f, txn, now_ms, ret_end);
    if (rc != 0) {
        mdb_txn_abort(txn);
        return rc;
    }
    (void)measure(f, txn);
    return mdb_txn_commit(txn);
}

/* --- reading --- */

static int read_row(struct disk_file *f, MDB_txn *txn, const struct token_cache_key *key,
                    struct arena *a, struct disk_stamp *ret_stamp, struct str *ret_value)
{
    MDB_val k = val_of(key, sizeof(*key)), row;
    int rc = mdb_get(txn, f->entries, &k, &row);
    if (rc == 0)
        rc = stamp_of(&row, ret_stamp);
    if (rc != 0)
        return rc;
    *ret_value = arena_str(a, str_of((const char *)row.mv_data + sizeof(*ret_stamp),
                                     row.mv_size - sizeof(*ret_stamp)));
    return 0;
}

int disk_file_read(struct disk_file *f, const struct token_cache_key *key, struct arena *a,
                   struct disk_stamp *ret_stamp, struct str *ret_value)
{
    MDB_txn *txn;
    int rc = f->env ? mdb_txn_begin(f->env, NULL, MDB_RDONLY, &txn) : MDB_NOTFOUND;
    if (rc != 0)
        return rc;
    rc = read_row(f, txn, key, a, ret_stamp, ret_value);
    mdb_txn_abort(txn);
    return rc;
}

bool disk_file_is_old(struct disk_file *f, const struct disk_stamp *stamp)
{
    return stamp->number + atomic_load(&f->count) / 2 < atomic_load(&f->last_number);
}
