/* What sinks are told of commits: together the pages are the database, and its position moves with it. */
#include "tests/unit/store/store_support.h"

#include "store/page_file.h"
#include "store/sql/page.h"
#include "store/sql/position.h"
#include "store/store.h"
#include "store/tx.h"

#define COPY_PAGES 20000

static struct {
    unsigned char *pages;
    uint32_t page_count;
    struct repl_position at;
    int commits; /* told */
    int breaks;  /* that did not follow the one before */
    int unread;  /* without pages */
    size_t largest;
} copy;

static struct slot *slot;

static void take(void *arg, const struct repl_commit *c)
{
    (void)arg;
    if (!str_eq_c(c->file, slot->file))
        return;
    copy.commits++;
    copy.breaks += memcmp(&c->before, &copy.at, sizeof(copy.at)) != 0;
    copy.at = c->after;
    copy.unread += c->pages == NULL;
    if (c->pages)
        copy.page_count = c->page_count;
    if (c->count > copy.largest)
        copy.largest = c->count;
    for (size_t i = 0; i < c->count; i++) {
        assert_in_range(c->pages[i].number, i == 0 ? 1 : c->pages[i - 1].number + 1, COPY_PAGES);
        memcpy(copy.pages + (size_t)(c->pages[i].number - 1) * PAGE_BYTES, c->pages[i].image,
               PAGE_BYTES);
    }
}

static const struct repl_sink sink = {.commit = take};

static struct realm_db *acquire(void)
{
    struct realm_db *db;
    ok(slot_db_acquire(slot, &db));
    return db;
}

/* Statements of the test's own, on a table of its own. */
static void run(const char *text, bool commits)
{
    struct store_write *w;
    struct now now = clock_now();
    ok(tx_write_begin(slot, NULL, &now, &w));
    (void)sqlite3_set_authorizer(write_conn(w)->db, NULL, NULL);
    ok(conn_exec(write_conn(w), text));
    if (commits)
        ok(store_commit(w, DURABLE_LOCAL));
    else
        store_rollback(w);
}

static void read_page(struct realm_db *db, int64_t number, int64_t count, unsigned char *out)
{
    ok(page_read(db->writer, number, out, PAGE_BYTES));
    page_clean(out, (uint32_t)number, (uint32_t)count);
}

static void copy_all(struct realm_db *db)
{
    int64_t count;
    ok(page_count(db->writer, &count));
    assert_in_range(count, 1, COPY_PAGES);
    for (int64_t i = 1; i <= count; i++)
        read_page(db, i, count, copy.pages + (i - 1) * PAGE_BYTES);
    copy.page_count = (uint32_t)count;
}

static void copy_is_the_database(struct realm_db *db)
{
    int64_t count;
    unsigned char page[PAGE_BYTES];
    struct repl_position at;
    ok(page_count(db->writer, &count));
    assert_int_equal(count, copy.page_count);
    for (int64_t i = 1; i <= count; i++) {
        read_page(db, i, count, page);
        assert_memory_equal(page, copy.pages + (i - 1) * PAGE_BYTES, PAGE_BYTES);
    }
    ok(position_read(db->writer, &at));
    assert_memory_equal(&at, &copy.at, sizeof(at));
}

static int start(void **state)
{
    (void)state;
    arena_init(&arena, 1 << 20);
    make_dir();
    open_store();
    make_realm("peru");
    ok(slot_find(store, STR("peru"), &slot));
    memset(&copy, 0, sizeof(copy));
    copy.pages = calloc(COPY_PAGES, PAGE_BYTES);
    assert_non_null(copy.pages);
    run("CREATE TABLE t (k INTEGER PRIMARY KEY, v BLOB)", true);
    return 0;
}

static int end(void **state)
{
    (void)state;
    repl_sink_remove(store, &sink);
    close_store();
    arena_free(&arena);
    free(copy.pages);
    remove_dir();
    return 0;
}

/* Rows come, change and go; transactions outgrow the cache and are taken back; the log is folded into
 * the database and starts anew. */
static void random_step(unsigned step)
{
    char text[256];
    uint32_t r[3];
    rng_bytes(r, sizeof(r));
    bool big = step % 25 == 7;
    (void)snprintf(text, sizeof(text),
                   "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT %u)"
                   " INSERT OR REPLACE INTO t SELECT abs(random()) %% 4000, randomblob(%u) FROM n",
                   big ? 2500 : 1 + r[0] % 12, big ? 1500 : r[1] % 6000);
    run(text, r[2] % 4 != 0);
    if (r[0] % 5 == 0) {
        (void)snprintf(text, sizeof(text), "DELETE FROM t WHERE k %% 7 = %u", r[1] % 7);
        run(text, r[2] % 3 != 0);
    }
}

