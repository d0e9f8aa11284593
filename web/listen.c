/* Opens the doors and keeps time: one thread accepts and closes what is over its deadline; the
 * workers do the rest. */
#include "web/listen.h"

#include <errno.h>
#include <malloc.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <netinet/tcp.h>

#include "core/base/log.h"
#include "web/door.h"
#include "web/worker.h"

#include "core/base/banned.h"

#define MAX_DOORS         6
#define BACKLOG           4096
#define SWEEP_EVERY_MS    STREAM_LOOK_MS
#define ACCEPTS_IN_A_ROW  256
#define SPARE_DESCRIPTORS 512
#define OUT_OF_FILES_MS   50
#define BUSY_CHECK_MS     2
#define CROWD             500
#define TRIM_EVERY_MS     5000
#define IDLE_CHECK_MS     25

struct door {
    int fd;
    uint16_t port;
    struct link_kind kind;
};

struct listen {
    struct workshop shop;
    struct lot lot;
    struct worker **workers;
    size_t worker_count;
    struct door doors[MAX_DOORS];
    size_t door_count;
    int poll_fd; /* of the accepting thread */
    int wake_fd; /* tells it to stop */
    int stop_fd; /* tells the workers to end */
    pthread_t thread;
    bool started;
    long long crowd; /* most connections since the last trim */
    int64_t trimmed_ms;
};

/* Port 0 is "off" in the configuration; tests that want any port say WEB_PORT_ANY. */
static int open_door(struct listen *l, const char *address, uint16_t port,
                     const struct link_kind *kind, struct err_ctx *err)
{
    struct door_socket open;
    if (port == 0)
        return 0;
    TRY(door_open(address, port, BACKLOG, "", err, &open));
    struct door *door = &l->doors[l->door_count++];
    *door = (struct door){open.fd, open.port, *kind};
    struct epoll_event ev = {.events = EPOLLIN, .data.u64 = l->door_count - 1};
    return epoll_ctl(l->poll_fd, EPOLL_CTL_ADD, open.fd, &ev) == 0 ? 0 : ERR_INTERNAL;
}

static int open_doors(struct listen *l, const struct web_config *c, struct err_ctx *err)
{
    struct link_kind https = {LISTENER_PUBLIC, true, false};
    struct link_kind http = {LISTENER_PUBLIC, false, !c->dev};
    struct link_kind admin = {LISTENER_ADMIN, c->https_port != 0, false};
    struct link_kind management = {LISTENER_MANAGEMENT, false, false};
    bool bare = c->https_port == 0 && !(c->admin_address && *c->admin_address);
    const char *own = c->management_address ? c->management_address : "127.0.0.1";
    const char *plain = c->http_address || !c->dev ? c->http_address : "127.0.0.1";
    TRY(open_door(l, c->https_address, c->https_port, &https, err));
    TRY(open_door(l, plain, c->http_port, &http, err));
    TRY(open_door(l, bare ? "127.0.0.1" : c->admin_address, c->admin_port, &admin, err));
    return open_door(l, own, c->management_port, &management, err);
}

/* As many connections as configured, or as the system lets us have descriptors. */
static void raise_file_limit(struct web_limits *limits)
{
    struct rlimit rl;
    rlim_t wanted = (rlim_t)limits->connections + SPARE_DESCRIPTORS;
    if (getrlimit(RLIMIT_NOFILE, &rl) != 0)
        return;
    if (rl.rlim_cur < wanted) {
        rl.rlim_cur = wanted < rl.rlim_max ? wanted : rl.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &rl);
        (void)getrlimit(RLIMIT_NOFILE, &rl);
    }
    if (rl.rlim_cur < wanted && rl.rlim_cur > 2 * SPARE_DESCRIPTORS) {
        limits->connections = (size_t)rl.rlim_cur - SPARE_DESCRIPTORS;
        LOG_WARN("web", "at most %zu connections: the limit of open files is %llu",
                 limits->connections, (unsigned long long)rl.rlim_cur);
    }
}

static int watch(int poll_fd, int fd, uint64_t data)
{
    struct epoll_event ev = {.events = EPOLLIN, .data.u64 = data};
    return epoll_ctl(poll_fd, EPOLL_CTL_ADD, fd, &ev) == 0 ? 0 : ERR_INTERNAL;
}

static int prepare(struct listen *l, struct web *web, struct err_ctx *err)
{
    struct web_limits *limits = &web->config.limits;
    raise_file_limit(limits);
    TRY(lot_init(&l->lot, limits));
    l->poll_fd = epoll_create1(EPOLL_CLOEXEC);
    l->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    l->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (l->poll_fd < 0 || l->wake_fd < 0 || l->stop_fd < 0)
        return ERR_INTERNAL;
    TRY(watch(l->poll_fd, l->wake_fd, MAX_DOORS));
    TRY(watch(l->lot.epoll_fd, l->stop_fd, WORKER_STOP));
    TRY(civet_new(limits->header_bytes, &l->shop.civet));
    l->shop.web = web;
    l->shop.lot = &l->lot;
    l->shop.tls = web->tls;
    l->shop.limits = (struct http_limits){.header_bytes = limits->header_bytes,
                                          .uri_bytes = limits->uri_bytes,
                                          .header_count = REQUEST_MAX_HEADERS};
    return open_doors(l, &web->config, err);
}

int listen_open(struct web *web, struct err_ctx *err, struct listen **ret_listen)
{
    struct listen *l = calloc(1, sizeof(*l));
    if (!l)
        return ERR_NO_MEMORY;
    l->poll_fd = l->wake_fd = l->stop_fd = -1;
    l->lot.epoll_fd = -1;
    crew_init(&l->shop.crew, (int)web->config.limits.workers);
    int rc = prepare(l, web, err);
    if (rc != 0) {
        listen_free(l);
        return rc;
    }
    *ret_listen = l;
    return 0;
}

