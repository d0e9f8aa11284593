/* A bounded growing buffer: one check at the end instead of one per write. */
#include "core/base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/base/err.h"
#include "core/base/secret.h"

#include "core/base/banned.h"

#define FIRST_CAP 256

void buf_init(struct buf *b, struct arena *arena, size_t max_bytes)
{
    *b = (struct buf){.max_bytes = max_bytes, .arena = arena};
}

void buf_free(struct buf *b)
{
    if (b->ptr && !b->arena) {
        secret_wipe(b->ptr, b->cap);
        free(b->ptr);
    }
    buf_init(b, b->arena, b->max_bytes);
}

void buf_clear(struct buf *b)
{
    b->len = 0;
    b->failed = false;
}

/* One byte more than needed, for the NUL of buf_finish. */
static bool buf_reserve(struct buf *b, size_t more)
{
    if (b->failed || more > b->max_bytes - b->len) {
        b->failed = true;
        return false;
    }
    size_t need = b->len + more + 1;
    if (need <= b->cap)
        return true;
    size_t cap = b->cap ? b->cap * 2 : FIRST_CAP;
    if (cap < need)
        cap = need;
    char *p = b->arena ? arena_alloc(b->arena, cap) : malloc(cap);
    if (!p) {
        b->failed = true;
        return false;
    }
    if (b->len)
        memcpy(p, b->ptr, b->len);
    if (b->ptr && !b->arena) {
        secret_wipe(b->ptr, b->cap);
        free(b->ptr);
    }
    b->ptr = p;
    b->cap = cap;
    return true;
}

char *buf_extend(struct buf *b, size_t len)
{
    if (!buf_reserve(b, len))
        return NULL;
    char *p = b->ptr + b->len;
    b->len += len;
    return p;
}

void buf_add_bytes(struct buf *b, const void *data, size_t len)
{
    char *p = buf_extend(b, len);
    if (p && len)
        memcpy(p, data, len);
}

void buf_add(struct buf *b, struct str s)
{
    buf_add_bytes(b, s.ptr, s.len);
}

void buf_add_c(struct buf *b, const char *cstr)
{
    buf_add(b, str_c(cstr));
}

void buf_add_byte(struct buf *b, char byte)
{
    buf_add_bytes(b, &byte, 1);
}

void buf_add_i64(struct buf *b, int64_t value)
{
    buf_printf(b, "%lld", (long long)value);
}

void buf_printf(struct buf *b, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    int len = vsnprintf(NULL, 0, fmt, ap);
    va_end(ap);
    if (len < 0 || !buf_reserve(b, (size_t)len)) {
        b->failed = true;
        return;
    }
    va_start(ap, fmt);
    (void)vsnprintf(b->ptr + b->len, (size_t)len + 1, fmt, ap);
    va_end(ap);
    b->len += (size_t)len;
}

int buf_finish(struct buf *b, struct str *ret_bytes)
{
    if (!b->failed && buf_reserve(b, 0)) {
        b->ptr[b->len] = '\0';
        *ret_bytes = buf_str(b);
        return 0;
    }
    return b->arena && b->arena->exhausted ? ERR_NO_MEMORY : ERR_TOO_LARGE;
}
