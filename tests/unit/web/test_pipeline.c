/* What the pipeline enforces for every route: host, origin, types, rates, headers. */
#include "tests/unit/web/web_fixture.h"

/* WE-06: on successes, errors of the pipeline and refusals of the transport. */
static void we_06_every_reply_has_the_security_headers(void **state)
{
    static const char *const lines[] = {"GET /hello", "GET /nothing",   "POST /hello",
                                        "GET /%",     "OPTIONS /hello", "GET /nasty"};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
        struct answer *a = ask(lines[i], "", "");
        assert_true(says(a, "X-Content-Type-Options: nosniff\r\n"));
        assert_true(says(a, "Referrer-Policy: no-referrer\r\n"));
        assert_true(says(a, "frame-ancestors 'none'\r\n"));
        assert_true(says(a, "Cache-Control: no-store\r\n"));
        assert_false(says(a, "unsafe-inline"));
        assert_false(says(a, "Server:"));
    }
}

static void we_06_pages_have_a_strict_policy(void **state)
{
    (void)state;
    struct answer *a = ask("GET /page", "", "");
    assert_int_equal(a->status, 200);
    assert_true(says(a, "default-src 'none'; "));
    assert_true(says(a, "script-src 'self' 'nonce-"));
    assert_true(says(a, "form-action https://app.example; "));
    assert_false(says(a, "form-action 'self'"));
    assert_true(says(a, "Set-Cookie: SID=abc; "));
    assert_true(says(a, "HttpOnly"));
}

static struct answer *ask_host(const char *host)
{
    char text[600];
    int n = snprintf(text, sizeof(text),
                     "GET /about HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n", host);
    return ask_bytes(http_port(), str_of(text, (size_t)n));
}

