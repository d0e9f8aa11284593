/* One call: gathers the request, finds who answers it, and gives the answer to nghttp2. */
#include "web/grpc/internal.h"

#include <stdlib.h>

#include "core/base/log.h"
#include "web/grpc/caller.h"

#include "core/base/banned.h"

#define REQUEST_MS 10000 /* for the whole request */
#define ANSWER_MS  30000 /* for the peer to take the answer once it is complete */
#define META_MAX   (GRPC_HEADERS_MAX_BYTES + 1)

struct grpc_call *grpc_call_new(struct grpc_conn *conn, int32_t stream_id)
{
    struct grpc_call *call = calloc(1, sizeof(*call));
    if (!call)
        return NULL;
    call->conn = conn;
    call->stream_id = stream_id;
    call->started_ns = clock_monotonic_ns();
    buf_init(&call->meta.bytes, NULL, META_MAX);
    buf_init(&call->out, NULL, GRPC_REPLY_MAX_BYTES + GRPC_FRAME_PREFIX);
    call->next = conn->calls;
    call->link = &conn->calls;
    if (call->next)
        call->next->link = &call->next;
    conn->calls = call;
    conn->call_count++;
    atomic_fetch_add_explicit(&conn->server->counters.streams, 1, memory_order_relaxed);
    return call;
}

/* Whoever works on it may finish; nobody waits for the result. */
static void leave_job(struct grpc_call *call)
{
    if (!call->job)
        return;
    atomic_store(&call->job->abandoned, true);
    call->job->call = NULL;
    call->job = NULL;
}

static void leave_source(struct grpc_call *call)
{
    if (call->source.detach)
        call->source.detach(call);
    call->source = (struct grpc_source){0};
}

static void count(const struct grpc_call *call)
{
    struct grpc_counters *c = &call->conn->server->counters;
    size_t method = call->method ? (size_t)(call->method - grpc_methods) : GRPC_METHODS;
    int64_t took_us = (clock_monotonic_ns() - call->started_ns) / 1000;
    atomic_fetch_add_explicit(&c->calls[method][call->status.code], 1, memory_order_relaxed);
    histogram_add(&c->durations[method], took_us);
}

/* Failed calls alone are told. */
static void tell(const struct grpc_call *call)
{
    struct grpc_status const *s = &call->status;
    enum log_level level = s->code == GRPC_INTERNAL ? LOG_LEVEL_WARN : LOG_LEVEL_INFO;
    if (s->code == GRPC_OK || !log_enabled(level))
        return;
    const struct log_field fields[] = {
        LOG_S("service", str_c(call->method ? call->method->service : "unknown")),
        LOG_S("method", str_c(call->method ? call->method->method : "unknown")),
        LOG_S("status", str_c(grpc_code_name(s->code))),
        LOG_S("reason", str_c(s->reason)),
        LOG_S("client_ip", str_c(call->conn->peer_ip)),
        LOG_I("duration_us", (clock_monotonic_ns() - call->started_ns) / 1000),
        LOG_END,
    };
    log_write(level, "grpc", NULL, fields, "call failed: %s", s->message);
}

void grpc_call_free(struct grpc_call *call, uint32_t error_code)
{
    struct grpc_conn *conn = call->conn;
    (void)error_code;
    leave_job(call);
    leave_source(call);
    if (!call->ended) {
        call->status.code = GRPC_CANCELLED;
        count(call);
    }
    *call->link = call->next;
    if (call->next)
        call->next->link = call->link;
    conn->call_count--;
    atomic_fetch_sub_explicit(&conn->server->counters.streams, 1, memory_order_relaxed);
    grpc_conn_release(conn, call, call->held_bytes);
    buf_free(&call->meta.bytes);
    buf_free(&call->message);
    buf_free(&call->out);
    free(call);
}

static int64_t in_ms(const struct grpc_call *call, int64_t time_ms)
{
    int64_t at_ms = grpc_now(call->conn).monotonic_ms + time_ms;
    if (call->conn->loop)
        grpc_loop_need_check(call->conn->loop, at_ms);
    return at_ms;
}

/* --- the answer --- */

