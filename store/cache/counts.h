/* Figures of a level of the cache. */
#ifndef GARITA_STORE_CACHE_COUNTS_H
#define GARITA_STORE_CACHE_COUNTS_H

#include "core/port/token_cache.h"

struct cache_counts {
    uint64_t hits[TOKEN_CACHE_KINDS], misses[TOKEN_CACHE_KINDS], evictions[TOKEN_CACHE_KINDS];
    uint64_t entries, bytes;
};

#endif
