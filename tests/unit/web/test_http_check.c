/* The strict door: what must not pass, and what must (HT-01, HT-03, HT-05). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "web/http_check.h"

static const struct http_limits limits = {
    .header_bytes = 4096, .uri_bytes = 1024, .header_count = 8};

static int check(struct str bytes, struct http_head *h)
{
    size_t scanned = 0;
    return http_check_head(bytes, &limits, &scanned, h);
}

static int check_c(const char *text)
{
    struct http_head h;
    return check(str_c(text), &h);
}

#define HOST "Host: a.example\r\n"

static void takes_plain_requests(void **state)
{
    struct http_head h;
    (void)state;
    assert_int_equal(check(STR("GET /a/b?c=d HTTP/1.1\r\n" HOST "\r\nrest"), &h), 0);
    assert_int_equal(h.method, HTTP_GET);
    assert_true(str_eq(h.target, STR("/a/b?c=d")));
    assert_int_equal(h.head_bytes, 42);
    assert_true(h.keep_alive);
    assert_int_equal(check(STR("POST / HTTP/1.1\r\n" HOST "Content-Length: 12\r\n"
                               "Connection: x, close\r\nExpect: 100-continue\r\n\r\n"),
                           &h),
                     0);
    assert_int_equal(h.content_length, 12);
    assert_false(h.keep_alive);
    assert_true(h.expects_continue);
    assert_int_equal(
        check(STR("POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: Chunked\r\n\r\n"), &h), 0);
    assert_true(h.chunked);
}

static void http_1_0_closes_unless_asked(void **state)
{
    struct http_head h;
    (void)state;
    assert_int_equal(check(STR("GET / HTTP/1.0\r\n\r\n"), &h), 0);
    assert_false(h.keep_alive);
    assert_int_equal(check(STR("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"), &h), 0);
    assert_true(h.keep_alive);
}

static void absolute_form_is_split(void **state)
{
    struct http_head h;
    (void)state;
    assert_int_equal(check(STR("GET https://a.example:8443/x?y HTTP/1.1\r\n" HOST "\r\n"), &h), 0);
    assert_true(str_eq(h.authority, STR("a.example:8443")));
    assert_true(str_eq(h.target, STR("/x?y")));
    assert_int_equal(check_c("GET ftp://a.example/ HTTP/1.1\r\n" HOST "\r\n"), 400);
    assert_int_equal(check_c("GET http:///x HTTP/1.1\r\n" HOST "\r\n"), 400);
}

/* HT-01: each of these is read differently by some implementation. */
static void ht_01_ambiguous_framing_is_refused(void **state)
{
    static const char *const bad[] = {
        "POST / HTTP/1.1\r\n" HOST "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
        "POST / HTTP/1.1\r\n" HOST "Content-Length: 1\r\nContent-Length: 1\r\n\r\n",
        "POST / HTTP/1.1\r\n" HOST "Content-Length: 1, 1\r\n\r\n",
        "POST / HTTP/1.1\r\n" HOST "Content-Length: +1\r\n\r\n",
        "POST / HTTP/1.1\r\n" HOST "Content-Length: -1\r\n\r\n",
        "POST / HTTP/1.1\r\n" HOST "Content-Length: 0x1\r\n\r\n",
        "POST / HTTP/1.1\r\n" HOST "Content-Length: 1 \t2\r\n\r\n",
        "POST / HTTP/1.1\r\n" HOST "Content-Length:\r\n\r\n",
        "POST / HTTP/1.1\r\n" HOST "Content-Length: 99999999999999999999\r\n\r\n",
        "POST / HTTP/1.1\r\n" HOST
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
        "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: gzip, chunked\r\n\r\n",
        "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: identity\r\n\r\n",
        "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: xchunked\r\n\r\n",
        "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: \"chunked\"\r\n\r\n",
        "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding:\x0b"
        "chunked\r\n\r\n",
        "POST / HTTP/1.0\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n",
        "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding : chunked\r\n\r\n",
        "POST / HTTP/1.1\r\n" HOST "X: a\r\n b\r\n\r\n",
        "POST / HTTP/1.1\r\n Host: a.example\r\n\r\n",
        "GET / HTTP/1.1\n" HOST "\n",
        "GET / HTTP/1.1\r\nHost: a.example\nX: y\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a.example\rX: y\r\n\r\n",
        "GET / HTTP/1.1\r\n" HOST "X: a\rb\r\n\r\n",
        "GET / HTTP/1.1\r\n\r\n",
        "GET / HTTP/1.1\r\n" HOST HOST "\r\n",
        "GET / HTTP/1.1\r\nHost:\r\n\r\n",
        "GET  / HTTP/1.1\r\n" HOST "\r\n",
        "GET / HTTP/1.1 \r\n" HOST "\r\n",
        "GET /\r\n" HOST "\r\n",
        "GET / x HTTP/1.1\r\n" HOST "\r\n",
        "GET\t/\tHTTP/1.1\r\n" HOST "\r\n",
        "GET / http/1.1\r\n" HOST "\r\n",
        "G(T / HTTP/1.1\r\n" HOST "\r\n",
        "GET / HTTP/1.1\r\n" HOST ": x\r\n\r\n",
        "GET / HTTP/1.1\r\n" HOST "nocolon\r\n\r\n",
        "GET / HTTP/1.1\r\n" HOST "A\x01: x\r\n\r\n",
        "GET / HTTP/1.1\r\n" HOST "A: \xff\xfe\r\n\r\n",
        "GET /\x80 HTTP/1.1\r\n" HOST "\r\n",
        "GET /a#b HTTP/1.1\r\n" HOST "\r\n",
        "GET a HTTP/1.1\r\n" HOST "\r\n",
        "GET * HTTP/1.1\r\n" HOST "\r\n",
        "GET / HTTP/1.1\r\n" HOST "Authorization: Basic a\r\nAuthorization: Basic b\r\n\r\n",
        "GET / HTTP/1.1\r\n" HOST "Cookie: a=b\r\nCookie: a=c\r\n\r\n",
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        int status = check_c(bad[i]);
        if (status != 400)
            fail_msg("%zu: %d: %s", i, status, bad[i]);
    }
    assert_int_equal(
        check(STR("GET / HTTP/1.1\r\n" HOST "X: a\0b\r\n\r\n"), &(struct http_head){0}), 400);
}

