/* The token cache from the inside of the store. */
#ifndef GARITA_STORE_CACHE_CACHE_H
#define GARITA_STORE_CACHE_CACHE_H

#include "core/port/token_cache.h"
#include "store/cache/disk.h"
#include "store/cache/hot.h"
#include "store/store.h"

/* After the master key is known. */
MUST_CHECK int cache_open(struct store *store);
void cache_close(struct store *store);
/* No answer that was kept until now is in a file any more. */
void cache_forget(struct store *store);
void cache_metrics(struct store *store, struct buf *b);
/* Of checks of signatures: how many were asked for, and how many were kept. */
void cache_figures(struct store *store, int64_t *ret_hits, int64_t *ret_asked);

#endif
