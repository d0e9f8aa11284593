/* Bump allocation in blocks that double up to a size, below a hard cap. */
#include "core/base/arena.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/base/err.h"
#include "core/base/secret.h"

#include "core/base/banned.h"

#define FIRST_BLOCK_BYTES   ((size_t)16 << 10)
#define LARGEST_BLOCK_BYTES ((size_t)1 << 20)
#define ALIGNMENT           _Alignof(max_align_t)

struct arena_block {
    struct arena_block *older;
    size_t cap;
    size_t used;
    _Alignas(max_align_t) unsigned char data[];
};

struct arena_end {
    struct arena_end *older; /* in the arena itself */
    void (*end)(void *arg);
    void *arg;
};

void arena_init(struct arena *a, size_t max_bytes)
{
    *a = (struct arena){.max_bytes = max_bytes};
}

static void block_free(struct arena_block *b)
{
    secret_wipe(b->data, b->used);
    free(b);
}

static void call_ends(struct arena *a)
{
    const struct arena_end *e = a->ends;
    a->ends = NULL;
    for (; e; e = e->older)
        e->end(e->arg);
}

void arena_reset(struct arena *a)
{
    call_ends(a);
    while (a->block && a->block->older) {
        struct arena_block *b = a->block;
        a->block = b->older;
        block_free(b);
    }
    if (a->block) {
        secret_wipe(a->block->data, a->block->used);
        a->block->used = 0;
    }
    a->used_bytes = 0;
    a->exhausted = false;
}

void arena_free(struct arena *a)
{
    arena_reset(a);
    free(a->block);
    a->block = NULL;
}

static struct arena_block *block_new(struct arena *a, size_t least)
{
    size_t cap = a->block ? a->block->cap * 2 : FIRST_BLOCK_BYTES;
    if (cap > LARGEST_BLOCK_BYTES)
        cap = LARGEST_BLOCK_BYTES;
    if (cap < least)
        cap = least;
    struct arena_block *b = malloc(sizeof(*b) + cap);
    if (!b)
        return NULL;
    b->older = a->block;
    b->cap = cap;
    b->used = 0;
    a->block = b;
    return b;
}

void *arena_alloc(struct arena *a, size_t size)
{
    if (size > a->max_bytes - a->used_bytes) {
        a->exhausted = true;
        return NULL;
    }
    size_t rounded = (size + ALIGNMENT - 1) & ~(ALIGNMENT - 1);
    struct arena_block *b = a->block;
    if (!b || rounded > b->cap - b->used)
        b = block_new(a, rounded);
    if (!b) {
        a->exhausted = true;
        return NULL;
    }
    void *p = b->data + b->used;
    b->used += rounded;
    a->used_bytes += size;
    memset(p, 0, size);
    return p;
}

void *arena_array(struct arena *a, size_t count, size_t size)
{
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes)) {
        a->exhausted = true;
        return NULL;
    }
    return arena_alloc(a, bytes);
}

void *arena_grow(struct arena *a, const void *old, size_t old_count, size_t new_count, size_t size)
{
    void *p = arena_array(a, new_count, size);
    if (p && old_count)
        memcpy(p, old, old_count * size);
    return p;
}

struct str arena_str(struct arena *a, struct str s)
{
    if (s.ptr == NULL)
        return s;
    char *p = arena_alloc(a, s.len + 1);
    if (!p)
        return str_of(NULL, 0);
    if (s.len)
        memcpy(p, s.ptr, s.len);
    return str_of(p, s.len);
}

struct str arena_str_c(struct arena *a, const char *cstr)
{
    return arena_str(a, str_c(cstr));
}

struct str arena_printf(struct arena *a, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    int len = vsnprintf(NULL, 0, fmt, ap);
    va_end(ap);
    char *p = len >= 0 ? arena_alloc(a, (size_t)len + 1) : NULL;
    if (!p)
        return str_of(NULL, 0);
    va_start(ap, fmt);
    (void)vsnprintf(p, (size_t)len + 1, fmt, ap);
    va_end(ap);
    return str_of(p, (size_t)len);
}

struct str arena_concat(struct arena *a, const struct str *parts, size_t n)
{
    size_t len = 0;
    for (size_t i = 0; i < n; i++)
        len += parts[i].len;
    char *p = arena_alloc(a, len + 1);
    if (!p)
        return str_of(NULL, 0);
    size_t at = 0;
    for (size_t i = 0; i < n; i++) {
        if (parts[i].len)
            memcpy(p + at, parts[i].ptr, parts[i].len);
        at += parts[i].len;
    }
    return str_of(p, len);
}

struct str arena_lower(struct arena *a, struct str s)
{
    char *p = arena_alloc(a, s.len + 1);
    if (!p)
        return str_of(NULL, 0);
    for (size_t i = 0; i < s.len; i++) {
        char c = s.ptr[i];
        p[i] = (c >= 'A' && c <= 'Z') ? (char)(c + ('a' - 'A')) : c;
    }
    return str_of(p, s.len);
}

const char *arena_cstr(struct arena *a, struct str s)
{
    return arena_str(a, s.ptr ? s : STR("")).ptr;
}

int arena_at_end(struct arena *a, void (*end)(void *arg), void *arg)
{
    struct arena_end *e = ARENA_NEW(a, struct arena_end);
    if (!e)
        return ERR_NO_MEMORY;
    *e = (struct arena_end){a->ends, end, arg};
    a->ends = e;
    return 0;
}
