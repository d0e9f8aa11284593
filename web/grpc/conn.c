/* One connection: bytes in and out, plain or TLS, its limits, its end. */
#include "web/grpc/internal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/base/secret.h"
#include "core/codec/base64.h"
#include "core/crypto/digest.h"

#include "core/base/banned.h"

#define CALM_MAX       1000
#define CALM_PER_S     50
#define HELD_MAX_BYTES ((size_t)16 << 20) /* of one connection */
#define READS_IN_A_ROW 16
#define FRAME_BYTES    ((size_t)16384 + 9)
#define WRITE_GRACE_MS 10000
#define CLOSING_MS     2000
#define GOODBYE_MS     100
#define PING_AFTER_MS  30000
#define PING_ANSWER_MS 20000
#define DISCARD_BYTES  ((size_t)1 << 20)

struct now grpc_now(const struct grpc_conn *conn)
{
    return conn->loop ? conn->loop->now : clock_now();
}

static int64_t now_ms(const struct grpc_conn *conn)
{
    return grpc_now(conn).monotonic_ms;
}

static const struct web_limits *limits_of(const struct grpc_conn *conn)
{
    return &conn->server->web->config.limits;
}

bool grpc_conn_charge(struct grpc_conn *conn, int64_t cost)
{
    int64_t now = now_ms(conn), gain = (now - conn->calm_ms) * CALM_PER_S / 1000;
    if (cost == 0)
        return true;
    if (gain > 0) {
        conn->calm = conn->calm + gain < CALM_MAX ? conn->calm + gain : CALM_MAX;
        conn->calm_ms = now;
    }
    conn->calm -= cost;
    return conn->calm >= 0;
}

void grpc_conn_reward(struct grpc_conn *conn, int64_t gain)
{
    conn->calm = conn->calm + gain < CALM_MAX ? conn->calm + gain : CALM_MAX;
}

int grpc_conn_hold(struct grpc_conn *conn, struct grpc_call *call, size_t bytes)
{
    struct grpc_counters *c = &conn->server->counters;
    if (conn->held_bytes + bytes > HELD_MAX_BYTES)
        return ERR_LIMIT_REACHED;
    long long held = atomic_fetch_add(&c->held_bytes, (long long)bytes) + (long long)bytes;
    if (held > (long long)limits_of(conn)->parked_bytes) {
        atomic_fetch_sub(&c->held_bytes, (long long)bytes);
        return ERR_OVERLOADED;
    }
    conn->held_bytes += bytes;
    call->held_bytes += bytes;
    return 0;
}

void grpc_conn_release(struct grpc_conn *conn, struct grpc_call *call, size_t bytes)
{
    atomic_fetch_sub(&conn->server->counters.held_bytes, (long long)bytes);
    conn->held_bytes -= bytes;
    call->held_bytes -= bytes;
}

static void watch(struct grpc_conn *conn, uint32_t events)
{
    struct epoll_event ev = {.events = events, .data.ptr = conn};
    if (events == conn->events)
        return;
    conn->events = events;
    (void)epoll_ctl(conn->loop->epoll_fd, EPOLL_CTL_MOD, conn->fd, &ev);
}

static void set_deadline(struct grpc_conn *conn, int64_t time_ms)
{
    conn->deadline_ms = now_ms(conn) + time_ms;
    grpc_loop_need_check(conn->loop, conn->deadline_ms);
}

/* Who is idle longest goes; of several who came first, and the list has the newest first. */
static bool close_one(struct grpc_loop *loop)
{
    struct grpc_conn *worst = NULL;
    for (struct grpc_conn *c = loop->conns; c; c = c->next)
        if (c->call_count == 0 && !c->dead && (!worst || c->read_ms <= worst->read_ms))
            worst = c;
    if (!worst)
        return false;
    grpc_session_terminate(worst, NGHTTP2_NO_ERROR);
    grpc_conn_flush(worst);
    grpc_conn_free(worst);
    return true;
}

