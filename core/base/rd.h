/* A cursor to parse bytes. It never reads beyond its end: reads there set failed and give zeros,
 * so that a parser can check once. */
#ifndef GARITA_CORE_BASE_RD_H
#define GARITA_CORE_BASE_RD_H

#include "core/base/str.h"

struct rd {
    const unsigned char *pos;
    const unsigned char *end;
    bool failed;
};

static inline struct rd rd_of(struct str s)
{
    const unsigned char *p = (const unsigned char *)s.ptr;
    return (struct rd){p, p ? p + s.len : p, false};
}

static inline size_t rd_left(const struct rd *r)
{
    return (size_t)(r->end - r->pos);
}

/* Big-endian. */
uint8_t rd_u8(struct rd *r);
uint16_t rd_u16(struct rd *r);
uint32_t rd_u32(struct rd *r);
uint64_t rd_u64(struct rd *r);
struct str rd_bytes(struct rd *r, size_t len);
/* The next byte without taking it; -1 at the end. */
int rd_peek(const struct rd *r);
/* Takes the byte when it is the next one. */
bool rd_take(struct rd *r, char byte);

#endif
