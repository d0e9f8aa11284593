/* The one way out (core/port/fetch.h) against a server of our own on loopback, and which addresses
 * count as public. */
#include "tests/unit/store/store_support.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "core/port/fetch.h"
#include "store/fetch/address.h"
#include "store/fetch/fetch_setup.h"

/* --- Addresses --- */

static bool is_public(const char *text)
{
    struct sockaddr_in v4 = {.sin_family = AF_INET};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};
    if (inet_pton(AF_INET, text, &v4.sin_addr) == 1)
        return address_is_public((const struct sockaddr *)&v4);
    assert_int_equal(inet_pton(AF_INET6, text, &v6.sin6_addr), 1);
    return address_is_public((const struct sockaddr *)&v6);
}

/* SS-01: no way into the own network, whatever the address looks like. */
static void test_ss_01_addresses(void **state)
{
    (void)state;
    static const char *const closed[] = {
        "0.0.0.0",
        "0.1.2.3",
        "10.0.0.1",
        "100.64.0.1",
        "100.127.255.255",
        "127.0.0.1",
        "127.255.255.254",
        "169.254.169.254",
        "172.16.0.1",
        "172.31.255.255",
        "192.0.0.1",
        "192.0.2.1",
        "192.168.1.1",
        "198.18.0.1",
        "198.19.255.255",
        "198.51.100.1",
        "203.0.113.1",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::127.0.0.1",
        "::ffff:127.0.0.1",
        "::ffff:8.8.8.8",
        "64:ff9b::7f00:1",
        "64:ff9b::808:808",
        "64:ff9b:1::1",
        "100::1",
        "2001::1",
        "2001:db8::1",
        "2002:7f00:1::",
        "fc00::1",
        "fd12:3456::1",
        "fe80::1",
        "fec0::1",
        "ff02::1",
        "4000::1",
        "3fff::1",
        "::ffff:0:127.0.0.1",
    };
    static const char *const open[] = {
        "8.8.8.8",  "100.63.255.255", "100.128.0.1", "172.15.0.1",      "172.32.0.1",
        "11.0.0.1", "223.255.255.1",  "192.167.0.1", "2606:4700::1111", "2a00:1450::200e"};
    for (size_t i = 0; i < ARRAY_LEN(closed); i++)
        if (is_public(closed[i]))
            fail_msg("%s counts as public", closed[i]);
    for (size_t i = 0; i < ARRAY_LEN(open); i++)
        if (!is_public(open[i]))
            fail_msg("%s does not count as public", open[i]);
}

static void test_networks(void **state)
{
    (void)state;
    struct network n;
    static const char *const bad[] = {"",     "10.0.0.0/33", "10.0.0/8",   "::/129",
                                      "host", "10.0.0.0/",   "10.0.0.0/-1"};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        fails(network_parse(str_c(bad[i]), &n), ERR_INVALID_SYNTAX);
    ok(network_parse(STR("10.1.0.0/16"), &n));
    struct sockaddr_in a = {.sin_family = AF_INET};
    a.sin_addr.s_addr = htonl(0x0a01ff01);
    assert_true(network_has(&n, (const struct sockaddr *)&a));
    a.sin_addr.s_addr = htonl(0x0a020001);
    assert_false(network_has(&n, (const struct sockaddr *)&a));
}

/* --- A server with one answer --- */

struct server {
    int fd;
    uint16_t port;
    const char *answer;
    size_t repeat; /* of the last byte, without end when SIZE_MAX */
    int delay_ms;
    int requests;
    pthread_t thread;
};

static void send_all(int fd, const char *data, size_t len)
{
    (void)!send(fd, data, len, MSG_NOSIGNAL);
}

static void *serve_one(void *arg)
{
    struct server *s = arg;
    char request[4096];
    char filler[4096];
    int fd = accept(s->fd, NULL, NULL);
    if (fd < 0)
        return NULL;
    ssize_t n = recv(fd, request, sizeof(request), 0);
    s->requests += n > 0;
    (void)usleep((useconds_t)s->delay_ms * 1000);
    send_all(fd, s->answer, strlen(s->answer));
    memset(filler, ' ', sizeof(filler));
    for (size_t sent = 0; sent < s->repeat; sent += sizeof(filler))
        if (send(fd, filler, sizeof(filler), MSG_NOSIGNAL) < 0)
            break;
    (void)close(fd);
    return NULL;
}