static struct grpc_conn *conn_new(struct grpc_loop *loop, int fd, const char *peer_ip)
{
    struct grpc_server *server = loop->server;
    struct grpc_conn *conn = calloc(1, sizeof(*conn));
    if (!conn)
        return NULL;
    conn->server = server;
    conn->loop = loop;
    conn->fd = fd;
    conn->is_tls = server->tls != NULL;
    conn->calm = CALM_MAX;
    conn->calm_ms = conn->read_ms = loop->now.monotonic_ms;
    (void)snprintf(conn->peer_ip, sizeof(conn->peer_ip), "%s", peer_ip);
    if ((conn->is_tls && tls_session_new(server->tls, fd, &conn->tls) != 0) ||
        grpc_session_open(conn) != 0) {
        tls_session_free(conn->tls);
        nghttp2_session_del(conn->session);
        free(conn);
        return NULL;
    }
    conn->next = loop->conns;
    conn->link = &loop->conns;
    if (conn->next)
        conn->next->link = &conn->next;
    loop->conns = conn;
    loop->conn_count++;
    atomic_fetch_add(&server->counters.connections, 1);
    atomic_fetch_add(&server->counters.accepted, 1);
    return conn;
}

/* Every thread has its share of the connections. When it is used up an idle peer makes room, so that
 * silent ones cannot lock others out. */
static bool make_room(struct grpc_loop *loop)
{
    const struct grpc_server *server = loop->server;
    size_t share = (server->config.connections + server->loop_count - 1) / server->loop_count;
    return loop->conn_count < share || close_one(loop);
}

void grpc_conn_accept(struct grpc_loop *loop, int fd, const char *peer_ip)
{
    struct grpc_counters *c = &loop->server->counters;
    struct grpc_conn *conn = NULL;
    if (make_room(loop))
        conn = conn_new(loop, fd, peer_ip);
    if (!conn) {
        atomic_fetch_add(&c->refused, 1);
        close(fd);
        return;
    }
    conn->handshaken = !conn->is_tls;
    conn->events = EPOLLIN;
    struct epoll_event ev = {.events = EPOLLIN, .data.ptr = conn};
    /* Until it has greeted it has no more time than a header or a handshake has. */
    set_deadline(conn, conn->is_tls ? limits_of(conn)->handshake_ms : limits_of(conn)->header_ms);
    if (epoll_ctl(loop->epoll_fd, EPOLL_CTL_ADD, fd, &ev) != 0)
        grpc_conn_free(conn);
    else if (!conn->is_tls)
        grpc_conn_flush(conn);
}

void grpc_conn_free(struct grpc_conn *conn)
{
    grpc_session_close(conn);
    tls_session_free(conn->tls);
    if (conn->out) {
        secret_wipe(conn->out, conn->out_len);
        free(conn->out);
    }
    close(conn->fd);
    conn->loop->conn_count--;
    *conn->link = conn->next;
    if (conn->next)
        conn->next->link = conn->link;
    atomic_fetch_sub(&conn->server->counters.connections, 1);
    free(conn);
}

/* --- out --- */

/* Bytes that the socket took; -1 when it is broken. */
static ssize_t write_some(struct grpc_conn *conn, const char *data, size_t len)
{
    size_t sent = 0;
    while (sent < len) {
        ssize_t n = conn->is_tls ? tls_session_write(conn->tls, data + sent, len - sent)
                                 : send(conn->fd, data + sent, len - sent, MSG_NOSIGNAL);
        if (n > 0) {
            sent += (size_t)n;
            continue;
        }
        if (conn->is_tls ? n == TLS_WANT_WRITE || n == TLS_WANT_READ
                         : n < 0 && (errno == EAGAIN || errno == EINTR))
            break;
        return -1;
    }
    return (ssize_t)sent;
}

static bool keep(struct grpc_conn *conn, const char *data, size_t len)
{
    int64_t rate = limits_of(conn)->body_rate_bytes;
    conn->out = malloc(len);
    if (!conn->out)
        return false;
    memcpy(conn->out, data, len);
    conn->out_len = len;
    conn->out_sent = 0;
    set_deadline(conn, WRITE_GRACE_MS + (rate > 0 ? (int64_t)len * 1000 / rate : 0));
    return true;
}

