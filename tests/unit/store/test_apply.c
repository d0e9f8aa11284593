/* Pages that are put into a copy past SQL (RP-03): it is the database page by page, readers see one
 * moment, and a kill leaves one state or the other. */
#include "tests/unit/store/store_support.h"

#include <signal.h>
#include <sys/wait.h>

#include "store/page_file.h"
#include "store/repl/apply.h"
#include "store/sql/page.h"

#define PAGES_MAX 4000
#define ROUNDS    60 /* kills */

/* A database at a moment. */
struct moment {
    unsigned char images[PAGES_MAX][PAGE_BYTES];
    struct repl_page pages[PAGES_MAX];
    uint32_t count;
};

static struct conn *from, *copy;
static struct moment *one, *two;
static char copy_path[300];

static void open_copy(void)
{
    ok(conn_open(copy_path, "unix-excl", CONN_WRITER, true, &copy));
}

static int start(void **state)
{
    char path[300];
    (void)state;
    arena_init(&arena, 1 << 20);
    make_dir();
    (void)snprintf(path, sizeof(path), "%s/from.db", test_dir);
    (void)snprintf(copy_path, sizeof(copy_path), "%s/copy.db", test_dir);
    ok(conn_open(path, "unix-excl", CONN_WRITER, true, &from));
    ok(conn_exec(from, "CREATE TABLE t (k INTEGER PRIMARY KEY, v BLOB)"));
    open_copy();
    one = calloc(1, sizeof(*one));
    two = calloc(1, sizeof(*two));
    assert_true(one && two);
    return 0;
}

static int end(void **state)
{
    (void)state;
    conn_close(copy, false);
    conn_close(from, false);
    arena_free(&arena);
    free(one);
    free(two);
    remove_dir();
    return 0;
}

static void look(struct conn *conn, struct moment *ret_moment)
{
    int64_t count;
    ok(page_count(conn, &count));
    assert_in_range(count, 1, PAGES_MAX);
    ret_moment->count = (uint32_t)count;
    for (uint32_t i = 0; i < ret_moment->count; i++) {
        ok(page_read(conn, i + 1, ret_moment->images[i], PAGE_BYTES));
        page_clean(ret_moment->images[i], i + 1, ret_moment->count);
        ret_moment->pages[i] = (struct repl_page){i + 1, ret_moment->images[i]};
    }
}

static bool same(const struct moment *a, const struct moment *b)
{
    return a->count == b->count && memcmp(a->images, b->images, a->count * PAGE_BYTES) == 0;
}

/* What is different in b. */
static size_t difference(const struct moment *a, const struct moment *b, struct repl_page *out)
{
    size_t count = 0;
    for (uint32_t i = 0; i < b->count; i++)
        if (i >= a->count || memcmp(a->images[i], b->images[i], PAGE_BYTES) != 0)
            out[count++] = b->pages[i];
    return count;
}

static int64_t rows(struct conn *conn)
{
    int64_t count;
    sqlite3_stmt *stmt;
    assert_int_equal(sqlite3_prepare_v2(conn->db, "SELECT count(*) FROM t", -1, &stmt, NULL),
                     SQLITE_OK);
    assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
    count = sqlite3_column_int64(stmt, 0);
    assert_int_equal(sqlite3_finalize(stmt), SQLITE_OK);
    return count;
}

static void apply_all(const struct moment *m)
{
    int log_pages = 0;
    ok(repl_apply(copy, m->pages, m->count, m->count, &log_pages));
    assert_in_range(log_pages, m->count, INT32_MAX);
}

/* Rows, indexes and whole tables come and go, the file shrinks, logs start anew. */
static void change(unsigned step)
{
    static const char *const steps[] = {
        "INSERT INTO t SELECT NULL, randomblob(abs(random()) % 5000) FROM sqlite_schema, "
        "(SELECT 1 UNION SELECT 2 UNION SELECT 3)",
        "UPDATE t SET v = randomblob(700) WHERE k % 5 = 1",
        "DELETE FROM t WHERE k % 3 = 0",
        "CREATE TABLE u (a, b); CREATE INDEX ub ON u (b)",
        "INSERT INTO u SELECT k, hex(randomblob(20)) FROM t",
        "DROP TABLE u",
        "VACUUM",
    };
    ok(conn_exec(from, steps[step % ARRAY_LEN(steps)]));
}

