/* A store whose changes come from elsewhere: it makes nothing, writes nothing, and says so. */
#include "tests/unit/store/store_support.h"

#include "core/auth/login.h"
#include "store/tx.h"

static void open_standby(void)
{
    struct store_config config = {.data_dir = test_dir, .standby = true};
    ok(store_open(&config, &store));
}

static int start_empty(void **state)
{
    (void)state;
    arena_init(&arena, 1 << 20);
    make_dir();
    return 0;
}

static void remove_databases(void)
{
    char command[512];
    (void)snprintf(command, sizeof(command), "rm -f '%s'/realms/*", test_dir);
    assert_int_equal(system(command), 0);
}

static size_t file_count(void)
{
    char command[512], text[16] = "";
    (void)snprintf(command, sizeof(command), "ls '%s'/realms | wc -l", test_dir);
    FILE *f = popen(command, "r");
    assert_non_null(f);
    assert_non_null(fgets(text, sizeof(text), f));
    (void)pclose(f);
    return (size_t)atoi(text);
}

static void test_without_a_master_key_it_does_not_start(void **state)
{
    (void)state;
    struct store_config config = {.data_dir = test_dir, .standby = true};
    fails(store_open(&config, &store), ERR_SEAL);
}

static void test_an_empty_one_waits_for_what_comes(void **state)
{
    (void)state;
    struct realm_view *view;
    struct realm realm = realm_named(REALM_MASTER);
    struct now now = clock_now();
    open_store();
    close_store();
    remove_databases();
    open_standby();
    fails(realm_view_acquire(store, STR(REALM_MASTER), &view), ERR_STORE_BUSY);
    fails(realm_view_acquire(store, STR("peru"), &view), ERR_STORE_BUSY);
    fails(store_realm_create(store, &realm, &now, NULL, NULL), ERR_STORE_STANDBY);
    ok(store_health(store));
    close_store();
    assert_int_equal(file_count(), 0);
}

static void test_it_reads_and_refuses_changes(void **state)
{
    (void)state;
    struct user user;
    struct store_write *w;
    struct store_read *r;
    struct now now = clock_now();
    struct realm other = realm_named("chile");
    open_store();
    make_realm("peru");
    struct realm_view *view = view_of("peru");
    add_user(view, "ana");
    realm_view_release(view);
    close_store();

    open_standby();
    view = view_of("peru");
    r = begin_read(view);
    ok(user_find_by_username(r, &arena, STR("ana"), &user));
    store_read_end(r);
    fails(store_write_begin(view, &now, &w), ERR_STORE_STANDBY);
    fails(store_write_begin_for(view, &now, NEED_CHANGE, &w), ERR_STORE_STANDBY);
    fails(store_realm_create(store, &other, &now, NULL, NULL), ERR_STORE_STANDBY);
    fails(store_realm_delete(store, STR("peru")), ERR_STORE_STANDBY);
    realm_view_release(view);
    close_store();
    open_store(); /* and takes its changes again */
    view = view_of("peru");
    add_user(view, "eva");
    realm_view_release(view);
}

/* PW-06: what comes of a login is written at the primary, which hashes: here a hash would be for nothing. */
static void test_pw_06_nothing_is_hashed_for_a_login(void **state)
{
    (void)state;
    struct now now = clock_now();
    struct err_ctx err = {0};
    struct login_attempt attempt;
    open_store();
    make_realm("peru");
    close_store();
    open_standby();
    struct realm_view *view = view_of("peru");
    const struct auth_ctx ctx = {.arena = &arena, .now = &now, .err = &err, .view = view};
    fails(login_compare(&ctx, STR("ana"), STR("secret"), &attempt), ERR_STORE_STANDBY);
    realm_view_release(view);
}

/* A realm whose database is still to come is neither fenced off nor made. */
static void test_a_realm_that_is_not_here_yet(void **state)
{
    (void)state;
    char command[512];
    struct realm_view *view;
    struct store_check check;
    open_store();
    make_realm("peru");
    make_realm(REALM_MASTER);
    close_store();
    (void)snprintf(command, sizeof(command),
                   "cd '%s'/realms && mv master.db .. && rm -f * && mv ../master.db .", test_dir);
    assert_int_equal(system(command), 0);
    open_standby();
    for (int i = 0; i < 2; i++)
        fails(realm_view_acquire(store, STR("peru"), &view), ERR_STORE_BUSY);
    struct str reason;
    assert_false(store_realm_trouble(store, STR("peru"), &arena, &reason));
    fails(store_realm_check(store, STR("peru"), &arena, NULL, NULL, &check), ERR_STORE_BUSY);
    view = view_of(REALM_MASTER);
    realm_view_release(view);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_without_a_master_key_it_does_not_start, start_empty,
                                        end_test),
        cmocka_unit_test_setup_teardown(test_an_empty_one_waits_for_what_comes, start_empty,
                                        end_test),
        cmocka_unit_test_setup_teardown(test_it_reads_and_refuses_changes, start_empty, end_test),
        cmocka_unit_test_setup_teardown(test_pw_06_nothing_is_hashed_for_a_login, start_empty,
                                        end_test),
        cmocka_unit_test_setup_teardown(test_a_realm_that_is_not_here_yet, start_empty, end_test),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
