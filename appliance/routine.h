/* A thread that works by itself, with pauses from which it is woken when it shall end. */
#ifndef GARITA_APPLIANCE_ROUTINE_H
#define GARITA_APPLIANCE_ROUTINE_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/base/err.h"

struct routine {
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    bool stopping, nudged; /* under lock */
};

/* run(arg) is the thread; it ends when routine_pause says so. ERR_NO_MEMORY. */
MUST_CHECK int routine_start(struct routine *routine, void *(*run)(void *), void *arg);
/* Only on the thread itself. False when it is time to end. */
MUST_CHECK bool routine_pause(struct routine *routine, int64_t ms);
/* Ends the pause of now, or the next one. From any thread. */
void routine_nudge(struct routine *routine);
/* Wakes it and waits for its end. */
void routine_stop(struct routine *routine);

#endif
