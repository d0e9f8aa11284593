/* What an old primary had that the node that took its place never got: its databases as they were stand in
 * DATA/replication/diverged-EPOCH (rejoin.h) and are only looked at. How many transactions of each are beyond
 * is told by where the next reign began (forks.h), which events are by the chains of both. */
#ifndef GARITA_STORE_REPL_DIVERGED_H
#define GARITA_STORE_REPL_DIVERGED_H

#include "core/port/events.h"
#include "store/repl/difference.h"

struct diverged;

#define DIVERGED_PREFIX    "diverged-"
#define DIVERGED_KEPT_MAX  64
#define DIVERGED_REALM_MAX 100000

/* The reigns of which something is kept, the newest first; at most DIVERGED_KEPT_MAX. */
MUST_CHECK int diverged_list(struct store *store, struct arena *a, uint64_t **ret_epochs,
                             size_t *ret_count);
/* ERR_NOT_FOUND, and errors of store_open, with a sentence. */
MUST_CHECK int diverged_open(struct store *store, uint64_t epoch, struct diverged **ret_diverged,
                             struct err_ctx *ctx);
/* NULL is fine. */
void diverged_close(struct diverged *d);
void diverged_close_p(struct diverged **d);
/* The store that is looked at: read-only. */
struct store *diverged_store(struct diverged *d);

struct diverged_realm {
    bool is_known;        /* where the next reign began is known */
    int64_t transactions; /* beyond that; when it is known */
    bool is_here;         /* the realm is in the node's store now: events are compared */
    int64_t common_seq;   /* the last event that both have; 0: none */
    int64_t last_seq;     /* of what is kept; events after common_seq are beyond */
};
/* Of a realm of the store that is looked at. */
MUST_CHECK int diverged_look(struct diverged *d, struct realm_view *view, struct arena *a,
                             struct diverged_realm *ret_realm);

/* What its rows are compared with. The state in which the other node began to reign is kept nowhere: the
 * realm as it is now takes its place, and is that state as long as nothing was changed in it since. */
enum diverged_against {
    AGAINST_FORK,   /* nothing was changed since: what differs is what the old primary had beyond */
    AGAINST_NOW,    /* rows that are here alone may have been made since, or deleted there */
    AGAINST_NOTHING /* the realm is not here: all of its rows */
};
struct diverged_scope {
    bool has_nothing; /* kept is the state at the fork: nothing is beyond, and no row is told */
    enum diverged_against against;
};
/* The rows of a realm of the store that is looked at that differ from those of the same database here, table
 * by table, or of that table (absent: all). scope is set before the first row. ERR_STORE_BUSY while it is on
 * its way, ERR_STORE_VERSION when they were written by different versions, what take returns. */
MUST_CHECK int diverged_rows(struct diverged *d, struct realm_view *view, struct str table,
                             difference_take *take, void *arg, struct diverged_scope *scope);

#endif
