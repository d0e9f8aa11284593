/* The life of a connection: handshake, request, reply, and again. Each step goes on until the
 * network makes it wait; then the link is parked with a deadline and the thread is free. */
#include "web/worker.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <netinet/tcp.h>

#include "core/base/log.h"
#include "core/base/secret.h"
#include "web/pipeline.h"

#include "core/base/banned.h"

#define STACK_BYTES       ((size_t)256 << 10)
#define SCRATCH_BYTES     ((size_t)32 << 10)
#define TRANSFER_GRACE_MS 10000
#define CLOSING_MS        2000
#define CHUNKED_BODY_MS   30000
#define REQUESTS_IN_A_ROW 64
#define STREAM_PHASE_MS                                                                            \
    60000 /* a look is taken all the time: this is for workers that never come */
#define CHUNK_FRAME_BYTES  32
#define STATUS_BAD_REQUEST 400
#define STATUS_OVERLOADED  503

/* RFC 8446 5.1 */
#define TLS_RECORD_HEAD      5
#define TLS_RECORD_HANDSHAKE 22
#define TLS_RECORD_MOST      16384

struct worker {
    struct workshop *shop;
    pthread_t thread;
    struct civet_worker *civet;
    struct arena arena;
    char *scratch;
    struct link *link; /* at hand */
    bool drained;      /* the last read emptied the socket */
    bool again;        /* more requests lie here: come back after others had their turn */
    int fast;          /* for the crew */
    bool may_shortcut; /* so that a short read need not be confirmed by another */
};

/* Where the bytes of the request at hand are: in the worker's scratch while it is enough, else in
 * the link's own memory, which counts against the budget. */
struct input {
    char *ptr;
    size_t len;
    size_t cap;
};

static const struct web_limits *limits_of(const struct worker *w)
{
    return &w->shop->web->config.limits;
}

static struct input input_open(struct worker *w, struct link *l)
{
    if (l->in.ptr)
        return (struct input){l->in.ptr, l->in.len, l->in.cap};
    return (struct input){w->scratch, 0, SCRATCH_BYTES};
}

static bool input_is_scratch(const struct worker *w, const struct input *in)
{
    return in->ptr == w->scratch;
}

/* Makes the link own its bytes, with room for cap. */
static int input_move(struct worker *w, struct link *l, struct input *in, size_t cap)
{
    if (input_is_scratch(w, in)) {
        TRY(link_bytes_reserve(w->shop->lot, &l->in, cap));
        memcpy(l->in.ptr, in->ptr, in->len);
        secret_wipe(w->scratch, in->len);
    } else {
        l->in.len = in->len;
        TRY(link_bytes_reserve(w->shop->lot, &l->in, cap));
    }
    l->in.len = in->len;
    *in = (struct input){l->in.ptr, l->in.len, l->in.cap};
    return 0;
}

/* Before parking: nothing of this client stays in the scratch. */
static int input_park(struct worker *w, struct link *l, struct input *in)
{
    if (in->len == 0) {
        link_bytes_free(w->shop->lot, &l->in);
        return 0;
    }
    if (input_is_scratch(w, in))
        return input_move(w, l, in, in->len + 512);
    l->in.len = in->len;
    return 0;
}

static void input_consume(struct input *in, size_t len)
{
    size_t left = in->len - len;
    memmove(in->ptr, in->ptr + len, left);
    secret_wipe(in->ptr + left, len);
    in->len = left;
}

static int64_t transfer_ms(const struct worker *w, uint64_t bytes)
{
    int64_t rate = limits_of(w)->body_rate_bytes;
    return TRANSFER_GRACE_MS + (rate > 0 ? (int64_t)(bytes * 1000 / (uint64_t)rate) : 0);
}

/* All is said: an orderly end, without cutting off what the client has not read yet. */
static bool begin_closing(struct link *l)
{
    if (!l->linger)
        return false;
    tls_session_free(l->tls);
    l->tls = NULL;
    l->kind.is_tls = false;
    shutdown(l->fd, SHUT_WR);
    link_enter(l, LINK_CLOSING, CLOSING_MS);
    return true;
}

