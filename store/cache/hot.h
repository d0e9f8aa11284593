/* The first level: a table in memory. */
#ifndef GARITA_STORE_CACHE_HOT_H
#define GARITA_STORE_CACHE_HOT_H

#include "core/port/token_cache.h"
#include "store/cache/counts.h"

/* Nothing stays longer than this, whatever it was kept for. */
#define HOT_LIFE_MS (INT64_C(5) * 60 * 1000)

struct hot_cache;

/* At most max_bytes in all. NULL without memory: then nothing is kept. */
struct hot_cache *hot_cache_new(size_t max_bytes);
void hot_cache_free(struct hot_cache *cache);
MUST_CHECK int hot_cache_get(struct hot_cache *cache, const struct token_cache_key *key,
                             struct arena *a, int64_t now_ms, struct str *ret_value,
                             int64_t *ret_expires_ms);
void hot_cache_put(struct hot_cache *cache, const struct token_cache_key *key, struct str value,
                   int64_t now_ms, int64_t expires_ms);
/* Removes what is over. */
void hot_cache_sweep(struct hot_cache *cache, int64_t now_ms);
void hot_cache_counts(struct hot_cache *cache, struct cache_counts *ret_counts);

#endif
