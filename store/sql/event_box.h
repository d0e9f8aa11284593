/* The boxes of an event: what is personal in it, sealed with the key of the person. */
#ifndef GARITA_STORE_SQL_EVENT_BOX_H
#define GARITA_STORE_SQL_EVENT_BOX_H

#include "core/audit/event.h"
#include "store/sql/person.h"

/* Moves what is personal out of the record's members into its boxes. What belongs to somebody who
 * was erased is left out. Texts are of the transaction. */
MUST_CHECK int event_boxes_seal(struct store_write *w, const struct event *event,
                                struct event_record *e);
/* Fills the members of a record that was read from its boxes; a box whose key is gone, or that does
 * not open, leaves them empty and marks the record erased. */
MUST_CHECK int event_boxes_open(struct store_read *r, struct arena *a, struct event_record *e);

#endif