/* WE-09: links never come from a Host header that is not ours. */
static void we_09_foreign_hosts_are_refused(void **state)
{
    char own[100];
    struct web_config c;
    (void)state;
    assert_int_equal(ask_host("evil.example")->status, 421);
    assert_int_equal(ask_host("localhost:1")->status, 421);
    assert_int_equal(ask_host("user@localhost")->status, 421);
    assert_int_equal(ask_host("localhost/evil.example")->status, 421);
    assert_int_equal(ask_host("127.0.0.1.evil.example")->status, 421);
    (void)snprintf(own, sizeof(own), "localhost:%u", http_port());
    assert_int_equal(ask_host(own)->status, 200);
    assert_true(says(ask_host(own), own));
    assert_false(says(ask("GET /about", "X-Forwarded-Host: evil.example\r\n", ""), "evil"));
    assert_false(says(ask("GET /about", "Forwarded: host=evil.example\r\n", ""), "evil"));
    fixture_defaults(&c);
    c.hostname = STR("http://id.example");
    c.base_path = STR("/auth");
    fixture_restart(&c);
    assert_int_equal(ask_host("localhost")->status, 404); /* not under the base path */
    char text[200];
    int n =
        snprintf(text, sizeof(text),
                 "GET /auth/about HTTP/1.1\r\nHost: ID.example:80\r\nConnection: close\r\n\r\n");
    assert_true(
        says(ask_bytes(http_port(), str_of(text, (size_t)n)), "url=http://id.example/auth "));
    n = snprintf(text, sizeof(text),
                 "GET /auth/about HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    assert_int_equal(ask_bytes(http_port(), str_of(text, (size_t)n))->status, 421);
    fixture_defaults(&c);
    fixture_restart(&c);
}

/* WE-10: from a peer that is not listed the headers do not exist; from one that is they are read
 * strictly. */
static void we_10_forwarded_headers(void **state)
{
    struct web_config c;
    (void)state;
    struct answer *a =
        ask("GET /about", "X-Forwarded-For: 9.9.9.9\r\nX-Forwarded-Proto: https\r\n", "");
    assert_true(says(a, "ip=127.0.0.1 url=http://"));
    fixture_defaults(&c);
    c.hostname = STR("https://id.example");
    c.trusted_proxies = STR("127.0.0.0/8, 10.0.0.0/8");
    fixture_restart(&c);
    a = ask("GET /about",
            "X-Forwarded-For: 6.6.6.6, 9.9.9.9, 10.1.2.3\r\nX-Forwarded-Proto: https\r\n"
            "X-Forwarded-Host: id.example\r\n",
            "");
    assert_true(says(a, "ip=9.9.9.9 url=https://id.example "));
    assert_true(says(a, "Strict-Transport-Security: max-age="));
    a = ask("GET /about", "Forwarded: for=\"[2001:db8::1]:99\";proto=https;host=id.example\r\n",
            "");
    assert_true(says(a, "ip=2001:db8::1 url=https://id.example "));
    a = ask("GET /about", "X-Forwarded-Proto: https\r\nX-Forwarded-Host: evil.example\r\n", "");
    assert_int_equal(a->status, 421);
    assert_int_equal(ask("GET /about", "X-Forwarded-For: not-an-address\r\n", "")->status, 400);
    assert_int_equal(ask("GET /about", "X-Forwarded-Proto: gopher\r\n", "")->status, 400);
    assert_int_equal(
        ask("GET /about", "Forwarded: for=1.2.3.4\r\nX-Forwarded-For: 5.6.7.8\r\n", "")->status,
        400);
    fixture_defaults(&c);
    fixture_restart(&c);
}

#define FORM "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 3\r\n"

/* WE-05: state-changing requests of our pages come from our pages. */
static void we_05_cross_site_posts_are_refused(void **state)
{
    char own[200];
    (void)state;
    assert_int_equal(ask("POST /form", FORM "Sec-Fetch-Site: same-origin\r\n", "a=b")->status, 200);
    assert_int_equal(ask("POST /form", FORM "Sec-Fetch-Site: cross-site\r\n", "a=b")->status, 403);
    assert_int_equal(ask("POST /form", FORM "Sec-Fetch-Site: same-site\r\n", "a=b")->status, 403);
    assert_int_equal(ask("POST /form", FORM "Origin: https://evil.example\r\n", "a=b")->status,
                     403);
    assert_int_equal(ask("POST /form", FORM "Origin: null\r\n", "a=b")->status, 403);
    (void)snprintf(own, sizeof(own), FORM "Origin: http://127.0.0.1:%u\r\n", http_port());
    assert_int_equal(ask("POST /form", own, "a=b")->status, 200);
}

static void bodies_have_the_routes_type(void **state)
{
    (void)state;
    assert_int_equal(ask("POST /form", "Content-Length: 3\r\n", "a=b")->status, 415);
    assert_int_equal(
        ask("POST /form", "Content-Type: application/json\r\nContent-Length: 2\r\n", "{}")->status,
        415);
    assert_int_equal(ask("POST /form", FORM "Content-Encoding: gzip\r\n", "a=b")->status, 415);
}

/* WE-11: only origins that the protocol code knows. */
static void we_11_cors(void **state)
{
    (void)state;
    struct answer *a =
        ask("OPTIONS /hello",
            "Origin: https://app.example\r\nAccess-Control-Request-Method: GET\r\n", "");
    assert_int_equal(a->status, 204);
    assert_true(says(a, "Access-Control-Allow-Origin: https://app.example\r\n"));
    a = ask("OPTIONS /hello",
            "Origin: https://evil.example\r\nAccess-Control-Request-Method: GET\r\n", "");
    assert_false(says(a, "Access-Control-Allow-Origin"));
    a = ask("GET /hello", "Origin: https://app.example\r\n", "");
    assert_true(says(a, "Access-Control-Allow-Origin: https://app.example\r\n"));
    assert_true(says(a, "Vary: Origin\r\n"));
    assert_false(says(ask("GET /hello", "Origin: https://evil.example\r\n", ""),
                      "Access-Control-Allow-Origin"));
    assert_false(says(ask("GET /hello", "Origin: null\r\n", ""), "Access-Control-Allow-Origin"));
}

static void rates_answer_429(void **state)
{
    struct web_config c;
    (void)state;
    fixture_defaults(&c);
    c.rates[RATE_LOGIN] = (struct web_rate){.per_minute = 6, .burst = 3};
    c.rates_for_loopback = true;
    fixture_restart(&c);
    for (int i = 0; i < 3; i++)
        assert_int_equal(ask("POST /form", "", "")->status, 200);
    struct answer *a = ask("POST /form", "", "");
    assert_int_equal(a->status, 429);
    assert_true(says(a, "Retry-After: "));
    assert_int_equal(ask("GET /hello", "", "")->status, 200);
    fixture_defaults(&c);
    fixture_restart(&c);
}

/* TL-03: outside development the plain door only shows the way, by a name that is ours. */
static void tl_03_plain_http_only_redirects(void **state)
{
    struct web_config c;
    char wanted[200];
    (void)state;
    fixture_defaults(&c);
    c.dev = false;
    c.http_address = "127.0.0.1";
    fixture_restart(&c);
    struct answer *a = ask("GET /hello?a=b", "", "");
    assert_int_equal(a->status, 308);
    (void)snprintf(wanted, sizeof(wanted), "Location: https://127.0.0.1:%u/hello?a=b\r\n",
                   web_port(fixture_web, LISTENER_PUBLIC, true));
    assert_true(says(a, wanted));
    assert_int_equal(ask_host("evil.example")->status, 421);
    c.hostname = STR("https://id.example");
    fixture_restart(&c);
    assert_true(says(ask_host("evil.example"), "Location: https://id.example/about\r\n"));
    fixture_defaults(&c);
    fixture_restart(&c);
}

static void wrong_settings_stop_the_start(void **state)
{
    struct web_config c;
    struct web_services services = {.routes = fixture_routes, .route_count = 1};
    struct web *web = NULL;
    struct err_ctx err = {0};
    (void)state;
    fixture_defaults(&c);
    c.hostname = STR("https://id.example/path");
    assert_int_equal(web_start(&c, &services, &err, &web), ERR_CONFIG);
    assert_non_null(strstr(err.detail, "id.example/path"));
    fixture_defaults(&c);
    c.trusted_proxies = STR("10.0.0.0/33");
    assert_int_equal(web_start(&c, &services, &err, &web), ERR_CONFIG);
    fixture_defaults(&c);
    c.base_path = STR("auth/");
    assert_int_equal(web_start(&c, &services, &err, &web), ERR_CONFIG);
    fixture_defaults(&c);
    c.tls.cert_file = "/nonexistent.pem";
    c.tls.key_file = "/nonexistent.key";
    assert_int_equal(web_start(&c, &services, &err, &web), ERR_CONFIG);
    fixture_defaults(&c);
    c.http_port = http_port();
    assert_int_equal(web_start(&c, &services, &err, &web), ERR_CONFIG);
    assert_non_null(strstr(err.detail, "Address already in use"));
    assert_null(web);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(we_06_every_reply_has_the_security_headers),
        cmocka_unit_test(we_06_pages_have_a_strict_policy),
        cmocka_unit_test(we_09_foreign_hosts_are_refused),
        cmocka_unit_test(we_10_forwarded_headers),
        cmocka_unit_test(we_05_cross_site_posts_are_refused),
        cmocka_unit_test(bodies_have_the_routes_type),
        cmocka_unit_test(we_11_cors),
        cmocka_unit_test(rates_answer_429),
        cmocka_unit_test(tl_03_plain_http_only_redirects),
        cmocka_unit_test(wrong_settings_stop_the_start),
    };
    return cmocka_run_group_tests(tests, fixture_setup, fixture_teardown);
}
