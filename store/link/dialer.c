#include "store/link/dialer.h"

#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/log.h"
#include "store/link/socket.h"
#include "store/repl/node.h"

#include "core/base/banned.h"

#define HANDSHAKE_MS   10000
#define LEAST_PAUSE_MS 100
#define MOST_PAUSE_MS  5000
#define LASTED_MS      10000 /* a connection that lasted so long was a good one */

struct link_dialer {
    struct link_dialer_config config;
    char address[NODE_ADDRESS_MAX + 1];
    int wake_fd;
    pthread_t thread;
    int64_t pause_ms;
    int told; /* the error of the last try that was logged */
    pthread_mutex_t lock;
    int fd; /* of the connection; -1 */
    bool stopping;
};

/* The handshake, and whether the right one answers. */
static int meet(struct channel *channel, const struct link_pin *pin, int64_t deadline_ms)
{
    struct link_pin shown;
    TRY(channel_shake_hands_by(channel, deadline_ms));
    TRY(channel_pin(channel, &shown));
    return link_pin_equal(&shown, pin) ? 0 : ERR_UNAUTHENTICATED;
}

int link_reach(struct str address, const struct link_identity *identity, const struct link_pin *pin,
               int64_t deadline_ms, struct channel **ret_channel)
{
    struct channel *channel;
    int fd;
    TRY(link_connect(address, deadline_ms, -1, &fd));
    TRY(channel_new(identity, CHANNEL_DIALS, fd, &channel));
    int err = meet(channel, pin, deadline_ms);
    if (err != 0)
        channel_free(channel);
    else
        *ret_channel = channel;
    return err;
}

/* The socket may be shut down from outside from now on, until -1. False: it is time to end. */
static bool register_fd(struct link_dialer *d, int fd)
{
    pthread_mutex_lock(&d->lock);
    d->fd = fd;
    bool goes_on = !d->stopping;
    pthread_mutex_unlock(&d->lock);
    return goes_on;
}

static void run_link(struct link_dialer *d, struct channel *channel)
{
    struct link *link;
    if (link_new(channel, &d->config.times, &link) != 0)
        return;
    LOG_INFO("replication", "connected to %s", d->address);
    d->told = 0;
    int err = link_run(link, CHANNEL_DIALS, &d->config.user);
    link_free(link);
    if (err == ERR_INVALID_REQUEST)
        LOG_WARN("replication", "%s said what makes no sense", d->address);
    LOG_INFO("replication", "the connection to %s ended: %s", d->address,
             err == 0 ? "closed" : err_text(err));
}

/* One line for each kind of failure, however often it is tried. */
static void tell(struct link_dialer *d, int err)
{
    if (err == d->told || err == ERR_CANCELLED)
        return;
    d->told = err;
    LOG_WARN("replication", "%s cannot be reached: %s", d->address,
             err == ERR_UNAUTHENTICATED ? "another node answers there" : err_text(err));
}

static int use_channel(struct link_dialer *d, struct channel *channel, int64_t deadline_ms)
{
    int err = register_fd(d, channel_fd(channel)) ? meet(channel, &d->config.pin, deadline_ms)
                                                  : ERR_CANCELLED;
    if (err == 0)
        run_link(d, channel);
    (void)register_fd(d, -1);
    channel_free(channel);
    return err;
}

static void try_once(struct link_dialer *d)
{
    struct channel *channel;
    int fd;
    int64_t begun_ms = clock_now().monotonic_ms;
    int64_t deadline_ms =
        begun_ms + (d->config.times.handshake_ms ? d->config.times.handshake_ms : HANDSHAKE_MS);
    int err = link_connect(str_c(d->address), deadline_ms, d->wake_fd, &fd);
    if (err == 0)
        err = channel_new(d->config.identity, CHANNEL_DIALS, fd, &channel);
    if (err == 0)
        err = use_channel(d, channel, deadline_ms);
    if (err != 0)
        tell(d, err);
    else if (clock_now().monotonic_ms - begun_ms >= LASTED_MS)
        d->pause_ms = d->config.least_pause_ms;
}

/* False when it is time to end. */
static bool pause_a_while(struct link_dialer *d)
{
    struct pollfd p = {.fd = d->wake_fd, .events = POLLIN};
    bool ends = poll(&p, 1, (int)d->pause_ms) > 0;
    d->pause_ms =
        d->pause_ms * 2 < d->config.most_pause_ms ? d->pause_ms * 2 : d->config.most_pause_ms;
    return !ends;
}

static void *run(void *arg)
{
    struct link_dialer *d = arg;
    do
        try_once(d);
    while (pause_a_while(d));
    return NULL;
}

int link_dialer_start(const struct link_dialer_config *config, struct link_dialer **ret_dialer)
{
    if (!link_address_is_valid(config->address) || config->address.len > NODE_ADDRESS_MAX)
        return ERR_INVALID_REQUEST;
    struct link_dialer *d = calloc(1, sizeof(*d));
    if (!d)
        return ERR_NO_MEMORY;
    d->config = *config;
    memcpy(d->address, config->address.ptr, config->address.len);
    if (!d->config.least_pause_ms)
        d->config.least_pause_ms = LEAST_PAUSE_MS;
    if (!d->config.most_pause_ms)
        d->config.most_pause_ms = MOST_PAUSE_MS;
    d->pause_ms = d->config.least_pause_ms;
    d->fd = -1;
    d->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    (void)pthread_mutex_init(&d->lock, NULL);
    if (d->wake_fd < 0 || pthread_create(&d->thread, NULL, run, d) != 0) {
        if (d->wake_fd >= 0)
            (void)close(d->wake_fd);
        (void)pthread_mutex_destroy(&d->lock);
        free(d);
        return ERR_NO_MEMORY;
    }
    *ret_dialer = d;
    return 0;
}

void link_dialer_stop(struct link_dialer *dialer)
{
    const uint64_t one = 1;
    if (!dialer)
        return;
    pthread_mutex_lock(&dialer->lock);
    dialer->stopping = true;
    if (dialer->fd >= 0)
        (void)shutdown(dialer->fd, SHUT_RDWR);
    pthread_mutex_unlock(&dialer->lock);
    (void)!write(dialer->wake_fd, &one, sizeof(one));
    (void)pthread_join(dialer->thread, NULL);
    (void)close(dialer->wake_fd);
    (void)pthread_mutex_destroy(&dialer->lock);
    free(dialer);
}
