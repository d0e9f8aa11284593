/* nghttp2 with our limits. Every callback that a peer can trigger at will either does bounded work
 * for a call or is charged (HT-07). */
#include "web/grpc/internal.h"

#include "core/base/banned.h"

#define CONTINUATIONS_MAX   8
#define SETTINGS_MAX        16
#define ACKS_MAX            200
#define RESETS_BURST        1000 /* beyond what our own charge allows */
#define RESETS_PER_S        50
#define FRAME_MAX_BYTES     16384
#define STREAM_WINDOW_BYTES ((size_t)256 << 10)
#define CONN_WINDOW_BYTES   ((int32_t)1 << 20)
#define HEADER_TABLE_BYTES  4096
#define COST_FRAME          1
#define COST_RESET          2
#define COST_INVALID        10
#define CALL_GAIN           10
#define FIRST_UNKNOWN_TYPE  10
#define LAST_TYPE           255

static struct grpc_call *call_of(nghttp2_session *session, int32_t stream_id)
{
    return nghttp2_session_get_stream_user_data(session, stream_id);
}

static bool is_request(const nghttp2_frame *frame)
{
    return frame->hd.type == NGHTTP2_HEADERS && frame->headers.cat == NGHTTP2_HCAT_REQUEST;
}

/* What costs the peer little and us something: frames that carry no call forward. */
static int64_t cost_of(const nghttp2_frame_hd *hd)
{
    switch (hd->type) {
    case NGHTTP2_HEADERS: return 0;
    case NGHTTP2_DATA: return hd->length == 0 && !(hd->flags & NGHTTP2_FLAG_END_STREAM);
    case NGHTTP2_RST_STREAM: return COST_RESET;
    default: return COST_FRAME;
    }
}

static int on_begin_frame(nghttp2_session *session, const nghttp2_frame_hd *hd, void *context)
{
    (void)session;
    return grpc_conn_charge(context, cost_of(hd)) ? 0 : NGHTTP2_ERR_CALLBACK_FAILURE;
}

static int on_begin_headers(nghttp2_session *session, const nghttp2_frame *frame, void *context)
{
    struct grpc_conn *conn = context;
    if (!is_request(frame))
        return 0;
    struct grpc_call *call = grpc_call_new(conn, frame->hd.stream_id);
    if (!call)
        return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    return nghttp2_session_set_stream_user_data(session, frame->hd.stream_id, call);
}

static int on_header(nghttp2_session *session, const nghttp2_frame *frame, const uint8_t *name,
                     size_t name_len, const uint8_t *value, size_t value_len, uint8_t flags,
                     void *context)
{
    struct grpc_call *call = call_of(session, frame->hd.stream_id);
    (void)flags;
    (void)context;
    /* Trailers of a request say nothing that we ask for. */
    if (!call || !is_request(frame))
        return 0;
    return grpc_call_header(call, str_of((const char *)name, name_len),
                            str_of((const char *)value, value_len))
               ? 0
               : NGHTTP2_ERR_CALLBACK_FAILURE;
}

static int on_frame(nghttp2_session *session, const nghttp2_frame *frame, void *context)
{
    struct grpc_conn *conn = context;
    struct grpc_call *call;
    /* Whoever greets has used its time to begin; from then on it may be idle. */
    if (frame->hd.type == NGHTTP2_SETTINGS && !(frame->hd.flags & NGHTTP2_FLAG_ACK))
        conn->deadline_ms = 0;
    if (frame->hd.type == NGHTTP2_PING && (frame->hd.flags & NGHTTP2_FLAG_ACK))
        conn->pinged_ms = 0;
    if (frame->hd.type != NGHTTP2_HEADERS && frame->hd.type != NGHTTP2_DATA)
        return 0;
    call = call_of(session, frame->hd.stream_id);
    if (call && is_request(frame))
        grpc_call_begin(call);
    if (call && (frame->hd.flags & NGHTTP2_FLAG_END_STREAM))
        grpc_call_request_done(call);
    return 0;
}

static int on_data(nghttp2_session *session, uint8_t flags, int32_t stream_id, const uint8_t *data,
                   size_t len, void *context)
{
    struct grpc_call *call = call_of(session, stream_id);
    (void)flags;
    (void)context;
    if (call)
        grpc_call_data(call, str_of((const char *)data, len));
    return 0;
}

static int on_close(nghttp2_session *session, int32_t stream_id, uint32_t error_code, void *context)
{
    struct grpc_call *call = call_of(session, stream_id);
    struct grpc_conn *conn = context;
    if (!call)
        return 0;
    if (call->ended && error_code == NGHTTP2_NO_ERROR)
        grpc_conn_reward(conn, CALL_GAIN);
    grpc_call_free(call, error_code);
    return 0;
}

static int on_invalid(nghttp2_session *session, const nghttp2_frame *frame, int code, void *context)
{
    (void)session;
    (void)frame;
    (void)code;
    return grpc_conn_charge(context, COST_INVALID) ? 0 : NGHTTP2_ERR_CALLBACK_FAILURE;
}

/* Frames of unknown types are skipped, but they are counted: nghttp2 tells of them only when somebody
 * says to know them. */
static int skip_unknown(nghttp2_session *session, void **payload, const nghttp2_frame_hd *hd,
                        void *context)
{
    (void)session;
    (void)payload;
    (void)hd;
    (void)context;
    return NGHTTP2_ERR_CANCEL;
}

