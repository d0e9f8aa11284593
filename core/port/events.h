/* The audit chain of a realm. */
#ifndef GARITA_CORE_PORT_EVENTS_H
#define GARITA_CORE_PORT_EVENTS_H

#include "core/audit/event.h"
#include "core/port/store.h"

/* Appends in the transaction of the change: no event, no change (AU-03). */
MUST_CHECK int event_append(struct store_write *w, const struct event *event);
/* Appends an event that goes with no other change and returns when it is as durable as asked.
 * Callers of the same moment share a transaction and a flush. ERR_INTERNAL when this thread has a
 * write open in this realm; else errors as of store_write_begin and store_commit. */
MUST_CHECK int event_append_alone(struct realm_view *view, const struct now *now,
                                  const struct event *event, enum durability durability);

struct event_filter {
    int64_t from_ms, to_ms; /* 0: open */
    struct str type;        /* event name; absent: all */
    struct str user_id;
    struct str client_id;
    int64_t after_seq;
    size_t
        first; /* so many left out at the beginning; after_seq is the cheaper way to turn pages */
    bool newest_first;
};
/* In the order of the chain. The cost grows with the page; with several conditions, with the events
 * that fulfil the rarest of them (AD-12). */
MUST_CHECK int event_list(struct store_read *r, struct arena *a, const struct event_filter *filter,
                          size_t limit, struct event_record **ret_items, size_t *ret_count);

struct event_verdict {
    int64_t checked;
    int64_t bad_seq; /* 0: the chain is whole */
    struct str reason;
    struct str head_hash; /* 32 bytes */
};
MUST_CHECK int event_verify(struct store_read *r, struct arena *a,
                            struct event_verdict *ret_verdict);

#endif
