/* Blocks and their Bloom filters. */
#include "store/archive/segment_map.h"

#include <stdlib.h>

#include "core/base/err.h"
#include "core/base/rd.h"
#include "core/crypto/digest.h"

#include "core/base/banned.h"

/* One of the sixteen magic numbers of RFC 8878 3.1.2, and the frame's size: both little-endian. */
#define FRAME_HEAD_BYTES 8
#define BLOCK_BYTES      48
#define FILTER_MIN_BYTES 8
#define FILTER_MAX_BYTES 8192
/* With 12 to 24 bits and 6 probes for each key, at most one block in 250 is read in vain. */
#define BITS_PER_KEY     12
#define PROBES           6

static const char magic[4] = {0x5e, 0x2a, 0x4d, 0x18};
static const struct str tail_magic = STR_INIT("garitaM1");
/* Known to everyone: it spreads keys, and the checksum notices accidents. */
static const unsigned char spread[SIPHASH_KEY_BYTES] = "segment map one";

/* --- Keys --- */

/* The kind keeps a user's id as user apart from the same id as subject. */
static uint64_t key_of(char kind, struct str text)
{
    unsigned char key[SIPHASH_KEY_BYTES];
    memcpy(key, spread, sizeof(key));
    key[SIPHASH_KEY_BYTES - 1] = (unsigned char)kind;
    return siphash_64(key, text);
}

static void add_key(struct segment_block_sum *sum, char kind, struct str text)
{
    if (!str_empty(text) && sum->key_count < ARRAY_LEN(sum->keys))
        sum->keys[sum->key_count++] = key_of(kind, text);
}

static int compare_keys(const void *a, const void *b)
{
    uint64_t x, y;
    memcpy(&x, a, sizeof(x));
    memcpy(&y, b, sizeof(y));
    return (x > y) - (x < y);
}

static void make_unique(struct segment_block_sum *sum)
{
    size_t unique = 0;
    qsort(sum->keys, sum->key_count, sizeof(sum->keys[0]), compare_keys);
    for (size_t i = 0; i < sum->key_count; i++)
        if (unique == 0 || sum->keys[i] != sum->keys[unique - 1])
            sum->keys[unique++] = sum->keys[i];
    sum->key_count = unique;
}

static size_t filter_bytes(size_t keys)
{
    size_t bytes = FILTER_MIN_BYTES;
    while (bytes < FILTER_MAX_BYTES && bytes * 8 < keys * BITS_PER_KEY)
        bytes *= 2;
    return bytes;
}

static uint32_t probe(uint64_t key, uint32_t i, size_t bytes)
{
    uint32_t first = (uint32_t)key, step = (uint32_t)(key >> 32) | 1;
    return (first + i * step) & (uint32_t)(bytes * 8 - 1);
}

static void filter_put(unsigned char *filter, size_t bytes, uint64_t key)
{
    for (uint32_t i = 0; i < PROBES; i++) {
        uint32_t bit = probe(key, i, bytes);
        filter[bit / 8] |= (unsigned char)(1U << bit % 8);
    }
}

static bool filter_has(struct str filter, char kind, struct str text)
{
    uint64_t key = key_of(kind, text);
    for (uint32_t i = 0; i < PROBES; i++) {
        uint32_t bit = probe(key, i, filter.len);
        if (!((unsigned char)filter.ptr[bit / 8] >> bit % 8 & 1))
            return false;
    }
    return true;
}

/* --- Of a block --- */

void segment_block_begin(struct segment_block_sum *sum)
{
    sum->block = (struct segment_block){.from_ms = INT64_MAX, .to_ms = INT64_MIN};
    sum->key_count = 0;
}

void segment_block_add(struct segment_block_sum *sum, const struct event_record *e)
{
    struct segment_block *b = &sum->block;
    struct str user = STR("user:");
    if (b->count++ == 0)
        b->first_seq = e->seq;
    b->from_ms = e->time_ms < b->from_ms ? e->time_ms : b->from_ms;
    b->to_ms = e->time_ms > b->to_ms ? e->time_ms : b->to_ms;
    add_key(sum, 'u', e->user_id);
    add_key(sum, 'c', e->client_id);
    add_key(sum, 't', e->type);
    if (str_starts(e->stream_id, user))
        add_key(sum, 's', str_from(e->stream_id, user.len));
}

