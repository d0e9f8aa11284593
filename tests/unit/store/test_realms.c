/* Making, listing, changing, deleting realms; views; limits on what stays open. */
#include "tests/unit/store/store_support.h"

#include "store/store.h"

#include <dirent.h>
#include <pthread.h>
#include <sys/wait.h>

static void test_names(void **state)
{
    (void)state;
    struct now now = clock_now();
    struct realm realm = realm_named("../etc");
    struct realm_view *view;
    fails(store_realm_create(store, &realm, &now, NULL, NULL), ERR_INVALID_REQUEST);
    realm = realm_named("peru");
    fails(store_realm_create(store, &realm, &now, NULL, NULL), ERR_CONFLICT);
    struct realm_view *peru = view_of("peru");
    realm = realm_named("other");
    realm.id = realm_view_realm(peru)->id;
    fails(store_realm_create(store, &realm, &now, NULL, NULL), ERR_CONFLICT);
    realm_view_release(peru);
    fails(realm_view_acquire(store, STR("nobody"), &view), ERR_NOT_FOUND);
    fails(realm_view_acquire(store, STR("nobody"), &view), ERR_NOT_FOUND);
    fails(realm_view_acquire(store, STR(""), &view), ERR_NOT_FOUND);
    /* A name that was asked for in vain may be given later. */
    make_realm("nobody");
    realm_view_release(view_of("nobody"));
}

static int count_files(void)
{
    char path[300];
    int count = 0;
    (void)snprintf(path, sizeof(path), "%s/realms", test_dir);
    DIR *dir = opendir(path);
    assert_non_null(dir);
    for (struct dirent *e = readdir(dir); e; e = readdir(dir))
        count += e->d_name[0] != '.' && strstr(e->d_name, "-wal") == NULL;
    (void)closedir(dir);
    return count;
}

/* Who asks for a realm as soon as the list has it ready, which is its second change of the list. */
static int asked, list_commits;

static void ask_for_it(void *arg, const struct repl_commit *c)
{
    struct realm_view *view;
    if (!str_eq(c->file, STR(REALM_MASTER)) || ++list_commits != 2)
        return;
    int err = realm_view_acquire(arg, STR("chile"), &view);
    assert_true(err == 0 || err == ERR_STORE_BUSY);
    asked += err == ERR_STORE_BUSY;
    if (err == 0)
        realm_view_release(view);
}

/* RP-03: a database has one writer in a process, whoever asks for it while it is made; after the deletion
 * nothing of it is left. */
static void test_asked_for_while_it_is_made(void **state)
{
    (void)state;
    const struct repl_sink sink = {.commit = ask_for_it, .arg = store};
    struct realm_view *view;
    ok(repl_sink_add(store, &sink));
    make_realm("chile");
    assert_true(asked > 0);
    repl_sink_remove(store, &sink);
    realm_view_release(view_of("chile"));
    ok(store_realm_delete(store, STR("chile")));
    fails(realm_view_acquire(store, STR("chile"), &view), ERR_NOT_FOUND);
    assert_int_equal(store_health(store), 0);
}

static int failing_fill(struct store_write *w, struct realm_view *view, void *arg)
{
    (void)view;
    struct user user = user_named("someone");
    ok(user_insert(w, &user));
    return *(int *)arg;
}

static void test_failed_making_leaves_nothing(void **state)
{
    (void)state;
    struct realm realm = realm_named("chile");
    struct now now = clock_now();
    struct realm_view *view;
    int err = ERR_LIMIT_REACHED;
    int files = count_files();
    fails(store_realm_create(store, &realm, &now, failing_fill, &err), ERR_LIMIT_REACHED);
    fails(realm_view_acquire(store, STR("chile"), &view), ERR_NOT_FOUND);
    assert_int_equal(count_files(), files);
    err = 0;
    ok(store_realm_create(store, &realm, &now, failing_fill, &err));
    reopen_store();
    view = view_of("chile");
    struct store_read *r = begin_read(view);
    struct user user;
    ok(user_find_by_username(r, &arena, STR("someone"), &user));
    store_read_end(r);
    realm_view_release(view);
}

