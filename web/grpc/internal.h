/* Between the files of this folder. One connection belongs to one loop thread; nothing of it, of its
 * calls or of nghttp2 is touched by another. What the pool works on is a struct grpc_job, which the
 * two hand to each other. */
#ifndef GARITA_WEB_GRPC_INTERNAL_H
#define GARITA_WEB_GRPC_INTERNAL_H

#include <pthread.h>

#include <nghttp2/nghttp2.h>

#include "web/grpc/grpc.h"
#include "web/grpc/kept.h"
#include "web/grpc/status.h"
#include "web/histogram.h"
#include "web/tls/tls.h"

#define GRPC_HEADERS_MAX_BYTES ((size_t)16 << 10) /* as RFC 9113 6.5.2 counts */
#define GRPC_REPLY_MAX_BYTES   ((size_t)8 << 20)  /* one message that goes out */
#define GRPC_FRAME_PREFIX      5
#define GRPC_CERT_TEXT         43 /* SHA-256 in base64url */

struct grpc_loop;
struct grpc_pool;
struct grpc_call;
struct grpc_conn;
struct grpc_job;

/* --- what a caller says besides the message --- */

enum grpc_meta_name {
    META_PATH,
    META_METHOD,
    META_AUTHORITY,
    META_CONTENT_TYPE,
    META_ENCODING,
    META_TIMEOUT,
    META_AUTHORIZATION,
    META_TENANT,
    META_USER_AGENT,
    META_TRACEPARENT,
    META_COUNT
};

struct grpc_meta {
    struct buf bytes;
    struct {
        uint32_t at;
        uint32_t len;
        bool present;
    } spans[META_COUNT];
    bool repeated; /* one that may stand only once came twice */
};
/* Absent when it was not sent. */
struct str grpc_meta_get(const struct grpc_meta *meta, enum grpc_meta_name name);

/* --- methods --- */

/* One message at hand, as handlers see it. */
struct grpc_work {
    struct grpc_server *server;
    struct arena *arena;
    struct now now;
    struct err_ctx err;
    const struct grpc_meta *meta;
    struct str message;
    struct str peer_ip;
    struct str certificate_sha256; /* absent: none was shown */
    struct ground *ground;         /* where it notes what the answer stands on; NULL: nobody asks */
    struct buf *out;               /* the answer, or what attach is given */
    struct grpc_status told;       /* how it fails, when the primary said it; else OK */
};
/* 0 or an error that status.def turns into the call's status. */
typedef int grpc_handler(struct grpc_work *w);
/* Connects a call that was let in to its source; key is what the handler wrote, ground what that
 * stands on. Once more for each grpc_call_ask_again. */
typedef int grpc_attach(struct grpc_call *call, struct str key, const struct ground *ground);

enum grpc_kind { GRPC_HERE, GRPC_UNARY, GRPC_KEPT, GRPC_CHAT, GRPC_WATCH, GRPC_WATCH_HERE };

struct grpc_method {
    const char *service;
    const char *method;
    enum grpc_kind kind;
    grpc_handler *handler;
    grpc_attach *attach;
};
enum grpc_method_index {
#define M(name, service, method, kind, handler, attach) GRPC_METHOD_##name,
#include "web/grpc/methods.def"
#undef M
    GRPC_METHODS
};
extern const struct grpc_method grpc_methods[GRPC_METHODS];
/* NULL when there is none of this path. */
const struct grpc_method *grpc_method_find(struct str path);
bool grpc_service_is_known(struct str service);

#define M(name, service, method, kind, handler, attach) grpc_handler handler;
#include "web/grpc/methods.def"
#undef M
grpc_attach grpc_health_attach, grpc_token_attach;

/* For a handler whose call changes something that the primary changes: the primary's answer or failure
 * (w->told). ERR_STORE_STANDBY: it is not passed on; ERR_OVERLOADED, ERR_UNANSWERED, ERR_UPSTREAM. */
MUST_CHECK int grpc_pass_on(struct grpc_work *w);

/* --- counters --- */

struct grpc_counters {
    atomic_ullong calls[GRPC_METHODS + 1][GRPC_CODES]; /* the last: unknown methods */
    struct histogram durations[GRPC_METHODS + 1];
    atomic_llong connections, streams, held_bytes, jobs;
    atomic_ullong accepted, refused, expired, calmed, handshakes_failed;
};