/* 1: nothing waits; 0: the socket is full; -1: broken. */
static int send_kept(struct grpc_conn *conn)
{
    if (!conn->out)
        return 1;
    ssize_t n = write_some(conn, conn->out + conn->out_sent, conn->out_len - conn->out_sent);
    if (n < 0)
        return -1;
    conn->out_sent += (size_t)n;
    if (conn->out_sent < conn->out_len)
        return 0;
    secret_wipe(conn->out, conn->out_len);
    free(conn->out);
    conn->out = NULL;
    conn->deadline_ms = 0;
    return 1;
}

static int send_batch(struct grpc_conn *conn, const char *data, size_t len)
{
    ssize_t n = write_some(conn, data, len);
    if (n < 0)
        return -1;
    if ((size_t)n == len)
        return 1;
    return keep(conn, data + n, len - (size_t)n) ? 0 : -1;
}

/* Gathers frames, so that one write carries many. */
static int send_queued(struct grpc_conn *conn)
{
    char *scratch = conn->loop->scratch;
    size_t len = 0;
    for (;;) {
        const uint8_t *frame;
        ssize_t n = nghttp2_session_mem_send(conn->session, &frame);
        if (n < 0)
            return -1;
        if (n > 0 && (size_t)n <= GRPC_SCRATCH_BYTES - len) {
            memcpy(scratch + len, frame, (size_t)n);
            len += (size_t)n;
            if (len < GRPC_SCRATCH_BYTES - FRAME_BYTES)
                continue;
        }
        int rc = len > 0 ? send_batch(conn, scratch, len) : 1;
        len = 0;
        if (n == 0 || rc <= 0)
            return rc;
    }
}

static void begin_closing(struct grpc_conn *conn)
{
    if (conn->closing)
        return;
    conn->closing = true;
    /* The last word must not be lost to a reset: what still comes is read and thrown away. */
    tls_session_free(conn->tls);
    conn->tls = NULL;
    conn->is_tls = false;
    shutdown(conn->fd, SHUT_WR);
    watch(conn, EPOLLIN);
    set_deadline(conn, CLOSING_MS);
}

void grpc_conn_flush(struct grpc_conn *conn)
{
    int rc;
    if (conn->dead || conn->closing || !conn->handshaken)
        return;
    rc = send_kept(conn);
    if (rc > 0)
        rc = send_queued(conn);
    if (rc < 0) {
        conn->dead = true;
        grpc_loop_need_check(conn->loop, 0);
    } else if (rc == 0) {
        /* Who does not read is not read from. */
        watch(conn, EPOLLOUT);
    } else if (!nghttp2_session_want_read(conn->session) &&
               !nghttp2_session_want_write(conn->session)) {
        begin_closing(conn);
    } else {
        watch(conn, EPOLLIN);
    }
}

/* --- in --- */

static void know_certificate(struct grpc_conn *conn)
{
    unsigned char hash[SHA256_BYTES];
    struct str der = tls_session_peer_cert(conn->tls);
    if (str_absent(der))
        return;
    sha256_of(der, hash);
    base64url_write(conn->certificate, hash, sizeof(hash));
}

static bool shake_hands(struct grpc_conn *conn)
{
    int rc = tls_session_handshake(conn->tls);
    if (rc == TLS_WANT_READ || rc == TLS_WANT_WRITE) {
        watch(conn, rc == TLS_WANT_READ ? EPOLLIN : EPOLLOUT);
        return false;
    }
    if (rc != 0) {
        atomic_fetch_add(&conn->server->counters.handshakes_failed, 1);
        conn->dead = true;
        return false;
    }
    conn->handshaken = true;
    know_certificate(conn);
    set_deadline(conn, limits_of(conn)->header_ms);
    return true;
}

/* Bytes; 0: nothing now; -1: over. */
static ssize_t read_some(struct grpc_conn *conn, char *out, size_t size)
{
    ssize_t n =
        conn->is_tls ? tls_session_read(conn->tls, out, size) : recv(conn->fd, out, size, 0);
    if (n > 0)
        return n;
    if (conn->is_tls)
        return n == TLS_WANT_READ || n == TLS_WANT_WRITE ? 0 : -1;
    return n < 0 && (errno == EAGAIN || errno == EINTR) ? 0 : -1;
}