static bool drain(struct worker *w, struct link *l)
{
    ssize_t n;
    size_t total = 0;
    while ((n = recv(l->fd, w->scratch, SCRATCH_BYTES, 0)) > 0 && total < SCRATCH_BYTES * 64)
        total += (size_t)n;
    return n < 0 && (errno == EAGAIN || errno == EINTR);
}

/* After a reply or a piece of one: what the link does next. False: close it. */
static bool after_sending(struct worker *w, struct link *l)
{
    if (l->out.len) {
        link_enter(l, LINK_WRITING, transfer_ms(w, l->out.len));
        return true;
    }
    if (l->stream) {
        link_enter(l, LINK_STREAM, STREAM_PHASE_MS);
        return true;
    }
    if (l->close_after)
        return begin_closing(l);
    link_enter(l, LINK_IDLE, limits_of(w)->keep_alive_ms);
    return true;
}

/* --- replies that go on --- */

/* RFC 9112 7.1. */
static bool send_piece(struct worker *w, struct link *l, struct str piece, bool last)
{
    struct buf chunk;
    if (l->stream->plain)
        return link_send(w->shop->lot, l, piece.ptr, piece.len);
    buf_init(&chunk, &w->arena, STREAM_PIECE_MAX_BYTES + CHUNK_FRAME_BYTES);
    if (piece.len > 0)
        buf_printf(&chunk, "%zx\r\n", piece.len);
    buf_add(&chunk, piece);
    buf_add_c(&chunk, piece.len > 0 ? "\r\n" : "");
    buf_add_c(&chunk, last ? "0\r\n\r\n" : "");
    return !chunk.failed && link_send(w->shop->lot, l, chunk.ptr, chunk.len);
}

static void end_stream(struct worker *w, struct link *l)
{
    l->close_after = l->close_after || atomic_load(&w->shop->web->stopping);
    stream_close(l->stream);
    l->stream = NULL;
}

/* Until the stream has no more for now or the network makes us wait. False: close. */
static bool pump(struct worker *w, struct link *l)
{
    bool sent = true, more = true;
    while (l->stream && l->out.len == 0 && sent && more) {
        struct buf piece;
        buf_init(&piece, &w->arena, STREAM_PIECE_MAX_BYTES);
        bool goes_on = l->stream->pull(l->stream, &w->arena, &piece);
        sent = !piece.failed && send_piece(w, l, buf_str(&piece), !goes_on);
        more = piece.len > 0;
        arena_reset(&w->arena);
        if (!goes_on)
            end_stream(w, l);
    }
    return sent && after_sending(w, l);
}

/* A client that takes nothing and says nothing is asked by TCP whether it is still there. */
static bool begin_stream(struct worker *w, struct link *l, struct stream *stream)
{
    static const struct {
        int level, name, value;
    } options[] = {
        {SOL_SOCKET, SO_KEEPALIVE, 1},
        {IPPROTO_TCP, TCP_KEEPIDLE, 30},
        {IPPROTO_TCP, TCP_KEEPINTVL, 10},
        {IPPROTO_TCP, TCP_KEEPCNT, 3},
    };
    for (size_t i = 0; i < ARRAY_LEN(options); i++)
        (void)setsockopt(l->fd, options[i].level, options[i].name, &options[i].value,
                         sizeof(options[i].value));
    l->stream = stream;
    stream_attach(stream, w->shop->lot, l);
    return pump(w, l);
}

/* Nothing is read while a stream goes on, so that the end of the connection is not met on the way. */
static bool peer_is_gone(const struct link *l)
{
    struct pollfd p = {.fd = l->fd, .events = POLLRDHUP};
    return poll(&p, 1, 0) > 0 && (p.revents & (POLLRDHUP | POLLHUP | POLLERR));
}

static bool refuse(struct worker *w, struct link *l, int status)
{
    struct str reply = pipeline_refusal(status);
    l->close_after = true;
    l->linger = true;
    return link_send(w->shop->lot, l, reply.ptr, reply.len) && after_sending(w, l);
}

