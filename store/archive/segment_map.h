/* The map of an archived segment: its blocks, and which of them may hold what is searched, so that a
 * search decompresses those alone. It stands at the end of the file in a skippable frame (RFC 8878
 * 3.1.2), which whoever only decompresses passes over. It proves nothing: who proves the segment
 * compares the map with the events. Files from before maps have none and are read as a whole. */
#ifndef GARITA_STORE_ARCHIVE_SEGMENT_MAP_H
#define GARITA_STORE_ARCHIVE_SEGMENT_MAP_H

#include "core/audit/event.h"
#include "core/base/buf.h"
#include "core/port/events.h"

#define SEGMENT_BLOCK_EVENTS   1024
#define SEGMENT_MAP_MAX_BYTES  ((size_t)64 << 20) /* enough for 15 million events in a month */
#define SEGMENT_MAP_TAIL_BYTES 24

/* A block: events that were compressed as a frame of their own. */
struct segment_block {
    int64_t offset, bytes; /* in the file */
    int64_t first_seq, count;
    int64_t from_ms, to_ms; /* the least and the greatest time */
    struct str filter;      /* a Bloom filter of users, subjects, clients and types */
};

/* --- Of a block while its events pass --- */

#define SEGMENT_EVENT_KEYS 4

struct segment_block_sum {
    struct segment_block block; /* all but offset, bytes and filter */
    uint64_t keys[SEGMENT_BLOCK_EVENTS * SEGMENT_EVENT_KEYS];
    size_t key_count;
};

void segment_block_begin(struct segment_block_sum *sum);
/* At most SEGMENT_BLOCK_EVENTS. */
void segment_block_add(struct segment_block_sum *sum, const struct event_record *e);
/* Whether the block of a map says just this. */
MUST_CHECK int segment_block_is(struct segment_block_sum *sum, const struct segment_block *block,
                                bool *ret_same);

/* --- Writing --- */

struct segment_map_writer {
    struct buf blocks, filters;
    uint32_t count;
};

void segment_map_writer_init(struct segment_map_writer *w);
void segment_map_writer_free(struct segment_map_writer *w);
/* Failures are told by segment_map_finish. */
void segment_map_put(struct segment_map_writer *w, struct segment_block_sum *sum, int64_t offset,
                     int64_t bytes);
/* The whole frame. ERR_TOO_LARGE when the map would be larger than its maximum: then the file has none. */
MUST_CHECK int segment_map_finish(const struct segment_map_writer *w, struct buf *out);

/* --- Reading --- */

struct segment_map {
    struct str blocks, filters;
    size_t count;
};

/* How many bytes the frame has that ends with this tail; 0: the file has no map. */
size_t segment_map_frame_bytes(struct str tail);
/* frame: from the magic number to the end of the file; the map is a view of it. offset is where it
 * begins: blocks reach from behind the statement, which comes first in the file, to there without a
 * gap. ERR_INVALID_SYNTAX. */
MUST_CHECK int segment_map_parse(struct str frame, int64_t offset, struct segment_map *ret_map);
struct segment_block segment_map_block(const struct segment_map *map, size_t index);
/* Whether the block may hold an event that the filter (all but after_seq and first) wants, after start, or
 * before it when the newest comes first. */
bool segment_block_may_hold(const struct segment_block *block, const struct event_filter *filter,
                            int64_t start);

#endif
