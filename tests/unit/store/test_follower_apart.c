/* A database that comes whole is put in place while the others go on, and what comes for it waits. */
#include "tests/unit/store/follow_support.h"

#include "store/repl/following.h"

#define LONG_MS 120000

/* As writers of the standby's database would: nothing is put in place meanwhile. */
struct held {
    struct slot *slot;
    struct realm_db *db;
};

static struct held hold(const char *realm)
{
    struct held h;
    ok(slot_find(standby, str_c(realm), &h.slot));
    ok(slot_db_acquire(h.slot, &h.db));
    ok(turnstile_enter(&h.db->turn, LONG_MS));
    return h;
}

static void let_go(const struct held *h)
{
    turnstile_leave(&h->db->turn);
    slot_db_release(h->slot, h->db);
}

static void open_patient_standby(void)
{
    char path[300];
    dir_of("s", path);
    const struct store_config config = {.data_dir = path, .standby = true, .wait_ms = LONG_MS};
    close_standby();
    ok(store_open(&config, &standby));
    attach();
    bring_all();
    settle();
}

static void make_and_bring(const char *realm)
{
    make_realm(realm);
    bring_all();
    settle();
}

static void add_one(const char *realm, const char *username)
{
    struct realm_view *view = view_of(realm);
    add_user(view, username);
    realm_view_release(view);
}

static size_t waiting_bytes(void)
{
    struct follower_state state;
    follower_state(follower, &state);
    ok(state.trouble);
    return state.waiting_bytes;
}

static struct repl_position here(const char *realm)
{
    struct whole w = {0};
    whole_read(primary, str_c(file_of(realm)), &w);
    struct repl_position at = w.at;
    whole_free(&w);
    return at;
}

static bool is_acknowledged(const char *realm)
{
    struct repl_position at = here(realm);
    (void)pthread_mutex_lock(&heard.lock);
    bool same = position_is(&at, &said_of(str_c(file_of(realm)))->acknowledged);
    (void)pthread_mutex_unlock(&heard.lock);
    return same;
}

static void wait_for_acknowledgement(const char *realm)
{
    struct repl_position at = here(realm);
    (void)pthread_mutex_lock(&heard.lock);
    const struct said *said = said_of(str_c(file_of(realm)));
    while (!position_is(&at, &said->acknowledged))
        (void)pthread_cond_wait(&heard.changed, &heard.lock);
    (void)pthread_mutex_unlock(&heard.lock);
}

static void test_others_go_on_meanwhile(void **state)
{
    (void)state;
    make_and_bring("chile");
    struct held peru = hold("peru");
    bring(str_c(file_of("peru")));
    add_one("peru", "ana");
    add_one("chile", "eva");
    wait_for_acknowledgement("chile");
    assert_true(standby_has_user("chile", "eva"));
    follower_catch_up(follower,
                      LONG_MS); /* a request of chile that was passed on waits for nothing else */
    assert_true(waiting_bytes() > 0);
    assert_false(standby_has_user("peru", "ana"));
    assert_false(is_acknowledged("peru"));
    let_go(&peru);
    settle();
    assert_true(standby_has_user("peru", "ana"));
    wait_for_acknowledgement("peru");
    same_everywhere(str_c(file_of("peru")));
    same_everywhere(str_c(file_of("chile")));
}

static bool is_fresh(int64_t since_ms)
{
    struct follower_state told;
    follower_state(follower, &told);
    return told.stale_ms >= 0 && clock_now().monotonic_ms - told.stale_ms >= since_ms;
}

/* It is as old as the oldest of its databases. */
static void test_rp_02_it_is_not_fresh_before_all_is_in_place(void **state)
{
    (void)state;
    int64_t said_ms = clock_now().monotonic_ms;
    const struct repl_message beat = {.type = REPL_HEARTBEAT,
                                      .heartbeat = {.said_ms = said_ms, .complete = true}};
    make_and_bring("chile");
    struct held peru = hold("peru");
    bring(str_c(file_of("peru")));
    ok(deliver(&beat));
    add_one("chile", "eva");
    add_one("chile", "zoe");
    wait_for_acknowledgement("chile");
    assert_false(is_fresh(said_ms));
    let_go(&peru);
    settle();
    assert_true(is_fresh(said_ms));
}

