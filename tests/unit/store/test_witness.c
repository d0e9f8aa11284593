/* A witness and two nodes over real connections: pairing by tokens that are good once (RP-01), a lease, a
 * reign, and a new start that remembers both (RP-02). */
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "tests/unit/store/link_support.h"

#include "store/folder.h"
#include "store/link/listener.h"
#include "store/witness/call.h"
#include "store/witness/tokens.h"
#include "store/witness/witness.h"

#define LEASE 500
#define HOUR  INT64_C(3600000)

static struct witness *witness;
static struct node *first, *second;
static int first_fd = -1, second_fd = -1, witness_fd = -1;
static uint16_t port;
static struct err_ctx ctx;
static struct witness_config config = {.address = "127.0.0.1"};
static char witness_dir[512];

static int open_dir(const char *name)
{
    char path[512];
    (void)snprintf(path, sizeof(path), "%s/%s", test_dir, name);
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_true(fd >= 0);
    return fd;
}

static int found(void *arg, struct node_state *s)
{
    (void)arg;
    node_found(s, 1);
    return 0;
}

static int follow(void *arg, struct node_state *s)
{
    node_found(s, 1);
    node_look(arg, s);
    s->role = REPL_STANDBY;
    uuid_v4(s->id);
    return 0;
}

static void start_witness(void)
{
    (void)snprintf(witness_dir, sizeof(witness_dir), "%s/witness", test_dir);
    config.data_dir = witness_dir;
    config.port = port;
    ok(witness_start(&config, &ctx, &witness));
    port = witness_port(witness);
}

static int set_up(void **state)
{
    (void)make_nodes(state);
    first_fd = open_dir("here");
    second_fd = open_dir("there");
    ok(node_open(first_fd, &first, &ctx));
    ok(node_open(second_fd, &second, &ctx));
    lease_set_length(node_lease(first), LEASE);
    lease_set_length(node_lease(second), LEASE);
    ok(node_change(first, found, NULL));
    ok(node_change(second, follow, first));
    port = 0;
    start_witness();
    ok(folder_enter(witness_dir, &witness_fd, &ctx));
    return 0;
}

static int tear_down(void **state)
{
    witness_stop(witness);
    node_close(first);
    node_close(second);
    (void)close(first_fd);
    (void)close(second_fd);
    (void)close(witness_fd);
    return forget_nodes(state);
}

static void make_token(int64_t expires_ms, struct pairing_token *ret_token)
{
    char text[PAIRING_TOKEN_MAX];
    struct link_identity identity;
    int64_t now_ms = clock_now().wall_ms;
    ok(link_identity_load(witness_fd, false, &identity));
    ok(witness_token_new(witness_fd, &identity.pin, now_ms, now_ms + expires_ms, text));
    link_identity_free(&identity);
    ok(pairing_token_read(str_c(text), ret_token));
}

static int pair(struct node *node, const struct link_identity *identity,
                const struct pairing_token *token)
{
    char address[32];
    (void)snprintf(address, sizeof(address), "127.0.0.1:%u", port);
    const struct witness_wish wish = {node, identity, str_c(address), token,
                                      clock_now().monotonic_ms + 10000};
    return witness_pair(&wish, &ctx);
}

static void pair_both(void)
{
    struct pairing_token token;
    make_token(HOUR, &token);
    ok(pair(first, &here, &token));
    make_token(HOUR, &token);
    ok(pair(second, &there, &token));
}

static enum witness_verdict renew(struct node *node, const struct link_identity *identity,
                                  enum lease_stance stance)
{
    struct witness_request q;
    struct witness_answer answer = {0};
    struct node_state other_one;
    struct witness_line line;
    int64_t deadline_ms = clock_now().monotonic_ms + 10000;
    witness_request_of(node, WITNESS_RENEW, &q);
    q.stance = stance;
    node_look(node == first ? second : first, &other_one);
    memcpy(q.standby, other_one.id, sizeof(q.standby));
    ok(witness_dial(node, identity, deadline_ms, &line));
    ok(witness_ask(node, &line, &q, deadline_ms, &answer));
    witness_hang_up(&line);
    return answer.verdict;
}

static int claim(void)
{
    return witness_claim(second, &there, false, clock_now().monotonic_ms + 30000, &ctx);
}

