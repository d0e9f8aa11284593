/* A thread that moves the frames of its connections and never waits for anything but them. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "web/grpc/internal.h"

#include "core/base/banned.h"

#define EVENTS_IN_A_ROW  64
#define ACCEPTS_IN_A_ROW 16
#define CHECK_EVERY_MS   250
#define STACK_BYTES      ((size_t)256 << 10)

int grpc_loop_open(struct grpc_loop *loop, struct grpc_server *server)
{
    *loop = (struct grpc_loop){.server = server, .epoll_fd = -1, .wake_fd = -1};
    loop->done_end = &loop->done;
    loop->arrivals_end = &loop->arrivals;
    pthread_mutex_init(&loop->mutex, NULL);
    arena_init(&loop->arena, ARENA_REQUEST_MAX_BYTES);
    loop->kept = grpc_kept_new();
    loop->scratch = malloc(GRPC_SCRATCH_BYTES);
    loop->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    loop->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    struct epoll_event wake = {.events = EPOLLIN, .data.ptr = loop};
    struct epoll_event door = {.events = EPOLLIN, .data.ptr = server};
    if (!loop->scratch || loop->epoll_fd < 0 || loop->wake_fd < 0 ||
        epoll_ctl(loop->epoll_fd, EPOLL_CTL_ADD, loop->wake_fd, &wake) != 0 ||
        (loop == server->loops &&
         epoll_ctl(loop->epoll_fd, EPOLL_CTL_ADD, server->listen_fd, &door) != 0))
        return ERR_NO_MEMORY;
    return 0;
}

void grpc_loop_wake(struct grpc_loop *loop)
{
    uint64_t one = 1;
    (void)!write(loop->wake_fd, &one, sizeof(one));
}

void grpc_loop_poke(struct grpc_loop *loop)
{
    if (!atomic_exchange(&loop->poked, true))
        grpc_loop_wake(loop);
}

void grpc_loop_return(struct grpc_loop *loop, struct grpc_job *job)
{
    job->next = NULL;
    pthread_mutex_lock(&loop->mutex);
    bool first = loop->done == NULL;
    *loop->done_end = job;
    loop->done_end = &job->next;
    pthread_mutex_unlock(&loop->mutex);
    if (first)
        grpc_loop_wake(loop);
}

void grpc_loop_need_check(struct grpc_loop *loop, int64_t at_ms)
{
    if (at_ms < loop->check_ms)
        loop->check_ms = at_ms;
}

static void address_text(const struct sockaddr_storage *peer, char out[48])
{
    const struct sockaddr_in6 *six = (const struct sockaddr_in6 *)peer;
    const struct sockaddr_in *four = (const struct sockaddr_in *)peer;
    const char *text;
    if (peer->ss_family == AF_INET)
        text = inet_ntop(AF_INET, &four->sin_addr, out, 48);
    else if (IN6_IS_ADDR_V4MAPPED(&six->sin6_addr))
        text = inet_ntop(AF_INET, six->sin6_addr.s6_addr + 12, out, 48);
    else
        text = inet_ntop(AF_INET6, &six->sin6_addr, out, 48);
    if (!text)
        out[0] = '\0';
}

static void pass_on(struct grpc_server *server, int fd, const struct sockaddr_storage *peer)
{
    struct grpc_loop *first = &server->loops[0];
    struct grpc_loop *loop = &server->loops[first->turn++ % server->loop_count];
    struct grpc_arrival *arrival = calloc(1, sizeof(*arrival));
    if (!arrival) {
        close(fd);
        return;
    }
    arrival->fd = fd;
    address_text(peer, arrival->peer_ip);
    pthread_mutex_lock(&loop->mutex);
    *loop->arrivals_end = arrival;
    loop->arrivals_end = &arrival->next;
    pthread_mutex_unlock(&loop->mutex);
    grpc_loop_wake(loop);
}

static void take_arrivals(struct grpc_loop *loop, bool open)
{
    pthread_mutex_lock(&loop->mutex);
    struct grpc_arrival *arrival = loop->arrivals;
    loop->arrivals = NULL;
    loop->arrivals_end = &loop->arrivals;
    pthread_mutex_unlock(&loop->mutex);
    while (arrival) {
        struct grpc_arrival *next = arrival->next;
        if (open)
            grpc_conn_accept(loop, arrival->fd, arrival->peer_ip);
        else
            close(arrival->fd);
        free(arrival);
        arrival = next;
    }
}

static void accept_some(struct grpc_loop *loop)
{
    for (int i = 0; i < ACCEPTS_IN_A_ROW; i++) {
        struct sockaddr_storage peer = {0};
        socklen_t len = sizeof(peer);
        int on = 1;
        int fd = accept4(loop->server->listen_fd, (struct sockaddr *)&peer, &len,
                         SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0)
            return;
        if (atomic_load(&loop->server->stopping)) {
            close(fd);
            continue;
        }
        (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
        pass_on(loop->server, fd, &peer);
    }
}

static struct grpc_job *take_done(struct grpc_loop *loop)
{
    pthread_mutex_lock(&loop->mutex);
    struct grpc_job *jobs = loop->done;
    loop->done = NULL;
    loop->done_end = &loop->done;
    pthread_mutex_unlock(&loop->mutex);
    return jobs;
}

static void finish_jobs(struct grpc_loop *loop)
{
    struct grpc_job *job = take_done(loop);
    while (job) {
        struct grpc_job *next = job->next;
        struct grpc_conn *conn = job->conn;
        grpc_job_finish(job);
        /* One write for answers to the same connection that come together. */
        if (conn && (!next || next->conn != conn))
            grpc_conn_flush(conn);
        job = next;
    }
}

