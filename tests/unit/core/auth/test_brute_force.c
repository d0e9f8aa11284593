/* The arithmetic of lockouts, setting by setting (PW-02). */
#include "tests/unit/core/check.h"

#include "core/auth/brute_force.h"

#define START_MS INT64_C(1700000000000)

static struct realm realm_of(void)
{
    struct realm realm = {0};
    fields_default(&realm_fields, &realm);
    realm.brute_force_protected = true;
    realm.failure_factor = 3;
    realm.wait_increment_s = 60;
    realm.max_failure_wait_s = 150;
    realm.minimum_quick_login_wait_s = 30;
    realm.quick_login_check_ms = 1000;
    realm.max_delta_time_s = 3600;
    return realm;
}

/* Failures step_ms apart from each other; the state after count of them. */
static struct login_failures after(const struct realm *realm, int count, int64_t step_ms)
{
    struct login_failures f = {0};
    for (int i = 0; i < count; i++)
        (void)brute_force_count(realm, &f, START_MS + i * step_ms);
    return f;
}

static int64_t wait_s(const struct login_failures *f)
{
    return f->locked_until_ms ? (f->locked_until_ms - f->last_failure_ms) / 1000 : 0;
}

static void waits_grow_by_multiples(void **state)
{
    static const int64_t expected[] = {0, 0, 0, 60, 60, 60, 120, 120, 120, 150, 150, 150, 150};
    struct realm realm = realm_of();
    (void)state;
    for (int n = 0; n < (int)ARRAY_LEN(expected); n++) {
        struct login_failures f = after(&realm, n, 5000);
        assert_int_equal(wait_s(&f), expected[n]);
        assert_int_equal(f.count, n);
    }
}

static void waits_grow_with_each_failure(void **state)
{
    static const int64_t expected[] = {0, 0, 0, 60, 120, 150, 150};
    struct realm realm = realm_of();
    realm.brute_force_strategy = STR("LINEAR");
    (void)state;
    for (int n = 0; n < (int)ARRAY_LEN(expected); n++) {
        struct login_failures f = after(&realm, n, 5000);
        assert_int_equal(wait_s(&f), expected[n]);
    }
}

static void quick_failures_wait_at_once(void **state)
{
    struct realm realm = realm_of();
    (void)state;
    struct login_failures f = after(&realm, 1, 500);
    assert_int_equal(wait_s(&f), 0);
    f = after(&realm, 2, 500);
    assert_int_equal(wait_s(&f), 30);
    f = after(&realm, 2, 0); /* in the same millisecond */
    assert_int_equal(wait_s(&f), 30);
    f = after(&realm, 2, 1000);
    assert_int_equal(wait_s(&f), 0);
}

static void old_failures_are_forgotten(void **state)
{
    struct realm realm = realm_of();
    struct login_failures f = after(&realm, 2, 5000);
    (void)state;
    assert_int_equal(brute_force_count(&realm, &f, f.last_failure_ms + 3602 * 1000), LOCKOUT_NONE);
    assert_int_equal(f.count, 1);
}

static void the_lock_ends_in_time(void **state)
{
    struct realm realm = realm_of();
    struct login_failures f = after(&realm, 3, 5000);
    (void)state;
    assert_true(brute_force_locked(&realm, &f, f.last_failure_ms));
    assert_true(brute_force_locked(&realm, &f, f.last_failure_ms + 59999));
    assert_false(brute_force_locked(&realm, &f, f.last_failure_ms + 60000));
    realm.brute_force_protected = false;
    assert_false(brute_force_locked(&realm, &f, f.last_failure_ms));
}

static void lockouts_become_permanent(void **state)
{
    struct realm realm = realm_of();
    struct login_failures f = after(&realm, 2, 5000);
    (void)state;
    realm.permanent_lockout = true;
    assert_int_equal(brute_force_count(&realm, &f, START_MS + 10000), LOCKOUT_PERMANENT);
    f = after(&realm, 0, 0);
    realm.max_temporary_lockouts = 1;
    enum lockout last = LOCKOUT_NONE;
    for (int i = 0; i < 3; i++)
        last = brute_force_count(&realm, &f, START_MS + i * 5000);
    assert_int_equal(last, LOCKOUT_TEMPORARY);
    assert_int_equal(brute_force_count(&realm, &f, START_MS + 100000), LOCKOUT_PERMANENT);
}

static void absurd_settings_do_no_harm(void **state)
{
    struct realm realm = realm_of();
    (void)state;
    realm.failure_factor = 0;
    realm.wait_increment_s = INT64_MAX / 2000;
    realm.max_failure_wait_s = 900;
    struct login_failures f = after(&realm, 50, 5000);
    assert_int_equal(wait_s(&f), 900);
    realm.wait_increment_s = 0;
    f = after(&realm, 50, 5000);
    assert_int_equal(wait_s(&f), 0);
    realm.brute_force_protected = false;
    f = after(&realm, 50, 0);
    assert_int_equal(f.count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(waits_grow_by_multiples),     TEST(waits_grow_with_each_failure),
        TEST(quick_failures_wait_at_once), TEST(old_failures_are_forgotten),
        TEST(the_lock_ends_in_time),       TEST(lockouts_become_permanent),
        TEST(absurd_settings_do_no_harm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
