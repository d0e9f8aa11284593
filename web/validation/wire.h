/* How calls of token validation come over HTTPS and how their answers leave: JSON, alone or as the
 * Connect protocol, Connect with Protocol Buffers, and gRPC-Web, in binary or as base64. What is
 * common to them is a message; everything else of a protocol is here. */
#ifndef GARITA_WEB_VALIDATION_WIRE_H
#define GARITA_WEB_VALIDATION_WIRE_H

#include "web/request.h"

enum wire_protocol { WIRE_CONNECT, WIRE_CONNECT_STREAM, WIRE_GRPC_WEB, WIRE_GRPC_WEB_TEXT };
enum wire_codec { WIRE_JSON, WIRE_PROTO };

struct wire {
    enum wire_protocol protocol;
    enum wire_codec codec;
};

#define WIRE_FRAME_PREFIX 5 /* flags and four bytes of length, in all framed protocols */

/* What a Content-Type stands for. False, with Connect and JSON, when it is none of ours. */
bool wire_of(struct str content_type, struct wire *ret_wire);
/* The same of a request; what is not known is Connect with JSON. */
struct wire wire_of_request(const struct request *req);

/* Headers that have to be right before anything is done: version, compression, deadline.
 * *ret_deadline_ms is on the monotonic clock, 0: none. ERR_INVALID_REQUEST, ERR_UNIMPLEMENTED. */
MUST_CHECK int wire_check(struct request *req, const struct wire *wire, int64_t *ret_deadline_ms);
/* The message in the request's body. ERR_INVALID_REQUEST, ERR_UNIMPLEMENTED (a compressed one),
 * ERR_NO_MEMORY. */
MUST_CHECK int wire_message(struct request *req, const struct wire *wire, struct str *ret_message);

/* The one message of a framed body. */
MUST_CHECK int wire_frame_read(struct str body, struct err_ctx *err, struct str *ret_message);
/* Base64 as gRPC-Web sends it: pieces that were encoded one by one, each padded. */
MUST_CHECK int wire_text_read(struct arena *a, struct str text, struct str *ret_bytes);

void wire_reply(struct request *req, struct response *res, const struct wire *wire,
                struct str message);
/* --- streams: all but WIRE_CONNECT have them --- */

/* Status and headers. */
void wire_stream_begin(struct request *req, struct response *res, const struct wire *wire);
void wire_stream_message(const struct wire *wire, struct arena *a, struct str message,
                         struct buf *out);
/* How it ended: 0, or an error with its detail. */
void wire_stream_end(const struct wire *wire, struct arena *a, int err,
                     const struct err_ctx *detail, struct buf *out);

/* In the protocol of the request. */
void wire_fail(struct request *req, struct response *res, int err);

#endif
