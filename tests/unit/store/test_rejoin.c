/* An old primary that rejoins and is broken off while its databases are moved aside (RP-02): what is left of them
 * may lack its log, and is of no use to rewind. */
#include "tests/unit/store/store_support.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "store/repl/node.h"
#include "store/repl/node_folder.h"
#include "store/repl/rejoin.h"

#define ASIDE NODE_FOLDER "/diverged-1"

static int fence(void *arg, struct node_state *s)
{
    (void)arg;
    node_found(s, INT64_C(1700000000000));
    s->role = REPL_PRIMARY;
    s->epoch = 1;
    s->newer_epoch = 2;
    (void)snprintf(s->peer.node, sizeof(s->peer.node), "0b54a7cc-63f6-4a7e-9d0c-0d3f7c1a2b3c");
    (void)snprintf(s->peer.address, sizeof(s->peer.address), "127.0.0.1:1");
    return 0;
}

static int start(void **state)
{
    (void)start_test(state);
    make_realm("chile");
    ok(node_change(store_node(store), fence, NULL));
    close_store();
    return 0;
}

static const char *in(const char *name)
{
    return arena_printf(&arena, "%s/%s", test_dir, name).ptr;
}

static bool is_there(const char *name)
{
    return access(in(name), F_OK) == 0;
}

static void make_folder(const char *name)
{
    assert_true(mkdir(in(name), 0700) == 0 || errno == EEXIST);
}

static void put(const char *name)
{
    int fd = open(in(name), O_WRONLY | O_CREAT, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, "log", 3), 3);
    assert_int_equal(close(fd), 0);
}

static void rejoin(bool anew, struct node_state *ret_state)
{
    const struct rejoin_wish wish = {.anew = anew};
    char aside[REJOIN_ASIDE_MAX];
    struct node *node;
    struct err_ctx why = {0};
    int err = rejoin_folder(test_dir, &wish, aside, &why);
    if (err != 0)
        fail_msg("%s: %s", err_name(err), why.detail);
    assert_string_equal(aside, ASIDE);
    int fd = open(test_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_true(fd >= 0);
    ok(node_open(fd, &node, NULL));
    node_look(node, ret_state);
    node_close(node);
    assert_int_equal(close(fd), 0);
    assert_int_equal(ret_state->role, REPL_STANDBY);
}

static void test_moved(void **unused)
{
    struct node_state state;
    (void)unused;
    rejoin(true, &state);
    assert_false(state.rewinds);
    assert_true(is_there(ASIDE "/realms/master.db"));
    assert_false(is_there("realms/master.db"));
}

static void test_copied(void **unused)
{
    struct node_state state;
    (void)unused;
    rejoin(false, &state);
    assert_true(state.rewinds);
    assert_true(is_there(ASIDE "/realms/master.db"));
    assert_true(is_there("realms/master.db"));
}

/* Cut short when the log of master was moved and the database was not. */
static void test_broken_off_while_moving(void **unused)
{
    struct node_state state;
    (void)unused;
    make_folder(ASIDE);
    make_folder(ASIDE "/realms");
    put(ASIDE "/realms/master.db-wal");
    rejoin(false, &state);
    assert_false(state.rewinds);
    assert_true(is_there(ASIDE "/realms/master.db"));
    assert_true(is_there(ASIDE "/realms/master.db-wal"));
    assert_false(is_there("realms/master.db"));
}

/* Nothing was moved yet: it may still be copied. */
static void test_broken_off_before(void **unused)
{
    struct node_state state;
    (void)unused;
    make_folder(ASIDE);
    make_folder(ASIDE "/realms");
    rejoin(false, &state);
    assert_true(state.rewinds);
    assert_true(is_there("realms/master.db"));
}

/* Cut short while it copied: the databases are all here, and are copied again. */
static void test_broken_off_while_copying(void **unused)
{
    struct node_state state;
    (void)unused;
    make_folder(ASIDE);
    put(ASIDE "/copied");
    make_folder(ASIDE "/realms");
    put(ASIDE "/realms/master.db-wal");
    rejoin(false, &state);
    assert_true(state.rewinds);
    assert_true(is_there("realms/master.db"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_moved, start, end_test),
        cmocka_unit_test_setup_teardown(test_copied, start, end_test),
        cmocka_unit_test_setup_teardown(test_broken_off_while_moving, start, end_test),
        cmocka_unit_test_setup_teardown(test_broken_off_before, start, end_test),
        cmocka_unit_test_setup_teardown(test_broken_off_while_copying, start, end_test),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
