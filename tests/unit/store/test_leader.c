/* The leader against a standby that is only a picture of one: what is sent, put together, is what the
 * databases hold, and answers wait for it. */
#include "tests/unit/store/leader_support.h"

static int start(void **state)
{
    (void)state;
    arena_init(&arena, (size_t)64 << 20);
    make_dir();
    open_store();
    make_realm(REALM_MASTER);
    make_filled("peru");
    memset(standby.copies, 0, sizeof(standby.copies));
    standby.reply_count = 0;
    standby.breaches = standby.commits = standby.snapshots = 0;
    standby.differences = standby.gone = standby.commits_within = 0;
    standby.snapshot_pages = 0;
    standby.silent = false;
    atomic_store(&standby.waiting, 0);
    return 0;
}

static int end(void **state)
{
    if (atomic_load(&talks))
        disconnect_standby();
    leader_free(leader);
    leader = NULL;
    for (size_t i = 0; i < COPIES; i++)
        free(standby.copies[i].pages);
    return end_test(state);
}

static void test_comes_and_follows(void **state)
{
    (void)state;
    start_leader((struct leader_config){0});
    connect_standby();
    until_in_step();
    assert_int_equal(standby.snapshots, 2);
    change("peru", 40);
    until_in_step();
    same_as("peru");
    same_as(REALM_MASTER);
    assert_int_equal(standby.snapshots, 2);
    assert_in_range(standby.commits, 40, 60);
    assert_int_equal(standby.copies[0].at.epoch, 3);
}

static void test_goes_on_after_a_break(void **state)
{
    (void)state;
    start_leader((struct leader_config){0});
    connect_standby();
    until_in_step();
    disconnect_standby();
    change("peru", 30);
    assert_in_range(state_of().behind_commits, 30, 60);
    connect_standby();
    until_in_step();
    same_as("peru");
    assert_int_equal(standby.snapshots, 2);
    assert_int_equal(standby.differences, 0);
}

static void test_sends_what_differs(void **state)
{
    (void)state;
    start_leader((struct leader_config){.kept_bytes = 64 << 10});
    change("peru", 300);
    connect_standby();
    until_in_step();
    disconnect_standby();
    standby.snapshot_pages = 0;
    change("peru", 60);
    connect_standby();
    until_in_step();
    same_as("peru");
    assert_int_equal(standby.snapshots, 2);
    assert_in_range(standby.differences, 1, 2);
    assert_in_range(standby.snapshot_pages, 1, standby.copies[copy_of(STR(""))].page_count + 2000);
}

/* RP-02: the same number in another history. */
static void test_tells_histories_apart(void **state)
{
    (void)state;
    struct slot *slot;
    start_leader((struct leader_config){0});
    connect_standby();
    until_in_step();
    disconnect_standby();
    ok(slot_find(store, STR("peru"), &slot));
    struct copy *c = &standby.copies[copy_of(str_c(slot->file))];
    c->at.mark ^= 1;
    c->pages[3 * PAGE_BYTES + 7] ^= 1;
    connect_standby();
    until_in_step();
    same_as("peru");
    assert_int_equal(standby.differences, 1);
}

/* RP-02: changed while nobody followed, a database's numbers begin anew, below those of the standby. */
static void test_numbers_begin_anew(void **state)
{
    (void)state;
    start_leader((struct leader_config){0});
    connect_standby();
    until_in_step();
    change("peru", 30);
    until_in_step();
    disconnect_standby();
    leader_free(leader);
    change("peru", 1);
    start_leader((struct leader_config){0});
    change("peru", 2);
    connect_standby();
    until_in_step();
    change("peru", 2);
    until_in_step();
    same_as("peru");
    assert_in_range(standby.differences, 1, 2);
}

