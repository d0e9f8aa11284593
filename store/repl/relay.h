/* Requests that a standby cannot answer, over the link to the primary, and the answers back. What is in
 * either is nothing to this: who hands them over and who answers them know the protocol.
 *
 * A node asks only while it follows and answers only while it leads, so nothing is passed on twice. Both ends
 * hold a bounded number of requests of a bounded size for a bounded time. Safe for any thread. */
#ifndef GARITA_STORE_REPL_RELAY_H
#define GARITA_STORE_REPL_RELAY_H

#include "core/base/buf.h"
#include "store/repl/message.h"

#define RELAY_ASKS_MAX 32 /* at once */

/* --- The standby: who asks --- */

struct relay;

/* most: at once, up to RELAY_ASKS_MAX; one at least. ERR_NO_MEMORY. */
MUST_CHECK int relay_new(size_t most, struct relay **ret_relay);
/* Nobody asks any more. NULL is fine. */
void relay_free(struct relay *relay);
/* The primary is there; out is used until relay_down. */
void relay_up(struct relay *relay, const struct repl_out *out);
void relay_down(struct relay *relay);
/* ANSWER, PIECE. Those for who does not wait any more are dropped. ERR_INVALID_REQUEST, ERR_NO_MEMORY: the
 * connection's end. */
MUST_CHECK int relay_message(struct relay *relay, const struct repl_message *m);
/* Passes the request on (ask's id and bytes are set here) and waits for the answer: ret_answer is malloc'd and
 * the caller's, *ret_ends as in struct repl_answer. Nothing was done: ERR_STORE_STANDBY (the primary is not
 * there), ERR_TOO_LARGE, ERR_OVERLOADED. It may have been done: ERR_UNANSWERED. */
MUST_CHECK int relay_ask(struct relay *relay, const struct repl_ask *ask, struct str request,
                         int64_t within_ms, struct buf *ret_answer, bool *ret_ends);
/* Lets go who waits, and takes no more. */
void relay_hush(struct relay *relay);

/* --- The primary: who answers --- */

struct desk;

struct desk_config {
    /* One request at a time of each thread, which are numbered from 0. *ret_ends as in struct repl_answer. An
     * error that is not ERR_UNANSWERED: nothing was done. */
    int (*answer)(void *arg, size_t thread, const struct repl_ask *ask, struct str request,
                  struct buf *out, bool *ret_ends);
    void *arg;
    size_t threads; /* at most DESK_THREADS_MAX */
};
#define DESK_THREADS_MAX 16

MUST_CHECK int desk_new(const struct desk_config *config, struct desk **ret_desk);
/* Finishes what it works on. NULL is fine. */
void desk_free(struct desk *desk);
void desk_up(struct desk *desk, const struct repl_out *out);
/* What was not begun is dropped. */
void desk_down(struct desk *desk);
/* ASK, PIECE. ERR_INVALID_REQUEST, ERR_NO_MEMORY. */
MUST_CHECK int desk_message(struct desk *desk, const struct repl_message *m);

#endif
