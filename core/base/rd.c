/* Bounds-checked reading. */
#include "core/base/rd.h"

#include "core/base/banned.h"

static uint64_t rd_be(struct rd *r, size_t bytes)
{
    uint64_t value = 0;
    if (r->failed || rd_left(r) < bytes) {
        r->failed = true;
        return 0;
    }
    for (size_t i = 0; i < bytes; i++)
        value = value << 8 | *r->pos++;
    return value;
}

uint8_t rd_u8(struct rd *r)
{
    return (uint8_t)rd_be(r, 1);
}

uint16_t rd_u16(struct rd *r)
{
    return (uint16_t)rd_be(r, 2);
}

uint32_t rd_u32(struct rd *r)
{
    return (uint32_t)rd_be(r, 4);
}

uint64_t rd_u64(struct rd *r)
{
    return rd_be(r, 8);
}

struct str rd_bytes(struct rd *r, size_t len)
{
    if (r->failed || rd_left(r) < len) {
        r->failed = true;
        return str_of(NULL, 0);
    }
    struct str s = str_of((const char *)r->pos, len);
    r->pos += len;
    return s;
}

int rd_peek(const struct rd *r)
{
    return r->failed || rd_left(r) == 0 ? -1 : *r->pos;
}

bool rd_take(struct rd *r, char byte)
{
    if (rd_peek(r) != (unsigned char)byte)
        return false;
    r->pos++;
    return true;
}