static void start_server(struct server *s)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(a);
    s->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(s->fd, (struct sockaddr *)&a, sizeof(a)), 0);
    assert_int_equal(listen(s->fd, 4), 0);
    assert_int_equal(getsockname(s->fd, (struct sockaddr *)&a, &len), 0);
    s->port = ntohs(a.sin_port);
    assert_int_equal(pthread_create(&s->thread, NULL, serve_one, s), 0);
}

static void stop_server(struct server *s)
{
    (void)shutdown(s->fd, SHUT_RDWR);
    assert_int_equal(pthread_join(s->thread, NULL), 0);
    (void)close(s->fd);
}

static int fetch_from(struct server *s, size_t max_bytes, struct str *ret_body)
{
    start_server(s);
    struct str url = arena_printf(&arena, "http://127.0.0.1:%d/jwks", s->port);
    int err = fetch_json(&arena, STR("peru"), url, max_bytes, ret_body);
    stop_server(s);
    return err;
}

#define HEAD "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Type: application/json\r\n\r\n"

static const char *const loopback[] = {"127.0.0.0/8"};

static int start(void **state)
{
    (void)state;
    struct fetch_config config = {
        .networks = loopback, .network_count = 1, .allow_http = true, .timeout_ms = 1000};
    arena_init(&arena, (size_t)16 << 20);
    return fetch_setup(&config, NULL);
}

static int end(void **state)
{
    (void)state;
    arena_free(&arena);
    return 0;
}

static void test_good_answer(void **state)
{
    (void)state;
    struct str body;
    struct server s = {.answer = HEAD "{\"keys\":[]}"};
    ok(fetch_from(&s, 1000, &body));
    assert_str(body, "{\"keys\":[]}");
    struct server jwks = {.answer =
                              "HTTP/1.1 200 OK\r\nConnection: close\r\n"
                              "Content-Type: application/jwk-set+json; charset=utf-8\r\n\r\n{}"};
    ok(fetch_from(&jwks, 1000, &body));
}

/* SS-02: a redirect is not followed. */
static void test_ss_02_redirect(void **state)
{
    (void)state;
    struct str body;
    char answer[200];
    struct server target = {.answer = HEAD "{}"};
    start_server(&target);
    (void)snprintf(answer, sizeof(answer),
                   "HTTP/1.1 302 Found\r\nConnection: close\r\nContent-Type: application/json\r\n"
                   "Location: http://127.0.0.1:%d/\r\n\r\n{}",
                   target.port);
    struct server s = {.answer = answer};
    fails(fetch_from(&s, 1000, &body), ERR_UPSTREAM);
    stop_server(&target);
    assert_int_equal(target.requests, 0);
}

/* SS-03: size, time and type are capped. */
static void test_ss_03_caps(void **state)
{
    (void)state;
    struct str body;
    struct server endless = {.answer = HEAD, .repeat = SIZE_MAX};
    fails(fetch_from(&endless, 100000, &body), ERR_UPSTREAM);
    struct server said_large = {.answer = "HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n"
                                          "Content-Type: application/json\r\n\r\n"};
    fails(fetch_from(&said_large, 1000, &body), ERR_UPSTREAM);
    struct server slow = {.answer = HEAD "{}", .delay_ms = 1500};
    fails(fetch_from(&slow, 1000, &body), ERR_TIMEOUT);
    struct server html = {.answer = "HTTP/1.1 200 OK\r\nConnection: close\r\n"
                                    "Content-Type: text/html\r\n\r\n{}"};
    fails(fetch_from(&html, 1000, &body), ERR_UPSTREAM);
    struct server fake = {.answer = "HTTP/1.1 200 OK\r\nConnection: close\r\n"
                                    "Content-Type: text/notjson\r\n\r\n{}"};
    fails(fetch_from(&fake, 1000, &body), ERR_UPSTREAM);
    struct server error = {.answer = "HTTP/1.1 500 X\r\nConnection: close\r\n"
                                     "Content-Type: application/json\r\n\r\n{}"};
    fails(fetch_from(&error, 1000, &body), ERR_UPSTREAM);
    struct server silent = {.answer = ""};
    fails(fetch_from(&silent, 1000, &body), ERR_UPSTREAM);
}

