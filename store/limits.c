/* Who hashes passwords: as many threads as there are processors, for those who ask in the order in which
 * they came, with a bounded queue and for a bounded time (PW-06). They are no threads that answer
 * requests and have less weight with the system than these, so a gateway's question about a token does
 * not wait behind passwords; and the megabytes that a hash takes come from few threads' memory. */
#include "core/port/limits.h"

#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include "core/base/err.h"
#include "store/store_open.h"
#include "store/turnstile.h"

#include "core/base/banned.h"

#define WAIT_MS     10000
#define MAX_WAITING 1000
/* A tenth of the weight of other threads: what is idle they get all the same. */
#define NICENESS    10

static struct turnstile places;
static size_t wanted_places;
static size_t thread_count;
static pthread_once_t once = PTHREAD_ONCE_INIT;

struct job {
    hashing_work *work;
    void *arg;
    bool done;
    struct job *next;
};
/* Whoever holds a place finds a thread, or one is made: there are as many as places. */
static struct {
    pthread_mutex_t mutex; /* guards all below */
    pthread_cond_t called;
    pthread_cond_t done;
    struct job *first;
    size_t threads;
    size_t idle;
} crew = {.mutex = PTHREAD_MUTEX_INITIALIZER,
          .called = PTHREAD_COND_INITIALIZER,
          .done = PTHREAD_COND_INITIALIZER};

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

static struct job *next_job(void)
{
    crew.idle++;
    while (!crew.first)
        pthread_cond_wait(&crew.called, &crew.mutex);
    crew.idle--;
    struct job *job = crew.first;
    crew.first = job->next;
    return job;
}

static void *hash_for_others(void *arg)
{
    (void)setpriority(PRIO_PROCESS, (id_t)gettid(), NICENESS);
    pthread_mutex_lock(&crew.mutex);
    for (;;) {
        struct job *job = next_job();
        pthread_mutex_unlock(&crew.mutex);
        job->work(job->arg);
        pthread_mutex_lock(&crew.mutex);
        job->done = true;
        pthread_cond_broadcast(&crew.done);
    }
    return arg;
}

/* Signals are for other threads. */
static bool add_thread(void)
{
    pthread_t thread;
    sigset_t all, before;
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    int rc = pthread_create(&thread, NULL, hash_for_others, NULL);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (rc != 0)
        return false;
    (void)pthread_detach(thread);
    crew.threads++;
    return true;
}

static size_t jobs_waiting(void)
{
    size_t count = 0;
    for (const struct job *j = crew.first; j; j = j->next)
        count++;
    return count;
}

/* False when there is no thread and none can be made. */
static bool hand_over(struct job *job)
{
    struct job **end = &crew.first;
    if (crew.idle <= jobs_waiting() && !add_thread() && crew.threads == 0)
        return false;
    while (*end)
        end = &(*end)->next;
    *end = job;
    pthread_cond_signal(&crew.called);
    return true;
}

int hashing_run(hashing_work *work, void *arg)
{
    struct job job = {.work = work, .arg = arg};
    (void)pthread_once(&once, start);
    if (turnstile_enter(&places, WAIT_MS) != 0)
        return ERR_OVERLOADED;
    pthread_mutex_lock(&crew.mutex);
    bool handed = hand_over(&job);
    while (handed && !job.done)
        pthread_cond_wait(&crew.done, &crew.mutex);
    pthread_mutex_unlock(&crew.mutex);
    if (!handed)
        work(arg);
    turnstile_leave(&places);
    return 0;
}

void requests_begin_slow(size_t threads)
{
    turnstile_thread_is_slow(threads);
}
