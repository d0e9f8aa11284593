#include "store/link/listener.h"

#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/log.h"
#include "store/link/socket.h"

#include "core/base/banned.h"

#define HANDSHAKE_MS 10000
#define OUT_OF_FILES 100 /* ms to wait when the process has too many files open */

/* One connection and its thread. */
struct place {
    struct link_listener *listener;
    enum { PLACE_EMPTY, PLACE_BUSY, PLACE_OVER } state; /* over: the thread is to be joined */
    pthread_t thread;
    int fd; /* -1 once it may be closed */
    bool is_peer, is_kept;
    struct link_pin pin; /* with is_kept */
    int64_t since_ms;
};

struct link_listener {
    struct link_listener_config config;
    int fd, wake_fd;
    uint16_t port;
    pthread_t thread;
    pthread_mutex_t lock; /* of what follows */
    pthread_cond_t peer_gone;
    struct place places[LINK_CONNECTIONS_MAX];
    struct place *peer; /* whose connection is up */
    bool stopping;
};

/* --- A connection --- */

static void hang_up(struct place *p)
{
    if (p->fd >= 0)
        (void)shutdown(p->fd, SHUT_RDWR);
}

/* The peer dialled again: its older connection is of no use to it, even when it looks alive from here. */
static bool take_turn(struct place *p)
{
    struct link_listener *l = p->listener;
    pthread_mutex_lock(&l->lock);
    p->is_peer = true;
    while (l->peer && !l->stopping) {
        hang_up(l->peer);
        pthread_cond_wait(&l->peer_gone, &l->lock);
    }
    bool mine = !l->stopping;
    if (mine)
        l->peer = p;
    pthread_mutex_unlock(&l->lock);
    return mine;
}

static void give_turn(struct place *p)
{
    struct link_listener *l = p->listener;
    pthread_mutex_lock(&l->lock);
    l->peer = NULL;
    pthread_cond_broadcast(&l->peer_gone);
    pthread_mutex_unlock(&l->lock);
}

static int run_link(struct place *p, struct channel *channel)
{
    struct link *link;
    TRY(link_new(channel, &p->listener->config.times, &link));
    int err = link_run(link, CHANNEL_LISTENS, &p->listener->config.user);
    link_free(link);
    return err;
}

static void serve_peer(struct place *p, struct channel *channel)
{
    if (!take_turn(p))
        return;
    LOG_INFO("replication", "the peer is connected");
    int err = run_link(p, channel);
    give_turn(p);
    if (err == ERR_INVALID_REQUEST)
        LOG_WARN("replication", "the peer said what makes no sense: its connection ended");
    else
        LOG_INFO("replication", "the peer's connection ended: %s",
                 err == 0 ? "closed" : err_text(err));
}

/* The one before with this key may be given up, and is no better than any other from now on. */
static void keep(struct place *p, const struct link_pin *pin)
{
    struct link_listener *l = p->listener;
    pthread_mutex_lock(&l->lock);
    for (size_t i = 0; i < LINK_CONNECTIONS_MAX; i++)
        if (l->places[i].is_kept && link_pin_equal(&l->places[i].pin, pin))
            l->places[i].is_kept = false;
    p->is_kept = true;
    p->pin = *pin;
    pthread_mutex_unlock(&l->lock);
}

static void serve_stranger(struct place *p, struct channel *channel, const struct link_pin *pin)
{
    const struct link_listener_config *c = &p->listener->config;
    if (!c->stranger)
        return;
    if (c->is_kept && c->is_kept(c->arg, pin))
        keep(p, pin);
    c->stranger(c->arg, channel, pin);
}

static void serve(struct place *p, struct channel *channel)
{
    const struct link_listener_config *c = &p->listener->config;
    struct link_pin pin;
    int64_t wait_ms = c->times.handshake_ms ? c->times.handshake_ms : HANDSHAKE_MS;
    if (channel_shake_hands_by(channel, clock_now().monotonic_ms + wait_ms) != 0 ||
        channel_pin(channel, &pin) != 0)
        return;
    if (c->is_peer(c->arg, &pin))
        serve_peer(p, channel);
    else
        serve_stranger(p, channel, &pin);
}

static void *run_place(void *arg)
{
    struct place *p = arg;
    struct link_listener *l = p->listener;
    struct channel *channel;
    bool open = channel_new(l->config.identity, CHANNEL_LISTENS, p->fd, &channel) == 0;
    if (open)
        serve(p, channel);
    pthread_mutex_lock(&l->lock);
    p->fd = -1;
    p->state = PLACE_OVER;
    pthread_mutex_unlock(&l->lock);
    if (open)
        channel_free(channel);
    return NULL;
}

/* --- Accepting --- */