static int take_over(void *arg, struct node_state *s)
{
    (void)arg;
    return node_take_over(s, 2);
}

static void who_is_paired_has_its_lease(void **state)
{
    struct node_state s;
    (void)state;
    assert_true(lease_is_held(node_lease(first))); /* none is needed */
    pair_both();
    assert_true(lease_is_held(node_lease(first)));
    assert_false(lease_may_answer_alone(node_lease(first), true));
    assert_false(lease_is_held(node_lease(second)));
    node_look(first, &s);
    assert_true(node_has_witness(&s));
    fails(pair(first, &here, &(struct pairing_token){0}), ERR_CONFLICT);
    ok(witness_forget(first));
    assert_true(lease_is_held(node_lease(first)));
    fails(witness_forget(first), ERR_NOT_FOUND);
}

static void a_token_is_good_once_and_for_a_while(void **state)
{
    struct pairing_token token, late;
    (void)state;
    make_token(HOUR, &token);
    make_token(-1, &late);
    fails(pair(second, &there, &late), ERR_ACCESS_DENIED);
    ok(pair(first, &here, &token));
    fails(pair(second, &there, &token), ERR_ACCESS_DENIED);
    token.secret[0] ^= 1;
    fails(pair(second, &there, &token), ERR_ACCESS_DENIED);
    token.pin.bytes[0] ^= 1;
    fails(pair(second, &there, &token), ERR_UNAUTHENTICATED);
}

static void a_node_that_is_not_paired_is_a_stranger(void **state)
{
    struct pairing_token token;
    (void)state;
    make_token(HOUR, &token);
    ok(pair(first, &here, &token));
    assert_int_equal(renew(first, &other, LEASE_COVERED), WITNESS_STRANGER);
    assert_int_equal(renew(first, &here, LEASE_COVERED), WITNESS_GRANTED);
}

static void a_reign_is_remembered(void **state)
{
    struct node_state s;
    (void)state;
    pair_both();
    assert_int_equal(renew(first, &here, LEASE_COVERED), WITNESS_GRANTED);
    ok(claim()); /* after a while */
    ok(node_change(second, take_over, NULL));
    witness_stop(witness);
    start_witness();
    assert_int_equal(renew(first, &here, LEASE_COVERED), WITNESS_OUTRUN);
    node_look(first, &s);
    assert_true(node_is_fenced(&s) && s.newer_epoch == 2);
    assert_false(lease_is_held(node_lease(first)));
    assert_int_equal(renew(second, &there, LEASE_ALONE), WITNESS_GRANTED);
    node_look(second, &s);
    assert_true(s.role == REPL_PRIMARY && s.epoch == 2 && s.failed_over);
}

static void a_standby_that_lacks_something_gets_no_reign(void **state)
{
    (void)state;
    pair_both();
    assert_int_equal(renew(first, &here, LEASE_ALONE), WITNESS_GRANTED);
    fails(claim(), ERR_CONFLICT);
    assert_non_null(strstr(ctx.detail, "lacks"));
    ok(lease_claim_begin(node_lease(second))); /* it was let go */
}

