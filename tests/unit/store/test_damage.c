/* Databases that are not what was written: a flipped bit in any page, cut, emptied, exchanged files.
 * Never a wrong answer, never a crash, never another realm hurt; what is damaged is fenced off until
 * somebody puts it right (OT-09). */
#include "tests/unit/store/damage_support.h"

/* --- Bits --- */

/* Every second page in turn has one bit flipped while nobody has the database open. */
static void test_ot_09_any_flipped_bit(void **state)
{
    (void)state;
    int met = 0;
    int pages = (int)(kept_len / PAGE_BYTES);
    for (int page = (int)rng_below(2); page < pages; page += 2) {
        struct store_check check;
        /* Not in the eight bytes behind the sum, which only the first page has a use for. */
        size_t at = (size_t)page * PAGE_BYTES + rng_below(PAGE_BYTES - 8);
        unsigned char byte = (unsigned char)(kept[at] ^ (1u << rng_below(8)));
        poke(db_path, (off_t)at, &byte, 1);
        open_store();
        int err = use_realm("peru");
        if (err != 0) {
            fails(err, ERR_STORE_CORRUPT);
            assert_true(is_fenced("peru"));
            met++;
        }
        ok(store_realm_check(store, STR("peru"), &arena, NULL, NULL, &check));
        if (str_absent(check.finding))
            fail_msg("page %d: a bit flipped at %zu was not found", page + 1, at % PAGE_BYTES);
        assert_true(check.first_bad == page + 1 || check.first_bad == 0); /* 0: the schema */
        assert_true(is_fenced("peru"));
        fails(use_realm("peru"), ERR_STORE_CORRUPT);
        if (page % 16 < 2)
            others_are_well();
        close_store();
        restore();
        arena_reset(&arena);
    }
    print_message("%d pages, %d of them met by plain use\n", pages, met);
    assert_true(met > 10); /* the others are free, or roots of empty tables */
    open_store();
    ok(use_realm("peru"));
}

/* In the header of the first page. */
static void test_ot_09_bits_of_the_header(void **state)
{
    (void)state;
    for (size_t bit = 0; bit < 100 * 8; bit += 13) {
        unsigned char byte = (unsigned char)(kept[bit / 8] ^ (1u << (bit % 8)));
        poke(db_path, (off_t)(bit / 8), &byte, 1);
        open_store();
        fails(use_realm("peru"), ERR_STORE_CORRUPT);
        others_are_well();
        close_store();
        restore();
        arena_reset(&arena);
    }
}

/* While it is in use: a check finds it, the realm is shut, stays shut over a new start, and comes
 * back when the file was put right and checked. */
static void test_ot_09_damage_while_running(void **state)
{
    (void)state;
    struct store_check check;
    struct realm_view *view;
    open_store();
    ok(use_realm("peru"));
    size_t last = kept_len / PAGE_BYTES - 1;
    while (kept[last * PAGE_BYTES] == 0) /* a free one */
        last--;
    for (size_t page = last - 2; page <= last; page++) {
        unsigned char byte = (unsigned char)(kept[page * PAGE_BYTES + 77] ^ 0x10);
        poke(db_path, (off_t)(page * PAGE_BYTES + 77), &byte, 1);
    }
    ok(store_realm_check(store, STR("peru"), &arena, NULL, NULL, &check));
    assert_int_equal(check.bad_pages, 3);
    assert_int_equal(check.first_bad, last - 1);
    assert_true(check.has_sums);
    fails(realm_view_acquire(store, STR("peru"), &view), ERR_STORE_CORRUPT);
    ok(store_health(store)); /* the server is well; the realm is not */
    others_are_well();
    ok(store_realm_check(store, STR("peru"), &arena, NULL, NULL, &check));
    assert_true(check.was_fenced);
    assert_int_equal(check.bad_pages, 3);
    reopen_store();
    fails(realm_view_acquire(store, STR("peru"), &view), ERR_STORE_CORRUPT);
    poke(db_path, 0, kept, kept_len); /* from a backup, under the running server */
    fails(realm_view_acquire(store, STR("peru"), &view), ERR_STORE_CORRUPT);
    ok(store_realm_check(store, STR("peru"), &arena, NULL, NULL, &check));
    assert_true(str_absent(check.finding) && check.was_fenced);
    ok(use_realm("peru"));
    assert_int_not_equal(access(beside(db_path, "-damaged"), F_OK), 0);
    reopen_store();
    ok(use_realm("peru"));
}

