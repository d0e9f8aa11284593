/* One HTTP request and its reply, as handlers see them: already bounded, decoded once and checked
 * by the pipeline. Everything lives in the request's arena and is zeroed after the reply. */
#ifndef GARITA_WEB_REQUEST_H
#define GARITA_WEB_REQUEST_H

#include "core/base/arena.h"
#include "core/base/buf.h"
#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/codec/form.h"

enum http_method {
    HTTP_GET = 1,
    HTTP_HEAD = 2,
    HTTP_POST = 4,
    HTTP_PUT = 8,
    HTTP_DELETE = 16,
    HTTP_OPTIONS = 32,
    HTTP_PATCH = 64
};

/* With a listener of its own the administration (/admin) is on no other one, and nothing else is on it
 * (AD-11). */
enum listener { LISTENER_PUBLIC, LISTENER_ADMIN, LISTENER_MANAGEMENT };

struct http_header {
    struct str name; /* as sent; compare with str_ieq */
    struct str value;
};

#define REQUEST_MAX_HEADERS     64
#define REQUEST_MAX_PATH_PARAMS 8

struct route;
struct store;
struct realm_view;
struct stream;

struct request {
    struct arena *arena;
    struct now now;
    struct err_ctx err;
    enum listener listener;

    enum http_method method;
    struct str path;      /* decoded once, without the base path; no dot segments, no "//" */
    struct str raw_query; /* as sent, without '?' */
    struct http_header headers[REQUEST_MAX_HEADERS];
    size_t header_count;
    struct str body; /* complete; at most the route's cap */

    struct str public_origin; /* "https://id.example.pe", never from an unchecked header (WE-09) */
    struct str own_origin;    /* of the listener that was asked; differs for administration alone */
    bool https;               /* the client's hop, trusted proxies considered */
    struct str client_ip;     /* likewise (WE-10); text form */
    struct str peer_cert;     /* DER of the TLS client certificate, or absent */
    struct str trace_id;      /* traceparent's (W3C) or fresh: 32 hex digits */
    struct str tenant_id;     /* for the log line; set when the realm is known */
    struct str user_id;       /* for the log line */

    const struct route *route;
    struct str params[REQUEST_MAX_PATH_PARAMS]; /* {name} parts of the route's pattern, in order */

    const struct web *web;         /* configuration and services, see web/web.h */
    struct realm_view *realm;      /* set by the pipeline on routes with {realm} */
    struct str nonce;              /* CSP nonce of this reply: request_nonce */
    const struct form *query_form; /* parsed once: request_query, request_form */
    const struct form *body_form;
};

struct response {
    int status;         /* 0: the handler has not answered */
    struct buf headers; /* complete lines "Name: value\r\n" */
    struct buf body;
    struct stream *stream; /* the body comes from here instead (web/stream.h); owned */
    bool no_body;          /* e.g. 204, 304 */
    bool close;            /* close the connection after this reply */
    bool not_yet;   /* a 400 that leaves no event behind: a device is told to ask again later */
    bool elsewhere; /* a standby's refusal: the primary can do it */
    bool refused; /* it refuses like a 400 or 401, in a protocol whose status is 200 all the same */
};

/* The header's value; absent when it was not sent. The pipeline has refused repeats of headers that
 * may stand only once. */
struct str request_header(const struct request *req, struct str name);
/* The cookie's value; absent when it was not sent or is malformed. */
struct str request_cookie(const struct request *req, struct str name);
/* Parsed once on demand. ERR_INVALID_REQUEST (with the name in err.field) on malformed encoding,
 * invalid UTF-8, NUL, or a repeated name (RFC 6749 3.1). */
MUST_CHECK int request_query(struct request *req, const struct form **ret_form);
/* The same where parameters may be lists; who reads a single one uses form_get_once. A request is read in
 * one of the two ways. */
MUST_CHECK int request_query_with_lists(struct request *req, const struct form **ret_form);
/* As above for an application/x-www-form-urlencoded body; ERR_UNSUPPORTED_MEDIA_TYPE otherwise. */
MUST_CHECK int request_form(struct request *req, const struct form **ret_form);
MUST_CHECK int request_form_with_lists(struct request *req, const struct form **ret_form);
/* The nonce of this reply for scripts and styles, made on first use; respond_html puts it into the
 * Content-Security-Policy. Absent when the arena is exhausted. */
struct str request_nonce(struct request *req);
/* Whether the client would rather have HTML than JSON: a browser that navigates. */
bool request_wants_html(const struct request *req);

#endif
