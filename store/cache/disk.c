/* Entries by key, and the order in which they came; the one that came first makes room. An entry that
 * is used while it is among the older half is written anew and so comes last again. */
#include "store/cache/disk.h"

#include <errno.h>
#include <fcntl.h>
#include <lmdb.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/log.h"
#include "core/base/secret.h"
#include "store/cache/seal_file.h"

#include "core/base/banned.h"

#define FILE_NAME       "tokens.mdb"
#define LOCK_NAME       "tokens.mdb-lock"
#define SEAL_NAME       "tokens.seal"
#define MAX_READERS     1100
#define WAITING_MAX     8192
#define BATCH_MAX       256
/* Room beyond the entries: pages that are being replaced, and what a batch adds. */
#define SLACK_BYTES     ((size_t)32 << 20)
#define SWEEP_ROWS      2000
#define SWEEP_STRETCHES 16

/* What stands in front of a value. */
struct stamp {
    int64_t expires_ms;
    uint64_t number; /* in the order */
};

struct waiting {
    struct waiting *next;
    struct token_cache_key key;
    int64_t expires_ms;
    size_t len;
    char value[];
};

struct disk_cache {
    char path[FOLDER_PATH_MAX];
    int folder_fd;
    size_t max_bytes;
    struct secret seal_key;
    pthread_rwlock_t use; /* of env: exclusive while the file is begun anew */
    MDB_env *env;
    MDB_dbi entries; /* key -> stamp, value */
    MDB_dbi order;   /* number -> key */
    atomic_bool broken;
    atomic_uint_fast64_t hits[TOKEN_CACHE_KINDS], misses[TOKEN_CACHE_KINDS];
    atomic_uint_fast64_t evictions[TOKEN_CACHE_KINDS];
    atomic_uint_fast64_t count, bytes, last_number;
    uint64_t swept;        /* the writer's: where the next sweep goes on */
    atomic_llong sweep_ms; /* a sweep is wanted as of then; 0: none */

    pthread_t writer;
    bool writer_runs;
    pthread_mutex_t lock;
    pthread_cond_t wake, forgot;
    struct waiting *first, **last; /* under lock, as below */
    size_t waiting_count;
    bool stopping, forgetting;
};

static void give_up(struct disk_cache *c, const char *what, int rc)
{
    if (!atomic_exchange(&c->broken, true))
        LOG_WARN("cache", "the token cache's file is not used any more: %s: %s", what,
                 mdb_strerror(rc));
}

/* --- opening --- */

static int open_env(struct disk_cache *c)
{
    MDB_txn *txn = NULL;
    int rc = mdb_env_create(&c->env);
    if (rc == 0)
        rc = mdb_env_set_mapsize(c->env, c->max_bytes + c->max_bytes / 2 + SLACK_BYTES);
    if (rc == 0)
        rc = mdb_env_set_maxdbs(c->env, 2);
    if (rc == 0)
        rc = mdb_env_set_maxreaders(c->env, MAX_READERS);
    if (rc == 0) /* durability is not wanted: after a crash the file is not used */
        rc = mdb_env_open(c->env, c->path, MDB_NOSUBDIR | MDB_NOSYNC | MDB_NOTLS | MDB_NORDAHEAD,
                          S_IRUSR | S_IWUSR);
    if (rc == 0)
        rc = mdb_txn_begin(c->env, NULL, 0, &txn);
    if (rc == 0)
        rc = mdb_dbi_open(txn, "entries", MDB_CREATE, &c->entries);
    if (rc == 0)
        rc = mdb_dbi_open(txn, "order", MDB_CREATE | MDB_INTEGERKEY, &c->order);
    if (rc == 0) {
        rc = mdb_txn_commit(txn);
        txn = NULL;
    }
    if (txn)
        mdb_txn_abort(txn);
    if (rc != 0 && c->env) {
        mdb_env_close(c->env);
        c->env = NULL;
    }
    return rc;
}

