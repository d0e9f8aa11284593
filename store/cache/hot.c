/* A table in pieces, each with its lock and its share of the memory. */
#include "store/cache/hot.h"

#include <pthread.h>
#include <stdlib.h>

#include "core/base/clock_table.h"

#include "core/base/banned.h"

#define SHARDS 64

struct shard {
    pthread_mutex_t lock;
    struct clock_table table;
    struct cache_counts counts; /* by kind; entries and bytes are the table's */
};

struct hot_cache {
    struct shard shards[SHARDS];
};

/* Kinds stand in the key. */
static enum token_cache_kind kind_of(const struct clock_table_key *place)
{
    struct token_cache_key key;
    memcpy(&key, place, sizeof(key));
    return token_cache_kind_of(&key);
}

static void count_eviction(void *arg, const struct clock_table_key *place)
{
    struct shard *s = arg;
    s->counts.evictions[kind_of(place)]++;
}

struct hot_cache *hot_cache_new(size_t max_bytes)
{
    struct hot_cache *cache = calloc(1, sizeof(*cache));
    int rc = 0;
    if (!cache)
        return NULL;
    for (size_t i = 0; i < SHARDS; i++)
        (void)pthread_mutex_init(&cache->shards[i].lock, NULL);
    for (size_t i = 0; i < SHARDS && rc == 0; i++)
        rc = clock_table_init(&cache->shards[i].table, max_bytes / SHARDS);
    for (size_t i = 0; i < SHARDS && rc == 0; i++)
        clock_table_on_evict(&cache->shards[i].table, count_eviction, &cache->shards[i]);
    if (rc == 0)
        return cache;
    hot_cache_free(cache);
    return NULL;
}

void hot_cache_free(struct hot_cache *cache)
{
    if (!cache)
        return;
    for (size_t i = 0; i < SHARDS; i++) {
        clock_table_free(&cache->shards[i].table);
        (void)pthread_mutex_destroy(&cache->shards[i].lock);
    }
    free(cache);
}

static struct shard *shard_of(struct hot_cache *cache, const struct token_cache_key *key)
{
    return &cache->shards[key->bytes[0] % SHARDS];
}

static struct clock_table_key place_of(const struct token_cache_key *key)
{
    struct clock_table_key place;
    _Static_assert(sizeof(place) == sizeof(*key), "a hash each");
    memcpy(&place, key, sizeof(place));
    return place;
}

void hot_cache_put(struct hot_cache *cache, const struct token_cache_key *key, struct str value,
                   int64_t now_ms, int64_t expires_ms)
{
    struct shard *s = shard_of(cache, key);
    struct clock_table_key place = place_of(key);
    if (value.len == 0 || value.len > TOKEN_CACHE_VALUE_MAX || expires_ms <= now_ms)
        return;
    if (expires_ms > now_ms + HOT_LIFE_MS)
        expires_ms = now_ms + HOT_LIFE_MS;
    char *copy = malloc(value.len);
    if (!copy)
        return;
    memcpy(copy, value.ptr, value.len);
    (void)pthread_mutex_lock(&s->lock);
    clock_table_put(&s->table, &place, copy, value.len, now_ms, expires_ms);
    (void)pthread_mutex_unlock(&s->lock);
}

int hot_cache_get(struct hot_cache *cache, const struct token_cache_key *key, struct arena *a,
                  int64_t now_ms, struct str *ret_value, int64_t *ret_expires_ms)
{
    struct shard *s = shard_of(cache, key);
    struct clock_table_key place = place_of(key);
    struct str value;
    (void)pthread_mutex_lock(&s->lock);
    int rc = clock_table_get(&s->table, &place, now_ms, &value, ret_expires_ms);
    (rc == 0 ? s->counts.hits : s->counts.misses)[token_cache_kind_of(key)]++;
    if (rc == 0)
        *ret_value = arena_str(a, value);
    (void)pthread_mutex_unlock(&s->lock);
    return rc == 0 && str_absent(*ret_value) ? ERR_NO_MEMORY : rc;
}

void hot_cache_sweep(struct hot_cache *cache, int64_t now_ms)
{
    for (size_t i = 0; i < SHARDS; i++) {
        struct shard *s = &cache->shards[i];
        (void)pthread_mutex_lock(&s->lock);
        clock_table_sweep(&s->table, now_ms);
        (void)pthread_mutex_unlock(&s->lock);
    }
}

static void add_counts(struct cache_counts *sum, const struct shard *s)
{
    for (size_t k = 0; k < TOKEN_CACHE_KINDS; k++) {
        sum->hits[k] += s->counts.hits[k];
        sum->misses[k] += s->counts.misses[k];
        sum->evictions[k] += s->counts.evictions[k];
    }
    sum->entries += s->table.counts.entries;
    sum->bytes += s->table.counts.bytes;
}

void hot_cache_counts(struct hot_cache *cache, struct cache_counts *ret_counts)
{
    *ret_counts = (struct cache_counts){.entries = 0};
    for (size_t i = 0; i < SHARDS; i++) {
        struct shard *s = &cache->shards[i];
        (void)pthread_mutex_lock(&s->lock);
        add_counts(ret_counts, s);
        (void)pthread_mutex_unlock(&s->lock);
    }
}
