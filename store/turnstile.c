/* A queue of waiting threads, each with a condition of its own. */
#include "store/turnstile.h"

#include <stdbool.h>
#include <time.h>

#include "core/base/clock.h"
#include "core/base/err.h"

#include "core/base/banned.h"

struct turnstile_waiter {
    pthread_cond_t called;
    bool admitted; /* a place was handed over */
    int64_t since_ms;
    struct turnstile_waiter *next;
};

void turnstile_init(struct turnstile *t, size_t places, size_t max_waiting)
{
    *t = (struct turnstile){.free_places = places, .max_waiting = max_waiting};
    (void)pthread_mutex_init(&t->lock, NULL);
}

void turnstile_free(struct turnstile *t)
{
    (void)pthread_mutex_destroy(&t->lock);
}

static struct timespec deadline_in(int64_t ms)
{
    struct timespec ts;
    (void)clock_gettime(CLOCK_MONOTONIC, &ts);
    ts.tv_sec += (time_t)(ms / 1000);
    ts.tv_nsec += (long)(ms % 1000) * 1000000;
    if (ts.tv_nsec >= 1000000000) {
        ts.tv_sec++;
        ts.tv_nsec -= 1000000000;
    }
    return ts;
}

static void unlink_waiter(struct turnstile *t, const struct turnstile_waiter *w)
{
    struct turnstile_waiter **at = &t->first;
    struct turnstile_waiter *before = NULL;
    while (*at != w) {
        before = *at;
        at = &(*at)->next;
    }
    *at = w->next;
    if (t->last == w)
        t->last = before;
    t->waiting--;
}

static void call_first(struct turnstile *t)
{
    if (t->first)
        (void)pthread_cond_signal(&t->first->called);
}

static int wait_for_place(struct turnstile *t, int64_t timeout_ms)
{
    static _Thread_local struct turnstile_waiter w; /* a thread waits at one gate at a time */
    pthread_condattr_t attr;
    struct timespec until = deadline_in(timeout_ms);
    w = (struct turnstile_waiter){.since_ms = clock_now().monotonic_ms};
    (void)pthread_condattr_init(&attr);
    (void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&w.called, &attr);
    (void)pthread_condattr_destroy(&attr);
    if (t->last)
        t->last->next = &w;
    else
        t->first = &w;
    t->last = &w;
    t->waiting++;
    int rc = 0;
    while (!w.admitted && t->free_places == 0 && rc == 0)
        rc = pthread_cond_timedwait(&w.called, &t->lock, &until);
    bool inside = w.admitted || t->free_places > 0;
    if (!w.admitted) {
        unlink_waiter(t, &w);
        t->free_places -= inside;
        /* A call that came while this one left in vain, or places that are left over. */
        if (t->free_places > 0)
            call_first(t);
    }
    (void)pthread_cond_destroy(&w.called);
    return inside ? 0 : ERR_TIMEOUT;
}

int turnstile_enter(struct turnstile *t, int64_t timeout_ms)
{
    int err = 0;
    (void)pthread_mutex_lock(&t->lock);
    if (t->free_places > 0)
        t->free_places--;
    else if (t->waiting >= t->max_waiting)
        err = ERR_OVERLOADED;
    else
        err = wait_for_place(t, timeout_ms);
    (void)pthread_mutex_unlock(&t->lock);
    return err;
}

int turnstile_try(struct turnstile *t)
{
    (void)pthread_mutex_lock(&t->lock);
    int inside = t->free_places > 0;
    if (inside)
        t->free_places--;
    (void)pthread_mutex_unlock(&t->lock);
    return inside;
}

void turnstile_leave(struct turnstile *t)
{
    (void)pthread_mutex_lock(&t->lock);
    struct turnstile_waiter *w = t->first;
    if (w && clock_now().monotonic_ms - w->since_ms >= TURNSTILE_PATIENCE_MS) {
        unlink_waiter(t, w);
        w->admitted = true;
        (void)pthread_cond_signal(&w->called);
    } else {
        t->free_places++;
        call_first(t);
    }
    (void)pthread_mutex_unlock(&t->lock);
}
