/* The wire form of replies. */
#include "web/reply.h"

#include <stdio.h>

#include "web/respond.h"
#include "web/stream.h"

#include "core/base/banned.h"

#define ONE_WRITE_BYTES     32768
#define HEAD_MAX_BYTES      ((size_t)64 << 10)
#define STATUS_SERVER_ERROR 500

static const struct {
    int status;
    const char *reason;
} reasons[] = {
    {200, "OK"},
    {201, "Created"},
    {202, "Accepted"},
    {204, "No Content"},
    {206, "Partial Content"},
    {301, "Moved Permanently"},
    {302, "Found"},
    {303, "See Other"},
    {304, "Not Modified"},
    {307, "Temporary Redirect"},
    {308, "Permanent Redirect"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {406, "Not Acceptable"},
    {408, "Request Timeout"},
    {409, "Conflict"},
    {410, "Gone"},
    {412, "Precondition Failed"},
    {413, "Content Too Large"},
    {414, "URI Too Long"},
    {415, "Unsupported Media Type"},
    {417, "Expectation Failed"},
    {421, "Misdirected Request"},
    {422, "Unprocessable Content"},
    {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {502, "Bad Gateway"},
    {503, "Service Unavailable"},
    {504, "Gateway Timeout"},
    {505, "HTTP Version Not Supported"},
    {507, "Insufficient Storage"},
};

const char *reply_reason(int status)
{
    for (size_t i = 0; i < ARRAY_LEN(reasons); i++)
        if (reasons[i].status == status)
            return reasons[i].reason;
    return "Unknown";
}

/* Names are as the handler spelled them, values complete: only what is missing is added. */
static void add_unless_set(struct buf *head, const struct response *res, const char *name,
                           const char *value)
{
    if (!respond_has_header(res, name))
        buf_printf(head, "%s: %s\r\n", name, value);
}

static void add_security_headers(struct buf *head, const struct web *web, const struct request *req,
                                 const struct response *res)
{
    add_unless_set(head, res, "X-Content-Type-Options", "nosniff");
    add_unless_set(head, res, "Referrer-Policy", "no-referrer");
    add_unless_set(head, res, "Content-Security-Policy",
                   "default-src 'none'; frame-ancestors 'none'");
    add_unless_set(head, res, "Cache-Control", "no-store");
    /* RFC 6797 7.2: only over a secure connection. */
    if (req->https && web->config.hsts_max_age_s > 0 &&
        !respond_has_header(res, "Strict-Transport-Security"))
        buf_printf(head, "Strict-Transport-Security: max-age=%lld\r\n",
                   (long long)web->config.hsts_max_age_s);
}

/* RFC 9110 8.6: no length with 1xx and 204; with 304 none is needed. */
static bool has_length(int status)
{
    return status >= 200 && status != 204 && status != 304;
}

static void add_head(struct buf *head, const struct exchange *x, const struct request *req,
                     const struct response *res)
{
    char date[30];
    clock_http_date(req->now.wall_ms, date);
    buf_printf(head, "HTTP/1.1 %d %s\r\nDate: %s\r\n", res->status, reply_reason(res->status),
               date);
    buf_add(head, buf_str(&res->headers));
    add_security_headers(head, x->web, req, res);
    if (res->stream && !res->stream->plain)
        buf_add(head, STR("Transfer-Encoding: chunked\r\n"));
    else if (!res->stream && has_length(res->status))
        buf_printf(head, "Content-Length: %zu\r\n", res->body.len);
    if (!x->keep_alive)
        buf_add(head, STR("Connection: close\r\n"));
    else if (x->head->minor_version == 0)
        buf_add(head, STR("Connection: keep-alive\r\n"));
    buf_add(head, STR("\r\n"));
}

/* HT-04: a reply whose headers or body did not come about is not sent in part. */
static void repair(const struct request *req, struct response *res)
{
    bool sound = res->status >= 200 && res->status <= 599;
    if (sound && !res->headers.failed && !res->body.failed)
        return;
    buf_init(&res->headers, req->arena, HEAD_MAX_BYTES);
    buf_free(&res->body);
    buf_init(&res->body, req->arena, HEAD_MAX_BYTES);
    stream_close(res->stream);
    res->stream = NULL;
    respond_json(res, STATUS_SERVER_ERROR, STR("{\"error\":\"server_error\"}"));
    res->no_body = false;
    res->close = true;
}

/* RFC 9112 6.3: HTTP/1.0 knows no chunks, there the end of the connection is that of the body. */
static void begin_stream(struct exchange *x, struct response *res)
{
    if (!res->stream)
        return;
    res->stream->plain = x->head->minor_version == 0;
    res->close = res->close || res->stream->plain;
    x->stream = res->stream;
}

size_t reply_send(struct exchange *x, struct civet_call *call, const struct request *req,
                  struct response *res)
{
    struct buf head;
    repair(req, res);
    begin_stream(x, res);
    if (res->close)
        x->keep_alive = false;
    bool with_body = has_length(res->status) && !res->no_body && req->method != HTTP_HEAD;
    size_t body = with_body ? res->body.len : 0;
    if (res->no_body && has_length(res->status))
        buf_clear(&res->body);
    buf_init(&head, NULL, HEAD_MAX_BYTES + ONE_WRITE_BYTES);
    add_head(&head, x, req, res);
    bool joined = body && head.len + body <= ONE_WRITE_BYTES;
    if (joined)
        buf_add(&head, buf_str(&res->body));
    if (head.failed || !civet_write(call, head.ptr, head.len) ||
        (body && !joined && !civet_write(call, res->body.ptr, body)))
        x->keep_alive = false;
    size_t sent = head.len + (joined ? 0 : body);
    buf_free(&head);
    return sent;
}

/* Refusals of the transport are constant texts: nothing of a malformed request comes back. */
#define REFUSAL(status, reason)                                                                    \
    {                                                                                              \
        status, STR_INIT("HTTP/1.1 " #status " " reason "\r\n"                                     \
                         "Content-Type: application/json\r\n"                                      \
                         "Content-Length: 27\r\n"                                                  \
                         "X-Content-Type-Options: nosniff\r\n"                                     \
                         "Referrer-Policy: no-referrer\r\n"                                        \
                         "Content-Security-Policy: default-src 'none'; frame-ancestors 'none'\r\n" \
                         "Cache-Control: no-store\r\n"                                             \
                         "Connection: close\r\n\r\n"                                               \
                         "{\"error\":\"invalid_request\"}")                                        \
    }

static const struct {
    int status;
    struct str text;
} refusals[] = {
    REFUSAL(400, "Bad Request"),
    REFUSAL(413, "Content Too Large"),
    REFUSAL(414, "URI Too Long"),
    REFUSAL(417, "Expectation Failed"),
    REFUSAL(431, "Request Header Fields Too Large"),
    REFUSAL(501, "Not Implemented"),
    REFUSAL(503, "Service Unavailable"),
    REFUSAL(505, "HTTP Version Not Supported"),
};

struct str pipeline_refusal(int status)
{
    for (size_t i = 0; i < ARRAY_LEN(refusals); i++)
        if (refusals[i].status == status)
            return refusals[i].text;
    return refusals[0].text;
}
