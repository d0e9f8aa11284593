/* A hash table in pieces, each with its lock, its share of the memory and a clock hand: an entry that
 * was used since the hand last passed is passed once more, another one makes room. */
#include "store/cache/hot.h"

#include <pthread.h>
#include <stdlib.h>

#include "core/base/secret.h"

#include "core/base/banned.h"

#define SHARDS      64
/* What an entry is taken to need at least: decides how many places there are. */
#define PLACE_BYTES 512
#define PLACES_MIN  8
/* Places count from 1: memory fresh from the system, which is zero, is an empty table, and costs
 * nothing until it is used. */
#define NONE        0

struct place {
    struct token_cache_key key;
    char *value; /* owned; NULL: empty */
    uint32_t len;
    uint32_t next; /* in its bucket, or in the list of empty ones */
    int64_t expires_ms;
    bool used;
};

struct shard {
    pthread_mutex_t lock;
    struct place *places;
    uint32_t *buckets; /* as many as places */
    uint32_t empty;    /* first of those that were given back */
    uint32_t fresh;    /* how many were ever taken */
    uint32_t hand;
    struct cache_counts counts;
};

struct hot_cache {
    uint32_t places; /* of a shard */
    size_t shard_bytes;
    struct shard shards[SHARDS];
};

static int shard_init(struct shard *s, uint32_t places)
{
    (void)pthread_mutex_init(&s->lock, NULL);
    s->places = calloc((size_t)places + 1, sizeof(*s->places));
    s->buckets = calloc(places, sizeof(*s->buckets));
    return s->places && s->buckets ? 0 : ERR_NO_MEMORY;
}

struct hot_cache *hot_cache_new(size_t max_bytes)
{
    struct hot_cache *cache = calloc(1, sizeof(*cache));
    size_t places = max_bytes / SHARDS / PLACE_BYTES;
    int rc = 0;
    if (!cache)
        return NULL;
    cache->shard_bytes = max_bytes / SHARDS;
    cache->places = places < PLACES_MIN ? PLACES_MIN : (uint32_t)(places & UINT32_C(0x7fffffff));
    for (size_t i = 0; i < SHARDS && rc == 0; i++)
        rc = shard_init(&cache->shards[i], cache->places);
    if (rc == 0)
        return cache;
    hot_cache_free(cache);
    return NULL;
}

/* Claims of people are in there: zeroed like everything of a request. */
static void free_value(struct place *p)
{
    secret_wipe(p->value, p->len);
    free(p->value);
    p->value = NULL;
}

void hot_cache_free(struct hot_cache *cache)
{
    if (!cache)
        return;
    for (size_t i = 0; i < SHARDS; i++) {
        struct shard *s = &cache->shards[i];
        for (uint32_t k = 1; s->places && k <= s->fresh; k++)
            if (s->places[k].value)
                free_value(&s->places[k]);
        free(s->places);
        free(s->buckets);
        (void)pthread_mutex_destroy(&s->lock);
    }
    free(cache);
}

/* The key is a keyed hash: any of its bytes will do. */
static struct shard *shard_of(struct hot_cache *cache, const struct token_cache_key *key)
{
    return &cache->shards[key->bytes[0] % SHARDS];
}

static uint32_t *bucket_of(const struct hot_cache *cache, struct shard *s,
                           const struct token_cache_key *key)
{
    uint32_t hash;
    memcpy(&hash, key->bytes + 1, sizeof(hash));
    return &s->buckets[hash % cache->places];
}

/* The link that leads to the key's place; to NONE when there is none. */
static uint32_t *find(const struct hot_cache *cache, struct shard *s,
                      const struct token_cache_key *key)
{
    uint32_t *at = bucket_of(cache, s, key);
    while (*at != NONE && memcmp(&s->places[*at].key, key, sizeof(*key)) != 0)
        at = &s->places[*at].next;
    return at;
}

static size_t weight(size_t len)
{
    return sizeof(struct place) + sizeof(uint32_t) + len;
}

static void take_out(struct shard *s, uint32_t *link)
{
    uint32_t index = *link;
    struct place *p = &s->places[index];
    *link = p->next;
    s->counts.bytes -= weight(p->len);
    s->counts.entries--;
    free_value(p);
    p->next = s->empty;
    s->empty = index;
}

static void remove_place(const struct hot_cache *cache, struct shard *s, uint32_t index)
{
    take_out(s, find(cache, s, &s->places[index].key));
}

/* False when nothing is there that could go. */
static bool evict_one(const struct hot_cache *cache, struct shard *s, int64_t now_ms)
{
    for (uint32_t i = 0; i < 2 * s->fresh; i++) {
        uint32_t index = s->hand < s->fresh ? s->hand + 1 : 1;
        struct place *p = &s->places[index];
        s->hand = index;
        if (!p->value)
            continue;
        if (p->used && p->expires_ms > now_ms) {
            p->used = false;
            continue;
        }
        if (p->expires_ms > now_ms)
            s->counts.evictions[token_cache_kind_of(&p->key)]++;
        remove_place(cache, s, index);
        return true;
    }
    return false;
}

