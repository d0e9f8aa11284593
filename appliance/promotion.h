/* A standby becomes the primary by the word of an operator: on the command line and over the Admin REST API
 * alike. */
#ifndef GARITA_APPLIANCE_PROMOTION_H
#define GARITA_APPLIANCE_PROMOTION_H

#include "store/repl/node.h"

struct promotion {
    struct store *store;
    struct arena *arena;
    bool is_sure;         /* who asks says that the old primary is gone */
    bool names_epoch;     /* and that epoch is the newest */
    uint64_t epoch;       /* promoted only if this is the newest epoch that the node knows */
    bool incomplete;      /* although realms have not come whole */
    bool without_witness; /* the witness is lost: it is not asked, and forgotten */
    const struct node_word *word; /* who promotes it over the API; NULL */
};

/* From its return on the node reigns; a server that runs starts again in its new role. Where there is a
 * witness it takes as long as that lets the old primary have its lease. ERR_USAGE, ERR_CONFLICT and errors
 * of node_change, with a sentence. */
MUST_CHECK int promotion_run(const struct promotion *p, uint64_t *ret_epoch, struct err_ctx *err);

/* Whether all realms have come whole; else ERR_CONFLICT with a sentence. When it returns 0 the standby follows
 * no more, so that this stays so: until promotion_go_on, or until it reigns. */
#define PROMOTION_ARENA_BYTES ((size_t)64 << 20)
MUST_CHECK int promotion_halt(struct store *store, bool incomplete, struct arena *a,
                              struct err_ctx *err);
void promotion_go_on(struct store *store);

/* ERR_CONFLICT: what a fenced node can do. */
MUST_CHECK int promotion_say_reigned(const struct node_state *state, struct err_ctx *err);

#endif
