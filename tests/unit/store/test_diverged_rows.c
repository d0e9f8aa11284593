/* What an old primary had beyond, row by row: what is told is what differs, and of a secret nothing but that it
 * does; a table that nobody thought of is found here and not by an operator. */
#include "tests/unit/store/store_support.h"

#include <sqlite3.h>

#include "store/repl/diverged.h"
#include "store/repl/forks.h"
#include "store/sql/difference.h"
#include "store/tx.h"

#define FEW 16

struct seen {
    char table[32], column[32]; /* column: the first that differs */
    enum row_change change;
    struct cell kept, now; /* of that column; texts in the arena */
    bool has_secret;
};

static struct seen seen[FEW];
static size_t seen_count, stop_after;
static struct diverged_scope scope;

static struct cell copy_of(const struct cell *cell)
{
    struct cell copy = *cell;
    copy.text = arena_str(&arena, cell->text);
    return copy;
}

static int take(void *arg, const struct row_difference *row)
{
    (void)arg;
    if (stop_after > 0 && seen_count == stop_after)
        return ERR_CANCELLED;
    assert_true(seen_count < FEW);
    struct seen *s = &seen[seen_count++];
    *s = (struct seen){.change = row->change};
    (void)snprintf(s->table, sizeof(s->table), "%s", row->table);
    for (size_t i = 0; i < row->cell_count; i++) {
        const struct cell_pair *pair = &row->cells[i];
        s->has_secret |= pair->kept.kind == CELL_SECRET || pair->now.kind == CELL_SECRET;
        if (!pair->differs || s->column[0])
            continue;
        (void)snprintf(s->column, sizeof(s->column), "%s", pair->column);
        s->kept = copy_of(&pair->kept);
        s->now = copy_of(&pair->now);
    }
    return 0;
}

/* In the data folder, with nobody in it. */
static void shell(const char *what)
{
    char command[1024];
    (void)snprintf(command, sizeof(command), "cd '%s' && umask 077 && %s", test_dir, what);
    close_store();
    assert_int_equal(system(command), 0);
    open_store();
}

/* As rejoin leaves it. */
static void keep(void)
{
    shell("mkdir -p replication/diverged-1 && cp -r realms replication/diverged-1");
}

static int rows(const char *realm, const char *table)
{
    CLEANUP(diverged_close_p) struct diverged *d = NULL;
    CLEANUP(realm_view_release_p) struct realm_view *view = NULL;
    seen_count = 0;
    ok(diverged_open(store, 1, &d, NULL));
    ok(realm_view_acquire(diverged_store(d), str_c(realm), &view));
    return diverged_rows(d, view, table ? str_c(table) : str_of(NULL, 0), take, NULL, &scope);
}

static const struct seen *find(const char *table, enum row_change change)
{
    for (size_t i = 0; i < seen_count; i++)
        if (strcmp(seen[i].table, table) == 0 && seen[i].change == change)
            return &seen[i];
    return NULL;
}

static void rename_user(struct realm_view *view, const char *name, const char *first_name)
{
    struct user user;
    struct store_write *w = begin_write(view);
    ok(user_find_by_username(store_write_reader(w), &arena, str_c(name), &user));
    user.first_name = str_c(first_name);
    ok(user_update(w, &user));
    commit(w);
}

static void test_each_kind_of_difference(void **state)
{
    struct realm_view *view = view_of("peru");
    (void)state;
    (void)add_user(view, "both");
    struct user lost = add_user(view, "lost");
    realm_view_release(view);
    keep();
    view = view_of("peru");
    struct store_write *w = begin_write(view);
    ok(user_delete(w, lost.pk));
    commit(w);
    (void)add_user(view, "new");
    rename_user(view, "both", "Rosa");
    realm_view_release(view);

    ok(rows("peru", "user"));
    assert_int_equal(scope.against, AGAINST_NOW);
    assert_false(scope.has_nothing);
    assert_int_equal(seen_count, 3);
    assert_non_null(find("user", ROW_KEPT_ALONE));
    assert_non_null(find("user", ROW_NOW_ALONE));
    const struct seen *changed = find("user", ROW_CHANGED);
    assert_non_null(changed);
    assert_string_equal(changed->column, "first_name");
    assert_int_equal(changed->kept.kind, CELL_NULL);
    assert_int_equal(changed->now.kind, CELL_TEXT);
    assert_str(changed->now.text, "Rosa");

    stop_after = 2;
    fails(rows("peru", NULL), ERR_CANCELLED);
    assert_int_equal(seen_count, 2);
    stop_after = 0;
}

static void put_secret(struct realm_view *view, const char *client_id, const char *secret)
{
    struct client client = client_named(client_id);
    struct store_write *w = begin_write(view);
    client.secret = str_c(secret);
    ok(client_insert(w, &client));
    commit(w);
}

