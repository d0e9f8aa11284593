/* A disk that is full, one that fails, one that cannot be written (OT-09, AU-03): clear errors,
 * nothing half done, recovery without help. Faults come from tests/torture/fault_vfs.c; the full
 * disk also from a real small file system when the test may mount one. */
#include "tests/unit/store/store_support.h"

#include <errno.h>
#include <sys/mount.h>

#include "tests/torture/fault.h"
#include "tests/torture/fault_vfs.h"

/* From here on every such operation fails. */
static void fail_all(enum fault_op op, enum fault_kind kind)
{
    fault_arm(&(struct fault_plan){.ops = FAULT_BIT(op), .kind = kind, .nth = 1, .for_ever = true});
}

static void open_faulty_store(void)
{
    struct store_config config = {.data_dir = test_dir, .vfs = FAULT_VFS, .wait_ms = 2000};
    ok(store_open(&config, &store));
}

static int start(void **state)
{
    (void)start_test(state);
    close_store();
    fault_vfs_register();
    open_faulty_store();
    return 0;
}

static int end(void **state)
{
    fault_clear();
    return end_test(state);
}

static int add(struct realm_view *view, const char *name)
{
    struct user user = user_named(name);
    struct event event = {.type = EVENT_UserCreated, .actor = {.user_id = user.id}};
    struct store_write *w;
    struct now now = clock_now();
    TRY(store_write_begin(view, &now, &w));
    int err = user_insert(w, &user);
    if (err == 0)
        err = event_append(w, &event);
    if (err == 0)
        return store_commit(w, DURABLE_LOCAL);
    store_rollback(w);
    return err;
}

static bool is_there(struct realm_view *view, const char *name)
{
    struct user user;
    struct store_read *r = begin_read(view);
    int err = user_find_by_username(r, &arena, str_c(name), &user);
    store_read_end(r);
    return err == 0;
}

/* OT-09: after one failed flush the realm never says yes again, though the disk works once more;
 * after a restart it does. Others go on. */
static void test_ot_09_failed_flush(void **state)
{
    (void)state;
    make_realm("chile");
    struct realm_view *view = view_of("peru");
    struct realm_view *chile = view_of("chile");
    struct store_read *r;
    ok(add(view, "before"));
    ok(store_health(store));
    fail_all(FAULT_SYNC, FAULT_EIO);
    fails(add(view, "lost"), ERR_STORE_FAILED);
    fault_clear();
    fails(add(view, "after"), ERR_STORE_FAILED);
    fails(store_read_begin(view, &r), ERR_STORE_FAILED);
    fails(store_health(store), ERR_STORE_FAILED);
    ok(add(chile, "elsewhere"));
    realm_view_release(view);
    realm_view_release(chile);
    close_store();
    open_faulty_store();
    ok(store_health(store));
    view = view_of("peru");
    assert_true(is_there(view, "before"));
    assert_false(is_there(view, "after"));
    ok(add(view, "after"));
    realm_view_release(view);
}

/* OT-05: whichever read fails while the store closes, the log that is needed stays. */
static void test_ot_05_read_fails_at_the_end(void **state)
{
    (void)state;
    uint64_t reads = 1;
    for (uint64_t nth = 1; nth <= reads; nth++) {
        char name[32];
        struct realm_view *view = view_of("peru");
        (void)snprintf(name, sizeof(name), "person%llu", (unsigned long long)nth);
        ok(add(view, name));
        realm_view_release(view);
        fault_arm(
            &(struct fault_plan){.ops = FAULT_BIT(FAULT_READ), .kind = FAULT_EIO, .nth = nth});
        close_store();
        reads = fault_count(FAULT_READ);
        fault_clear();
        open_faulty_store();
        view = view_of("peru");
        assert_true(is_there(view, name));
        realm_view_release(view);
    }
    assert_true(reads > 2);
}

