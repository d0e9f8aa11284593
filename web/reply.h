/* From a struct response to bytes: head and body leave in one write. */
#ifndef GARITA_WEB_REPLY_H
#define GARITA_WEB_REPLY_H

#include "web/pipeline.h"

/* Adds the headers that every reply has (WE-06) unless the handler set its own, and sends. Returns
 * the number of bytes sent. Clears x->keep_alive when the connection has to close. */
size_t reply_send(struct exchange *x, struct civet_call *call, const struct request *req,
                  struct response *res);

/* "Not Found" for 404. */
const char *reply_reason(int status);

#endif