static void test_secrets_are_not_shown(void **state)
{
    struct realm_view *view;
    (void)state;
    keep();
    view = view_of("peru");
    put_secret(view, "portal", "not for anybody");
    realm_view_release(view);
    ok(rows("peru", "client"));
    assert_int_equal(seen_count, 1);
    assert_true(seen[0].has_secret);
    assert_int_equal(seen[0].change, ROW_NOW_ALONE);
}

static void put_fork(const char *realm)
{
    struct realm_view *view = view_of(realm);
    struct store_read *r = begin_read(view);
    struct buf lines;
    struct str text;
    buf_init(&lines, &arena, 4096);
    ok(forks_add(r, &lines));
    ok(buf_finish(&lines, &text));
    ok(forks_put(store->folder.fd, 2, text));
    store_read_end(r);
    realm_view_release(view);
}

static void note(void *arg, const struct repl_commit *commit)
{
    (void)arg;
    (void)commit;
}

/* Somebody follows, so that databases know where they stand. */
static const struct repl_sink sink = {.commit = note};

static void add_to_peru(const char *name)
{
    struct realm_view *view = view_of("peru");
    (void)add_user(view, name);
    realm_view_release(view);
}

static void test_what_is_here_is_the_state_at_the_fork(void **state)
{
    (void)state;
    ok(repl_sink_add(store, &sink));
    add_to_peru("both");
    put_fork("peru");
    shell("cp -r realms at-fork");
    ok(repl_sink_add(store, &sink));
    add_to_peru("lost");
    keep();
    shell("rm -r realms && mv at-fork realms");
    ok(rows("peru", "user"));
    assert_false(scope.has_nothing);
    assert_int_equal(scope.against, AGAINST_FORK);
    assert_int_equal(seen_count, 1);
    assert_int_equal(seen[0].change, ROW_KEPT_ALONE);
}

static void test_nothing_is_beyond_the_fork(void **state)
{
    (void)state;
    ok(repl_sink_add(store, &sink));
    add_to_peru("both");
    put_fork("peru");
    keep();
    ok(repl_sink_add(store, &sink));
    add_to_peru("new");
    ok(rows("peru", NULL));
    assert_true(scope.has_nothing);
    assert_int_equal(seen_count, 0);
}

static void test_a_realm_that_is_not_here(void **state)
{
    (void)state;
    make_realm("chile");
    struct realm_view *view = view_of("chile");
    (void)add_user(view, "alone");
    realm_view_release(view);
    keep();
    ok(store_realm_delete(store, STR("chile")));
    ok(rows("chile", "user"));
    assert_int_equal(scope.against, AGAINST_NOTHING);
    assert_int_equal(seen_count, 1);
    assert_int_equal(seen[0].change, ROW_KEPT_ALONE);
}

static bool is_known(const char *table)
{
    for (size_t i = 0; difference_table(i); i++)
        if (strcmp(table, difference_table(i)) == 0)
            return true;
    for (size_t i = 0; difference_left_out(i); i++)
        if (strcmp(table, difference_left_out(i)) == 0)
            return true;
    return false;
}

/* Who adds a table says what of it is shown. */
static void test_every_table_is_compared_or_left_out(void **state)
{
    char path[512];
    sqlite3 *db;
    sqlite3_stmt *q;
    size_t count = 0;
    (void)state;
    close_store();
    (void)snprintf(path, sizeof(path), "%s/realms/master.db", test_dir);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db,
                                        "SELECT name FROM sqlite_master WHERE type = 'table'"
                                        " AND name NOT LIKE 'sqlite_%'",
                                        -1, &q, NULL),
                     SQLITE_OK);
    while (sqlite3_step(q) == SQLITE_ROW) {
        const char *name = (const char *)sqlite3_column_text(q, 0);
        if (!is_known(name))
            fail_msg("the table %s is neither compared nor left out", name);
        count++;
    }
    assert_int_equal(sqlite3_finalize(q), SQLITE_OK);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
    for (size_t i = 0; difference_table(i); i++)
        count--;
    for (size_t i = 0; difference_left_out(i); i++)
        count--;
    assert_int_equal(count, 0); /* and none is listed that is not there */
    open_store();
}

static int start_with_master(void **state)
{
    (void)start_test(state);
    make_realm(REALM_MASTER);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_each_kind_of_difference, start_with_master, end_test),
        cmocka_unit_test_setup_teardown(test_secrets_are_not_shown, start_with_master, end_test),
        cmocka_unit_test_setup_teardown(test_what_is_here_is_the_state_at_the_fork,
                                        start_with_master, end_test),
        cmocka_unit_test_setup_teardown(test_nothing_is_beyond_the_fork, start_with_master,
                                        end_test),
        cmocka_unit_test_setup_teardown(test_a_realm_that_is_not_here, start_with_master, end_test),
        cmocka_unit_test_setup_teardown(test_every_table_is_compared_or_left_out, start_with_master,
                                        end_test),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
