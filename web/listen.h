/* Listeners, parked connections and workers. A connection waits here, without a thread, for its
 * handshake, for its complete request and for the client to take the reply; a worker holds it only
 * while a request is being answered (HT-02). */
#ifndef GARITA_WEB_LISTEN_H
#define GARITA_WEB_LISTEN_H

#include "web/web.h"

struct civet;
struct listen;

/* Opens the sockets of web->config; nothing is accepted yet. ERR_CONFIG with the address and the
 * reason. */
MUST_CHECK int listen_open(struct web *web, struct err_ctx *err, struct listen **ret_listen);
/* Starts the workers and accepts. */
MUST_CHECK int listen_start(struct listen *l);
/* Stops accepting, waits for requests in flight, joins the threads. */
void listen_stop(struct listen *l);
void listen_free(struct listen *l);

uint16_t listen_port(const struct listen *l, enum listener listener, bool https);

/* The engine, for those who bring requests by another way. */
struct civet *listen_civet(struct listen *l);

struct listen_counts {
    int64_t accepted;
    int64_t refused; /* over a cap */
    int64_t open;
    int64_t expired; /* closed for being slow */
    int64_t handshakes_failed;
    int64_t parked_bytes;
};
void listen_counts(const struct listen *l, struct listen_counts *ret_counts);

#endif