static int dying_fill(struct store_write *w, struct realm_view *view, void *arg)
{
    (void)w;
    (void)view;
    (void)arg;
    _exit(7);
}

/* A crash while a realm is made leaves none, and the name is free again after the next start. */
static void test_crash_while_making(void **state)
{
    (void)state;
    struct realm realm = realm_named("chile");
    struct now now = clock_now();
    struct realm_view *view;
    int status;
    int files = count_files();
    close_store();
    pid_t child = fork();
    if (child == 0) {
        open_store();
        (void)!store_realm_create(store, &realm, &now, dying_fill, NULL);
        _exit(1);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(WEXITSTATUS(status), 7);
    assert_int_equal(count_files(), files + 1);
    open_store();
    assert_int_equal(count_files(), files);
    fails(realm_view_acquire(store, STR("chile"), &view), ERR_NOT_FOUND);
    ok(store_realm_create(store, &realm, &now, NULL, NULL));
}

/* --- Long fills, and realms that take the place of others --- */

#define LONG_FILL  6000
#define STEP_EVERY 500
#define BIG_TEXT   2000

struct long_fill {
    int dies_at; /* 0: not at all */
    int err;     /* at the end */
};

static int long_fill(struct store_write *w, struct realm_view *view, void *arg)
{
    const struct long_fill *how = arg;
    char name[32], text[BIG_TEXT];
    (void)view;
    memset(text, 'x', sizeof(text));
    for (int i = 1; i <= LONG_FILL; i++) {
        struct user user = user_named("");
        struct strs values = {&(struct str){text, sizeof(text)}, 1};
        struct attr attribute = {STR("text"), values};
        (void)snprintf(name, sizeof(name), "person%d", i);
        user.username = str_c(name);
        user.id = str_c(name);
        user.email = STR("");
        user.attributes = (struct attrs){&attribute, 1};
        ok(user_insert(w, &user));
        if (i % STEP_EVERY == 0)
            ok(store_fill_step(w));
        if (i == how->dies_at)
            _exit(7);
    }
    return how->err;
}

static int64_t people_of(const char *realm)
{
    struct realm_view *view = view_of(realm);
    struct store_read *r = begin_read(view);
    int64_t count;
    ok(user_count(r, &count));
    store_read_end(r);
    realm_view_release(view);
    return count;
}

static void test_a_fill_in_steps(void **state)
{
    (void)state;
    struct realm realm = realm_named("chile");
    struct now now = clock_now();
    struct realm_view *view;
    struct long_fill how = {.err = ERR_LIMIT_REACHED};
    int files = count_files();
    fails(store_realm_create(store, &realm, &now, long_fill, &how), ERR_LIMIT_REACHED);
    fails(realm_view_acquire(store, STR("chile"), &view), ERR_NOT_FOUND);
    assert_int_equal(count_files(), files);
    how.err = 0;
    ok(store_realm_create(store, &realm, &now, long_fill, &how));
    assert_int_equal(people_of("chile"), LONG_FILL);
    reopen_store();
    assert_int_equal(people_of("chile"), LONG_FILL);
    view = view_of("chile");
    struct store_write *w = begin_write(view);
    fails(store_fill_step(w), ERR_INTERNAL);
    store_rollback(w);
    realm_view_release(view);
}

static void test_a_realm_is_replaced_in_one_step(void **state)
{
    (void)state;
    struct realm realm = realm_named("chile");
    struct now now = clock_now();
    struct long_fill how = {.err = 0};
    int err = 0;
    ok(store_realm_replace(store, &realm, &now, failing_fill, &err));
    assert_int_equal(people_of("chile"), 1);
    int files = count_files();
    how.err = ERR_LIMIT_REACHED;
    fails(store_realm_replace(store, &realm, &now, long_fill, &how), ERR_LIMIT_REACHED);
    assert_int_equal(people_of("chile"), 1);
    how.err = 0;
    ok(store_realm_replace(store, &realm, &now, long_fill, &how));
    assert_int_equal(people_of("chile"), LONG_FILL);
    assert_int_equal(count_files(), files);
    reopen_store();
    assert_int_equal(people_of("chile"), LONG_FILL);
    assert_int_equal(count_files(), files);
    struct realm master = realm_named("master");
    fails(store_realm_replace(store, &master, &now, NULL, NULL), ERR_FORBIDDEN);
}

/* Whatever was committed in steps: the old realm is there and nothing else. */
static void test_crash_while_replacing(void **state)
{
    (void)state;
    struct realm realm = realm_named("chile");
    struct now now = clock_now();
    struct long_fill how = {.dies_at = LONG_FILL};
    int err = 0, status;
    ok(store_realm_create(store, &realm, &now, failing_fill, &err));
    int files = count_files();
    close_store();
    pid_t child = fork();
    if (child == 0) {
        open_store();
        (void)!store_realm_replace(store, &realm, &now, long_fill, &how);
        _exit(1);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(WEXITSTATUS(status), 7);
    open_store();
    assert_int_equal(count_files(), files);
    assert_int_equal(people_of("chile"), 1);
}

static void test_list(void **state)
{
    (void)state;
    struct realm_summary *items;
    size_t count;
    make_realm("argentina");
    make_realm("zambia");
    ok(store_realm_list(store, &arena, str_of(NULL, 0), 10, &items, &count));
    assert_int_equal(count, 3);
    assert_str(items[0].name, "argentina");
    assert_str(items[2].name, "zambia");
    assert_str(items[0].display_name, "A realm");
    assert_true(items[0].enabled);
    ok(store_realm_list(store, &arena, items[0].name, 1, &items, &count));
    assert_int_equal(count, 1);
    assert_str(items[0].name, "peru");
}

static void update(struct realm_view *view, const struct realm *realm, int expected)
{
    struct store_write *w = begin_write(view);
    int err = store_realm_update(w, realm);
    if (err == 0)
        err = store_commit(w, DURABLE_LOCAL);
    else
        store_rollback(w);
    assert_string_equal(err_name(err), err_name(expected));
}

static void test_update_and_views(void **state)
{
    (void)state;
    struct realm_view *old = view_of("peru");
    struct realm realm = *realm_view_realm(old);
    struct realm_summary *items;
    size_t count;
    realm.access_token_lifespan_s = 77;
    realm.display_name = STR("El Peru");
    realm.enabled = false;
    update(old, &realm, 0);
    /* Who holds the old picture keeps it; who asks now gets the new one. */
    assert_int_equal(realm_view_realm(old)->access_token_lifespan_s, 900);
    struct realm_view *fresh = view_of("peru");
    assert_int_equal(realm_view_realm(fresh)->access_token_lifespan_s, 77);
    assert_false(realm_view_realm(fresh)->enabled);
    struct realm_view *again = view_of("peru");
    assert_true(again == fresh);
    realm_view_release(again);
    ok(realm_view_refresh(&old));
    assert_true(old == fresh);
    ok(store_realm_list(store, &arena, str_of(NULL, 0), 10, &items, &count));
    assert_str(items[0].display_name, "El Peru");
    assert_false(items[0].enabled);
    realm_view_release(old);
    realm_view_release(fresh);
    reopen_store();
    fresh = view_of("peru");
    assert_int_equal(realm_view_realm(fresh)->access_token_lifespan_s, 77);
    realm_view_release(fresh);
}

static void test_rename(void **state)
{
    (void)state;
    make_realm("chile");
    struct realm_view *view = view_of("peru");
    struct realm_view *gone;
    struct realm realm = *realm_view_realm(view);
    realm.name = STR("chile");
    update(view, &realm, ERR_CONFLICT);
    realm.name = STR("master");
    update(view, &realm, ERR_CONFLICT);
    realm.name = STR("tawantinsuyu");
    update(view, &realm, 0);
    realm_view_release(view);
    fails(realm_view_acquire(store, STR("peru"), &gone), ERR_NOT_FOUND);
    realm_view_release(view_of("tawantinsuyu"));
    reopen_store();
    fails(realm_view_acquire(store, STR("peru"), &gone), ERR_NOT_FOUND);
    view = view_of("tawantinsuyu");
    assert_str(realm_view_realm(view)->name, "tawantinsuyu");
    realm_view_release(view);
    make_realm("peru");
}

/* OT-09: what was rolled back or refused shows nowhere, the cached view included. */
static void test_rolled_back_update(void **state)
{
    (void)state;
    struct realm_view *view = view_of("peru");
    struct realm realm = *realm_view_realm(view);
    realm.access_token_lifespan_s = 5;
    struct store_write *w = begin_write(view);
    ok(store_realm_update(w, &realm));
    store_rollback(w);
    struct realm_view *again = view_of("peru");
    assert_true(again == view);
    realm_view_release(again);
    realm_view_release(view);
}

static void test_delete(void **state)
{
    (void)state;
    struct realm_view *view = view_of("peru");
    struct realm_view *gone;
    struct store_read *r;
    int files = count_files();
    ok(store_realm_delete(store, STR("peru")));
    assert_int_equal(count_files(), files - 1);
    fails(realm_view_acquire(store, STR("peru"), &gone), ERR_NOT_FOUND);
    fails(store_realm_delete(store, STR("peru")), ERR_NOT_FOUND);
    /* A request that still holds the picture can read it, but no rows. */
    assert_str(realm_view_realm(view)->name, "peru");
    fails(store_read_begin(view, &r), ERR_NOT_FOUND);
    realm_view_release(view);
    make_realm("peru");
    reopen_store();
    realm_view_release(view_of("peru"));
}

/* A thousand realms cost no more than the limits say. */
static void test_limits(void **state)
{
    (void)state;
    close_store();
    struct store_config config = {.data_dir = test_dir, .max_open_realms = 4, .max_views = 5};
    ok(store_open(&config, &store));
    for (int i = 0; i < 30; i++)
        make_realm(arena_printf(&arena, "realm%d", i).ptr);
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < 30; i++) {
            struct realm_view *view = view_of(arena_printf(&arena, "realm%d", i).ptr);
            struct store_read *r = begin_read(view);
            int64_t count;
            ok(user_count(r, &count));
            assert_int_equal(count, 0);
            store_read_end(r);
            realm_view_release(view);
        }
    }
    struct buf b;
    struct str text;
    buf_init(&b, &arena, 1 << 16);
    store_metrics(store, &b);
    ok(buf_finish(&b, &text));
    assert_non_null(strstr(text.ptr, "garita_store_databases_open 4\n"));
    assert_non_null(strstr(text.ptr, "garita_store_views_kept 5\n"));
    ok(store_health(store));
}