static void test_compares_all_pages(void **state)
{
    (void)state;
    struct slot *slot;
    start_leader((struct leader_config){0});
    connect_standby();
    until_in_step();
    change("peru", 20);
    until_in_step();
    ok(leader_verify(leader));
    for (int i = 0; state_of().verified_ms == 0 && i < WAIT_MS; i++)
        (void)usleep(1000);
    assert_int_not_equal(state_of().verified_ms, 0);
    assert_int_equal(state_of().pages_differed, 0);
    assert_int_equal(standby.differences, 0);
    ok(slot_find(store, STR("peru"), &slot));
    (void)pthread_mutex_lock(&standby.lock);
    standby.copies[copy_of(str_c(slot->file))].pages[5 * PAGE_BYTES + 9] ^= 1;
    (void)pthread_mutex_unlock(&standby.lock);
    ok(leader_verify(leader));
    for (int i = 0; state_of().pages_differed == 0 && i < WAIT_MS; i++)
        (void)usleep(1000);
    assert_int_equal(state_of().pages_differed, 1);
    change("peru", 3);
    until_in_step();
    same_as("peru");
}

static void test_realms_come_and_go(void **state)
{
    (void)state;
    start_leader((struct leader_config){.mode = REPL_SYNC_APPLY});
    connect_standby();
    until_in_step();
    make_realm("chile");
    until_in_step();
    same_as("chile");
    ok(store_realm_delete(store, STR("chile")));
    until_in_step();
    for (int i = 0; standby.gone == 0 && i < WAIT_MS; i++)
        (void)usleep(1000);
    assert_int_equal(standby.gone, 1);
    same_as(REALM_MASTER);
}

/* --- Realms that are being made --- */

static void *make_chile(void *arg)
{
    (void)arg;
    make_realm("chile");
    return NULL;
}

static pthread_t begin_chile(void)
{
    pthread_t maker;
    assert_int_equal(pthread_create(&maker, NULL, make_chile, NULL), 0);
    return maker;
}

/* Whoever makes a realm stands still between its database and the list. */
static atomic_bool holds, held;

static void hold_commit(void *arg, const struct repl_commit *c)
{
    const char *peru = arg;
    if (str_eq_c(c->file, REALM_MASTER) || str_eq_c(c->file, peru))
        return;
    atomic_store(&held, true);
    while (atomic_load(&holds))
        (void)usleep(1000);
}

/* RP-02: a realm whose database was written before the standby connected, and which the list calls ready only
 * after it was looked what there is. */
static void test_rp_02_a_realm_is_made_while_the_standby_comes(void **state)
{
    (void)state;
    struct slot *slot;
    start_leader((struct leader_config){0});
    ok(slot_find(store, STR("peru"), &slot));
    const struct repl_sink hold = {.commit = hold_commit, .arg = slot->file};
    ok(repl_sink_add(store, &hold));
    atomic_store(&holds, true);
    atomic_store(&held, false);
    pthread_t maker = begin_chile();
    while (!atomic_load(&held))
        (void)usleep(1000);
    connect_standby();
    for (int i = 0; !state_of().in_step && i < WAIT_MS; i++)
        (void)usleep(1000);
    assert_true(state_of().in_step);
    atomic_store(&holds, false);
    (void)pthread_join(maker, NULL);
    repl_sink_remove(store, &hold);
    for (int i = 0; standby.snapshots < 3 && i < WAIT_MS; i++)
        (void)usleep(1000);
    until_in_step();
    same_as("chile");
}

static bool chile_is_there(void)
{
    struct realm_view *view;
    int err = realm_view_acquire(store, STR("chile"), &view);
    if (err == 0)
        realm_view_release(view);
    return err == 0;
}

static void be_silent(bool silent);

/* RP-02: the list says that a realm is ready when the standby has its database: promoted before, it would lack
 * a realm that it lists, and with --incomplete also the one in whose place it comes. */
static void test_rp_02_ready_is_what_the_standby_has(void **state)
{
    (void)state;
    start_leader((struct leader_config){.mode = REPL_SYNC_FLUSH, .confirm_ms = WAIT_MS});
    connect_standby();
    until_in_step();
    be_silent(true);
    pthread_t maker = begin_chile();
    for (int i = 0; standby.snapshots < 3 && i < WAIT_MS; i++)
        (void)usleep(1000);
    assert_int_equal(standby.snapshots, 3);
    (void)usleep(50000);
    assert_false(chile_is_there());
    be_silent(false);
    (void)pthread_join(maker, NULL);
    assert_true(chile_is_there());
    until_in_step();
    same_as("chile");
    same_as(REALM_MASTER);
}

