/* The primary's end: requests become whole, wait in a line, and are answered by a few threads. */
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "core/base/clock.h"
#include "core/base/log.h"
#include "store/repl/relay.h"

#include "core/base/banned.h"

#define TEXT_MAX     304   /* of message.c's limits */
#define LINE_MS      10000 /* who waited longer has given up */
#define ROOM_MS      10000
#define ROOM_LOOK_MS 5
#define ANSWER_BYTES ((size_t)REPL_ANSWER_BYTES_MAX)

struct errand {
    struct errand *next;
    struct repl_ask ask; /* texts point to the three below */
    char client[TEXT_MAX], origin[TEXT_MAX], own_origin[TEXT_MAX];
    struct buf request;
    uint64_t connection;
    int64_t came_ms;
};

struct seat {
    struct desk *desk;
    size_t number;
    pthread_t thread;
};

struct desk {
    struct desk_config config;
    struct seat seats[DESK_THREADS_MAX];
    size_t seat_count;

    pthread_mutex_t lock;
    pthread_cond_t called;
    struct repl_out out;
    bool is_up, stopping;
    uint64_t connection;
    struct errand *coming;       /* not whole yet */
    struct errand *first, *last; /* the line */
    size_t count;                /* of all, those at work included */
};

static void errand_free(struct errand *e)
{
    buf_free(&e->request);
    free(e);
}

/* --- What comes --- */

static struct str keep_text(char kept[TEXT_MAX], struct str text)
{
    size_t len = text.len < TEXT_MAX ? text.len : TEXT_MAX - 1;
    if (len > 0)
        memcpy(kept, text.ptr, len);
    return str_of(kept, len);
}

static struct errand *errand_new(const struct repl_ask *ask)
{
    struct errand *e = calloc(1, sizeof(*e));
    if (!e)
        return NULL;
    e->ask = *ask;
    e->ask.client = keep_text(e->client, ask->client);
    e->ask.origin = keep_text(e->origin, ask->origin);
    e->ask.own_origin = keep_text(e->own_origin, ask->own_origin);
    buf_init(&e->request, NULL, (size_t)ask->bytes + 1);
    e->came_ms = clock_now().monotonic_ms;
    return e;
}

static int send(struct desk *d, const struct repl_message *m)
{
    return d->is_up ? d->out.send(d->out.arg, m) : ERR_IO;
}

/* Nothing was done. */
static int decline(struct desk *d, uint64_t id)
{
    const struct repl_message m = {.type = REPL_ANSWER, .answer = {.id = id}};
    return send(d, &m);
}

static struct errand **place_of(struct desk *d, uint64_t id)
{
    struct errand **at = &d->coming;
    while (*at && (*at)->ask.id != id)
        at = &(*at)->next;
    return at;
}

static int take_ask(struct desk *d, const struct repl_ask *ask)
{
    if (*place_of(d, ask->id))
        return ERR_INVALID_REQUEST;
    if (d->count >= RELAY_ASKS_MAX)
        return decline(d, ask->id); /* its pieces are nobody's */
    struct errand *e = errand_new(ask);
    if (!e)
        return ERR_NO_MEMORY;
    e->connection = d->connection;
    e->next = d->coming;
    d->coming = e;
    d->count++;
    return 0;
}

static void put_in_line(struct desk *d, struct errand *e)
{
    e->next = NULL;
    if (d->last)
        d->last->next = e;
    else
        d->first = e;
    d->last = e;
    (void)pthread_cond_signal(&d->called);
}

static int take_piece(struct desk *d, const struct repl_piece *p)
{
    struct errand **at = place_of(d, p->id);
    struct errand *e = *at;
    if (!e)
        return 0; /* of one that was declined */
    if (p->bytes.len > e->ask.bytes - e->request.len)
        return ERR_INVALID_REQUEST;
    buf_add(&e->request, p->bytes);
    if (e->request.failed)
        return ERR_NO_MEMORY;
    if (e->request.len == e->ask.bytes) {
        *at = e->next;
        put_in_line(d, e);
    }
    return 0;
}

int desk_message(struct desk *d, const struct repl_message *m)
{
    (void)pthread_mutex_lock(&d->lock);
    int err = m->type == REPL_ASK     ? take_ask(d, &m->ask)
              : m->type == REPL_PIECE ? take_piece(d, &m->piece)
                                      : ERR_INVALID_REQUEST;
    (void)pthread_mutex_unlock(&d->lock);
    return err;
}

/* --- The connection --- */

void desk_up(struct desk *d, const struct repl_out *out)
{
    (void)pthread_mutex_lock(&d->lock);
    d->out = *out;
    d->is_up = true;
    d->connection++;
    (void)pthread_mutex_unlock(&d->lock);
}

static void drop_all(struct desk *d, struct errand **list)
{
    while (*list) {
        struct errand *e = *list;
        *list = e->next;
        errand_free(e);
        d->count--;
    }
}

void desk_down(struct desk *d)
{
    (void)pthread_mutex_lock(&d->lock);
    d->is_up = false;
    drop_all(d, &d->coming);
    drop_all(d, &d->first);
    d->last = NULL;
    (void)pthread_mutex_unlock(&d->lock);
}

