/* From a call to what core's token validation is given. */
#ifndef GARITA_WEB_GRPC_CALLER_H
#define GARITA_WEB_GRPC_CALLER_H

#include "core/validation/validation.h"
#include "web/grpc/internal.h"

/* Fills the call from its metadata and finds who asks. Addresses with too many refused callers behind
 * them wait: ERR_RATE_LIMITED. Else errors of validation_caller_find. */
MUST_CHECK int grpc_caller_find(struct grpc_work *w, struct validation_call *ret_call,
                                struct validation_caller *ret_caller);

#endif
