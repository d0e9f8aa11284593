/* Opens the port, starts the threads, takes all apart again. */
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "web/door.h"
#include "web/grpc/internal.h"

#include "core/base/banned.h"

#define HEALTH_MAX_BYTES ((size_t)64 << 10)
#define BACKLOG          1024
#define LOOPS_MAX        8
#define POOL_THREADS     16

static int open_port(struct grpc_server *s, struct err_ctx *err)
{
    const struct web_grpc_config *c = &s->config;
    const char *address = c->address && *c->address ? c->address : NULL;
    struct door_socket open;
    if (c->plaintext && !address)
        address = "127.0.0.1";
    /* Tokens and secrets go over this connection. */
    if (c->plaintext && !door_is_loopback(address))
        return err_set(err, ERR_CONFIG, "gRPC without TLS is for loopback addresses, not %s",
                       address);
    TRY(door_open(address, c->port, BACKLOG, " for gRPC", err, &open));
    s->listen_fd = open.fd;
    s->port = open.port;
    return 0;
}

static size_t loops_wanted(const struct web_grpc_config *c)
{
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    size_t n = c->threads ? c->threads : (size_t)(processors > 0 ? processors : 1);
    return n < LOOPS_MAX ? n : LOOPS_MAX;
}

static int open_loops(struct grpc_server *s)
{
    size_t n = loops_wanted(&s->config);
    s->loops = calloc(n, sizeof(*s->loops));
    if (!s->loops)
        return ERR_NO_MEMORY;
    for (; s->loop_count < n; s->loop_count++)
        TRY(grpc_loop_open(&s->loops[s->loop_count], s));
    return 0;
}

static int start(struct grpc_server *s, struct err_ctx *err)
{
    const struct web_limits *limits = &s->web->config.limits;
    s->tls_config = s->web->config.tls;
    s->tls_config.http2 = true;
    if (!s->config.plaintext)
        TRY(tls_new(&s->tls_config, web_hostname(s->web), err, &s->tls));
    TRY(grpc_session_setup(s));
    TRY(open_port(s, err));
    TRY(open_loops(s));
    TRY(grpc_pool_new(limits->workers < POOL_THREADS ? limits->workers : POOL_THREADS, &s->pool));
    for (size_t i = 0; i < s->loop_count; i++)
        TRY(grpc_loop_start(&s->loops[i]));
    return 0;
}

int grpc_server_start(struct web *web, struct err_ctx *err, struct grpc_server **ret_server)
{
    *ret_server = NULL;
    if (web->config.grpc.port == 0)
        return 0;
    struct grpc_server *s = calloc(1, sizeof(*s));
    if (!s)
        return ERR_NO_MEMORY;
    s->web = web;
    s->config = web->config.grpc;
    s->listen_fd = -1;
    int rc = start(s, err);
    if (rc != 0) {
        grpc_server_free(s);
        return rc;
    }
    *ret_server = s;
    return 0;
}

void grpc_server_stop(struct grpc_server *s)
{
    if (!s)
        return;
    s->stop_at_ms = clock_now().monotonic_ms + s->web->config.limits.stop_ms;
    atomic_store(&s->stopping, true);
    for (size_t i = 0; i < s->loop_count; i++)
        if (s->loops[i].started) {
            grpc_loop_wake(&s->loops[i]);
            pthread_join(s->loops[i].thread, NULL);
            s->loops[i].started = false;
        }
    grpc_pool_free(s->pool);
    s->pool = NULL;
    for (size_t i = 0; i < s->loop_count; i++)
        grpc_loop_close(&s->loops[i]);
    s->loop_count = 0;
    if (s->listen_fd >= 0)
        close(s->listen_fd);
    s->listen_fd = -1;
}

void grpc_server_free(struct grpc_server *s)
{
    if (!s)
        return;
    grpc_server_stop(s);
    free(s->loops);
    grpc_session_teardown(s);
    tls_free(s->tls);
    free(s);
}

int grpc_server_tls_reload(struct grpc_server *server, struct err_ctx *err)
{
    return server && server->tls ? tls_reload(server->tls, err) : 0;
}

uint16_t grpc_server_port(const struct grpc_server *server)
{
    return server ? server->port : 0;
}

/* The details are for /health. */
static bool is_well(const struct web_services *services)
{
    struct buf details;
    struct json_writer checks;
    if (!services->health)
        return true;
    buf_init(&details, NULL, HEALTH_MAX_BYTES);
    jw_init(&checks, &details);
    jw_begin_array(&checks);
    enum web_health health = services->health(services->context, &checks);
    buf_free(&details);
    return health != WEB_DOWN;
}

bool grpc_is_ready(const struct grpc_server *s)
{
    return !atomic_load(&s->stopping) && !atomic_load(&s->web->stopping) &&
           is_well(&s->web->services);
}
