/* Places for hashing and the fair gate behind them. */
#include "tests/unit/store/store_support.h"

#include <pthread.h>
#include <stdatomic.h>
#include <sys/resource.h>
#include <unistd.h>

#include "store/long_reads.h"
#include "store/turnstile.h"

#define THREADS 40

static atomic_int inside;
static atomic_int most;

/* The threads that hash have less weight than the others. */
static void be_inside(void *arg)
{
    atomic_int *done = arg;
    assert_true(getpriority(PRIO_PROCESS, (id_t)gettid()) > 0);
    int now_inside = atomic_fetch_add(&inside, 1) + 1;
    int seen = atomic_load(&most);
    while (now_inside > seen && !atomic_compare_exchange_weak(&most, &seen, now_inside))
        continue;
    (void)usleep(2000);
    atomic_fetch_sub(&inside, 1);
    atomic_fetch_add(done, 1);
}

static void *hash_something(void *arg)
{
    atomic_int done = 0;
    ok(hashing_run(be_inside, &done));
    assert_int_equal(atomic_load(&done), 1);
    return arg;
}

/* PW-06: never more at once than there are places, and all get through. */
static void test_pw_06_places(void **state)
{
    (void)state;
    pthread_t threads[THREADS];
    hashing_setup(3, 0);
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, hash_something, NULL), 0);
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    assert_true(atomic_load(&most) <= 3);
    assert_true(atomic_load(&most) >= 2);
}

static void test_gate_times_out(void **state)
{
    (void)state;
    struct turnstile t;
    turnstile_init(&t, 1, 0);
    ok(turnstile_enter(&t, 1000));
    fails(turnstile_enter(&t, 1000), ERR_OVERLOADED);
    t.max_waiting = 10;
    int64_t before = clock_now().monotonic_ms;
    fails(turnstile_enter(&t, 50), ERR_TIMEOUT);
    assert_true(clock_now().monotonic_ms - before >= 49);
    assert_int_equal(turnstile_try(&t), 0);
    turnstile_leave(&t);
    assert_int_equal(turnstile_try(&t), 1);
    turnstile_leave(&t);
    ok(turnstile_enter(&t, 0));
    turnstile_free(&t);
}

struct queue {
    struct turnstile gate;
    int order[8];
    int count;
};

struct in_queue {
    struct queue *queue;
    int number;
};

static void *queue_up(void *arg)
{
    struct in_queue *me = arg;
    ok(turnstile_enter(&me->queue->gate, 5000));
    me->queue->order[me->queue->count++] = me->number;
    turnstile_leave(&me->queue->gate);
    return NULL;
}

static void test_first_come_first_served(void **state)
{
    (void)state;
    struct queue queue = {.count = 0};
    pthread_t threads[8];
    struct in_queue people[8];
    turnstile_init(&queue.gate, 1, 100);
    ok(turnstile_enter(&queue.gate, 0));
    for (int i = 0; i < 8; i++) {
        people[i] = (struct in_queue){&queue, i};
        assert_int_equal(pthread_create(&threads[i], NULL, queue_up, &people[i]), 0);
        for (;;) { /* until it waits */
            (void)pthread_mutex_lock(&queue.gate.lock);
            size_t waiting = queue.gate.waiting;
            (void)pthread_mutex_unlock(&queue.gate.lock);
            if (waiting == (size_t)i + 1)
                break;
            (void)usleep(100);
        }
    }
    turnstile_leave(&queue.gate);
    for (int i = 0; i < 8; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    for (int i = 0; i < 8; i++)
        assert_int_equal(queue.order[i], i);
    turnstile_free(&queue.gate);
}

/* --- Long reads --- */

struct searcher {
    struct long_reads *realm;
    atomic_int *refused;
    pthread_t thread;
};

static void *search(void *arg)
{
    struct searcher *me = arg;
    int rc = long_read_enter(me->realm);
    if (rc == 0) {
        long_read_leave(me->realm);
        return NULL;
    }
    assert_int_equal(rc, ERR_OVERLOADED);
    atomic_fetch_add(me->refused, 1);
    return NULL;
}

static void begin_search(struct searcher *s, struct long_reads *realm, atomic_int *refused)
{
    *s = (struct searcher){.realm = realm, .refused = refused};
    assert_int_equal(pthread_create(&s->thread, NULL, search, s), 0);
}

static void wait_for(const atomic_uint *count, unsigned wanted)
{
    while (atomic_load(count) != wanted)
        (void)usleep(100);
}

/* HT-02: one realm has its share and no more, so that another finds room. */
static void test_ht_02_long_reads_of_a_realm(void **state)
{
    (void)state;
    struct long_reads many = {0}, other = {0};
    atomic_int refused = 0;
    struct searcher second, another;
    ok(long_read_enter(&many));
    begin_search(&second, &many, &refused);
    wait_for(&many.count, 2);
    for (int i = 0; i < 20; i++)
        fails(long_read_enter(&many), ERR_OVERLOADED);
    begin_search(&another, &other, &refused);
    wait_for(&other.count, 1);
    long_read_leave(&many);
    assert_int_equal(pthread_join(another.thread, NULL), 0);
    assert_int_equal(pthread_join(second.thread, NULL), 0);
    assert_int_equal(atomic_load(&refused), 0);
    assert_int_equal(atomic_load(&many.count) + atomic_load(&other.count), 0);
}

/* HT-08: those who wait hold threads, so they are few however many realms there are. */
static void test_ht_08_long_reads_of_all(void **state)
{
    (void)state;
    struct long_reads holder = {0}, realms[LONG_READS_WAITING + 1] = {0};
    struct searcher searchers[LONG_READS_WAITING + 1];
    atomic_int refused = 0;
    ok(long_read_enter(&holder));
    for (size_t i = 0; i < ARRAY_LEN(searchers); i++)
        begin_search(&searchers[i], &realms[i], &refused);
    while (atomic_load(&refused) == 0)
        (void)usleep(100);
    long_read_leave(&holder);
    for (size_t i = 0; i < ARRAY_LEN(searchers); i++)
        assert_int_equal(pthread_join(searchers[i].thread, NULL), 0);
    assert_int_equal(atomic_load(&refused), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pw_06_places),
        cmocka_unit_test(test_gate_times_out),
        cmocka_unit_test(test_first_come_first_served),
        cmocka_unit_test(test_ht_02_long_reads_of_a_realm),
        cmocka_unit_test(test_ht_08_long_reads_of_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