#define NV(n, v)                                                                                   \
    {                                                                                              \
        .name = (uint8_t *)(uintptr_t)(n).ptr, .namelen = (n).len,                                 \
        .value = (uint8_t *)(uintptr_t)(v).ptr, .valuelen = (v).len, .flags = NGHTTP2_NV_FLAG_NONE \
    }

#define STATUS_FIELDS 3

/* grpc-status, grpc-message and grpc-status-details-bin. */
static size_t add_status(const struct grpc_status *s, struct buf *text, nghttp2_nv *out)
{
    size_t n = 0;
    buf_printf(text, "%d", (int)s->code);
    size_t code_end = text->len;
    grpc_message_encode(str_c(s->message), text);
    size_t message_end = text->len;
    grpc_details_encode(s, text);
    struct str all = buf_str(text);
    if (text->failed)
        return 0;
    out[n++] = (nghttp2_nv)NV(STR("grpc-status"), str_sub(all, 0, code_end));
    if (message_end > code_end)
        out[n++] =
            (nghttp2_nv)NV(STR("grpc-message"), str_sub(all, code_end, message_end - code_end));
    if (all.len > message_end)
        out[n++] = (nghttp2_nv)NV(STR("grpc-status-details-bin"), str_from(all, message_end));
    return n;
}

static ssize_t read_data(nghttp2_session *session, int32_t stream_id, uint8_t *out, size_t size,
                         uint32_t *ret_flags, nghttp2_data_source *source, void *context)
{
    (void)session;
    (void)stream_id;
    (void)context;
    return grpc_call_read(source->ptr, out, size, ret_flags);
}

/* A call that failed before its first message: all in one block (Trailers-Only). */
static void submit_failure(struct grpc_call *call, struct str http_status)
{
    struct buf text;
    nghttp2_nv fields[3 + STATUS_FIELDS] = {NV(STR(":status"), http_status),
                                            NV(STR("content-type"), STR("application/grpc")),
                                            NV(STR("grpc-accept-encoding"), STR("identity"))};
    buf_init(&text, NULL, GRPC_MESSAGE_MAX * 3 + GRPC_DETAILS_MAX * 2);
    size_t n = 3 + add_status(&call->status, &text, fields + 3);
    if (nghttp2_submit_response(call->conn->session, call->stream_id, fields, n, NULL) != 0)
        (void)nghttp2_submit_rst_stream(call->conn->session, NGHTTP2_FLAG_NONE, call->stream_id,
                                        NGHTTP2_INTERNAL_ERROR);
    buf_free(&text);
}

static void submit(struct grpc_call *call)
{
    const nghttp2_nv head[] = {NV(STR(":status"), STR("200")),
                               NV(STR("content-type"), STR("application/grpc"))};
    nghttp2_session *session = call->conn->session;
    nghttp2_data_provider provider = {.source.ptr = call, .read_callback = read_data};
    if (call->submitted) {
        (void)nghttp2_session_resume_data(session, call->stream_id);
        return;
    }
    call->submitted = true;
    if (call->ended && call->out.len == 0 && call->status.code != GRPC_OK)
        submit_failure(call, STR("200"));
    else if (nghttp2_submit_response(session, call->stream_id, head, ARRAY_LEN(head), &provider) !=
             0)
        (void)nghttp2_submit_rst_stream(session, NGHTTP2_FLAG_NONE, call->stream_id,
                                        NGHTTP2_INTERNAL_ERROR);
}

static void submit_trailer(struct grpc_call *call)
{
    const nghttp2_nv good[] = {NV(STR("grpc-status"), STR("0"))};
    struct buf text;
    nghttp2_nv fields[STATUS_FIELDS];
    if (call->status.code == GRPC_OK) {
        (void)nghttp2_submit_trailer(call->conn->session, call->stream_id, good, ARRAY_LEN(good));
        return;
    }
    buf_init(&text, NULL, GRPC_MESSAGE_MAX * 3 + GRPC_DETAILS_MAX * 2);
    size_t n = add_status(&call->status, &text, fields);
    (void)nghttp2_submit_trailer(call->conn->session, call->stream_id, fields, n);
    buf_free(&text);
}

