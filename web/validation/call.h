/* From a request to what core's token validation is given. */
#ifndef GARITA_WEB_VALIDATION_CALL_H
#define GARITA_WEB_VALIDATION_CALL_H

#include "core/validation/validation.h"
#include "web/request.h"

/* Fills the call from the request's headers; everything lives as long as the request.
 * ERR_NO_MEMORY. */
MUST_CHECK int validation_call_of(struct request *req, struct validation_call *ret_call);
/* A copy for who asks again when the request is long over: its texts are in own. arena, now, err and
 * ground are left out, for each question to set. ERR_NO_MEMORY. */
MUST_CHECK int validation_call_keep(struct arena *own, const struct validation_call *call,
                                    struct validation_call *ret_call);

#endif
