/* A thread that answers requests. It takes whatever parked connection has something to do, moves it
 * as far as it goes without waiting, and parks it again. */
#ifndef GARITA_WEB_WORKER_H
#define GARITA_WEB_WORKER_H

#include "web/civet/civet.h"
#include "web/crew.h"
#include "web/link.h"

/* What the workers share. */
struct workshop {
    struct web *web;
    struct lot *lot;
    struct tls *tls; /* NULL: no TLS listener */
    struct civet *civet;
    struct http_limits limits;
    struct crew crew;
};

struct worker;

/* Starts the thread, with a small stack. */
MUST_CHECK int worker_start(struct workshop *shop, struct worker **ret_worker);
/* After the lot's stop event: waits for the thread and frees. */
void worker_join(struct worker *w);

/* The poller's data of the event that tells all workers to end. */
#define WORKER_STOP UINT64_MAX

#endif
