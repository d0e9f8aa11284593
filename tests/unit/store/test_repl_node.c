/* A node's place in replication: what is written is there after a new start, and who is fenced knows it
 * (RP-02). */
#include <fcntl.h>
#include <sys/stat.h>

#include "tests/unit/store/store_support.h"

#include "store/repl/node.h"

#define OTHER STR("0b54a7cc-63f6-4a7e-9d0c-0d3f7c1a2b3c")
#define NOW   INT64_C(1700000000000)

static struct node *node;
static struct node_state state;
static int dir_fd = -1;
static int times_told;

static void told(void *arg)
{
    (void)arg;
    times_told++;
}

static int set_up(void **unused)
{
    (void)unused;
    make_dir();
    dir_fd = open(test_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_true(dir_fd >= 0);
    ok(node_open(dir_fd, &node, NULL));
    return 0;
}

static int tear_down(void **unused)
{
    (void)unused;
    node_close(node);
    node = NULL;
    (void)close(dir_fd);
    remove_dir();
    return 0;
}

static void start_again(void)
{
    node_close(node);
    ok(node_open(dir_fd, &node, NULL));
    node_look(node, &state);
}

static int found(void *arg, struct node_state *s)
{
    (void)arg;
    node_found(s, NOW);
    return 0;
}

static int reign_after(void *arg, struct node_state *s)
{
    return node_reign(s, *(const uint64_t *)arg, NOW + 5);
}

static int follow(void *arg, struct node_state *s)
{
    (void)arg;
    s->role = REPL_STANDBY;
    (void)snprintf(s->peer.node, sizeof(s->peer.node), "%.*s", STR_ARG(OTHER));
    (void)snprintf(s->peer.address, sizeof(s->peer.address), "id.example:7443");
    memset(s->peer.pin, 7, sizeof(s->peer.pin));
    s->tokens[s->token_count++] = (struct node_token){.hash = {1, 2, 3}, .expires_ms = NOW + 9};
    return 0;
}

static int refuse(void *arg, struct node_state *s)
{
    (void)arg;
    s->epoch = 77;
    return ERR_CONFLICT;
}

static void a_folder_without_it_is_alone(void **unused)
{
    struct stat st;
    (void)unused;
    node_look(node, &state);
    assert_int_equal(state.role, REPL_ALONE);
    assert_int_equal(fstatat(dir_fd, "replication", &st, 0), -1);
}

static void what_was_changed_is_there_after_a_start(void **unused)
{
    (void)unused;
    ok(node_change(node, found, NULL));
    ok(node_change(node, follow, NULL));
    ok(node_set_mode(node, REPL_SYNC_APPLY));
    start_again();
    assert_int_equal(state.role, REPL_STANDBY);
    assert_int_equal(state.mode, REPL_SYNC_APPLY);
    assert_int_equal(state.epoch, 1);
    assert_int_equal(strlen(state.cluster), REPL_NODE_ID_LEN);
    assert_string_not_equal(state.cluster, state.id);
    assert_string_equal(state.peer.address, "id.example:7443");
    assert_int_equal(state.peer.pin[31], 7);
    assert_int_equal(state.token_count, 1);
    assert_int_equal(state.tokens[0].hash[2], 3);
    assert_int_equal(state.timeline_count, 1);
    assert_int_equal(state.timeline[0].at_ms, NOW);
    assert_string_equal(state.timeline[0].node, state.id);
}

static void a_change_that_fails_changes_nothing(void **unused)
{
    (void)unused;
    ok(node_change(node, found, NULL));
    node_on_change(node, told, NULL);
    times_told = 0;
    fails(node_change(node, refuse, NULL), ERR_CONFLICT);
    node_look(node, &state);
    assert_int_equal(state.epoch, 1);
    assert_int_equal(times_told, 0);
    ok(node_set_mode(node, REPL_SYNC_FLUSH));
    assert_int_equal(times_told, 1);
}

static void a_primary_that_hears_of_a_newer_epoch_is_fenced(void **unused)
{
    (void)unused;
    ok(node_change(node, found, NULL));
    ok(node_heard(node, 1, OTHER, NOW));
    node_look(node, &state);
    assert_false(node_is_fenced(&state));
    ok(node_heard(node, 3, OTHER, NOW + 1));
    start_again();
    assert_true(node_is_fenced(&state));
    assert_int_equal(state.epoch, 1);
    assert_int_equal(state.newer_epoch, 3);
    assert_int_equal(state.timeline_count, 2);
    assert_string_equal(state.timeline[1].node, OTHER.ptr);
    ok(node_heard(node, 2, OTHER, NOW + 2));
    node_look(node, &state);
    assert_int_equal(state.newer_epoch, 3);
}

static void a_standby_goes_along(void **unused)
{
    (void)unused;
    ok(node_change(node, found, NULL));
    ok(node_change(node, follow, NULL));
    ok(node_heard(node, 4, OTHER, NOW));
    node_look(node, &state);
    assert_int_equal(state.epoch, 4);
    assert_false(node_is_fenced(&state));
}

static void a_promotion_names_the_epoch_that_it_ends(void **unused)
{
    uint64_t expected = 2;
    (void)unused;
    fails(node_change(node, reign_after, &expected), ERR_CONFLICT);
    ok(node_change(node, found, NULL));
    ok(node_change(node, follow, NULL));
    fails(node_change(node, reign_after, &expected), ERR_CONFLICT);
    expected = 1;
    ok(node_change(node, reign_after, &expected));
    start_again();
    assert_int_equal(state.role, REPL_PRIMARY);
    assert_int_equal(state.epoch, 2);
    /* Once: who asks a second time meant the epoch before. */
    fails(node_change(node, reign_after, &expected), ERR_CONFLICT);
}

static void the_timeline_is_bounded(void **unused)
{
    (void)unused;
    ok(node_change(node, found, NULL));
    for (uint64_t epoch = 1; epoch < NODE_TIMELINE_MAX + 5; epoch++)
        ok(node_change(node, reign_after, &epoch));
    start_again();
    assert_int_equal(state.timeline_count, NODE_TIMELINE_MAX);
    assert_int_equal(state.timeline[NODE_TIMELINE_MAX - 1].epoch, state.epoch);
    assert_int_equal(state.timeline[0].epoch, state.epoch - NODE_TIMELINE_MAX + 1);
}

static void spoil(const char *text)
{
    char path[512];
    (void)snprintf(path, sizeof(path), "%s/replication/node", test_dir);
    FILE *f = fopen(path, "we");
    assert_non_null(f);
    assert_true(fputs(text, f) >= 0);
    assert_int_equal(fclose(f), 0);
}

/* Whoever cannot tell who it is must not believe that it is alone. */
static void a_spoilt_file_is_refused(void **unused)
{
    static const struct {
        const char *text;
        int err;
    } cases[] = {
        {"{}", ERR_STORE_CORRUPT},
        {"", ERR_STORE_CORRUPT},
        {"{\"format\":2}", ERR_STORE_VERSION},
        {"{\"format\":1,\"role\":\"king\",\"mode\":\"async\",\"epoch\":1,\"newerEpoch\":0,"
         "\"timeline\":[],\"tokens\":[]}",
         ERR_STORE_CORRUPT},
        {"{\"format\":1,\"role\":\"primary\",\"mode\":\"async\",\"epoch\":1,\"newerEpoch\":0,"
         "\"timeline\":[],\"tokens\":[]}",
         ERR_STORE_CORRUPT},
    };
    (void)unused;
    ok(node_change(node, found, NULL));
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct err_ctx ctx = {0};
        struct node *none = NULL;
        spoil(cases[i].text);
        fails(node_open(dir_fd, &none, &ctx), cases[i].err);
        assert_null(none);
        assert_non_null(strstr(ctx.detail, "replication/node"));
    }
}

