/* The machine's clock is set under an open store and between two processes: time goes on, and what
 * was spent is remembered (OT-05). The clock is moved by core/base/clock_shift.h. */
#include "tests/unit/store/store_support.h"

#include <fcntl.h>
#include <sys/wait.h>

#include "core/base/clock_shift.h"

#define HOUR_MS INT64_C(3600000)
#define YEAR_MS (INT64_C(31556952) * 1000)

static const int64_t steps[] = {1000, HOUR_MS, 10 * YEAR_MS};
static int shift_fd;

static void step_ms(int64_t ms)
{
    int64_t shift_ms = clock_shift_us() / 1000 + ms;
    assert_int_equal(pwrite(shift_fd, &shift_ms, sizeof(shift_ms), 0), sizeof(shift_ms));
}

static int start(void **state)
{
    int64_t none = 0;
    assert_int_equal(pwrite(shift_fd, &none, sizeof(none), 0), sizeof(none));
    clock_step_back(); /* what the test before did to the time of this process */
    return start_test(state);
}

static void time_goes_on_OT_05(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
        struct now before = clock_now();
        step_ms(-steps[i]);
        struct now after = clock_now();
        assert_true(after.wall_ms >= before.wall_ms);
        assert_true(after.monotonic_ms >= before.monotonic_ms);
        assert_true(now_steady_ms(&after) >= now_steady_ms(&before));
    }
}

static void a_leap_is_no_time_for_waits_PW_02(void **state)
{
    (void)state;
    struct clock_state s;
    struct now before = clock_now();
    step_ms(HOUR_MS);
    struct now after = clock_now();
    assert_true(after.wall_ms - before.wall_ms >= HOUR_MS);
    assert_true(now_steady_ms(&after) - now_steady_ms(&before) < HOUR_MS / 2);
    clock_state(&s);
    assert_true(s.since_leap_ms < HOUR_MS / 2);
    assert_true(s.leap_ms > HOUR_MS - 2000 && s.leap_ms <= HOUR_MS + 2000);
}

static bool is_spent(const char *value)
{
    struct realm_view *view = view_of("peru");
    struct store_read *r = begin_read(view);
    bool spent;
    ok(once_is_spent(r, STR("jti"), str_c(value), &spent));
    store_read_end(r);
    realm_view_release(view);
    return spent;
}

static void spend_until(const char *value, int64_t expires_ms)
{
    struct realm_view *view = view_of("peru");
    struct store_write *w = begin_write(view);
    bool first;
    ok(once_spend(w, STR("jti"), str_c(value), expires_ms, &first));
    commit(w);
    realm_view_release(view);
}

static void sweep(void)
{
    struct session_limits limits = {.idle_ms = HOUR_MS, .max_ms = HOUR_MS};
    struct realm_view *view = view_of("peru");
    struct store_write *w = begin_write(view);
    int64_t count;
    ok(session_sweep(w, &limits, 100, &count));
    commit(w);
    realm_view_release(view);
}

/* The order of the two tests matters: a process that has seen a leap keeps what is spent. */
static void what_is_over_is_swept(void **state)
{
    (void)state;
    spend_until("old", clock_now().wall_ms - 2 * HOUR_MS);
    sweep();
    assert_false(is_spent("old"));
}

static void after_a_leap_what_is_spent_is_remembered_OT_05(void **state)
{
    (void)state;
    spend_until("spent", clock_now().wall_ms + 60000);
    step_ms(10 * YEAR_MS);
    sweep();
    assert_true(is_spent("spent"));
}

/* What another process makes of the folder: the time it goes by once the store is open. */
static int64_t time_in_another_process(void)
{
    int64_t answer = 0;
    int fds[2];
    assert_int_equal(pipe(fds), 0);
    pid_t child = fork();
    if (child == 0) {
        clock_step_back(); /* its time is the machine's, as in a process of its own */
        int64_t now_ms = try_open(NULL) == 0 ? clock_now().wall_ms : -1;
        if (now_ms >= 0)
            close_store();
        _exit(write(fds[1], &now_ms, sizeof(now_ms)) == sizeof(now_ms) ? 0 : 1);
    }
    assert_int_equal(read(fds[0], &answer, sizeof(answer)), sizeof(answer));
    assert_int_equal(waitpid(child, NULL, 0), child);
    (void)close(fds[0]);
    (void)close(fds[1]);
    return answer;
}

static void another_process_goes_on_OT_05(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
        spend_until("x", 1);
        int64_t before_ms = clock_now().wall_ms;
        close_store();
        step_ms(-steps[i]);
        assert_true(time_in_another_process() >= before_ms);
        open_store();
    }
}

/* Nothing else takes time back. */
static void set_back_on_purpose(void **state)
{
    (void)state;
    step_ms(10 * YEAR_MS);
    int64_t ahead_ms = clock_now().wall_ms;
    step_ms(-10 * YEAR_MS);
    assert_true(clock_now().wall_ms >= ahead_ms);
    ok(store_clock_step_back(store));
    assert_true(clock_now().wall_ms < ahead_ms - 9 * YEAR_MS);
    close_store();
    assert_true(time_in_another_process() < ahead_ms - 9 * YEAR_MS);
    open_store();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(time_goes_on_OT_05, start, end_test),
        cmocka_unit_test_setup_teardown(what_is_over_is_swept, start, end_test),
        cmocka_unit_test_setup_teardown(a_leap_is_no_time_for_waits_PW_02, start, end_test),
        cmocka_unit_test_setup_teardown(after_a_leap_what_is_spent_is_remembered_OT_05, start,
                                        end_test),
        cmocka_unit_test_setup_teardown(another_process_goes_on_OT_05, start, end_test),
        cmocka_unit_test_setup_teardown(set_back_on_purpose, start, end_test),
    };
    char path[] = "/tmp/garita-shift-XXXXXX";
    int64_t none = 0;
    shift_fd = mkstemp(path);
    if (shift_fd < 0 || write(shift_fd, &none, sizeof(none)) != sizeof(none) ||
        setenv("TEST_CLOCK_FILE", path, 1) != 0)
        return 1;
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    (void)unlink(path);
    return failed;
}
