/* A new folder becomes a standby's, whole or not at all. */
#include <sys/stat.h>

#include "tests/unit/store/pairing_support.h"

#include "store/repl/join.h"

static char folder[300];
static char from[32];
static struct pairing_gift got;

static int make_folder(void **unused)
{
    int rc = set_up(unused);
    (void)snprintf(folder, sizeof(folder), "%s/standby", test_dir);
    (void)snprintf(from, sizeof(from), "127.0.0.1:%u", link_listener_port(listener));
    given.settings = (struct repl_settings){
        .names = {STR("file:tls.crt"), STR("file:../../escape"), STR("hostname")},
        .values = {STR("a certificate\n"), STR("never"), STR("https://id.example")},
        .count = 3};
    return rc;
}

static int remove_folder(void **unused)
{
    char command[800];
    pairing_gift_free(&got);
    (void)snprintf(command, sizeof(command), "rm -rf '%s' '%s/elsewhere'", folder, test_dir);
    assert_int_equal(system(command), 0);
    return tear_down(unused);
}

static int join_with(const struct pairing_token *token, const char *key_path)
{
    const struct join_wish wish = {.from = str_c(from),
                                   .token = token,
                                   .address = STR(":7444"),
                                   .master_key_path = key_path,
                                   .wait_ms = 10000};
    ctx = (struct err_ctx){0};
    return join_folder(folder, &wish, &arena, &got, &ctx);
}

static void read_file(const char *name, char text[128])
{
    char path[512];
    (void)snprintf(path, sizeof(path), "%s/%s", folder, name);
    FILE *f = fopen(path, "re");
    assert_non_null(f);
    size_t n = fread(text, 1, 127, f);
    text[n] = '\0';
    assert_int_equal(fclose(f), 0);
}

static bool is_there_file(const char *name)
{
    char path[512];
    struct stat st;
    (void)snprintf(path, sizeof(path), "%s/%s", folder, name);
    return stat(path, &st) == 0;
}

static void look_at_folder(struct node_state *ret_state)
{
    struct node *standby;
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    ok(node_open(fd, &standby, NULL));
    node_look(standby, ret_state);
    node_close(standby);
    (void)close(fd);
}

static void a_new_folder_becomes_a_standbys(void **unused)
{
    struct pairing_token token;
    struct node_state own;
    char text[128];
    (void)unused;
    make_token(&token);
    ok(join_with(&token, NULL));
    look_at_folder(&own);
    node_look(node, &state);
    assert_int_equal(own.role, REPL_STANDBY);
    assert_int_equal(own.epoch, 1);
    assert_string_equal(own.cluster, state.cluster);
    assert_string_equal(own.peer.node, state.id);
    assert_string_equal(own.peer.address, from);
    assert_memory_equal(own.peer.pin, here.pin.bytes, LINK_PIN_BYTES);
    assert_string_equal(own.id, state.peer.node);
    assert_int_equal(own.timeline_count, 1);
    read_file("master.key", text);
    assert_string_equal(text, SECRET);
    read_file("tls/tls.crt", text);
    assert_string_equal(text, "a certificate\n");
    assert_false(is_there_file("replication/joining"));
    assert_false(is_there_file("../escape"));
    assert_false(is_there_file("hostname"));
}

static void a_folder_in_use_stays_as_it_is(void **unused)
{
    struct pairing_token token;
    (void)unused;
    make_token(&token);
    ok(join_with(&token, NULL));
    pairing_gift_free(&got);
    fails(join_with(&token, NULL), ERR_CONFLICT);
    assert_non_null(strstr(ctx.detail, "in use"));
}

static void what_failed_can_be_tried_again(void **unused)
{
    struct pairing_token token, wrong;
    (void)unused;
    make_token(&token);
    wrong = token;
    wrong.secret[0] ^= 1;
    fails(join_with(&wrong, NULL), ERR_ACCESS_DENIED);
    assert_false(is_there_file("replication/node"));
    assert_false(is_there_file("master.key"));
    wrong = token;
    wrong.pin = other.pin;
    fails(join_with(&wrong, NULL), ERR_UNAUTHENTICATED);
    ok(join_with(&token, NULL));
}

static void put_key_file(const char *path, const char *text)
{
    FILE *f = fopen(path, "we");
    assert_non_null(f);
    assert_true(fputs(text, f) >= 0);
    assert_int_equal(fclose(f), 0);
    assert_int_equal(chmod(path, 0600), 0);
}

static void a_key_that_is_there_already_is_not_overwritten(void **unused)
{
    struct pairing_token token;
    char path[512];
    (void)unused;
    make_token(&token);
    assert_int_equal(mkdir(folder, 0700), 0);
    (void)snprintf(path, sizeof(path), "%s/master.key", folder);
    put_key_file(path, "ffffffffffffffffffffffffffffffff");
    fails(join_with(&token, NULL), ERR_CONFLICT);
    assert_non_null(strstr(ctx.detail, "master.key"));
    node_look(node, &state);
    assert_int_equal(state.token_count, 1);
}

static void a_key_kept_elsewhere_must_be_the_primarys(void **unused)
{
    struct pairing_token token;
    char path[512];
    (void)unused;
    (void)snprintf(path, sizeof(path), "%s/elsewhere", test_dir);
    put_key_file(path, SECRET);
    make_token(&token);
    ok(join_with(&token, path));
    assert_false(is_there_file("master.key"));
}

static void another_key_elsewhere_is_refused(void **unused)
{
    struct pairing_token token;
    char path[512];
    (void)unused;
    (void)snprintf(path, sizeof(path), "%s/elsewhere", test_dir);
    put_key_file(path, "ffffffffffffffffffffffffffffffff");
    make_token(&token);
    fails(join_with(&token, path), ERR_SEAL);
    assert_false(is_there_file("replication/node"));
}

#define A_TEST(name) cmocka_unit_test_setup_teardown(name, make_folder, remove_folder)

int main(void)
{
    const struct CMUnitTest tests[] = {
        A_TEST(a_new_folder_becomes_a_standbys),
        A_TEST(a_folder_in_use_stays_as_it_is),
        A_TEST(what_failed_can_be_tried_again),
        A_TEST(a_key_that_is_there_already_is_not_overwritten),
        A_TEST(a_key_kept_elsewhere_must_be_the_primarys),
        A_TEST(another_key_elsewhere_is_refused),
    };
    return cmocka_run_group_tests(tests, make_nodes, forget_nodes);
}
