/* A gate with a number of places, a bounded queue, and nobody waits longer than asked. With one
 * place it is the lock of a realm's writer.
 *
 * Who waits is called in order of arrival. A place that is left is open to whoever is running, so
 * that a busy gate does not cost a change of threads each time; but once the first in the queue has
 * waited for TURNSTILE_PATIENCE_MS, places are handed to it, so that nobody starves. */
#ifndef GARITA_STORE_TURNSTILE_H
#define GARITA_STORE_TURNSTILE_H

#include <pthread.h>
#include <stdint.h>

#include "core/base/attr.h"

struct turnstile_waiter;

#define TURNSTILE_PATIENCE_MS 2

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
