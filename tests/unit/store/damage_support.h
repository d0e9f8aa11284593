/* What the tests of damaged files share: a realm with every kind of page, its sound content, and ways to
 * change files behind the store's back. */
#ifndef GARITA_TESTS_UNIT_STORE_DAMAGE_SUPPORT_H
#define GARITA_TESTS_UNIT_STORE_DAMAGE_SUPPORT_H

#include "tests/unit/store/store_support.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "store/page_file.h"

#define PEOPLE 120
#define GONE   60

static char db_path[400]; /* of the realm peru */
static char kept_path[400];
static unsigned char *kept; /* its sound content */
static size_t kept_len;

/* --- Files --- */

UNUSED static unsigned char *read_file(const char *path, size_t *ret_len)
{
    struct stat st;
    int fd = open(path, O_RDONLY);
    assert_true(fd >= 0);
    assert_int_equal(fstat(fd, &st), 0);
    unsigned char *bytes = malloc((size_t)st.st_size + 1);
    assert_int_equal(read(fd, bytes, (size_t)st.st_size), st.st_size);
    (void)close(fd);
    *ret_len = (size_t)st.st_size;
    return bytes;
}

UNUSED static void write_file(const char *path, const void *bytes, size_t len)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes, len), len);
    (void)close(fd);
}

/* By another process: SQLite's locks go when this one closes the file. */
UNUSED static void poke(const char *path, off_t at, const void *bytes, size_t len)
{
    int status;
    pid_t child = fork();
    if (child == 0) {
        int fd = open(path, O_WRONLY);
        _exit(fd >= 0 && pwrite(fd, bytes, len, at) == (ssize_t)len ? 0 : 1);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

UNUSED static const char *beside(const char *path, const char *suffix)
{
    static char text[500];
    (void)snprintf(text, sizeof(text), "%s%s", path, suffix);
    return text;
}

UNUSED static void learn_path(const char *realm, char path[400])
{
    char command[600];
    sqlite3 *db;
    sqlite3_stmt *stmt;
    (void)snprintf(command, sizeof(command), "%s/realms/master.db", test_dir);
    assert_int_equal(sqlite3_open(command, &db), SQLITE_OK);
    assert_int_equal(
        sqlite3_prepare_v2(db, "SELECT file FROM realm_list WHERE name = ?", -1, &stmt, NULL),
        SQLITE_OK);
    assert_int_equal(sqlite3_bind_text(stmt, 1, realm, -1, SQLITE_STATIC), SQLITE_OK);
    assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
    (void)snprintf(path, 400, "%s/realms/%s.db", test_dir,
                   (const char *)sqlite3_column_text(stmt, 0));
    (void)sqlite3_finalize(stmt);
    (void)sqlite3_close(db);
}

/* --- A realm with every kind of page --- */

UNUSED static void person(int n, struct user *ret_user)
{
    char name[40];
    (void)snprintf(name, sizeof(name), "person%03d", n);
    *ret_user = user_named(arena_str_c(&arena, name).ptr);
    char *text = arena_alloc(&arena, 9001);
    memset(text, 'a' + n % 26, 9000); /* a row that overflows onto pages of its own */
    text[9000] = '\0';
    if (n % 7 == 0)
        ret_user->first_name = str_of(text, 9000);
    ret_user->email = arena_printf(&arena, "%s@example.pe", name);
}

UNUSED static void fill(void)
{
    struct realm_view *view = view_of("peru");
    struct store_write *w = begin_write(view);
    for (int n = 0; n < PEOPLE + GONE; n++) {
        struct user user;
        struct event event = {.type = EVENT_UserCreated};
        person(n, &user);
        ok(user_insert(w, &user));
        event.subject_id = user.id;
        ok(event_append(w, &event));
    }
    commit(w);
    w = begin_write(view);
    for (int n = PEOPLE; n < PEOPLE + GONE; n++) { /* their pages become free */
        struct user user;
        char name[40];
        (void)snprintf(name, sizeof(name), "person%03d", n);
        ok(user_find_by_username(store_write_reader(w), &arena, str_c(name), &user));
        ok(user_delete(w, user.pk));
    }
    commit(w);
    realm_view_release(view);
}

UNUSED static int start(void **state)
{
    (void)start_test(state);
    make_realm("chile");
    fill();
    close_store();
    learn_path("peru", db_path);
    learn_path("chile", kept_path);
    kept = read_file(db_path, &kept_len);
    assert_true(kept_len > (size_t)20 * PAGE_BYTES);
    return 0;
}

UNUSED static int end(void **state)
{
    free(kept);
    kept = NULL;
    return end_test(state);
}

UNUSED static void restore(void)
{
    write_file(db_path, kept, kept_len);
    (void)unlink(beside(db_path, "-damaged"));
    (void)unlink(beside(db_path, "-wal"));
}

/* 0 when all that was stored is there and right, else the error; wrong data ends the test. */
UNUSED static int use_realm(const char *name)
{
    struct realm_view *view;
    struct store_read *r;
    struct event_verdict verdict;
    int64_t count;
    TRY(realm_view_acquire(store, str_c(name), &view));
    int err = store_read_begin(view, &r);
    if (err != 0) {
        realm_view_release(view);
        return err;
    }
    for (int n = 0; n < PEOPLE && err == 0; n++) {
        struct user expected, user;
        person(n, &expected);
        err = user_find_by_username(r, &arena, expected.username, &user);
        if (err == 0) {
            assert_true(str_eq(user.email, expected.email));
            assert_true(str_eq(user.first_name, expected.first_name));
        }
        assert_int_not_equal(err, ERR_NOT_FOUND);
    }
    if (err == 0)
        err = user_count(r, &count);
    if (err == 0) {
        assert_int_equal(count, PEOPLE);
        err = event_verify(r, &arena, &verdict);
    }
    if (err == 0) {
        assert_int_equal(verdict.bad_seq, 0);
        assert_int_equal(verdict.checked, PEOPLE + GONE);
    }
    store_read_end(r);
    realm_view_release(view);
    return err;
}

UNUSED static void others_are_well(void)
{
    struct realm_view *view = view_of("chile");
    struct store_write *w = begin_write(view);
    struct event event = {.type = EVENT_UserLoggedIn};
    ok(event_append(w, &event));
    commit(w);
    realm_view_release(view);
}

UNUSED static bool is_fenced(const char *realm)
{
    struct str reason;
    return store_realm_trouble(store, str_c(realm), &arena, &reason);
}

#endif