static void put_filter(struct segment_block_sum *sum, struct buf *out)
{
    make_unique(sum);
    size_t bytes = filter_bytes(sum->key_count);
    char *filter = buf_extend(out, bytes);
    if (!filter)
        return;
    memset(filter, 0, bytes);
    for (size_t i = 0; i < sum->key_count; i++)
        filter_put((unsigned char *)filter, bytes, sum->keys[i]);
}

int segment_block_is(struct segment_block_sum *sum, const struct segment_block *block,
                     bool *ret_same)
{
    CLEANUP(buf_free) struct buf filter;
    struct str bytes;
    const struct segment_block *b = &sum->block;
    buf_init(&filter, NULL, FILTER_MAX_BYTES);
    put_filter(sum, &filter);
    TRY(buf_finish(&filter, &bytes));
    *ret_same = b->first_seq == block->first_seq && b->count == block->count &&
                b->from_ms == block->from_ms && b->to_ms == block->to_ms &&
                str_eq(bytes, block->filter);
    return 0;
}

/* --- Writing --- */

void segment_map_writer_init(struct segment_map_writer *w)
{
    *w = (struct segment_map_writer){0};
    buf_init(&w->blocks, NULL, SEGMENT_MAP_MAX_BYTES);
    buf_init(&w->filters, NULL, SEGMENT_MAP_MAX_BYTES);
}

void segment_map_writer_free(struct segment_map_writer *w)
{
    buf_free(&w->blocks);
    buf_free(&w->filters);
}

static void put_number(struct buf *b, uint64_t value, size_t bytes)
{
    for (size_t i = bytes; i-- > 0;)
        buf_add_byte(b, (char)(value >> (8 * i)));
}

static void put_number_le(struct buf *b, uint32_t value)
{
    for (size_t i = 0; i < sizeof(value); i++)
        buf_add_byte(b, (char)(value >> (8 * i)));
}

void segment_map_put(struct segment_map_writer *w, struct segment_block_sum *sum, int64_t offset,
                     int64_t bytes)
{
    const struct segment_block *b = &sum->block;
    size_t filter_at = w->filters.len;
    put_filter(sum, &w->filters);
    put_number(&w->blocks, (uint64_t)offset, 8);
    put_number(&w->blocks, (uint64_t)bytes, 4);
    put_number(&w->blocks, (uint64_t)b->count, 4);
    put_number(&w->blocks, (uint64_t)b->first_seq, 8);
    put_number(&w->blocks, (uint64_t)b->from_ms, 8);
    put_number(&w->blocks, (uint64_t)b->to_ms, 8);
    put_number(&w->blocks, filter_at, 4);
    put_number(&w->blocks, w->filters.len - filter_at, 4);
    w->count++;
}

int segment_map_finish(const struct segment_map_writer *w, struct buf *out)
{
    struct str ignored;
    if (w->blocks.failed || w->filters.failed)
        return ERR_TOO_LARGE;
    size_t content = w->blocks.len + w->filters.len + SEGMENT_MAP_TAIL_BYTES;
    if (content + FRAME_HEAD_BYTES > SEGMENT_MAP_MAX_BYTES)
        return ERR_TOO_LARGE;
    buf_add_bytes(out, magic, sizeof(magic));
    put_number_le(out, (uint32_t)content);
    buf_add(out, buf_str(&w->blocks));
    buf_add(out, buf_str(&w->filters));
    struct str so_far = buf_str(out);
    put_number(out, siphash_64(spread, str_from(so_far, FRAME_HEAD_BYTES)), 8);
    put_number(out, w->count, 4);
    put_number(out, content, 4);
    buf_add(out, tail_magic);
    return buf_finish(out, &ignored);
}

/* --- Reading --- */

size_t segment_map_frame_bytes(struct str tail)
{
    if (tail.len != SEGMENT_MAP_TAIL_BYTES || !str_ends(tail, tail_magic))
        return 0;
    struct rd r = rd_of(str_sub(tail, 12, 4));
    return (size_t)rd_u32(&r) + FRAME_HEAD_BYTES;
}