ssize_t grpc_call_read(struct grpc_call *call, uint8_t *out, size_t size, uint32_t *ret_flags)
{
    size_t left = call->out.len - call->out_sent;
    if (left == 0 && !call->ended)
        return NGHTTP2_ERR_DEFERRED;
    size_t len = left < size ? left : size;
    if (len > 0)
        memcpy(out, call->out.ptr + call->out_sent, len);
    call->out_sent += len;
    if (call->out_sent == call->out.len) {
        size_t sent = call->out.len;
        buf_clear(&call->out);
        call->out_sent = 0;
        grpc_conn_release(call->conn, call, sent);
        if (call->ended) {
            *ret_flags |= NGHTTP2_DATA_FLAG_EOF | NGHTTP2_DATA_FLAG_NO_END_STREAM;
            submit_trailer(call);
        }
    }
    return (ssize_t)len;
}

void grpc_call_end(struct grpc_call *call, struct grpc_status status)
{
    if (call->ended)
        return;
    leave_job(call);
    leave_source(call);
    call->ended = true;
    call->status = status;
    count(call);
    tell(call);
    call->patience_ms = in_ms(call, ANSWER_MS);
    submit(call);
}

void grpc_call_fail(struct grpc_call *call, int err, const struct err_ctx *detail)
{
    grpc_call_end(call, grpc_status_from(err, detail));
}

void grpc_call_reply(struct grpc_call *call, struct str message)
{
    size_t bytes = message.len + GRPC_FRAME_PREFIX;
    if (call->ended)
        return;
    int rc = message.len > GRPC_REPLY_MAX_BYTES ? ERR_TOO_LARGE
                                                : grpc_conn_hold(call->conn, call, bytes);
    if (rc != 0) {
        grpc_call_fail(call, rc, NULL);
        return;
    }
    const unsigned char prefix[GRPC_FRAME_PREFIX] = {
        0, (unsigned char)(message.len >> 24), (unsigned char)(message.len >> 16),
        (unsigned char)(message.len >> 8), (unsigned char)message.len};
    buf_add_bytes(&call->out, prefix, sizeof(prefix));
    buf_add(&call->out, message);
    if (call->out.failed) {
        (void)nghttp2_submit_rst_stream(call->conn->session, NGHTTP2_FLAG_NONE, call->stream_id,
                                        NGHTTP2_INTERNAL_ERROR);
        return;
    }
    if (call->submitted)
        submit(call);
}

/* --- the request --- */

static void end_http(struct grpc_call *call, const char *http_status, const char *message)
{
    call->ended = true;
    call->submitted = true;
    call->status = grpc_status_of(GRPC_UNKNOWN, message);
    count(call);
    tell(call);
    call->patience_ms = in_ms(call, ANSWER_MS);
    submit_failure(call, str_c(http_status));
}

static bool is_grpc(struct str type)
{
    struct str plain = STR("application/grpc");
    if (str_absent(type) || !str_starts(type, plain))
        return false;
    struct str rest = str_from(type, plain.len);
    return str_empty(rest) || rest.ptr[0] == ';' || str_eq(rest, STR("+proto")) ||
           str_starts(rest, STR("+proto;"));
}

static bool check_deadline(struct grpc_call *call)
{
    struct str timeout = grpc_meta_get(&call->meta, META_TIMEOUT);
    int64_t time_ms = str_absent(timeout) ? 0 : grpc_timeout_ms(timeout);
    if (time_ms < 0) {
        grpc_call_end(call, grpc_status_of(GRPC_INTERNAL, "malformed grpc-timeout"));
        return false;
    }
    if (!str_absent(timeout))
        call->deadline_ms = in_ms(call, time_ms);
    return true;
}