static void until_it_waits_for_room(void)
{
    int before = atomic_load(&standby.looks);
    for (int i = 0; atomic_load(&standby.looks) < before + 3 && i < WAIT_MS; i++)
        (void)usleep(1000);
}

/* RP-02: the standby hears that a realm is gone before its list forgets it, also while the leader is busy
 * with another one: killed and promoted in between, it would have a file of nobody. */
static void test_rp_02_gone_is_told_at_once(void **state)
{
    (void)state;
    start_leader((struct leader_config){0});
    make_realm("chile");
    connect_standby();
    until_in_step();
    atomic_store(&standby.waiting, (size_t)8 << 20); /* commits find room, databases do not */
    make_realm("bolivia");
    until_it_waits_for_room();
    ok(store_realm_delete(store, STR("chile")));
    assert_int_equal(standby.gone, 1);
    assert_int_equal(standby.snapshots, 3);
    atomic_store(&standby.waiting, 0);
    until_in_step();
    same_as("bolivia");
    same_as(REALM_MASTER);
}

static bool asks_for(const char *file)
{
    (void)pthread_mutex_lock(&standby.lock);
    bool asks = false;
    for (size_t i = 0; i < standby.reply_count; i++)
        asks |= standby.replies[i].type == REPL_HASHES &&
                strcmp(standby.copies[standby.replies[i].copy].file, file) == 0;
    (void)pthread_mutex_unlock(&standby.lock);
    return asks;
}

static void be_silent(bool silent)
{
    (void)pthread_mutex_lock(&standby.lock);
    standby.silent = silent;
    (void)pthread_mutex_unlock(&standby.lock);
}

/* Nothing of a deleted realm stays on the disk because a standby does not answer. */
static void test_a_deleted_realm_waits_for_no_answer(void **state)
{
    (void)state;
    char path[FOLDER_PATH_MAX];
    struct slot *slot;
    start_leader((struct leader_config){.kept_bytes = 64 << 10});
    make_filled("chile");
    ok(slot_find(store, STR("chile"), &slot));
    ok(folder_db_path(&store->folder, str_c(slot->file), path));
    connect_standby();
    until_in_step();
    disconnect_standby();
    change("chile", 60);
    be_silent(true);
    connect_standby();
    for (int i = 0; !asks_for(slot->file) && i < WAIT_MS; i++)
        (void)usleep(1000);
    assert_true(asks_for(slot->file));
    ok(store_realm_delete(store, STR("chile")));
    assert_int_equal(access(path, F_OK), -1);
    be_silent(false);
    until_in_step();
    same_as("peru");
}

/* A realm that was made since the standby connected is not gone when the standby asks for it anew. */
static void test_brings_a_new_realm_again(void **state)
{
    (void)state;
    struct slot *slot;
    start_leader((struct leader_config){0});
    connect_standby();
    until_in_step();
    make_realm("chile");
    until_in_step();
    ok(slot_find(store, STR("chile"), &slot));
    int brought = standby.snapshots + standby.differences;
    const struct repl_message m = {.type = REPL_AT, .at = {str_c(slot->file), {0}}};
    ok(leader_message(leader, &m));
    until_in_step();
    assert_int_equal(standby.gone, 0);
    assert_int_equal(standby.snapshots + standby.differences, brought + 1);
    same_as("chile");
}

static int commit_as_answered(const char *name)
{
    struct realm_view *view = view_of("peru");
    struct user user = user_named(name);
    struct store_write *w;
    struct now now = clock_now();
    int err = store_write_begin(view, &now, &w);
    if (err == 0) {
        ok(user_insert(w, &user));
        err = store_commit(w, DURABLE_STANDBY);
    }
    realm_view_release(view);
    return err;
}

static void silence(bool on)
{
    (void)pthread_mutex_lock(&standby.lock);
    standby.silent = on;
    (void)pthread_mutex_unlock(&standby.lock);
}

