/* The steps of archiving, one by one, as the tests of crashes take them. Broken off after any of
 * them, nothing is lost and nothing is there twice: until the row is committed the database counts,
 * from then on the file. */
#ifndef GARITA_STORE_ARCHIVE_ARCHIVE_H
#define GARITA_STORE_ARCHIVE_ARCHIVE_H

#include "core/port/events.h"
#include "store/archive/segment.h"

/* Finds the next month and signs for it. */
MUST_CHECK int archive_plan(struct realm_view *view, const struct now *now, int64_t before_ms,
                            struct arena *a, struct event_segment *ret_segment, bool *ret_any);
/* Writes the file, brings it to disk and reads it again, hash by hash. */
MUST_CHECK int archive_write(struct realm_view *view, const struct event_segment *segment);
/* From here on the events are the archive's. ERR_CONFLICT when somebody else archived meanwhile. */
MUST_CHECK int archive_record(struct realm_view *view, const struct now *now,
                              const struct event_actor *actor, const struct event_segment *segment);

#endif
