/* The real listeners over loopback: framing, limits, slow clients, keep-alive, stop. */
#include "tests/unit/web/web_fixture.h"

#include "web/listen.h"

static void answers_and_keeps_alive(void **state)
{
    char request[200], text[4096];
    bool closed;
    int fd = dial(http_port());
    (void)state;
    int n = snprintf(request, sizeof(request), "GET /hello HTTP/1.1\r\nHost: localhost:%u\r\n\r\n",
                     http_port());
    for (int i = 0; i < 3; i++) {
        say(fd, str_of(request, (size_t)n));
        (void)hear(fd, text, sizeof(text), 200, &closed);
        assert_false(closed);
        assert_non_null(strstr(text, "HTTP/1.1 200 OK\r\n"));
        assert_non_null(strstr(text, "\r\n\r\n{\"hello\":\"world\"}"));
    }
    close(fd);
}

static void pipelined_requests_are_all_answered(void **state)
{
    struct buf b;
    (void)state;
    buf_init(&b, NULL, 1 << 20);
    for (int i = 0; i < 150; i++)
        buf_printf(&b, "POST /echo HTTP/1.1\r\nHost: localhost:%u\r\nContent-Length: 4\r\n\r\n%04d",
                   http_port(), i);
    struct answer *a = ask_bytes(http_port(), buf_str(&b));
    buf_free(&b);
    const char *at = a->text;
    for (int i = 0; i < 150; i++) {
        char wanted[16];
        (void)snprintf(wanted, sizeof(wanted), "\r\n\r\n%04d", i);
        at = strstr(at, wanted);
        assert_non_null(at);
    }
}

static void bodies_come_whole(void **state)
{
    static char body[90001];
    char headers[64];
    (void)state;
    memset(body, 'x', 90000);
    (void)snprintf(headers, sizeof(headers), "Content-Length: 90000\r\nConnection: close\r\n");
    struct answer *a = ask("POST /echo", headers, body);
    assert_int_equal(a->status, 200);
    a = ask("POST /echo", "Transfer-Encoding: chunked\r\nConnection: close\r\n",
            "5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n");
    assert_int_equal(a->status, 200);
    assert_true(says(a, "\r\n\r\nhello world"));
    assert_true(a->closed);
}

static void continue_is_said_once(void **state)
{
    char text[4096], request[300];
    bool closed;
    int fd = dial(http_port());
    (void)state;
    int n = snprintf(request, sizeof(request),
                     "POST /echo HTTP/1.1\r\nHost: localhost:%u\r\nContent-Length: 2\r\n"
                     "Expect: 100-continue\r\n\r\n",
                     http_port());
    say(fd, str_of(request, (size_t)n));
    (void)hear(fd, text, sizeof(text), 200, &closed);
    assert_string_equal(text, "HTTP/1.1 100 Continue\r\n\r\n");
    say(fd, STR("h"));
    usleep(20000);
    say(fd, STR("i"));
    (void)hear(fd, text, sizeof(text), 200, &closed);
    assert_non_null(strstr(text, "200 OK"));
    assert_non_null(strstr(text, "\r\n\r\nhi"));
    close(fd);
}

/* HT-01: refused with 400, and the connection ends so that nothing after it is read as a request. */
static void ht_01_smuggling_gets_400_and_close(void **state)
{
    static const char *const bad[] = {
        "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n",
        "Content-Length: 4\r\nContent-Length: 5\r\n",
        "Transfer-Encoding: chunked, identity\r\n",
        "X: a\r\n folded\r\n",
        "X: a\nY: b\r\n",
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct answer *a = ask("POST /echo", bad[i], "0\r\n\r\nGET /hello HTTP/1.1\r\n\r\n");
        assert_int_equal(a->status, 400);
        assert_true(a->closed);
        assert_false(says(a, "hello"));
        assert_true(says(a, "Connection: close\r\n"));
        assert_true(says(a, "X-Content-Type-Options: nosniff\r\n"));
    }
    struct answer *a =
        ask("POST /echo", "Transfer-Encoding: chunked\r\n", "3;a=b\r\nabc\r\n0\r\n\r\n");
    assert_int_equal(a->status, 400);
    assert_true(a->closed);
}

