/* The link between two nodes over real sockets: only the right key gets through (RP-01), nothing that is
 * damaged or out of bounds does (RP-03), and whatever breaks, it comes back. */
#include <sys/socket.h>
#include <sys/stat.h>

#include "tests/unit/store/link_support.h"

#define MANY UINT64_C(2000)

static void messages_go_both_ways_in_order(void **state)
{
    (void)state;
    listen_with(&quick);
    at_listener.echoes = true;
    struct link_dialer *dialer = dial_port(&there, &here.pin, link_listener_port(listener));
    wait_count(&at_dialer, &at_dialer.ups, 1);
    send_commits(&at_dialer, 0, MANY);
    wait_until(&at_dialer, &at_dialer.came, MANY);
    wait_count(&at_dialer, &at_dialer.beats, 2);
    wait_count(&at_listener, &at_listener.beats, 2);
    assert_int_equal(at_dialer.out.waiting(at_dialer.out.arg), 0);
    link_dialer_stop(dialer);
    link_listener_stop(listener);
    assert_int_equal(at_listener.wrong + at_dialer.wrong, 0);
    assert_int_equal(at_listener.ups, at_listener.downs);
    assert_int_equal(at_dialer.ups, at_dialer.downs);
}

/* Whoever answers with another key is told nothing at all. */
static void a_wrong_listener_is_left(void **state)
{
    (void)state;
    listen_with(&quick);
    struct link_dialer *dialer = dial_port(&there, &other.pin, link_listener_port(listener));
    wait_count(&at_listener, &at_listener.downs, 3); /* it tried again and again */
    link_dialer_stop(dialer);
    link_listener_stop(listener);
    assert_int_equal(at_dialer.ups, 0);
    assert_int_equal(at_listener.came, 0);
}

static void a_wrong_dialer_is_a_stranger(void **state)
{
    (void)state;
    listen_with(&quick);
    struct link_dialer *dialer = dial_port(&other, &here.pin, link_listener_port(listener));
    wait_count(&at_listener, &at_listener.strangers, 3);
    link_dialer_stop(dialer);
    link_listener_stop(listener);
    assert_int_equal(at_listener.ups + at_listener.wrong, 0);
}

static void a_new_connection_of_the_peer_ends_the_one_before(void **state)
{
    (void)state;
    listen_with(&quick);
    struct channel *first = reach_as(&there);
    wait_count(&at_listener, &at_listener.ups, 1);
    struct channel *second = reach_as(&there);
    wait_count(&at_listener, &at_listener.ups, 2);
    assert_int_equal(at_listener.downs, 1);
    channel_free(first);
    channel_free(second);
    link_listener_stop(listener);
    assert_int_equal(at_listener.wrong, 0);
}

static void a_peer_is_hung_up_on(void **state)
{
    (void)state;
    listen_with(&quick);
    link_listener_hang_up(listener); /* there is none yet */
    struct channel *channel = reach_as(&there);
    wait_count(&at_listener, &at_listener.ups, 1);
    link_listener_hang_up(listener);
    wait_count(&at_listener, &at_listener.downs, 1);
    channel_free(channel);
    link_listener_stop(listener);
}

static void a_silent_peer_is_gone(void **state)
{
    static const struct link_times impatient = {.beat_ms = 20, .silence_ms = 200};
    (void)state;
    listen_with(&impatient);
    struct channel *channel = reach_as(&there);
    wait_count(&at_listener, &at_listener.downs, 1);
    channel_free(channel);
    link_listener_stop(listener);
}

static void say(struct channel *channel, const void *bytes, size_t len)
{
    ok(channel_write_by(channel, bytes, len, clock_now().monotonic_ms + 10000));
}

static void what_is_no_message_ends_the_connection(void **state)
{
    static const unsigned char too_long[] = {0, 8, 0, 1, REPL_BYTES};
    static const unsigned char huge[] = {0xff, 0xff, 0xff, 0xff, REPL_BYTES};
    static const unsigned char unknown[] = {0, 0, 0, 1, 200};
    static const unsigned char empty[] = {0, 0, 0, 0};
    static const struct {
        const unsigned char *bytes;
        size_t len;
    } cases[] = {{too_long, sizeof(too_long)},
                 {huge, sizeof(huge)},
                 {unknown, sizeof(unknown)},
                 {empty, sizeof(empty)}};
    (void)state;
    listen_with(&quick);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct channel *channel = reach_as(&there);
        say(channel, cases[i].bytes, cases[i].len);
        wait_count(&at_listener, &at_listener.downs, (int)i + 1);
        channel_free(channel);
    }
    link_listener_stop(listener);
    assert_int_equal(at_listener.came, 0);
}

/* A message that comes byte by byte is one message. */
static void pieces_become_whole(void **state)
{
    static struct repl_message m;
    struct buf b;
    (void)state;
    listen_with(&quick);
    struct channel *channel = reach_as(&there);
    buf_init(&b, NULL, (size_t)1 << 20);
    commit_number(0, &m);
    m.commit.change_count = 3;
    ok(repl_encode(&b, &m));
    for (size_t i = 0; i < b.len; i++)
        say(channel, b.ptr + i, 1);
    wait_until(&at_listener, &at_listener.came, 1);
    channel_free(channel);
    link_listener_stop(listener);
    buf_free(&b);
    assert_int_equal(at_listener.wrong, 0);
}