/* --- Answers --- */

/* The standby takes what was sent before, and then this. Called and left with the lock held. */
static int send_in_time(struct desk *d, uint64_t connection, const struct repl_message *m)
{
    const struct timespec pause = {0, ROOM_LOOK_MS * 1000000};
    int64_t until_ms = clock_now().monotonic_ms + ROOM_MS;
    for (;;) {
        int err = d->connection == connection ? send(d, m) : ERR_IO;
        if (err != ERR_OVERLOADED || clock_now().monotonic_ms >= until_ms)
            return err;
        (void)pthread_mutex_unlock(&d->lock);
        (void)nanosleep(&pause, NULL);
        (void)pthread_mutex_lock(&d->lock);
    }
}

static int send_answer(struct desk *d, const struct errand *e, struct str bytes, bool ends)
{
    struct repl_message m = {
        .type = REPL_ANSWER,
        .answer = {.id = e->ask.id, .bytes = (uint32_t)bytes.len, .ends = ends}};
    TRY(send_in_time(d, e->connection, &m));
    while (bytes.len > 0) {
        m.type = REPL_PIECE;
        m.piece = (struct repl_piece){e->ask.id, str_sub(bytes, 0, REPL_MESSAGE_BYTES)};
        TRY(send_in_time(d, e->connection, &m));
        bytes = str_from(bytes, m.piece.bytes.len);
    }
    return 0;
}

/* Whoever is not answered has waited in vain, and does not know whether it was done. */
static void reply(struct desk *d, const struct errand *e, int err, struct buf *answer, bool ends)
{
    struct str bytes;
    if (err == 0)
        err = buf_finish(answer, &bytes) == 0 && bytes.len > 0 ? 0 : ERR_UNANSWERED;
    (void)pthread_mutex_lock(&d->lock);
    if (err == 0)
        err = send_answer(d, e, bytes, ends);
    else if (err != ERR_UNANSWERED && d->connection == e->connection)
        err = decline(d, e->ask.id);
    (void)pthread_mutex_unlock(&d->lock);
    if (err != 0)
        LOG_WARN("replication", "a request that the standby passed on was not answered: %s",
                 err_text(err));
}

static void work_on(const struct seat *seat, struct errand *e)
{
    struct desk *d = seat->desk;
    struct buf answer;
    bool ends = false;
    buf_init(&answer, NULL, ANSWER_BYTES);
    int err = ERR_TIMEOUT;
    if (clock_now().monotonic_ms - e->came_ms < LINE_MS)
        err = d->config.answer(d->config.arg, seat->number, &e->ask, buf_str(&e->request), &answer,
                               &ends);
    reply(d, e, err, &answer, ends);
    buf_free(&answer);
}

/* NULL: it is time to end. */
static struct errand *next_in_line(struct desk *d)
{
    (void)pthread_mutex_lock(&d->lock);
    while (!d->first && !d->stopping)
        (void)pthread_cond_wait(&d->called, &d->lock);
    struct errand *e = d->stopping ? NULL : d->first;
    if (e) {
        d->first = e->next;
        if (!d->first)
            d->last = NULL;
    }
    (void)pthread_mutex_unlock(&d->lock);
    return e;
}

static void *sit(void *arg)
{
    struct seat *seat = arg;
    struct desk *d = seat->desk;
    for (struct errand *e = next_in_line(d); e; e = next_in_line(d)) {
        work_on(seat, e);
        errand_free(e);
        (void)pthread_mutex_lock(&d->lock);
        d->count--;
        (void)pthread_mutex_unlock(&d->lock);
    }
    return NULL;
}

/* --- Life --- */

int desk_new(const struct desk_config *config, struct desk **ret_desk)
{
    struct desk *d = calloc(1, sizeof(*d));
    if (!d)
        return ERR_NO_MEMORY;
    d->config = *config;
    (void)pthread_mutex_init(&d->lock, NULL);
    (void)pthread_cond_init(&d->called, NULL);
    size_t wanted = config->threads < DESK_THREADS_MAX ? config->threads : DESK_THREADS_MAX;
    while (d->seat_count < wanted) {
        struct seat *seat = &d->seats[d->seat_count];
        *seat = (struct seat){.desk = d, .number = d->seat_count};
        if (pthread_create(&seat->thread, NULL, sit, seat) != 0) {
            desk_free(d);
            return ERR_NO_MEMORY;
        }
        d->seat_count++;
    }
    *ret_desk = d;
    return 0;
}

void desk_free(struct desk *d)
{
    if (!d)
        return;
    (void)pthread_mutex_lock(&d->lock);
    d->stopping = true;
    (void)pthread_cond_broadcast(&d->called);
    (void)pthread_mutex_unlock(&d->lock);
    for (size_t i = 0; i < d->seat_count; i++)
        (void)pthread_join(d->seats[i].thread, NULL);
    drop_all(d, &d->coming);
    drop_all(d, &d->first);
    (void)pthread_cond_destroy(&d->called);
    (void)pthread_mutex_destroy(&d->lock);
    free(d);
}
