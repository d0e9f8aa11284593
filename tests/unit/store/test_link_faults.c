/* A wire that cuts connections at any byte and turns bits over, between two nodes: what comes through is
 * what was sent, in its order, and in the end all of it does (RP-03). And clients that are not as they
 * should be: of an older TLS, without a key (RP-01). */
#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <mbedtls/ssl.h>

#include "tests/unit/store/link_support.h"

#define A_ROUND UINT64_C(30) /* commits of a connection, of 9 KiB */
#define ROUNDS  150

/* One thread carries one connection at a time. */
struct wire {
    pthread_t thread;
    pthread_mutex_t lock;
    int fd;
    uint16_t port, target;
    bool stopping, gentle;
    int rounds;
    uint32_t seed;
    size_t upset_at; /* this byte, counted over both directions */
    bool flips, closes;
};

static struct wire wire = {.lock = PTHREAD_MUTEX_INITIALIZER};

static uint32_t draw(uint32_t below)
{
    wire.seed = wire.seed * 1664525 + 1013904223;
    return (uint32_t)(((uint64_t)wire.seed * below) >> 32);
}

static bool wire_stops(void)
{
    pthread_mutex_lock(&wire.lock);
    bool stopping = wire.stopping;
    pthread_mutex_unlock(&wire.lock);
    return stopping;
}

/* Most faults are early, in the handshake, which has some 1,500 bytes. */
static void plan(void)
{
    pthread_mutex_lock(&wire.lock);
    wire.rounds++;
    wire.flips = wire.rounds % 2 == 0 && !wire.gentle;
    wire.closes = wire.rounds % 2 == 1 && !wire.gentle;
    wire.upset_at = draw(wire.rounds % 3 == 0 ? 300000 : 2500);
    pthread_mutex_unlock(&wire.lock);
}

static bool send_all(int fd, const char *bytes, size_t len)
{
    while (len > 0) {
        ssize_t n = send(fd, bytes, len, MSG_NOSIGNAL);
        if (n < 0 && errno == EAGAIN) {
            struct pollfd p = {.fd = fd, .events = POLLOUT};
            if (wire_stops() || poll(&p, 1, 100) < 0)
                return false;
            continue;
        }
        if (n <= 0)
            return false;
        bytes += n;
        len -= (size_t)n;
    }
    return true;
}

static bool carry_some(int from, int to, size_t *carried)
{
    char bytes[4096];
    ssize_t n = recv(from, bytes, sizeof(bytes), 0);
    if (n <= 0)
        return n < 0 && errno == EAGAIN;
    size_t len = (size_t)n;
    bool reached = wire.upset_at >= *carried && wire.upset_at < *carried + len;
    if (reached && wire.flips)
        bytes[wire.upset_at - *carried] ^= (char)(1 << draw(8));
    if (reached && wire.closes) {
        (void)send_all(to, bytes, wire.upset_at - *carried);
        return false;
    }
    *carried += len;
    return send_all(to, bytes, len);
}

static void carry(int near, int far)
{
    size_t carried = 0;
    struct pollfd p[] = {{.fd = near, .events = POLLIN}, {.fd = far, .events = POLLIN}};
    bool goes_on = true;
    while (goes_on && !wire_stops()) {
        (void)poll(p, 2, 100);
        if (p[0].revents)
            goes_on = carry_some(near, far, &carried);
        if (goes_on && p[1].revents)
            goes_on = carry_some(far, near, &carried);
    }
}