static void test_rp_03_copy_is_page_by_page_the_database(void **state)
{
    (void)state;
    static struct repl_page pages[PAGES_MAX];
    struct str finding;
    int log_pages;
    look(from, one);
    apply_all(one);
    for (unsigned step = 0; step < 200; step++) {
        change(step);
        look(from, two);
        size_t count = difference(one, two, pages);
        if (count > 0)
            ok(repl_apply(copy, pages, count, two->count, &log_pages));
        look(copy, one);
        assert_true(same(one, two));
        assert_int_equal(rows(copy), rows(from));
        if (step % 30 == 29)
            assert_int_equal(
                sqlite3_wal_checkpoint_v2(copy->db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL),
                SQLITE_OK);
    }
    conn_close(copy, false);
    open_copy();
    look(copy, one);
    assert_true(same(one, two));
    ok(page_integrity(copy, &arena, &finding));
    assert_str(finding, "ok");
    /* And it can be written as any other: a standby that was promoted. */
    int64_t before = rows(copy);
    ok(conn_exec(copy, "INSERT INTO t VALUES (NULL, 'mine')"));
    assert_int_equal(rows(copy), before + 1);
}

static void test_readers_see_one_moment(void **state)
{
    (void)state;
    struct conn *reader;
    change(0);
    look(from, one);
    apply_all(one);
    int64_t before = rows(copy);
    ok(conn_open(copy_path, "unix-excl", CONN_READER, false, &reader));
    ok(conn_exec(reader, "BEGIN"));
    assert_int_equal(rows(reader), before);
    for (int i = 0; i < 5; i++) {
        change(0);
        look(from, one);
        apply_all(one);
        assert_int_equal(rows(reader), before);
    }
    ok(conn_exec(reader, "COMMIT"));
    assert_int_equal(rows(reader), rows(from));
    assert_int_not_equal(rows(reader), before);
    conn_close(reader, true);
}

static void test_pages_that_are_not_as_told(void **state)
{
    (void)state;
    int log_pages;
    struct repl_page swapped[2];
    change(0);
    look(from, one);
    apply_all(one);
    swapped[0] = one->pages[1];
    swapped[1] = one->pages[0];
    fails(repl_apply(copy, swapped, 2, one->count, &log_pages), ERR_INVALID_REQUEST);
    swapped[1] = one->pages[1]; /* twice */
    fails(repl_apply(copy, swapped, 2, one->count, &log_pages), ERR_INVALID_REQUEST);
    swapped[0].number = 0;
    fails(repl_apply(copy, swapped, 2, one->count, &log_pages), ERR_INVALID_REQUEST);
    fails(repl_apply(copy, one->pages, one->count, one->count - 1, &log_pages),
          ERR_INVALID_REQUEST);
    fails(repl_apply(copy, one->pages, 0, one->count, &log_pages), ERR_INVALID_REQUEST);
    swapped[0] = (struct repl_page){1, NULL};
    fails(repl_apply(copy, swapped, 1, one->count, &log_pages), ERR_INVALID_REQUEST);
    look(copy, two);
    assert_true(same(one, two));
}

static int fold(void)
{
    return sqlite3_wal_checkpoint_v2(copy->db, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
}

static void apply_for_ever(void)
{
    static struct repl_page there[PAGES_MAX], back[PAGES_MAX];
    int log_pages;
    size_t there_count = difference(one, two, there);
    size_t back_count = difference(two, one, back);
    open_copy();
    apply_all(one);
    for (;;)
        if (repl_apply(copy, there, there_count, two->count, &log_pages) != 0 || fold() != 0 ||
            repl_apply(copy, back, back_count, one->count, &log_pages) != 0 || fold() != 0)
            _exit(1);
}

static void test_rp_02_a_kill_leaves_one_state_or_the_other(void **state)
{
    (void)state;
    static struct moment found;
    int seen[2] = {0, 0};
    change(0);
    look(from, one);
    for (unsigned i = 0; i < 5; i++)
        change(i);
    look(from, two);
    apply_all(one);
    for (int round = 0; round < ROUNDS; round++) {
        uint32_t wait_us;
        int status;
        conn_close(copy, false);
        copy = NULL;
        pid_t child = fork();
        if (child == 0)
            apply_for_ever();
        rng_bytes(&wait_us, sizeof(wait_us));
        assert_int_equal(usleep(2000 + wait_us % 30000), 0);
        assert_int_equal(kill(child, SIGKILL), 0);
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_true(WIFSIGNALED(status));
        open_copy();
        look(copy, &found);
        assert_true(same(&found, one) || same(&found, two));
        seen[same(&found, two)]++;
    }
    assert_true(seen[0] > 0 && seen[1] > 0); /* or the kills came too early or too late */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_rp_03_copy_is_page_by_page_the_database, start, end),
        cmocka_unit_test_setup_teardown(test_readers_see_one_moment, start, end),
        cmocka_unit_test_setup_teardown(test_pages_that_are_not_as_told, start, end),
        cmocka_unit_test_setup_teardown(test_rp_02_a_kill_leaves_one_state_or_the_other, start,
                                        end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
