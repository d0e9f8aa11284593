/* Samples of what the server does: differences, percentiles, and how long they are kept. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "web/operations/history.h"

#define STARTED_MS 1795000000000

static struct history *fresh(void **state)
{
    struct history *h;
    assert_int_equal(history_new(STARTED_MS, &h), 0);
    *state = h;
    return h;
}

static int end(void **state)
{
    history_free(*state);
    return 0;
}

/* Second by second: n logins in the n-th one, and n connections open at its end. */
static void feed(struct history *h, int64_t from, int64_t to)
{
    struct figures f = {.at_ms = 0};
    for (int64_t i = from; i <= to; i++) {
        f.at_ms = STARTED_MS + i * 1000;
        f.monotonic_ms = i * 1000;
        f.values[FIGURE_logins] = i * (i + 1) / 2;
        f.values[FIGURE_connections] = i;
        history_add(h, &f);
    }
}

static void test_tells_differences_and_levels(void **state)
{
    struct history *h = fresh(state);
    struct history_cursor cursor = {0};
    struct sample s;
    bool is_step;
    feed(h, 0, 3);
    for (int64_t i = 1; i <= 3; i++) {
        assert_true(history_next(h, &cursor, &s, &is_step));
        assert_false(is_step);
        assert_int_equal(s.number, i);
        assert_int_equal(s.at_ms, STARTED_MS + i * 1000);
        assert_int_equal(s.span_ms, 1000);
        assert_int_equal(s.values[FIGURE_logins], i);
        assert_int_equal(s.values[FIGURE_connections], i);
    }
    assert_false(history_next(h, &cursor, &s, &is_step));
}

static void test_counters_that_seem_to_go_back_tell_nothing(void **state)
{
    struct history *h = fresh(state);
    struct history_cursor cursor = {0};
    struct sample s;
    bool is_step;
    struct figures f = {.monotonic_ms = 0};
    f.values[FIGURE_commits] = 10;
    history_add(h, &f);
    f.values[FIGURE_commits] = 9;
    history_add(h, &f);
    assert_true(history_next(h, &cursor, &s, &is_step));
    assert_int_equal(s.values[FIGURE_commits], 0);
}

static void test_a_step_sums_up_ten_samples_and_comes_first(void **state)
{
    struct history *h = fresh(state);
    struct history_cursor cursor = {0};
    struct sample s;
    bool is_step;
    feed(h, 0, 20);
    for (int64_t i = 1; i <= 2; i++) {
        assert_true(history_next(h, &cursor, &s, &is_step));
        assert_true(is_step);
        assert_int_equal(s.number, i);
        assert_int_equal(s.span_ms, 10000);
        assert_int_equal(s.values[FIGURE_logins], i == 1 ? 55 : 155);
    }
    assert_true(history_next(h, &cursor, &s, &is_step));
    assert_false(is_step);
    assert_int_equal(s.number, 1);
}

static void test_a_step_tells_the_peak_of_what_passes_soon(void **state)
{
    struct history *h = fresh(state);
    struct history_cursor cursor = {0};
    struct figures f = {.at_ms = 0};
    struct sample s;
    bool is_step;
    for (int64_t i = 0; i <= 20; i++) {
        f.monotonic_ms = i * 1000;
        f.values[FIGURE_lagCommits] = i == 4 ? 7 : 0;
        history_add(h, &f);
    }
    assert_true(history_next(h, &cursor, &s, &is_step));
    assert_true(is_step);
    assert_int_equal(s.values[FIGURE_lagCommits], 7);
    assert_true(history_next(h, &cursor, &s, &is_step));
    assert_int_equal(s.values[FIGURE_lagCommits], 0);
}

static void test_is_bounded_and_who_was_away_goes_on_with_what_is_kept(void **state)
{
    struct history *h = fresh(state);
    struct history_cursor all = {0}, late = {2, 1};
    struct sample s;
    bool is_step;
    size_t steps = 0, samples = 0;
    const int64_t seconds = (HISTORY_STEPS + 5) * HISTORY_STEP_SAMPLES;
    feed(h, 0, seconds);
    while (history_next(h, &all, &s, &is_step))
        is_step ? steps++ : samples++;
    assert_int_equal(steps, HISTORY_STEPS);
    assert_int_equal(samples, HISTORY_SAMPLES);
    assert_int_equal(s.number, seconds);
    assert_true(history_next(h, &late, &s, &is_step));
    assert_true(is_step);
    assert_int_equal(s.number, 6);
}

static void test_goes_on_after_what_was_seen(void **state)
{
    struct history *h = fresh(state);
    struct sample s;
    bool is_step;
    feed(h, 0, 25);
    struct history_cursor cursor = history_after(h, STARTED_MS, 20);
    assert_true(history_next(h, &cursor, &s, &is_step));
    assert_false(is_step);
    assert_int_equal(s.number, 21);
    /* The step that ends with sample 20 comes before it. */
    cursor = history_after(h, STARTED_MS, 19);
    assert_true(history_next(h, &cursor, &s, &is_step));
    assert_true(is_step);
    assert_int_equal(s.number, 2);
}

static void test_who_saw_another_life_of_the_server_gets_all(void **state)
{
    struct history *h = fresh(state);
    feed(h, 0, 25);
    assert_int_equal(history_after(h, STARTED_MS + 1, 20).sample, 0);
    assert_int_equal(history_after(h, STARTED_MS, 26).sample, 0);
    assert_int_equal(history_after(h, STARTED_MS, 0).step, 0);
    assert_int_equal(history_after(h, STARTED_MS, 25).sample, 26);
}

static void test_percentiles_are_of_the_span_alone(void **state)
{
    struct history *h = fresh(state);
    struct history_cursor cursor = {0};
    struct sample s;
    bool is_step;
    struct figures f = {.monotonic_ms = 0};
    f.latencies[LATENCY_TOKEN].ranges[HISTOGRAM_RANGES - 1] = 1000; /* long ago */
    history_add(h, &f);
    f.latencies[LATENCY_TOKEN].ranges[0] = 1000;
    history_add(h, &f);
    assert_true(history_next(h, &cursor, &s, &is_step));
    assert_in_range(s.p95_us[LATENCY_TOKEN], 230, 250);
    assert_int_equal(s.p95_us[LATENCY_LOGIN], 0);
}

static void test_every_figure_has_a_name_of_its_own(void **state)
{
    (void)state;
    for (enum figure a = 0; a < FIGURES; a++)
        for (enum figure b = a + 1; b < FIGURES; b++)
            assert_string_not_equal(figure_name(a), figure_name(b));
    assert_int_equal(figure_kind(FIGURE_logins), FIGURE_KIND_SUM);
    assert_int_equal(figure_kind(FIGURE_connections), FIGURE_KIND_LEVEL);
    assert_string_equal(latency_name(LATENCY_ADMIN), "administration");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_tells_differences_and_levels, end),
        cmocka_unit_test_teardown(test_counters_that_seem_to_go_back_tell_nothing, end),
        cmocka_unit_test_teardown(test_a_step_sums_up_ten_samples_and_comes_first, end),
        cmocka_unit_test_teardown(test_a_step_tells_the_peak_of_what_passes_soon, end),
        cmocka_unit_test_teardown(test_is_bounded_and_who_was_away_goes_on_with_what_is_kept, end),
        cmocka_unit_test_teardown(test_goes_on_after_what_was_seen, end),
        cmocka_unit_test_teardown(test_who_saw_another_life_of_the_server_gets_all, end),
        cmocka_unit_test_teardown(test_percentiles_are_of_the_span_alone, end),
        cmocka_unit_test(test_every_figure_has_a_name_of_its_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