static void ht_03_limits_answer_and_close(void **state)
{
    static char text[40000];
    (void)state;
    memset(text, 'a', 30000);
    memcpy(text, "GET /", 5);
    assert_int_equal(ask_bytes(http_port(), str_of(text, 30000))->status, 414);
    memcpy(text, "GET / HTTP/1.1\r\nHost: x\r\nX: ", 28);
    assert_int_equal(ask_bytes(http_port(), str_of(text, 30000))->status, 431);
    assert_int_equal(ask("POST /form", "Content-Length: 101\r\n", "")->status, 413);
    assert_int_equal(ask("GET /hello", "Content-Length: 1\r\n", "x")->status, 413);
    struct answer *a = ask("POST /echo", "Transfer-Encoding: chunked\r\n", "30D40\r\n");
    assert_int_equal(a->status, 413);
    assert_true(a->closed);
    assert_int_equal(ask("TRACE /hello", "", "")->status, 501);
}

static void ht_05_odd_paths_and_methods(void **state)
{
    (void)state;
    assert_int_equal(ask("GET /a/../hello", "", "")->status, 400);
    assert_int_equal(ask("GET //hello", "", "")->status, 400);
    assert_int_equal(ask("GET /hello;a=b", "", "")->status, 400);
    assert_int_equal(ask("GET /hello%2f", "", "")->status, 400);
    assert_int_equal(ask("GET /%68ello", "", "")->status, 200);
    assert_int_equal(ask("GET /nothing", "", "")->status, 404);
    struct answer *a = ask("POST /hello", "X-HTTP-Method-Override: GET\r\n", "");
    assert_int_equal(a->status, 405);
    assert_true(says(a, "Allow: GET, HEAD, OPTIONS\r\n"));
}

static void head_has_no_body(void **state)
{
    (void)state;
    struct answer *a = ask("HEAD /hello", "Connection: close\r\n", "");
    assert_int_equal(a->status, 200);
    assert_true(says(a, "Content-Length: 17\r\n"));
    assert_false(says(a, "world"));
}

/* HT-04: a header that data has broken is not sent, nor is anything else of that reply. */
static void ht_04_headers_cannot_be_split(void **state)
{
    (void)state;
    struct answer *a = ask("GET /nasty", "", "");
    assert_int_equal(a->status, 500);
    assert_false(says(a, "Set-Cookie"));
    assert_false(says(a, "secret"));
}

static void absolute_form_works(void **state)
{
    char text[200];
    (void)state;
    int n = snprintf(
        text, sizeof(text),
        "GET http://127.0.0.1:%u/hello HTTP/1.1\r\nHost: 127.0.0.1:%u\r\nConnection: close\r\n\r\n",
        http_port(), http_port());
    assert_int_equal(ask_bytes(http_port(), str_of(text, (size_t)n))->status, 200);
    n = snprintf(
        text, sizeof(text),
        "GET http://evil.example/hello HTTP/1.1\r\nHost: 127.0.0.1:%u\r\nConnection: close\r\n\r\n",
        http_port());
    assert_int_equal(ask_bytes(http_port(), str_of(text, (size_t)n))->status, 421);
}

/* HT-02: three times as many connections as there is room for, all slow; an honest client is served
 * at once, and the slow ones end at their deadline. */
