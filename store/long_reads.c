#include "store/long_reads.h"

#include <pthread.h>

#include "core/base/err.h"
#include "store/turnstile.h"

#include "core/base/banned.h"

#define PLACES 1

static struct turnstile gate;

static void start(void)
{
    turnstile_init(&gate, PLACES, LONG_READS_WAITING);
}

int long_read_enter(struct long_reads *of_realm)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    (void)pthread_once(&once, start);
    if (atomic_fetch_add(&of_realm->count, 1) < LONG_READS_OF_REALM &&
        turnstile_enter(&gate, LONG_READS_WAIT_MS) == 0)
        return 0;
    atomic_fetch_sub(&of_realm->count, 1);
    return ERR_OVERLOADED;
}

void long_read_leave(struct long_reads *of_realm)
{
    turnstile_leave(&gate);
    atomic_fetch_sub(&of_realm->count, 1);
}
