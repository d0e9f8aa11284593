/* The audit chain of a realm. */
#ifndef GARITA_CORE_PORT_EVENTS_H
#define GARITA_CORE_PORT_EVENTS_H

#include "core/audit/event.h"
#include "core/port/store.h"

/* Appends in the transaction of the change: no event, no change (AU-03). */
MUST_CHECK int event_append(struct store_write *w, const struct event *event);

struct event_filter {
    int64_t from_ms, to_ms; /* 0: open */
    struct str type;        /* event name; absent: all */
    struct str user_id;
    struct str client_id;
    int64_t after_seq;
    bool newest_first;
};
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