/* SS-01: by default neither plain HTTP nor loopback, nor odd ports and URLs. */
static void test_ss_01_defaults(void **state)
{
    (void)state;
    struct str body;
    struct fetch_config config = {.timeout_ms = 1000};
    struct server s = {.answer = HEAD "{}"};
    start_server(&s);
    ok(fetch_setup(&config, NULL));
    struct str url = arena_printf(&arena, "http://127.0.0.1:%d/", s.port);
    fails(fetch_json(&arena, STR("peru"), url, 1000, &body), ERR_FORBIDDEN);
    config.allow_http = true;
    ok(fetch_setup(&config, NULL));
    fails(fetch_json(&arena, STR("peru"), url, 1000, &body), ERR_FORBIDDEN);
    static const char *const hosts[] = {
        "localhost", "127.1", "2130706433", "0x7f.1", "[::1]", "[::ffff:127.0.0.1]", "0"};
    for (size_t i = 0; i < ARRAY_LEN(hosts); i++) {
        url = arena_printf(&arena, "http://%s:%d/", hosts[i], s.port);
        int err = fetch_json(&arena, STR("peru"), url, 1000, &body);
        if (err != ERR_FORBIDDEN && err != ERR_UPSTREAM)
            fail_msg("%s: %s", hosts[i], err_name(err));
    }
    stop_server(&s);
    assert_int_equal(s.requests, 0);
    static const char *const bad[] = {"file:///etc/passwd",
                                      "https://u:p@example.com/",
                                      "https://example.com/#x",
                                      "gopher://127.0.0.1/",
                                      "//x",
                                      ""};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        fails(fetch_json(&arena, STR("peru"), str_c(bad[i]), 1000, &body), ERR_FORBIDDEN);
    const char *const no_network[] = {"x"};
    config.networks = no_network;
    config.network_count = 1;
    fails(fetch_setup(&config, NULL), ERR_CONFIG);
}

/* SS-05: chain and name of the server's certificate are checked. */

static pid_t tls_server;

static bool start_tls_server(int port)
{
    char command[1200];
    (void)snprintf(
        command, sizeof(command),
        "cd '%s' && openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 "
        "-nodes -keyout key.pem -out cert.pem -days 2 -subj /CN=localhost "
        "-addext subjectAltName=DNS:localhost 2>/dev/null && printf 'HTTP/1.0 200 OK\\r\\n"
        "Content-Type: application/json\\r\\n\\r\\n{}' > jwks",
        test_dir);
    if (system(command) != 0)
        return false;
    tls_server = fork();
    if (tls_server == 0) {
        char text[16];
        (void)snprintf(text, sizeof(text), "%d", port);
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (chdir(test_dir) == 0 && freopen("/dev/null", "w", stdout) &&
            freopen("/dev/null", "w", stderr))
            (void)execlp("openssl", "openssl", "s_server", "-accept", text, "-cert", "cert.pem",
                         "-key", "key.pem", "-HTTP", "-quiet", (char *)NULL);
        _exit(1);
    }
    return true;
}

static int fetch_tls(const char *host, int port, const char *ca)
{
    struct str body;
    struct fetch_config config = {
        .networks = loopback, .network_count = 1, .timeout_ms = 3000, .ca_file = ca};
    ok(fetch_setup(&config, NULL));
    int err = ERR_UPSTREAM;
    /* The server needs a moment to listen. */
    for (int i = 0; i < 50 && err == ERR_UPSTREAM && ca; i++) {
        err = fetch_json(&arena, STR("peru"),
                         arena_printf(&arena, "https://%s:%d/jwks", host, port), 1000, &body);
        if (err == ERR_UPSTREAM)
            (void)usleep(20000);
    }
    return err;
}

