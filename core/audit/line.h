/* An event as one JSON object: what is listed, exported, archived and verified elsewhere. */
#ifndef GARITA_CORE_AUDIT_LINE_H
#define GARITA_CORE_AUDIT_LINE_H

#include "core/audit/event.h"

#define EVENT_LINE_MAX_BYTES ((size_t)1 << 20)

/* Writes the object. Members of boxes that were opened stand where they always stand, with "opened";
 * "sealed" holds the boxes themselves, for the hash. "signedHead" and "removal" stand at the event they belong to.
 * scratch is for temporary values; failures are in the writer. */
void event_line_write(struct json_writer *w, struct arena *scratch, const struct event_record *e);
/* The record of such an object; data and metadata are written anew, which gives the text they were
 * written from. A member that the hash would not cover, so that nothing proves it, is refused like one
 * that is missing. ERR_INVALID_SYNTAX, ERR_NO_MEMORY. */
MUST_CHECK int event_line_read(struct arena *a, const struct json_value *v,
                               struct event_record *ret_record);

#endif
