/* Answers that are kept, under a keyed hash of what they are about; the thing itself (a token) is
 * nowhere in it. Two levels: a table in memory for the hot ones, and a file that outlives the process.
 * Both are bounded, and losing either costs only time. What is kept here is never proof of anything
 * but itself: see footing.h for when an answer still holds. Safe from many threads. */
#ifndef GARITA_CORE_PORT_TOKEN_CACHE_H
#define GARITA_CORE_PORT_TOKEN_CACHE_H

#include "core/port/store.h"

#define TOKEN_CACHE_VALUE_MAX ((size_t)64 << 10)

struct token_cache_key {
    unsigned char bytes[32];
};

/* kind keeps things of different kinds apart ("token", "rights"), scope what is told in different
 * places. */
void token_cache_key(const struct store *store, const char *kind, struct str scope,
                     struct str subject, struct token_cache_key *ret_key);
/* ERR_NOT_FOUND, ERR_NO_MEMORY. The value lives in the arena. */
MUST_CHECK int token_cache_get(struct store *store, const struct token_cache_key *key,
                               struct arena *a, int64_t now_ms, struct str *ret_value);
/* Until expires_ms at the longest. What does not fit is not kept. */
void token_cache_put(struct store *store, const struct token_cache_key *key, struct str value,
                     int64_t now_ms, int64_t expires_ms);

#endif