static struct segment_block block_at(const struct segment_map *map, size_t index, size_t *ret_at)
{
    struct rd r = rd_of(str_sub(map->blocks, index * BLOCK_BYTES, BLOCK_BYTES));
    struct segment_block b;
    b.offset = (int64_t)rd_u64(&r);
    b.bytes = rd_u32(&r);
    b.count = rd_u32(&r);
    b.first_seq = (int64_t)rd_u64(&r);
    b.from_ms = (int64_t)rd_u64(&r);
    b.to_ms = (int64_t)rd_u64(&r);
    *ret_at = rd_u32(&r);
    b.filter = str_of(NULL, rd_u32(&r));
    return b;
}

static bool filter_is_sound(size_t bytes)
{
    return bytes >= FILTER_MIN_BYTES && bytes <= FILTER_MAX_BYTES && (bytes & (bytes - 1)) == 0;
}

/* Each begins where the one before ends: in the file, in the chain, among the filters. */
static bool blocks_are_sound(const struct segment_map *map, int64_t end)
{
    struct segment_block last = {0};
    size_t filters = 0, at;
    for (size_t i = 0; i < map->count; i++) {
        struct segment_block b = block_at(map, i, &at);
        bool follows = i == 0 ? b.offset > 0 && b.first_seq > 0
                              : b.offset == last.offset + last.bytes &&
                                    b.first_seq == last.first_seq + last.count;
        if (!follows || b.bytes == 0 || b.offset > end - b.bytes || b.count == 0 ||
            b.count > SEGMENT_BLOCK_EVENTS || b.first_seq > INT64_MAX - b.count ||
            b.from_ms > b.to_ms || at != filters || !filter_is_sound(b.filter.len) ||
            b.filter.len > map->filters.len - filters)
            return false;
        filters += b.filter.len;
        last = b;
    }
    return last.offset + last.bytes == end && filters == map->filters.len;
}

int segment_map_parse(struct str frame, int64_t offset, struct segment_map *ret_map)
{
    struct segment_map map;
    size_t least = FRAME_HEAD_BYTES + BLOCK_BYTES + SEGMENT_MAP_TAIL_BYTES;
    if (frame.len < least || frame.len > SEGMENT_MAP_MAX_BYTES)
        return ERR_INVALID_SYNTAX;
    struct str tail = str_from(frame, frame.len - SEGMENT_MAP_TAIL_BYTES);
    struct str content =
        str_sub(frame, FRAME_HEAD_BYTES, frame.len - FRAME_HEAD_BYTES - SEGMENT_MAP_TAIL_BYTES);
    struct rd r = rd_of(tail);
    if (memcmp(frame.ptr, magic, sizeof(magic)) != 0 ||
        segment_map_frame_bytes(tail) != frame.len || rd_u64(&r) != siphash_64(spread, content))
        return ERR_INVALID_SYNTAX;
    map.count = rd_u32(&r);
    if (map.count == 0 || map.count > content.len / BLOCK_BYTES)
        return ERR_INVALID_SYNTAX;
    map.blocks = str_sub(content, 0, map.count * BLOCK_BYTES);
    map.filters = str_from(content, map.blocks.len);
    if (!blocks_are_sound(&map, offset))
        return ERR_INVALID_SYNTAX;
    *ret_map = map;
    return 0;
}

struct segment_block segment_map_block(const struct segment_map *map, size_t index)
{
    size_t at;
    struct segment_block b = block_at(map, index, &at);
    b.filter = str_sub(map->filters, at, b.filter.len);
    return b;
}

static bool may_be_of_type(struct str filter, const struct strs *types)
{
    for (size_t i = 0; i < types->count; i++)
        if (filter_has(filter, 't', types->items[i]))
            return true;
    return types->count == 0;
}

static bool may_be_of_user(struct str filter, const struct event_filter *f)
{
    return str_empty(f->user_id) || filter_has(filter, 'u', f->user_id) ||
           (f->or_about_user && filter_has(filter, 's', f->user_id));
}

static bool reaches(const struct segment_block *block, bool newest_first, int64_t start)
{
    return newest_first ? block->first_seq < start : block->first_seq + block->count - 1 > start;
}

bool segment_block_may_hold(const struct segment_block *block, const struct event_filter *filter,
                            int64_t start)
{
    return reaches(block, filter->newest_first, start) && block->to_ms >= filter->from_ms &&
           (filter->to_ms == 0 || block->from_ms <= filter->to_ms) &&
           may_be_of_user(block->filter, filter) &&
           (str_empty(filter->client_id) || filter_has(block->filter, 'c', filter->client_id)) &&
           may_be_of_type(block->filter, &filter->types);
}
