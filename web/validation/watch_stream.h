/* WatchRevocations over HTTPS: a watch as a stream of gRPC-Web or Connect. */
#ifndef GARITA_WEB_VALIDATION_WATCH_STREAM_H
#define GARITA_WEB_VALIDATION_WATCH_STREAM_H

#include "core/validation/validation.h"
#include "web/stream.h"
#include "web/validation/wire.h"

/* What a watch begins with: a call that was let in. */
struct watch_begin {
    struct wire wire;
    const struct validation_call *call; /* with its ground */
    const struct validation_caller *caller;
    struct str realm;
    struct str origin;   /* of a script on another's page; absent: none (WE-11) */
    int64_t deadline_ms; /* monotonic; 0: none */
};

/* The stream for the reply; what it needs of the request is copied. ERR_OVERLOADED, ERR_LIMIT_REACHED,
 * ERR_NOT_FOUND, ERR_NO_MEMORY, ERR_STORE_*. */
MUST_CHECK int watch_stream_open(struct request *req, const struct watch_begin *from,
                                 struct stream **ret_stream);

#endif