/* SK-05: something stands in the place of the note, which keeps nobody waiting. */
static void test_ot_09_note_that_is_no_file(void **state)
{
    (void)state;
    struct store_check check;
    struct realm_view *view;
    assert_int_equal(mkfifo(beside(db_path, "-damaged"), 0600), 0);
    open_store();
    fails(realm_view_acquire(store, STR("peru"), &view), ERR_STORE_CORRUPT);
    ok(store_realm_check(store, STR("peru"), &arena, NULL, NULL, &check));
    assert_true(check.was_fenced);
    ok(use_realm("peru"));
}

/* What is not the page that it should be: zeros, another page, an older state of another place. */
static void test_ot_09_exchanged_and_zeroed_pages(void **state)
{
    (void)state;
    static const unsigned char zeros[PAGE_BYTES];
    struct store_check check;
    int zeroed = 0;
    for (size_t page = 1; page < kept_len / PAGE_BYTES; page += 3) {
        poke(db_path, (off_t)(page * PAGE_BYTES), page % 2 ? zeros : kept + PAGE_BYTES * (page - 1),
             PAGE_BYTES);
        open_store();
        int err = use_realm("peru");
        bool zero = page % 2 == 1 || memcmp(kept + PAGE_BYTES * (page - 1), zeros, PAGE_BYTES) == 0;
        assert_true(err == 0 || err == ERR_STORE_CORRUPT);
        ok(store_realm_check(store, STR("peru"), &arena, NULL, NULL, &check));
        /* A page of zeros may be free and unused: then it is no damage. */
        if (str_absent(check.finding))
            assert_true(err == 0 && zero);
        zeroed += page % 2 == 1 && !str_absent(check.finding);
        close_store();
        restore();
        arena_reset(&arena);
    }
    assert_true(zeroed > 0);
    open_store();
}

/* --- Files that are cut, emptied, gone, foreign --- */

static void refused_untouched(const char *what)
{
    size_t before_len, after_len;
    unsigned char *before = read_file(db_path, &before_len);
    open_store();
    if (use_realm("peru") != ERR_STORE_CORRUPT)
        fail_msg("%s was not refused", what);
    assert_true(is_fenced("peru"));
    others_are_well();
    close_store();
    unsigned char *after = read_file(db_path, &after_len);
    assert_int_equal(after_len, before_len);
    assert_memory_equal(after, before, before_len);
    assert_int_not_equal(access(beside(db_path, "-wal"), F_OK), 0);
    free(before);
    free(after);
    restore();
}

static void test_bad_files_are_refused_untouched(void **state)
{
    (void)state;
    static const unsigned char zeros[64 * PAGE_BYTES];
    write_file(db_path, kept, 0);
    refused_untouched("an empty file");
    write_file(db_path, kept, 1000);
    refused_untouched("a file shorter than a page");
    write_file(db_path, kept, PAGE_BYTES);
    refused_untouched("a file cut after its first page");
    write_file(db_path, "Dear diary\n", 11);
    refused_untouched("a text");
    write_file(db_path, zeros, sizeof(zeros));
    refused_untouched("zeros");
    size_t len;
    unsigned char *chile = read_file(kept_path, &len);
    write_file(db_path, chile, len);
    free(chile);
    refused_untouched("the database of another realm");
}

/* Half of the file is gone: what is asked of the lost half is refused. */
static void test_cut_file(void **state)
{
    (void)state;
    struct store_check check;
    write_file(db_path, kept, kept_len / 2 + 100);
    open_store();
    int err = use_realm("peru");
    fails(err, ERR_STORE_CORRUPT);
    ok(store_realm_check(store, STR("peru"), &arena, NULL, NULL, &check));
    assert_false(str_absent(check.finding));
    others_are_well();
}