/* The keeper may be at it. */
static void fold(struct realm_db *db, int how)
{
    int rc;
    do
        rc = sqlite3_wal_checkpoint_v2(db->writer->db, NULL, how, NULL, NULL);
    while (rc == SQLITE_BUSY);
    assert_int_equal(rc, SQLITE_OK);
}

static void test_rp_03_every_image_is_told(void **state)
{
    (void)state;
    struct realm_db *db = acquire();
    ok(repl_sink_add(store, &sink));
    copy_all(db);
    for (unsigned step = 0; step < 300; step++) {
        random_step(step);
        if (step % 40 == 39)
            fold(db, step % 80 == 39 ? SQLITE_CHECKPOINT_RESTART : SQLITE_CHECKPOINT_PASSIVE);
        if (step % 50 == 0)
            copy_is_the_database(db);
    }
    copy_is_the_database(db);
    assert_true(copy.largest > 1024); /* more than the cache holds */
    assert_int_equal(copy.unread, 0);
    assert_int_equal(copy.breaks, 0);
    assert_int_equal(copy.at.lsn, copy.commits);
    slot_db_release(slot, db);
}

/* A transaction that changed nothing has no number, nor has one that was taken back. */
static void test_numbers_are_of_changes(void **state)
{
    (void)state;
    ok(repl_sink_add(store, &sink));
    run("INSERT INTO t VALUES (1, 'x')", true);
    run("SELECT 1", true);
    run("INSERT INTO t VALUES (2, 'x')", false);
    assert_int_equal(copy.commits, 1);
    run("INSERT INTO t VALUES (2, 'x')", true);
    assert_int_equal(copy.commits, 2);
    assert_int_equal(copy.at.lsn, 2);
    assert_int_equal(copy.breaks, 0);
}

/* The position is in the database: a store that opens anew goes on from it, unless somebody changed
 * something that nobody was told of. */
static void test_rp_02_position_outlives_the_process_and_no_gap(void **state)
{
    (void)state;
    ok(repl_sink_add(store, &sink));
    run("INSERT INTO t VALUES (1, 'x')", true);
    close_store();
    open_store();
    ok(slot_find(store, STR("peru"), &slot));
    ok(repl_sink_add(store, &sink));
    run("INSERT INTO t VALUES (2, 'x')", true);
    assert_int_equal(copy.commits, 2);
    assert_int_equal(copy.breaks, 0);

    repl_sink_remove(store, &sink);
    run("INSERT INTO t VALUES (3, 'x')", true);
    assert_int_equal(copy.commits, 2);
    ok(repl_sink_add(store, &sink));
    run("INSERT INTO t VALUES (4, 'x')", true);
    assert_int_equal(copy.commits, 3);
    assert_int_equal(copy.breaks, 1);
    assert_int_equal(copy.at.lsn, 1);
}

/* What is too large to be held is told without pages. */
static void test_larger_than_the_limit(void **state)
{
    (void)state;
    ok(repl_sink_add(store, &sink));
    run("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 17000)"
        " INSERT INTO t SELECT i, randomblob(2000) FROM n",
        true);
    assert_int_equal(copy.commits, 1);
    assert_int_equal(copy.unread, 1);
    run("INSERT INTO t VALUES (100000, 'x')", true);
    assert_int_equal(copy.commits, 2);
    assert_int_equal(copy.unread, 1);
    assert_int_equal(copy.breaks, 0);
}

/* Steps of a large write, and a realm that is being made, are told like any other commit. */
static struct {
    int commits, without_pages;
    struct repl_position last;
    char file[FILE_NAME_MAX + 1];
} made;

static void note_making(void *arg, const struct repl_commit *c)
{
    (void)arg;
    if (str_eq_c(c->file, REALM_MASTER) || str_eq_c(c->file, slot->file))
        return;
    assert_true(made.commits == 0 || str_eq_c(c->file, made.file));
    assert_memory_equal(&c->before, &made.last, sizeof(made.last));
    (void)snprintf(made.file, sizeof(made.file), "%.*s", (int)c->file.len, c->file.ptr);
    made.last = c->after;
    made.without_pages += c->pages == NULL;
    made.commits++;
}

static int fill(struct store_write *w, struct realm_view *empty_view, void *arg)
{
    (void)empty_view;
    (void)arg;
    struct user user = user_named("ana");
    TRY(user_insert(w, &user));
    TRY(store_fill_step(w));
    user = user_named("eva");
    return user_insert(w, &user);
}

static void test_realm_in_the_making(void **state)
{
    (void)state;
    const struct repl_sink making = {.commit = note_making};
    struct realm realm = realm_named("chile");
    struct now now = clock_now();
    made.commits = 0;
    ok(repl_sink_add(store, &making));
    ok(store_realm_create(store, &realm, &now, fill, NULL));
    repl_sink_remove(store, &making);
    assert_int_equal(made.commits, 2);
    assert_int_equal(made.without_pages, 0);
    assert_int_equal(made.last.lsn, 2);
}

