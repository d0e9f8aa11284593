/* Chains that older schemas wrote: they verify after the migration, are listed and exported, and go
 * on from there. Each earlier schema is made from the migrations up to it. */
#include "tests/unit/store/store_support.h"

#include <sqlite3.h>

#include "core/base/asset.h"
#include "store/sql/name_forms.h"

#define PREFIX "store/migrations/"
#define ANA    "5b1f9f4e-1111-4000-8000-000000000001"

static char db_path[500];

/* The file that holds a realm which is not master. */
static void find_realm(void)
{
    char command[700];
    (void)snprintf(command, sizeof(command), "ls '%s'/realms/*-*.db", test_dir);
    FILE *pipe = popen(command, "r");
    assert_non_null(fgets(db_path, sizeof(db_path), pipe));
    assert_int_equal(pclose(pipe), 0);
    db_path[strcspn(db_path, "\n")] = '\0';
}

static void run_sql(sqlite3 *db, const char *sql)
{
    char *message = NULL;
    if (sqlite3_exec(db, sql, NULL, NULL, &message) != SQLITE_OK)
        fail_msg("%s: %s", sql, message);
}

/* Runs the migrations up to a version into a database that is made. */
static void make_schema(int version)
{
    struct conn *conn;
    size_t count;
    const struct asset *assets = asset_all(&count);
    ok(conn_open(db_path, "unix-excl", CONN_WRITER, true, &conn));
    ok(name_forms_register(conn));
    for (size_t i = 0; i < count; i++) {
        const char *name = assets[i].path + strlen(PREFIX);
        if (strncmp(assets[i].path, PREFIX, strlen(PREFIX)) != 0 || strchr(name, '/'))
            continue;
        if (atoi(name) <= version)
            ok(conn_exec(conn, (const char *)assets[i].data));
    }
    conn_close(conn, false);
}

#define TEXT(text) "(SELECT pk FROM event_text WHERE text = '" text "')"
static const char insert[] =
    "INSERT INTO event (seq, id, type, version, time_ms, tenant, stream_kind, stream_id, user_id,"
    " client_id, ip, metadata, hash) VALUES (?1, x'0192f3c4000070008000000000000001',"
    " " TEXT("UserLoggedIn") ", 1, ?2, " TEXT("peru") ", " TEXT(
        "user") ","
                " x'5b1f9f4e111140008000000000000001', x'5b1f9f4e111140008000000000000001', " TEXT(
                    "app") ","
                           " '10.1.2.3', '{\"username\":\"ana\"}', ?3)";

/* One event as the first schema stored it, hashed by the definition of that time. */
static void insert_old_event(sqlite3 *db, int64_t seq, unsigned char hash[32])
{
    struct event_record e = {
        .seq = seq,
        .id = STR("0192f3c4-0000-7000-8000-000000000001"),
        .stream_id = STR("user:" ANA),
        .type = STR("UserLoggedIn"),
        .version = 1,
        .time_ms = INT64_C(1790000000000) + seq,
        .tenant = STR("peru"),
        .user_id = STR(ANA),
        .client_id = STR("app"),
        .ip = STR("10.1.2.3"),
        .data = STR("{}"),
        .metadata = STR("{\"username\":\"ana\"}"),
        .prev_hash = str_of((const char *)hash, 32),
        .format = EVENT_FORMAT_CLEAR,
    };
    sqlite3_stmt *stmt;
    unsigned char fresh[32];
    event_hash(&e, fresh);
    assert_int_equal(sqlite3_prepare_v2(db, insert, -1, &stmt, NULL), SQLITE_OK);
    (void)sqlite3_bind_int64(stmt, 1, seq);
    (void)sqlite3_bind_int64(stmt, 2, e.time_ms);
    (void)sqlite3_bind_blob(stmt, 3, fresh, 32, SQLITE_STATIC);
    assert_int_equal(sqlite3_step(stmt), SQLITE_DONE);
    assert_int_equal(sqlite3_finalize(stmt), SQLITE_OK);
    memcpy(hash, fresh, 32);
}

