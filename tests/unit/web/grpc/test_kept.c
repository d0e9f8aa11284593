/* Answers that are kept: given again to the same question of the same caller alone, and only while all
 * that they stand on is what it was (OT-06, OT-11). */
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/crypto/init.h"
#include "web/grpc/kept.h"

#define NOW_MS INT64_C(1800000000000)

static struct {
    struct grpc_kept *kept;
    atomic_uint_fast64_t counters[3];
    struct ground ground;
    struct clock_table_key key;
} t;

static const struct grpc_kept_question question = {
    .authority = STR_INIT("id.example"),
    .authorization = STR_INIT("Basic Z2F0ZTpzZWNyZXQ="),
    .tenant = STR_INIT("peru"),
    .certificate = STR_INIT(""),
    .message = STR_INIT("\x0a\x05token"),
};

static int setup(void **state)
{
    (void)state;
    assert_int_equal(crypto_init(), 0);
    t.kept = grpc_kept_new();
    assert_non_null(t.kept);
    ground_init(&t.ground);
    for (size_t i = 0; i < 3; i++) {
        atomic_init(&t.counters[i], 7 + i);
        t.ground.pins[t.ground.count++] = (struct ground_pin){&t.counters[i], 7 + i};
    }
    t.ground.until_ms = NOW_MS + 60000;
    t.ground.firm = true;
    grpc_kept_key(t.kept, &question, &t.key);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    grpc_kept_free(t.kept);
    return 0;
}

static void put(void)
{
    grpc_kept_put(t.kept, &t.key, &t.ground, STR("the answer"), NOW_MS);
}

static bool has(int64_t now_ms)
{
    struct str reply;
    if (!grpc_kept_get(t.kept, &t.key, now_ms, &reply))
        return false;
    assert_true(str_eq(reply, STR("the answer")));
    return true;
}

static void is_given_until_its_time(void **state)
{
    (void)state;
    assert_false(has(NOW_MS));
    put();
    assert_true(has(NOW_MS));
    assert_true(has(NOW_MS + 59999));
    assert_false(has(NOW_MS + 60000));
}

static void is_given_five_minutes_at_most(void **state)
{
    (void)state;
    t.ground.until_ms = INT64_MAX;
    put();
    assert_true(has(NOW_MS + GRPC_KEPT_LIFE_MS - 1));
    assert_false(has(NOW_MS + GRPC_KEPT_LIFE_MS));
}

static void a_clock_that_was_set_back_knows_nothing_of_it(void **state)
{
    (void)state;
    put();
    assert_false(has(NOW_MS - 1));
    assert_true(has(NOW_MS));
}

static void every_counter_counts_OT_06(void **state)
{
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        put();
        assert_true(has(NOW_MS));
        atomic_fetch_add(&t.counters[i], 1);
        assert_false(has(NOW_MS));
        t.ground.pins[i].value++;
    }
}

static void what_is_not_firm_or_over_is_not_kept(void **state)
{
    (void)state;
    t.ground.firm = false;
    put();
    assert_false(has(NOW_MS));
    t.ground.firm = true;
    t.ground.until_ms = NOW_MS;
    put();
    assert_false(has(NOW_MS));
}

static void expect_another_key(const struct grpc_kept_question *q)
{
    struct clock_table_key key;
    struct str reply;
    grpc_kept_key(t.kept, q, &key);
    assert_false(grpc_kept_get(t.kept, &key, NOW_MS, &reply));
}

static void another_caller_or_question_gets_nothing_OT_11(void **state)
{
    struct grpc_kept_question q;
    struct str *const parts[] = {&q.authority, &q.authorization, &q.tenant, &q.certificate,
                                 &q.message};
    (void)state;
    put();
    for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
        q = question;
        *parts[i] = STR("another");
        expect_another_key(&q);
    }
    q = question;
    q.tenant = STR("");
    expect_another_key(&q);
    q.tenant = str_of(NULL, 0); /* not sent is not empty */
    expect_another_key(&q);
    q = question;
    q.authority = question.tenant;
    q.tenant = question.authority;
    expect_another_key(&q);
    assert_true(has(NOW_MS));
}

static void tables_do_not_share_their_keys(void **state)
{
    struct clock_table_key key;
    struct grpc_kept *other = grpc_kept_new();
    (void)state;
    assert_non_null(other);
    grpc_kept_key(other, &question, &key);
    assert_memory_not_equal(&key, &t.key, sizeof(key));
    grpc_kept_free(other);
}

static struct clock_table_counts counts_now(void)
{
    struct clock_table_counts counts = {0};
    grpc_kept_sweep(t.kept, (struct now){.wall_ms = NOW_MS});
    grpc_kept_count(t.kept, &counts);
    return counts;
}

static void figures_and_bounds(void **state)
{
    struct grpc_kept_question q = question;
    struct clock_table_key key;
    static char large[65537];
    (void)state;
    put();
    assert_true(has(NOW_MS));
    assert_false(has(NOW_MS - 1));
    struct clock_table_counts counts = counts_now();
    assert_int_equal(counts.hits, 1);
    assert_int_equal(counts.misses, 1);
    assert_int_equal(counts.entries, 1);
    for (uint32_t i = 0; i < 1000; i++) {
        q.message = str_of((const char *)&i, sizeof(i));
        grpc_kept_key(t.kept, &q, &key);
        grpc_kept_put(t.kept, &key, &t.ground, str_of(large, 60000), NOW_MS);
    }
    counts = counts_now();
    assert_true(counts.bytes <= GRPC_KEPT_MAX_BYTES && counts.bytes > GRPC_KEPT_MAX_BYTES / 2);
    assert_int_equal(counts.entries + counts.evictions, 1001);
    grpc_kept_put(t.kept, &t.key, &t.ground, str_of(large, sizeof(large)), NOW_MS);
    assert_int_equal(counts_now().entries, counts.entries);
}

#define KEPT_TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        KEPT_TEST(is_given_until_its_time),
        KEPT_TEST(is_given_five_minutes_at_most),
        KEPT_TEST(a_clock_that_was_set_back_knows_nothing_of_it),
        KEPT_TEST(every_counter_counts_OT_06),
        KEPT_TEST(what_is_not_firm_or_over_is_not_kept),
        KEPT_TEST(another_caller_or_question_gets_nothing_OT_11),
        KEPT_TEST(tables_do_not_share_their_keys),
        KEPT_TEST(figures_and_bounds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