static void request_done(struct link *l)
{
    l->scanned = 0;
    l->head_done = false;
    l->sent_continue = false;
    l->body_refused = false;
    l->chunk_bytes = 0;
    l->chunks = (struct http_chunks){0};
}

static bool wants_body(const struct link *l)
{
    return !l->body_refused && (l->head.chunked || l->head.content_length > 0);
}

/* The head is whole: decides whether its body is worth waiting for. */
static int accept_head(struct worker *w, struct link *l, const char *start)
{
    struct http_head *h = &l->head;
    l->head_done = true;
    l->target_at = (size_t)(h->target.ptr - start);
    l->authority_at = h->authority.ptr ? (size_t)(h->authority.ptr - start) : 0;
    if (!h->chunked && h->content_length == 0)
        return 0;
    size_t cap = pipeline_body_cap(w->shop->web, l->kind.listener, h, &w->arena);
    arena_reset(&w->arena);
    l->body_refused = h->chunked ? cap == 0 : h->content_length > (int64_t)cap;
    if (!l->body_refused)
        link_enter(l, LINK_BODY,
                   h->chunked ? CHUNKED_BODY_MS : transfer_ms(w, (uint64_t)h->content_length));
    return 0;
}

static int check_body(struct worker *w, struct link *l, struct str bytes, size_t *ret_len)
{
    size_t used = 0, head_bytes = l->head.head_bytes;
    if (!wants_body(l) || !l->head.chunked) {
        *ret_len = head_bytes + (wants_body(l) ? (size_t)l->head.content_length : 0);
        return bytes.len >= *ret_len ? 0 : HTTP_CHECK_MORE;
    }
    size_t cap = pipeline_body_cap(w->shop->web, l->kind.listener, &l->head, &w->arena);
    int rc =
        http_check_chunks(&l->chunks, str_from(bytes, head_bytes + l->chunk_bytes), cap, &used);
    arena_reset(&w->arena);
    l->chunk_bytes += used;
    *ret_len = head_bytes + l->chunk_bytes;
    return rc;
}

/* 0 and the length of the request at the start of in; HTTP_CHECK_MORE; or a status to refuse with. */
static int next_request(struct worker *w, struct link *l, struct input *in, size_t *ret_len)
{
    if (!l->head_done) {
        /* RFC 9112 2.2: an empty line in front of a request is skipped. */
        while (in->len >= 2 && in->ptr[0] == '\r' && in->ptr[1] == '\n' && l->scanned < 2)
            input_consume(in, 2), l->scanned = 0;
        if (in->len == 0)
            return HTTP_CHECK_MORE;
        TRY(http_check_head(str_of(in->ptr, in->len), &w->shop->limits, &l->scanned, &l->head));
        TRY(accept_head(w, l, in->ptr));
    }
    struct str bytes = str_of(in->ptr, in->len);
    l->head.target.ptr = bytes.ptr + l->target_at;
    if (l->authority_at)
        l->head.authority.ptr = bytes.ptr + l->authority_at;
    return check_body(w, l, bytes, ret_len);
}

static bool send_reply(void *context, const void *data, size_t len)
{
    struct worker *w = context;
    return link_send(w->shop->lot, w->link, data, len);
}

/* The engine wants origin form: "GET http://host/x" becomes "GET /x" by moving the method. */
static struct str engine_view(const struct http_head *h, char *start, size_t len)
{
    if (!h->authority.ptr)
        return str_of(start, len);
    size_t method_bytes = (size_t)((char *)memchr(start, ' ', len) - start) + 1;
    char *moved = start + (h->target.ptr - start) - method_bytes;
    memmove(moved, start, method_bytes);
    return str_of(moved, len - (size_t)(moved - start));
}

