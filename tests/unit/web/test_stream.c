/* Replies that go on: chunks as they come, the connection afterwards, clients that go or do not read,
 * the stop. */
#include "tests/unit/web/web_fixture.h"

#include "web/listen.h"

static const char question[] = "GET /stream HTTP/1.1\r\nHost: localhost:%u\r\n\r\n";

static void wait_for_streams(size_t count)
{
    while (streams_count(fixture_web->streams) != count)
        usleep(1000);
}

static int open_stream(int most, int size)
{
    char text[200];
    atomic_store(&fixture_stream_asked, 0);
    atomic_store(&fixture_stream_most, most);
    atomic_store(&fixture_stream_size, size);
    wait_for_streams(0); /* of the test before: the last byte is out before a stream is freed */
    int fd = dial(http_port());
    int n = snprintf(text, sizeof(text), question, http_port());
    say(fd, str_of(text, (size_t)n));
    return fd;
}

static void ask_for(int pieces)
{
    atomic_store(&fixture_stream_asked, pieces);
    stream_wake(&atomic_load(&fixture_stream_last)->stream);
}

/* What comes until this text has. */
static void hear_until(int fd, char *text, size_t size, const char *wanted)
{
    size_t len = 0;
    text[0] = '\0';
    while (!strstr(text, wanted)) {
        ssize_t n = recv(fd, text + len, size - 1 - len, 0);
        assert_true(n > 0);
        len += (size_t)n;
        text[len] = '\0';
    }
}

static void chunks_come_as_they_are_there_and_the_connection_goes_on(void **state)
{
    char text[4096], request[200];
    (void)state;
    int fd = open_stream(3, 0);
    hear_until(fd, text, sizeof(text), "\r\n\r\n");
    assert_non_null(strstr(text, "HTTP/1.1 200 OK\r\n"));
    assert_non_null(strstr(text, "Transfer-Encoding: chunked\r\n"));
    assert_null(strstr(text, "Content-Length"));
    ask_for(1);
    hear_until(fd, text, sizeof(text), "piece 0");
    assert_string_equal(text, "8\r\npiece 0 \r\n");
    ask_for(3);
    hear_until(fd, text, sizeof(text), "0\r\n\r\n");
    assert_string_equal(text, "10\r\npiece 1 piece 2 \r\n0\r\n\r\n");
    int n = snprintf(request, sizeof(request), "GET /hello HTTP/1.1\r\nHost: localhost:%u\r\n\r\n",
                     http_port());
    say(fd, str_of(request, (size_t)n));
    hear_until(fd, text, sizeof(text), "{\"hello\":\"world\"}");
    wait_for_streams(0);
    close(fd);
}

static void what_nobody_wakes_is_looked_at_all_the_same(void **state)
{
    char text[4096];
    (void)state;
    int fd = open_stream(1, 0);
    hear_until(fd, text, sizeof(text), "\r\n\r\n");
    atomic_store(&fixture_stream_asked, 1);
    hear_until(fd, text, sizeof(text), "0\r\n\r\n");
    close(fd);
}

static void http_1_0_reads_up_to_the_end(void **state)
{
    char text[4096];
    bool closed;
    (void)state;
    wait_for_streams(0);
    atomic_store(&fixture_stream_asked, 2);
    atomic_store(&fixture_stream_most, 2);
    int fd = dial(http_port());
    int n = snprintf(text, sizeof(text), "GET /stream HTTP/1.0\r\nHost: localhost:%u\r\n\r\n",
                     http_port());
    say(fd, str_of(text, (size_t)n));
    (void)hear(fd, text, sizeof(text), 30000, &closed);
    assert_true(closed);
    assert_null(strstr(text, "Transfer-Encoding"));
    assert_non_null(strstr(text, "\r\n\r\npiece 0 piece 1 "));
    close(fd);
}

static void a_client_that_goes_takes_its_stream_with_it(void **state)
{
    char text[4096];
    (void)state;
    int fd = open_stream(1, 0);
    hear_until(fd, text, sizeof(text), "\r\n\r\n");
    assert_int_equal(streams_count(fixture_web->streams), 1);
    close(fd);
    wait_for_streams(0);
}

/* False when it is not pulled: the kernel takes no more for this client, be it that a part of a piece
 * waits here or that the last piece just went in. */
static bool is_said_soon(int pieces)
{
    for (int i = 0; i < 300; i++) {
        if (atomic_load(&atomic_load(&fixture_stream_last)->said) >= pieces)
            return true;
        usleep(1000);
    }
    return false;
}

/* HT-02: a client that does not read holds neither a worker nor more than a piece of memory. */
static void ht_02_nothing_is_pulled_for_a_client_that_does_not_read(void **state)
{
    char text[4096];
    struct listen_counts counts;
    (void)state;
    int small = 4096, pieces = 0;
    int fd = open_stream(1000000, 50000);
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
    hear_until(fd, text, sizeof(text), "\r\n\r\n");
    do
        ask_for(++pieces);
    while (is_said_soon(pieces));
    for (int i = 0; i < 100; i++)
        ask_for(++pieces);
    usleep(10000);
    listen_counts(fixture_web->listen, &counts);
    assert_true(counts.parked_bytes <= 2 * (int64_t)STREAM_PIECE_MAX_BYTES);
    assert_int_equal(ask("GET /hello", "Connection: close\r\n", "")->status, 200);
    close(fd);
    wait_for_streams(0);
}

static void streams_have_limits_in_all_and_for_each_owner(void **state)
{
    struct streams *all;
    struct stream s[4] = {{.free = fixture_stream_free}};
    (void)state;
    assert_int_equal(streams_new(3, 2, &all), 0);
    assert_int_equal(stream_open(all, &s[0], STR("a")), 0);
    assert_int_equal(stream_open(all, &s[1], STR("a")), 0);
    assert_int_equal(stream_open(all, &s[2], STR("a")), ERR_LIMIT_REACHED);
    assert_int_equal(stream_open(all, &s[2], STR("b")), 0);
    assert_int_equal(stream_open(all, &s[3], STR("c")), ERR_OVERLOADED);
    assert_int_equal(streams_count(all), 3);
    streams_free(all);
}

static void the_stop_ends_streams_in_order(void **state)
{
    struct web_config c;
    char text[4096];
    bool closed;
    (void)state;
    int fd = open_stream(1, 0);
    hear_until(fd, text, sizeof(text), "\r\n\r\n");
    fixture_defaults(&c);
    fixture_restart(&c);
    (void)hear(fd, text, sizeof(text), 30000, &closed);
    assert_true(closed);
    assert_string_equal(text, "0\r\n\r\n");
    close(fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(chunks_come_as_they_are_there_and_the_connection_goes_on),
        cmocka_unit_test(what_nobody_wakes_is_looked_at_all_the_same),
        cmocka_unit_test(http_1_0_reads_up_to_the_end),
        cmocka_unit_test(a_client_that_goes_takes_its_stream_with_it),
        cmocka_unit_test(ht_02_nothing_is_pulled_for_a_client_that_does_not_read),
        cmocka_unit_test(streams_have_limits_in_all_and_for_each_owner),
        cmocka_unit_test(the_stop_ends_streams_in_order),
    };
    return cmocka_run_group_tests(tests, fixture_setup, fixture_teardown);
}