/* RFC 9113 8.1: who has the whole answer need not send the rest of the request. */
static int on_sent(nghttp2_session *session, const nghttp2_frame *frame, void *context)
{
    (void)context;
    if (frame->hd.type != NGHTTP2_HEADERS || !(frame->hd.flags & NGHTTP2_FLAG_END_STREAM))
        return 0;
    struct grpc_call *call = call_of(session, frame->hd.stream_id);
    if (call && !call->request_done)
        (void)nghttp2_submit_rst_stream(session, NGHTTP2_FLAG_NONE, frame->hd.stream_id,
                                        NGHTTP2_NO_ERROR);
    return 0;
}

int grpc_session_setup(struct grpc_server *server)
{
    if (nghttp2_option_new(&server->options) != 0 ||
        nghttp2_session_callbacks_new(&server->callbacks) != 0)
        return ERR_NO_MEMORY;
    nghttp2_option *o = server->options;
    nghttp2_option_set_max_continuations(o, CONTINUATIONS_MAX);
    nghttp2_option_set_max_settings(o, SETTINGS_MAX);
    nghttp2_option_set_max_outbound_ack(o, ACKS_MAX);
    nghttp2_option_set_stream_reset_rate_limit(o, RESETS_BURST, RESETS_PER_S);
    nghttp2_option_set_no_closed_streams(o, 1);
    for (int type = FIRST_UNKNOWN_TYPE; type <= LAST_TYPE; type++)
        nghttp2_option_set_user_recv_extension_type(o, (uint8_t)type);
    nghttp2_option_set_server_fallback_rfc7540_priorities(o, 0);
    nghttp2_session_callbacks *c = server->callbacks;
    nghttp2_session_callbacks_set_on_begin_frame_callback(c, on_begin_frame);
    nghttp2_session_callbacks_set_on_begin_headers_callback(c, on_begin_headers);
    nghttp2_session_callbacks_set_on_header_callback(c, on_header);
    nghttp2_session_callbacks_set_on_frame_recv_callback(c, on_frame);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(c, on_data);
    nghttp2_session_callbacks_set_on_stream_close_callback(c, on_close);
    nghttp2_session_callbacks_set_on_invalid_frame_recv_callback(c, on_invalid);
    nghttp2_session_callbacks_set_on_frame_send_callback(c, on_sent);
    nghttp2_session_callbacks_set_unpack_extension_callback(c, skip_unknown);
    return 0;
}

void grpc_session_teardown(struct grpc_server *server)
{
    nghttp2_option_del(server->options);
    nghttp2_session_callbacks_del(server->callbacks);
}

int grpc_session_open(struct grpc_conn *conn)
{
    const struct grpc_server *server = conn->server;
    const nghttp2_settings_entry settings[] = {
        {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, (uint32_t)server->config.streams},
        {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, STREAM_WINDOW_BYTES},
        {NGHTTP2_SETTINGS_MAX_FRAME_SIZE, FRAME_MAX_BYTES},
        {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, GRPC_HEADERS_MAX_BYTES},
        {NGHTTP2_SETTINGS_HEADER_TABLE_SIZE, HEADER_TABLE_BYTES},
        /* RFC 9218 2.1: no priorities of RFC 7540, whose tree could be grown at will. */
        {NGHTTP2_SETTINGS_NO_RFC7540_PRIORITIES, 1},
    };
    if (nghttp2_session_server_new2(&conn->session, server->callbacks, conn, server->options) !=
            0 ||
        nghttp2_submit_settings(conn->session, NGHTTP2_FLAG_NONE, settings, ARRAY_LEN(settings)) !=
            0 ||
        nghttp2_session_set_local_window_size(conn->session, NGHTTP2_FLAG_NONE, 0,
                                              CONN_WINDOW_BYTES) != 0)
        return ERR_NO_MEMORY;
    return 0;
}

void grpc_session_close(struct grpc_conn *conn)
{
    /* nghttp2 says nothing about the streams that end with it. */
    while (conn->calls)
        grpc_call_free(conn->calls, NGHTTP2_CANCEL);
    while (conn->jobs) {
        struct grpc_job *job = conn->jobs;
        conn->jobs = job->conn_next;
        atomic_store(&job->abandoned, true);
        job->conn = NULL;
        job->conn_link = NULL;
    }
    nghttp2_session_del(conn->session);
    conn->session = NULL;
}

void grpc_session_terminate(struct grpc_conn *conn, uint32_t error_code)
{
    if (error_code == NGHTTP2_ENHANCE_YOUR_CALM)
        atomic_fetch_add_explicit(&conn->server->counters.calmed, 1, memory_order_relaxed);
    (void)nghttp2_session_terminate_session(conn->session, error_code);
}

/* The code of RFC 9113 7 for what nghttp2 gave up on without saying goodbye itself. */
static uint32_t goodbye_code(ssize_t rc)
{
    switch (rc) {
    case NGHTTP2_ERR_FLOODED:
    case NGHTTP2_ERR_TOO_MANY_SETTINGS:
    case NGHTTP2_ERR_CALLBACK_FAILURE: return NGHTTP2_ENHANCE_YOUR_CALM;
    case NGHTTP2_ERR_NOMEM: return NGHTTP2_INTERNAL_ERROR;
    default: return NGHTTP2_PROTOCOL_ERROR;
    }
}

bool grpc_session_feed(struct grpc_conn *conn, const void *bytes, size_t len)
{
    ssize_t rc = nghttp2_session_mem_recv(conn->session, bytes, len);
    if (rc == (ssize_t)len)
        return true;
    grpc_session_terminate(conn, goodbye_code(rc));
    return false;
}
