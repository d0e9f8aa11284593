/* Connections: what a guarded one may do, ids in columns, statements inside themselves. */
#include "tests/unit/store/store_support.h"

#include "store/conn.h"
#include "store/migrate.h"

static struct conn *conn_of(enum conn_role role)
{
    char path[300];
    struct conn *conn;
    (void)snprintf(path, sizeof(path), "%s/x.db", test_dir);
    ok(conn_open(path, "unix-excl", role, role == CONN_WRITER, &conn));
    if (role == CONN_WRITER)
        ok(migrate(conn, true));
    conn_guard(conn);
    return conn;
}

static int start(void **state)
{
    (void)state;
    arena_init(&arena, 1 << 20);
    make_dir();
    return 0;
}

static int end(void **state)
{
    (void)state;
    arena_free(&arena);
    remove_dir();
    return 0;
}

static void denied(struct conn *conn, const char *sql)
{
    if (conn_exec(conn, sql) == 0)
        fail_msg("allowed: %s", sql);
}

/* IN-02, AU-03: schema, settings, other files and the past of the audit chain are out of reach. */
static void test_in_02_guard(void **state)
{
    (void)state;
    static const char *const never[] = {
        "PRAGMA user_version = 7",
        "PRAGMA synchronous = OFF",
        "PRAGMA writable_schema = ON",
        "PRAGMA foreign_keys = OFF",
        "ATTACH ':memory:' AS other",
        "ATTACH '/etc/passwd' AS other",
        "VACUUM INTO '/tmp/stolen.db'",
        "CREATE TABLE mine (x)",
        "CREATE TEMP TABLE mine (x)",
        "DROP TABLE user",
        "DROP TRIGGER event_no_update",
        "ALTER TABLE user ADD COLUMN x",
        "CREATE INDEX i ON user (doc)",
        "SELECT * FROM sqlite_schema",
        "SELECT * FROM sqlite_dbpage",
        "SELECT load_extension('x')",
        "SELECT randomblob(10)",
        "UPDATE event SET ip = 'x'",
        "DELETE FROM event",
        "DELETE FROM event_head",
        "UPDATE event_head SET kid = ''",
        "DELETE FROM event_segment",
        "DELETE FROM person_key",
        "UPDATE event_text SET text = 'x'",
        "DELETE FROM sqlite_sequence",
    };
    struct conn *writer = conn_of(CONN_WRITER);
    struct conn *reader = conn_of(CONN_READER);
    for (size_t i = 0; i < ARRAY_LEN(never); i++) {
        denied(writer, never[i]);
        denied(reader, never[i]);
    }
    static const char insert[] = "INSERT INTO once (kind, hash, expires_ms) VALUES ('k', x'00', 1)";
    denied(reader, insert);
    denied(reader, "DELETE FROM once");
    ok(conn_exec(writer, insert));
    ok(conn_exec(reader, "SELECT count(*) FROM once"));
    ok(conn_exec(writer, "DELETE FROM once"));
    conn_close(reader, false);
    conn_close(writer, false);
}

/* Ids come back as they were given, whatever they look like. */
static void test_ids(void **state)
{
    (void)state;
    static const char *const ids[] = {
        "5b1f9f4e-0000-4000-8000-00000000000a",
        "5B1F9F4E-0000-4000-8000-00000000000A",
        "5b1f9f4e-0000-4000-8000-00000000000g",
        "5b1f9f4e00004000800000000000000a",
        "5b1f9f4e-0000-4000-8000-00000000000",
        "5b1f9f4e-0000-4000-8000000000000-0a",
        "",
        "master",
        "sixteen bytes...",
    };
    static const struct sql echo = {"SELECT ?1"};
    static const struct sql nothing = {"SELECT ?1 IS NULL"};
    struct conn *conn = conn_of(CONN_WRITER);
    for (size_t i = 0; i < ARRAY_LEN(ids); i++) {
        QUERY(q);
        ok(query_open(conn, &echo, &q));
        query_id(&q, str_c(ids[i]));
        ok(query_one(&q));
        assert_str(query_col_id(&q, 0, &arena), ids[i]);
    }
    {
        QUERY(q);
        ok(query_open(conn, &nothing, &q));
        query_id(&q, str_of(NULL, 0));
        ok(query_one(&q));
        assert_int_equal(query_col_i64(&q, 0), 1);
    }
    conn_close(conn, false);
}

static void test_statements(void **state)
{
    (void)state;
    static const struct sql one = {"SELECT 1"};
    static const struct sql wrong = {"SELECT FROM"};
    static const struct sql none = {"SELECT 1 FROM user"};
    struct conn *conn = conn_of(CONN_WRITER);
    struct query inner;
    bool row;
    {
        QUERY(q);
        ok(query_open(conn, &one, &q));
        ok(query_next(&q, &row));
        fails(query_open(conn, &one, &inner), ERR_INTERNAL);
        fails(query_open(conn, &wrong, &inner), ERR_INTERNAL);
    }
    {
        QUERY(q);
        ok(query_open(conn, &one, &q)); /* closed: free again */
        query_str(&q, STR("there is no parameter"));
        assert_int_not_equal(query_next(&q, &row), 0);
    }
    {
        QUERY(q);
        ok(query_open(conn, &none, &q));
        fails(query_one(&q), ERR_NOT_FOUND);
    }
    conn_close(conn, false);
}

/* SQLite ends a transaction by itself after some failures: what follows does not run outside. */
static void test_lost_transaction(void **state)
{
    (void)state;
    static const struct sql begin = {"BEGIN IMMEDIATE"};
    static const struct sql one = {"SELECT 1"};
    struct conn *conn = conn_of(CONN_WRITER);
    struct query q = {0};
    ok(query_open(conn, &begin, &q));
    ok(query_run(&q));
    query_close(&q);
    conn->in_transaction = true;
    assert_int_equal(sqlite3_exec(conn->db, "ROLLBACK", NULL, NULL, NULL), SQLITE_OK);
    fails(query_open(conn, &one, &q), ERR_STORE_FAILED);
    conn->in_transaction = false;
    ok(query_open(conn, &one, &q));
    query_close(&q);
    conn_close(conn, false);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_in_02_guard, start, end),
        cmocka_unit_test_setup_teardown(test_ids, start, end),
        cmocka_unit_test_setup_teardown(test_statements, start, end),
        cmocka_unit_test_setup_teardown(test_lost_transaction, start, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