static bool serve(struct worker *w, struct link *l, struct input *in, size_t len)
{
    struct web *web = w->shop->web;
    struct civet_io io = {send_reply, w};
    struct http_head head = l->head;
    struct str authority = arena_str(&w->arena, head.authority);
    struct exchange x = {
        .web = web,
        .arena = &w->arena,
        .head = &head,
        .listener = l->kind.listener,
        .redirects = l->kind.redirects,
        .https = l->kind.is_tls,
        .body_refused = l->body_refused,
        .keep_alive = head.keep_alive && !l->body_refused && !atomic_load(&web->stopping),
        .peer_ip = link_address(l, &w->arena),
        .peer_cert = l->kind.is_tls ? tls_session_peer_cert(l->tls) : str_of(NULL, 0),
    };
    struct str message = engine_view(&head, in->ptr, len);
    head.authority = authority;
    w->link = l;
    bool handled = civet_serve(w->civet, message, &io, &x);
    l->close_after = !x.keep_alive || !handled;
    l->linger = l->body_refused;
    arena_reset(&w->arena);
    input_consume(in, len);
    request_done(l);
    if (x.stream)
        return begin_stream(w, l, x.stream);
    return handled ? after_sending(w, l) : refuse(w, l, STATUS_BAD_REQUEST);
}

static bool send_continue(struct worker *w, struct link *l)
{
    static const char text[] = "HTTP/1.1 100 Continue\r\n\r\n";
    if (!l->head_done || !l->head.expects_continue || l->sent_continue || !wants_body(l))
        return true;
    l->sent_continue = true;
    return link_send(w->shop->lot, l, text, sizeof(text) - 1);
}

/* Reads more of the request. 1: got some; 0: park; -1: close. */
static int read_more(struct worker *w, struct link *l, struct input *in)
{
    if (w->drained)
        return 0;
    if (in->len == in->cap && input_move(w, l, in, in->cap * 2) != 0)
        return -1;
    size_t room = in->cap - in->len;
    ssize_t n = link_read(l, in->ptr + in->len, room);
    if (n == TLS_WANT_READ || n == TLS_WANT_WRITE)
        return 0;
    if (n <= 0)
        return -1;
    if (atomic_load_explicit(&l->phase, memory_order_relaxed) == LINK_IDLE)
        link_enter(l, LINK_HEADER, limits_of(w)->header_ms);
    in->len += (size_t)n;
    w->drained = w->may_shortcut && !l->kind.is_tls && (size_t)n < room;
    return 1;
}

static bool take_requests(struct worker *w, struct link *l)
{
    struct input in = input_open(w, l);
    for (int served = 0;;) {
        size_t len = 0;
        int rc = next_request(w, l, &in, &len);
        if (rc > 0) {
            secret_wipe(in.ptr, in.len);
            return refuse(w, l, rc);
        }
        if (rc == 0) {
            bool open = serve(w, l, &in, len);
            w->again = open && ++served == REQUESTS_IN_A_ROW;
            if (!open || l->out.len || l->stream || l->close_after || w->again)
                return open && input_park(w, l, &in) == 0;
            continue;
        }
        int more = send_continue(w, l) ? read_more(w, l, &in) : -1;
        if (more < 0) {
            secret_wipe(in.ptr, in.len);
            return false;
        }
        if (more == 0)
            return input_park(w, l, &in) == 0 || refuse(w, l, STATUS_OVERLOADED);
    }
}

/* Whether the first TLS record, the client's hello, is here as a whole. A connection that says
 * nothing or trickles costs no TLS session (which is 40 KiB). What is no TLS is for the library to
 * refuse. */
static bool has_hello(const struct link *l)
{
    unsigned char head[TLS_RECORD_HEAD];
    int waiting = 0;
    ssize_t n = recv(l->fd, head, sizeof(head), MSG_PEEK);
    if (n < 0)
        return errno != EAGAIN && errno != EINTR;
    if (n == 0 || head[0] != TLS_RECORD_HANDSHAKE)
        return true;
    if (n < (ssize_t)sizeof(head) || ioctl(l->fd, FIONREAD, &waiting) != 0)
        return false;
    int record = head[3] << 8 | head[4];
    return record > TLS_RECORD_MOST || waiting >= record + TLS_RECORD_HEAD;
}

