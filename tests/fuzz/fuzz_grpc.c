/* HTTP/2 frames through the gRPC server's own callbacks, without a socket: whatever comes, nothing is
 * held when the connection is gone. Calls that would go to the pool are refused, as when it is full. */
#include <stdlib.h>

#include "core/base/log.h"
#include "tests/fuzz/fuzz.h"
#include "web/grpc/internal.h"

static struct grpc_server *server_of_target(void)
{
    static struct web web;
    static struct grpc_server server;
    if (server.callbacks)
        return &server;
    web_config_defaults(&web.config);
    log_setup(LOG_LEVEL_ERROR, 2, false);
    server.web = &web;
    server.config = web.config.grpc;
    server.config.message_bytes = 4096;
    PROMISE(grpc_session_setup(&server) == 0);
    return &server;
}

static void drain(struct grpc_conn *conn)
{
    const uint8_t *frame;
    ssize_t n;
    size_t total = 0;
    while ((n = nghttp2_session_mem_send(conn->session, &frame)) > 0)
        total += (size_t)n;
    PROMISE(total <= (size_t)32 << 20);
}

/* In pieces, as a network gives them. */
static void feed(struct grpc_conn *conn, struct str bytes)
{
    while (bytes.len > 0) {
        size_t n = bytes.len < 37 ? bytes.len : bytes.len / 2;
        if (!grpc_session_feed(conn, bytes.ptr, n))
            break;
        bytes = str_from(bytes, n);
        drain(conn);
    }
    drain(conn);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char greeting[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0";
    struct grpc_server *server = server_of_target();
    struct grpc_conn conn = {.server = server, .calm = 1000, .peer_ip = "127.0.0.1"};
    struct grpc_call *next;
    size_t streams = server->config.streams;
    PROMISE(grpc_session_open(&conn) == 0);
    server->config.streams = 0;
    feed(&conn, str_of(greeting, sizeof(greeting) - 1));
    feed(&conn, fuzz_input(data, size));
    for (struct grpc_call *c = conn.calls; c; c = next) {
        next = c->next;
        grpc_call_check(c, INT64_MAX - 1);
    }
    drain(&conn);
    server->config.streams = streams;
    grpc_session_close(&conn);
    PROMISE(conn.call_count == 0 && conn.held_bytes == 0);
    PROMISE(atomic_load(&server->counters.held_bytes) == 0);
    PROMISE(atomic_load(&server->counters.streams) == 0);
    return 0;
}
