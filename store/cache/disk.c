/* The second level: a queue in front of the file, the one thread that writes it, and its counts. */
#include "store/cache/disk.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/base/log.h"
#include "store/cache/disk_file.h"

#include "core/base/banned.h"

#define WAITING_MAX     8192
#define BATCH_MAX       256
#define SWEEP_STRETCHES 16

struct disk_cache {
    struct disk_file file;
    pthread_rwlock_t use; /* of file: exclusive while it is begun anew */
    atomic_bool broken;
    atomic_uint_fast64_t hits[TOKEN_CACHE_KINDS], misses[TOKEN_CACHE_KINDS];
    atomic_llong sweep_ms; /* a sweep is wanted as of then; 0: none */

    pthread_t writer;
    bool writer_runs;
    pthread_mutex_t lock;
    pthread_cond_t wake, forgot;
    struct disk_entry *first, **last; /* under lock, as below */
    size_t waiting_count;
    bool stopping;
    uint64_t generation; /* grows with each wish to forget */
    uint64_t forgotten;  /* the file is of this one */
};

static void give_up(struct disk_cache *c, const char *what, int rc)
{
    if (!atomic_exchange(&c->broken, true))
        LOG_WARN("cache", "the token cache's file is not used any more: %s: %s", what,
                 mdb_strerror(rc));
}

/* --- the writer --- */

static void sweep_wanted(struct disk_cache *c)
{
    int64_t now_ms = atomic_exchange(&c->sweep_ms, 0);
    bool end = now_ms == 0;
    for (int i = 0; i < SWEEP_STRETCHES && !end && !atomic_load(&c->broken); i++) {
        int rc = disk_file_sweep(&c->file, now_ms, &end);
        if (rc != 0)
            give_up(c, "sweep", rc);
    }
}

static void free_batch(struct disk_entry *batch)
{
    while (batch) {
        struct disk_entry *next = batch->next;
        secret_wipe(batch->value, batch->len);
        free(batch);
        batch = next;
    }
}

static void write_or_give_up(struct disk_cache *c, const struct disk_entry *batch)
{
    if (atomic_load(&c->broken))
        return;
    int rc = disk_file_write(&c->file, batch);
    if (rc != 0)
        give_up(c, "write", rc);
}

/* At most BATCH_MAX of those that wait; NULL when it is time to end. */
static struct disk_entry *next_batch(struct disk_cache *c, bool *ret_end)
{
    (void)pthread_mutex_lock(&c->lock);
    while (!c->first && !c->stopping && c->forgotten == c->generation &&
           atomic_load(&c->sweep_ms) == 0)
        (void)pthread_cond_wait(&c->wake, &c->lock);
    struct disk_entry *batch = c->first, **at = &c->first;
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
    struct disk_entry *batch = c->first;
    c->first = NULL;
    c->last = &c->first;
    c->waiting_count = 0;
    (void)pthread_mutex_unlock(&c->lock);
    free_batch(batch);
}

static void begin_new_file(struct disk_cache *c)
{
    (void)pthread_rwlock_wrlock(&c->use);
    int rc = disk_file_renew(&c->file);
    (void)pthread_rwlock_unlock(&c->use);
    if (rc != 0)
        give_up(c, "begin anew", rc);
}

/* Callers may come while the file is begun anew: they wait for the next time. */
static void forget_wanted(struct disk_cache *c)
{
    (void)pthread_mutex_lock(&c->lock);
    uint64_t wanted = c->generation;
    bool done = wanted == c->forgotten;
    (void)pthread_mutex_unlock(&c->lock);
    if (done)
        return;
    drop_waiting(c);
    begin_new_file(c);
    (void)pthread_mutex_lock(&c->lock);
    c->forgotten = wanted;
    (void)pthread_cond_broadcast(&c->forgot);
    (void)pthread_mutex_unlock(&c->lock);
}

void disk_cache_forget(struct disk_cache *cache)
{
    (void)pthread_mutex_lock(&cache->lock);
    uint64_t mine = ++cache->generation;
    (void)pthread_cond_signal(&cache->wake);
    while (cache->forgotten < mine)
        (void)pthread_cond_wait(&cache->forgot, &cache->lock);
    (void)pthread_mutex_unlock(&cache->lock);
}