static void unknown_methods_and_versions(void **state)
{
    (void)state;
    assert_int_equal(check_c("TRACE / HTTP/1.1\r\n" HOST "\r\n"), 501);
    assert_int_equal(check_c("CONNECT a:1 HTTP/1.1\r\n" HOST "\r\n"), 501);
    assert_int_equal(check_c("get / HTTP/1.1\r\n" HOST "\r\n"), 501);
    assert_int_equal(check_c("PRI * HTTP/2.0\r\n\r\n"), 505);
    assert_int_equal(check_c("GET / HTTP/1.2\r\n" HOST "\r\n"), 505);
    assert_int_equal(check_c("GET / HTTP/1.1\r\n" HOST "Expect: tea\r\n\r\n"), 417);
}

/* HT-03: limits hold at the boundary, and before the end has come. */
static void ht_03_limits(void **state)
{
    char text[8192];
    struct buf b;
    (void)state;
    for (int over = 0; over <= 1; over++) {
        buf_init(&b, NULL, sizeof(text));
        buf_add_c(&b, "GET /");
        for (size_t i = 1; i < limits.uri_bytes + (size_t)over; i++)
            buf_add_byte(&b, 'a');
        buf_add_c(&b, " HTTP/1.1\r\n" HOST "\r\n");
        assert_int_equal(check(buf_str(&b), &(struct http_head){0}), over ? 414 : 0);
        buf_free(&b);
    }
    buf_init(&b, NULL, sizeof(text));
    buf_add_c(&b, "GET /");
    for (size_t i = 0; i < limits.uri_bytes + 64; i++)
        buf_add_byte(&b, 'a');
    assert_int_equal(check(buf_str(&b), &(struct http_head){0}), 414);
    buf_clear(&b);
    buf_add_c(&b, "GET / HTTP/1.1\r\n" HOST "X: ");
    while (b.len < limits.header_bytes)
        buf_add_byte(&b, 'a');
    assert_int_equal(check(buf_str(&b), &(struct http_head){0}), 431);
    buf_clear(&b);
    buf_add_c(&b, "GET / HTTP/1.1\r\n" HOST);
    for (int i = 0; i < 8; i++)
        buf_add_c(&b, "X: y\r\n");
    buf_add_c(&b, "\r\n");
    assert_int_equal(check(buf_str(&b), &(struct http_head){0}), 431);
    buf_free(&b);
}