/* What answers rest upon is told with the commit that changes it. */
static struct {
    uint8_t changed, master_changed; /* of all commits */
    struct repl_change first;
    size_t count;
} changes;

static void note_changes(void *arg, const struct repl_commit *c)
{
    (void)arg;
    if (str_eq_c(c->file, REALM_MASTER)) {
        changes.master_changed |= c->changed;
        return;
    }
    changes.changed |= c->changed;
    changes.count += c->change_count;
    if (c->change_count > 0)
        changes.first = c->changes[0];
}

static const struct repl_sink change_sink = {.commit = note_changes};

static void expect_changes(uint8_t changed, size_t count)
{
    assert_int_equal(changes.changed, changed);
    assert_int_equal(changes.count, count);
    memset(&changes, 0, sizeof(changes));
}

static void end_all_sessions(struct realm_view *view, size_t count)
{
    static struct user_session sessions[REPL_CHANGES_MAX + 1];
    struct user ana = add_user(view, "ana");
    struct store_write *w = begin_write(view);
    int64_t now_ms = store_write_now(w)->wall_ms;
    for (size_t i = 0; i < count; i++) {
        sessions[i] = (struct user_session){.id = uuid_new(&arena),
                                            .user_pk = ana.pk,
                                            .started_ms = now_ms,
                                            .last_access_ms = now_ms,
                                            .auth_time_ms = now_ms};
        ok(session_insert(w, &sessions[i]));
    }
    commit(w);
    memset(&changes, 0, sizeof(changes));
    w = begin_write(view);
    for (size_t i = 0; i < count; i++)
        ok(session_delete(w, sessions[i].pk));
    commit(w);
}

static void test_rp_02_changes_are_told(void **state)
{
    (void)state;
    struct realm_view *view = view_of("peru");
    ok(repl_sink_add(store, &change_sink));
    memset(&changes, 0, sizeof(changes));
    struct client client = add_client(view, "app");
    expect_changes(REPL_CHANGED_CONFIG, 0);
    struct user ana = add_user(view, "ana");
    expect_changes(0, 0); /* nothing can stand on it yet */

    ana.enabled = false;
    struct store_write *w = begin_write(view);
    ok(user_update(w, &ana));
    commit(w);
    assert_int_equal(changes.first.kind, MARK_USER);
    assert_int_equal(changes.first.key, ana.pk);
    expect_changes(REPL_CHANGED_ANY, 1);

    w = begin_write(view);
    write_mark_revoked(w, STR("a token"));
    ok(user_update(w, &ana));
    store_rollback(w);
    expect_changes(0, 0);
    w = begin_write(view);
    ok(client_delete(w, client.pk));
    commit(w);
    assert_int_equal(changes.changed & REPL_CHANGED_CONFIG, REPL_CHANGED_CONFIG);
    realm_view_release(view);

    assert_int_equal(changes.master_changed, 0);
    make_realm("chile");
    assert_int_equal(changes.master_changed, REPL_CHANGED_ALL);
    repl_sink_remove(store, &change_sink);
}

static void test_more_changes_than_are_told(void **state)
{
    (void)state;
    struct realm_view *view = view_of("peru");
    ok(repl_sink_add(store, &change_sink));
    end_all_sessions(view, REPL_CHANGES_MAX + 1);
    expect_changes(REPL_CHANGED_ALL, 0);
    realm_view_release(view);
    repl_sink_remove(store, &change_sink);
}

static void test_sinks_are_few(void **state)
{
    (void)state;
    for (int i = 0; i < REPL_SINKS_MAX; i++)
        ok(repl_sink_add(store, &sink));
    fails(repl_sink_add(store, &sink), ERR_TOO_LARGE);
    run("INSERT INTO t VALUES (1, 'x')", true);
    assert_int_equal(copy.commits, REPL_SINKS_MAX);
    for (int i = 1; i < REPL_SINKS_MAX; i++)
        repl_sink_remove(store, &sink);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_rp_03_every_image_is_told, start, end),
        cmocka_unit_test_setup_teardown(test_numbers_are_of_changes, start, end),
        cmocka_unit_test_setup_teardown(test_rp_02_position_outlives_the_process_and_no_gap, start,
                                        end),
        cmocka_unit_test_setup_teardown(test_larger_than_the_limit, start, end),
        cmocka_unit_test_setup_teardown(test_realm_in_the_making, start, end),
        cmocka_unit_test_setup_teardown(test_rp_02_changes_are_told, start, end),
        cmocka_unit_test_setup_teardown(test_more_changes_than_are_told, start, end),
        cmocka_unit_test_setup_teardown(test_sinks_are_few, start, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
