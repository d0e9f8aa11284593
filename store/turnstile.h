/* A fair gate with a number of places: who comes first goes first, nobody waits longer than asked,
 * and the queue is bounded. With one place it is the lock of a realm's writer. */
#ifndef GARITA_STORE_TURNSTILE_H
#define GARITA_STORE_TURNSTILE_H

#include <pthread.h>
#include <stdint.h>

#include "core/base/attr.h"

struct turnstile_waiter;

struct turnstile {
    pthread_mutex_t lock;
    struct turnstile_waiter *first;
    struct turnstile_waiter *last;
    size_t free_places;
    size_t waiting;
    size_t max_waiting;
};

void turnstile_init(struct turnstile *t, size_t places, size_t max_waiting);
void turnstile_free(struct turnstile *t);
/* ERR_TIMEOUT, or ERR_OVERLOADED when too many wait already. */
MUST_CHECK int turnstile_enter(struct turnstile *t, int64_t timeout_ms);
/* Without waiting; 1 when inside. */
MUST_CHECK int turnstile_try(struct turnstile *t);
void turnstile_leave(struct turnstile *t);

#endif