static void ht_02_slow_clients_lock_nobody_out(void **state)
{
    static int fds[1200];
    struct web_config c;
    char text[256];
    bool closed;
    (void)state;
    fixture_defaults(&c);
    c.limits.header_ms = 5000;
    fixture_restart(&c);
    for (size_t i = 0; i < ARRAY_LEN(fds); i++) {
        fds[i] = dial(http_port());
        (void)send(fds[i], "GET /hello HTTP/1.1\r\nX: ", 24, MSG_NOSIGNAL);
        if (i % 100 != 99)
            continue;
        int64_t from_ms = clock_now().monotonic_ms;
        int fd = dial(http_port());
        int n = snprintf(text, sizeof(text), "GET /hello HTTP/1.0\r\nHost: localhost:%u\r\n\r\n",
                         http_port());
        say(fd, str_of(text, (size_t)n));
        char reply[1024];
        (void)hear(fd, reply, sizeof(reply), 2000, &closed);
        close(fd);
        assert_non_null(strstr(reply, "200 OK"));
        assert_true(clock_now().monotonic_ms - from_ms < 4000); /* none ended for it */
    }
    struct listen_counts counts;
    listen_counts(fixture_web->listen, &counts);
    assert_true(counts.open <= (int64_t)c.limits.connections);
    assert_true(counts.refused > 0);
    for (int i = 0; i < 600 && counts.open != 0; i++) {
        usleep(100000);
        listen_counts(fixture_web->listen, &counts);
    }
    assert_int_equal(counts.open, 0);
    assert_int_equal(counts.parked_bytes, 0);
    for (size_t i = 0; i < ARRAY_LEN(fds); i++)
        close(fds[i]);
    fixture_defaults(&c);
    fixture_restart(&c);
}

