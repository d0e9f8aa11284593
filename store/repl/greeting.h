/* What two nodes make of each other's HELLO. */
#ifndef GARITA_STORE_REPL_GREETING_H
#define GARITA_STORE_REPL_GREETING_H

#include "store/repl/node.h"

enum greeting {
    GREETING_LEAD,   /* the other is our standby */
    GREETING_FOLLOW, /* the other is our primary */
    GREETING_FENCE,  /* the other is a primary of an older epoch: it is told FENCED */
    GREETING_FENCED, /* the other knows a newer epoch than the one in which we are primary */
    GREETING_REFUSE  /* nothing to do with each other */
};

/* *ret_reason says why, for GREETING_REFUSE. The other's key is known to be the peer's. */
enum greeting greeting_judge(const struct node_state *own, const struct repl_hello *other,
                             const char **ret_reason);

/* Our own HELLO. Texts are those of state and address. */
void greeting_hello(const struct node_state *state, struct str address,
                    struct repl_message *ret_message);

#endif