static void clear_wake(struct grpc_loop *loop)
{
    uint64_t n;
    (void)!read(loop->wake_fd, &n, sizeof(n));
}

static void check(struct grpc_loop *loop)
{
    struct grpc_conn *next;
    if (!atomic_exchange(&loop->poked, false) && loop->now.monotonic_ms < loop->check_ms)
        return;
    loop->check_ms = loop->now.monotonic_ms + CHECK_EVERY_MS;
    grpc_kept_sweep(loop->kept, loop->now);
    for (struct grpc_conn *c = loop->conns; c; c = next) {
        next = c->next;
        grpc_conn_check(c);
    }
}

static void handle(struct grpc_loop *loop, const struct epoll_event *ev)
{
    if (ev->data.ptr == loop)
        clear_wake(loop);
    else if (ev->data.ptr != loop->server)
        grpc_conn_turn(ev->data.ptr, ev->events);
}

/* Connections are made and freed after the events of a round, so that none of these finds one gone. */
static void run_once(struct grpc_loop *loop)
{
    struct epoll_event events[EVENTS_IN_A_ROW];
    int64_t wait_ms = loop->check_ms - loop->now.monotonic_ms;
    bool knock = false;
    int n = epoll_wait(loop->epoll_fd, events, EVENTS_IN_A_ROW, wait_ms > 0 ? (int)wait_ms : 0);
    loop->now = clock_now();
    for (int i = 0; i < n; i++) {
        knock = knock || events[i].data.ptr == loop->server;
        handle(loop, &events[i]);
    }
    finish_jobs(loop);
    check(loop);
    if (knock)
        accept_some(loop);
    take_arrivals(loop, true);
}

static bool is_over(const struct grpc_loop *loop)
{
    const struct grpc_server *server = loop->server;
    if (!atomic_load(&server->stopping))
        return false;
    return !loop->conns || loop->now.monotonic_ms > server->stop_at_ms;
}

static void *loop_main(void *argument)
{
    struct grpc_loop *loop = argument;
    loop->now = clock_now();
    while (!is_over(loop))
        run_once(loop);
    return NULL;
}

int grpc_loop_start(struct grpc_loop *loop)
{
    pthread_attr_t attr;
    if (pthread_attr_init(&attr) != 0)
        return ERR_NO_MEMORY;
    (void)pthread_attr_setstacksize(&attr, STACK_BYTES);
    loop->started = pthread_create(&loop->thread, &attr, loop_main, loop) == 0;
    pthread_attr_destroy(&attr);
    return loop->started ? 0 : ERR_NO_MEMORY;
}

void grpc_loop_close(struct grpc_loop *loop)
{
    take_arrivals(loop, false);
    while (loop->conns)
        grpc_conn_free(loop->conns);
    for (struct grpc_job *job = take_done(loop), *next; job; job = next) {
        next = job->next;
        grpc_job_free(job);
    }
    if (loop->epoll_fd >= 0)
        close(loop->epoll_fd);
    if (loop->wake_fd >= 0)
        close(loop->wake_fd);
    grpc_kept_free(loop->kept);
    arena_free(&loop->arena);
    free(loop->scratch);
    pthread_mutex_destroy(&loop->mutex);
}
