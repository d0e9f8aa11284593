/* A node and its witness, all the time that the node has its role: a primary renews its lease and says what
 * may be counted on, before it counts itself; a standby that lost its primary asks for the reign, where it
 * is set to do so. One thread. */
#ifndef GARITA_STORE_WITNESS_WARDEN_H
#define GARITA_STORE_WITNESS_WARDEN_H

#include "store/repl/leader.h"
#include "store/witness/call.h"

struct warden;

/* All of it outlives the warden. */
struct warden_config {
    struct node *node; /* which has a witness */
    const struct link_identity *identity;
    struct leader *leader; /* NULL: the node leads nobody */
    bool takes_over;       /* a standby reigns by itself when the witness lets it */
    /* Whether this standby has all that a primary needs; the reason otherwise. */
    int (*may_reign)(void *arg, struct err_ctx *ctx);
    /* After may_reign said yes: it does not reign. */
    void (*goes_on)(void *arg);
    void *arg;
};

/* asks_first: a primary asks once for its lease before this returns. Not for who holds a lock that those who
 * hear of a change of the node take, too (node_on_change). ERR_NO_MEMORY. */
MUST_CHECK int warden_start(const struct warden_config *config, bool asks_first,
                            struct warden **ret_warden);
/* NULL is fine. */
void warden_stop(struct warden *w);

#endif
