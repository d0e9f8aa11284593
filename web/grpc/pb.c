/* Varints, lengths and fixed widths of the Protocol Buffers wire format. */
#include "web/grpc/pb.h"

#include "core/base/banned.h"

#define VARINT_MAX_BYTES 10
#define FIELD_NUMBER_MAX 536870911U

struct pb_reader pb_reader(struct str message)
{
    const unsigned char *p = (const unsigned char *)message.ptr;
    return (struct pb_reader){p, p ? p + message.len : p, false};
}

static bool fail(struct pb_reader *r)
{
    r->failed = true;
    r->pos = r->end;
    return false;
}

static bool take_varint(struct pb_reader *r, uint64_t *ret_value)
{
    uint64_t value = 0;
    for (unsigned i = 0; i < VARINT_MAX_BYTES && r->pos < r->end; i++) {
        unsigned char byte = *r->pos++;
        /* The tenth byte holds the last bit of 64. */
        if (i == VARINT_MAX_BYTES - 1 && byte > 1)
            break;
        value |= (uint64_t)(byte & 0x7f) << (7 * i);
        if (byte < 0x80) {
            *ret_value = value;
            return true;
        }
    }
    return fail(r);
}

static bool take_fixed(struct pb_reader *r, unsigned bytes, uint64_t *ret_value)
{
    uint64_t value = 0;
    if ((size_t)(r->end - r->pos) < bytes)
        return fail(r);
    for (unsigned i = 0; i < bytes; i++)
        value |= (uint64_t)r->pos[i] << (8 * i);
    r->pos += bytes;
    *ret_value = value;
    return true;
}

static bool take_bytes(struct pb_reader *r, struct str *ret_bytes)
{
    uint64_t len;
    if (!take_varint(r, &len))
        return false;
    if (len > (uint64_t)(r->end - r->pos))
        return fail(r);
    *ret_bytes = str_of((const char *)r->pos, (size_t)len);
    r->pos += len;
    return true;
}

bool pb_next(struct pb_reader *r, struct pb_field *ret_field)
{
    uint64_t tag;
    if (r->pos == r->end || !take_varint(r, &tag))
        return false;
    if (tag >> 3 == 0 || tag >> 3 > FIELD_NUMBER_MAX)
        return fail(r);
    *ret_field = (struct pb_field){.number = (uint32_t)(tag >> 3), .type = (enum pb_type)(tag & 7)};
    switch (ret_field->type) {
    case PB_VARINT: return take_varint(r, &ret_field->value);
    case PB_FIXED64: return take_fixed(r, 8, &ret_field->value);
    case PB_FIXED32: return take_fixed(r, 4, &ret_field->value);
    case PB_BYTES: return take_bytes(r, &ret_field->bytes);
    }
    return fail(r);
}

int pb_text(const struct pb_field *f, struct str *io_text)
{
    if (!str_is_utf8(f->bytes))
        return ERR_INVALID_UTF8;
    *io_text = f->bytes;
    return 0;
}

void pb_put_varint(struct buf *b, uint64_t value)
{
    for (; value >= 0x80; value >>= 7)
        buf_add_byte(b, (char)(value | 0x80));
    buf_add_byte(b, (char)value);
}

static void put_tag(struct buf *b, uint32_t number, enum pb_type type)
{
    pb_put_varint(b, (uint64_t)number << 3 | type);
}

void pb_put_str_always(struct buf *b, uint32_t number, struct str text)
{
    put_tag(b, number, PB_BYTES);
    pb_put_varint(b, text.len);
    buf_add(b, text);
}

void pb_put_str(struct buf *b, uint32_t number, struct str text)
{
    if (text.len > 0)
        pb_put_str_always(b, number, text);
}

void pb_put_u64_always(struct buf *b, uint32_t number, uint64_t value)
{
    put_tag(b, number, PB_VARINT);
    pb_put_varint(b, value);
}

void pb_put_u64(struct buf *b, uint32_t number, uint64_t value)
{
    if (value != 0)
        pb_put_u64_always(b, number, value);
}

void pb_put_bool(struct buf *b, uint32_t number, bool value)
{
    pb_put_u64(b, number, value);
}

void pb_put_double(struct buf *b, uint32_t number, double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof(bits));
    put_tag(b, number, PB_FIXED64);
    for (unsigned i = 0; i < sizeof(bits); i++)
        buf_add_byte(b, (char)(bits >> (8 * i)));
}

size_t pb_open(struct buf *b, uint32_t number)
{
    put_tag(b, number, PB_BYTES);
    return b->len;
}

/* The length stands in front of what it counts and is known only now: the content moves up. */
void pb_close(struct buf *b, size_t opened)
{
    if (b->failed)
        return;
    uint64_t len = b->len - opened;
    size_t bytes = 1;
    for (uint64_t rest = len; rest >= 0x80; rest >>= 7)
        bytes++;
    if (!buf_extend(b, bytes))
        return;
    unsigned char *at = (unsigned char *)b->ptr + opened;
    memmove(at + bytes, at, (size_t)len);
    for (uint64_t rest = len; bytes-- > 0; rest >>= 7)
        *at++ = (unsigned char)((rest & 0x7f) | (bytes > 0 ? 0x80 : 0));
}

void pb_put_time_ms(struct buf *b, uint32_t number, int64_t time_ms)
{
    /* Nanoseconds count forward, also before the epoch. */
    int64_t seconds = time_ms / 1000 - (time_ms % 1000 < 0);
    size_t at = pb_open(b, number);
    pb_put_u64(b, 1, (uint64_t)seconds);
    pb_put_u64(b, 2, (uint64_t)(time_ms - seconds * 1000) * 1000000);
    pb_close(b, at);
}