void grpc_call_begin(struct grpc_call *call)
{
    const struct grpc_meta *m = &call->meta;
    struct str encoding = grpc_meta_get(m, META_ENCODING);
    if (!str_eq(grpc_meta_get(m, META_METHOD), STR("POST"))) {
        end_http(call, "405", "gRPC calls are POST");
        return;
    }
    if (!is_grpc(grpc_meta_get(m, META_CONTENT_TYPE))) {
        end_http(call, "415", "the content type is not application/grpc");
        return;
    }
    call->method = grpc_method_find(grpc_meta_get(m, META_PATH));
    if (call->header_bytes > GRPC_HEADERS_MAX_BYTES || m->bytes.failed)
        grpc_call_end(call, grpc_status_of(GRPC_RESOURCE_EXHAUSTED, "too much metadata"));
    else if (!call->method)
        grpc_call_end(call, grpc_status_of(GRPC_UNIMPLEMENTED, "no such method"));
    else if (m->repeated)
        grpc_call_end(call, grpc_status_of(GRPC_INVALID_ARGUMENT, "metadata sent more than once"));
    else if (!str_absent(encoding) && !str_eq(encoding, STR("identity")))
        grpc_call_end(call, grpc_status_of(GRPC_UNIMPLEMENTED, "only identity encoding is known"));
    else if (check_deadline(call) && call->method->kind != GRPC_CHAT)
        call->patience_ms = in_ms(call, REQUEST_MS);
}

static void run_in(struct grpc_call *call, struct str message, struct arena *a)
{
    struct grpc_conn *conn = call->conn;
    CLEANUP(buf_free) struct buf out;
    buf_init(&out, NULL, GRPC_REPLY_MAX_BYTES);
    struct grpc_work w = {
        .server = conn->server,
        .arena = a,
        .now = grpc_now(conn),
        .meta = &call->meta,
        .message = message,
        .peer_ip = str_c(conn->peer_ip),
        .out = &out,
    };
    int rc = call->method->handler(&w);
    if (rc == 0 && out.failed)
        rc = ERR_TOO_LARGE;
    if (rc == 0 && call->method->attach)
        rc = call->method->attach(call, buf_str(&out), NULL);
    else if (rc == 0)
        grpc_call_reply(call, buf_str(&out));
    arena_reset(a);
    if (rc != 0)
        grpc_call_fail(call, rc, &w.err);
    else if (call->method->kind == GRPC_HERE)
        grpc_call_end(call, (struct grpc_status){.code = GRPC_OK});
    else if (!call->ended)
        submit(call);
}

static void run_here(struct grpc_call *call, struct str message)
{
    CLEANUP(arena_free) struct arena own;
    arena_init(&own, ARENA_REQUEST_MAX_BYTES);
    run_in(call, message, call->conn->loop ? &call->conn->loop->arena : &own);
}

static struct grpc_job *make_job(struct grpc_call *call)
{
    struct grpc_conn *conn = call->conn;
    struct grpc_job *job = calloc(1, sizeof(*job));
    if (!job)
        return NULL;
    job->server = conn->server;
    job->loop = conn->loop;
    job->conn = conn;
    job->call = call;
    job->method = call->method;
    job->meta = call->meta;
    job->message = call->message;
    buf_init(&call->meta.bytes, NULL, 0);
    buf_init(&call->message, NULL, 0);
    job->held_bytes = job->message.len;
    call->held_bytes -= job->held_bytes;
    memcpy(job->peer_ip, conn->peer_ip, sizeof(job->peer_ip));
    memcpy(job->certificate, conn->certificate, sizeof(job->certificate));
    buf_init(&job->out, NULL, GRPC_REPLY_MAX_BYTES);
    job->conn_next = conn->jobs;
    job->conn_link = &conn->jobs;
    if (job->conn_next)
        job->conn_next->conn_link = &job->conn_next;
    conn->jobs = job;
    conn->job_count++;
    call->job = job;
    atomic_fetch_add_explicit(&conn->server->counters.jobs, 1, memory_order_relaxed);
    return job;
}

/* From what this thread has kept; else *ret_key is where the answer is to be kept. */
static bool answer_kept(struct grpc_call *call, struct clock_table_key *ret_key)
{
    struct grpc_conn *conn = call->conn;
    struct grpc_kept *kept = conn->loop->kept;
    struct str reply;
    const struct grpc_kept_question question = {
        .authority = grpc_meta_get(&call->meta, META_AUTHORITY),
        .authorization = grpc_meta_get(&call->meta, META_AUTHORIZATION),
        .tenant = grpc_meta_get(&call->meta, META_TENANT),
        .certificate = str_c(conn->certificate),
        .message = buf_str(&call->message),
    };
    grpc_kept_key(kept, &question, ret_key);
    if (grpc_caller_waits(conn->server, str_c(conn->peer_ip), grpc_now(conn)) ||
        !grpc_kept_get(kept, ret_key, grpc_now(conn).wall_ms, &reply))
        return false;
    grpc_call_reply(call, reply);
    grpc_call_end(call, (struct grpc_status){.code = GRPC_OK});
    return true;
}

