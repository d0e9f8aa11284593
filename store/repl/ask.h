/* Asking the other node which epoch it knows, without any further talk. */
#ifndef GARITA_STORE_REPL_ASK_H
#define GARITA_STORE_REPL_ASK_H

#include "store/link/identity.h"
#include "store/repl/node.h"

/* What it says is heard (node_heard): the node's state tells afterwards. ERR_TIMEOUT, ERR_CONFLICT when it
 * belongs to another cluster, errors of link_reach. */
MUST_CHECK int node_ask_peer(struct node *node, const struct link_identity *identity,
                             int64_t deadline_ms);

#endif
