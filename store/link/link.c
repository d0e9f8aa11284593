/* One connection: a queue of bytes to send, a buffer in which messages become whole, and the clock. */
#include "store/link/link.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/rd.h"
#include "core/base/secret.h"

#include "core/base/banned.h"

#define BEAT_MS     1000
#define SILENCE_MS  10000
#define RECORD      ((size_t)16 << 10) /* what TLS takes at once */
#define IN_BYTES    (REPL_LENGTH_BYTES + REPL_MESSAGE_MAX)
#define PARTING_MS  1000
#define READS_A_RUN 64 /* before it looks at what waits to be sent */

/* A message, encoded. */
struct waiting {
    struct waiting *next;
    struct buf bytes;
};

struct link {
    struct channel *channel;
    int64_t beat_ms, silence_ms;
    int wake_fd;
    atomic_bool ended;

    pthread_mutex_t lock; /* of the queue */
    struct waiting *first, **last;
    size_t waiting_bytes;

    /* Of the thread that runs it. */
    const struct link_user *user;
    void *session;
    int64_t heard_ms, beaten_ms;
    unsigned char record[RECORD]; /* what is being sent: [record_at, record_end) */
    size_t record_at, record_end;
    size_t taken; /* of the first message in the queue */
    bool blocked; /* the socket takes no more at present */
    unsigned char *in;
    size_t in_len;
    bool secret; /* what came holds somebody's request */
    struct repl_message message;
};

static int64_t now_ms(void)
{
    return clock_now().monotonic_ms;
}

int link_new(struct channel *channel, const struct link_times *times, struct link **ret_link)
{
    struct link *l = calloc(1, sizeof(*l));
    if (!l)
        return ERR_NO_MEMORY;
    l->channel = channel;
    l->beat_ms = times->beat_ms ? times->beat_ms : BEAT_MS;
    l->silence_ms = times->silence_ms ? times->silence_ms : SILENCE_MS;
    l->last = &l->first;
    l->in = malloc(IN_BYTES);
    l->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    (void)pthread_mutex_init(&l->lock, NULL);
    if (!l->in || l->wake_fd < 0) {
        link_free(l);
        return ERR_NO_MEMORY;
    }
    *ret_link = l;
    return 0;
}

static void waiting_free(struct waiting *w)
{
    buf_free(&w->bytes);
    free(w);
}

void link_free(struct link *link)
{
    while (link->first) {
        struct waiting *w = link->first;
        link->first = w->next;
        waiting_free(w);
    }
    if (link->wake_fd >= 0)
        (void)close(link->wake_fd);
    if (link->in)
        secret_wipe(link->in, IN_BYTES);
    free(link->in);
    secret_wipe(link->record, sizeof(link->record));
    (void)pthread_mutex_destroy(&link->lock);
    free(link);
}

static void wake(struct link *l)
{
    const uint64_t one = 1;
    (void)!write(l->wake_fd, &one, sizeof(one)); /* full: it is awake */
}

/* --- Sending --- */

static int enqueue(struct link *l, struct waiting *w)
{
    bool was_empty;
    pthread_mutex_lock(&l->lock);
    bool fits = w->bytes.len <= REPL_WAITING_MAX - l->waiting_bytes;
    if (fits) {
        was_empty = l->first == NULL;
        *l->last = w;
        l->last = &w->next;
        l->waiting_bytes += w->bytes.len;
    }
    pthread_mutex_unlock(&l->lock);
    if (!fits)
        return ERR_OVERLOADED;
    if (was_empty)
        wake(l);
    return 0;
}

static int out_send(void *arg, const struct repl_message *m)
{
    struct link *l = arg;
    if (atomic_load(&l->ended))
        return ERR_IO;
    struct waiting *w = calloc(1, sizeof(*w));
    if (!w)
        return ERR_NO_MEMORY;
    buf_init(&w->bytes, NULL, REPL_LENGTH_BYTES + REPL_MESSAGE_MAX + 1);
    int err = repl_encode(&w->bytes, m);
    if (err == 0)
        err = enqueue(l, w);
    if (err != 0)
        waiting_free(w);
    return err;
}

static size_t out_waiting(void *arg)
{
    struct link *l = arg;
    pthread_mutex_lock(&l->lock);
    size_t bytes = l->waiting_bytes;
    pthread_mutex_unlock(&l->lock);
    return bytes;
}

/* Moves as much as fits from the front of the queue. */
static void take_from_queue(struct link *l)
{
    size_t len = 0;
    pthread_mutex_lock(&l->lock);
    while (l->first && len < RECORD) {
        struct waiting *w = l->first;
        size_t left = w->bytes.len - l->taken;
        size_t n = left < RECORD - len ? left : RECORD - len;
        memcpy(l->record + len, w->bytes.ptr + l->taken, n);
        len += n;
        l->taken += n;
        l->waiting_bytes -= n;
        if (n < left)
            break;
        l->first = w->next;
        if (!l->first)
            l->last = &l->first;
        l->taken = 0;
        waiting_free(w);
    }
    pthread_mutex_unlock(&l->lock);
    l->record_at = 0;
    l->record_end = len;
}