/* HT-02: more readers that do not read than there are workers. */
static void ht_02_slow_readers_hold_no_worker(void **state)
{
    int fds[32];
    char text[200];
    (void)state;
    int n = snprintf(text, sizeof(text), "GET /large HTTP/1.1\r\nHost: localhost:%u\r\n\r\n",
                     http_port());
    for (size_t i = 0; i < ARRAY_LEN(fds); i++) {
        int small = 4096;
        fds[i] = dial(http_port());
        if (i > 0)
            (void)setsockopt(fds[i], SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
        say(fds[i], str_of(text, (size_t)n));
    }
    assert_int_equal(ask("GET /hello", "Connection: close\r\n", "")->status, 200);
    size_t total = 0;
    char part[65536];
    bool closed;
    for (size_t got = 1; total < 1048576 && got > 0; total += got)
        got = hear(fds[0], part, sizeof(part), 1000, &closed);
    assert_true(total > 1048576);
    for (size_t i = 0; i < ARRAY_LEN(fds); i++)
        close(fds[i]);
}

static void ht_02_over_long_bodies_end_in_time(void **state)
{
    struct web_config c;
    struct listen_counts counts;
    (void)state;
    fixture_defaults(&c);
    c.limits.parked_bytes = 100000;
    fixture_restart(&c);
    int fds[300];
    for (size_t i = 0; i < ARRAY_LEN(fds); i++) {
        char text[256];
        fds[i] = dial(http_port());
        int n =
            snprintf(text, sizeof(text),
                     "POST /echo HTTP/1.1\r\nHost: localhost:%u\r\nContent-Length: 99999\r\n\r\n",
                     http_port());
        say(fds[i], str_of(text, (size_t)n));
    }
    assert_int_equal(ask("GET /hello", "Connection: close\r\n", "")->status, 200);
    listen_counts(fixture_web->listen, &counts);
    assert_true(counts.parked_bytes <= 100000);
    for (int i = 0; i < 600 && counts.expired == 0; i++) {
        usleep(100000);
        listen_counts(fixture_web->listen, &counts);
    }
    assert_true(counts.expired > 0);
    for (size_t i = 0; i < ARRAY_LEN(fds); i++)
        close(fds[i]);
    fixture_defaults(&c);
    fixture_restart(&c);
}

static void send_slow(int fd)
{
    char text[200];
    int n = snprintf(text, sizeof(text), "GET /slow HTTP/1.1\r\nHost: localhost:%u\r\n\r\n",
                     http_port());
    say(fd, str_of(text, (size_t)n));
}

static void wait_for_slow(int count)
{
    while (atomic_load(&fixture_slow_begun) < count)
        usleep(1000);
}

/* More slow requests than threads that watch: others are still answered soon. */
static void slow_requests_do_not_stop_quick_ones(void **state)
{
    int fds[6];
    (void)state;
    atomic_store(&fixture_slow_begun, 0);
    for (size_t i = 0; i < ARRAY_LEN(fds); i++) {
        fds[i] = dial(http_port());
        send_slow(fds[i]);
    }
    wait_for_slow(1);
    int64_t from_ms = clock_now().monotonic_ms;
    assert_int_equal(ask("GET /hello", "", "")->status, 200);
    assert_true(clock_now().monotonic_ms - from_ms < SLOW_MS * 3 / 4);
    wait_for_slow(ARRAY_LEN(fds));
    for (size_t i = 0; i < ARRAY_LEN(fds); i++)
        close(fds[i]);
    usleep(SLOW_MS * 1000 + 100000);
}

static void a_stop_lets_requests_finish(void **state)
{
    struct web_config c;
    char text[1024];
    bool closed;
    int busy = dial(http_port()), idle = dial(http_port());
    (void)state;
    atomic_store(&fixture_slow_begun, 0);
    send_slow(busy);
    wait_for_slow(1);
    int64_t from_ms = clock_now().monotonic_ms;
    web_stop(fixture_web);
    fixture_web = NULL;
    int64_t took_ms = clock_now().monotonic_ms - from_ms;
    (void)hear(busy, text, sizeof(text), 500, &closed);
    assert_non_null(strstr(text, "\r\n\r\nat last"));
    assert_true(closed);
    assert_int_equal(hear(idle, text, sizeof(text), 100, &closed), 0);
    assert_true(closed);
    assert_in_range(took_ms, SLOW_MS / 2, 9000); /* as long as it took, not as long as it may */
    close(busy);
    close(idle);
    fixture_defaults(&c);
    fixture_start(&c);
}

static void ht_10_management_is_apart(void **state)
{
    char text[200];
    uint16_t port = web_port(fixture_web, LISTENER_MANAGEMENT, false);
    (void)state;
    assert_int_equal(ask("GET /health", "", "")->status, 404);
    assert_int_equal(ask("GET /metrics", "", "")->status, 404);
    int n = snprintf(text, sizeof(text),
                     "GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    struct answer *a = ask_bytes(port, str_of(text, (size_t)n));
    assert_int_equal(a->status, 200);
    assert_true(says(a, "garita_http_requests_total{route=\"none\",status=\"4xx\"}"));
    n = snprintf(text, sizeof(text),
                 "GET /hello HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    assert_int_equal(ask_bytes(port, str_of(text, (size_t)n))->status, 404);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers_and_keeps_alive),
        cmocka_unit_test(pipelined_requests_are_all_answered),
        cmocka_unit_test(bodies_come_whole),
        cmocka_unit_test(continue_is_said_once),
        cmocka_unit_test(ht_01_smuggling_gets_400_and_close),
        cmocka_unit_test(ht_03_limits_answer_and_close),
        cmocka_unit_test(ht_05_odd_paths_and_methods),
        cmocka_unit_test(head_has_no_body),
        cmocka_unit_test(ht_04_headers_cannot_be_split),
        cmocka_unit_test(absolute_form_works),
        cmocka_unit_test(ht_02_slow_clients_lock_nobody_out),
        cmocka_unit_test(ht_02_slow_readers_hold_no_worker),
        cmocka_unit_test(ht_02_over_long_bodies_end_in_time),
        cmocka_unit_test(slow_requests_do_not_stop_quick_ones),
        cmocka_unit_test(a_stop_lets_requests_finish),
        cmocka_unit_test(ht_10_management_is_apart),
    };
    return cmocka_run_group_tests(tests, fixture_setup, fixture_teardown);
}