struct grpc_server {
    struct web *web;
    struct web_grpc_config config;
    struct tls *tls; /* NULL: plain */
    struct web_tls_config tls_config;
    nghttp2_option *options;
    nghttp2_session_callbacks *callbacks;
    int listen_fd;
    uint16_t port;
    struct grpc_loop *loops;
    size_t loop_count;
    struct grpc_pool *pool; /* NULL: jobs are done where they arise (tests) */
    atomic_int passing_on;  /* calls, to the primary */
    atomic_bool stopping;
    int64_t stop_at_ms; /* set before stopping is */
    struct grpc_counters counters;
};

/* --- calls --- */

/* A source that feeds a stream. Its members are the source's; all on the loop's thread. */
struct grpc_source {
    void (*detach)(struct grpc_call *call);
    /* Asked now and then by the loop: gives what is new. */
    void (*poll)(struct grpc_call *call);
    void *state;
    int64_t told;
};

struct grpc_call {
    struct grpc_conn *conn;
    struct grpc_call *next, **link; /* of the connection */
    int32_t stream_id;
    const struct grpc_method *method;
    struct grpc_meta meta;
    size_t header_bytes;
    unsigned char prefix[GRPC_FRAME_PREFIX];
    size_t prefix_len;
    struct buf message;
    size_t message_left;
    bool message_begun, message_done, request_done;
    struct grpc_job *job;
    struct buf out; /* framed messages */
    size_t out_sent;
    bool submitted, ended;
    struct grpc_status status;
    int64_t started_ns;
    int64_t deadline_ms; /* of the caller; 0: none */
    int64_t patience_ms; /* ours, while the request arrives or the answer leaves; 0: none */
    size_t held_bytes;
    struct grpc_source source;
};

MUST_CHECK struct grpc_call *grpc_call_new(struct grpc_conn *conn, int32_t stream_id);
/* The stream is closed; a job that runs is left alone with its result. */
void grpc_call_free(struct grpc_call *call, uint32_t error_code);
/* One header field. False when the connection is to end. */
MUST_CHECK bool grpc_call_header(struct grpc_call *call, struct str name, struct str value);
void grpc_call_begin(struct grpc_call *call);
void grpc_call_data(struct grpc_call *call, struct str bytes);
void grpc_call_request_done(struct grpc_call *call);
/* Adds a message to the answer. */
void grpc_call_reply(struct grpc_call *call, struct str message);
/* Of a stream that is attached: has its handler look again whether it is let in, in the pool. Then it
 * is attached again, or ended with what the handler said. call->job until then. */
void grpc_call_ask_again(struct grpc_call *call);
/* Nothing after the first end counts. */
void grpc_call_end(struct grpc_call *call, struct grpc_status status);
void grpc_call_fail(struct grpc_call *call, int err, const struct err_ctx *detail);
/* What nghttp2 takes of the answer. */
ssize_t grpc_call_read(struct grpc_call *call, uint8_t *out, size_t size, uint32_t *ret_flags);
/* Ends what is over by now. */
void grpc_call_check(struct grpc_call *call, int64_t now_ms);
/* Milliseconds of "100m" (the gRPC protocol's Timeout); -1 when malformed. */
int64_t grpc_timeout_ms(struct str text);

/* --- jobs of the pool --- */

struct grpc_job {
    struct grpc_job *next;                   /* in a queue */
    struct grpc_job *conn_next, **conn_link; /* of its connection while that lives */
    struct grpc_server *server;
    struct grpc_loop *loop;
    struct grpc_conn *conn; /* NULL once that is gone; the loop's thread alone looks */
    struct grpc_call *call; /* likewise */
    const struct grpc_method *method;
    struct grpc_meta meta;
    struct buf message;
    char peer_ip[48];
    char certificate[GRPC_CERT_TEXT + 1];
    size_t held_bytes;
    atomic_bool abandoned;
    bool notes; /* what the answer stands on */
    bool keeps; /* it is to be kept under this key, if its ground is firm */
    struct clock_table_key key;
    struct ground ground;
    struct buf out;
    int err;
    struct err_ctx detail;
    struct grpc_status told; /* as in grpc_work */
};

MUST_CHECK int grpc_pool_new(size_t threads, struct grpc_pool **ret_pool);
/* 0 for NULL. */
size_t grpc_pool_threads(const struct grpc_pool *pool);
/* Waits for the job at hand of each thread; the queue must be empty by then or is dropped. */
void grpc_pool_free(struct grpc_pool *pool);
/* ERR_OVERLOADED when the queue is full: the job stays the caller's. */
MUST_CHECK int grpc_pool_add(struct grpc_pool *pool, struct grpc_job *job);
void grpc_job_run(struct grpc_job *job, struct arena *a);
void grpc_job_free(struct grpc_job *job);
/* On the loop's thread: the answer goes to its call, if that still waits. */
void grpc_job_finish(struct grpc_job *job);