/* 1: done; 0: park; -1: close. */
static int shake_hands(struct worker *w, struct link *l)
{
    if (l->handshake_done)
        return 1;
    if (!l->tls && !has_hello(l))
        return 0;
    if (!l->tls && tls_session_new(w->shop->tls, l->fd, &l->tls) != 0)
        return -1;
    int rc = tls_session_handshake(l->tls);
    if (rc == TLS_WANT_READ || rc == TLS_WANT_WRITE)
        return 0;
    if (rc != 0)
        return -1;
    l->handshake_done = true;
    link_enter(l, LINK_HEADER, limits_of(w)->header_ms);
    return 1;
}

/* As far as it goes without waiting. False: close. */
static bool turn(struct worker *w, struct link *l)
{
    if (l->out.len) {
        int rc = link_flush(w->shop->lot, l);
        if (rc == TLS_WANT_READ || rc == TLS_WANT_WRITE)
            return true;
        if (rc != 0 || !after_sending(w, l))
            return false;
    }
    if (l->stream) {
        if (peer_is_gone(l) || !pump(w, l))
            return false;
        if (l->stream || l->out.len)
            return true;
    }
    if (atomic_load_explicit(&l->phase, memory_order_relaxed) == LINK_CLOSING)
        return drain(w, l);
    int hands = shake_hands(w, l);
    if (hands <= 0)
        return hands == 0;
    if (!take_requests(w, l))
        return false;
    return atomic_load_explicit(&l->phase, memory_order_relaxed) != LINK_CLOSING || drain(w, l);
}

static void work(struct worker *w, struct link *l, uint32_t events)
{
    w->may_shortcut = !(events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR));
    do {
        w->drained = false;
        w->again = false;
        if (!turn(w, l)) {
            lot_close(w->shop->lot, l);
            return;
        }
        if (w->again) {
            lot_rearm(w->shop->lot, l);
            return;
        }
        w->may_shortcut = false;
    } while (!lot_release(l));
}

/* Takes one event and works on it. False at the stop. */
static bool watch(struct worker *w)
{
    struct crew *crew = &w->shop->crew;
    struct epoll_event ev;
    int n;
    do
        n = epoll_wait(w->shop->lot->epoll_fd, &ev, 1, -1);
    while (n != 1);
    if (ev.data.u64 == WORKER_STOP)
        return false;
    crew_begin(crew);
    int64_t from_ns = clock_monotonic_ns();
    struct link *l = lot_claim(w->shop->lot, ev.data.u64);
    if (l)
        work(w, l, ev.events);
    crew_end(crew, clock_monotonic_ns() - from_ns, &w->fast);
    return true;
}

static void *worker_main(void *argument)
{
    struct worker *w = argument;
    while (crew_watch(&w->shop->crew))
        if (!watch(w))
            return NULL;
    return NULL;
}

static void worker_free(struct worker *w)
{
    civet_worker_free(w->civet);
    arena_free(&w->arena);
    free(w->scratch);
    free(w);
}

static int start_thread(struct worker *w)
{
    pthread_attr_t attr;
    if (pthread_attr_init(&attr) != 0)
        return ERR_NO_MEMORY;
    (void)pthread_attr_setstacksize(&attr, STACK_BYTES);
    int rc = pthread_create(&w->thread, &attr, worker_main, w);
    pthread_attr_destroy(&attr);
    return rc == 0 ? 0 : ERR_NO_MEMORY;
}

int worker_start(struct workshop *shop, struct worker **ret_worker)
{
    struct worker *w = calloc(1, sizeof(*w));
    if (!w)
        return ERR_NO_MEMORY;
    w->shop = shop;
    w->scratch = malloc(SCRATCH_BYTES);
    arena_init(&w->arena, ARENA_REQUEST_MAX_BYTES);
    int rc = w->scratch ? civet_worker_new(shop->civet, pipeline_run, &w->civet) : ERR_NO_MEMORY;
    if (rc == 0)
        rc = start_thread(w);
    if (rc != 0) {
        worker_free(w);
        return rc;
    }
    *ret_worker = w;
    return 0;
}

void worker_join(struct worker *w)
{
    pthread_join(w->thread, NULL);
    worker_free(w);
}