/* A connection that is over makes room. Without one the oldest that is neither the peer's nor kept has
 * to go, so that strangers do not keep the peer out by waiting. */
static struct place *find_place(struct link_listener *l)
{
    struct place *free_one = NULL, *oldest = NULL;
    for (size_t i = 0; i < LINK_CONNECTIONS_MAX; i++) {
        struct place *p = &l->places[i];
        if (p->state == PLACE_OVER) {
            (void)pthread_join(p->thread, NULL);
            p->state = PLACE_EMPTY;
        }
        if (p->state == PLACE_EMPTY)
            free_one = p;
        else if (!p->is_peer && !p->is_kept && (!oldest || p->since_ms < oldest->since_ms))
            oldest = p;
    }
    if (!free_one && oldest)
        hang_up(oldest);
    return free_one;
}

static void take_in(struct link_listener *l, int fd)
{
    pthread_mutex_lock(&l->lock);
    struct place *p = find_place(l);
    bool taken = false;
    if (p) {
        *p = (struct place){
            .listener = l, .state = PLACE_BUSY, .fd = fd, .since_ms = clock_now().monotonic_ms};
        taken = pthread_create(&p->thread, NULL, run_place, p) == 0;
        if (!taken)
            p->state = PLACE_EMPTY;
    }
    pthread_mutex_unlock(&l->lock);
    if (!taken)
        (void)close(fd);
}

static bool is_stopping(struct link_listener *l)
{
    pthread_mutex_lock(&l->lock);
    bool stopping = l->stopping;
    pthread_mutex_unlock(&l->lock);
    return stopping;
}

static void *accept_all(void *arg)
{
    struct link_listener *l = arg;
    struct pollfd p[] = {{.fd = l->fd, .events = POLLIN}, {.fd = l->wake_fd, .events = POLLIN}};
    while (!is_stopping(l)) {
        (void)poll(p, 2, -1);
        if (!p[0].revents)
            continue;
        int fd = accept4(l->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0) {
            (void)poll(&p[1], 1, OUT_OF_FILES);
            continue;
        }
        link_socket_setup(fd);
        take_in(l, fd);
    }
    return NULL;
}

/* --- As a whole --- */

static void listener_free(struct link_listener *l)
{
    if (l->fd >= 0)
        (void)close(l->fd);
    if (l->wake_fd >= 0)
        (void)close(l->wake_fd);
    (void)pthread_cond_destroy(&l->peer_gone);
    (void)pthread_mutex_destroy(&l->lock);
    free(l);
}

static int start(struct link_listener *l, struct err_ctx *ctx)
{
    l->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (l->wake_fd < 0)
        return ERR_NO_MEMORY;
    TRY(link_listen(l->config.address, l->config.port, &l->fd, &l->port, ctx));
    return pthread_create(&l->thread, NULL, accept_all, l) == 0 ? 0 : ERR_NO_MEMORY;
}

int link_listener_start(const struct link_listener_config *config,
                        struct link_listener **ret_listener, struct err_ctx *ctx)
{
    struct link_listener *l = calloc(1, sizeof(*l));
    if (!l)
        return ERR_NO_MEMORY;
    l->config = *config;
    l->fd = l->wake_fd = -1;
    (void)pthread_mutex_init(&l->lock, NULL);
    (void)pthread_cond_init(&l->peer_gone, NULL);
    int err = start(l, ctx);
    if (err != 0)
        listener_free(l);
    else
        *ret_listener = l;
    return err;
}

uint16_t link_listener_port(const struct link_listener *listener)
{
    return listener->port;
}

void link_listener_hang_up(struct link_listener *listener)
{
    pthread_mutex_lock(&listener->lock);
    if (listener->peer)
        hang_up(listener->peer);
    pthread_mutex_unlock(&listener->lock);
}

static void stop_places(struct link_listener *l)
{
    const uint64_t one = 1;
    pthread_mutex_lock(&l->lock);
    l->stopping = true;
    for (size_t i = 0; i < LINK_CONNECTIONS_MAX; i++)
        if (l->places[i].state == PLACE_BUSY)
            hang_up(&l->places[i]);
    pthread_cond_broadcast(&l->peer_gone);
    pthread_mutex_unlock(&l->lock);
    (void)!write(l->wake_fd, &one, sizeof(one));
}

void link_listener_stop(struct link_listener *listener)
{
    if (!listener)
        return;
    stop_places(listener);
    (void)pthread_join(listener->thread, NULL);
    stop_places(listener); /* what was taken in meanwhile */
    for (size_t i = 0; i < LINK_CONNECTIONS_MAX; i++)
        if (listener->places[i].state != PLACE_EMPTY)
            (void)pthread_join(listener->places[i].thread, NULL);
    listener_free(listener);
}