static void *run_wire(void *unused)
{
    (void)unused;
    while (!wire_stops()) {
        struct pollfd p = {.fd = wire.fd, .events = POLLIN};
        char address[32];
        int far;
        if (poll(&p, 1, 50) <= 0)
            continue;
        int near = accept4(wire.fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        (void)snprintf(address, sizeof(address), "127.0.0.1:%u", wire.target);
        plan();
        if (near >= 0 &&
            link_connect(str_c(address), clock_now().monotonic_ms + 5000, -1, &far) == 0) {
            carry(near, far);
            (void)close(far);
        }
        (void)close(near);
    }
    return NULL;
}

static void start_wire(uint16_t target)
{
    struct err_ctx ctx = {0};
    wire.target = target;
    wire.seed = 20261126;
    ok(link_listen("127.0.0.1", 0, &wire.fd, &wire.port, &ctx));
    assert_int_equal(pthread_create(&wire.thread, NULL, run_wire, NULL), 0);
}

static void stop_wire(void)
{
    pthread_mutex_lock(&wire.lock);
    wire.stopping = true;
    pthread_mutex_unlock(&wire.lock);
    (void)pthread_join(wire.thread, NULL);
    (void)close(wire.fd);
}

static int up_and_send(void *arg, enum channel_side side, const struct repl_out *out,
                       void **ret_session)
{
    int err = on_up(arg, side, out, ret_session);
    if (err == 0)
        send_commits(arg, 0, A_ROUND);
    return err;
}

static void wait_rounds(int rounds)
{
    int64_t until_ms = clock_now().monotonic_ms + 120000;
    for (;;) {
        pthread_mutex_lock(&wire.lock);
        bool enough = wire.rounds >= rounds;
        wire.gentle = enough;
        pthread_mutex_unlock(&wire.lock);
        if (enough)
            return;
        assert_true(clock_now().monotonic_ms < until_ms);
        (void)poll(NULL, 0, 20);
    }
}

static void damage_never_gets_through(void **state)
{
    char address[32];
    struct link_dialer *dialer;
    (void)state;
    listen_with(&quick);
    start_wire(link_listener_port(listener));
    (void)snprintf(address, sizeof(address), "127.0.0.1:%u", wire.port);
    struct link_dialer_config config = {.address = str_c(address),
                                        .pin = here.pin,
                                        .identity = &there,
                                        .times = quick,
                                        .least_pause_ms = 1,
                                        .most_pause_ms = 1,
                                        .user = user_of(&at_dialer)};
    config.times.silence_ms = 300; /* a flipped length may make both wait */
    config.user.up = up_and_send;
    ok(link_dialer_start(&config, &dialer));
    wait_rounds(ROUNDS);
    wait_until(&at_listener, &at_listener.next, A_ROUND);
    link_dialer_stop(dialer);
    stop_wire();
    link_listener_stop(listener);
    assert_int_equal(at_listener.wrong + at_dialer.wrong, 0);
    assert_int_equal(at_listener.strangers, 0);
    assert_true(at_listener.ups > 1);
}

/* --- Clients that are not as they should be --- */

static int client_random(void *context, unsigned char *out, size_t len)
{
    (void)context;
    rng_bytes(out, len);
    return 0;
}

static int client_send(void *context, const unsigned char *data, size_t len)
{
    ssize_t n = send(*(int *)context, data, len, MSG_NOSIGNAL);
    return n < 0 ? MBEDTLS_ERR_SSL_INTERNAL_ERROR : (int)n;
}

static int client_recv(void *context, unsigned char *data, size_t len)
{
    ssize_t n = recv(*(int *)context, data, len, 0);
    return n <= 0 ? MBEDTLS_ERR_SSL_CONN_EOF : (int)n;
}

struct tls_client {
    mbedtls_ssl_protocol_version version;
    bool shows_key, names_protocol;
};

/* Shakes hands as told and reads until the other side hangs up. */
static void be_client(const struct tls_client *kind)
{
    static const char *protocols[] = {"garita-replication", NULL};
    mbedtls_ssl_config conf;
    mbedtls_ssl_context ssl;
    unsigned char byte;
    char address[32];
    int fd;
    (void)snprintf(address, sizeof(address), "127.0.0.1:%u", link_listener_port(listener));
    ok(link_connect(str_c(address), clock_now().monotonic_ms + 10000, -1, &fd));
    assert_int_equal(fcntl(fd, F_SETFL, 0), 0);
    mbedtls_ssl_config_init(&conf);
    mbedtls_ssl_init(&ssl);
    assert_int_equal(mbedtls_ssl_config_defaults(&conf, MBEDTLS_SSL_IS_CLIENT,
                                                 MBEDTLS_SSL_TRANSPORT_STREAM,
                                                 MBEDTLS_SSL_PRESET_DEFAULT),
                     0);
    mbedtls_ssl_conf_authmode(&conf, MBEDTLS_SSL_VERIFY_NONE);
    mbedtls_ssl_conf_rng(&conf, client_random, NULL);
    mbedtls_ssl_conf_min_tls_version(&conf, kind->version);
    mbedtls_ssl_conf_max_tls_version(&conf, kind->version);
    if (kind->names_protocol)
        assert_int_equal(mbedtls_ssl_conf_alpn_protocols(&conf, protocols), 0);
    if (kind->shows_key)
        assert_int_equal(mbedtls_ssl_conf_own_cert(&conf, &there.certificate, &there.key), 0);
    assert_int_equal(mbedtls_ssl_setup(&ssl, &conf), 0);
    mbedtls_ssl_set_bio(&ssl, &fd, client_send, client_recv, NULL);
    int rc = mbedtls_ssl_handshake(&ssl);
    while (rc >= 0 && (rc = mbedtls_ssl_read(&ssl, &byte, 1)) > 0)
        continue;
    mbedtls_ssl_free(&ssl);
    mbedtls_ssl_config_free(&conf);
    (void)close(fd);
}

static void only_the_right_kind_of_client_is_talked_to(void **state)
{
    static const struct tls_client bad[] = {
        {MBEDTLS_SSL_VERSION_TLS1_2, true, true},
        {MBEDTLS_SSL_VERSION_TLS1_3, false, true},
        {MBEDTLS_SSL_VERSION_TLS1_3, true, false},
    };
    static const struct link_times impatient = {.beat_ms = 20, .silence_ms = 200};
    (void)state;
    listen_with(&impatient);
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        be_client(&bad[i]);
    assert_int_equal(at_listener.ups + at_listener.strangers, 0);
    be_client(&(struct tls_client){MBEDTLS_SSL_VERSION_TLS1_3, true, true});
    wait_count(&at_listener, &at_listener.downs, 1);
    link_listener_stop(listener);
    assert_int_equal(at_listener.ups, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(damage_never_gets_through),
        cmocka_unit_test(only_the_right_kind_of_client_is_talked_to),
    };
    return cmocka_run_group_tests(tests, make_nodes, forget_nodes);
}
