/* What ends in a realm, told to those who watch (core/port/endings.h). */
#include "tests/unit/store/store_support.h"

#include "core/port/endings.h"

static void count_wake(void *context)
{
    ++*(int *)context;
}

static void change_realm(struct realm_view *view, const char *display_name)
{
    struct store_write *w = begin_write(view);
    struct realm realm = *realm_view_realm(view);
    realm.display_name = str_c(display_name);
    ok(store_realm_update(w, &realm));
    commit(w);
}

static void who_watches_is_woken_and_told(void **state)
{
    (void)state;
    struct realm_view *view = view_of("peru");
    struct ending_watch *watch;
    struct ending ending;
    int woken = 0;
    ok(store_endings_watch(view, count_wake, &woken, &watch));
    assert_false(store_endings_next(watch, &ending));
    change_realm(view, "Peru");
    assert_true(woken > 0);
    assert_true(store_endings_next(watch, &ending));
    assert_int_equal(ending.kind, ENDING_ALL);
    assert_false(store_endings_next(watch, &ending));
    store_endings_unwatch(watch);
    realm_view_release(view);
}

/* HT-02: each is told in the middle of somebody's commit. */
static void so_many_may_watch_a_realm(void **state)
{
    static struct ending_watch *watches[ENDING_WATCHES];
    (void)state;
    make_realm("chile");
    struct realm_view *view = view_of("peru"), *other = view_of("chile");
    struct ending_watch *one;
    int woken = 0;
    for (size_t i = 0; i < ENDING_WATCHES; i++)
        ok(store_endings_watch(view, count_wake, &woken, &watches[i]));
    fails(store_endings_watch(view, count_wake, &woken, &one), ERR_LIMIT_REACHED);
    ok(store_endings_watch(other, count_wake, &woken, &one));
    store_endings_unwatch(one);
    store_endings_unwatch(watches[7]);
    ok(store_endings_watch(view, count_wake, &woken, &watches[7]));
    change_realm(view, "Republic of Peru");
    assert_int_equal(woken, ENDING_WATCHES);
    for (size_t i = 0; i < ENDING_WATCHES; i++)
        store_endings_unwatch(watches[i]);
    realm_view_release(other);
    realm_view_release(view);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(who_watches_is_woken_and_told, start_test, end_test),
        cmocka_unit_test_setup_teardown(so_many_may_watch_a_realm, start_test, end_test),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