static void *speak_soon(void *arg)
{
    (void)arg;
    (void)usleep(300000);
    silence(false);
    return NULL;
}

static void test_answers_wait(void **state)
{
    pthread_t thread;
    (void)state;
    start_leader((struct leader_config){.mode = REPL_SYNC_FLUSH, .confirm_ms = WAIT_MS});
    connect_standby();
    until_in_step();
    silence(true);
    int64_t begun_ms = clock_now().monotonic_ms;
    assert_int_equal(pthread_create(&thread, NULL, speak_soon, NULL), 0);
    ok(commit_as_answered("ana"));
    assert_true(clock_now().monotonic_ms - begun_ms >= 290);
    (void)pthread_join(thread, NULL);
    assert_int_equal(state_of().behind_commits, 0);
    assert_false(state_of().degraded);
}

static void test_answers_do_not_wait_when_asynchronous(void **state)
{
    (void)state;
    start_leader((struct leader_config){.confirm_ms = 3600000});
    connect_standby();
    until_in_step();
    silence(true);
    ok(commit_as_answered("ana"));
    assert_int_not_equal(state_of().behind_commits, 0);
    leader_set_mode(leader, REPL_SYNC_FLUSH);
    silence(false);
    ok(commit_as_answered("eva"));
    assert_int_equal(state_of().behind_commits, 0);
}

static void test_goes_on_without(void **state)
{
    (void)state;
    start_leader((struct leader_config){.mode = REPL_SYNC_FLUSH, .confirm_ms = 200});
    ok(commit_as_answered("before"));
    assert_true(state_of().degraded);
    connect_standby();
    until_in_step();
    assert_false(state_of().degraded);
    silence(true);
    ok(commit_as_answered("ana"));
    assert_true(state_of().degraded);
    silence(false);
    until_in_step();
    ok(commit_as_answered("eva"));
    for (int i = 0; state_of().degraded && i < WAIT_MS; i++)
        (void)usleep(1000);
    assert_false(state_of().degraded);
}

static void test_stops_without(void **state)
{
    (void)state;
    start_leader((struct leader_config){
        .mode = REPL_SYNC_FLUSH, .confirm_ms = 200, .stop_without_standby = true});
    fails(commit_as_answered("before"), ERR_NO_STANDBY);
    connect_standby();
    until_in_step();
    ok(commit_as_answered("ana"));
    silence(true);
    fails(commit_as_answered("eva"), ERR_UNCONFIRMED);
    silence(false);
    ok(commit_as_answered("eve"));
    disconnect_standby();
    fails(commit_as_answered("late"), ERR_NO_STANDBY);
    connect_standby();
    until_in_step();
    same_as("peru");
}

/* RP-02: where a witness decides, a primary changes nothing without a lease, and answers without its standby
 * only when the witness knows. */
static void test_needs_a_lease(void **state)
{
    struct lease *lease = node_lease(store_node(store));
    (void)state;
    start_leader((struct leader_config){0});
    lease_require(lease, true);
    fails(commit_as_answered("before"), ERR_NO_LEASE);
    lease_set_length(lease, LEASE_MOST_MS);
    lease_extend(lease, lease_now_ms(lease));
    assert_int_equal(leader_stance(leader, LEASE_ALONE), LEASE_ALONE);
    connect_standby();
    until_in_step();
    assert_int_equal(leader_stance(leader, LEASE_ALONE), LEASE_ASYNC);
    disconnect_standby();
    lease_set_told(lease, LEASE_ASYNC);
    ok(commit_as_answered("ana"));
    lease_drop(lease);
    fails(commit_as_answered("late"), ERR_NO_LEASE);
    lease_require(lease, false);
    ok(commit_as_answered("eva"));
}

