/* Appending the events of many callers in one transaction. */
#include "store/event_queue.h"

#include <semaphore.h>

#include "core/port/events.h"
#include "store/space.h"
#include "store/tx.h"
#include "store/view.h"

#include "core/base/banned.h"

#define BATCH_MAX 64

/* On the stack of its caller, who sleeps until called. */
struct event_job {
    struct realm_view *view;
    const struct now *now;
    const struct event *event;
    enum durability durability;
    int err;
    bool leads; /* called to append, not told a result */
    sem_t called;
    struct event_job *next;
};

void event_queue_init(struct event_queue *q)
{
    *q = (struct event_queue){0};
    (void)pthread_mutex_init(&q->lock, NULL);
}

void event_queue_free(struct event_queue *q)
{
    (void)pthread_mutex_destroy(&q->lock);
}

static void call(struct event_job *job)
{
    (void)sem_post(&job->called);
}

static void sleep_until_called(struct event_job *job)
{
    while (sem_wait(&job->called) != 0)
        continue; /* a signal */
}

/* True when the caller is to append, at once; ERR_OVERLOADED in the job when too many wait. */
static bool join(struct event_queue *q, struct event_job *job)
{
    (void)pthread_mutex_lock(&q->lock);
    bool full = q->waiting >= WRITERS_WAITING_MAX;
    bool leads = !full && !q->running;
    if (full) {
        job->err = ERR_OVERLOADED;
    } else {
        if (q->last)
            q->last->next = job;
        else
            q->first = job;
        q->last = job;
        q->waiting++;
        q->running = true;
    }
    (void)pthread_mutex_unlock(&q->lock);
    if (!leads && !full)
        sleep_until_called(job);
    return leads || job->leads;
}

/* The leader's own job is the first. */
static struct event_job *take_batch(struct event_queue *q)
{
    size_t count = 0;
    (void)pthread_mutex_lock(&q->lock);
    struct event_job *batch = q->first;
    struct event_job *end = NULL;
    while (q->first && count < BATCH_MAX) {
        end = q->first;
        q->first = end->next;
        count++;
    }
    if (!q->first)
        q->last = NULL;
    if (end)
        end->next = NULL;
    q->waiting -= count;
    (void)pthread_mutex_unlock(&q->lock);
    return batch;
}

/* The first of those who came meanwhile appends for them. */
static void hand_over(struct event_queue *q)
{
    (void)pthread_mutex_lock(&q->lock);
    struct event_job *next = q->first;
    if (next)
        next->leads = true;
    else
        q->running = false;
    (void)pthread_mutex_unlock(&q->lock);
    if (next)
        call(next);
}

static int append(struct store_write *w, const struct event_job *job)
{
    w->now = *job->now;
    w->reader.view = job->view;
    int err = event_append(w, job->event);
    arena_reset(&w->arena);
    return err;
}

/* Commits, or leaves nothing of them. */
static int append_all(struct store_write *w, const struct event_job *batch)
{
    enum durability durability = DURABLE_NONE;
    int err = 0;
    for (const struct event_job *job = batch; job && err == 0; job = job->next) {
        err = append(w, job);
        if (job->durability > durability)
            durability = job->durability;
    }
    if (err == 0)
        return store_commit(w, durability);
    store_rollback(w);
    return err;
}

static int append_one(struct slot *slot, const struct event_job *job)
{
    struct event_job alone = *job;
    struct store_write *w;
    alone.next = NULL;
    TRY(tx_write_begin(slot, job->view, job->now, &w));
    return append_all(w, &alone);
}

static bool may_be_of_one(int err)
{
    return err == ERR_NO_MEMORY || err == ERR_TOO_LARGE || err == ERR_INTERNAL ||
           err == ERR_CONFLICT || err == ERR_NOT_FOUND;
}

static void append_batch(struct slot *slot, struct store_write *w, struct event_job *batch)
{
    int err = append_all(w, batch);
    /* One that cannot be appended does not spoil it for the others. */
    bool each = batch->next && may_be_of_one(err);
    for (struct event_job *job = batch; job; job = job->next)
        job->err = each ? append_one(slot, job) : err;
}

static void lead(struct event_queue *q, struct slot *slot, const struct event_job *own)
{
    struct store_write *w;
    int err = tx_write_begin(slot, own->view, own->now, &w);
    struct event_job *batch = take_batch(q); /* with those who came while this one waited */
    if (err == 0)
        append_batch(slot, w, batch);
    hand_over(q);
    while (batch) {
        struct event_job *job = batch;
        batch = job->next; /* before its owner wakes and the job is gone */
        if (err != 0)
            job->err = err;
        if (job != own)
            call(job);
    }
}

static int append_in_turn(struct event_queue *q, struct slot *slot, struct event_job *job)
{
    if (sem_init(&job->called, 0, 0) != 0)
        return ERR_INTERNAL;
    if (join(q, job))
        lead(q, slot, job);
    (void)sem_destroy(&job->called);
    return job->err;
}

int event_append_alone(struct realm_view *view, const struct now *now, const struct event *event,
                       enum durability durability)
{
    struct slot *slot = view->slot;
    struct realm_db *db;
    struct event_job job = {.view = view, .now = now, .event = event, .durability = durability};
    if (tx_write_of_thread(slot))
        return ERR_INTERNAL; /* it would wait for itself */
    TRY(space_admit(slot->store, NEED_SESSION));
    TRY(slot_db_acquire(slot, &db));
    int err = append_in_turn(&db->events, slot, &job);
    slot_db_release(slot, db);
    return err;
}
