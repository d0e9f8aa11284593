/* Files of archived events: DATA/audit/REALM/2026-10-1.jsonl.zst. Compressed with Zstandard; inside,
 * the first line is {"segment": {...}} with the signed statement, the others are the events as they
 * are exported sealed (docs/audit.md). The statement and each block of events are frames of their own;
 * the map of the blocks comes last. A file is written beside its place, brought to disk and moved there;
 * what is in its place is whole. */
#ifndef GARITA_STORE_ARCHIVE_SEGMENT_H
#define GARITA_STORE_ARCHIVE_SEGMENT_H

#include "store/archive/segment_map.h"
#include "store/sql/event_row.h"

/* Called for each event, in order; the record lives until take returns. */
typedef int segment_take(void *arg, const struct event_record *e);

/* Of the functions below: ERR_AUDIT_ARCHIVE when the file is missing or damaged, or its statement is
 * not that of the row, ERR_IO when it cannot be read: event_archive_trouble says more. What take
 * returned, when it is not 0. */

/* All events. The map is held against them, so that it hides nothing from a search. */
MUST_CHECK int segment_walk(struct store_read *r, const struct event_segment *segment,
                            segment_take *take, void *arg);

/* A file that is read in parts: its blocks, or as one where it has no map. */
struct segment_reader {
    struct store_read *r;
    const struct event_segment *segment;
    int fd;
    struct buf frame; /* of the map */
    struct segment_map map;
};
/* r and segment must outlive the reader. */
MUST_CHECK int segment_open(struct store_read *r, const struct event_segment *segment,
                            struct segment_reader *ret_reader);
/* Fits CLEANUP(); harmless after a segment_open that failed. */
void segment_close(struct segment_reader *s);
size_t segment_parts(const struct segment_reader *s);
bool segment_part_may_hold(const struct segment_reader *s, size_t part,
                           const struct event_filter *filter, int64_t start);
MUST_CHECK int segment_part_walk(struct segment_reader *s, size_t part, segment_take *take,
                                 void *arg);

/* Writes the events of the statement that are in the database, which is read a portion at a time: events
 * do not change, and no log waits for the whole. Returns when the file is in its place and on disk. */
MUST_CHECK int segment_write(struct realm_view *view, const struct event_segment *segment);

#endif
