/* Backups and restoring in place: one moment, what was spent, what goes by retention (BK-01, OT-05). */
#include "tests/unit/store/store_support.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/stat.h>

#include "store/repl/restore.h"
#include "store/store.h"

static char backups[300];

static int set_up(void **state)
{
    (void)state;
    make_dir();
    arena_init(&arena, (size_t)256 << 20);
    open_store();
    make_realm(REALM_MASTER);
    make_realm("peru");
    (void)snprintf(backups, sizeof(backups), "%s/backups", test_dir);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    close_store();
    arena_free(&arena);
    remove_dir();
    return 0;
}

static struct backup_made back_up(void)
{
    struct backup_made made;
    ok(backup_make(store, backups, NULL, &made, NULL));
    return made;
}

static void put_user(struct store_write *w, const char *name)
{
    struct user user = user_named(name);
    ok(user_insert(w, &user));
}

static int64_t count_users(const char *realm)
{
    struct realm_view *view = view_of(realm);
    struct store_read *r = begin_read(view);
    int64_t count;
    ok(user_count(r, &count));
    store_read_end(r);
    realm_view_release(view);
    return count;
}

static int fill_nothing(struct store_write *w, struct realm_view *view, void *arg)
{
    (void)w;
    (void)view;
    (void)arg;
    return 0;
}

struct restored {
    int err;
    bool carried;
    struct err_ctx ctx;
};

static struct restored restore_with(const char *id, const char *realm, store_realm_fill *fill,
                                    void *arg)
{
    struct restored result = {0};
    struct backup_source source;
    struct backup_manifest m;
    struct now now = clock_now();
    ok(backup_source_of_store(store, backups, &source, NULL));
    ok(backup_look(&source, str_c(id), &arena, &m));
    const struct restore_in_place r = {.source = &source,
                                       .id = str_c(id),
                                       .realm = manifest_realm(&m, str_c(realm)),
                                       .fill = fill,
                                       .arg = arg};
    assert_non_null(r.realm);
    result.err = restore_in_place(store, &r, &now, &result.carried, &result.ctx);
    backup_source_close(&source);
    return result;
}

/* --- One moment --- */

struct writing {
    atomic_bool stop;
    atomic_int pairs;
};

/* Two people a transaction. */
static void *write_pairs(void *arg)
{
    struct writing *writing = arg;
    struct realm_view *view = view_of("peru");
    for (int i = 0; !atomic_load(&writing->stop); i++) {
        char one[32], two[32];
        struct store_write *w = begin_write(view);
        (void)snprintf(one, sizeof(one), "a%d", i);
        (void)snprintf(two, sizeof(two), "b%d", i);
        put_user(w, one);
        put_user(w, two);
        commit(w);
        atomic_fetch_add(&writing->pairs, 1);
    }
    realm_view_release(view);
    return NULL;
}

static void a_backup_under_writes_is_of_one_moment(void **state)
{
    struct writing writing = {0};
    pthread_t thread;
    char ids[3][BACKUP_ID_LEN + 1];
    int least[3], most[3];
    (void)state;
    assert_int_equal(pthread_create(&thread, NULL, write_pairs, &writing), 0);
    for (int i = 0; i < 3; i++) {
        while (atomic_load(&writing.pairs) < 20 * (i + 1))
            (void)usleep(1000);
        least[i] = atomic_load(&writing.pairs);
        struct backup_made made = back_up();
        most[i] = atomic_load(&writing.pairs) + 1;
        memcpy(ids[i], made.id, sizeof(made.id));
    }
    atomic_store(&writing.stop, true);
    assert_int_equal(pthread_join(thread, NULL), 0);
    for (int i = 2; i >= 0; i--) {
        ok(restore_with(ids[i], "peru", fill_nothing, NULL).err);
        int64_t count = count_users("peru");
        assert_int_equal(count % 2, 0);
        assert_in_range(count / 2, least[i], most[i]);
    }
}

/* --- What was spent --- */

static void spend(const char *value, bool expected)
{
    struct realm_view *view = view_of("peru");
    struct store_write *w = begin_write(view);
    bool first;
    ok(once_spend(w, STR("client-assertion"), str_c(value), INT64_MAX, &first));
    commit(w);
    realm_view_release(view);
    assert_int_equal(first, expected);
}

static void spent_after_the_backup_stays_spent(void **state)
{
    (void)state;
    spend("before", true);
    struct backup_made made = back_up();
    spend("after", true);
    struct restored result = restore_with(made.id, "peru", fill_nothing, NULL);
    ok(result.err);
    assert_true(result.carried);
    spend("before", false);
    spend("after", false);
    spend("never", true); /* the control */
}

/* While the new one is filled, nobody writes to the old one; who waited is told to come again. */
static void *write_late(void *arg)
{
    int *err = arg;
    struct realm_view *view = view_of("peru");
    struct now now = clock_now();
    struct store_write *w;
    *err = store_write_begin(view, &now, &w);
    if (*err == 0)
        store_rollback(w);
    realm_view_release(view);
    return NULL;
}

