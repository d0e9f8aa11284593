/* Whether this node may take changes where a witness decides who reigns (docs/failover.md, RP-02).
 *
 * A primary may for as long as it was promised that nobody else begins to reign: by the witness, or by the
 * standby, without which nobody else could. It counts from the moment in which it asked, and a tenth less
 * than was promised, so that it ends before the promise does whatever the two clocks do. A standby that
 * promised asks the witness for the reign only once the promise is over, and promises nothing meanwhile.
 *
 * Without a witness nothing of it is asked for. Safe for any thread; times are of clock_boot_ms. */
#ifndef GARITA_STORE_REPL_LEASE_H
#define GARITA_STORE_REPL_LEASE_H

#include <pthread.h>

#include "store/repl/message.h"

/* What the witness may count on when the primary is gone. */
enum lease_stance {
    LEASE_ASYNC,  /* the standby follows, and may lack the last moments, as the mode allows it */
    LEASE_ALONE,  /* there is none, or it may lack more */
    LEASE_COVERED /* it has all that was answered */
};
/* "async", "alone", "covered". */
const char *lease_stance_word(enum lease_stance stance);

#define LEASE_LEAST_MS 500
#define LEASE_MOST_MS  REPL_LEASE_MOST_MS
#define LEASE_MS       3000

struct lease {
    pthread_mutex_t lock;
    int64_t (*now_ms)(void);
    int64_t length_ms; /* of what is asked for */
    bool is_required;  /* there is a witness */
    /* Of a primary. */
    int64_t until_ms;
    enum lease_stance
        told; /* what the witness counts on; LEASE_COVERED also when it is not known */
    char counted[REPL_NODE_ID_LEN + 1];  /* standby that the witness knows is counted on: empty:
                                          * nobody, or it is not known */
    char attached[REPL_NODE_ID_LEN + 1]; /* that follows; empty: none */
    /* Of a standby. */
    int64_t promised_until_ms; /* to the primary */
    bool claims;
    /* For those who look. */
    bool is_witness_there;
    int64_t witness_wall_ms; /* when it answered last; 0: never */
    bool knows_standby;      /* it has paired the standby that is counted on */
    enum lease_stance stance;
};

/* now_ms: NULL for clock_boot_ms. What an earlier process may have promised is not over yet. */
void lease_init(struct lease *l, int64_t (*now_ms)(void));
void lease_destroy(struct lease *l);
/* Between LEASE_LEAST_MS and LEASE_MOST_MS; before there are other threads. */
void lease_set_length(struct lease *l, int64_t length_ms);
void lease_require(struct lease *l, bool is_required);
int64_t lease_now_ms(const struct lease *l);
int64_t lease_length_ms(const struct lease *l);

/* --- A primary --- */

/* True without a witness. */
bool lease_is_held(struct lease *l);
/* The witness promised, as it was asked at asked_ms. */
void lease_extend(struct lease *l, int64_t asked_ms);
/* Somebody else reigns. */
void lease_drop(struct lease *l);
/* Whether an answer may leave that the standby has not confirmed: when the witness does not count on it, and
 * in a synchronous mode would not let the standby reign. True without a witness. */
bool lease_may_answer_alone(struct lease *l, bool is_async);
void lease_set_told(struct lease *l, enum lease_stance told);
/* The witness is about to be told this, and may count on it whether or not it answers: no answer leaves that
 * would be wrong then. */
void lease_tell(struct lease *l, enum lease_stance stance);

/* The witness gives the reign to this standby and to no other, until it is told another one; empty: that is
 * not known. Only this one's promises count, and only its word that it has a change. */
void lease_count_on(struct lease *l, const char *standby);
/* A standby follows from now on; empty: none does. */
void lease_attach(struct lease *l, const char *standby);
/* Whether the one that follows is the one that is counted on. True without a witness. */
bool lease_is_counted_on(struct lease *l);

/* Whether the witness may be told that this one has something: it is counted on, and no other one follows. */
bool lease_may_tell(struct lease *l, const char *standby);

/* Signs of life between primary and standby carry the question and the promise. */
void lease_ask(struct lease *l, struct repl_heartbeat *beat);
/* The answer of the standby that follows came. */
void lease_take_promise(struct lease *l, const struct repl_heartbeat *beat);

/* --- A standby --- */

/* The primary's question came. True: answer it with this. */
bool lease_promise(struct lease *l, const struct repl_heartbeat *question,
                   struct repl_heartbeat *ret_answer);
/* Whether the primary was not heard for as long as was promised to it. */
bool lease_is_over(struct lease *l);
/* From now on until the end nothing is promised. ERR_CONFLICT: the primary was heard a moment ago, or
 * somebody else claims. After a claim that was granted there is no end. */
MUST_CHECK int lease_claim_begin(struct lease *l);
void lease_claim_end(struct lease *l);

/* --- What is told of it --- */

/* The witness answered this, or did not. */
void lease_note_witness(struct lease *l, bool knows_standby, enum lease_stance stance);
void lease_note_silence(struct lease *l);

struct lease_look {
    bool is_required, is_held, is_witness_there, knows_standby;
    int64_t left_ms;         /* of a primary; 0: over */
    int64_t witness_wall_ms; /* 0: never */
    enum lease_stance stance;
};
void lease_look(struct lease *l, struct lease_look *ret_look);

#endif