static void test_ss_05_certificates(void **state)
{
    (void)state;
    char ca[300];
    int port = 20000 + (int)rng_below(20000);
    int status;
    make_dir();
    if (!start_tls_server(port)) {
        print_message("no openssl program: skipped\n");
        remove_dir();
        skip();
    }
    (void)snprintf(ca, sizeof(ca), "%s/cert.pem", test_dir);
    ok(fetch_tls("localhost", port, ca));
    fails(fetch_tls("127.0.0.1", port, ca), ERR_UPSTREAM); /* the name is another */
    if (access("/etc/ssl/certs/ca-certificates.crt", R_OK) == 0)
        fails(fetch_tls("localhost", port, "/etc/ssl/certs/ca-certificates.crt"), ERR_UPSTREAM);
    ok(fetch_tls("localhost", port, ca));
    (void)kill(tls_server, SIGTERM);
    assert_int_equal(waitpid(tls_server, &status, 0), tls_server);
    remove_dir();
}

struct hanging {
    struct server server;
    struct arena arena;
    struct str realm, url;
    int err;
    pthread_t thread;
};

static void *fetch_hanging(void *arg)
{
    struct hanging *h = arg;
    struct str body;
    h->err = fetch_json(&h->arena, h->realm, h->url, 1000, &body);
    return NULL;
}

static void hang(struct hanging *h, struct str realm)
{
    *h = (struct hanging){.server = {.answer = HEAD "{}", .delay_ms = 1500}, .realm = realm};
    start_server(&h->server);
    arena_init(&h->arena, 1 << 20);
    h->url = arena_printf(&h->arena, "http://127.0.0.1:%d/jwks", h->server.port);
    assert_int_equal(pthread_create(&h->thread, NULL, fetch_hanging, h), 0);
}

/* How many of them were refused at once. */
static size_t wait_for(struct hanging *all, size_t count)
{
    size_t refused = 0;
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(pthread_join(all[i].thread, NULL), 0);
        stop_server(&all[i].server);
        arena_free(&all[i].arena);
        refused += all[i].err == ERR_OVERLOADED;
    }
    return refused;
}

/* HT-02: hosts that hang hold a few threads, not all of them. */
static void test_ht_02_fetches_at_once(void **state)
{
    static struct hanging all[FETCHES_AT_ONCE + 4];
    static const char *const realms[] = {"peru", "chile", "ecuador"};
    struct server again = {.answer = HEAD "{}"};
    struct str body;
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(all); i++)
        hang(&all[i], str_c(realms[i % ARRAY_LEN(realms)]));
    assert_true(wait_for(all, ARRAY_LEN(all)) >= 1);
    ok(fetch_from(&again, 20000, &body));
}

/* HT-02: those of one realm leave places to the others. */
static void test_ht_02_fetches_of_a_realm(void **state)
{
    static struct hanging all[FETCHES_AT_ONCE];
    struct server other = {.answer = HEAD "{}"};
    struct str body;
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(all); i++)
        hang(&all[i], STR("chile"));
    (void)usleep(300000);
    ok(fetch_from(&other, 20000, &body)); /* of peru */
    assert_true(wait_for(all, ARRAY_LEN(all)) >= 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ss_01_addresses),
        cmocka_unit_test(test_networks),
        cmocka_unit_test_setup_teardown(test_good_answer, start, end),
        cmocka_unit_test_setup_teardown(test_ss_02_redirect, start, end),
        cmocka_unit_test_setup_teardown(test_ss_03_caps, start, end),
        cmocka_unit_test_setup_teardown(test_ht_02_fetches_at_once, start, end),
        cmocka_unit_test_setup_teardown(test_ht_02_fetches_of_a_realm, start, end),
        cmocka_unit_test_setup_teardown(test_ss_01_defaults, start, end),
        cmocka_unit_test_setup_teardown(test_ss_05_certificates, start, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