static void what_could_not_be_kept_is_not_answered(void **state)
{
    struct witness_request q;
    struct witness_answer answer;
    struct witness_line line;
    int64_t deadline_ms = clock_now().monotonic_ms + 10000;
    (void)state;
    pair_both();
    witness_request_of(first, WITNESS_RENEW, &q);
    q.stance = LEASE_COVERED;
    ok(witness_dial(first, &here, deadline_ms, &line));
    assert_int_equal(renameat(witness_fd, "replication", witness_fd, "elsewhere"), 0);
    int fd = openat(witness_fd, "replication", O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    (void)close(fd);
    fails(witness_ask(first, &line, &q, deadline_ms, &answer), ERR_IO);
    witness_hang_up(&line);
    assert_int_equal(unlinkat(witness_fd, "replication", 0), 0);
    assert_int_equal(renameat(witness_fd, "elsewhere", witness_fd, "replication"), 0);
    assert_int_equal(renew(first, &here, LEASE_COVERED), WITNESS_GRANTED);
}

/* RP-02: a standby that was let go reigns by itself no more. */
static void a_standby_that_was_let_go_gets_no_reign(void **state)
{
    struct node_state s;
    (void)state;
    pair_both();
    assert_int_equal(renew(first, &here, LEASE_COVERED), WITNESS_GRANTED);
    ok(witness_let_go(first, &here, clock_now().monotonic_ms + 10000));
    fails(claim(), ERR_CONFLICT);
    assert_non_null(strstr(ctx.detail, "lacks"));
    fails(node_count_on(first, "00000000-0000-0000-0000-00000000000c"), ERR_CONFLICT);
    node_look(first, &s);
    assert_string_equal(s.witness.counted, "");
    ok(witness_forget(first));
    ok(witness_let_go(first, &here, clock_now().monotonic_ms + 10000));
}

/* RP-02: a connection that was given up delivers late what was said over it. */
static void what_an_older_connection_says_is_not_heard(void **state)
{
    struct witness_request q;
    struct witness_answer answer;
    struct witness_line older, newer;
    int64_t deadline_ms = clock_now().monotonic_ms + 10000;
    (void)state;
    pair_both();
    witness_request_of(first, WITNESS_RENEW, &q);
    ok(witness_dial(first, &here, deadline_ms, &older));
    ok(witness_ask(first, &older, &q, deadline_ms, &answer));
    ok(witness_dial(first, &here, deadline_ms, &newer));
    ok(witness_ask(first, &newer, &q, deadline_ms, &answer));
    assert_int_equal(answer.verdict, WITNESS_GRANTED);
    q.stance = LEASE_COVERED;
    ok(witness_ask(first, &older, &q, deadline_ms, &answer));
    assert_int_equal(answer.verdict, WITNESS_LATE);
    assert_int_equal(answer.stance, LEASE_ALONE);
    ok(witness_ask(first, &older, &q, deadline_ms, &answer)); /* a turn of its own */
    assert_int_equal(answer.verdict, WITNESS_GRANTED);
    witness_hang_up(&older);
    witness_hang_up(&newer);
}

/* Strangers who say nothing, until one of all the connections was hung up. */
#define STRANGERS (2 * LINK_CONNECTIONS_MAX)
static void come_in_numbers(struct pollfd strangers[STRANGERS])
{
    const struct sockaddr_in to = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    for (size_t i = 0; i < STRANGERS; i++) {
        int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        assert_true(fd >= 0);
        assert_int_equal(connect(fd, (const struct sockaddr *)&to, sizeof(to)), 0);
        strangers[i] = (struct pollfd){.fd = fd, .events = POLLIN};
    }
    assert_true(poll(strangers, STRANGERS, 10000) > 0);
}

/* RP-01: whoever reaches the port does not push a node off that proved its key. */
static void strangers_push_no_node_off(void **state)
{
    struct pollfd strangers[STRANGERS];
    struct witness_request q;
    struct witness_answer answer;
    struct witness_line line;
    int64_t deadline_ms = clock_now().monotonic_ms + 10000;
    (void)state;
    pair_both();
    witness_request_of(first, WITNESS_RENEW, &q);
    ok(witness_dial(first, &here, deadline_ms, &line));
    ok(witness_ask(first, &line, &q, deadline_ms, &answer));
    come_in_numbers(strangers);
    ok(witness_ask(first, &line, &q, deadline_ms, &answer));
    assert_int_equal(answer.verdict, WITNESS_GRANTED);
    witness_hang_up(&line);
    for (size_t i = 0; i < STRANGERS; i++)
        (void)close(strangers[i].fd);
}

static void a_nodes_folder_is_no_witnesss(void **state)
{
    char path[512];
    struct witness *none;
    (void)state;
    (void)snprintf(path, sizeof(path), "%s/here/realms", test_dir);
    assert_int_equal(mkdir(path, 0700), 0);
    (void)snprintf(path, sizeof(path), "%s/here", test_dir);
    const struct witness_config wrong = {.data_dir = path, .address = "127.0.0.1"};
    fails(witness_start(&wrong, &ctx, &none), ERR_CONFLICT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(who_is_paired_has_its_lease, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_token_is_good_once_and_for_a_while, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_node_that_is_not_paired_is_a_stranger, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_reign_is_remembered, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_standby_that_lacks_something_gets_no_reign, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(what_could_not_be_kept_is_not_answered, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_standby_that_was_let_go_gets_no_reign, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_an_older_connection_says_is_not_heard, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(strangers_push_no_node_off, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_nodes_folder_is_no_witnesss, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
