/* Bytes to write: a growing buffer that always has a maximum. Writing beyond it, or without
 * memory, marks the buffer failed and drops what follows; the writer checks once at the end
 * (buf_finish), like a stream. Memory is the arena's when one is given, else malloc'd and freed
 * (after zeroing) by buf_free. */
#ifndef GARITA_CORE_BASE_BUF_H
#define GARITA_CORE_BASE_BUF_H

#include "core/base/arena.h"

struct buf {
    char *ptr;
    size_t len;
    size_t cap;
    size_t max_bytes;
    struct arena *arena; /* NULL: malloc */
    bool failed;
};

void buf_init(struct buf *b, struct arena *arena, size_t max_bytes);
void buf_free(struct buf *b);
void buf_clear(struct buf *b);

void buf_add(struct buf *b, struct str s);
void buf_add_c(struct buf *b, const char *cstr);
void buf_add_byte(struct buf *b, char byte);
void buf_add_bytes(struct buf *b, const void *data, size_t len);
void buf_add_i64(struct buf *b, int64_t value);
void buf_printf(struct buf *b, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* Room for len bytes to be filled by the caller, already counted in b->len; NULL when failed. */
MUST_CHECK char *buf_extend(struct buf *b, size_t len);

/* The bytes so far. Valid until the next write. */
static inline struct str buf_str(const struct buf *b)
{
    return (struct str){b->ptr ? b->ptr : "", b->len};
}

/* ERR_TOO_LARGE or ERR_NO_MEMORY when something did not fit, else 0 and the bytes (with a NUL
 * after them that is not counted). */
MUST_CHECK int buf_finish(struct buf *b, struct str *ret_bytes);

#endif
