/* Messages both ways over a channel whose peer is known: what is sent waits in a queue with a limit, a sign
 * of life goes out every second, and a peer that gives none for ten is gone.
 *
 * One thread runs the link and calls who uses it; any thread may send. */
#ifndef GARITA_STORE_LINK_LINK_H
#define GARITA_STORE_LINK_LINK_H

#include "store/link/channel.h"
#include "store/repl/message.h"

struct link;

/* All calls of one connection come by the thread that runs it, up first, down last, once each. An error
 * of message or beat ends the connection. What they do is short: nothing is read or written meanwhile. */
struct link_user {
    /* out is good until down has returned. Then what up returned in ret_session goes with the other
     * calls. An error: no other call comes. */
    int (*up)(void *arg, enum channel_side side, const struct repl_out *out, void **ret_session);
    int (*message)(void *session, const struct repl_message *m);
    /* About once a second; fills what the sign of life says. */
    int (*beat)(void *session, struct repl_heartbeat *ret_beat);
    void (*down)(void *session);
    void *arg;
};

/* 0 stands for what stands behind. */
struct link_times {
    int64_t beat_ms;      /* 1,000: between signs of life */
    int64_t silence_ms;   /* 10,000: without any, the peer is gone */
    int64_t handshake_ms; /* 10,000 */
};

/* channel is the caller's and outlives the link. ERR_NO_MEMORY, ERR_IO. */
MUST_CHECK int link_new(struct channel *channel, const struct link_times *times,
                        struct link **ret_link);
void link_free(struct link *link);
/* Until the connection ends: 0 when the peer closed it, ERR_TIMEOUT (it was silent), ERR_IO,
 * ERR_INVALID_REQUEST (what it said is no message), errors of user, who may have sent last words. Shutting
 * the socket down ends it, too. Once. */
MUST_CHECK int link_run(struct link *link, enum channel_side side, const struct link_user *user);

#endif
