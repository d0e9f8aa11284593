/* Two nodes with keys of their own, sessions that note what comes, and a listener of the first node. */
#ifndef GARITA_TESTS_UNIT_STORE_LINK_SUPPORT_H
#define GARITA_TESTS_UNIT_STORE_LINK_SUPPORT_H

#include <fcntl.h>
#include <pthread.h>

#include "tests/unit/store/store_support.h"

#include "core/base/clock.h"
#include "core/crypto/init.h"
#include "store/link/dialer.h"
#include "store/link/listener.h"
#include "store/link/socket.h"

/* What a side of connections was told. */
struct notes {
    pthread_mutex_t lock;
    pthread_cond_t news;
    struct repl_out out;
    bool is_up, echoes;
    int ups, downs, beats, wrong;
    uint64_t next; /* the number that the next message must have, of this connection */
    uint64_t came; /* messages, in all */
    int strangers;
};

static struct link_identity here, there, other;
static struct notes at_listener, at_dialer;
static struct link_listener *listener;
static const struct link_times quick = {.beat_ms = 20, .silence_ms = 2000, .handshake_ms = 3000};

static void notes_reset(struct notes *n)
{
    *n = (struct notes){.lock = PTHREAD_MUTEX_INITIALIZER, .news = PTHREAD_COND_INITIALIZER};
}

/* Waits until a number reaches a value; the test fails when that takes a minute. */
UNUSED static void wait_until(struct notes *n, const uint64_t *number, uint64_t least)
{
    struct timespec until;
    (void)clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += 60;
    pthread_mutex_lock(&n->lock);
    while (*number < least)
        assert_int_equal(pthread_cond_timedwait(&n->news, &n->lock, &until), 0);
    pthread_mutex_unlock(&n->lock);
}

UNUSED static void wait_count(struct notes *n, const int *number, int least)
{
    struct timespec until;
    (void)clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += 60;
    pthread_mutex_lock(&n->lock);
    while (*number < least)
        assert_int_equal(pthread_cond_timedwait(&n->news, &n->lock, &until), 0);
    pthread_mutex_unlock(&n->lock);
}

static int on_up(void *arg, enum channel_side side, const struct repl_out *out, void **ret_session)
{
    struct notes *n = arg;
    (void)side;
    pthread_mutex_lock(&n->lock);
    n->wrong += n->is_up; /* the one before must be down */
    n->is_up = true;
    n->out = *out;
    n->next = 0;
    n->ups++;
    pthread_cond_broadcast(&n->news);
    pthread_mutex_unlock(&n->lock);
    *ret_session = n;
    return 0;
}

/* Commits are numbered by their time; the peer's come in order, without a gap and as they were sent. */
static int on_message(void *session, const struct repl_message *m)
{
    struct notes *n = session;
    int err = 0;
    pthread_mutex_lock(&n->lock);
    if (m->type == REPL_HEARTBEAT) {
        n->beats++;
    } else if (m->type == REPL_REFUSED) {
        err = ERR_FORBIDDEN;
    } else {
        n->wrong += m->type != REPL_COMMIT || !str_eq_c(m->commit.realm, "fleet") ||
                    (uint64_t)m->commit.time_ms != n->next;
        n->next++;
        n->came++;
    }
    bool echoes = n->echoes && m->type == REPL_COMMIT;
    struct repl_out out = n->out;
    pthread_cond_broadcast(&n->news);
    pthread_mutex_unlock(&n->lock);
    return err == 0 && echoes ? out.send(out.arg, m) : err;
}

static int on_beat(void *session, struct repl_heartbeat *ret_beat)
{
    (void)session;
    ret_beat->epoch = 1;
    return 0;
}

static void on_down(void *session)
{
    struct notes *n = session;
    pthread_mutex_lock(&n->lock);
    n->is_up = false;
    n->downs++;
    pthread_cond_broadcast(&n->news);
    pthread_mutex_unlock(&n->lock);
}

static struct link_user user_of(struct notes *n)
{
    return (struct link_user){on_up, on_message, on_beat, on_down, n};
}

/* Only there's key is known. */
static bool is_there(void *arg, const struct link_pin *pin)
{
    (void)arg;
    return link_pin_equal(pin, &there.pin);
}

static void on_stranger(void *arg, struct channel *channel, const struct link_pin *pin)
{
    struct notes *n = arg;
    (void)channel;
    pthread_mutex_lock(&n->lock);
    n->wrong += !link_pin_equal(pin, &other.pin);
    n->strangers++;
    pthread_cond_broadcast(&n->news);
    pthread_mutex_unlock(&n->lock);
}

static void make_identity(const char *name, struct link_identity *ret_identity)
{
    char path[512];
    (void)snprintf(path, sizeof(path), "%s/%s", test_dir, name);
    assert_int_equal(mkdir(path, 0700), 0);
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_true(fd >= 0);
    ok(link_identity_load(fd, true, ret_identity));
    assert_int_equal(close(fd), 0);
}

static int make_nodes(void **state)
{
    (void)state;
    ok(crypto_init());
    make_dir();
    make_identity("here", &here);
    make_identity("there", &there);
    make_identity("other", &other);
    return 0;
}

static int forget_nodes(void **state)
{
    (void)state;
    link_identity_free(&here);
    link_identity_free(&there);
    link_identity_free(&other);
    remove_dir();
    return 0;
}

UNUSED static void listen_with(const struct link_times *times)
{
    const struct link_listener_config config = {.address = "127.0.0.1",
                                                .identity = &here,
                                                .times = *times,
                                                .is_peer = is_there,
                                                .stranger = on_stranger,
                                                .arg = &at_listener,
                                                .user = user_of(&at_listener)};
    struct err_ctx ctx = {0};
    notes_reset(&at_listener);
    notes_reset(&at_dialer);
    ok(link_listener_start(&config, &listener, &ctx));
}

UNUSED static struct link_dialer *dial_port(const struct link_identity *who,
                                            const struct link_pin *whom, uint16_t port)
{
    char address[32];
    struct link_dialer *dialer;
    (void)snprintf(address, sizeof(address), "127.0.0.1:%u", port);
    const struct link_dialer_config config = {.address = str_c(address),
                                              .pin = *whom,
                                              .identity = who,
                                              .times = quick,
                                              .least_pause_ms = 5,
                                              .most_pause_ms = 20,
                                              .user = user_of(&at_dialer)};
    ok(link_dialer_start(&config, &dialer));
    return dialer;
}

/* Whoever may wait, and speaks as it likes. */
UNUSED static struct channel *reach_as(const struct link_identity *who)
{
    char address[32];
    struct channel *channel;
    (void)snprintf(address, sizeof(address), "127.0.0.1:%u", link_listener_port(listener));
    ok(link_reach(str_c(address), who, &here.pin, clock_now().monotonic_ms + 10000, &channel));
    return channel;
}

static void commit_number(uint64_t number, struct repl_message *ret_message)
{
    *ret_message = (struct repl_message){.type = REPL_COMMIT,
                                         .commit = {.realm = STR("fleet"),
                                                    .file = STR("f"),
                                                    .time_ms = (int64_t)number,
                                                    .page_count = 1,
                                                    .change_count = REPL_MESSAGE_CHANGES}};
}

UNUSED static void send_commits(struct notes *from, uint64_t first, uint64_t count)
{
    static struct repl_message m;
    for (uint64_t i = 0; i < count; i++) {
        commit_number(first + i, &m);
        ok(from->out.send(from->out.arg, &m));
    }
}

#endif
