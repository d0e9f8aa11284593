/* A flood of guesses does not take all threads that answer requests (PW-06, HT-08). */
#include "tests/unit/store/store_support.h"

#include <pthread.h>
#include <unistd.h>

#include "core/port/limits.h"

#define FLOOD 24

static int results[FLOOD];

static void take_long(void *arg)
{
    (void)arg;
    (void)usleep(500000);
}

static void *guess(void *arg)
{
    int *result = arg;
    *result = hashing_run(take_long, NULL);
    return NULL;
}

static void a_quarter_of_the_threads_stays_free_HT_08(void **state)
{
    pthread_t threads[FLOOD];
    size_t refused = 0;
    (void)state;
    hashing_setup(1, 8);
    for (int i = 0; i < FLOOD; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, guess, &results[i]), 0);
    for (int i = 0; i < FLOOD; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        refused += results[i] == ERR_OVERLOADED;
    }
    /* one inside and five waiting; on a slow machine some came when others had left */
    assert_true(refused >= FLOOD / 2);
    assert_true(refused <= FLOOD - 6);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_quarter_of_the_threads_stays_free_HT_08),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
