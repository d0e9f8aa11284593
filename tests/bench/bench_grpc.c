/* Asks a gRPC server without TLS about many tokens, as h2load asks about one: one thread, some
 * connections with some calls at once each.
 *   bench_grpc PORT TOKENS AUTHORIZATION TENANT SECONDS CONNECTIONS STREAMS RATE MODE [HOT [PERCENT]]
 * TOKENS is a file with a token a line. RATE is calls a second in all, 0 for as many as it takes.
 * MODE "once": each token once, until there are no more; "random": any of the first HOT, each as
 * likely; "mix": PERCENT of the calls about one of the first HOT, the others about the next new one.
 * Prints: calls, of these active, seconds, median and 99th percentile in microseconds. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <nghttp2/nghttp2.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define CONNECTIONS_MAX 64
#define STREAMS_MAX     256
#define TIMES_MAX       (1U << 24)
#define BATCH           65536
#define PREFIX          5

struct call {
    struct conn *conn;
    const char *token;
    size_t token_len;
    unsigned char head[PREFIX + 6]; /* of the frame and of the field */
    size_t head_len, sent;
    uint64_t begun_ns;
    bool active;
    size_t received;
};

struct conn {
    int fd;
    nghttp2_session *session;
    struct call calls[STREAMS_MAX];
    struct call *free[STREAMS_MAX];
    size_t free_count;
    unsigned char *out; /* what the socket did not take */
    size_t out_len, out_sent;
};

static struct {
    const char *tokens, *end; /* the file */
    const char **starts;
    size_t count, next, hot, percent;
    const char *authorization, *tenant;
    char authority[32];
    char mode;
    size_t connections, streams, rate;
    struct conn conns[CONNECTIONS_MAX];
    uint64_t begin_ns, until_ns, started, done, active, random;
    uint32_t *times_us;
} b;

static void die(const char *what)
{
    fprintf(stderr, "bench_grpc: %s: %s\n", what, strerror(errno));
    exit(1);
}

static uint64_t now_ns(void)
{
    struct timespec ts;
    (void)clock_gettime(CLOCK_MONOTONIC, &ts);
    return (uint64_t)ts.tv_sec * 1000000000U + (uint64_t)ts.tv_nsec;
}

static size_t pick(size_t below)
{
    b.random ^= b.random << 13;
    b.random ^= b.random >> 7;
    b.random ^= b.random << 17;
    return (size_t)((b.random >> 16) % below);
}

static void read_tokens(const char *path)
{
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &st) != 0)
        die(path);
    b.tokens = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (b.tokens == MAP_FAILED)
        die(path);
    b.end = b.tokens + st.st_size;
    size_t cap = 0;
    for (const char *p = b.tokens; p < b.end;) {
        const char *line = memchr(p, '\n', (size_t)(b.end - p));
        if (b.count == cap) {
            cap = cap ? cap * 2 : 1024;
            b.starts = realloc(b.starts, cap * sizeof(*b.starts));
            if (!b.starts)
                die("memory");
        }
        b.starts[b.count++] = p;
        p = line ? line + 1 : b.end;
    }
    close(fd);
}

/* False when there are no more. */
static bool next_token(const char **ret_token, size_t *ret_len)
{
    bool fresh = b.mode == 'o' || (b.mode == 'm' && pick(100) >= b.percent);
    size_t i = fresh ? b.next++ : pick(b.hot);
    if (i >= b.count)
        return false;
    const char *end = memchr(b.starts[i], '\n', (size_t)(b.end - b.starts[i]));
    *ret_token = b.starts[i];
    *ret_len = (size_t)((end ? end : b.end) - b.starts[i]);
    return true;
}

/* --- one call --- */

/* The frame's prefix and ValidateRequest.token. */
static void write_head(struct call *c)
{
    unsigned char *p = c->head + PREFIX;
    *p++ = 1 << 3 | 2;
    for (size_t n = c->token_len;; n >>= 7) {
        *p++ = (unsigned char)(n >= 0x80 ? (n & 0x7f) | 0x80 : n);
        if (n < 0x80)
            break;
    }
    size_t len = (size_t)(p - c->head) - PREFIX + c->token_len;
    c->head[0] = 0;
    for (int i = 0; i < 4; i++)
        c->head[1 + i] = (unsigned char)(len >> (24 - 8 * i));
    c->head_len = (size_t)(p - c->head);
}

