/* Figures of a level of the cache. */
#ifndef GARITA_STORE_CACHE_COUNTS_H
#define GARITA_STORE_CACHE_COUNTS_H

#include <stdint.h>

struct cache_counts {
    uint64_t hits, misses, evictions, entries, bytes;
};

#endif
