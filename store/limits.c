/* How many may hash a password at once: as many as there are processors, in the order in which they
 * came, each for a bounded time, with a bounded queue (PW-06). */
#include "core/port/limits.h"

#include <pthread.h>
#include <unistd.h>

#include "core/base/err.h"
#include "store/store_open.h"
#include "store/turnstile.h"

#include "core/base/banned.h"

#define WAIT_MS     10000
#define MAX_WAITING 1000

static struct turnstile places;
static size_t wanted_places;
static size_t thread_count;
static pthread_once_t once = PTHREAD_ONCE_INIT;

/* Whoever waits here holds a thread that answers requests: of these a quarter stays free, so that a
 * flood of guesses delays guesses and nothing else (PW-06, HT-08). */
static size_t most_waiting(size_t count)
{
    size_t most = thread_count - (thread_count + 3) / 4;
    if (thread_count == 0)
        return MAX_WAITING;
    return most > count ? most - count : 1;
}

static void start(void)
{
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    size_t count = wanted_places ? wanted_places : (size_t)(processors > 0 ? processors : 1);
    turnstile_init(&places, count, most_waiting(count));
}

void hashing_setup(size_t count, size_t threads)
{
    wanted_places = count;
    thread_count = threads;
    (void)pthread_once(&once, start);
}

int hashing_enter(void)
{
    (void)pthread_once(&once, start);
    return turnstile_enter(&places, WAIT_MS) == 0 ? 0 : ERR_OVERLOADED;
}

void hashing_leave(void)
{
    turnstile_leave(&places);
}
