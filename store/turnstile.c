/* Places are handed from who leaves to who waited longest, so that nobody barges in between. */
#include "store/turnstile.h"

#include <stdbool.h>
#include <time.h>

#include "core/base/err.h"

#include "core/base/banned.h"

struct turnstile_waiter {
    pthread_cond_t called;
    bool admitted;
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

static int wait_for_place(struct turnstile *t, int64_t timeout_ms)
{
    struct turnstile_waiter w = {.admitted = false, .next = NULL};
    pthread_condattr_t attr;
    struct timespec until = deadline_in(timeout_ms);
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
    while (!w.admitted && rc == 0)
        rc = pthread_cond_timedwait(&w.called, &t->lock, &until);
    if (!w.admitted)
        unlink_waiter(t, &w);
    (void)pthread_cond_destroy(&w.called);
    return w.admitted ? 0 : ERR_TIMEOUT;
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
    if (w) {
        unlink_waiter(t, w);
        w->admitted = true;
        (void)pthread_cond_signal(&w->called);
    } else {
        t->free_places++;
    }
    (void)pthread_mutex_unlock(&t->lock);
}
