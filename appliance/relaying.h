/* Passing changes on: where the web of a standby meets the link, and the link that of the primary. */
#ifndef GARITA_APPLIANCE_RELAYING_H
#define GARITA_APPLIANCE_RELAYING_H

#include "store/repl/follower.h"
#include "store/repl/relay.h"
#include "web/relay.h"

struct relaying;

/* Of a node that leads (answers), or of one that follows and asks so many times at once; 0: it does not.
 * ERR_NO_MEMORY. */
MUST_CHECK int relaying_new(bool answers, size_t asks, struct relaying **ret_relaying);
/* No connection is left by then. NULL is fine. */
void relaying_free(struct relaying *relaying);
/* NULL: it does not do that. */
struct relay *relaying_relay(struct relaying *relaying);
struct desk *relaying_desk(struct relaying *relaying);
/* From now on requests are answered. ERR_NO_MEMORY. */
MUST_CHECK int relaying_open(struct relaying *relaying, struct web *web);
/* Before the web stops: those who wait for an answer are let go, and what is being answered is finished. */
void relaying_shut(struct relaying *relaying);
/* As web_services.pass_on. What the answer says is in place here when it returns, unless that takes long. */
MUST_CHECK int relaying_pass_on(struct relaying *relaying, struct follower *follower,
                                const struct web_relayed *relayed, int64_t within_ms,
                                struct buf *ret_answer, bool *ret_ends);

struct relaying_counts {
    uint64_t passed_on, unanswered; /* of those who were passed on */
    uint64_t answered;
};
void relaying_counts(struct relaying *relaying, struct relaying_counts *ret_counts);

#endif
