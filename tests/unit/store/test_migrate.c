/* Databases of earlier schemas, with rows in them, become databases of this one. */
#include "tests/unit/store/store_support.h"

#include "core/base/asset.h"
#include "store/conn.h"
#include "store/migrate.h"
#include "store/sql/position.h"

static struct conn *conn;

static int start(void **state)
{
    char path[300];
    (void)state;
    arena_init(&arena, 1 << 20);
    make_dir();
    (void)snprintf(path, sizeof(path), "%s/x.db", test_dir);
    ok(conn_open(path, "unix-excl", CONN_WRITER, true, &conn));
    return 0;
}

static int end(void **state)
{
    (void)state;
    conn_close(conn, false);
    arena_free(&arena);
    remove_dir();
    return 0;
}

static void run_asset(const char *path)
{
    const struct asset *asset = asset_find(path);
    assert_non_null(asset);
    ok(conn_exec(conn, (const char *)asset->data));
}

static void insert(int pk, const char *username)
{
    char sql[512];
    (void)snprintf(sql, sizeof(sql),
                   "INSERT INTO user (pk, id, username, email_verified, enabled, created_ms,"
                   " not_before_s) VALUES (%d, 'id-%d', '%s', 0, 1, 0, 0)",
                   pk, pk, username);
    ok(conn_exec(conn, sql));
}

/* The forms of a user's name, "-" for NULL. */
static const char *forms_of(int pk)
{
    static char text[256];
    sqlite3_stmt *stmt;
    assert_int_equal(sqlite3_prepare_v2(conn->db,
                                        "SELECT username || ' ' || coalesce(name_key, '-') || ' '"
                                        " || coalesce(skeleton, '-') FROM user WHERE pk = ?",
                                        -1, &stmt, NULL),
                     SQLITE_OK);
    assert_int_equal(sqlite3_bind_int(stmt, 1, pk), SQLITE_OK);
    assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
    (void)snprintf(text, sizeof(text), "%s", (const char *)sqlite3_column_text(stmt, 0));
    assert_int_equal(sqlite3_finalize(stmt), SQLITE_OK);
    return text;
}

/* WE-13, BR-09: people of before keep their names; what they are compared by is added. */
static void test_we_13_names_of_schema_1(void **state)
{
    (void)state;
    run_asset("store/migrations/0001_realm.sql");
    insert(1, "ana");
    insert(2, "josÉ");
    insert(3, "josé");
    insert(4, "ѕсоре");
    insert(5, "pаypal"); /* one Cyrillic letter: would not be given today */
    insert(6, "modern");
    ok(migrate(conn, false));
    assert_string_equal(forms_of(1), "ana - -");
    assert_string_equal(forms_of(2), "josÉ josé josE\u0301");
    assert_string_equal(forms_of(3), "josé - jose\u0301");
    assert_string_equal(forms_of(4), "ѕсоре - scope");
    assert_string_equal(forms_of(5), "pаypal - paypal");
    assert_string_equal(forms_of(6), "modern - rnodern");
    ok(migrate(conn, false)); /* and once only */
}

/* What a fresh database is like is what an old one becomes. */
static void test_every_start_ends_alike(void **state)
{
    struct conn *fresh;
    char path[300];
    static const char dump[] = "SELECT group_concat(type || name || coalesce(sql, ''), char(10))"
                               " FROM (SELECT * FROM sqlite_schema ORDER BY type, name)";
    sqlite3_stmt *old, *new;
    (void)state;
    run_asset("store/migrations/0001_realm.sql");
    ok(migrate(conn, false));
    (void)snprintf(path, sizeof(path), "%s/y.db", test_dir);
    ok(conn_open(path, "unix-excl", CONN_WRITER, true, &fresh));
    ok(migrate(fresh, false));
    assert_int_equal(sqlite3_prepare_v2(conn->db, dump, -1, &old, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(fresh->db, dump, -1, &new, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(old), SQLITE_ROW);
    assert_int_equal(sqlite3_step(new), SQLITE_ROW);
    assert_string_equal((const char *)sqlite3_column_text(old, 0),
                        (const char *)sqlite3_column_text(new, 0));
    (void)sqlite3_finalize(old);
    (void)sqlite3_finalize(new);
    conn_close(fresh, false);
}

/* RP-02: who follows a database has nothing of what a migration changes, so the count ends before it. */
static void test_rp_02_a_migration_ends_the_count(void **state)
{
    (void)state;
    const struct repl_position at = {1, 7, 99};
    struct repl_position found;
    ok(migrate(conn, false));
    ok(position_put(conn, &at));
    ok(migrate(conn, false)); /* nothing to do */
    ok(position_read(conn, &found));
    assert_int_equal(found.lsn, 7);
    ok(migrate(conn, true));
    ok(position_read(conn, &found));
    assert_int_equal(found.lsn, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_we_13_names_of_schema_1, start, end),
        cmocka_unit_test_setup_teardown(test_every_start_ends_alike, start, end),
        cmocka_unit_test_setup_teardown(test_rp_02_a_migration_ends_the_count, start, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
