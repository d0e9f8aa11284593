/* Writing requests anew, and running those of others. */
#include "web/relay.h"

#include <stdlib.h>

#include "web/cors.h"
#include "web/listen.h"
#include "web/respond.h"
#include "web/stream.h"

#include "core/base/banned.h"

#define MESSAGE_MAX_BYTES ((size_t)1 << 20)
#define HEAD_MORE_BYTES   512 /* that a head may grow when it is written anew */
#define STATUS_AT         9   /* "HTTP/1.1 200 OK" */
#define STATUS_LEN        3

/* --- On the standby --- */

/* Of the connection, not of the request (RFC 9110 7.6.1), or of how its body is framed, which is done anew. */
static bool is_of_connection(struct str name)
{
    static const char *const names[] = {"Connection",        "Keep-Alive", "Proxy-Connection",
                                        "Transfer-Encoding", "TE",         "Trailer",
                                        "Upgrade",           "Expect",     "Content-Length"};
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (str_ieq(name, str_c(names[i])))
            return true;
    return false;
}

static void write_host(struct buf *b, struct str origin)
{
    ptrdiff_t at = str_find_str(origin, STR("://"));
    buf_add(b, STR("Host: "));
    buf_add(b, at < 0 ? origin : str_from(origin, (size_t)at + 3));
    buf_add(b, STR("\r\n"));
}

static void write_message(struct buf *b, const struct exchange *x, const struct request *req)
{
    buf_add(b, cors_method_list(req->arena, req->method));
    buf_add(b, STR(" "));
    buf_add(b, x->head->target);
    buf_add(b, STR(" HTTP/1.1\r\n"));
    for (size_t i = 0; i < req->header_count; i++) {
        const struct http_header *h = &req->headers[i];
        if (is_of_connection(h->name))
            continue;
        buf_add(b, h->name);
        buf_add(b, STR(": "));
        buf_add(b, h->value);
        buf_add(b, STR("\r\n"));
    }
    if (str_absent(request_header(req, STR("Host")))) /* HTTP/1.0; any other needs one */
        write_host(b, req->own_origin);
    buf_printf(b, "Content-Length: %zu\r\n\r\n", req->body.len);
    buf_add(b, req->body);
}

static int take_status(struct response *res, struct str answer)
{
    int64_t status;
    if (str_to_i64(str_sub(answer, STATUS_AT, STATUS_LEN), &status) != 0 || status < 200 ||
        status > 599)
        return ERR_UPSTREAM;
    res->status = (int)status;
    return 0;
}

int relay_pass_on(struct exchange *x, const struct request *req, struct response *res,
                  struct buf *ret_answer)
{
    const struct web_services *s = &x->web->services;
    struct web_relayed relayed = {.client_ip = req->client_ip,
                                  .public_origin = req->public_origin,
                                  .own_origin = req->own_origin,
                                  .https = req->https,
                                  .listener = req->listener};
    struct buf message;
    bool ends = false;
    if (!s->pass_on || x->relayed || req->listener == LISTENER_MANAGEMENT)
        return ERR_STORE_STANDBY;
    buf_init(&message, NULL, MESSAGE_MAX_BYTES + 1);
    write_message(&message, x, req);
    int err = buf_finish(&message, &relayed.message);
    if (err == 0)
        err = s->pass_on(s->context, &relayed, ret_answer, &ends);
    buf_free(&message);
    if (err == ERR_TOO_LARGE)
        return ERR_STORE_STANDBY; /* such a one is for the primary itself */
    TRY(err);
    /* RFC 9112 9.3: a client of HTTP/1.0 was not told that the connection stays. */
    x->keep_alive = x->keep_alive && !ends && x->head->minor_version > 0;
    err = take_status(res, buf_str(ret_answer));
    if (err != 0)
        buf_free(ret_answer);
    return err;
}

/* --- On the primary --- */

struct web_relay {
    struct web *web;
    struct civet_worker *civet;
    struct arena arena;
};

int web_relay_open(struct web *web, struct web_relay **ret_relay)
{
    struct web_relay *r = calloc(1, sizeof(*r));
    if (!r)
        return ERR_NO_MEMORY;
    r->web = web;
    arena_init(&r->arena, ARENA_REQUEST_MAX_BYTES);
    int err = civet_worker_new(listen_civet(web->listen), pipeline_run, &r->civet);
    if (err != 0) {
        web_relay_close(r);
        return err;
    }
    *ret_relay = r;
    return 0;
}

void web_relay_close(struct web_relay *r)
{
    if (!r)
        return;
    civet_worker_free(r->civet);
    arena_free(&r->arena);
    free(r);
}

static bool add_to_answer(void *context, const void *data, size_t len)
{
    struct buf *out = context;
    buf_add_bytes(out, data, len);
    return !out->failed;
}

/* Whoever wrote it is another machine: it is read as strictly as a client's. */
static int check(const struct web_relay *r, const struct web_relayed *relayed,
                 struct http_head *ret_head)
{
    const struct web_limits *limits = &r->web->config.limits;
    const struct http_limits most = {.header_bytes = limits->header_bytes + HEAD_MORE_BYTES,
                                     .uri_bytes = limits->uri_bytes,
                                     .header_count = REQUEST_MAX_HEADERS};
    size_t scanned = 0;
    if (relayed->listener == LISTENER_MANAGEMENT ||
        http_check_head(relayed->message, &most, &scanned, ret_head) != 0)
        return ERR_INVALID_REQUEST;
    bool whole = !ret_head->chunked && str_absent(ret_head->authority) &&
                 relayed->message.len - ret_head->head_bytes == (size_t)ret_head->content_length;
    return whole ? 0 : ERR_INVALID_REQUEST;
}

int web_relay_answer(struct web_relay *r, const struct web_relayed *relayed, struct buf *out,
                     bool *ret_ends)
{
    const struct civet_io io = {add_to_answer, out};
    struct http_head head;
    TRY(check(r, relayed, &head));
    size_t cap = pipeline_body_cap(r->web, relayed->listener, &head, &r->arena);
    arena_reset(&r->arena);
    struct exchange x = {.web = r->web,
                         .arena = &r->arena,
                         .head = &head,
                         .listener = relayed->listener,
                         .https = relayed->https,
                         .body_refused = head.content_length > (int64_t)cap,
                         .keep_alive = true,
                         .relayed = relayed,
                         .peer_ip = relayed->client_ip};
    bool handled = civet_serve(r->civet, relayed->message, &io, &x);
    bool streams = x.stream != NULL; /* none of what changes something does */
    stream_close(x.stream);
    arena_reset(&r->arena);
    *ret_ends = !x.keep_alive;
    if (!handled)
        return ERR_INVALID_REQUEST;
    return out->failed || streams ? ERR_UNANSWERED : 0;
}
