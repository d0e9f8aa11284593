/* A node's words with its witness: those that a command waits for. What goes on all the time is in
 * warden.h. Deadlines are of the monotonic clock. */
#ifndef GARITA_STORE_WITNESS_CALL_H
#define GARITA_STORE_WITNESS_CALL_H

#include "store/link/pairing.h"
#include "store/witness/words.h"

/* A connection to the witness, for one thread. */
struct witness_line {
    struct channel *channel; /* NULL: none */
    uint64_t turn;           /* of the node, that it began; 0: none yet */
};
/* To the witness that the node has. Errors of link_reach. */
MUST_CHECK int witness_dial(struct node *node, const struct link_identity *identity,
                            int64_t deadline_ms, struct witness_line *ret_line);
/* An empty one is fine. */
void witness_hang_up(struct witness_line *line);
/* What the node is; the rest of the request is for the caller to set. */
void witness_request_of(struct node *node, enum witness_kind kind,
                        struct witness_request *ret_request);
/* Asks and waits; begins a turn first when the line has none (words.h). What the answer says of a newer epoch is heard (node_heard). ERR_TIMEOUT, ERR_IO,
 * ERR_INVALID_REQUEST. */
MUST_CHECK int witness_ask(struct node *node, struct witness_line *line,
                           const struct witness_request *request, int64_t deadline_ms,
                           struct witness_answer *ret_answer);

/* Pairs with the witness that made the token; from its return on the node has one, and a primary its lease.
 * ERR_CONFLICT when it has one already or is alone, ERR_ACCESS_DENIED for the token, ERR_UNAUTHENTICATED when
 * another one answers, errors of link_reach and node_change; with a sentence. */
struct witness_wish {
    struct node *node;
    const struct link_identity *identity;
    struct str address; /* HOST:PORT */
    const struct pairing_token *token;
    int64_t deadline_ms;
};
MUST_CHECK int witness_pair(const struct witness_wish *wish, struct err_ctx *ctx);
/* From now on it has none: changes need no lease, and nobody is asked at a promotion. ERR_NOT_FOUND. */
MUST_CHECK int witness_forget(struct node *node);

/* The standby was let go: the witness hears that nobody is counted on, so that it lets that one reign no more.
 * 0 without a witness; errors of link_reach, ERR_CONFLICT when it does not grant that. */
MUST_CHECK int witness_let_go(struct node *node, const struct link_identity *identity,
                              int64_t deadline_ms);

/* A standby asks for the reign, again and again until the deadline as long as the primary may be there. With
 * 0 the claim goes on (lease_claim_begin): node_reign of the node's epoch follows, or lease_claim_end.
 * by_hand: although it may lack something. ERR_CONFLICT with the reason, errors of link_reach. */
MUST_CHECK int witness_claim(struct node *node, const struct link_identity *identity, bool by_hand,
                             int64_t deadline_ms, struct err_ctx *ctx);

#endif
