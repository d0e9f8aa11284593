#include "appliance/routine.h"

#include <time.h>

#include "core/base/banned.h"

int routine_start(struct routine *routine, void *(*run)(void *), void *arg)
{
    pthread_condattr_t attributes;
    routine->stopping = false;
    routine->nudged = false;
    (void)pthread_mutex_init(&routine->lock, NULL);
    (void)pthread_condattr_init(&attributes);
    (void)pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&routine->wake, &attributes);
    (void)pthread_condattr_destroy(&attributes);
    return pthread_create(&routine->thread, NULL, run, arg) == 0 ? 0 : ERR_NO_MEMORY;
}

bool routine_pause(struct routine *routine, int64_t ms)
{
    struct timespec until;
    (void)clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += (time_t)(ms / 1000);
    until.tv_nsec += (long)(ms % 1000) * 1000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    (void)pthread_mutex_lock(&routine->lock);
    while (!routine->stopping && !routine->nudged &&
           pthread_cond_timedwait(&routine->wake, &routine->lock, &until) == 0)
        continue;
    bool go_on = !routine->stopping;
    routine->nudged = false;
    (void)pthread_mutex_unlock(&routine->lock);
    return go_on;
}

void routine_nudge(struct routine *routine)
{
    (void)pthread_mutex_lock(&routine->lock);
    routine->nudged = true;
    (void)pthread_cond_signal(&routine->wake);
    (void)pthread_mutex_unlock(&routine->lock);
}

void routine_stop(struct routine *routine)
{
    (void)pthread_mutex_lock(&routine->lock);
    routine->stopping = true;
    (void)pthread_cond_signal(&routine->wake);
    (void)pthread_mutex_unlock(&routine->lock);
    (void)pthread_join(routine->thread, NULL);
    (void)pthread_cond_destroy(&routine->wake);
    (void)pthread_mutex_destroy(&routine->lock);
}
