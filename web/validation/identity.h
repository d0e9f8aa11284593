/* Who a token speaks for, as the header fields that proxies pass on: the same for forward
 * authentication and for Envoy. */
#ifndef GARITA_WEB_VALIDATION_IDENTITY_H
#define GARITA_WEB_VALIDATION_IDENTITY_H

#include "core/validation/validation.h"
#include "web/request.h"

#define IDENTITY_HEADERS 10

struct identity {
    struct http_header headers[IDENTITY_HEADERS]; /* all of them; a value may be empty */
};

/* Of an active answer; in the arena. Values are safe in a header: bytes that mean something in one,
 * or in a list of ours, are %XX. ERR_TOO_LARGE beyond 8 KiB of one value, errors of json_parse. */
MUST_CHECK int identity_of(struct arena *a, const struct validation_answer *answer,
                           struct identity *ret_identity);

#endif