static void welcome(struct listen *l, const struct door *door, int fd,
                    const struct sockaddr_storage *peer)
{
    const struct web_limits *limits = &l->shop.web->config.limits;
    int on = 1;
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    (void)lot_add(&l->lot, fd, peer, &door->kind,
                  door->kind.is_tls ? limits->handshake_ms : limits->header_ms);
}

static void accept_some(struct listen *l, const struct door *door)
{
    for (int i = 0; i < ACCEPTS_IN_A_ROW; i++) {
        struct sockaddr_storage peer;
        socklen_t len = sizeof(peer);
        int fd = accept4(door->fd, (struct sockaddr *)&peer, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0) {
            /* Out of descriptors: others must go first; the backlog waits. */
            if (errno == EMFILE || errno == ENFILE || errno == ENOMEM)
                usleep(OUT_OF_FILES_MS * 1000);
            return;
        }
        welcome(l, door, fd, &peer);
    }
}

/* After a crowd has gone, what it used goes back to the system. */
static void give_back_memory(struct listen *l, int64_t now_ms)
{
    long long open = atomic_load(&l->lot.open);
    if (open > l->crowd)
        l->crowd = open;
    if (l->crowd < CROWD || open > l->crowd / 2 || now_ms - l->trimmed_ms < TRIM_EVERY_MS)
        return;
    l->crowd = open;
    l->trimmed_ms = now_ms;
    (void)malloc_trim(0);
}

static void *accept_main(void *argument)
{
    struct listen *l = argument;
    struct epoll_event events[MAX_DOORS + 1];
    int64_t swept_ms = 0;
    for (;;) {
        bool busy = crew_is_busy(&l->shop.crew);
        int n = epoll_wait(l->poll_fd, events, MAX_DOORS + 1, busy ? BUSY_CHECK_MS : IDLE_CHECK_MS);
        crew_check(&l->shop.crew);
        for (int i = 0; i < n; i++) {
            if (events[i].data.u64 == MAX_DOORS)
                return NULL;
            accept_some(l, &l->doors[events[i].data.u64]);
        }
        int64_t now_ms = clock_now().monotonic_ms;
        if (now_ms - swept_ms >= SWEEP_EVERY_MS) {
            lot_sweep(&l->lot, now_ms, false);
            give_back_memory(l, now_ms);
            swept_ms = now_ms;
        }
    }
}

int listen_start(struct listen *l)
{
    size_t count = l->shop.web->config.limits.workers;
    l->workers = calloc(count, sizeof(struct worker *));
    if (!l->workers)
        return ERR_NO_MEMORY;
    for (; l->worker_count < count; l->worker_count++)
        TRY(worker_start(&l->shop, &l->workers[l->worker_count]));
    if (pthread_create(&l->thread, NULL, accept_main, l) != 0)
        return ERR_NO_MEMORY;
    l->started = true;
    return 0;
}

static void signal_fd(int fd)
{
    uint64_t one = 1;
    ssize_t n = write(fd, &one, sizeof(one));
    (void)n;
}

static void close_doors(struct listen *l)
{
    for (size_t i = 0; i < l->door_count; i++)
        close(l->doors[i].fd);
    l->door_count = 0;
}

/* Requests that are being answered and replies that are being read may end. */
static void drain(struct listen *l, int64_t stop_ms)
{
    int64_t end_ms = clock_now().monotonic_ms + stop_ms;
    int64_t now_ms;
    while ((now_ms = clock_now().monotonic_ms) < end_ms) {
        lot_sweep(&l->lot, now_ms, true);
        if (!crew_is_busy(&l->shop.crew) && !lot_is_busy(&l->lot))
            return;
        usleep(5000);
    }
    LOG_WARN("web", "stopped with requests in flight");
}

void listen_stop(struct listen *l)
{
    if (l->started) {
        signal_fd(l->wake_fd);
        pthread_join(l->thread, NULL);
        l->started = false;
        close_doors(l);
        drain(l, l->shop.web->config.limits.stop_ms);
    }
    if (l->worker_count) {
        crew_dismiss(&l->shop.crew);
        signal_fd(l->stop_fd);
    }
    for (size_t i = 0; i < l->worker_count; i++)
        worker_join(l->workers[i]);
    l->worker_count = 0;
}

void listen_free(struct listen *l)
{
    if (!l)
        return;
    listen_stop(l);
    close_doors(l);
    lot_free(&l->lot);
    int fds[] = {l->poll_fd, l->wake_fd, l->stop_fd};
    for (size_t i = 0; i < ARRAY_LEN(fds); i++)
        if (fds[i] >= 0)
            close(fds[i]);
    civet_free(l->shop.civet);
    crew_free(&l->shop.crew);
    free(l->workers);
    free(l);
}

uint16_t listen_port(const struct listen *l, enum listener listener, bool https)
{
    for (size_t i = 0; i < l->door_count; i++)
        if (l->doors[i].kind.listener == listener && l->doors[i].kind.is_tls == https)
            return l->doors[i].port;
    return 0;
}

struct civet *listen_civet(struct listen *l)
{
    return l->shop.civet;
}

void listen_counts(const struct listen *l, struct listen_counts *ret_counts)
{
    const struct lot *lot = &l->lot;
    *ret_counts = (struct listen_counts){
        .accepted = atomic_load(&lot->accepted),
        .refused = atomic_load(&lot->refused),
        .open = atomic_load(&lot->open),
        .expired = atomic_load(&lot->expired),
        .handshakes_failed = atomic_load(&lot->handshakes_failed),
        .parked_bytes = atomic_load(&lot->parked_bytes),
    };
}