/* Streams that were reset leave their jobs behind, so jobs have a limit of their own: resetting
 * quickly gets nobody more of the pool than its connection's share (HT-07). */
static void give_to_pool(struct grpc_call *call)
{
    struct grpc_conn *conn = call->conn;
    struct grpc_server *server = conn->server;
    struct clock_table_key key;
    bool keeps = call->method->kind == GRPC_KEPT && conn->loop && conn->loop->kept &&
                 store_fresh(server->web->services.store) == 0;
    if (keeps && answer_kept(call, &key))
        return;
    if (conn->job_count >= server->config.streams) {
        grpc_call_fail(call, ERR_OVERLOADED, NULL);
        return;
    }
    struct grpc_job *job = make_job(call);
    if (!job) {
        grpc_call_fail(call, ERR_OVERLOADED, NULL);
        return;
    }
    job->keeps = keeps;
    job->notes = keeps || call->method->kind == GRPC_WATCH;
    if (keeps)
        job->key = key;
    if (!server->pool) {
        CLEANUP(arena_free) struct arena a;
        arena_init(&a, ARENA_REQUEST_MAX_BYTES);
        grpc_job_run(job, &a);
        grpc_job_finish(job);
        return;
    }
    if (grpc_pool_add(server->pool, job) != 0) {
        job->err = ERR_OVERLOADED;
        grpc_job_finish(job);
    }
}

static void dispatch(struct grpc_call *call)
{
    /* From here on the caller says how long it may take. */
    call->patience_ms = 0;
    if (call->method->kind == GRPC_HERE || call->method->kind == GRPC_WATCH_HERE)
        run_here(call, buf_str(&call->message));
    else
        give_to_pool(call);
}

void grpc_call_ask_again(struct grpc_call *call)
{
    give_to_pool(call);
}

/* The request of a stream stays with it, for grpc_call_ask_again. */
static void take_back_request(struct grpc_call *call, struct grpc_job *job)
{
    call->meta = job->meta;
    call->message = job->message;
    call->held_bytes += job->held_bytes;
    buf_init(&job->meta.bytes, NULL, 0);
    buf_init(&job->message, NULL, 0);
    job->held_bytes = 0;
}

/* The answer goes to the call that waits for it. */
static void answer_call(struct grpc_call *call, struct grpc_job *job)
{
    call->job = NULL;
    if (job->err == 0 && job->method->attach)
        job->err = job->method->attach(call, buf_str(&job->out), &job->ground);
    else if (job->err == 0)
        grpc_call_reply(call, buf_str(&job->out));
    if (job->err != 0 && job->told.code != GRPC_OK)
        grpc_call_end(call, job->told);
    else if (job->err != 0)
        grpc_call_fail(call, job->err, &job->detail);
    else if (job->method->kind == GRPC_UNARY || job->method->kind == GRPC_KEPT)
        grpc_call_end(call, (struct grpc_status){.code = GRPC_OK});
    else if (!call->ended)
        submit(call);
}

void grpc_job_finish(struct grpc_job *job)
{
    struct grpc_call *call = job->call;
    if (call && job->method->kind == GRPC_WATCH)
        take_back_request(call, job);
    if (job->conn_link) {
        *job->conn_link = job->conn_next;
        if (job->conn_next)
            job->conn_next->conn_link = job->conn_link;
        job->conn->job_count--;
        job->conn->held_bytes -= job->held_bytes;
    }
    atomic_fetch_sub_explicit(&job->server->counters.held_bytes, (long long)job->held_bytes,
                              memory_order_relaxed);
    atomic_fetch_sub_explicit(&job->server->counters.jobs, 1, memory_order_relaxed);
    if (job->keeps && job->err == 0 && job->ground.firm)
        grpc_kept_put(job->loop->kept, &job->key, &job->ground, buf_str(&job->out),
                      job->loop->now.wall_ms);
    if (call)
        answer_call(call, job);
    grpc_job_free(job);
}

