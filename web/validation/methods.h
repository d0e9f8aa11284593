/* The methods of garita.token.v1.TokenValidation for every protocol: a message in, a message out. Who
 * asks is known by then. Each exists once for messages in protobuf's JSON mapping and once for
 * Protocol Buffers. */
#ifndef GARITA_WEB_VALIDATION_METHODS_H
#define GARITA_WEB_VALIDATION_METHODS_H

#include "core/validation/validation.h"

/* Errors of reading the message (ERR_INVALID_REQUEST, ERR_INVALID_SYNTAX, ERR_INVALID_UTF8), those of
 * core/validation, and of writing the answer. */
typedef int validation_method(const struct validation_call *call,
                              const struct validation_caller *caller, struct str message,
                              struct buf *out);

validation_method json_validate, json_validate_batch, json_introspect, json_user_context,
    json_revoke;
validation_method proto_validate, proto_validate_batch, proto_introspect, proto_user_context,
    proto_revoke;

/* WatchRevocations: whether it may begin, or go on. out: the name of the realm that is watched. */
validation_method json_watch, proto_watch;

#endif