/* The realm's own row, sealed as it is, from the database that was made by this program. */
static void copy_realm_row(sqlite3 *db)
{
    char sql[700];
    (void)snprintf(sql, sizeof(sql), "ATTACH '%s.new' AS n", db_path);
    run_sql(db, sql);
    run_sql(db, "INSERT INTO realm SELECT * FROM n.realm; DETACH n");
}

static void make_old_database(int version, int events)
{
    sqlite3 *db;
    char command[1200];
    unsigned char hash[32] = {0};
    (void)snprintf(command, sizeof(command), "mv '%s' '%s.new'", db_path, db_path);
    assert_int_equal(system(command), 0);
    make_schema(version);
    assert_int_equal(sqlite3_open(db_path, &db), SQLITE_OK);
    copy_realm_row(db);
    run_sql(db, "INSERT INTO event_text (pk, text) VALUES (1, 'UserLoggedIn'), (2, 'peru'),"
                " (3, 'user'), (4, 'app')");
    run_sql(db, "BEGIN");
    for (int seq = 1; seq <= events; seq++)
        insert_old_event(db, seq, hash);
    run_sql(db, "COMMIT");
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static struct event_verdict verify(struct realm_view *view)
{
    struct event_verdict verdict;
    struct store_read *r = begin_read(view);
    ok(event_verify(r, &arena, &verdict));
    store_read_end(r);
    return verdict;
}

static void check_migrated(int version)
{
    struct event_record *items;
    size_t count;
    int64_t in_clear;
    close_store();
    find_realm();
    make_old_database(version, 100);
    open_store();
    struct realm_view *view = view_of("peru");
    struct event_verdict verdict = verify(view);
    assert_int_equal(verdict.bad_seq, 0);
    assert_int_equal(verdict.checked, 100);
    assert_int_equal(verdict.signed_seq, 0);
    struct event event = {.type = EVENT_UserLoggedIn,
                          .actor = {.user_id = STR(ANA), .ip = STR("10.1.2.4")}};
    struct store_write *w = begin_write(view);
    ok(event_append(w, &event));
    commit(w);
    realm_view_release(view);
    reopen_store(); /* signs what came before along with it */
    view = view_of("peru");
    verdict = verify(view);
    assert_int_equal(verdict.bad_seq, 0);
    assert_int_equal(verdict.checked, 101);
    assert_int_equal(verdict.signed_seq, 101);
    struct store_read *r = begin_read(view);
    struct event_filter all = {.user_id = STR(ANA)};
    ok(event_list(r, &arena, &all, 1000, &items, &count));
    assert_int_equal(count, 101);
    assert_str(items[0].ip, "10.1.2.3");
    assert_str(items[100].ip, "10.1.2.4");
    ok(person_events_in_clear(r, STR(ANA), &in_clear));
    assert_int_equal(in_clear, 100);
    store_read_end(r);
    realm_view_release(view);
}

static void test_au_02_from_schema_1(void **state)
{
    (void)state;
    check_migrated(1);
}

static void test_au_02_from_schema_2(void **state)
{
    (void)state;
    check_migrated(2);
}

/* Nobody passes a new event off as an old one. */
static void test_au_02_old_format_after_new(void **state)
{
    (void)state;
    sqlite3 *db;
    unsigned char hash[32];
    struct realm_view *view = view_of("peru");
    struct event event = {.type = EVENT_UserLoggedIn,
                          .actor = {.user_id = STR(ANA), .client_id = STR("app")}};
    struct store_write *w = begin_write(view);
    ok(event_append(w, &event));
    commit(w);
    assert_int_equal(verify(view).checked, 1);
    memcpy(hash, verify(view).head_hash.ptr, 32);
    realm_view_release(view);
    close_store();
    find_realm();
    assert_int_equal(sqlite3_open(db_path, &db), SQLITE_OK);
    insert_old_event(db, 2, hash);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
    open_store();
    view = view_of("peru");
    assert_int_equal(verify(view).bad_seq, 2);
    realm_view_release(view);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_au_02_from_schema_1, start_test, end_test),
        cmocka_unit_test_setup_teardown(test_au_02_from_schema_2, start_test, end_test),
        cmocka_unit_test_setup_teardown(test_au_02_old_format_after_new, start_test, end_test),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
