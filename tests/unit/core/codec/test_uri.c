/* URIs: the parts of good ones, and that tricky ones are refused. */
#include "tests/unit/core/check.h"

#include "core/codec/uri.h"

static struct uri parse(const char *text)
{
    struct uri u = {.port_number = 1};
    if (uri_parse_reference(str_c(text), &u) != 0)
        fail_msg("refused: %s", text);
    return u;
}

static void parts_are_split(void **state)
{
    (void)state;
    struct uri u = parse("https://user:pw@Host.example:8443/a/b;c?q=1/?&r=%20#frag/?");
    SAME(u.scheme, "https");
    SAME(u.userinfo, "user:pw");
    SAME(u.host, "Host.example");
    SAME(u.port, "8443");
    assert_int_equal(u.port_number, 8443);
    SAME(u.path, "/a/b;c");
    SAME(u.query, "q=1/?&r=%20");
    SAME(u.fragment, "frag/?");
    u = parse("com.example.app:/cb");
    SAME(u.scheme, "com.example.app");
    assert_false(u.has_authority);
    SAME(u.path, "/cb");
    ABSENT(u.query);
    u = parse("http://[2001:db8::1]:80?x");
    SAME(u.host, "2001:db8::1");
    assert_true(u.host_is_ipv6);
    SAME(u.path, "");
    SAME(u.query, "x");
    u = parse("/relative?x=1#");
    ABSENT(u.scheme);
    SAME(u.fragment, "");
    u = parse("urn:ietf:wg:oauth:2.0:oob");
    SAME(u.path, "ietf:wg:oauth:2.0:oob");
    u = parse("file:///etc");
    assert_true(u.has_authority);
    SAME(u.host, "");
    u = parse("https://h:/x");
    assert_int_equal(u.port_number, 0);
}

static void tricky_ones_are_refused(void **state)
{
    (void)state;
    static const struct str bad[] = {
        STR_INIT("https://good.example\\@evil.example/"),
        STR_INIT("https://good.example\\.evil/"),
        STR_INIT("https://a b/"),
        STR_INIT("https://a/\tb"),
        STR_INIT("https://a/\r\nLocation: x"),
        STR_INIT("https://a/\0"),
        STR_INIT("https://a/\x7f"),
        STR_INIT("https://a/\xc3\xb1"),
        STR_INIT("https://\xc3\xb1.example/"),
        STR_INIT("https://a/%"),
        STR_INIT("https://a/%2"),
        STR_INIT("https://a/%zz"),
        STR_INIT("https://a:65536/"),
        STR_INIT("https://a:0/"),
        STR_INIT("https://a:-1/"),
        STR_INIT("https://a:1x/"),
        STR_INIT("https://a:00080/x:y@"),
        STR_INIT("https://a:123456/"),
        STR_INIT("https://[::1/"),
        STR_INIT("https://[::1]x/"),
        STR_INIT("https://[::g]/"),
        STR_INIT("https://[1:2:3]/"),
        STR_INIT("https://[fe80::1%25eth0]/"),
        STR_INIT("https://[v1.x]/"),
        STR_INIT("https://[1::2::3]/"),
        STR_INIT("https://[::1.2.3]/"),
        STR_INIT("https://[:1]/"),
        STR_INIT("https://[12345::]/"),
        STR_INIT("https://[1:2:3:4:5:6:7:8::]/"),
        STR_INIT("https://a@b@c/"),
        STR_INIT("https://a[b]/"),
        STR_INIT("1http://a/"),
        STR_INIT("ht_tp://a/"),
        STR_INIT("://a"),
        STR_INIT("https://a/<script>"),
        STR_INIT("https://a/\"x"),
        STR_INIT("https://a/{x}"),
        STR_INIT("https://a/|"),
        STR_INIT("https://a/^"),
        STR_INIT("https://a/`"),
        STR_INIT("https://a/#b#c"),
        STR_INIT("not a uri"),
        STR_INIT("a:b c"),
    };
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct uri u;
        int err = uri_parse(bad[i], &u);
        /* Leading zeros of a port are harmless and end up at the same number. */
        if (str_starts(bad[i], STR("https://a:00080")))
            OK(err);
        else if (err != ERR_INVALID_SYNTAX)
            fail_msg("accepted: %.*s", STR_ARG(bad[i]));
    }
    struct uri u;
    FAILS(uri_parse(STR("/relative"), &u), ERR_INVALID_SYNTAX);
    FAILS(uri_parse(STR("//host/x"), &u), ERR_INVALID_SYNTAX);
    FAILS(uri_parse(STR(""), &u), ERR_INVALID_SYNTAX);
    FAILS(uri_parse_reference(str_of(NULL, 0), &u), ERR_INVALID_SYNTAX);
    char *large = arena_alloc(&test_arena, URI_MAX_BYTES + 1);
    memset(large, 'a', URI_MAX_BYTES + 1);
    FAILS(uri_parse_reference(str_of(large, URI_MAX_BYTES + 1), &u), ERR_TOO_LARGE);
    OK(uri_parse_reference(str_of(large, URI_MAX_BYTES), &u));
}

