/* Ranges of durations: what Prometheus reads, and percentiles. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "web/histogram.h"

static void test_text_of_prometheus(void **state)
{
    (void)state;
    struct histogram h = {.sum_us = 0};
    struct buf out;
    buf_init(&out, NULL, 65536);
    histogram_write(&h, "t", "route=\"/x\"", &out);
    assert_int_equal(out.len, 0);
    histogram_add(&h, 250);
    histogram_add(&h, 251);
    histogram_add(&h, 6000000);
    histogram_write(&h, "t", "route=\"/x\"", &out);
    const struct str text = buf_str(&out);
    const struct str lines[] = {
        STR("t_bucket{route=\"/x\",le=\"0.00025\"} 1\n"),
        STR("t_bucket{route=\"/x\",le=\"0.0005\"} 2\n"),
        STR("t_bucket{route=\"/x\",le=\"5\"} 2\n"),
        STR("t_bucket{route=\"/x\",le=\"+Inf\"} 3\n"),
        STR("t_sum{route=\"/x\"} 6.000501\n"),
        STR("t_count{route=\"/x\"} 3\n"),
    };
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
        assert_true(str_find_str(text, lines[i]) >= 0);
    buf_free(&out);
}

static void test_percentiles(void **state)
{
    (void)state;
    struct histogram h = {.sum_us = 0};
    struct histogram_state none = {{0}}, now = {{0}};
    assert_int_equal(histogram_percentile(&none, &none, 95), 0);
    for (int i = 0; i < 94; i++)
        histogram_add(&h, 100);
    for (int i = 0; i < 6; i++)
        histogram_add(&h, 40000); /* between 25 and 50 ms */
    histogram_read(&h, &now);
    assert_in_range(histogram_percentile(&none, &now, 95), 25001, 50000);
    assert_in_range(histogram_percentile(&none, &now, 50), 1, 250);
    assert_int_equal(histogram_percentile(&now, &now, 95), 0);
    /* Beyond the last bound nothing is known but the bound. */
    struct histogram_state slow = {{0}};
    slow.ranges[HISTOGRAM_RANGES - 1] = 10;
    assert_int_equal(histogram_percentile(&none, &slow, 95), 5000000);
}

static void test_states_add_up(void **state)
{
    (void)state;
    struct histogram a = {.sum_us = 0}, b = {.sum_us = 0};
    struct histogram_state sum = {{0}};
    histogram_add(&a, 1);
    histogram_add(&b, 1);
    histogram_read(&a, &sum);
    histogram_read(&b, &sum);
    assert_int_equal(sum.ranges[0], 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_text_of_prometheus),
        cmocka_unit_test(test_percentiles),
        cmocka_unit_test(test_states_add_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
