/* Memory that dies together: one arena per request, job or command. Nothing in it is freed alone.
 * An arena has a hard cap; an allocation beyond it returns NULL and marks the arena exhausted, so
 * that the request fails (413/400) and the server does not. Reset and free zero what was used, as
 * passwords and tokens pass through here. Not safe for two threads at once. */
#ifndef GARITA_CORE_BASE_ARENA_H
#define GARITA_CORE_BASE_ARENA_H

#include "core/base/str.h"

struct arena_block;
struct arena_end;

struct arena {
    struct arena_block *block; /* newest first */
    struct arena_end *ends;    /* newest first */
    size_t used_bytes;         /* over all blocks */
    size_t max_bytes;
    bool exhausted;
};

#define ARENA_REQUEST_MAX_BYTES ((size_t)8 << 20)

void arena_init(struct arena *a, size_t max_bytes);
/* Zeroes and keeps the first block for the next use. */
void arena_reset(struct arena *a);
/* Zeroes and frees everything. Fits CLEANUP(). */
void arena_free(struct arena *a);

/* Calls end(arg) when what the arena holds goes, for what is borrowed as long; the newest first. ERR_NO_MEMORY:
 * it is not called. */
MUST_CHECK int arena_at_end(struct arena *a, void (*end)(void *arg), void *arg);

/* Zeroed, aligned for any type; NULL beyond the cap. Callers that get NULL return ERR_NO_MEMORY. */
MUST_CHECK void *arena_alloc(struct arena *a, size_t size);
/* count * size with overflow check. */
MUST_CHECK void *arena_array(struct arena *a, size_t count, size_t size);
#define ARENA_NEW(a, type)          ((type *)arena_alloc((a), sizeof(type)))
#define ARENA_ARRAY(a, count, type) ((type *)arena_array((a), (count), sizeof(type)))
/* Bigger copy of an array; the old one stays until the arena goes. */
MUST_CHECK void *arena_grow(struct arena *a, const void *old, size_t old_count, size_t new_count,
                            size_t size);

/* NUL-terminated copies. On exhaustion the result is absent (ptr NULL). */
struct str arena_str(struct arena *a, struct str s);
struct str arena_str_c(struct arena *a, const char *cstr);
struct str arena_printf(struct arena *a, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* Joins up to n parts. */
struct str arena_concat(struct arena *a, const struct str *parts, size_t n);
#define ARENA_CONCAT(a, ...)                                                                       \
    arena_concat((a), (const struct str[]){__VA_ARGS__},                                           \
                 sizeof((const struct str[]){__VA_ARGS__}) / sizeof(struct str))
/* ASCII lower-case copy. */
struct str arena_lower(struct arena *a, struct str s);
/* The text with a terminating NUL, copying only when asked to; NULL on exhaustion. */
const char *arena_cstr(struct arena *a, struct str s);

#endif
