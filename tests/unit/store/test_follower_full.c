/* A standby whose disk is full when a realm goes that somebody reads: what says that its file is nobody's cannot be
 * written. The list of realms must not forget it then, and the primary must be able to say it again (RP-02). */
#include "tests/unit/store/follow_support.h"

#include "store/realm_list.h"
#include "tests/torture/fault.h"
#include "tests/torture/fault_libc.h"

static char file[FILE_NAME_MAX + 1];
static struct slot *reader_slot;
static struct realm_db *reader;

static void read_chile(void)
{
    make_realm("chile");
    bring_all();
    settle();
    (void)snprintf(file, sizeof(file), "%s", file_of("chile"));
    ok(slot_find(standby, STR("chile"), &reader_slot));
    ok(slot_db_acquire(reader_slot, &reader));
}

static void let_chile_go(void)
{
    slot_db_release(reader_slot, reader);
}

static bool is_doomed(void)
{
    char path[FOLDER_PATH_MAX];
    (void)snprintf(path, sizeof(path), "%s/s/realms/%s.db" DOOM_SUFFIX, test_dir, file);
    return access(path, F_OK) == 0;
}

static bool is_listed(void)
{
    struct list_row row;
    int err = realm_list_find_file(standby, &arena, str_c(file), &row);
    assert_true(err == 0 || err == ERR_NOT_FOUND);
    return err == 0;
}

static void fill_disk(enum fault_op op)
{
    static char root[300];
    dir_of("s", root);
    fault_libc_watch(root);
    fault_arm(&(struct fault_plan){
        .ops = FAULT_BIT(op), .kind = FAULT_ENOSPC, .nth = 1, .for_ever = true});
}

static void empty_disk(void)
{
    fault_clear();
    fault_libc_watch(NULL);
}

static int wait_for_trouble(void)
{
    struct follower_state state = {.trouble = 0};
    while (state.trouble == 0) {
        (void)sqlite3_sleep(1);
        follower_state(follower, &state);
    }
    return state.trouble;
}

static int tell_gone(void)
{
    const struct repl_message gone = {.type = REPL_GONE, .file = str_c(file)};
    return deliver(&gone);
}

/* As the primary does it: the standby hears before the list forgets. */
static void delete_chile(void)
{
    lost_file = REALM_MASTER; /* the connection ended */
    ok(store_realm_delete(primary, STR("chile")));
    lost_file = NULL;
}

static void connect_again(void)
{
    follower_detach(follower);
    attach();
}

static bool is_said(void)
{
    (void)pthread_mutex_lock(&heard.lock);
    bool said = said_of(str_c(file))->named;
    (void)pthread_mutex_unlock(&heard.lock);
    return said;
}

static void open_as_primary(void)
{
    char path[300];
    dir_of("s", path);
    const struct store_config config = {.data_dir = path};
    close_standby();
    ok(store_open(&config, &standby));
}

static void refuse_to_note(enum fault_op op)
{
    read_chile();
    fill_disk(op);
    ok(tell_gone());
    fails(wait_for_trouble(), ERR_STORE_FULL);
    delete_chile();
    assert_true(is_listed());
    assert_true(folder_db_bytes(&standby->folder, str_c(file)) > 0);
}

static void test_rp_02_it_is_said_again_when_there_is_room(void **state)
{
    (void)state;
    refuse_to_note(FAULT_OPEN);
    assert_false(is_doomed());
    empty_disk();
    connect_again();
    assert_true(is_said());
    ok(tell_gone());
    bring(STR(REALM_MASTER));
    settle();
    assert_true(is_doomed());
    assert_false(is_listed());
    let_chile_go();
    open_as_primary();
    assert_int_equal(folder_db_bytes(&standby->folder, str_c(file)), -1);
    assert_false(is_doomed());
}

static void test_rp_02_still_no_room(void **state)
{
    (void)state;
    refuse_to_note(FAULT_OPEN);
    for (int i = 0; i < 3; i++) {
        connect_again();
        assert_true(is_said());
        ok(tell_gone());
        fails(wait_for_trouble(), ERR_STORE_FULL);
        assert_true(is_listed());
    }
    empty_disk();
    let_chile_go();
    connect_again();
    assert_true(is_said());
    ok(tell_gone());
    settle();
    assert_int_equal(folder_db_bytes(&standby->folder, str_c(file)), -1);
}

/* Nobody knows then that it was to go: the realm is there as the list says, and whole. */
static void test_rp_02_it_ends_before_there_is_room(void **state)
{
    (void)state;
    refuse_to_note(FAULT_OPEN);
    let_chile_go();
    close_standby();
    empty_disk();
    open_standby();
    assert_true(is_listed());
    assert_false(standby_has_user("chile", "nobody"));
    attach();
    assert_true(is_said());
    ok(tell_gone());
    bring(STR(REALM_MASTER));
    settle();
    assert_false(is_listed());
    assert_int_equal(folder_db_bytes(&standby->folder, str_c(file)), -1);
}

static int end(void **state)
{
    empty_disk();
    return end_pair(state);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start_pair, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_rp_02_it_is_said_again_when_there_is_room),
        TEST(test_rp_02_still_no_room),
        TEST(test_rp_02_it_ends_before_there_is_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
