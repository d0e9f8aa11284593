/* Files of archived events: DATA/audit/REALM/2026-10-1.jsonl.zst. Compressed with Zstandard; inside,
 * the first line is {"segment": {...}} with the signed statement, the others are the events as they
 * are exported sealed (docs/audit.md). A file is written beside its place, brought to disk and moved
 * there; what is in its place is whole. */
#ifndef GARITA_STORE_ARCHIVE_SEGMENT_H
#define GARITA_STORE_ARCHIVE_SEGMENT_H

#include "store/sql/event_row.h"

/* Calls take for each event, in order; the record lives until take returns. ERR_AUDIT_ARCHIVE when
 * the file is missing or damaged, or its statement is not that of the row, ERR_IO when it cannot be
 * read: event_archive_trouble says more. */
typedef int segment_take(void *arg, const struct event_record *e);
MUST_CHECK int segment_walk(struct store_read *r, const struct event_segment *segment,
                            segment_take *take, void *arg);

/* Writes the events of the statement that are in the database. Returns when the file is in its place
 * and on disk. */
MUST_CHECK int segment_write(struct store_read *r, const struct event_segment *segment);

#endif