static void test_more_than_are_put_in_place_at_once(void **state)
{
    static const char *const realms[] = {"a", "b", "c", "d", "e", "f"};
    struct held held[ARRAY_LEN(realms)];
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(realms); i++)
        make_and_bring(realms[i]);
    for (size_t i = 0; i < ARRAY_LEN(realms); i++) {
        held[i] = hold(realms[i]);
        bring(str_c(file_of(realms[i])));
        add_one(realms[i], "ana");
    }
    add_one("peru", "eva");
    wait_for_acknowledgement("peru");
    for (size_t i = 0; i < ARRAY_LEN(realms); i++)
        let_go(&held[i]);
    settle();
    for (size_t i = 0; i < ARRAY_LEN(realms); i++) {
        assert_true(standby_has_user(realms[i], "ana"));
        same_everywhere(str_c(file_of(realms[i])));
    }
}

/* The next connection hears where it stands after that. */
static void test_a_break_meanwhile(void **state)
{
    (void)state;
    struct held peru = hold("peru");
    add_one("peru", "ana");
    bring(str_c(file_of("peru")));
    follower_detach(follower);
    add_one(REALM_MASTER, "eva");
    (void)pthread_mutex_lock(&heard.lock);
    heard.all = false;
    (void)pthread_mutex_unlock(&heard.lock);
    ok(follower_attach(follower, &to_primary));
    let_go(&peru);
    struct repl_position at = here("peru");
    (void)pthread_mutex_lock(&heard.lock);
    while (!heard.all)
        (void)pthread_cond_wait(&heard.changed, &heard.lock);
    assert_true(position_is(&at, &said_of(str_c(file_of("peru")))->at));
    (void)pthread_mutex_unlock(&heard.lock);
    settle();
    same_everywhere(str_c(file_of("peru")));
}

static void test_who_ends_has_put_it_in_place(void **state)
{
    (void)state;
    add_one("peru", "ana");
    bring(str_c(file_of("peru")));
    close_standby();
    open_standby();
    assert_true(standby_has_user("peru", "ana"));
}

/* Commits that lead on from nothing, until not even one of a single page finds room. */
static void fill_up(const char *realm)
{
    enum { MOST = 2048, EACH = 16 };
    static const unsigned char image[PAGE_BYTES];
    struct repl_page *pages = calloc(MOST, sizeof(*pages));
    assert_non_null(pages);
    for (uint32_t i = 0; i < MOST; i++)
        pages[i] = (struct repl_page){i + 1, image};
    struct repl_commit c = {.realm = STR("a-realm"),
                            .file = str_c(file_of(realm)),
                            .before = {9, 9, 9},
                            .after = {9, 10, 10},
                            .page_count = MOST,
                            .pages = pages};
    for (c.count = MOST; c.count > 0; c.count /= EACH)
        for (int i = 0; i < EACH; i++)
            ok(deliver_commit(&c));
    free(pages);
}

/* What finds no room is asked for when the database is in place. */
static void test_rp_03_too_much_comes_meanwhile(void **state)
{
    (void)state;
    make_and_bring("chile");
    struct held peru = hold("peru"), chile = hold("chile");
    bring(str_c(file_of("peru")));
    bring(str_c(file_of("chile")));
    fill_up("chile");
    add_one("peru", "ana");
    add_one(REALM_MASTER, "eva");
    wait_for_acknowledgement(REALM_MASTER);
    assert_true(waiting_bytes() < FOLLOWER_WAITING_MAX);
    let_go(&peru);
    let_go(&chile);
    settle();
    assert_false(standby_has_user("peru", "ana"));
    bring_wanted();
    assert_true(standby_has_user("peru", "ana"));
    same_everywhere(str_c(file_of("peru")));
    same_everywhere(str_c(file_of("chile")));
}

static int deliver_one_of(const char *realm)
{
    const struct repl_page page = {1, (const unsigned char[PAGE_BYTES]){0}};
    const struct repl_commit c = {.realm = STR("a-realm"),
                                  .file = str_c(file_of(realm)),
                                  .before = {9, 9, 9},
                                  .after = {9, 10, 10},
                                  .page_count = 1,
                                  .pages = &page,
                                  .count = 1};
    return deliver_commit(&c);
}

/* RP-02: who is to reign waits until all that came is in place, and then nothing comes any more; who does not
 * reign after all goes on. */