static ssize_t read_body(nghttp2_session *session, int32_t id, uint8_t *out, size_t size,
                         uint32_t *flags, nghttp2_data_source *source, void *context)
{
    struct call *c = source->ptr;
    size_t n = 0;
    (void)session, (void)id, (void)context;
    if (c->sent == 0 && size >= c->head_len) {
        memcpy(out, c->head, c->head_len);
        n = c->sent = c->head_len;
    }
    size_t left = c->head_len + c->token_len - c->sent;
    size_t more = left < size - n ? left : size - n;
    memcpy(out + n, c->token + (c->sent - c->head_len), more);
    c->sent += more;
    if (more == left)
        *flags |= NGHTTP2_DATA_FLAG_EOF;
    return (ssize_t)(n + more);
}

#define NV(name, value)                                                                            \
    {                                                                                              \
        (uint8_t *)(uintptr_t)(name), (uint8_t *)(uintptr_t)(value), strlen(name), strlen(value),  \
            NGHTTP2_NV_FLAG_NO_COPY_NAME                                                           \
    }

static bool begin_call(struct conn *conn)
{
    const nghttp2_nv fields[] = {
        NV(":method", "POST"),
        NV(":scheme", "http"),
        NV(":path", "/garita.token.v1.TokenValidation/Validate"),
        NV(":authority", b.authority),
        NV("content-type", "application/grpc"),
        NV("te", "trailers"),
        NV("authorization", b.authorization),
        NV("x-tenant-id", b.tenant),
    };
    struct call *c = conn->free[conn->free_count - 1];
    *c = (struct call){.conn = conn, .begun_ns = now_ns()};
    if (!next_token(&c->token, &c->token_len))
        return false;
    write_head(c);
    nghttp2_data_provider body = {.source.ptr = c, .read_callback = read_body};
    if (nghttp2_submit_request(conn->session, NULL, fields, sizeof(fields) / sizeof(fields[0]),
                               &body, c) < 0)
        die("submit");
    conn->free_count--;
    b.started++;
    return true;
}

static int on_data(nghttp2_session *session, uint8_t flags, int32_t id, const uint8_t *data,
                   size_t len, void *context)
{
    struct call *c = nghttp2_session_get_stream_user_data(session, id);
    (void)flags, (void)context;
    /* ValidateResponse.active is the first field. */
    if (c && c->received == 0 && len > PREFIX + 1)
        c->active = data[PREFIX] == 1 << 3 && data[PREFIX + 1] == 1;
    if (c)
        c->received += len;
    return 0;
}

static int on_close(nghttp2_session *session, int32_t id, uint32_t code, void *context)
{
    struct conn *conn = context;
    struct call *c = nghttp2_session_get_stream_user_data(session, id);
    (void)code;
    if (!c)
        return 0;
    if (b.done < TIMES_MAX)
        b.times_us[b.done] = (uint32_t)((now_ns() - c->begun_ns) / 1000);
    b.done++;
    b.active += c->active;
    conn->free[conn->free_count++] = c;
    return 0;
}

/* --- connections --- */

static void open_conn(struct conn *conn, uint16_t port, nghttp2_session_callbacks *callbacks)
{
    const nghttp2_settings_entry settings[] = {{NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, 1 << 20}};
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port)};
    int on = 1;
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    conn->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (conn->fd < 0 || connect(conn->fd, (struct sockaddr *)&to, sizeof(to)) != 0)
        die("connect");
    (void)setsockopt(conn->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    (void)fcntl(conn->fd, F_SETFL, O_NONBLOCK);
    if (nghttp2_session_client_new(&conn->session, callbacks, conn) != 0 ||
        nghttp2_submit_settings(conn->session, NGHTTP2_FLAG_NONE, settings, 1) != 0 ||
        nghttp2_session_set_local_window_size(conn->session, NGHTTP2_FLAG_NONE, 0, 1 << 24) != 0)
        die("session");
    conn->out = malloc(BATCH);
    for (size_t i = 0; i < b.streams; i++)
        conn->free[conn->free_count++] = &conn->calls[i];
}

static void take_in(struct conn *conn)
{
    static unsigned char bytes[BATCH];
    ssize_t n = recv(conn->fd, bytes, sizeof(bytes), 0);
    if (n == 0 || (n < 0 && errno != EAGAIN))
        die("the server closed");
    if (n > 0 && nghttp2_session_mem_recv(conn->session, bytes, (size_t)n) != n)
        die("frames");
}

static void gather(struct conn *conn)
{
    const uint8_t *frame;
    ssize_t n;
    conn->out_len = conn->out_sent = 0;
    while (conn->out_len + 20000 < BATCH &&
           (n = nghttp2_session_mem_send(conn->session, &frame)) > 0) {
        memcpy(conn->out + conn->out_len, frame, (size_t)n);
        conn->out_len += (size_t)n;
    }
}

