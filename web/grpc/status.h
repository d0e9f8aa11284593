/* gRPC status: codes, the one place that turns our errors into them, and what goes out with them. */
#ifndef GARITA_WEB_GRPC_STATUS_H
#define GARITA_WEB_GRPC_STATUS_H

#include "core/base/arena.h"
#include "core/base/buf.h"
#include "core/base/err.h"

enum grpc_code {
    GRPC_OK,
    GRPC_CANCELLED,
    GRPC_UNKNOWN,
    GRPC_INVALID_ARGUMENT,
    GRPC_DEADLINE_EXCEEDED,
    GRPC_NOT_FOUND,
    GRPC_ALREADY_EXISTS,
    GRPC_PERMISSION_DENIED,
    GRPC_RESOURCE_EXHAUSTED,
    GRPC_FAILED_PRECONDITION,
    GRPC_ABORTED,
    GRPC_OUT_OF_RANGE,
    GRPC_UNIMPLEMENTED,
    GRPC_INTERNAL,
    GRPC_UNAVAILABLE,
    GRPC_DATA_LOSS,
    GRPC_UNAUTHENTICATED,
    GRPC_CODES
};

#define GRPC_MESSAGE_MAX 256
#define GRPC_DETAILS_MAX 1024

/* How a call ends. */
struct grpc_status {
    enum grpc_code code;
    char message[GRPC_MESSAGE_MAX]; /* for people; empty: none */
    char reason[64];                /* of google.rpc.ErrorInfo; empty: none */
    char field[64];                 /* of google.rpc.BadRequest; empty: none */
};

/* "NOT_FOUND"; for metrics and logs. */
const char *grpc_code_name(enum grpc_code code);
struct grpc_status grpc_status_of(enum grpc_code code, const char *message);
/* From an error of core: the code and the text of status.def, or the detail where the line there says
 * so. */
struct grpc_status grpc_status_from(int err, const struct err_ctx *detail);

/* The message as grpc-message carries it: printable ASCII, the rest as %XX. Room for three times the
 * text and a NUL. */
void grpc_message_encode(struct str message, struct buf *out);
/* google.rpc.Status with ErrorInfo and BadRequest, as base64 for grpc-status-details-bin. Writes
 * nothing when there is no more to say than code and message. */
void grpc_details_encode(const struct grpc_status *status, struct buf *out);
/* Its details as messages: google.rpc.ErrorInfo and BadRequest. */
void grpc_error_info_write(const struct grpc_status *status, struct buf *out);
void grpc_bad_request_write(const struct grpc_status *status, struct buf *out);
/* google.rpc.Status as a message. */
void grpc_status_write(const struct grpc_status *status, struct buf *out);

#endif
