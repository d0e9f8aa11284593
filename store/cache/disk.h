/* The second level: a file that outlives the process, DATA/cache/tokens.mdb (LMDB).
 *
 * LMDB trusts its file, so we do not: at an orderly end a keyed hash of the whole file is written
 * beside it, and only a file that still has this hash is used again. What a crash left, what was
 * damaged, cut short, put there by others or cannot be written is thrown away and begun anew. When
 * even that fails, the server runs without this level. */
#ifndef GARITA_STORE_CACHE_DISK_H
#define GARITA_STORE_CACHE_DISK_H

#include "core/port/token_cache.h"
#include "store/cache/counts.h"
#include "store/folder.h"

struct disk_cache;

/* At most max_bytes of entries, about. seal_key (32 bytes) is copied. NULL when there can be none; the
 * log says why. */
struct disk_cache *disk_cache_open(const struct folder *folder, size_t max_bytes,
                                   struct str seal_key);
/* Writes what is waiting, and the seal. */
void disk_cache_close(struct disk_cache *cache);
MUST_CHECK int disk_cache_get(struct disk_cache *cache, const struct token_cache_key *key,
                              struct arena *a, int64_t now_ms, struct str *ret_value,
                              int64_t *ret_expires_ms);
/* As token_cache_generation. */
uint64_t disk_cache_generation(struct disk_cache *cache);
/* Queued and written by a thread of its own; dropped when too many wait, or after a forgetting since
 * that generation. */
void disk_cache_put(struct disk_cache *cache, const struct token_cache_key *key, struct str value,
                    uint64_t generation, int64_t now_ms, int64_t expires_ms);
/* Looks at a stretch of entries and removes what is over. */
void disk_cache_sweep(struct disk_cache *cache, int64_t now_ms);
/* The file is begun anew, so that nothing of what it had is left in the folder; returns when that is done.
 * Answers that are put meanwhile may be lost. */
void disk_cache_forget(struct disk_cache *cache);
/* The same where no cache is open: the file of a process before goes. */
void disk_cache_remove(const struct folder *folder);
void disk_cache_counts(struct disk_cache *cache, struct cache_counts *ret_counts);

#endif
