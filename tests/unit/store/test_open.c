/* The data folder: who may enter, the lock, the master key, migrations, names of realms. */
#include "tests/unit/store/store_support.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <sys/wait.h>

static int start(void **state)
{
    (void)state;
    arena_init(&arena, (size_t)16 << 20);
    make_dir();
    return 0;
}

static int end(void **state)
{
    (void)state;
    close_store();
    arena_free(&arena);
    remove_dir();
    return 0;
}

static const char *path_of(const char *name)
{
    static char paths[2][512]; /* for two at once */
    static int turn;
    char *path = paths[turn++ % 2];
    (void)snprintf(path, sizeof(paths[0]), "%s/%s", test_dir, name);
    return path;
}

static int mode_of(const char *name)
{
    struct stat st;
    assert_int_equal(lstat(path_of(name), &st), 0);
    return (int)(st.st_mode & 07777);
}

static void remove_realms(void)
{
    char command[512];
    (void)snprintf(command, sizeof(command), "rm -rf '%s'/realms/*", test_dir);
    assert_int_equal(system(command), 0);
}

/* SK-01, SK-05: everything that is made is for its owner alone. */
static void test_sk_05_modes(void **state)
{
    (void)state;
    mode_t before = umask(0);
    open_store();
    make_realm("peru");
    (void)umask(before);
    assert_int_equal(mode_of("master.key"), 0600);
    assert_int_equal(mode_of("realms"), 0700);
    assert_int_equal(mode_of("realms/master.db"), 0600);
    assert_int_equal(mode_of("realms/master.db-wal"), 0600);
    assert_int_equal(mode_of("lock"), 0600);
}

static void test_sk_05_open_folder_is_refused(void **state)
{
    (void)state;
    struct err_ctx ctx = {0};
    assert_int_equal(chmod(test_dir, 0750), 0);
    fails(try_open(&ctx), ERR_CONFIG);
    assert_non_null(strstr(ctx.detail, "chmod 700"));
    assert_int_equal(chmod(test_dir, 0700), 0);
    assert_int_equal(mkdir(path_of("realms"), 0755), 0);
    assert_int_equal(chmod(path_of("realms"), 0755), 0);
    fails(try_open(&ctx), ERR_CONFIG);
}

static void test_sk_05_links_are_refused(void **state)
{
    (void)state;
    struct err_ctx ctx = {0};
    char link_path[300];
    (void)snprintf(link_path, sizeof(link_path), "%s-link", test_dir);
    assert_int_equal(symlink(test_dir, link_path), 0);
    struct store_config config = {.data_dir = link_path, .ctx = &ctx};
    fails(store_open(&config, &store), ERR_CONFIG);
    assert_int_equal(unlink(link_path), 0);
    assert_int_equal(symlink("/tmp", path_of("realms")), 0);
    fails(try_open(&ctx), ERR_CONFIG);
}

/* A database that is a link to somewhere else is not followed. */
static void test_sk_05_linked_database_is_refused(void **state)
{
    (void)state;
    open_store();
    close_store();
    assert_int_equal(rename(path_of("realms/master.db"), path_of("elsewhere")), 0);
    char to[512];
    (void)snprintf(to, sizeof(to), "%s/elsewhere", test_dir);
    assert_int_equal(symlink(to, path_of("realms/master.db")), 0);
    assert_int_not_equal(try_open(NULL), 0);
}

static void test_sk_01_readable_key_is_refused(void **state)
{
    (void)state;
    struct err_ctx ctx = {0};
    open_store();
    close_store();
    assert_int_equal(chmod(path_of("master.key"), 0640), 0);
    fails(try_open(&ctx), ERR_CONFIG);
    assert_non_null(strstr(ctx.detail, "chmod 600"));
    assert_int_equal(chmod(path_of("master.key"), 0600), 0);
    open_store();
}

static void test_sk_01_wrong_or_missing_key(void **state)
{
    (void)state;
    struct err_ctx ctx = {0};
    open_store();
    make_realm("peru");
    close_store();
    assert_int_equal(rename(path_of("master.key"), path_of("kept.key")), 0);
    fails(try_open(&ctx), ERR_SEAL);
    /* No new key was made in its place. */
    assert_int_not_equal(access(path_of("master.key"), F_OK), 0);
    int fd = open(path_of("master.key"), O_WRONLY | O_CREAT, 0600);
    char other[32] = "another key of thirty-two bytes";
    assert_int_equal(write(fd, other, sizeof(other)), sizeof(other));
    (void)close(fd);
    fails(try_open(&ctx), ERR_SEAL);
    char from[512];
    (void)snprintf(from, sizeof(from), "%s", path_of("kept.key"));
    assert_int_equal(rename(from, path_of("master.key")), 0);
    open_store();
    realm_view_release(view_of("peru"));
}

static void test_key_elsewhere(void **state)
{
    (void)state;
    char key[300];
    (void)snprintf(key, sizeof(key), "%s.key", test_dir);
    struct store_config config = {.data_dir = test_dir, .master_key_path = key};
    ok(store_open(&config, &store));
    assert_int_not_equal(access(path_of("master.key"), F_OK), 0);
    close_store();
    fails(try_open(NULL), ERR_SEAL);
    ok(store_open(&config, &store));
    assert_int_equal(unlink(key), 0);
}