static void make_foreign(const char *sql)
{
    sqlite3 *db;
    (void)unlink(db_path);
    assert_int_equal(
        sqlite3_open_v2(db_path, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, "unix"),
        SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
    assert_int_equal(chmod(db_path, 0600), 0);
}

static void test_foreign_databases_are_refused_untouched(void **state)
{
    (void)state;
    make_foreign("CREATE TABLE note (text); INSERT INTO note VALUES ('mine')");
    refused_untouched("a database of another program");
    make_foreign("PRAGMA journal_mode = WAL; CREATE TABLE note (text);");
    refused_untouched("one with a log");
    make_foreign("PRAGMA journal_mode = WAL; CREATE TABLE note (text); PRAGMA user_version = 1");
    refused_untouched("one with our version");
}

static void test_newer_database_is_refused_untouched(void **state)
{
    (void)state;
    sqlite3 *db;
    size_t before_len, after_len;
    struct str reason;
    assert_int_equal(sqlite3_open(db_path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "PRAGMA user_version = 9999", NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
    unsigned char *before = read_file(db_path, &before_len);
    open_store();
    fails(use_realm("peru"), ERR_STORE_VERSION);
    assert_true(store_realm_trouble(store, STR("peru"), &arena, &reason));
    assert_true(str_find_str(reason, STR("9999")) >= 0);
    others_are_well();
    close_store();
    unsigned char *after = read_file(db_path, &after_len);
    assert_int_equal(after_len, before_len);
    assert_memory_equal(after, before, before_len);
    free(before);
    free(after);
    open_store();
}

/* The master realm hears of a fence, once. */
static void test_fence_is_an_event(void **state)
{
    (void)state;
    struct event_filter filter = {0};
    struct event_record *events;
    size_t count = 0;
    open_store();
    make_realm("master");
    unsigned char byte = (unsigned char)(kept[PAGE_BYTES + 50] ^ 1);
    poke(db_path, PAGE_BYTES + 50, &byte, 1);
    fails(use_realm("peru"), ERR_STORE_CORRUPT);
    struct realm_view *view = view_of("master");
    for (int i = 0; i < 600 && count == 0; i++) { /* the keeper's next round */
        struct store_read *r = begin_read(view);
        ok(event_list(r, &arena, &filter, 10, &events, &count));
        store_read_end(r);
        if (count == 0)
            (void)usleep(100000);
    }
    assert_int_equal(count, 1);
    assert_str(events[0].type, "RealmFenced");
    assert_true(str_find_str(events[0].data, STR("\"realm\":\"peru\"")) >= 0);
    realm_view_release(view);
}

static void test_missing_database(void **state)
{
    (void)state;
    struct str reason;
    assert_int_equal(unlink(db_path), 0);
    open_store();
    fails(use_realm("peru"), ERR_STORE_CORRUPT);
    assert_true(store_realm_trouble(store, STR("peru"), &arena, &reason));
    assert_true(str_find_str(reason, STR("missing")) >= 0);
    assert_int_not_equal(access(db_path, F_OK), 0);
    others_are_well();
}

static void test_sk_05_database_of_others(void **state)
{
    (void)state;
    struct str reason;
    assert_int_equal(chmod(db_path, 0644), 0);
    open_store();
    fails(use_realm("peru"), ERR_STORE_FAILED);
    assert_true(store_realm_trouble(store, STR("peru"), &arena, &reason));
    assert_true(str_find_str(reason, STR("chmod 600")) >= 0);
    others_are_well();
    struct store_check check;
    assert_int_equal(chmod(db_path, 0600), 0);
    ok(store_realm_check(store, STR("peru"), &arena, NULL, NULL, &check));
    ok(use_realm("peru"));
}

/* What SQLite sees has no sums, whatever was read from where: copies of pages are equal. */
static void test_sums_stay_in_the_file(void **state)
{
    (void)state;
    sqlite3 *db;
    sqlite3_stmt *stmt;
    static const unsigned char zeros[PAGE_RESERVED];
    int pages = 0;
    assert_int_equal(sqlite3_open(db_path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db, "SELECT data FROM sqlite_dbpage", -1, &stmt, NULL),
                     SQLITE_OK);
    while (sqlite3_step(stmt) == SQLITE_ROW) {
        const unsigned char *page = sqlite3_column_blob(stmt, 0);
        assert_int_equal(sqlite3_column_bytes(stmt, 0), PAGE_BYTES);
        assert_memory_equal(page + PAGE_BYTES - PAGE_RESERVED, zeros, PAGE_RESERVED);
        pages++;
    }
    assert_int_equal(pages, kept_len / PAGE_BYTES);
    (void)sqlite3_finalize(stmt);
    (void)sqlite3_close(db);
    open_store();
}

static void run_rows(sqlite3 *db, const char *select)
{
    sqlite3_stmt *stmt;
    assert_int_equal(sqlite3_prepare_v2(db, select, -1, &stmt, NULL), SQLITE_OK);
    while (sqlite3_step(stmt) == SQLITE_ROW)
        assert_int_equal(
            sqlite3_exec(db, (const char *)sqlite3_column_text(stmt, 0), NULL, NULL, NULL),
            SQLITE_OK);
    assert_int_equal(sqlite3_finalize(stmt), SQLITE_OK);
}

/* The same content in a database as SQLite makes it by itself. */
static void make_plain(void)
{
    sqlite3 *db;
    char sql[700];
    assert_int_equal(rename(db_path, beside(db_path, ".old")), 0);
    make_foreign("PRAGMA journal_mode = WAL");
    assert_int_equal(sqlite3_open_v2(db_path, &db, SQLITE_OPEN_READWRITE, "unix"), SQLITE_OK);
    (void)snprintf(sql, sizeof(sql), "PRAGMA foreign_keys = OFF; ATTACH '%s' AS old",
                   beside(db_path, ".old"));
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    run_rows(db,
             "SELECT sql FROM old.sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%'");
    run_rows(db, "SELECT 'INSERT INTO main.\"' || name || '\" SELECT * FROM old.\"' || name || '\"'"
                 " FROM old.sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%'");
    run_rows(db, "SELECT sql FROM old.sqlite_schema WHERE type <> 'table' AND sql IS NOT NULL");
    (void)snprintf(sql, sizeof(sql), "PRAGMA user_version = %d", kept[63]); /* as its header says */
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
    assert_int_equal(unlink(beside(db_path, ".old")), 0);
}

/* A database of before there were sums opens, works and is told as such. */
static void test_database_without_sums(void **state)
{
    (void)state;
    struct store_check check;
    make_plain();
    for (int i = 0; i < 2; i++) {
        open_store();
        ok(use_realm("peru"));
        ok(store_realm_check(store, STR("peru"), &arena, NULL, NULL, &check));
        assert_true(str_absent(check.finding));
        assert_false(check.has_sums);
        others_are_well();
        close_store();
    }
    open_store();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_ot_09_any_flipped_bit, start, end),
        cmocka_unit_test_setup_teardown(test_ot_09_bits_of_the_header, start, end),
        cmocka_unit_test_setup_teardown(test_ot_09_damage_while_running, start, end),
        cmocka_unit_test_setup_teardown(test_ot_09_note_that_is_no_file, start, end),
        cmocka_unit_test_setup_teardown(test_ot_09_exchanged_and_zeroed_pages, start, end),
        cmocka_unit_test_setup_teardown(test_bad_files_are_refused_untouched, start, end),
        cmocka_unit_test_setup_teardown(test_cut_file, start, end),
        cmocka_unit_test_setup_teardown(test_foreign_databases_are_refused_untouched, start, end),
        cmocka_unit_test_setup_teardown(test_newer_database_is_refused_untouched, start, end),
        cmocka_unit_test_setup_teardown(test_fence_is_an_event, start, end),
        cmocka_unit_test_setup_teardown(test_missing_database, start, end),
        cmocka_unit_test_setup_teardown(test_sk_05_database_of_others, start, end),
        cmocka_unit_test_setup_teardown(test_sums_stay_in_the_file, start, end),
        cmocka_unit_test_setup_teardown(test_database_without_sums, start, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