static void throw_away(int folder_fd)
{
    (void)unlinkat(folder_fd, FILE_NAME, 0);
    (void)unlinkat(folder_fd, LOCK_NAME, 0);
    (void)unlinkat(folder_fd, SEAL_NAME, 0);
}

static uint64_t last_number(struct disk_cache *c, MDB_txn *txn)
{
    MDB_cursor *cursor;
    MDB_val number, key;
    uint64_t last = 0;
    if (mdb_cursor_open(txn, c->order, &cursor) != 0)
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

static size_t measure(struct disk_cache *c, MDB_txn *txn)
{
    size_t count, rows;
    size_t bytes = pages_of(txn, c->entries, &count) + pages_of(txn, c->order, &rows);
    atomic_store(&c->count, count);
    atomic_store(&c->bytes, bytes);
    return bytes;
}

static int learn_figures(struct disk_cache *c)
{
    MDB_txn *txn;
    int rc = mdb_txn_begin(c->env, NULL, MDB_RDONLY, &txn);
    if (rc != 0)
        return rc;
    (void)measure(c, txn);
    atomic_store(&c->last_number, last_number(c, txn));
    mdb_txn_abort(txn);
    return 0;
}

/* -1 when there is none. */
static int open_folder(const struct folder *folder)
{
    return openat(folder->fd, CACHE_NAME, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

static int open_file(struct disk_cache *c, const struct folder *folder)
{
    int len = snprintf(c->path, sizeof(c->path), "%s/" CACHE_NAME "/" FILE_NAME, folder->path);
    if (len < 0 || (size_t)len >= sizeof(c->path))
        return ENAMETOOLONG;
    (void)mkdirat(folder->fd, CACHE_NAME, S_IRWXU);
    c->folder_fd = open_folder(folder);
    if (c->folder_fd < 0)
        return errno;
    if (seal_file_take(c->folder_fd, FILE_NAME, SEAL_NAME, secret_view(&c->seal_key)) != 0)
        throw_away(c->folder_fd);
    /* Of the process before; nobody else may have the folder open. */
    (void)unlinkat(c->folder_fd, LOCK_NAME, 0);
    int rc = open_env(c);
    if (rc != 0) { /* ours, and yet of no use: another size of pages, no right to write */
        throw_away(c->folder_fd);
        rc = open_env(c);
    }
    return rc ? rc : learn_figures(c);
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

static int stamp_of(const MDB_val *row, struct stamp *ret_stamp)
{
    if (row->mv_size <= sizeof(*ret_stamp))
        return MDB_CORRUPTED;
    memcpy(ret_stamp, row->mv_data, sizeof(*ret_stamp));
    return 0;
}

static int remove_numbered(struct disk_cache *c, MDB_txn *txn, uint64_t number)
{
    MDB_val key = val_of(&number, sizeof(number));
    int rc = mdb_del(txn, c->order, &key, NULL);
    return rc == MDB_NOTFOUND ? 0 : rc;
}

static int remove_old(struct disk_cache *c, MDB_txn *txn, MDB_val *key)
{
    struct stamp stamp;
    MDB_val row;
    int rc = mdb_get(txn, c->entries, key, &row);
    if (rc != 0)
        return rc == MDB_NOTFOUND ? 0 : rc;
    rc = stamp_of(&row, &stamp);
    return rc ? rc : remove_numbered(c, txn, stamp.number);
}

static int write_one(struct disk_cache *c, MDB_txn *txn, const struct waiting *w)
{
    struct stamp stamp = {.expires_ms = w->expires_ms,
                          .number = atomic_fetch_add(&c->last_number, 1) + 1};
    MDB_val key = val_of(&w->key, sizeof(w->key));
    MDB_val number = val_of(&stamp.number, sizeof(stamp.number));
    MDB_val row = {.mv_size = sizeof(stamp) + w->len};
    int rc = remove_old(c, txn, &key);
    if (rc == 0)
        rc = mdb_put(txn, c->entries, &key, &row, MDB_RESERVE);
    if (rc != 0)
        return rc;
    memcpy(row.mv_data, &stamp, sizeof(stamp));
    memcpy((char *)row.mv_data + sizeof(stamp), w->value, w->len);
    return mdb_put(txn, c->order, &number, &key, MDB_APPEND);
}

static void count_eviction(struct disk_cache *c, const MDB_val *key)
{
    struct token_cache_key copy;
    if (key->mv_size != sizeof(copy))
        return;
    memcpy(&copy, key->mv_data, sizeof(copy));
    atomic_fetch_add(&c->evictions[token_cache_kind_of(&copy)], 1);
}

/* The one that came first. */
static int evict_one(struct disk_cache *c, MDB_txn *txn)
{
    MDB_cursor *cursor;
    MDB_val number, key;
    unsigned char copy[sizeof(struct token_cache_key)];
    int rc = mdb_cursor_open(txn, c->order, &cursor);
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
    rc = mdb_del(txn, c->entries, &gone, NULL);
    count_eviction(c, &gone);
    return rc == MDB_NOTFOUND ? 0 : rc;
}

static int make_room(struct disk_cache *c, MDB_txn *txn)
{
    while (measure(c, txn) > c->max_bytes) {
        int rc = evict_one(c, txn);
        if (rc != 0)
            return rc == MDB_NOTFOUND ? 0 : rc;
    }
    return 0;
}

static int write_batch(struct disk_cache *c, const struct waiting *batch)
{
    MDB_txn *txn;
    int rc = mdb_txn_begin(c->env, NULL, 0, &txn);
    if (rc != 0)
        return rc;
    for (const struct waiting *w = batch; w && rc == 0; w = w->next)
        rc = write_one(c, txn, w);
    if (rc == 0)
        rc = make_room(c, txn);
    if (rc != 0) {
        mdb_txn_abort(txn);
        return rc;
    }
    return mdb_txn_commit(txn);
}

static int count_all_evicted(struct disk_cache *c, MDB_txn *txn)
{
    MDB_cursor *cursor;
    MDB_val key, row;
    int rc = mdb_cursor_open(txn, c->entries, &cursor);
    if (rc != 0)
        return rc;
    while ((rc = mdb_cursor_get(cursor, &key, &row, MDB_NEXT)) == 0)
        count_eviction(c, &key);
    mdb_cursor_close(cursor);
    return rc == MDB_NOTFOUND ? 0 : rc;
}

/* Full in spite of the slack: everything goes. */
static int begin_anew(struct disk_cache *c)
{
    MDB_txn *txn;
    int rc = mdb_txn_begin(c->env, NULL, 0, &txn);
    if (rc != 0)
        return rc;
    rc = count_all_evicted(c, txn);
    if (rc == 0)
        rc = mdb_drop(txn, c->entries, 0);
    if (rc == 0)
        rc = mdb_drop(txn, c->order, 0);
    if (rc != 0) {
        mdb_txn_abort(txn);
        return rc;
    }
    (void)measure(c, txn);
    return mdb_txn_commit(txn);
}

/* --- sweeping: also the writer's --- */

static int sweep_row(struct disk_cache *c, MDB_txn *txn, MDB_cursor *cursor, const MDB_val *from,
                     int64_t now_ms)
{
    unsigned char copy[sizeof(struct token_cache_key)];
    struct stamp stamp;
    MDB_val key = val_of(copy, sizeof(copy)), row;
    if (from->mv_size != sizeof(copy))
        return MDB_CORRUPTED;
    memcpy(copy, from->mv_data, sizeof(copy)); /* the page may move */
    int rc = mdb_get(txn, c->entries, &key, &row);
    if (rc != 0)
        return rc == MDB_NOTFOUND ? MDB_CORRUPTED : rc;
    rc = stamp_of(&row, &stamp);
    if (rc != 0 || stamp.expires_ms > now_ms)
        return rc;
    rc = mdb_del(txn, c->entries, &key, NULL);
    return rc ? rc : mdb_cursor_del(cursor, 0);
}

static int sweep_stretch(struct disk_cache *c, MDB_txn *txn, int64_t now_ms, bool *ret_end)
{
    MDB_cursor *cursor;
    MDB_val number = val_of(&c->swept, sizeof(c->swept)), key;
    int rc = mdb_cursor_open(txn, c->order, &cursor);
    if (rc != 0)
        return rc;
    uint64_t at = c->swept;
    rc = mdb_cursor_get(cursor, &number, &key, MDB_SET_RANGE);
    for (int i = 0; i < SWEEP_ROWS && rc == 0; i++) {
        memcpy(&at, number.mv_data, sizeof(at));
        rc = sweep_row(c, txn, cursor, &key, now_ms);
        if (rc == 0)
            rc = mdb_cursor_get(cursor, &number, &key, MDB_NEXT);
    }
    mdb_cursor_close(cursor);
    *ret_end = rc == MDB_NOTFOUND;
    c->swept = *ret_end ? 0 : at + 1;
    return *ret_end ? 0 : rc;
}

static int sweep_once(struct disk_cache *c, int64_t now_ms, bool *ret_end)
{
    MDB_txn *txn;
    int rc = mdb_txn_begin(c->env, NULL, 0, &txn);
    if (rc != 0)
        return rc;
    rc = sweep_stretch(c, txn, now_ms, ret_end);
    if (rc != 0) {
        mdb_txn_abort(txn);
        return rc;
    }
    (void)measure(c, txn);
    return mdb_txn_commit(txn);
}

static void sweep_wanted(struct disk_cache *c)
{
    int64_t now_ms = atomic_exchange(&c->sweep_ms, 0);
    bool end = now_ms == 0;
    for (int i = 0; i < SWEEP_STRETCHES && !end && !atomic_load(&c->broken); i++) {
        int rc = sweep_once(c, now_ms, &end);
        if (rc != 0)
            give_up(c, "sweep", rc);
    }
}

/* --- the writer --- */

static void free_batch(struct waiting *batch)
{
    while (batch) {
        struct waiting *next = batch->next;
        secret_wipe(batch->value, batch->len);
        free(batch);
        batch = next;
    }
}

static void write_or_give_up(struct disk_cache *c, const struct waiting *batch)
{
    if (atomic_load(&c->broken))
        return;
    int rc = write_batch(c, batch);
    if (rc == MDB_MAP_FULL)
        rc = begin_anew(c);
    if (rc != 0)
        give_up(c, "write", rc);
}

/* At most BATCH_MAX of those that wait; NULL when it is time to end. */
static struct waiting *next_batch(struct disk_cache *c, bool *ret_end)
{
    (void)pthread_mutex_lock(&c->lock);
    while (!c->first && !c->stopping && !c->forgetting && atomic_load(&c->sweep_ms) == 0)
        (void)pthread_cond_wait(&c->wake, &c->lock);
    struct waiting *batch = c->first, **at = &c->first;
    size_t count = 0;
    for (; *at && count < BATCH_MAX; count++)
        at = &(*at)->next;
    c->first = *at;
    *at = NULL;
    if (!c->first)
        c->last = &c->first;
    c->waiting_count -= count;
    *ret_end = !batch && c->stopping;
    (void)pthread_mutex_unlock(&c->lock);
    return batch;
}

/* What was taken from the queue is written by now, and goes with the file. */
static void drop_waiting(struct disk_cache *c)
{
    (void)pthread_mutex_lock(&c->lock);
    struct waiting *batch = c->first;
    c->first = NULL;
    c->last = &c->first;
    c->waiting_count = 0;
    (void)pthread_mutex_unlock(&c->lock);
    free_batch(batch);
}

static void begin_new_file(struct disk_cache *c)
{
    (void)pthread_rwlock_wrlock(&c->use);
    if (c->env)
        mdb_env_close(c->env);
    c->env = NULL;
    throw_away(c->folder_fd);
    int rc = open_env(c);
    if (rc == 0)
        rc = learn_figures(c);
    c->swept = 0;
    (void)pthread_rwlock_unlock(&c->use);
    if (rc != 0)
        give_up(c, "begin anew", rc);
}

static void forget_wanted(struct disk_cache *c)
{
    (void)pthread_mutex_lock(&c->lock);
    bool wanted = c->forgetting;
    (void)pthread_mutex_unlock(&c->lock);
    if (!wanted)
        return;
    drop_waiting(c);
    begin_new_file(c);
    (void)pthread_mutex_lock(&c->lock);
    c->forgetting = false;
    (void)pthread_cond_broadcast(&c->forgot);
    (void)pthread_mutex_unlock(&c->lock);
}

void disk_cache_forget(struct disk_cache *cache)
{
    (void)pthread_mutex_lock(&cache->lock);
    cache->forgetting = true;
    (void)pthread_cond_signal(&cache->wake);
    while (cache->forgetting)
        (void)pthread_cond_wait(&cache->forgot, &cache->lock);
    (void)pthread_mutex_unlock(&cache->lock);
}

void disk_cache_remove(const struct folder *folder)
{
    int fd = open_folder(folder);
    if (fd < 0)
        return;
    throw_away(fd);
    (void)close(fd);
}

static void *write_all(void *arg)
{
    struct disk_cache *c = arg;
    bool end = false;
    while (!end) {
        struct waiting *batch = next_batch(c, &end);
        if (batch)
            write_or_give_up(c, batch);
        free_batch(batch);
        sweep_wanted(c);
        forget_wanted(c);
    }
    return NULL;
}

void disk_cache_put(struct disk_cache *cache, const struct token_cache_key *key, struct str value,
                    int64_t now_ms, int64_t expires_ms)
{
    if (value.len == 0 || value.len > TOKEN_CACHE_VALUE_MAX || expires_ms <= now_ms ||
        atomic_load(&cache->broken))
        return;
    struct waiting *w = malloc(sizeof(*w) + value.len);
    if (!w)
        return;
    *w = (struct waiting){.key = *key, .expires_ms = expires_ms, .len = value.len};
    memcpy(w->value, value.ptr, value.len);
    (void)pthread_mutex_lock(&cache->lock);
    bool taken = cache->waiting_count < WAITING_MAX && !cache->stopping;
    if (taken) {
        *cache->last = w;
        cache->last = &w->next;
        cache->waiting_count++;
        (void)pthread_cond_signal(&cache->wake);
    }
    (void)pthread_mutex_unlock(&cache->lock);
    if (!taken) {
        w->next = NULL;
        free_batch(w);
    }
}

void disk_cache_sweep(struct disk_cache *cache, int64_t now_ms)
{
    (void)pthread_mutex_lock(&cache->lock);
    atomic_store(&cache->sweep_ms, now_ms);
    (void)pthread_cond_signal(&cache->wake);
    (void)pthread_mutex_unlock(&cache->lock);
}

/* --- reading --- */

static int read_row(struct disk_cache *c, MDB_txn *txn, const struct token_cache_key *key,
                    struct arena *a, struct stamp *ret_stamp, struct str *ret_value)
{
    MDB_val k = val_of(key, sizeof(*key)), row;
    int rc = mdb_get(txn, c->entries, &k, &row);
    if (rc == 0)
        rc = stamp_of(&row, ret_stamp);
    if (rc != 0)
        return rc;
    *ret_value = arena_str(a, str_of((const char *)row.mv_data + sizeof(*ret_stamp),
                                     row.mv_size - sizeof(*ret_stamp)));
    return 0;
}

/* Among those that would make room soon. */
static bool is_old(struct disk_cache *c, const struct stamp *stamp)
{
    return stamp->number + atomic_load(&c->count) / 2 < atomic_load(&c->last_number);
}

static int read_one(struct disk_cache *c, const struct token_cache_key *key, struct arena *a,
                    struct stamp *ret_stamp, struct str *ret_value)
{
    MDB_txn *txn;
    (void)pthread_rwlock_rdlock(&c->use);
    int rc = c->env ? mdb_txn_begin(c->env, NULL, MDB_RDONLY, &txn) : MDB_NOTFOUND;
    if (rc == 0) {
        rc = read_row(c, txn, key, a, ret_stamp, ret_value);
        mdb_txn_abort(txn);
    }
    (void)pthread_rwlock_unlock(&c->use);
    return rc;
}

int disk_cache_get(struct disk_cache *cache, const struct token_cache_key *key, struct arena *a,
                   int64_t now_ms, struct str *ret_value, int64_t *ret_expires_ms)
{
    struct stamp stamp = {0};
    if (atomic_load(&cache->broken))
        return ERR_NOT_FOUND;
    int rc = read_one(cache, key, a, &stamp, ret_value);
    if (rc != 0 && rc != MDB_NOTFOUND && rc != MDB_READERS_FULL)
        give_up(cache, "read", rc);
    if (rc != 0 || stamp.expires_ms <= now_ms) {
        atomic_fetch_add(&cache->misses[token_cache_kind_of(key)], 1);
        return ERR_NOT_FOUND;
    }
    if (str_absent(*ret_value))
        return ERR_NO_MEMORY;
    atomic_fetch_add(&cache->hits[token_cache_kind_of(key)], 1);
    *ret_expires_ms = stamp.expires_ms;
    if (is_old(cache, &stamp))
        disk_cache_put(cache, key, *ret_value, now_ms, stamp.expires_ms);
    return 0;
}

void disk_cache_counts(struct disk_cache *cache, struct cache_counts *ret_counts)
{
    *ret_counts = (struct cache_counts){
        .entries = atomic_load(&cache->count),
        .bytes = atomic_load(&cache->bytes),
    };
    for (size_t k = 0; k < TOKEN_CACHE_KINDS; k++) {
        ret_counts->hits[k] = atomic_load(&cache->hits[k]);
        ret_counts->misses[k] = atomic_load(&cache->misses[k]);
        ret_counts->evictions[k] = atomic_load(&cache->evictions[k]);
    }
}

/* --- beginning and end --- */

static void free_cache(struct disk_cache *c)
{
    if (c->folder_fd >= 0)
        (void)close(c->folder_fd);
    free_batch(c->first);
    secret_free(&c->seal_key);
    (void)pthread_mutex_destroy(&c->lock);
    (void)pthread_cond_destroy(&c->wake);
    (void)pthread_cond_destroy(&c->forgot);
    (void)pthread_rwlock_destroy(&c->use);
    free(c);
}

struct disk_cache *disk_cache_open(const struct folder *folder, size_t max_bytes,
                                   struct str seal_key)
{
    struct disk_cache *c = calloc(1, sizeof(*c));
    if (!c)
        return NULL;
    c->folder_fd = -1;
    c->max_bytes = max_bytes;
    c->last = &c->first;
    (void)pthread_mutex_init(&c->lock, NULL);
    (void)pthread_cond_init(&c->wake, NULL);
    (void)pthread_cond_init(&c->forgot, NULL);
    (void)pthread_rwlock_init(&c->use, NULL);
    int rc = secret_copy(&c->seal_key, seal_key) == 0 ? open_file(c, folder) : ENOMEM;
    if (rc == 0)
        rc = pthread_create(&c->writer, NULL, write_all, c);
    c->writer_runs = rc == 0;
    if (rc == 0)
        return c;
    LOG_WARN("cache", "no token cache on disk: %s", mdb_strerror(rc));
    if (c->env)
        mdb_env_close(c->env);
    free_cache(c);
    return NULL;
}

static void stop_writer(struct disk_cache *c)
{
    (void)pthread_mutex_lock(&c->lock);
    c->stopping = true;
    (void)pthread_cond_signal(&c->wake);
    (void)pthread_mutex_unlock(&c->lock);
    (void)pthread_join(c->writer, NULL);
}

void disk_cache_close(struct disk_cache *cache)
{
    if (!cache)
        return;
    stop_writer(cache);
    bool sound = !atomic_load(&cache->broken) && mdb_env_sync(cache->env, 1) == 0;
    if (cache->env)
        mdb_env_close(cache->env);
    if (!sound ||
        seal_file_write(cache->folder_fd, FILE_NAME, SEAL_NAME, secret_view(&cache->seal_key)) != 0)
        throw_away(cache->folder_fd);
    free_cache(cache);
}
