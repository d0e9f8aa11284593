/* The clock that never runs backwards: steps of a second, an hour and ten years either way, also
 * between two processes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "core/base/attr.h"
#include "core/base/timeline.h"

#define S    INT64_C(1000000)
#define HOUR (3600 * S)
#define YEAR (INT64_C(31556952) * S)

static const int64_t steps[] = {S, HOUR, 10 * YEAR};

/* A machine: its clocks, and what ours makes of them. */
static struct timeline_reading machine;
static struct timeline line;

static int64_t look(void)
{
    timeline_look(&line, &machine);
    return machine.boot_us + line.offset_us;
}

static int64_t pass(int64_t us)
{
    machine.wall_us += us;
    machine.boot_us += us;
    return look();
}

static int64_t step(int64_t us)
{
    machine.wall_us += us;
    return look();
}

static int begin(void **state)
{
    (void)state;
    machine = (struct timeline_reading){.wall_us = 56 * YEAR, .boot_us = 5 * HOUR};
    line = (struct timeline){0};
    (void)look();
    return 0;
}

static void undisturbed_it_is_the_machines_time(void **state)
{
    (void)state;
    for (int i = 0; i < 1000; i++) {
        (void)pass(S / 7);
        assert_int_equal(look(), machine.wall_us);
    }
    assert_int_equal(line.leaps, 0);
    assert_int_equal(line.steps_back, 0);
    assert_int_equal(line.leapt_us, 0);
}

/* OT-05: what passes after a step back is counted as time, up to one part in TIMELINE_EASE. */
static void a_step_back_does_not_stop_time_OT_05(void **state)
{
    for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
        (void)begin(state);
        int64_t before = look();
        int64_t at_once = step(-steps[i]);
        assert_true(at_once >= before);
        assert_true(line.behind);
        assert_int_equal(line.steps_back, 1);
        int64_t later = pass(600 * S);
        assert_true(later - before <= 600 * S);
        assert_true(later - before >= 600 * S - 600 * S / TIMELINE_EASE - 1);
        assert_int_equal(line.steps_back, 1);
        assert_int_equal(line.leaps, 0);
    }
}

static void no_two_looks_go_backwards(void **state)
{
    (void)state;
    int64_t last = step(-3 * S);
    for (int i = 0; i < 2000000; i++) {
        int64_t now = pass(i % 3 ? 1 : 3333);
        assert_true(now >= last);
        last = now;
    }
}

static void a_second_too_many_is_given_up_in_time(void **state)
{
    (void)state;
    (void)step(-S);
    for (int i = 0; i < TIMELINE_EASE + 2; i++)
        (void)pass(S);
    assert_false(line.behind);
    assert_true(line.offset_us - line.machine_us < TIMELINE_NEAR_US);
    /* and the next step is eased from its own beginning */
    int64_t before = look();
    assert_true(step(-S) >= before);
    assert_true(look() - before >= 0);
}

static void a_leap_ahead_is_followed_and_remembered(void **state)
{
    for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
        (void)begin(state);
        (void)step(steps[i]);
        assert_int_equal(look(), machine.wall_us);
        assert_int_equal(line.leaps, 1);
        assert_int_equal(line.leap_us, steps[i]);
        assert_int_equal(line.leapt_us, steps[i]);
        (void)pass(S);
        assert_int_equal(look(), machine.wall_us);
        assert_int_equal(line.leapt_us, steps[i]);
    }
}

static void less_than_a_second_ahead_is_no_leap(void **state)
{
    (void)state;
    (void)step(S - 1);
    assert_int_equal(look(), machine.wall_us);
    assert_int_equal(line.leaps, 0);
    assert_int_equal(line.leapt_us, 0);
}

/* There and back: time went with the leap and stays there. The way back ahead is no second leap. */
static void there_and_back(void **state)
{
    for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
        (void)begin(state);
        int64_t ahead = step(steps[i]);
        assert_true(step(-steps[i]) >= ahead);
        assert_int_equal(line.steps_back, 1);
        assert_true(pass(60 * S) >= ahead + 59 * S);
        (void)step(steps[i]);
        assert_int_equal(line.leaps, 1);
        assert_true(line.leapt_us < steps[i] + S);
    }
}

/* --- From one process to the next --- */

static struct timeline_mark mark_now(void)
{
    return (struct timeline_mark){look(), machine.boot_us, line.leapt_us};
}