static bool make_room(const struct hot_cache *cache, struct shard *s, size_t len, int64_t now_ms)
{
    if (weight(len) > cache->shard_bytes)
        return false;
    while ((s->empty == NONE && s->fresh == cache->places) ||
           s->counts.bytes + weight(len) > cache->shard_bytes)
        if (!evict_one(cache, s, now_ms))
            return false;
    return true;
}

static void put_locked(const struct hot_cache *cache, struct shard *s,
                       const struct token_cache_key *key, struct str value, char *copy,
                       int64_t expires_ms)
{
    uint32_t index = s->empty != NONE ? s->empty : ++s->fresh;
    struct place *p = &s->places[index];
    uint32_t *bucket = bucket_of(cache, s, key);
    if (index == s->empty)
        s->empty = p->next;
    memcpy(copy, value.ptr, value.len);
    *p = (struct place){.key = *key,
                        .value = copy,
                        .len = (uint32_t)value.len,
                        .next = *bucket,
                        .expires_ms = expires_ms};
    *bucket = index;
    s->counts.bytes += weight(value.len);
    s->counts.entries++;
}

void hot_cache_put(struct hot_cache *cache, const struct token_cache_key *key, struct str value,
                   int64_t now_ms, int64_t expires_ms)
{
    struct shard *s = shard_of(cache, key);
    if (value.len == 0 || value.len > TOKEN_CACHE_VALUE_MAX || expires_ms <= now_ms)
        return;
    if (expires_ms > now_ms + HOT_LIFE_MS)
        expires_ms = now_ms + HOT_LIFE_MS;
    char *copy = malloc(value.len);
    if (!copy)
        return;
    (void)pthread_mutex_lock(&s->lock);
    uint32_t *old = find(cache, s, key);
    if (*old != NONE)
        take_out(s, old);
    bool fits = make_room(cache, s, value.len, now_ms);
    if (fits)
        put_locked(cache, s, key, value, copy, expires_ms);
    (void)pthread_mutex_unlock(&s->lock);
    if (!fits)
        free(copy);
}

static int get_locked(const struct hot_cache *cache, struct shard *s,
                      const struct token_cache_key *key, struct arena *a, int64_t now_ms,
                      struct str *ret_value, int64_t *ret_expires_ms)
{
    uint32_t *link = find(cache, s, key);
    if (*link != NONE && s->places[*link].expires_ms <= now_ms)
        take_out(s, link);
    else if (*link != NONE) {
        struct place *p = &s->places[*link];
        p->used = true;
        s->counts.hits[token_cache_kind_of(key)]++;
        *ret_value = arena_str(a, str_of(p->value, p->len));
        *ret_expires_ms = p->expires_ms;
        return str_absent(*ret_value) ? ERR_NO_MEMORY : 0;
    }
    s->counts.misses[token_cache_kind_of(key)]++;
    return ERR_NOT_FOUND;
}

int hot_cache_get(struct hot_cache *cache, const struct token_cache_key *key, struct arena *a,
                  int64_t now_ms, struct str *ret_value, int64_t *ret_expires_ms)
{
    struct shard *s = shard_of(cache, key);
    (void)pthread_mutex_lock(&s->lock);
    int rc = get_locked(cache, s, key, a, now_ms, ret_value, ret_expires_ms);
    (void)pthread_mutex_unlock(&s->lock);
    return rc;
}

void hot_cache_sweep(struct hot_cache *cache, int64_t now_ms)
{
    for (size_t i = 0; i < SHARDS; i++) {
        struct shard *s = &cache->shards[i];
        (void)pthread_mutex_lock(&s->lock);
        for (uint32_t k = 1; k <= s->fresh; k++)
            if (s->places[k].value && s->places[k].expires_ms <= now_ms)
                remove_place(cache, s, k);
        (void)pthread_mutex_unlock(&s->lock);
    }
}

static void add_counts(struct cache_counts *sum, const struct cache_counts *c)
{
    for (size_t k = 0; k < TOKEN_CACHE_KINDS; k++) {
        sum->hits[k] += c->hits[k];
        sum->misses[k] += c->misses[k];
        sum->evictions[k] += c->evictions[k];
    }
    sum->entries += c->entries;
    sum->bytes += c->bytes;
}

void hot_cache_counts(struct hot_cache *cache, struct cache_counts *ret_counts)
{
    *ret_counts = (struct cache_counts){.entries = 0};
    for (size_t i = 0; i < SHARDS; i++) {
        struct shard *s = &cache->shards[i];
        (void)pthread_mutex_lock(&s->lock);
        add_counts(ret_counts, &s->counts);
        (void)pthread_mutex_unlock(&s->lock);
    }
}
