/* Group commit: a flush waits for those who are about to commit, and not for as long as they like; readers hold
 * nobody up. */
#include "tests/unit/store/store_support.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

#include "store/view.h"

/* A transaction of another thread, which ends when it is told to. */
struct slow_write {
    pthread_t thread;
    struct realm_view *view;
    atomic_bool may_end, ended;
};

static void *hold_write(void *arg)
{
    struct slow_write *slow = arg;
    struct store_write *w = begin_write(slow->view); /* waits for the turn */
    while (!atomic_load(&slow->may_end))
        (void)sched_yield();
    commit(w);
    atomic_store(&slow->ended, true);
    return NULL;
}

static void begin_slow_write(struct slow_write *slow, struct realm_view *view)
{
    struct realm_db *db;
    slow->view = view;
    ok(slot_db_acquire(view->slot, &db));
    unsigned before = atomic_load(&db->flush.coming);
    assert_int_equal(pthread_create(&slow->thread, NULL, hold_write, slow), 0);
    while (atomic_load(&db->flush.coming) == before)
        (void)sched_yield();
    slot_db_release(view->slot, db);
}

/* The commit returns, on disk, while the other transaction that its flush waited for is still held: were
 * there no bound, both would wait for each other for ever. */
static void test_held_write_stalls_no_flush(void **state)
{
    (void)state;
    struct realm_view *view = view_of("peru");
    for (int i = 0; i < 20; i++) {
        struct slow_write slow = {.view = NULL};
        struct user user = user_named(arena_printf(&arena, "user-%d", i).ptr);
        struct store_write *w = begin_write(view);
        ok(user_insert(w, &user));
        begin_slow_write(&slow, view);
        commit(w);
        assert_false(atomic_load(&slow.ended));
        atomic_store(&slow.may_end, true);
        assert_int_equal(pthread_join(slow.thread, NULL), 0);
        assert_true(atomic_load(&slow.ended));
    }
    realm_view_release(view);
}

/* However long somebody reads, and however much is written meanwhile. */
static void test_reader_holds_no_writer_up(void **state)
{
    (void)state;
    struct realm_view *view = view_of("peru");
    struct store_read *r = begin_read(view);
    int64_t before, count;
    ok(user_count(r, &before));
    for (int i = 0; i < 200; i++) {
        struct user user = user_named(arena_printf(&arena, "user-%d", i).ptr);
        struct store_write *w = begin_write(view);
        ok(user_insert(w, &user));
        commit(w);
    }
    ok(user_count(r, &count));
    assert_int_equal(count, before); /* its moment stays */
    store_read_end(r);
    r = begin_read(view);
    ok(user_count(r, &count));
    assert_int_equal(count, before + 200);
    store_read_end(r);
    realm_view_release(view);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_held_write_stalls_no_flush, start_test, end_test),
        cmocka_unit_test_setup_teardown(test_reader_holds_no_writer_up, start_test, end_test),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
