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

/* --- Its place among those who wait --- */

static _Thread_local size_t threads_alike;

void turnstile_thread_is_slow(size_t threads)
{
    threads_alike = threads;
}

/* 0: as many as like. */
static size_t own_share(void)
{
    size_t share = threads_alike * 3 / 8;
    return share > 0 || threads_alike == 0 ? share : 1;
}

static size_t count_before(const struct turnstile *t, const struct turnstile_waiter *w)
{
    size_t count = 0;
    for (const struct turnstile_waiter *v = t->first; v != w; v = v->next)
        count++;
    return count;
}

static bool stands(const struct turnstile *t)
{
    return t->first && clock_now().monotonic_ms - t->first->since_ms >= t->stands_ms;
}

static void line_up(struct turnstile *t, struct turnstile_waiter *w)
{
    pthread_condattr_t attr;
    (void)pthread_condattr_init(&attr);
    (void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&w->called, &attr);
    (void)pthread_condattr_destroy(&attr);
    if (t->last)
        t->last->next = w;
    else
        t->first = w;
    t->last = w;
    t->waiting++;
}

static bool is_let_in(const struct turnstile *t, const struct turnstile_waiter *w)
{
    return w->admitted || t->free_places > 0;
}

static int wait_until(struct turnstile *t, struct turnstile_waiter *w, int64_t timeout_ms)
{
    struct timespec until = deadline_in(timeout_ms);
    int rc = 0;
    while (!is_let_in(t, w) && rc == 0)
        rc = pthread_cond_timedwait(&w->called, &t->lock, &until);
    return is_let_in(t, w) ? 0 : ERR_TIMEOUT;
}

/* share 0: however many are before it. */
static int wait_in_line(struct turnstile *t, struct turnstile_waiter *w, int64_t timeout_ms,
                        size_t share)
{
    if (share == 0 || timeout_ms <= t->stands_ms)
        return wait_until(t, w, timeout_ms);
    if (wait_until(t, w, t->stands_ms) == 0)
        return 0;
    return count_before(t, w) >= share ? ERR_OVERLOADED
                                       : wait_until(t, w, timeout_ms - t->stands_ms);
}

static int wait_for_place(struct turnstile *t, int64_t timeout_ms, size_t share)
{
    static _Thread_local struct turnstile_waiter w; /* a thread waits at one gate at a time */
    w = (struct turnstile_waiter){.since_ms = clock_now().monotonic_ms};
    line_up(t, &w);
    int err = wait_in_line(t, &w, timeout_ms, share);
    if (!w.admitted) {
        unlink_waiter(t, &w);
        t->free_places -= err == 0;
        /* A call that came while this one left in vain, or places that are left over. */
        if (t->free_places > 0)
            call_first(t);
    }
    (void)pthread_cond_destroy(&w.called);
    return err;
}

static int enter(struct turnstile *t, int64_t timeout_ms, size_t share)
{
    int err = 0;
    (void)pthread_mutex_lock(&t->lock);
    if (t->free_places > 0)
        t->free_places--;
    else if (t->waiting >= t->max_waiting || (share > 0 && t->waiting >= share && stands(t)))
        err = ERR_OVERLOADED;
    else
        err = wait_for_place(t, timeout_ms, share);
    (void)pthread_mutex_unlock(&t->lock);
    return err;
}

int turnstile_enter(struct turnstile *t, int64_t timeout_ms)
{
    return enter(t, timeout_ms, 0);
}

int turnstile_enter_as_request(struct turnstile *t, int64_t timeout_ms)
{
    return enter(t, timeout_ms, t->stands_ms > 0 ? own_share() : 0);
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