struct late {
    pthread_t thread;
    int err;
};

static int fill_slowly(struct store_write *w, struct realm_view *view, void *arg)
{
    struct late *late = arg;
    (void)w;
    (void)view;
    assert_int_equal(pthread_create(&late->thread, NULL, write_late, &late->err), 0);
    (void)usleep(300000);
    return 0;
}

static void a_write_that_waits_is_not_done_in_the_old_realm(void **state)
{
    struct late late = {.err = -1};
    (void)state;
    struct backup_made made = back_up();
    ok(restore_with(made.id, "peru", fill_slowly, &late).err);
    assert_int_equal(pthread_join(late.thread, NULL), 0);
    fails(late.err, ERR_STORE_BUSY);
    spend("then", true);
}

static int fill_fails(struct store_write *w, struct realm_view *view, void *arg)
{
    (void)w;
    (void)view;
    (void)arg;
    return ERR_INVALID_REQUEST;
}

static int count_name(void *arg, struct str name)
{
    int *count = arg;
    *count += str_ends(name, STR(".db"));
    return 0;
}

static int databases(void)
{
    struct folder folder = {.path = test_dir};
    int count = 0;
    folder.fd = open(test_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    ok(folder_each(&folder, count_name, &count));
    (void)close(folder.fd);
    return count;
}

static void a_restore_that_fails_leaves_all_as_it_was(void **state)
{
    (void)state;
    struct backup_made made = back_up();
    struct realm_view *view = view_of("peru");
    struct store_write *w = begin_write(view);
    put_user(w, "eva");
    commit(w);
    realm_view_release(view);
    int64_t before = count_users("peru");
    fails(restore_with(made.id, "peru", fill_fails, NULL).err, ERR_INVALID_REQUEST);
    assert_int_equal(count_users("peru"), before);
    assert_int_equal(databases(), 2);
    spend("still", true); /* and nobody holds its turn */
    fails(restore_with(made.id, REALM_MASTER, fill_nothing, NULL).err, ERR_FORBIDDEN);
}

static bool stop_at_once(void *arg, struct str realm, int64_t done, int64_t pages)
{
    (void)arg;
    (void)realm;
    (void)pages;
    return done < 3;
}

static size_t count_backups(struct str **ret_ids)
{
    struct backup_folder folder;
    size_t count;
    ok(backup_folder_open(backups, false, &folder, NULL));
    ok(backup_folder_list(&folder, &arena, ret_ids, &count));
    backup_folder_close(&folder);
    return count;
}

static void a_backup_that_is_stopped_leaves_nothing(void **state)
{
    const struct backup_watch watch = {stop_at_once, NULL};
    struct backup_made made;
    struct str *ids;
    (void)state;
    fails(backup_make(store, backups, &watch, &made, NULL), ERR_CANCELLED);
    assert_int_equal(count_backups(&ids), 0);
}

/* --- On trial --- */

/* A backup that says something else than what is in it, sealed with the right key. */
static void say(const char *id, int64_t more_people, int64_t more_events)
{
    struct backup_source source;
    struct backup_manifest m;
    int64_t bytes;
    int dir;
    ok(backup_source_of_store(store, backups, &source, NULL));
    ok(backup_look(&source, str_c(id), &arena, &m));
    struct backup_realm *realms = ARENA_ARRAY(&arena, m.realm_count, struct backup_realm);
    memcpy(realms, m.realms, m.realm_count * sizeof(*realms));
    realms[1].people += more_people;
    realms[1].events += more_events;
    m.realms = realms;
    ok(backup_folder_enter(&source.folder, str_c(id), &dir));
    ok(manifest_write(dir, &source.key, &m, &bytes));
    (void)close(dir);
    backup_source_close(&source);
}

static struct err_ctx try_restore(const char *id, int expected, struct restore_trial *ret_trial)
{
    struct backup_source source;
    struct err_ctx ctx = {0};
    char path[400];
    ok(backup_source_of_store(store, backups, &source, NULL));
    fails(restore_try(store, &source, str_c(id), NULL, ret_trial, &ctx), expected);
    backup_source_close(&source);
    (void)snprintf(path, sizeof(path), "%s/trial", test_dir);
    assert_int_not_equal(access(path, F_OK), 0);
    return ctx;
}

static void a_trial_compares_what_came_back(void **state)
{
    struct restore_trial trial;
    (void)state;
    struct realm_view *view = view_of("peru");
    (void)add_user(view, "ana");
    realm_view_release(view);
    struct backup_made made = back_up();
    (void)try_restore(made.id, 0, &trial);
    assert_int_equal(trial.realms, 2);
    assert_int_equal(trial.people, 1);
    say(made.id, 1, 0);
    assert_non_null(strstr(try_restore(made.id, ERR_BACKUP, &trial).detail, "number of people"));
    say(made.id, -1, 1);
    assert_non_null(strstr(try_restore(made.id, ERR_BACKUP, &trial).detail, "audit chain"));
    say(made.id, 0, -1);
    (void)try_restore(made.id, 0, &trial);    /* the control */
    assert_int_equal(count_users("peru"), 1); /* and the store itself goes on */
}

/* --- Retention --- */

static void rename_realm(const char *from, const char *to)
{
    struct realm_view *view = view_of(from);
    struct store_write *w = begin_write(view);
    struct realm realm = *realm_view_realm(view);
    realm.name = str_c(to);
    ok(store_realm_update(w, &realm));
    commit(w);
    realm_view_release(view);
}

/* When master is read and the others are not yet. */
static bool change_realms(void *arg, struct str realm, int64_t pages, int64_t of)
{
    bool *done = arg;
    (void)pages;
    (void)of;
    if (*done || !str_eq_c(realm, REALM_MASTER))
        return true;
    *done = true;
    ok(store_realm_delete(store, STR("chile")));
    rename_realm("peru", "tawantinsuyu");
    return true;
}

static void look_at_names(const struct backup_source *source, const char *id)
{
    struct backup_manifest manifest;
    struct realm_view *view;
    char dir[320];
    (void)snprintf(dir, sizeof(dir), "%s/restored", test_dir);
    ok(backup_look(source, str_c(id), &arena, &manifest));
    struct restore_node node = {.part_count = manifest.realm_count,
                                .master_key = &store->master_key};
    struct restore_part *parts;
    ok(restore_parts(&arena, source, &manifest, &parts));
    node.parts = parts;
    ok(restore_node(&node, dir, NULL));
    const struct store_config config = {.data_dir = dir};
    struct store *copy;
    ok(store_open(&config, &copy));
    ok(restore_settle(copy));
    ok(restore_settle_names(copy));
    fails(realm_view_acquire(copy, STR("chile"), &view), ERR_NOT_FOUND);
    fails(realm_view_acquire(copy, STR("peru"), &view), ERR_NOT_FOUND);
    ok(realm_view_acquire(copy, STR("tawantinsuyu"), &view));
    assert_str(realm_view_realm(view)->name, "tawantinsuyu");
    realm_view_release(view);
    store_close(copy);
}

/* A realm that is deleted meanwhile is none that is missing, and one that gets another name is there. */
static void realms_change_while_a_backup_is_made(void **state)
{
    (void)state;
    bool done = false;
    const struct backup_watch watch = {change_realms, &done};
    struct backup_made made;
    struct backup_source source;
    struct restore_trial trial;
    struct err_ctx ctx = {0};
    make_realm("chile");
    ok(backup_make(store, backups, &watch, &made, NULL));
    assert_true(done);
    assert_int_equal(made.realms, 2);
    assert_int_equal(made.missing, 0);
    ok(backup_source_of_store(store, backups, &source, &ctx));
    ok(restore_try(store, &source, str_c(made.id), NULL, &trial, &ctx));
    assert_int_equal(trial.realms, 2);
    look_at_names(&source, made.id);
    backup_source_close(&source);
}

static void rename_backup(const char *id, const char *to)
{
    char from_path[400], to_path[400];
    (void)snprintf(from_path, sizeof(from_path), "%s/%s", backups, id);
    (void)snprintf(to_path, sizeof(to_path), "%s/%s", backups, to);
    assert_int_equal(rename(from_path, to_path), 0);
}

/* A backup is bound to its name, so the clock is told another time instead. */
static void days_and_months_are_kept(void **state)
{
    static const int64_t now_ms = INT64_C(1795651200000); /* 2026-11-26 */
    const struct backup_keeping keep = {.days = 3, .months = 2};
    char ids[4][BACKUP_ID_LEN + 1];
    struct str *left;
    size_t removed;
    (void)state;
    for (int i = 0; i < 4; i++) {
        struct backup_made made = back_up();
        memcpy(ids[i], made.id, sizeof(made.id));
        (void)usleep(2000);
    }
    /* All of today: only the newest stays. */
    ok(backup_prune(store, backups, &keep, clock_now().wall_ms, &removed, NULL));
    assert_int_equal(removed, 3);
    assert_int_equal(count_backups(&left), 1);
    assert_str(left[0], ids[3]);
    /* The newest stays however old it is. */
    ok(backup_prune(store, backups, &keep, now_ms * 2, &removed, NULL));
    assert_int_equal(removed, 0);
    /* What does not open is not ours to remove. */
    rename_backup(ids[3], "20200101T000000.000Z");
    (void)back_up();
    ok(backup_prune(store, backups, &keep, clock_now().wall_ms, &removed, NULL));
    assert_int_equal(removed, 0);
    assert_int_equal(count_backups(&left), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_backup_under_writes_is_of_one_moment, set_up, tear_down),
        cmocka_unit_test_setup_teardown(spent_after_the_backup_stays_spent, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_write_that_waits_is_not_done_in_the_old_realm, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_restore_that_fails_leaves_all_as_it_was, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_backup_that_is_stopped_leaves_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_trial_compares_what_came_back, set_up, tear_down),
        cmocka_unit_test_setup_teardown(realms_change_while_a_backup_is_made, set_up, tear_down),
        cmocka_unit_test_setup_teardown(days_and_months_are_kept, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
