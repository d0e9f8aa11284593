/* A disk that is full, one that fails, one that cannot be written (OT-09, AU-03): clear errors,
 * nothing half done, recovery without help. Faults come from a layer between SQLite and its files;
 * the full disk also from a real small file system when the test may mount one. */
#include "tests/unit/store/store_support.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <sys/mount.h>

/* --- A file layer with switches --- */

static atomic_bool sync_fails;
static atomic_bool write_is_full;
static sqlite3_vfs faulty;
static sqlite3_vfs *real;

struct faulty_file {
    sqlite3_file base;
    sqlite3_file *inner;
};

static sqlite3_file *inner_of(sqlite3_file *f)
{
    return ((struct faulty_file *)f)->inner;
}

static int f_close(sqlite3_file *f)
{
    int rc = inner_of(f)->pMethods->xClose(inner_of(f));
    sqlite3_free(inner_of(f));
    return rc;
}
static int f_read(sqlite3_file *f, void *p, int n, sqlite3_int64 at)
{
    return inner_of(f)->pMethods->xRead(inner_of(f), p, n, at);
}
static int f_write(sqlite3_file *f, const void *p, int n, sqlite3_int64 at)
{
    if (atomic_load(&write_is_full))
        return SQLITE_FULL;
    return inner_of(f)->pMethods->xWrite(inner_of(f), p, n, at);
}
static int f_truncate(sqlite3_file *f, sqlite3_int64 size)
{
    return inner_of(f)->pMethods->xTruncate(inner_of(f), size);
}
static int f_sync(sqlite3_file *f, int flags)
{
    if (atomic_load(&sync_fails))
        return SQLITE_IOERR_FSYNC;
    return inner_of(f)->pMethods->xSync(inner_of(f), flags);
}
static int f_size(sqlite3_file *f, sqlite3_int64 *size)
{
    return inner_of(f)->pMethods->xFileSize(inner_of(f), size);
}
static int f_lock(sqlite3_file *f, int level)
{
    return inner_of(f)->pMethods->xLock(inner_of(f), level);
}
static int f_unlock(sqlite3_file *f, int level)
{
    return inner_of(f)->pMethods->xUnlock(inner_of(f), level);
}
static int f_reserved(sqlite3_file *f, int *out)
{
    return inner_of(f)->pMethods->xCheckReservedLock(inner_of(f), out);
}
static int f_control(sqlite3_file *f, int op, void *arg)
{
    return inner_of(f)->pMethods->xFileControl(inner_of(f), op, arg);
}
static int f_sector(sqlite3_file *f)
{
    return inner_of(f)->pMethods->xSectorSize(inner_of(f));
}
static int f_device(sqlite3_file *f)
{
    return inner_of(f)->pMethods->xDeviceCharacteristics(inner_of(f));
}
static int f_shm_map(sqlite3_file *f, int region, int size, int extend, void volatile **out)
{
    return inner_of(f)->pMethods->xShmMap(inner_of(f), region, size, extend, out);
}
static int f_shm_lock(sqlite3_file *f, int offset, int n, int flags)
{
    return inner_of(f)->pMethods->xShmLock(inner_of(f), offset, n, flags);
}
static void f_shm_barrier(sqlite3_file *f)
{
    inner_of(f)->pMethods->xShmBarrier(inner_of(f));
}
static int f_shm_unmap(sqlite3_file *f, int del)
{
    return inner_of(f)->pMethods->xShmUnmap(inner_of(f), del);
}

static const sqlite3_io_methods faulty_methods = {
    .iVersion = 2,
    .xClose = f_close,
    .xRead = f_read,
    .xWrite = f_write,
    .xTruncate = f_truncate,
    .xSync = f_sync,
    .xFileSize = f_size,
    .xLock = f_lock,
    .xUnlock = f_unlock,
    .xCheckReservedLock = f_reserved,
    .xFileControl = f_control,
    .xSectorSize = f_sector,
    .xDeviceCharacteristics = f_device,
    .xShmMap = f_shm_map,
    .xShmLock = f_shm_lock,
    .xShmBarrier = f_shm_barrier,
    .xShmUnmap = f_shm_unmap,
};

static int f_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *f, int flags, int *out)
{
    struct faulty_file *file = (struct faulty_file *)f;
    (void)vfs;
    file->base.pMethods = NULL;
    file->inner = sqlite3_malloc(real->szOsFile);
    if (!file->inner)
        return SQLITE_NOMEM;
    int rc = real->xOpen(real, name, file->inner, flags, out);
    if (rc != SQLITE_OK)
        sqlite3_free(file->inner);
    else
        file->base.pMethods = &faulty_methods;
    return rc;
}

static void open_faulty_store(void)
{
    struct store_config config = {.data_dir = test_dir, .vfs = "faulty", .wait_ms = 2000};
    ok(store_open(&config, &store));
}

static int start(void **state)
{
    (void)start_test(state);
    close_store();
    real = sqlite3_vfs_find("unix-excl");
    if (!faulty.zName) {
        faulty = *real;
        faulty.pNext = NULL;
        faulty.zName = "faulty";
        faulty.szOsFile = sizeof(struct faulty_file);
        faulty.xOpen = f_open;
        assert_int_equal(sqlite3_vfs_register(&faulty, 0), SQLITE_OK);
    }
    open_faulty_store();
    return 0;
}

static int end(void **state)
{
    atomic_store(&sync_fails, false);
    atomic_store(&write_is_full, false);
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
    atomic_store(&sync_fails, true);
    fails(add(view, "lost"), ERR_STORE_FAILED);
    atomic_store(&sync_fails, false);
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

/* AU-03: without space there is no change and no event; with space all goes on. */
static void test_au_03_no_space(void **state)
{
    (void)state;
    struct realm_view *view = view_of("peru");
    struct event_verdict verdict;
    ok(add(view, "before"));
    atomic_store(&write_is_full, true);
    for (int i = 0; i < 5; i++)
        fails(add(view, "lost"), ERR_STORE_FULL);
    fails(store_health(store), ERR_STORE_FULL);
    assert_true(is_there(view, "before"));
    assert_false(is_there(view, "lost"));
    struct realm realm = realm_named("chile");
    struct now now = clock_now();
    fails(store_realm_create(store, &realm, &now, NULL, NULL), ERR_STORE_FULL);
    atomic_store(&write_is_full, false);
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
    atomic_store(&write_is_full, true); /* the cache spills into the log */
    int err = user_insert(w, &big);
    atomic_store(&write_is_full, false);
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
    for (int i = 0; i < 600 * 1024; i++)
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
        cmocka_unit_test_setup_teardown(test_au_03_no_space, start, end),
        cmocka_unit_test_setup_teardown(test_overlooked_failure, start, end),
        cmocka_unit_test(test_small_file_system),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