/* --- connections --- */

struct grpc_conn {
    struct grpc_server *server;
    struct grpc_loop *loop; /* NULL: without a socket (tests) */
    struct grpc_conn *next, **link;
    nghttp2_session *session;
    int fd;
    struct tls_session *tls;
    bool is_tls, handshaken, closing, said_goodbye, dead;
    uint32_t events; /* that epoll watches */
    char *out;       /* what the socket did not take */
    size_t out_len, out_sent;
    int64_t deadline_ms; /* of the handshake, the output or the closing; 0: none */
    int64_t read_ms;     /* last sign of life */
    int64_t pinged_ms;   /* a PING is out since; 0: none */
    int64_t goodbye_ms;
    int64_t calm, calm_ms;
    struct grpc_call *calls;
    size_t call_count;
    struct grpc_job *jobs;
    size_t job_count;
    size_t held_bytes;
    char peer_ip[48];
    char certificate[GRPC_CERT_TEXT + 1];
};

/* nghttp2 for a connection, with our settings queued. ERR_NO_MEMORY. */
MUST_CHECK int grpc_session_open(struct grpc_conn *conn);
void grpc_session_close(struct grpc_conn *conn);
/* Bytes of the peer. False when only what is queued (GOAWAY) is still to be sent. */
MUST_CHECK bool grpc_session_feed(struct grpc_conn *conn, const void *bytes, size_t len);
/* Ends the connection with GOAWAY and this code. */
void grpc_session_terminate(struct grpc_conn *conn, uint32_t error_code);
MUST_CHECK int grpc_session_setup(struct grpc_server *server);
void grpc_session_teardown(struct grpc_server *server);
/* Takes from what the peer may ask of us besides calls; false when it is used up. */
MUST_CHECK bool grpc_conn_charge(struct grpc_conn *conn, int64_t cost);
void grpc_conn_reward(struct grpc_conn *conn, int64_t gain);
/* Counts memory that waits for the peer. ERR_TOO_LARGE, ERR_OVERLOADED. */
MUST_CHECK int grpc_conn_hold(struct grpc_conn *conn, struct grpc_call *call, size_t bytes);
void grpc_conn_release(struct grpc_conn *conn, struct grpc_call *call, size_t bytes);

void grpc_conn_accept(struct grpc_loop *loop, int fd, const char *peer_ip);
/* The socket is ready. */
void grpc_conn_turn(struct grpc_conn *conn, uint32_t events);
/* Sends what is queued. */
void grpc_conn_flush(struct grpc_conn *conn);
/* Deadlines, signs of life, the farewell at the stop. */
void grpc_conn_check(struct grpc_conn *conn);
void grpc_conn_free(struct grpc_conn *conn);

/* --- loops --- */

#define GRPC_SCRATCH_BYTES ((size_t)64 << 10)

/* A connection on its way from the loop that accepts to the one that it will belong to. */
struct grpc_arrival {
    struct grpc_arrival *next;
    int fd;
    char peer_ip[48];
};

/* The first loop accepts for all, in turn. */
struct grpc_loop {
    struct grpc_server *server;
    pthread_t thread;
    bool started;
    int epoll_fd;
    int wake_fd;
    struct grpc_conn *conns;
    size_t conn_count;
    struct arena arena;
    struct now now;
    char *scratch;
    struct grpc_kept *kept; /* NULL: none */
    int64_t check_ms;       /* when grpc_conn_check is due */
    atomic_bool poked;
    pthread_mutex_t mutex;
    struct grpc_job *done, **done_end;             /* guarded */
    struct grpc_arrival *arrivals, **arrivals_end; /* guarded */
    size_t turn; /* of the first loop: who gets the next connection */
};

MUST_CHECK int grpc_loop_open(struct grpc_loop *loop, struct grpc_server *server);
MUST_CHECK int grpc_loop_start(struct grpc_loop *loop);
void grpc_loop_close(struct grpc_loop *loop);
void grpc_loop_wake(struct grpc_loop *loop);
/* From any thread: check now. */
void grpc_loop_poke(struct grpc_loop *loop);
/* From the pool: hands the job back. */
void grpc_loop_return(struct grpc_loop *loop, struct grpc_job *job);
/* The next check comes no later than this. */
void grpc_loop_need_check(struct grpc_loop *loop, int64_t at_ms);

struct now grpc_now(const struct grpc_conn *conn);
bool grpc_is_ready(const struct grpc_server *server);

#endif