/* The result does not depend on how the bytes arrive. */
static void pieces_give_the_same(void **state)
{
    struct str whole = STR("POST /x HTTP/1.1\r\n" HOST "Content-Length: 3\r\n\r\nabc");
    struct http_head h;
    size_t scanned = 0, head = whole.len - 3;
    (void)state;
    for (size_t n = 1; n < head; n++)
        assert_int_equal(http_check_head(str_sub(whole, 0, n), &limits, &scanned, &h),
                         HTTP_CHECK_MORE);
    assert_int_equal(http_check_head(str_sub(whole, 0, head), &limits, &scanned, &h), 0);
    assert_int_equal(h.head_bytes, head);
    scanned = 0;
    assert_int_equal(http_check_head(STR("GET / HTTP/1.1\r"), &limits, &scanned, &h),
                     HTTP_CHECK_MORE);
    assert_int_equal(http_check_head(STR("GET / HTTP/1.1\rX"), &limits, &scanned, &h), 400);
}

static int chunks(const char *text, uint64_t most, size_t *used)
{
    struct http_chunks k = {0};
    return http_check_chunks(&k, str_c(text), most, used);
}

static void ht_01_chunks(void **state)
{
    size_t used;
    (void)state;
    assert_int_equal(chunks("3\r\nabc\r\nA\r\n0123456789\r\n0\r\n\r\nGET", 100, &used), 0);
    assert_int_equal(used, 28);
    assert_int_equal(chunks("0\r\n\r\n", 0, &used), 0);
    assert_int_equal(chunks("3\r\nab", 100, &used), HTTP_CHECK_MORE);
    static const char *const bad[] = {
        "3;x=y\r\nabc\r\n0\r\n\r\n",
        "3 \r\nabc\r\n0\r\n\r\n",
        "3\nabc\r\n0\r\n\r\n",
        "3\r\nabcd\r\n0\r\n\r\n",
        "\r\nabc\r\n0\r\n\r\n",
        "0x3\r\nabc\r\n0\r\n\r\n",
        "-3\r\nabc\r\n0\r\n\r\n",
        "123456789\r\n",
        "3\r\nabc\n0\r\n\r\n",
        "0\r\nX: y\r\n\r\n",
        "g\r\n",
    };
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        assert_int_equal(chunks(bad[i], 100, &used), 400);
    assert_int_equal(chunks("ffffffff\r\n", 100, &used), 413);
    assert_int_equal(chunks("3\r\nabc\r\n3\r\nabc\r\n", 5, &used), 413);
}

static int path_of(const char *target, char *text, size_t size)
{
    struct arena a;
    struct str path, query;
    arena_init(&a, 1 << 16);
    int rc = http_path_decode(&a, str_c(target), &path, &query);
    if (rc == 0) {
        assert_true(path.len < size);
        memcpy(text, path.ptr, path.len);
        text[path.len] = '\0';
    }
    arena_free(&a);
    return rc;
}

static void ht_05_paths(void **state)
{
    char text[256];
    (void)state;
    assert_int_equal(path_of("/a%20b/%C3%A9?x=%2F", text, sizeof(text)), 0);
    assert_string_equal(text, "/a b/\xc3\xa9");
    assert_int_equal(path_of("/a/", text, sizeof(text)), 0);
    assert_int_equal(path_of("/..a/b.", text, sizeof(text)), 0);
    static const char *const bad[] = {
        "/a/../b",  "/a/./b",  "/..",      "/.",     "/a/%2e%2e/b", "/a/.%2E/b", "/a//b",  "//a",
        "/a;x=1/b", "/a%3bx",  "/..;/a",   "/a%2fb", "/a%2Fb",      "/a%5cb",    "/a%00b", "/a%0ab",
        "/a%7f",    "/a%252e", "/a%c0%af", "/a%ff",  "/a%ed%a0%80", "/a%2",      "/a%zz",  "/a%",
    };
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        if (path_of(bad[i], text, sizeof(text)) == 0)
            fail_msg("%s was taken", bad[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_plain_requests),
        cmocka_unit_test(http_1_0_closes_unless_asked),
        cmocka_unit_test(absolute_form_is_split),
        cmocka_unit_test(ht_01_ambiguous_framing_is_refused),
        cmocka_unit_test(unknown_methods_and_versions),
        cmocka_unit_test(ht_03_limits),
        cmocka_unit_test(pieces_give_the_same),
        cmocka_unit_test(ht_01_chunks),
        cmocka_unit_test(ht_05_paths),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