static void test_tells_the_witness_before_it_answers_alone(void **state)
{
    struct lease *lease = node_lease(store_node(store));
    (void)state;
    lease_set_length(lease, LEASE_MOST_MS);
    lease_extend(lease, lease_now_ms(lease));
    lease_require(lease, true);
    start_leader((struct leader_config){.mode = REPL_SYNC_FLUSH, .confirm_ms = 200});
    fails(commit_as_answered("before"), ERR_UNCONFIRMED);
    assert_int_equal(leader_stance(leader, LEASE_ALONE), LEASE_ALONE);
    lease_set_told(lease, LEASE_ASYNC); /* of the mode before: the standby would reign */
    fails(commit_as_answered("too early"), ERR_UNCONFIRMED);
    connect_standby();
    until_in_step();
    lease_count_on(lease, "00000000-0000-0000-0000-00000000000a");
    lease_attach(lease, "00000000-0000-0000-0000-00000000000b");
    assert_false(lease_may_tell(lease, "00000000-0000-0000-0000-00000000000a"));
    fails(commit_as_answered("not by this one"), ERR_UNCONFIRMED);
    lease_attach(lease, "00000000-0000-0000-0000-00000000000a");
    assert_true(lease_may_tell(lease, "00000000-0000-0000-0000-00000000000a"));
    leader_set_mode(leader, REPL_SYNC_FLUSH); /* a new beginning after what was in vain */
    ok(commit_as_answered("ana"));
    assert_int_equal(leader_stance(leader, LEASE_ALONE), LEASE_COVERED);
    silence(true);
    fails(commit_as_answered("eva"), ERR_UNCONFIRMED);
    assert_int_equal(leader_stance(leader, LEASE_COVERED), LEASE_ALONE);
    lease_set_told(lease, LEASE_ALONE);
    leader_lease_changed(leader);
    ok(commit_as_answered("eve"));
    silence(false);
}

static void test_waits_for_room(void **state)
{
    (void)state;
    start_leader((struct leader_config){0});
    connect_standby();
    until_in_step();
    atomic_store(&standby.waiting, REPL_WAITING_MAX);
    int before = standby.commits;
    change("peru", 10);
    assert_int_equal(standby.commits, before);
    atomic_store(&standby.waiting, 0);
    until_in_step();
    same_as("peru");
    assert_int_equal(standby.snapshots, 2);
}

static bool a_snapshot_comes(void)
{
    (void)pthread_mutex_lock(&standby.lock);
    bool comes = standby.snapshot.on;
    (void)pthread_mutex_unlock(&standby.lock);
    return comes;
}

static void lose_copy(const char *realm)
{
    struct slot *slot;
    ok(slot_find(store, str_c(realm), &slot));
    struct copy *c = &standby.copies[copy_of(str_c(slot->file))];
    free(c->pages);
    memset(c, 0, sizeof(*c));
}

/* While one realm comes whole, however long that takes, changes of the others go on. */
static void test_a_snapshot_holds_up_nobody(void **state)
{
    (void)state;
    make_filled("chile");
    change("chile", 200);
    start_leader((struct leader_config){.snapshot_pages_per_s = 1000});
    connect_standby();
    until_in_step();
    disconnect_standby();
    lose_copy("chile");
    connect_standby();
    while (!a_snapshot_comes())
        (void)usleep(100);
    change("peru", 10);
    assert_true(a_snapshot_comes());
    assert_in_range(standby.commits_within, 10, 20);
    same_as("peru");
    until_in_step();
    same_as("chile");
}

static void *write_much(void *arg)
{
    change(arg, 60);
    return NULL;
}

/* Commits of several realms while databases come and the connection breaks. */
static void test_all_at_once(void **state)
{
    static char realms[][8] = {"peru", "chile", "cuba"};
    pthread_t threads[ARRAY_LEN(realms)];
    (void)state;
    make_filled("chile");
    make_filled("cuba");
    start_leader((struct leader_config){.kept_bytes = 256 << 10});
    for (int round = 0; round < 4; round++) {
        connect_standby();
        for (size_t i = 0; i < ARRAY_LEN(realms); i++)
            assert_int_equal(pthread_create(&threads[i], NULL, write_much, realms[i]), 0);
        (void)usleep(20000);
        disconnect_standby();
        connect_standby();
        int err = leader_verify(leader);
        assert_true(err == 0 || err == ERR_NOT_FOUND);
        for (size_t i = 0; i < ARRAY_LEN(realms); i++)
            (void)pthread_join(threads[i], NULL);
        until_in_step();
        for (size_t i = 0; i < ARRAY_LEN(realms); i++)
            same_as(realms[i]);
        assert_int_equal(state_of().pages_differed, 0);
        disconnect_standby();
    }
}

