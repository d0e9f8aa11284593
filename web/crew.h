/* How many workers watch the poller at once. Each event wakes a thread that waits there; with all of
 * them waiting, quick requests would cost a switch of threads each. So only a few watch and the
 * rest sits on a bench. While requests are slow (they wait for disks, or hash) more watch; while
 * they are quick, fewer. Internal to the transport. */
#ifndef GARITA_WEB_CREW_H
#define GARITA_WEB_CREW_H

#include <semaphore.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/base/attr.h"

struct crew {
    atomic_int watching; /* threads at the poller */
    atomic_int wanted;   /* how many may be */
    atomic_int benched;
    atomic_int running; /* threads that hold a link */
    atomic_uint finished;
    atomic_bool over;
    int most;
    unsigned seen; /* finished, at the last look of crew_check */
    sem_t bench;
};

void crew_init(struct crew *c, int most);
void crew_free(struct crew *c);
/* Returns when the caller may watch; false when all is over. */
MUST_CHECK bool crew_watch(struct crew *c);
/* The caller got an event and works, then has worked for so long; fast is its own counter. */
void crew_begin(struct crew *c);
void crew_end(struct crew *c, int64_t took_ns, int *fast);
/* Every few milliseconds while anything runs: when nobody watches and nothing gets done, one more
 * comes from the bench. */
void crew_check(struct crew *c);
bool crew_is_busy(struct crew *c);
/* Sends everybody home. */
void crew_dismiss(struct crew *c);

#endif