static void test_rp_02_nothing_comes_after_a_halt(void **state)
{
    (void)state;
    struct follower_state told;
    add_one("peru", "ana");
    settle();
    struct held peru = hold("peru");
    bring(str_c(file_of("peru")));
    fails(follower_halt(follower, 50), ERR_TIMEOUT);
    add_one("peru", "eva"); /* it goes on */
    let_go(&peru);
    ok(follower_halt(follower, LONG_MS));
    follower_state(follower, &told);
    assert_int_equal(told.waiting_bytes, 0);
    assert_true(standby_has_user("peru", "eva"));
    fails(deliver_one_of("peru"), ERR_CANCELLED);
    follower_state(follower, &told);
    assert_int_equal(told.waiting_bytes, 0);
    follower_resume(follower);
    follower_detach(follower);
    attach();
    add_one("peru", "leo");
    settle();
    bring_wanted();
    assert_true(standby_has_user("peru", "leo"));
    same_everywhere(str_c(file_of("peru")));
}

static bool is_doomed(const char *file)
{
    char path[FOLDER_PATH_MAX];
    (void)snprintf(path, sizeof(path), "%s/s/realms/%s.db" DOOM_SUFFIX, test_dir, file);
    return access(path, F_OK) == 0;
}

static void tell_gone(const char *file)
{
    const struct repl_message gone = {.type = REPL_GONE, .file = str_c(file)};
    ok(deliver(&gone));
}

/* RP-02: the list forgets a realm while its database is still put in place: who is killed then and reigns
 * must find that the file is nobody's. */
static void test_rp_02_a_realm_that_goes_meanwhile(void **state)
{
    (void)state;
    char file[FILE_NAME_MAX + 1];
    make_and_bring("chile");
    (void)snprintf(file, sizeof(file), "%s", file_of("chile"));
    struct held chile = hold("chile");
    bring(str_c(file));
    tell_gone(file);
    ok(store_realm_delete(primary, STR("chile")));
    wait_for_acknowledgement(REALM_MASTER);
    assert_true(is_doomed(file));
    let_go(&chile);
    settle();
    assert_int_equal(folder_db_bytes(&standby->folder, str_c(file)), -1);
    assert_false(is_doomed(file));
}

static void open_as_primary(void)
{
    char path[300];
    dir_of("s", path);
    const struct store_config config = {.data_dir = path};
    close_standby();
    ok(store_open(&config, &standby));
}

/* RP-02: one that is read when its realm goes does not outlive a promotion. */
static void test_rp_02_a_realm_that_is_read_when_it_goes(void **state)
{
    (void)state;
    char file[FILE_NAME_MAX + 1];
    struct held chile;
    make_and_bring("chile");
    (void)snprintf(file, sizeof(file), "%s", file_of("chile"));
    ok(slot_find(standby, STR("chile"), &chile.slot));
    ok(slot_db_acquire(chile.slot, &chile.db));
    ok(store_realm_delete(primary, STR("chile")));
    tell_gone(file);
    settle();
    assert_true(folder_db_bytes(&standby->folder, str_c(file)) > 0);
    slot_db_release(chile.slot, chile.db);
    open_as_primary();
    assert_int_equal(folder_db_bytes(&standby->folder, str_c(file)), -1);
    assert_false(is_doomed(file));
    assert_false(standby_has_user("peru", "nobody"));
}

/* What comes anew after that stays. */
static void test_rp_02_a_database_that_comes_again_stays(void **state)
{
    (void)state;
    char file[FILE_NAME_MAX + 1];
    make_and_bring("chile");
    (void)snprintf(file, sizeof(file), "%s", file_of("chile"));
    struct held chile = hold("chile");
    bring(str_c(file));
    tell_gone(file);
    bring(str_c(file));
    let_go(&chile);
    settle();
    close_standby();
    open_standby();
    assert_true(folder_db_bytes(&standby->folder, str_c(file)) > 0);
}

static int start(void **state)
{
    int err = start_pair(state);
    open_patient_standby();
    return err;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, end_pair)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_others_go_on_meanwhile),
        TEST(test_rp_02_it_is_not_fresh_before_all_is_in_place),
        TEST(test_more_than_are_put_in_place_at_once),
        TEST(test_a_break_meanwhile),
        TEST(test_who_ends_has_put_it_in_place),
        TEST(test_rp_03_too_much_comes_meanwhile),
        TEST(test_rp_02_nothing_comes_after_a_halt),
        TEST(test_rp_02_a_realm_that_goes_meanwhile),
        TEST(test_rp_02_a_realm_that_is_read_when_it_goes),
        TEST(test_rp_02_a_database_that_comes_again_stays),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