static void message_done(struct grpc_call *call)
{
    call->message_done = true;
    if (call->method->kind != GRPC_CHAT)
        return;
    size_t bytes = call->message.len;
    run_here(call, buf_str(&call->message));
    grpc_conn_release(call->conn, call, bytes);
    buf_free(&call->message);
    call->message_begun = call->message_done = false;
    call->prefix_len = 0;
}

static void begin_message(struct grpc_call *call)
{
    const unsigned char *p = call->prefix;
    size_t len = (size_t)p[1] << 24 | (size_t)p[2] << 16 | (size_t)p[3] << 8 | p[4];
    struct grpc_status failed = {0};
    if (p[0] == 1)
        failed = grpc_status_of(GRPC_INTERNAL, "a compressed message without grpc-encoding");
    else if (p[0] != 0)
        failed = grpc_status_of(GRPC_INTERNAL, "malformed message frame");
    else if (len > call->conn->server->config.message_bytes)
        failed = grpc_status_of(GRPC_RESOURCE_EXHAUSTED, "the message is too large");
    else if (grpc_conn_hold(call->conn, call, len) != 0)
        failed = grpc_status_of(GRPC_RESOURCE_EXHAUSTED, "too much waits on this connection");
    if (failed.code != GRPC_OK) {
        grpc_call_end(call, failed);
        return;
    }
    buf_init(&call->message, NULL, len);
    call->message_left = len;
    call->message_begun = true;
    if (len == 0)
        message_done(call);
}

static size_t take_prefix(struct grpc_call *call, struct str bytes)
{
    size_t n = GRPC_FRAME_PREFIX - call->prefix_len;
    n = bytes.len < n ? bytes.len : n;
    memcpy(call->prefix + call->prefix_len, bytes.ptr, n);
    call->prefix_len += n;
    if (call->prefix_len == GRPC_FRAME_PREFIX)
        begin_message(call);
    return n;
}

static size_t take_message(struct grpc_call *call, struct str bytes)
{
    size_t n = bytes.len < call->message_left ? bytes.len : call->message_left;
    buf_add(&call->message, str_sub(bytes, 0, n));
    call->message_left -= n;
    if (call->message.failed)
        grpc_call_fail(call, ERR_OVERLOADED, NULL);
    else if (call->message_left == 0)
        message_done(call);
    return n;
}

void grpc_call_data(struct grpc_call *call, struct str bytes)
{
    while (bytes.len > 0 && !call->ended) {
        if (call->message_done) {
            grpc_call_end(call, grpc_status_of(GRPC_INTERNAL, "more than one message"));
            return;
        }
        bytes = str_from(bytes, call->message_begun ? take_message(call, bytes)
                                                    : take_prefix(call, bytes));
    }
}

void grpc_call_request_done(struct grpc_call *call)
{
    call->request_done = true;
    if (call->ended)
        return;
    if (call->method->kind == GRPC_CHAT && call->prefix_len == 0)
        grpc_call_end(call, (struct grpc_status){.code = GRPC_OK});
    else if (!call->message_done)
        grpc_call_end(call, grpc_status_of(GRPC_INTERNAL, "the message is missing or cut off"));
    else
        dispatch(call);
}

/* The caller's deadline ends the call. Our patience ends a request that does not come, or a stream
 * whose answer nobody takes. */
void grpc_call_check(struct grpc_call *call, int64_t now_ms)
{
    struct grpc_counters *counters = &call->conn->server->counters;
    bool late = call->deadline_ms && now_ms >= call->deadline_ms && !call->ended;
    bool slow = call->patience_ms && now_ms >= call->patience_ms;
    if (!late && !slow)
        return;
    atomic_fetch_add_explicit(&counters->expired, 1, memory_order_relaxed);
    if (call->ended) {
        call->patience_ms = 0;
        (void)nghttp2_submit_rst_stream(call->conn->session, NGHTTP2_FLAG_NONE, call->stream_id,
                                        NGHTTP2_CANCEL);
        return;
    }
    grpc_call_end(
        call, grpc_status_of(GRPC_DEADLINE_EXCEEDED, late ? "the deadline has passed"
                                                          : "the request did not arrive in time"));
}