static void send_out(struct conn *conn)
{
    for (;;) {
        if (conn->out_sent == conn->out_len)
            gather(conn);
        if (conn->out_len == 0)
            return;
        ssize_t n = send(conn->fd, conn->out + conn->out_sent, conn->out_len - conn->out_sent,
                         MSG_NOSIGNAL);
        if (n < 0 && errno == EAGAIN)
            return;
        if (n < 0)
            die("send");
        conn->out_sent += (size_t)n;
    }
}

/* --- the run --- */

static bool may_begin(uint64_t now)
{
    if (now >= b.until_ns)
        return false;
    return b.rate == 0 || b.started < (uint64_t)((double)(now - b.begin_ns) / 1e9 * (double)b.rate);
}

/* False when nothing is left to ask. */
static bool fill(void)
{
    static size_t turn;
    size_t full = 0;
    while (full < b.connections && may_begin(now_ns())) {
        struct conn *conn = &b.conns[turn++ % b.connections];
        full = conn->free_count == 0 ? full + 1 : 0;
        if (conn->free_count > 0 && !begin_call(conn))
            return false;
    }
    return now_ns() < b.until_ns;
}

static void turn_round(bool more)
{
    struct pollfd fds[CONNECTIONS_MAX];
    for (size_t i = 0; i < b.connections; i++) {
        struct conn *conn = &b.conns[i];
        send_out(conn);
        fds[i] = (struct pollfd){conn->fd, POLLIN, 0};
        if (conn->out_sent < conn->out_len)
            fds[i].events |= POLLOUT;
    }
    if (poll(fds, b.connections, more && b.rate ? 1 : 1000) < 0)
        die("poll");
    for (size_t i = 0; i < b.connections; i++)
        if (fds[i].revents & (POLLIN | POLLHUP | POLLERR))
            take_in(&b.conns[i]);
}

static int compare(const void *x, const void *y)
{
    const uint32_t p = *(const uint32_t *)x, q = *(const uint32_t *)y;
    return (p > q) - (p < q);
}

static void report(double seconds)
{
    size_t n = b.done < TIMES_MAX ? b.done : TIMES_MAX;
    qsort(b.times_us, n, sizeof(*b.times_us), compare);
    printf("%llu %llu %.3f %u %u\n", (unsigned long long)b.done, (unsigned long long)b.active,
           seconds, n ? b.times_us[n / 2] : 0, n ? b.times_us[n * 99 / 100] : 0);
}

static nghttp2_session_callbacks *callbacks_of_bench(void)
{
    nghttp2_session_callbacks *callbacks;
    if (nghttp2_session_callbacks_new(&callbacks) != 0)
        die("memory");
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, on_data);
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_close);
    return callbacks;
}

static size_t number(const char *text, size_t most)
{
    unsigned long n = strtoul(text, NULL, 10);
    return n < most ? n : most;
}

int main(int argc, char **argv)
{
    if (argc < 10) {
        fprintf(stderr, "usage: bench_grpc PORT TOKENS AUTHORIZATION TENANT SECONDS CONNECTIONS "
                        "STREAMS RATE MODE [HOT [PERCENT]]\n");
        return 2;
    }
    read_tokens(argv[2]);
    b.authorization = argv[3];
    b.tenant = argv[4];
    b.connections = number(argv[6], CONNECTIONS_MAX);
    b.streams = number(argv[7], STREAMS_MAX);
    b.rate = number(argv[8], 10000000);
    b.mode = argv[9][0];
    b.hot = argc > 10 ? number(argv[10], b.count) : b.count;
    b.percent = argc > 11 ? number(argv[11], 100) : 100;
    b.next = b.mode == 'm' ? b.hot : 0;
    b.random = now_ns() | 1;
    b.times_us = malloc(TIMES_MAX * sizeof(*b.times_us));
    (void)snprintf(b.authority, sizeof(b.authority), "localhost:%s", argv[1]);
    nghttp2_session_callbacks *callbacks = callbacks_of_bench();
    for (size_t i = 0; i < b.connections; i++)
        open_conn(&b.conns[i], (uint16_t)number(argv[1], 65535), callbacks);
    b.begin_ns = now_ns();
    b.until_ns = b.begin_ns + (uint64_t)(strtod(argv[5], NULL) * 1e9);
    for (bool more = true; more || b.done < b.started;) {
        more = more && fill();
        if (more || b.done < b.started)
            turn_round(more);
    }
    report((double)(now_ns() - b.begin_ns) / 1e9);
    return 0;
}
