/* The last lines of the log, as they are kept in memory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include <fcntl.h>
#include <unistd.h>

#include "web/operations/log_tail.h"

static struct arena arena;
static int silence;

static int begin(void **state)
{
    (void)state;
    arena_init(&arena, (size_t)4 << 20);
    silence = open("/dev/null", O_WRONLY | O_CLOEXEC);
    log_setup(LOG_LEVEL_INFO, silence, false);
    log_keep_lines(log_tail_add);
    return silence >= 0 ? 0 : -1;
}

static int end(void **state)
{
    (void)state;
    arena_free(&arena);
    (void)close(silence);
    return 0;
}

static void test_keeps_what_was_written_oldest_first(void **state)
{
    (void)state;
    struct str *lines;
    size_t count;
    LOG_INFO("test", "first \"quoted\"");
    LOG_WARN("test", "second");
    log_write(LOG_LEVEL_DEBUG, "test", NULL, NULL, "not written, so not kept");
    assert_int_equal(log_tail_read(&arena, LOG_LEVEL_DEBUG, 2, &lines, &count), 0);
    assert_int_equal(count, 2);
    assert_true(str_find_str(lines[0], STR("\"message\":\"first \\\"quoted\\\"\"")) > 0);
    assert_true(str_find_str(lines[1], STR("\"message\":\"second\"")) > 0);
    assert_true(str_ends(lines[1], STR("}")));
}

static void test_lines_for_people_are_kept_as_json_too(void **state)
{
    (void)state;
    struct str *lines;
    size_t count;
    log_setup(LOG_LEVEL_INFO, silence, true);
    LOG_INFO("test", "human");
    assert_int_equal(log_tail_read(&arena, LOG_LEVEL_DEBUG, 1, &lines, &count), 0);
    assert_true(str_starts(lines[0], STR("{\"timestamp\":")));
}

static void test_a_flood_does_not_push_trouble_out(void **state)
{
    (void)state;
    struct str *lines;
    size_t count;
    LOG_ERROR("test", "the trouble");
    for (int i = 0; i < 3 * LOG_TAIL_LINES; i++)
        LOG_INFO("test", "request %d", i);
    assert_int_equal(log_tail_read(&arena, LOG_LEVEL_ERROR, 1, &lines, &count), 0);
    assert_int_equal(count, 1);
    assert_true(str_find_str(lines[0], STR("the trouble")) > 0);
    assert_int_equal(log_tail_read(&arena, LOG_LEVEL_DEBUG, 10000, &lines, &count), 0);
    assert_int_equal(count, LOG_TAIL_LINES);
    assert_true(str_find_str(lines[count - 1], STR("request 599")) > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_keeps_what_was_written_oldest_first, begin, end),
        cmocka_unit_test_setup_teardown(test_lines_for_people_are_kept_as_json_too, begin, end),
        cmocka_unit_test_setup_teardown(test_a_flood_does_not_push_trouble_out, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