/* Many threads read and change one realm's settings: every picture is whole. */
#define THREADS 8
#define ROUNDS  40

static void *read_or_change(void *arg)
{
    bool writes = *(int *)arg % 4 == 0;
    for (int i = 0; i < ROUNDS; i++) {
        struct realm_view *view = view_of("peru");
        struct realm realm = *realm_view_realm(view);
        assert_int_equal(realm.sso_session_idle_s, realm.sso_session_max_s);
        if (writes) {
            struct store_write *w = begin_write(view);
            realm.sso_session_idle_s = realm.sso_session_max_s = realm.sso_session_idle_s + 1;
            ok(store_realm_update(w, &realm));
            commit(w);
        }
        realm_view_release(view);
    }
    return NULL;
}

static void test_pictures_are_whole(void **state)
{
    (void)state;
    pthread_t threads[THREADS];
    int numbers[THREADS];
    struct realm_view *view = view_of("peru");
    struct realm realm = *realm_view_realm(view);
    realm.sso_session_idle_s = realm.sso_session_max_s = 1;
    update(view, &realm, 0);
    realm_view_release(view);
    for (int i = 0; i < THREADS; i++) {
        numbers[i] = i;
        assert_int_equal(pthread_create(&threads[i], NULL, read_or_change, &numbers[i]), 0);
    }
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
}

