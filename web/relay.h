/* Requests that go from a standby to its primary, and are answered there as if their client had asked it: the
 * request is written anew, with what the standby knows of its client, and runs through the primary's own
 * pipeline. How they travel is the caller's (store/repl/relay.h). */
#ifndef GARITA_WEB_RELAY_H
#define GARITA_WEB_RELAY_H

#include "web/pipeline.h"

/* A request as it travels. What is said of the client was found by the standby, which is trusted: none of the
 * request's own headers is asked again. */
struct web_relayed {
    struct str message; /* head and body, framed by Content-Length */
    struct str client_ip;
    struct str public_origin, own_origin;
    bool https;
    enum listener listener;
};

/* --- On the standby --- */

/* The primary's answer to a request that was refused as it changes something; res gets its status.
 * *ret_answer is malloc'd: to be sent as it is. An error: there is none, and the refusal stands
 * (ERR_STORE_STANDBY), or what is told instead. */
MUST_CHECK int relay_pass_on(struct exchange *x, const struct request *req, struct response *res,
                             struct buf *ret_answer);

/* --- On the primary --- */

struct web_relay;

/* For one thread. web outlives it. ERR_NO_MEMORY. */
MUST_CHECK int web_relay_open(struct web *web, struct web_relay **ret_relay);
/* NULL is fine. */
void web_relay_close(struct web_relay *relay);
/* *ret_ends: the client's connection ends with the answer. ERR_INVALID_REQUEST: it is no request, nothing was
 * done. ERR_UNANSWERED: its answer does not fit into out. */
MUST_CHECK int web_relay_answer(struct web_relay *relay, const struct web_relayed *relayed,
                                struct buf *out, bool *ret_ends);

#endif