static void discard(struct grpc_conn *conn)
{
    ssize_t n;
    size_t total = 0;
    while ((n = read_some(conn, conn->loop->scratch, GRPC_SCRATCH_BYTES)) > 0 &&
           total < DISCARD_BYTES)
        total += (size_t)n;
    if (n < 0 || total >= DISCARD_BYTES)
        conn->dead = true;
}

static void take_in(struct grpc_conn *conn)
{
    for (int i = 0; i < READS_IN_A_ROW || (conn->is_tls && tls_session_pending(conn->tls)); i++) {
        ssize_t n = read_some(conn, conn->loop->scratch, GRPC_SCRATCH_BYTES / 2);
        if (n < 0)
            conn->dead = true;
        if (n <= 0)
            return;
        conn->read_ms = now_ms(conn);
        bool fine = grpc_session_feed(conn, conn->loop->scratch, (size_t)n);
        secret_wipe(conn->loop->scratch, (size_t)n);
        if (!fine || (size_t)n < GRPC_SCRATCH_BYTES / 2)
            return;
    }
}

void grpc_conn_turn(struct grpc_conn *conn, uint32_t events)
{
    (void)events;
    if (conn->dead)
        return;
    if (conn->closing) {
        discard(conn);
        return;
    }
    if (!conn->handshaken && !shake_hands(conn))
        return;
    if (send_kept(conn) == 1)
        take_in(conn);
    if (!conn->dead)
        grpc_conn_flush(conn);
}

/* --- time --- */

/* Two steps (RFC 9113 6.8): what is on its way when the first word leaves still gets through. */
static void say_goodbye(struct grpc_conn *conn, int64_t now)
{
    if (!conn->goodbye_ms) {
        (void)nghttp2_submit_shutdown_notice(conn->session);
        conn->goodbye_ms = now + GOODBYE_MS;
        grpc_loop_need_check(conn->loop, conn->goodbye_ms);
        for (struct grpc_call *c = conn->calls; c; c = c->next)
            if (c->source.detach)
                grpc_call_end(c, grpc_status_of(GRPC_UNAVAILABLE, "the server is stopping"));
    } else if (now >= conn->goodbye_ms && !conn->said_goodbye) {
        conn->said_goodbye = true;
        (void)nghttp2_submit_goaway(conn->session, NGHTTP2_FLAG_NONE,
                                    nghttp2_session_get_last_proc_stream_id(conn->session),
                                    NGHTTP2_NO_ERROR, NULL, 0);
    }
}

/* Half-open: with calls open and nothing heard, a PING must be answered. */
static void check_life(struct grpc_conn *conn, int64_t now)
{
    int64_t idle_ms = conn->server->config.idle_ms;
    if (conn->call_count == 0 && conn->job_count == 0 && now - conn->read_ms >= idle_ms) {
        grpc_session_terminate(conn, NGHTTP2_NO_ERROR);
        return;
    }
    if (conn->pinged_ms && now - conn->pinged_ms >= PING_ANSWER_MS) {
        atomic_fetch_add(&conn->server->counters.expired, 1);
        conn->dead = true;
    } else if (!conn->pinged_ms && conn->call_count > 0 && now - conn->read_ms >= PING_AFTER_MS) {
        (void)nghttp2_submit_ping(conn->session, NGHTTP2_FLAG_NONE, NULL);
        conn->pinged_ms = now;
    }
}

void grpc_conn_check(struct grpc_conn *conn)
{
    int64_t now = now_ms(conn);
    struct grpc_call *next;
    bool stopping = atomic_load_explicit(&conn->server->stopping, memory_order_relaxed);
    if (conn->dead || (stopping && !conn->handshaken) ||
        (conn->deadline_ms && now >= conn->deadline_ms)) {
        if (!conn->dead && !conn->closing)
            atomic_fetch_add(&conn->server->counters.expired, 1);
        grpc_conn_free(conn);
        return;
    }
    if (conn->deadline_ms)
        grpc_loop_need_check(conn->loop, conn->deadline_ms);
    if (conn->closing || !conn->handshaken)
        return;
    for (struct grpc_call *c = conn->calls; c; c = next) {
        next = c->next;
        if (c->source.poll)
            c->source.poll(c);
        grpc_call_check(c, now);
    }
    if (stopping)
        say_goodbye(conn, now);
    else
        check_life(conn, now);
    grpc_conn_flush(conn);
}