static void a_peer_that_does_not_read_is_not_waited_for(void **state)
{
    static struct repl_message m;
    static const struct link_times patient = {.silence_ms = 60000};
    (void)state;
    listen_with(&patient);
    struct channel *channel = reach_as(&there);
    wait_count(&at_listener, &at_listener.ups, 1);
    static char bytes[REPL_MESSAGE_BYTES];
    m = (struct repl_message){.type = REPL_BYTES, .bytes = {bytes, sizeof(bytes)}};
    int err = 0;
    size_t sent = 0;
    while (err == 0 && sent < 4 * REPL_WAITING_MAX) {
        err = at_listener.out.send(at_listener.out.arg, &m);
        sent += sizeof(bytes);
    }
    fails(err, ERR_OVERLOADED);
    assert_true(at_listener.out.waiting(at_listener.out.arg) <= REPL_WAITING_MAX);
    channel_free(channel);
    link_listener_stop(listener);
}

static int plain_socket(void)
{
    char address[32];
    int fd;
    (void)snprintf(address, sizeof(address), "127.0.0.1:%u", link_listener_port(listener));
    ok(link_connect(str_c(address), clock_now().monotonic_ms + 10000, -1, &fd));
    return fd;
}

/* Sockets that say nothing take all places; the peer gets one all the same. */
static void idlers_do_not_keep_the_peer_out(void **state)
{
    int idle[LINK_CONNECTIONS_MAX + 2];
    (void)state;
    listen_with(&quick);
    for (size_t i = 0; i < ARRAY_LEN(idle); i++)
        idle[i] = plain_socket();
    struct link_dialer *dialer = dial_port(&there, &here.pin, link_listener_port(listener));
    wait_count(&at_listener, &at_listener.ups, 1);
    link_dialer_stop(dialer);
    link_listener_stop(listener);
    for (size_t i = 0; i < ARRAY_LEN(idle); i++)
        (void)close(idle[i]);
}

static void without_tls_nothing_is_said(void **state)
{
    static const char text[] = "GET / HTTP/1.1\r\nHost: id.example\r\n\r\n";
    char answer[64];
    ssize_t n, all = 0;
    (void)state;
    listen_with(&quick);
    int fd = plain_socket();
    assert_int_equal(fcntl(fd, F_SETFL, 0), 0);
    assert_int_equal(send(fd, text, sizeof(text), MSG_NOSIGNAL), sizeof(text));
    while ((n = recv(fd, answer, sizeof(answer), 0)) > 0)
        all += n;
    assert_true(all <= 7); /* an alert of TLS */
    (void)close(fd);
    link_listener_stop(listener);
    assert_int_equal(at_listener.ups + at_listener.strangers, 0);
}

static void a_key_is_made_once_and_kept_private(void **state)
{
    char path[512];
    struct link_identity again;
    struct stat st;
    (void)state;
    (void)snprintf(path, sizeof(path), "%s/here", test_dir);
    int dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    ok(link_identity_load(dir, false, &again));
    assert_true(link_pin_equal(&again.pin, &here.pin));
    assert_false(link_pin_equal(&again.pin, &there.pin));
    link_identity_free(&again);
    assert_int_equal(fstatat(dir, "replication/link.key", &st, 0), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(fchmodat(dir, "replication/link.key", 0640, 0), 0);
    fails(link_identity_load(dir, true, &again), ERR_CONFIG);
    (void)close(dir);
}

static void addresses_are_read(void **state)
{
    static const char *const good[] = {"id.example:7443", "192.0.2.7:1", "[2001:db8::7]:65535"};
    static const char *const bad[] = {
        "",        "id.example",    "id.example:",   ":7443", "id.example:0",
        "a:65536", "2001:db8::7:1", "[2001:db8::7]", "a:1b"};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(good); i++)
        assert_true(link_address_is_valid(str_c(good[i])));
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        assert_false(link_address_is_valid(str_c(bad[i])));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(messages_go_both_ways_in_order),
        cmocka_unit_test(a_wrong_listener_is_left),
        cmocka_unit_test(a_wrong_dialer_is_a_stranger),
        cmocka_unit_test(a_new_connection_of_the_peer_ends_the_one_before),
        cmocka_unit_test(a_peer_is_hung_up_on),
        cmocka_unit_test(a_silent_peer_is_gone),
        cmocka_unit_test(what_is_no_message_ends_the_connection),
        cmocka_unit_test(pieces_become_whole),
        cmocka_unit_test(a_peer_that_does_not_read_is_not_waited_for),
        cmocka_unit_test(idlers_do_not_keep_the_peer_out),
        cmocka_unit_test(without_tls_nothing_is_said),
        cmocka_unit_test(a_key_is_made_once_and_kept_private),
        cmocka_unit_test(addresses_are_read),
    };
    return cmocka_run_group_tests(tests, make_nodes, forget_nodes);
}
