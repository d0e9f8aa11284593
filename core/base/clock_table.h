/* Values under keys that are hashes, in a bounded table with a clock hand: an entry that was used since
 * the hand last passed is passed once more, another one makes room. Not safe for two threads at
 * once: whoever shares one has a lock around it. Values are zeroed when they go, as claims of people
 * are in there. */
#ifndef GARITA_CORE_BASE_CLOCK_TABLE_H
#define GARITA_CORE_BASE_CLOCK_TABLE_H

#include "core/base/err.h"
#include "core/base/str.h"

#define CLOCK_TABLE_KEY_BYTES 32

/* Of a keyed hash: which bytes it is found by must not be for a stranger to choose. */
struct clock_table_key {
    unsigned char bytes[CLOCK_TABLE_KEY_BYTES];
};

struct clock_table_counts {
    uint64_t hits, misses;
    uint64_t evictions; /* of what was not over yet */
    uint64_t entries, bytes;
};

struct clock_place;

/* Called for each entry that makes room before its time, before it goes. */
typedef void clock_table_evicted(void *arg, const struct clock_table_key *key);

/* Members are the table's own, but for counts. */
struct clock_table {
    struct clock_place *places;
    uint32_t *buckets; /* as many as places */
    uint32_t cap;
    uint32_t empty; /* first of those that were given back */
    uint32_t fresh; /* how many were ever taken */
    uint32_t hand;
    size_t max_bytes;
    clock_table_evicted *evicted;
    void *evicted_arg;
    struct clock_table_counts counts;
};

/* At most max_bytes with everything, of which what is unused costs nothing. ERR_NO_MEMORY; then it may
 * be freed, and nothing else. */
MUST_CHECK int clock_table_init(struct clock_table *table, size_t max_bytes);
void clock_table_free(struct clock_table *table);
void clock_table_on_evict(struct clock_table *table, clock_table_evicted *evicted, void *arg);
/* Good until the next change of the table. ERR_NOT_FOUND; entries that are over are removed. */
MUST_CHECK int clock_table_get(struct clock_table *table, const struct clock_table_key *key,
                               int64_t now_ms, struct str *ret_value, int64_t *ret_expires_ms);
/* value is malloc'd, and the table's from here on: it is freed also when it does not fit. One that
 * stands under the key is replaced. */
void clock_table_put(struct clock_table *table, const struct clock_table_key *key, char *value,
                     size_t len, int64_t now_ms, int64_t expires_ms);
/* Removes what is over. */
void clock_table_sweep(struct clock_table *table, int64_t now_ms);

#endif
