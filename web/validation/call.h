/* From a request to what core's token validation is given. */
#ifndef GARITA_WEB_VALIDATION_CALL_H
#define GARITA_WEB_VALIDATION_CALL_H

#include "core/validation/validation.h"
#include "web/request.h"

/* Fills the call from the request's headers; everything lives as long as the request.
 * ERR_NO_MEMORY. */
MUST_CHECK int validation_call_of(struct request *req, struct validation_call *ret_call);

#endif