/* Until nothing waits or the socket takes no more. */
static int send_some(struct link *l)
{
    for (;;) {
        if (l->record_at == l->record_end)
            take_from_queue(l);
        if (l->record_at == l->record_end)
            return 0;
        ssize_t n =
            channel_write(l->channel, l->record + l->record_at, l->record_end - l->record_at);
        l->blocked = n == CHANNEL_WANT_WRITE;
        if (l->blocked)
            return 0;
        if (n < 0)
            return ERR_IO;
        l->record_at += (size_t)n;
    }
}

/* --- Receiving --- */

static int hand_over(struct link *l, struct str bytes)
{
    TRY(repl_decode(bytes, &l->message));
    l->secret = l->secret || l->message.type == REPL_PIECE;
    return l->user->message(l->session, &l->message);
}

/* Hands over each whole message and moves the rest to the front. */
static int take_messages(struct link *l)
{
    struct rd r = rd_of(str_of((const char *)l->in, l->in_len));
    while (rd_left(&r) >= REPL_LENGTH_BYTES) {
        struct rd front = r;
        uint32_t len = rd_u32(&front);
        if (len > REPL_MESSAGE_MAX)
            return ERR_INVALID_REQUEST;
        if (rd_left(&front) < len)
            break;
        TRY(hand_over(l, rd_bytes(&front, len)));
        r = front;
    }
    size_t before = l->in_len;
    l->in_len = rd_left(&r);
    if (r.pos != l->in)
        memmove(l->in, r.pos, l->in_len);
    if (l->secret)
        secret_wipe(l->in + l->in_len, before - l->in_len);
    l->secret = false;
    return 0;
}

/* ret_end: the peer closed the connection. */
static int receive_some(struct link *l, bool *ret_end)
{
    for (int i = 0; i < READS_A_RUN; i++) {
        ssize_t n = channel_read(l->channel, l->in + l->in_len, IN_BYTES - l->in_len);
        if (n == CHANNEL_WANT_READ || n == CHANNEL_WANT_WRITE)
            return 0;
        if (n < 0)
            return ERR_IO;
        *ret_end = n == 0;
        if (n == 0)
            return 0;
        l->in_len += (size_t)n;
        l->heard_ms = now_ms();
        TRY(take_messages(l));
    }
    wake(l); /* there may be more that the socket does not know of */
    return 0;
}

/* --- The clock --- */

static int beat(struct link *l)
{
    int64_t now = now_ms();
    if (now - l->beaten_ms < l->beat_ms)
        return 0;
    l->beaten_ms = now;
    struct repl_message m = {.type = REPL_HEARTBEAT, .heartbeat.wall_ms = clock_now().wall_ms};
    TRY(l->user->beat(l->session, &m.heartbeat));
    int err = out_send(l, &m);
    return err == ERR_OVERLOADED ? 0 : err; /* what waits is sign enough */
}

/* Waits; *ret_readable: the peer sent something. A peer is silent only when there is nothing of it to
 * read: that we were busy ourselves is not its fault. */
static int wait_for_work(struct link *l, bool *ret_readable)
{
    struct pollfd p[] = {
        {.fd = channel_fd(l->channel), .events = POLLIN},
        {.fd = l->wake_fd, .events = POLLIN},
    };
    if (l->blocked)
        p[0].events |= POLLOUT;
    int64_t pause_ms = l->beaten_ms + l->beat_ms - now_ms();
    int n = poll(p, 2, (int)(pause_ms > 0 ? pause_ms : 0));
    if (n < 0 && errno != EINTR)
        return ERR_IO;
    uint64_t ignored;
    bool woken = n > 0 && p[1].revents != 0;
    if (woken)
        (void)!read(l->wake_fd, &ignored, sizeof(ignored));
    *ret_readable = n > 0 && (woken || (p[0].revents & ~POLLOUT) != 0);
    bool silent = !(n > 0 && (p[0].revents & ~POLLOUT)) && now_ms() - l->heard_ms >= l->silence_ms;
    return silent ? ERR_TIMEOUT : 0;
}

static int run(struct link *l)
{
    bool end = false, readable = true;
    while (!end) {
        if (readable)
            TRY(receive_some(l, &end));
        TRY(beat(l));
        TRY(send_some(l));
        TRY(wait_for_work(l, &readable));
    }
    return 0;
}

/* The last words of who ends the connection by itself get to the peer: they are sent, and the peer's are
 * read and dropped, as a socket that is closed with something unread takes back what it sent. */
static void part(struct link *l)
{
    int64_t until_ms = now_ms() + PARTING_MS;
    while (send_some(l) == 0 && l->blocked && now_ms() < until_ms) {
        struct pollfd p = {.fd = channel_fd(l->channel), .events = POLLOUT};
        (void)poll(&p, 1, PARTING_MS / 10);
    }
    (void)shutdown(channel_fd(l->channel), SHUT_WR);
    while (channel_read_by(l->channel, l->in, 1, until_ms) == 0)
        continue;
}

int link_run(struct link *link, enum channel_side side, const struct link_user *user)
{
    const struct repl_out out = {out_send, out_waiting, link};
    link->user = user;
    link->heard_ms = now_ms();
    link->beaten_ms = link->heard_ms;
    TRY(user->up(user->arg, side, &out, &link->session));
    int err = run(link);
    atomic_store(&link->ended, true);
    user->down(link->session);
    if (err != 0 && err != ERR_IO && err != ERR_TIMEOUT)
        part(link);
    return err;
}
