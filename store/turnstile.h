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
    int64_t stands_ms; /* whoever waits for so long is at a gate that does not get on; 0: nobody */
};

void turnstile_init(struct turnstile *t, size_t places, size_t max_waiting);
void turnstile_free(struct turnstile *t);
/* ERR_TIMEOUT, or ERR_OVERLOADED when too many wait already. */
MUST_CHECK int turnstile_enter(struct turnstile *t, int64_t timeout_ms);
/* requests_begin_slow of core/port/limits.h. */
void turnstile_thread_is_slow(size_t threads);
/* As turnstile_enter, for a gate of one realm. Of slow threads three eighths may wait at one that does not get on:
 * who finds that the first in a queue of so many has waited for stands_ms does not join it, and who has so many
 * before him after that time leaves. ERR_OVERLOADED. */
MUST_CHECK int turnstile_enter_as_request(struct turnstile *t, int64_t timeout_ms);
/* Without waiting; 1 when inside. */
MUST_CHECK int turnstile_try(struct turnstile *t);
void turnstile_leave(struct turnstile *t);

#endif
