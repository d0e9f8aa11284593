/* A connection between two nodes, from the first HELLO to its end: what each makes of the other, and
 * whether then the leader or the follower speaks over it. Fits struct link_user of the link, by whose
 * thread all of it is called. */
#ifndef GARITA_STORE_REPL_SESSION_H
#define GARITA_STORE_REPL_SESSION_H

#include "store/repl/follower.h"
#include "store/repl/leader.h"

/* Of the node; outlives its connections. */
struct session_host {
    struct node *node;
    struct str address;        /* HOST:PORT under which the peer reaches this node */
    struct leader *leader;     /* NULL: it leads nobody now */
    struct follower *follower; /* NULL: it follows nobody now */
    /* A HELLO came, and whether the other took us for what we are: the node's state says more. May be
     * NULL. */
    void (*heard)(void *arg);
    void *arg;
};

struct session;

/* Says HELLO. ERR_NO_MEMORY, errors of out. */
MUST_CHECK int session_new(const struct session_host *host, const struct repl_out *out,
                           struct session **ret_session);
/* ERR_CANCELLED: the two have nothing to do with each other, now. ERR_CONFLICT: they are connected
 * already. Errors of leader_message and follower_message. All end the connection. */
MUST_CHECK int session_message(struct session *session, const struct repl_message *m);
/* ERR_IO: it is of no use any more. */
MUST_CHECK int session_beat(struct session *session, struct repl_heartbeat *ret_beat);
void session_end(struct session *session);

#endif