uint64_t disk_cache_generation(struct disk_cache *cache)
{
    (void)pthread_mutex_lock(&cache->lock);
    uint64_t generation = cache->generation;
    (void)pthread_mutex_unlock(&cache->lock);
    return generation;
}

static void *write_all(void *arg)
{
    struct disk_cache *c = arg;
    bool end = false;
    while (!end) {
        struct disk_entry *batch = next_batch(c, &end);
        if (batch)
            write_or_give_up(c, batch);
        free_batch(batch);
        sweep_wanted(c);
        forget_wanted(c);
    }
    return NULL;
}

void disk_cache_remove(const struct folder *folder)
{
    int fd = disk_file_folder(folder);
    if (fd < 0)
        return;
    disk_file_throw_away(fd);
    (void)close(fd);
}

void disk_cache_put(struct disk_cache *cache, const struct token_cache_key *key, struct str value,
                    uint64_t generation, int64_t now_ms, int64_t expires_ms)
{
    if (value.len == 0 || value.len > TOKEN_CACHE_VALUE_MAX || expires_ms <= now_ms ||
        atomic_load(&cache->broken))
        return;
    struct disk_entry *w = malloc(sizeof(*w) + value.len);
    if (!w)
        return;
    *w = (struct disk_entry){.key = *key, .expires_ms = expires_ms, .len = value.len};
    memcpy(w->value, value.ptr, value.len);
    (void)pthread_mutex_lock(&cache->lock);
    bool taken =
        cache->waiting_count < WAITING_MAX && !cache->stopping && generation == cache->generation;
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

static int read_one(struct disk_cache *c, const struct token_cache_key *key, struct arena *a,
                    struct disk_stamp *ret_stamp, struct str *ret_value)
{
    (void)pthread_rwlock_rdlock(&c->use);
    int rc = disk_file_read(&c->file, key, a, ret_stamp, ret_value);
    (void)pthread_rwlock_unlock(&c->use);
    return rc;
}

int disk_cache_get(struct disk_cache *cache, const struct token_cache_key *key, struct arena *a,
                   int64_t now_ms, struct str *ret_value, int64_t *ret_expires_ms)
{
    struct disk_stamp stamp = {0};
    if (atomic_load(&cache->broken))
        return ERR_NOT_FOUND;
    uint64_t generation = disk_cache_generation(cache);
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
    if (disk_file_is_old(&cache->file, &stamp))
        disk_cache_put(cache, key, *ret_value, generation, now_ms, stamp.expires_ms);
    return 0;
}

void disk_cache_counts(struct disk_cache *cache, struct cache_counts *ret_counts)
{
    *ret_counts = (struct cache_counts){
        .entries = atomic_load(&cache->file.count),
        .bytes = atomic_load(&cache->file.bytes),
    };
    for (size_t k = 0; k < TOKEN_CACHE_KINDS; k++) {
        ret_counts->hits[k] = atomic_load(&cache->hits[k]);
        ret_counts->misses[k] = atomic_load(&cache->misses[k]);
        ret_counts->evictions[k] = atomic_load(&cache->file.evictions[k]);
    }
}

/* --- beginning and end --- */

static void free_cache(struct disk_cache *c)
{
    free_batch(c->first);
    secret_free(&c->file.seal_key);
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
    c->file.folder_fd = -1;
    c->file.max_bytes = max_bytes;
    c->last = &c->first;
    (void)pthread_mutex_init(&c->lock, NULL);
    (void)pthread_cond_init(&c->wake, NULL);
    (void)pthread_cond_init(&c->forgot, NULL);
    (void)pthread_rwlock_init(&c->use, NULL);
    int rc =
        secret_copy(&c->file.seal_key, seal_key) == 0 ? disk_file_open(&c->file, folder) : ENOMEM;
    if (rc == 0)
        rc = pthread_create(&c->writer, NULL, write_all, c);
    c->writer_runs = rc == 0;
    if (rc == 0)
        return c;
    LOG_WARN("cache", "no token cache on disk: %s", mdb_strerror(rc));
    disk_file_close(&c->file, false);
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
    disk_file_close(&cache->file, !atomic_load(&cache->broken));
    free_cache(cache);
}
