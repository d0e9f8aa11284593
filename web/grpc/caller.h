/* From a call to what core's token validation is given. */
#ifndef GARITA_WEB_GRPC_CALLER_H
#define GARITA_WEB_GRPC_CALLER_H

#include "core/validation/validation.h"
#include "web/grpc/internal.h"

/* Whether so many callers from this address were refused that it has to wait, whoever asks: also those
 * whom a kept answer would know. Takes no lock. */
bool grpc_caller_waits(const struct grpc_server *server, struct str peer_ip, struct now now);
/* Fills the call from its metadata and finds who asks. Addresses with too many refused callers behind
 * them wait: ERR_RATE_LIMITED. Else errors of validation_caller_find. */
MUST_CHECK int grpc_caller_find(struct grpc_work *w, struct validation_call *ret_call,
                                struct validation_caller *ret_caller);

#endif