static int64_t start_anew(const struct timeline_mark *mark, bool same_boot)
{
    line = (struct timeline){0};
    timeline_resume(&line, &machine, mark, same_boot);
    return machine.boot_us + line.offset_us;
}

static void a_restart_goes_on_where_time_was_OT_05(void **state)
{
    for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
        (void)begin(state);
        struct timeline_mark mark = mark_now();
        (void)pass(30 * S);
        machine.wall_us -= steps[i];
        assert_int_equal(start_anew(&mark, true), mark.wall_us + 30 * S);
        assert_int_equal(line.steps_back, 1);
        assert_true(line.behind);
    }
}

/* Nobody knows how long the machine was off: time goes on from the mark at least. */
static void another_boot_goes_on_from_the_mark(void **state)
{
    (void)state;
    struct timeline_mark mark = mark_now();
    machine.boot_us = 3 * S;
    machine.wall_us -= HOUR;
    assert_int_equal(start_anew(&mark, false), mark.wall_us);
    /* the boot clock of another machine says nothing, however large */
    machine.boot_us = mark.boot_us + YEAR;
    assert_int_equal(start_anew(&mark, false), mark.wall_us);
    /* a machine whose clock is right is believed */
    machine.wall_us = mark.wall_us + HOUR;
    assert_int_equal(start_anew(&mark, false), machine.wall_us);
    assert_int_equal(line.leaps, 0);
}

static void a_boot_clock_that_went_back_is_another_boot(void **state)
{
    (void)state;
    struct timeline_mark mark = mark_now();
    machine.boot_us -= S;
    machine.wall_us -= HOUR;
    assert_int_equal(start_anew(&mark, true), mark.wall_us);
}

static void a_leap_between_two_processes_is_seen(void **state)
{
    (void)state;
    (void)step(HOUR);
    struct timeline_mark mark = mark_now();
    (void)pass(10 * S);
    machine.wall_us += 10 * YEAR;
    assert_int_equal(start_anew(&mark, true), machine.wall_us);
    assert_int_equal(line.leapt_us, HOUR + 10 * YEAR);
    assert_int_equal(line.leaps, 1);
}

static void without_a_step_a_restart_changes_nothing(void **state)
{
    (void)state;
    struct timeline_mark mark = mark_now();
    (void)pass(HOUR);
    assert_int_equal(start_anew(&mark, true), machine.wall_us);
    assert_int_equal(line.steps_back, 0);
    assert_int_equal(line.leaps, 0);
    assert_false(line.behind);
}

/* The one way back; waits that were begun last as long as before. */
static void going_back_on_purpose(void **state)
{
    for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
        (void)begin(state);
        (void)step(steps[i]);
        (void)step(-steps[i]);
        int64_t steady_us = look() - line.leapt_us;
        timeline_step_back(&line, &machine);
        assert_int_equal(look(), machine.wall_us);
        assert_int_equal(look() - line.leapt_us, steady_us);
        assert_false(line.behind);
        struct timeline_mark mark = mark_now();
        (void)pass(S);
        assert_int_equal(start_anew(&mark, true), machine.wall_us);
        assert_int_equal(line.leapt_us, mark.leapt_us);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(undisturbed_it_is_the_machines_time, begin),
        cmocka_unit_test_setup(a_step_back_does_not_stop_time_OT_05, begin),
        cmocka_unit_test_setup(no_two_looks_go_backwards, begin),
        cmocka_unit_test_setup(a_second_too_many_is_given_up_in_time, begin),
        cmocka_unit_test_setup(a_leap_ahead_is_followed_and_remembered, begin),
        cmocka_unit_test_setup(less_than_a_second_ahead_is_no_leap, begin),
        cmocka_unit_test_setup(there_and_back, begin),
        cmocka_unit_test_setup(a_restart_goes_on_where_time_was_OT_05, begin),
        cmocka_unit_test_setup(another_boot_goes_on_from_the_mark, begin),
        cmocka_unit_test_setup(a_boot_clock_that_went_back_is_another_boot, begin),
        cmocka_unit_test_setup(a_leap_between_two_processes_is_seen, begin),
        cmocka_unit_test_setup(going_back_on_purpose, begin),
        cmocka_unit_test_setup(without_a_step_a_restart_changes_nothing, begin),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