static void test_lock(void **state)
{
    (void)state;
    struct err_ctx ctx = {0};
    struct store *second;
    struct store_config config = {.data_dir = test_dir, .ctx = &ctx};
    char pid[32];
    open_store();
    fails(store_open(&config, &second), ERR_STORE_LOCKED);
    (void)snprintf(pid, sizeof(pid), "process %d ", (int)getpid());
    assert_non_null(strstr(ctx.detail, pid));
    close_store();
    open_store();
}

/* Another program (this one, started anew) opens a database of ours. */
static int act_as_foreigner(const char *path)
{
    sqlite3 *db;
    int rc = sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, "unix");
    if (rc == SQLITE_OK)
        rc = sqlite3_exec(db, "SELECT count(*) FROM realm_list", NULL, NULL, NULL);
    (void)sqlite3_close(db);
    return rc;
}

static int foreign_result(void)
{
    int status;
    char *const no_variables[] = {NULL};
    const char *path = path_of("realms/master.db");
    pid_t child = fork();
    if (child == 0) {
        (void)execle("/proc/self/exe", "foreigner", path, (char *)NULL, no_variables);
        _exit(99);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

/* A foreign sqlite3 program cannot open a live database: it could reset our log. */
static void test_foreign_program_stays_out(void **state)
{
    (void)state;
    open_store();
    make_realm("peru");
    assert_int_equal(foreign_result(), SQLITE_BUSY);
    close_store();
    assert_int_equal(foreign_result(), SQLITE_OK);
}

/* Nor after one of our own connections was closed: locks of files go with any handle, which SQLite
 * knows and we must not undo. */
static void test_foreign_program_stays_out_after_a_close(void **state)
{
    (void)state;
    struct store_config config = {.data_dir = test_dir, .readers_per_realm = 1};
    open_store();
    make_realm("master");
    make_realm("peru");
    close_store();
    ok(store_open(&config, &store));
    struct realm_view *view = view_of("master");
    struct store_read *r = begin_read(view);
    realm_view_release(view_of("peru")); /* asks the list: a second reader */
    store_read_end(r);                   /* one of the two is closed */
    assert_int_equal(foreign_result(), SQLITE_BUSY);
    realm_view_release(view);
}

static void run_sql(const char *sql)
{
    sqlite3 *db;
    assert_int_equal(sqlite3_open(path_of("realms/master.db"), &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static int64_t newest_version(void)
{
    sqlite3 *db;
    sqlite3_stmt *stmt;
    assert_int_equal(sqlite3_open(path_of("realms/master.db"), &db), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db, "PRAGMA user_version", -1, &stmt, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
    int64_t version = sqlite3_column_int64(stmt, 0);
    (void)sqlite3_finalize(stmt);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
    return version;
}

static void test_migrations(void **state)
{
    (void)state;
    char back[100];
    open_store();
    make_realm("master");
    reopen_store();
    reopen_store();
    realm_view_release(view_of("master"));
    close_store();
    (void)snprintf(back, sizeof(back), "PRAGMA user_version = %d; PRAGMA application_id = 9999",
                   (int)newest_version());
    run_sql("PRAGMA user_version = 9999");
    fails(try_open(NULL), ERR_STORE_VERSION);
    run_sql(back);
    fails(try_open(NULL), ERR_STORE_VERSION);
    run_sql("PRAGMA application_id = 2");
    open_store();
}

/* The list of realms as it was before each of its migrations. */
static void test_older_master(void **state)
{
    (void)state;
    open_store();
    make_realm("master");
    close_store();
    run_sql("DROP TABLE store_clock; PRAGMA application_id = 1");
    open_store();
    realm_view_release(view_of("master"));
    reopen_store();
    close_store();
    run_sql("SELECT wall_ms FROM store_clock");
    open_store();
}

static void test_damaged_database(void **state)
{
    (void)state;
    open_store();
    close_store();
    int fd = open(path_of("realms/master.db"), O_WRONLY);
    char junk[200];
    memset(junk, 'x', sizeof(junk));
    assert_int_equal(pwrite(fd, junk, sizeof(junk), 0), sizeof(junk));
    (void)close(fd);
    fails(try_open(NULL), ERR_STORE_CORRUPT);
}

static void test_read_only(void **state)
{
    (void)state;
    struct realm_view *view;
    struct store_write *w;
    struct now now = clock_now();
    open_store();
    make_realm("peru");
    close_store();
    struct store_config config = {.data_dir = test_dir, .read_only = true};
    ok(store_open(&config, &store));
    ok(realm_view_acquire(store, STR("peru"), &view));
    store_read_end(begin_read(view));
    fails(store_write_begin(view, &now, &w), ERR_STORE_READ_ONLY);
    struct realm realm = realm_named("chile");
    fails(store_realm_create(store, &realm, &now, NULL, NULL), ERR_STORE_READ_ONLY);
    realm_view_release(view);
}

static void test_master_waits_to_be_made(void **state)
{
    (void)state;
    struct realm_view *view;
    struct realm realm = realm_named("master");
    struct now now = clock_now();
    open_store();
    fails(realm_view_acquire(store, STR("master"), &view), ERR_NOT_FOUND);
    reopen_store();
    ok(store_realm_create(store, &realm, &now, NULL, NULL));
    fails(store_realm_create(store, &realm, &now, NULL, NULL), ERR_CONFLICT);
    reopen_store();
    fails(store_realm_create(store, &realm, &now, NULL, NULL), ERR_CONFLICT);
    ok(realm_view_acquire(store, STR("master"), &view));
    assert_true(str_eq(realm_view_realm(view)->id, realm.id));
    assert_true(realm_view_store(view) == store);
    realm_view_release(view);
    fails(store_realm_delete(store, STR("master")), ERR_FORBIDDEN);
}

/* A first start that was cut short before there was a database goes on, with the key it left. */
static void test_first_start_goes_on(void **state)
{
    (void)state;
    struct stat before, after;
    open_store();
    close_store();
    assert_int_equal(stat(path_of("master.key"), &before), 0);
    remove_realms();
    assert_int_equal(unlink(path_of("founded")), 0);
    assert_int_equal(rmdir(path_of("realms")), 0);
    open_store();
    assert_int_equal(stat(path_of("master.key"), &after), 0);
    assert_int_equal(before.st_ino, after.st_ino);
    assert_int_equal(mode_of("founded"), 0600);
}

static void refused_as_lost(void)
{
    struct err_ctx ctx = {0};
    fails(try_open(&ctx), ERR_STORE_CORRUPT);
    assert_non_null(strstr(ctx.detail, "although this data folder had realms"));
}

/* A folder that had realms is not begun anew when they are out of sight: not when realms/ is empty (a
 * volume that is not mounted), not when it is missing; and nothing is made in their place. */
static void test_lost_realms_are_not_made_anew(void **state)
{
    (void)state;
    open_store();
    make_realm("peru");
    close_store();
    remove_realms();
    refused_as_lost();
    assert_int_equal(rmdir(path_of("realms")), 0);
    refused_as_lost();
    assert_int_not_equal(access(path_of("realms"), F_OK), 0);
}

/* Versions before the mark left other traces. */
static void test_lost_realms_of_earlier_versions(void **state)
{
    (void)state;
    static const char *const traces[] = {"audit", "cache"};
    open_store();
    close_store();
    remove_realms();
    assert_int_equal(unlink(path_of("founded")), 0);
    for (size_t i = 0; i < ARRAY_LEN(traces); i++) {
        assert_int_equal(mkdir(path_of(traces[i]), 0700), 0);
        refused_as_lost();
        assert_int_equal(rmdir(path_of(traces[i])), 0);
    }
    open_store();
}

static void test_old_folders_are_marked(void **state)
{
    (void)state;
    open_store();
    close_store();
    assert_int_equal(unlink(path_of("founded")), 0);
    struct store_config config = {.data_dir = test_dir, .read_only = true};
    ok(store_open(&config, &store));
    close_store();
    assert_int_not_equal(access(path_of("founded"), F_OK), 0);
    open_store();
    assert_int_equal(access(path_of("founded"), F_OK), 0);
}

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[0], "foreigner") == 0)
        return act_as_foreigner(argv[1]);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_sk_05_modes, start, end),
        cmocka_unit_test_setup_teardown(test_sk_05_open_folder_is_refused, start, end),
        cmocka_unit_test_setup_teardown(test_sk_05_links_are_refused, start, end),
        cmocka_unit_test_setup_teardown(test_sk_05_linked_database_is_refused, start, end),
        cmocka_unit_test_setup_teardown(test_sk_01_readable_key_is_refused, start, end),
        cmocka_unit_test_setup_teardown(test_sk_01_wrong_or_missing_key, start, end),
        cmocka_unit_test_setup_teardown(test_key_elsewhere, start, end),
        cmocka_unit_test_setup_teardown(test_lock, start, end),
        cmocka_unit_test_setup_teardown(test_foreign_program_stays_out, start, end),
        cmocka_unit_test_setup_teardown(test_foreign_program_stays_out_after_a_close, start, end),
        cmocka_unit_test_setup_teardown(test_migrations, start, end),
        cmocka_unit_test_setup_teardown(test_older_master, start, end),
        cmocka_unit_test_setup_teardown(test_damaged_database, start, end),
        cmocka_unit_test_setup_teardown(test_read_only, start, end),
        cmocka_unit_test_setup_teardown(test_master_waits_to_be_made, start, end),
        cmocka_unit_test_setup_teardown(test_first_start_goes_on, start, end),
        cmocka_unit_test_setup_teardown(test_lost_realms_are_not_made_anew, start, end),
        cmocka_unit_test_setup_teardown(test_lost_realms_of_earlier_versions, start, end),
        cmocka_unit_test_setup_teardown(test_old_folders_are_marked, start, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
