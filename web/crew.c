/* Watching and resting of workers. */
#include "web/crew.h"

#include "core/base/banned.h"

#define FEWEST      2
#define SLOW_NS     200000
#define FAST_IN_ROW 16

void crew_init(struct crew *c, int most)
{
    *c = (struct crew){.most = most};
    atomic_init(&c->wanted, most < FEWEST ? most : FEWEST);
    (void)sem_init(&c->bench, 0, 0);
}

void crew_free(struct crew *c)
{
    (void)sem_destroy(&c->bench);
}

static bool take_place(struct crew *c)
{
    int watching = atomic_load(&c->watching);
    while (watching < atomic_load(&c->wanted))
        if (atomic_compare_exchange_weak(&c->watching, &watching, watching + 1))
            return true;
    return false;
}

bool crew_watch(struct crew *c)
{
    while (!atomic_load(&c->over)) {
        if (take_place(c))
            return true;
        atomic_fetch_add(&c->benched, 1);
        while (sem_wait(&c->bench) != 0) {
            /* interrupted */
        }
    }
    return false;
}

static void call_one(struct crew *c)
{
    int benched = atomic_load(&c->benched);
    while (benched > 0) {
        if (atomic_compare_exchange_weak(&c->benched, &benched, benched - 1)) {
            (void)sem_post(&c->bench);
            return;
        }
    }
}

static void want_more(struct crew *c)
{
    int wanted = atomic_load(&c->wanted);
    if (wanted < c->most && atomic_compare_exchange_strong(&c->wanted, &wanted, wanted + 1))
        call_one(c);
}

static void want_less(struct crew *c)
{
    int wanted = atomic_load(&c->wanted);
    if (wanted > FEWEST)
        (void)atomic_compare_exchange_strong(&c->wanted, &wanted, wanted - 1);
}

void crew_begin(struct crew *c)
{
    atomic_fetch_add(&c->running, 1);
    atomic_fetch_sub(&c->watching, 1);
}

void crew_end(struct crew *c, int64_t took_ns, int *fast)
{
    atomic_fetch_sub(&c->running, 1);
    atomic_fetch_add_explicit(&c->finished, 1, memory_order_relaxed);
    if (took_ns > SLOW_NS) {
        *fast = 0;
        want_more(c);
    } else if (++*fast == FAST_IN_ROW) {
        *fast = 0;
        want_less(c);
    }
}

void crew_check(struct crew *c)
{
    unsigned finished = atomic_load_explicit(&c->finished, memory_order_relaxed);
    bool stuck = finished == c->seen && atomic_load(&c->running) > 0;
    c->seen = finished;
    if (stuck && atomic_load(&c->watching) == 0) {
        want_more(c);
        call_one(c);
    }
}

bool crew_is_busy(struct crew *c)
{
    return atomic_load(&c->running) > 0;
}

void crew_dismiss(struct crew *c)
{
    atomic_store(&c->over, true);
    for (int i = 0; i < c->most; i++)
        (void)sem_post(&c->bench);
}
