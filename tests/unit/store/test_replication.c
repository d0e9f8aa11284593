/* Leader and follower over a stream of bytes that may break at any byte: whatever is done at the primary,
 * the standby is page by page the same in the end, and what was answered in a synchronous mode is there
 * at once (RP-02, RP-03). */
#include "tests/unit/store/replication_support.h"

static void test_everything_arrives(void **state)
{
    (void)state;
    struct realm_view *view = view_of("peru");
    add_user(view, "ana");
    catch_up();
    assert_true(standby_has_user("peru", "ana"));
    make_realm("chile");
    struct realm_view *chile = view_of("chile");
    add_user(chile, "eva");
    catch_up();
    assert_true(standby_has_user("chile", "eva"));
    all_is_the_same();
    realm_view_release(chile);
    realm_view_release(view);
}

/* --- Anything, and breaks in between --- */

static unsigned random_below(unsigned limit)
{
    uint32_t r;
    rng_bytes(&r, sizeof(r));
    return r % limit;
}

static void change_users(const char *realm, int round)
{
    struct realm_view *view;
    if (realm_view_acquire(primary, str_c(realm), &view) != 0)
        return;
    for (unsigned i = 0; i <= random_below(4); i++) {
        char name[48];
        (void)snprintf(name, sizeof(name), "u%d-%u-%u", round, i, random_below(1000000));
        struct user user = add_user(view, name);
        if (random_below(3) == 0) {
            struct store_write *w = begin_write(view);
            ok(user_delete(w, user.pk));
            commit(w);
        }
    }
    realm_view_release(view);
}

static void make_or_delete(const char *realm)
{
    struct realm_view *view;
    if (realm_view_acquire(primary, str_c(realm), &view) != 0) {
        make_realm(realm);
        return;
    }
    realm_view_release(view);
    if (random_below(2) == 0)
        ok(store_realm_delete(primary, str_c(realm)));
}

static void restart_standby(void)
{
    disconnect();
    follower_free(follower);
    follower = NULL;
    store_close(standby);
    open_standby();
}

static void restart_primary(void)
{
    disconnect();
    leader_free(leader);
    store_close(primary);
    open_primary();
    lead(REPL_ASYNC);
}

static void test_rp_03_whatever_happens_they_are_the_same(void **state)
{
    (void)state;
    static const char *const realms[] = {"peru", "chile", "lima", "cusco"};
    for (int round = 0; round < 150; round++) {
        const char *realm = realms[random_below(ARRAY_LEN(realms))];
        change_users(realm, round);
        if (random_below(6) == 0 && strcmp(realm, "peru") != 0)
            make_or_delete(realm);
        if (random_below(5) == 0)
            disconnect();
        if (random_below(25) == 0)
            restart_standby();
        if (random_below(40) == 0)
            restart_primary();
        if (!connected && random_below(2) == 0)
            connect_both();
        if (random_below(30) == 0) {
            catch_up();
            all_is_the_same();
        }
    }
    catch_up();
    all_is_the_same();
}

/* An answer leaves when readers of the standby see what it says. */
static void test_rp_02_synchronous_means_there(void **state)
{
    (void)state;
    struct realm_view *view = view_of("peru");
    catch_up();
    leader_set_mode(leader, REPL_SYNC_APPLY);
    for (int i = 0; i < 40; i++) {
        char name[16];
        (void)snprintf(name, sizeof(name), "user%d", i);
        struct user user = user_named(name);
        struct store_write *w = begin_write(view);
        ok(user_insert(w, &user));
        ok(store_commit(w, DURABLE_STANDBY));
        assert_true(standby_has_user("peru", name));
    }
    leader_set_mode(leader, REPL_ASYNC);
    realm_view_release(view);
}

/* RP-03: what differs although it should not is found by comparing, and put right. */
static void test_rp_03_a_silent_difference_is_found(void **state)
{
    (void)state;
    struct leader_state told;
    struct realm_view *view = view_of("peru");
    struct slot *slot;
    struct realm_db *db;
    add_user(view, "ana");
    catch_up();
    ok(slot_find(standby, STR("peru"), &slot));
    ok(slot_db_acquire(slot, &db));
    db->writer->guarded = false;
    ok(conn_exec(db->writer, "UPDATE user SET username = 'eve' WHERE username = 'ana'"));
    db->writer->guarded = true;
    slot_db_release(slot, db);
    assert_false(standby_has_user("peru", "ana"));
    ok(leader_verify(leader));
    int64_t until_ms = clock_now().monotonic_ms + WAIT_MS;
    do {
        assert_true(clock_now().monotonic_ms < until_ms);
        (void)sqlite3_sleep(5);
        leader_state(leader, &told);
    } while (told.verified_ms == 0 || told.pages_differed == 0);
    catch_up();
    assert_true(standby_has_user("peru", "ana"));
    all_is_the_same();
    realm_view_release(view);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_everything_arrives, start_both, end_both),
        cmocka_unit_test_setup_teardown(test_rp_03_whatever_happens_they_are_the_same, start_both,
                                        end_both),
        cmocka_unit_test_setup_teardown(test_rp_02_synchronous_means_there, start_both, end_both),
        cmocka_unit_test_setup_teardown(test_rp_03_a_silent_difference_is_found, start_both,
                                        end_both),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
