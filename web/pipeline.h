/* Everything between a request's bytes and its handler, and back: the one place that enforces the
 * lines of routes.def. */
#ifndef GARITA_WEB_PIPELINE_H
#define GARITA_WEB_PIPELINE_H

#include "web/civet/civet.h"
#include "web/http_check.h"
#include "web/web.h"

struct web_relayed;

/* One request on its way in; made by the transport. */
struct exchange {
    struct web *web;
    struct arena *arena;
    const struct http_head *head;
    enum listener listener;
    bool redirects;        /* this door only points to HTTPS */
    bool https;            /* of the connection itself */
    bool body_refused;     /* the body is over the cap and was not read */
    bool keep_alive;       /* in: possible; out: the reply said so */
    struct stream *stream; /* out: what the reply goes on with, owned; NULL: it is whole */
    struct str peer_ip;    /* of the connection itself */
    struct str peer_cert;
    const struct web_relayed
        *relayed; /* a standby passed it on (web/relay.h); NULL: its client came */
};

/* A civet_handler; context is a struct exchange. Always sends a reply. */
void pipeline_run(void *context, struct civet_call *call);

/* The most a body of this request may have: of its route, or 0 when there is no such route. */
size_t pipeline_body_cap(const struct web *web, enum listener listener,
                         const struct http_head *head, struct arena *a);

/* The whole reply to a request that is refused before it is one: 400, 408, 413, 414, 417, 431, 501,
 * 503, 505. Static memory. */
struct str pipeline_refusal(int status);

#endif
