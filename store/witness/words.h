/* What nodes ask a witness, and what it answers: one of a fixed size each way, over a connection whose keys
 * are known (store/link/channel.h). Numbers are big-endian.
 *
 *   RENEW   the primary asks for the lease, and says which standby may be counted on without it, and for what
 *   CLAIM   the standby asks for the reign
 *   LOOK    any node asks who reigns
 *   JOIN    a node is paired; a proof that it has the witness's token follows (witness_prove)
 *
 * A connection that was given up may still deliver what was said over it. So LOOK and JOIN begin a turn, which
 * their answer tells, and RENEW and CLAIM are heard in the node's newest turn only: the first question over a
 * connection begins one, and what comes late is of a turn that is over (RP-02). */
#ifndef GARITA_STORE_WITNESS_WORDS_H
#define GARITA_STORE_WITNESS_WORDS_H

#include "core/base/str.h"
#include "store/repl/lease.h"

#define WITNESS_VERSION       2
#define WITNESS_REQUEST_BYTES (1 + 1 + 1 + 1 + 8 + 8 + 4 + 3 * REPL_NODE_ID_LEN)
#define WITNESS_ANSWER_BYTES  (1 + 1 + 1 + 1 + 8 + 8 + 4 + REPL_NODE_ID_LEN)

enum witness_kind { WITNESS_RENEW = 1, WITNESS_CLAIM, WITNESS_LOOK, WITNESS_JOIN };

struct witness_request {
    enum witness_kind kind;
    enum lease_stance stance; /* RENEW */
    /* CLAIM: an operator promotes this node, although it may lack something. JOIN: it is a primary. */
    bool flag;
    uint64_t epoch;    /* that the node is in */
    uint64_t turn;     /* RENEW, CLAIM: as the answer to LOOK or JOIN told it; 0: none */
    uint32_t lease_ms; /* its lease's, LEASE_LEAST_MS to LEASE_MOST_MS */
    char cluster[REPL_NODE_ID_LEN + 1], node[REPL_NODE_ID_LEN + 1];
    char standby[REPL_NODE_ID_LEN + 1]; /* RENEW: that is counted on; empty: nobody */
};

enum witness_verdict {
    WITNESS_GRANTED = 1, /* the lease, or the reign of this epoch; or only what was asked */
    WITNESS_OUTRUN,      /* another node reigns, in this epoch */
    WITNESS_TOO_EARLY,   /* the primary's lease is not over, for wait_ms */
    WITNESS_BEHIND,      /* the standby lacks what was answered */
    WITNESS_UNSURE,      /* it was not told enough: a node is not paired, or knows another epoch */
    WITNESS_STRANGER,    /* this node is not paired, or of another cluster */
    WITNESS_UNCOUNTED,   /* the primary counts on another standby */
    WITNESS_LATE         /* a newer turn of this node began: nothing was done */
};

struct witness_answer {
    enum witness_verdict verdict;
    enum lease_stance stance; /* that it counts on */
    bool knows_standby;       /* the standby that is counted on is paired, or there is none */
    uint64_t epoch;           /* the newest that it knows */
    uint64_t turn;            /* of this node, the newest */
    uint32_t wait_ms;
    char holder[REPL_NODE_ID_LEN + 1]; /* of that epoch; empty: not known */
};

void witness_request_write(const struct witness_request *r,
                           unsigned char out[WITNESS_REQUEST_BYTES]);
/* ERR_STORE_VERSION, ERR_INVALID_REQUEST. */
MUST_CHECK int witness_request_read(const unsigned char bytes[WITNESS_REQUEST_BYTES],
                                    struct witness_request *ret_request);
void witness_answer_write(const struct witness_answer *answer,
                          unsigned char out[WITNESS_ANSWER_BYTES]);
MUST_CHECK int witness_answer_read(const unsigned char bytes[WITNESS_ANSWER_BYTES],
                                   struct witness_answer *ret_answer);

#endif
