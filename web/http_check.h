/* The strict door for HTTP/1 bytes: pure functions that look at a request before anything else
 * interprets it, so that no two readers can disagree about where it ends (HT-01, HT-03, HT-05). */
#ifndef GARITA_WEB_HTTP_CHECK_H
#define GARITA_WEB_HTTP_CHECK_H

#include "core/base/arena.h"
#include "web/request.h"

/* Results besides 0 are the HTTP status to refuse with; this one asks for more bytes. */
#define HTTP_CHECK_MORE (-1)

struct http_limits {
    size_t header_bytes; /* request line, header lines and the blank line */
    size_t uri_bytes;
    size_t header_count;
};

/* How a request is framed; views point into the bytes. */
struct http_head {
    enum http_method method;
    struct str target;    /* origin form: "/path?query"; absolute form without scheme and host */
    struct str authority; /* of an absolute-form target; absent otherwise */
    size_t head_bytes;
    int minor_version;      /* HTTP/1.x */
    bool chunked;           /* framed by chunks, else by content_length */
    int64_t content_length; /* 0 when none was sent */
    bool keep_alive;
    bool expects_continue;
};

/* bytes: what came so far, from the first byte of a request on. scanned: how many of them an
 * earlier call has seen (in), for the next call (out). 0 when the head is complete and good;
 * HTTP_CHECK_MORE; else 400, 414, 417, 431, 501 or 505, after which the connection must close. */
MUST_CHECK int http_check_head(struct str bytes, const struct http_limits *limits, size_t *scanned,
                               struct http_head *ret_head);

/* Progress through a chunked body (RFC 9112 7.1): no extensions, no trailers. Zeroed at start. */
struct http_chunks {
    int state;
    int digits;
    uint64_t left;  /* of this chunk */
    uint64_t total; /* of the body so far */
};

/* Takes bytes that follow the last call's. 0 when the body is complete, with the number of bytes
 * that belong to it; HTTP_CHECK_MORE when all belong to it; 400 or 413. */
MUST_CHECK int http_check_chunks(struct http_chunks *chunks, struct str bytes,
                                 uint64_t max_body_bytes, size_t *ret_used);

/* The path of an origin-form target, decoded once, and the query as sent (without '?', empty when
 * there is none). ERR_INVALID_SYNTAX for dot segments, "//", ';', encoded '/' and '\', control
 * bytes, bad escapes; ERR_INVALID_UTF8; ERR_NO_MEMORY (HT-05, IN-04). */
MUST_CHECK int http_path_decode(struct arena *a, struct str target, struct str *ret_path,
                                struct str *ret_query);

#endif