static int64_t figure(const char *name)
{
    struct buf b;
    buf_init(&b, &arena, 1 << 16);
    store_metrics(store, &b);
    const char *at = strstr(arena_cstr(&arena, buf_str(&b)), name);
    assert_non_null(at);
    return strtoll(at + strlen(name), NULL, 10);
}

static void visit(const char *name, bool write)
{
    struct store_visit v;
    ok(store_visit_begin(store, str_c(name), &v));
    struct realm_view *view = view_of(name);
    if (write)
        add_user(view, name);
    else
        store_read_end(begin_read(view));
    realm_view_release(view);
    store_visit_end(&v);
}

/* Jobs go through all realms; what requests use stays, what they do not use goes again. */
static void test_visits_leave_no_trace(void **state)
{
    (void)state;
    struct store_visit v;
    make_realm("chile");
    reopen_store();
    struct realm_view *view = view_of("peru");
    add_user(view, "ana");
    realm_view_release(view);
    int64_t open = figure("\ngarita_store_databases_open ");
    int64_t views = figure("\ngarita_store_views_kept ");
    struct slot *slot;
    ok(slot_find(store, STR("peru"), &slot));
    atomic_store(&slot->db_used, 7);
    atomic_store(&slot->view_used, 8);
    for (int i = 0; i < 2; i++) {
        visit("peru", i == 1);
        visit("chile", i == 1);
        assert_int_equal(figure("\ngarita_store_databases_open "), open);
        assert_int_equal(figure("\ngarita_store_views_kept "), views);
    }
    assert_int_equal(atomic_load(&slot->db_used), 7);
    assert_int_equal(atomic_load(&slot->view_used), 8);
    assert_non_null(slot->db);
    view = view_of("chile"); /* what a visit wrote is there */
    struct store_read *r = begin_read(view);
    struct user found;
    ok(user_find_by_username(r, &arena, STR("chile"), &found));
    store_read_end(r);
    realm_view_release(view);
    fails(store_visit_begin(store, STR("nowhere"), &v), ERR_NOT_FOUND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_visits_leave_no_trace, start_test, end_test),
        cmocka_unit_test_setup_teardown(test_names, start_test, end_test),
        cmocka_unit_test_setup_teardown(test_asked_for_while_it_is_made, start_test, end_test),
        cmocka_unit_test_setup_teardown(test_failed_making_leaves_nothing, start_test, end_test),
        cmocka_unit_test_setup_teardown(test_crash_while_making, start_test, end_test),
        cmocka_unit_test_setup_teardown(test_a_fill_in_steps, start_test, end_test),
        cmocka_unit_test_setup_teardown(test_a_realm_is_replaced_in_one_step, start_test, end_test),
        cmocka_unit_test_setup_teardown(test_crash_while_replacing, start_test, end_test),
        cmocka_unit_test_setup_teardown(test_list, start_test, end_test),
        cmocka_unit_test_setup_teardown(test_update_and_views, start_test, end_test),
        cmocka_unit_test_setup_teardown(test_rename, start_test, end_test),
        cmocka_unit_test_setup_teardown(test_rolled_back_update, start_test, end_test),
        cmocka_unit_test_setup_teardown(test_delete, start_test, end_test),
        cmocka_unit_test_setup_teardown(test_limits, start_test, end_test),
        cmocka_unit_test_setup_teardown(test_pictures_are_whole, start_test, end_test),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
