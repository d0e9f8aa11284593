/* OT-09: flushes of one file by many. A flush that goes on beside one that fails, or comes after it,
 * must not end well. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

#include <cmocka.h>
#include <pthread.h>

#include "store/sync_gate.h"

static atomic_int calls; /* of the file's own flush */
static atomic_bool first_may_end;

/* The first one takes its time and fails; the others succeed. */
static int slow_failing_sync(sqlite3_file *f, int flags)
{
    (void)f;
    (void)flags;
    if (atomic_fetch_add(&calls, 1) > 0)
        return SQLITE_OK;
    while (!atomic_load(&first_may_end))
        (void)usleep(1000);
    return SQLITE_IOERR_FSYNC;
}

static int good_sync(sqlite3_file *f, int flags)
{
    (void)f;
    (void)flags;
    atomic_fetch_add(&calls, 1);
    return SQLITE_OK;
}

static const sqlite3_io_methods failing = {.iVersion = 1, .xSync = slow_failing_sync};
static const sqlite3_io_methods good = {.iVersion = 1, .xSync = good_sync};

static int reset(void **state)
{
    (void)state;
    atomic_store(&calls, 0);
    atomic_store(&first_may_end, false);
    return 0;
}

struct flush {
    struct sync_gate *gate;
    pthread_t thread;
    atomic_bool begun;
    int rc;
};

static void *run(void *arg)
{
    struct flush *flush = arg;
    sqlite3_file file = {.pMethods = &failing};
    atomic_store(&flush->begun, true);
    flush->rc = sync_gate_pass(flush->gate, &file, SQLITE_SYNC_NORMAL);
    return NULL;
}

static void start_flush(struct flush *flush, const char *name)
{
    flush->gate = sync_gate_open(name);
    assert_non_null(flush->gate);
    assert_int_equal(pthread_create(&flush->thread, NULL, run, flush), 0);
    while (!atomic_load(&flush->begun))
        (void)usleep(1000);
}

static void end_flush(struct flush *flush)
{
    assert_int_equal(pthread_join(flush->thread, NULL), 0);
    sync_gate_close(flush->gate);
}

/* Each has the file open on its own, as connections have. */
static void test_ot_09_beside_a_failing_one(void **state)
{
    struct flush first = {0};
    struct flush second = {0};
    (void)state;
    start_flush(&first, "a-wal");
    while (atomic_load(&calls) == 0)
        (void)usleep(1000);
    start_flush(&second, "a-wal");
    (void)usleep(20000);
    assert_int_equal(atomic_load(&calls), 1);
    atomic_store(&first_may_end, true);
    end_flush(&first);
    end_flush(&second);
    assert_int_equal(first.rc, SQLITE_IOERR_FSYNC);
    assert_int_equal(second.rc, SQLITE_IOERR_FSYNC);
    assert_int_equal(atomic_load(&calls), 1);
}

static void test_ot_09_after_a_failed_one(void **state)
{
    sqlite3_file bad = {.pMethods = &failing};
    sqlite3_file fine = {.pMethods = &good};
    (void)state;
    struct sync_gate *gate = sync_gate_open("a-wal");
    struct sync_gate *same = sync_gate_open("a-wal");
    struct sync_gate *other = sync_gate_open("b-wal");
    assert_ptr_equal(gate, same);
    assert_ptr_not_equal(gate, other);
    atomic_store(&first_may_end, true);
    assert_int_equal(sync_gate_pass(gate, &fine, 0), SQLITE_OK);
    atomic_store(&calls, 0);
    assert_int_equal(sync_gate_pass(gate, &bad, 0), SQLITE_IOERR_FSYNC);
    assert_int_equal(sync_gate_pass(same, &fine, 0), SQLITE_IOERR_FSYNC);
    sync_gate_close(gate);
    assert_int_equal(sync_gate_pass(same, &fine, 0), SQLITE_IOERR_FSYNC);
    assert_int_equal(sync_gate_pass(other, &fine, 0), SQLITE_OK);
    sync_gate_close(same);
    sync_gate_close(other);
    /* Nobody has the file open any more: whoever opens it starts from what is there. */
    gate = sync_gate_open("a-wal");
    assert_int_equal(sync_gate_pass(gate, &fine, 0), SQLITE_OK);
    sync_gate_close(gate);
    sync_gate_close(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_ot_09_beside_a_failing_one, reset),
        cmocka_unit_test_setup(test_ot_09_after_a_failed_one, reset),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