static void modes_have_words(void **unused)
{
    enum repl_mode mode;
    (void)unused;
    for (int i = REPL_ASYNC; i <= REPL_SYNC_APPLY; i++) {
        ok(repl_mode_of(str_c(repl_mode_word((enum repl_mode)i)), &mode));
        assert_int_equal(mode, i);
    }
    fails(repl_mode_of(STR("sync"), &mode), ERR_INVALID_REQUEST);
}

static void the_witness_of_the_primary_is_known_until_the_own_reign(void **unused)
{
    char long_one[NODE_ADDRESS_MAX + 1];
    uint64_t first = 1;
    (void)unused;
    memset(long_one, 'a', sizeof(long_one));
    ok(node_change(node, found, NULL));
    ok(node_change(node, follow, NULL));
    fails(node_set_primary_witness(node, STR("a\nb:7443")), ERR_INVALID_REQUEST);
    fails(node_set_primary_witness(node, str_of(long_one, sizeof(long_one))), ERR_INVALID_REQUEST);
    ok(node_set_primary_witness(node, STR("witness.example:7443")));
    start_again();
    assert_string_equal(state.primary_witness, "witness.example:7443");
    ok(node_set_primary_witness(node, STR("w:1")));
    start_again();
    assert_string_equal(state.primary_witness, "w:1");
    ok(node_change(node, reign_after, &first));
    start_again();
    assert_string_equal(state.primary_witness, "");
}

#define A_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        A_TEST(a_folder_without_it_is_alone),
        A_TEST(what_was_changed_is_there_after_a_start),
        A_TEST(a_change_that_fails_changes_nothing),
        A_TEST(a_primary_that_hears_of_a_newer_epoch_is_fenced),
        A_TEST(a_standby_goes_along),
        A_TEST(a_promotion_names_the_epoch_that_it_ends),
        A_TEST(the_timeline_is_bounded),
        A_TEST(the_witness_of_the_primary_is_known_until_the_own_reign),
        A_TEST(a_spoilt_file_is_refused),
        cmocka_unit_test(modes_have_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
