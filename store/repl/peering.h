/* A connection between two nodes, from the first HELLO to its end: what each makes of the other, and
 * whether then the leader or the follower speaks over it. Fits struct link_user of the link, by whose
 * thread all of it is called. */
#ifndef GARITA_STORE_REPL_PEERING_H
#define GARITA_STORE_REPL_PEERING_H

#include "store/repl/follower.h"
#include "store/repl/leader.h"
#include "store/repl/relay.h"

/* Of the node; outlives its connections. */
struct peering_host {
    struct node *node;
    struct str address;        /* HOST:PORT under which the peer reaches this node */
    struct leader *leader;     /* NULL: it leads nobody now */
    struct follower *follower; /* NULL: it follows nobody now */
    struct relay *relay;       /* with follower: who asks the primary; NULL: nobody */
    struct desk *desk;         /* with leader: who answers the standby; NULL: nobody */
    /* A HELLO came, and whether the other took us for what we are: the node's state says more. May be
     * NULL. */
    void (*heard)(void *arg);
    /* A primary met the other as an old primary, or as its standby. It may take a moment. May be NULL. */
    void (*met)(void *arg, enum node_met met);
    void *arg;
};

struct peering;

/* Says HELLO. ERR_NO_MEMORY, errors of out. */
MUST_CHECK int peering_new(const struct peering_host *host, const struct repl_out *out,
                           struct peering **ret_peering);
/* ERR_CANCELLED: the two have nothing to do with each other, now. ERR_CONFLICT: they are connected
 * already. Errors of leader_message and follower_message. All end the connection. */
MUST_CHECK int peering_message(struct peering *peering, const struct repl_message *m);
/* ERR_IO: it is of no use any more. */
MUST_CHECK int peering_beat(struct peering *peering, struct repl_heartbeat *ret_beat);
void peering_end(struct peering *peering);

#endif