static void loopback_is_known_in_every_spelling_we_take(void **state)
{
    (void)state;
    static const char *const yes[] = {"http://127.0.0.1",       "http://127.255.0.9:1/",
                                      "http://localhost/",      "http://LOCALHOST:3/",
                                      "http://[::1]:8080/x",    "http://[0:0:0:0:0:0:0:1]/",
                                      "http://[0000::0.0.0.1]/"};
    static const char *const no[] = {"http://127.0.0.1.evil/", "http://127.1/",
                                     "http://0177.0.0.1/",     "http://localhost.evil/",
                                     "http://[::2]/",          "http://[::ffff:127.0.0.1]/",
                                     "http://128.0.0.1/",      "http://127.0.0.256/",
                                     "http://127.0.0.1./",     "http:///"};
    for (size_t i = 0; i < ARRAY_LEN(yes); i++) {
        struct uri u = parse(yes[i]);
        assert_true(uri_is_loopback(&u));
    }
    for (size_t i = 0; i < ARRAY_LEN(no); i++) {
        struct uri u = parse(no[i]);
        if (uri_is_loopback(&u))
            fail_msg("loopback: %s", no[i]);
    }
}

static void origins_leave_the_default_port_out(void **state)
{
    (void)state;
    static const struct {
        const char *uri, *origin;
    } table[] = {
        {"https://Example.COM/x?y", "https://example.com"},
        {"https://example.com:443/", "https://example.com"},
        {"HTTP://example.com:80", "http://example.com"},
        {"http://example.com:443", "http://example.com:443"},
        {"https://[2001:DB8::1]:8443/", "https://[2001:db8::1]:8443"},
        {"https://h:/", "https://h"},
    };
    struct str origin;
    for (size_t i = 0; i < ARRAY_LEN(table); i++) {
        struct uri u = parse(table[i].uri);
        OK(uri_origin(&test_arena, &u, &origin));
        SAME(origin, table[i].origin);
    }
    static const char *const none[] = {"app:/x",       "https:/x", "https:///x",
                                       "https://u@h/", "/x",       "ws://h/"};
    for (size_t i = 0; i < ARRAY_LEN(none); i++) {
        struct uri u = parse(none[i]);
        FAILS(uri_origin(&test_arena, &u, &origin), ERR_INVALID_SYNTAX);
    }
}

static void dots_and_hidden_slashes_are_seen(void **state)
{
    (void)state;
    static const char *const yes[] = {"https://a/../b",    "https://a/x/..",   "https://a/./b",
                                      "https://a/%2e%2E/", "https://a/.%2e",   "https://a/b%2fc",
                                      "https://a/b%5Cc",   "https://a/x/%2e/y"};
    static const char *const no[] = {
        "https://a/",      "https://a/...",      "https://a/.well-known/x",
        "https://a/b..c/", "https://a/?x=../..", "https://a"};
    for (size_t i = 0; i < ARRAY_LEN(yes); i++) {
        struct uri u = parse(yes[i]);
        assert_true(uri_path_is_tricky(&u));
    }
    for (size_t i = 0; i < ARRAY_LEN(no); i++) {
        struct uri u = parse(no[i]);
        assert_false(uri_path_is_tricky(&u));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(parts_are_split),
        TEST(tricky_ones_are_refused),
        TEST(loopback_is_known_in_every_spelling_we_take),
        TEST(origins_leave_the_default_port_out),
        TEST(dots_and_hidden_slashes_are_seen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
