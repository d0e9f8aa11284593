/* CivetWeb as the HTTP/1 engine: it parses a request that is complete in memory, decodes its body
 * and puts out the reply. Sockets, TLS, waiting and threads are ours (web/listen.h), so that a slow
 * client never holds a thread. */
#ifndef GARITA_WEB_CIVET_CIVET_H
#define GARITA_WEB_CIVET_CIVET_H

#include "web/request.h"

struct civet;        /* one per process */
struct civet_worker; /* one per thread */

/* What a reply goes to. send takes all bytes or returns false; the engine then stops. */
struct civet_io {
    bool (*send)(void *context, const void *data, size_t len);
    void *context;
};

/* A request as the engine read it. Texts live until the handler returns. */
struct civet_call {
    struct str method;
    struct http_header headers[REQUEST_MAX_HEADERS];
    size_t header_count;
    void *connection; /* the engine's */
    const struct civet_io *io;
};

/* Called once per request. Nonzero: the reply was sent. */
typedef void civet_handler(void *context, struct civet_call *call);

MUST_CHECK int civet_new(size_t max_header_bytes, struct civet **ret_civet);
void civet_free(struct civet *civet);
MUST_CHECK int civet_worker_new(struct civet *civet, civet_handler *handler,
                                struct civet_worker **ret_worker);
void civet_worker_free(struct civet_worker *worker);

/* Handles exactly one request: message is its head and body, already checked by http_check.h.
 * context goes to the handler. False when the engine did not understand it, nothing was sent. */
bool civet_serve(struct civet_worker *worker, struct str message, const struct civet_io *io,
                 void *context);

/* Inside the handler: the decoded body up to max_bytes into body. ERR_TOO_LARGE,
 * ERR_INVALID_SYNTAX, ERR_NO_MEMORY. */
MUST_CHECK int civet_read_body(struct civet_call *call, struct arena *a, size_t max_bytes,
                               struct str *ret_body);
/* Inside the handler: puts out bytes of the reply. False when the connection is gone. */
bool civet_write(struct civet_call *call, const void *data, size_t len);

#endif