/* What came after a database that went whole is no longer kept when it has arrived: it is brought again,
 * and what the standby says of the first time is no mistake. */
static void test_brings_again_what_outran_it(void **state)
{
    (void)state;
    start_leader((struct leader_config){.kept_bytes = 16 << 10, .snapshot_pages_per_s = 2000});
    change("peru", 100);
    connect_standby();
    (void)usleep(30000);
    change("peru", 60);
    until_in_step();
    same_as("peru");
    assert_false(leader_broken(leader));
}

static void insert(const char *text)
{
    struct slot *slot;
    ok(slot_find(store, STR("peru"), &slot));
    statement(slot, text);
}

/* RP-02: while a database is brought, one commit is kept and a later one is too large for that: what is kept leads
 * on, and still not all of it is there. */
static void test_rp_02_the_last_commit_was_not_kept(void **state)
{
    (void)state;
    start_leader((struct leader_config){.kept_bytes = 16 << 10});
    connect_standby();
    until_in_step();
    atomic_store(&standby.waiting, (size_t)8 << 20); /* the database waits for room */
    insert("INSERT INTO t VALUES (1000, randomblob(60000))");
    until_it_waits_for_room();
    insert("INSERT INTO t VALUES (1001, 'small')");
    insert("INSERT INTO t VALUES (1002, randomblob(60000))");
    atomic_store(&standby.waiting, 0);
    until_in_step();
    same_as("peru");
}

static void test_refuses_what_makes_no_sense(void **state)
{
    struct repl_message m = {.type = REPL_AT_END};
    (void)state;
    start_leader((struct leader_config){0});
    fails(leader_message(leader, &m), ERR_INVALID_REQUEST);
    fails(leader_verify(leader), ERR_NOT_FOUND);
    connect_standby();
    fails(leader_attach(leader, &out), ERR_CONFLICT);
    fails(leader_message(leader, &m), ERR_INVALID_REQUEST);
    until_in_step();
    m.type = REPL_ACK;
    m.at = (struct repl_at){STR(REALM_MASTER), {9, 1, 1}};
    fails(leader_message(leader, &m), ERR_INVALID_REQUEST);
    m.type = REPL_HASHES;
    m.hashes = (struct repl_hashes){.file = STR("nowhere"), .first = 1};
    fails(leader_message(leader, &m), ERR_INVALID_REQUEST);
    m.type = REPL_SNAPSHOT;
    fails(leader_message(leader, &m), ERR_INVALID_REQUEST);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_comes_and_follows),
        TEST(test_goes_on_after_a_break),
        TEST(test_sends_what_differs),
        TEST(test_tells_histories_apart),
        TEST(test_numbers_begin_anew),
        TEST(test_compares_all_pages),
        TEST(test_realms_come_and_go),
        TEST(test_rp_02_gone_is_told_at_once),
        TEST(test_rp_02_a_realm_is_made_while_the_standby_comes),
        TEST(test_rp_02_ready_is_what_the_standby_has),
        TEST(test_a_deleted_realm_waits_for_no_answer),
        TEST(test_brings_a_new_realm_again),
        TEST(test_answers_wait),
        TEST(test_answers_do_not_wait_when_asynchronous),
        TEST(test_goes_on_without),
        TEST(test_stops_without),
        TEST(test_needs_a_lease),
        TEST(test_tells_the_witness_before_it_answers_alone),
        TEST(test_waits_for_room),
        TEST(test_a_snapshot_holds_up_nobody),
        TEST(test_all_at_once),
        TEST(test_brings_again_what_outran_it),
        TEST(test_rp_02_the_last_commit_was_not_kept),
        TEST(test_refuses_what_makes_no_sense),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
