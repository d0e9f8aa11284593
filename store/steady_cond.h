/* Condition variables whose waits end by the monotonic clock, whatever happens to the machine's. */
#ifndef GARITA_STORE_STEADY_COND_H
#define GARITA_STORE_STEADY_COND_H

#include <pthread.h>
#include <stdint.h>
#include <time.h>

static inline void steady_cond_init(pthread_cond_t *cond)
{
    pthread_condattr_t attr;
    (void)pthread_condattr_init(&attr);
    (void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    (void)pthread_cond_init(cond, &attr);
    (void)pthread_condattr_destroy(&attr);
}

/* Until it is called or the moment until_ms comes: the caller looks which. */
static inline void steady_cond_wait(pthread_cond_t *cond, pthread_mutex_t *lock, int64_t until_ms)
{
    const struct timespec until = {.tv_sec = (time_t)(until_ms / 1000),
                                   .tv_nsec = (long)(until_ms % 1000) * 1000000};
    (void)pthread_cond_timedwait(cond, lock, &until);
}

#endif