/* AU-03: without space there is no change and no event; with space all goes on. */
static void test_au_03_no_space(void **state)
{
    (void)state;
    struct realm_view *view = view_of("peru");
    struct event_verdict verdict;
    ok(add(view, "before"));
    fail_all(FAULT_WRITE, FAULT_ENOSPC);
    for (int i = 0; i < 5; i++)
        fails(add(view, "lost"), ERR_STORE_FULL);
    fails(store_health(store), ERR_STORE_FULL);
    assert_true(is_there(view, "before"));
    assert_false(is_there(view, "lost"));
    struct realm realm = realm_named("chile");
    struct now now = clock_now();
    fails(store_realm_create(store, &realm, &now, NULL, NULL), ERR_STORE_FULL);
    fault_clear();
    ok(add(view, "lost"));
    ok(store_health(store));
    struct store_read *r = begin_read(view);
    ok(event_verify(r, &arena, &verdict));
    assert_int_equal(verdict.checked, 2);
    assert_int_equal(verdict.bad_seq, 0);
    store_read_end(r);
    realm_view_release(view);
    ok(store_realm_create(store, &realm, &now, NULL, NULL));
}

/* A failure that the caller overlooked does not get half a change committed. */
static void test_overlooked_failure(void **state)
{
    (void)state;
    struct realm_view *view = view_of("peru");
    struct user big = user_named("big");
    char *text = arena_alloc(&arena, 3 << 20);
    struct store_write *w = begin_write(view);
    struct user small = user_named("small");
    ok(user_insert(w, &small));
    memset(text, 'x', 3 << 20);
    big.first_name = str_of(text, 3 << 20);
    fail_all(FAULT_WRITE, FAULT_ENOSPC); /* the cache spills into the log */
    int err = user_insert(w, &big);
    fault_clear();
    if (err != 0) {
        fails(err, ERR_STORE_FULL);
        fails(store_commit(w, DURABLE_LOCAL), ERR_STORE_FULL);
    } else {
        store_rollback(w);
    }
    assert_false(is_there(view, "small"));
    ok(add(view, "small"));
    realm_view_release(view);
}

/* --- A real file system that is really full --- */

static bool mount_small(void)
{
    return mount("tmpfs", test_dir, "tmpfs", 0, "size=1536k,mode=0700") == 0;
}

static void fill_up(struct realm_view *view, int *ret_made, int *ret_err)
{
    char name[32];
    *ret_err = 0;
    for (*ret_made = 0; *ret_made < 20000 && *ret_err == 0; ++*ret_made) {
        (void)snprintf(name, sizeof(name), "user%d", *ret_made);
        *ret_err = add(view, arena_str_c(&arena, name).ptr);
    }
    --*ret_made;
}

static void test_small_file_system(void **state)
{
    (void)state;
    char ballast[300];
    int made;
    int err;
    arena_init(&arena, (size_t)64 << 20);
    make_dir();
    if (!mount_small()) {
        print_message("not permitted to mount a file system (%s): skipped\n", strerror(errno));
        remove_dir();
        skip();
    }
    (void)snprintf(ballast, sizeof(ballast), "%s/ballast", test_dir);
    FILE *f = fopen(ballast, "w");
    for (int i = 0; i < 480 * 1024; i++)
        (void)fputc('x', f);
    assert_int_equal(fclose(f), 0);
    open_store();
    make_realm("peru");
    struct realm_view *view = view_of("peru");
    fill_up(view, &made, &err);
    fails(err, ERR_STORE_FULL);
    assert_true(made > 0);
    fails(store_health(store), ERR_STORE_FULL);
    char name[32];
    (void)snprintf(name, sizeof(name), "user%d", made - 1);
    assert_true(is_there(view, name));
    /* Somebody makes room: it goes on by itself, and so it does after a restart. */
    assert_int_equal(unlink(ballast), 0);
    ok(add(view, "with-space"));
    ok(store_health(store));
    realm_view_release(view);
    reopen_store();
    view = view_of("peru");
    assert_true(is_there(view, name));
    assert_true(is_there(view, "with-space"));
    realm_view_release(view);
    close_store();
    arena_free(&arena);
    assert_int_equal(umount(test_dir), 0);
    remove_dir();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_ot_09_failed_flush, start, end),
        cmocka_unit_test_setup_teardown(test_ot_05_read_fails_at_the_end, start, end),
        cmocka_unit_test_setup_teardown(test_au_03_no_space, start, end),
        cmocka_unit_test_setup_teardown(test_overlooked_failure, start, end),
        cmocka_unit_test(test_small_file_system),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
