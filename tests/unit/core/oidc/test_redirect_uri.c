/* Redirect URIs: what is registered matches, and nothing that only looks like it (OA-01, OA-02,
 * OA-03, OA-05). */
#include "tests/unit/core/check.h"

#include "core/oidc/origins.h"
#include "core/oidc/redirect_uri.h"

#define REGISTERED "https://app.example/cb?tenant=1"
#define PATTERN    "https://app.example/web/*"

/* Mutations of REGISTERED, none of which is it. */
static const char *const mutations[] = {
    "https://app.example/cb",
    "https://app.example/cb?",
    "https://app.example/cb?tenant=2",
    "https://app.example/cb?tenant=1&x=2",
    "https://app.example/cb?tenant=1&",
    "https://app.example/cb?x=2&tenant=1",
    "https://app.example/cb?tenant=1#",
    "https://app.example/cb?tenant=1#x",
    "https://app.example/cb/?tenant=1",
    "https://app.example/cb;x?tenant=1",
    "https://app.example/CB?tenant=1",
    "https://app.example/cb%20?tenant=1",
    "https://app.example/c%62?tenant=1",
    "https://app.example/%63b?tenant=1",
    "https://app.example//cb?tenant=1",
    "https://app.example/./cb?tenant=1",
    "https://app.example/x/../cb?tenant=1",
    "https://app.example/%2e/cb?tenant=1",
    "https://app.example/%2e%2e/cb?tenant=1",
    "https://app.example/..%2fcb?tenant=1",
    "https://app.example/..;/cb?tenant=1",
    "https://app.example/%252e%252e/cb?tenant=1",
    "https://app.example\\cb?tenant=1",
    "https://app.example/\\cb?tenant=1",
    "https:\\\\app.example/cb?tenant=1",
    "https:/app.example/cb?tenant=1",
    "https:///app.example/cb?tenant=1",
    "https:app.example/cb?tenant=1",
    "//app.example/cb?tenant=1",
    "/cb?tenant=1",
    "app.example/cb?tenant=1",
    "http://app.example/cb?tenant=1",
    "HTTPS://app.example/cb?tenant=1",
    "hTTps://app.example/cb?tenant=1",
    "https://APP.example/cb?tenant=1",
    "https://app.EXAMPLE/cb?tenant=1",
    "https://app.example./cb?tenant=1",
    "https://app.example:443/cb?tenant=1",
    "https://app.example:/cb?tenant=1",
    "https://app.example:8443/cb?tenant=1",
    "https://app.example:00443/cb?tenant=1",
    "https://app.example.evil.example/cb?tenant=1",
    "https://evil.example/app.example/cb?tenant=1",
    "https://evilapp.example/cb?tenant=1",
    "https://app.example@evil.example/cb?tenant=1",
    "https://app.example:x@evil.example/cb?tenant=1",
    "https://user@app.example/cb?tenant=1",
    "https://user:pw@app.example/cb?tenant=1",
    "https://@app.example/cb?tenant=1",
    "https://evil.example\\@app.example/cb?tenant=1",
    "https://evil.example#@app.example/cb?tenant=1",
    "https://evil.example?@app.example/cb?tenant=1",
    "https://evil.example%2f@app.example/cb?tenant=1",
    "https://app.example%2eevil.example/cb?tenant=1",
    "https://app%2eexample/cb?tenant=1",
    "https://app.example%00.evil.example/cb?tenant=1",
    "https://app\xe3\x80\x82"
    "example/cb?tenant=1",
    "https://\xd0\xb0pp.example/cb?tenant=1",
    "https://app.example/cb?tenant=1%00",
    " https://app.example/cb?tenant=1",
    "https://app.example/cb?tenant=1 ",
    "\thttps://app.example/cb?tenant=1",
    "https://app.example/cb?tenant=1\t",
    "https://app.example/cb?tenant=1\r\n",
    "https://app.example/cb\r\nX: y?tenant=1",
    "java\tscript:alert(1)",
    "https://[::1]/cb?tenant=1",
    "https://0x7f.1/cb?tenant=1",
    "https://2130706433/cb?tenant=1",
    "",
    "*",
    "https://*/cb?tenant=1",
    "https://*.example/cb?tenant=1",
    "https://app.example/cb?tenant=*",
};

static void mutations_of_an_exact_uri_do_not_match_OA_01(void **state)
{
    (void)state;
    assert_true(redirect_uri_matches(STR(REGISTERED), STR(REGISTERED)));
    assert_true(ARRAY_LEN(mutations) >= 60);
    for (size_t i = 0; i < ARRAY_LEN(mutations); i++)
        if (redirect_uri_matches(STR(REGISTERED), str_c(mutations[i])))
            fail_msg("matched: %s", mutations[i]);
}

static void a_nul_byte_inside_does_not_match_OA_01(void **state)
{
    (void)state;
    assert_false(redirect_uri_matches(STR(REGISTERED), STR(REGISTERED "\0.evil.example")));
    assert_false(redirect_uri_matches(STR(PATTERN), STR("https://app.example/web/\0x")));
}

static void mutations_do_not_pass_a_pattern_OA_02(void **state)
{
    static const char *const more[] = {
        "https://app.example/web",
        "https://app.example/webx",
        "https://app.example/web/..",
        "https://app.example/web/../admin",
        "https://app.example/web/%2e%2e/admin",
        "https://app.example/web/%2E%2E/admin",
        "https://app.example/web/.%2e/admin",
        "https://app.example/web/..%2fadmin",
        "https://app.example/web/..%5cadmin",
        "https://app.example/web/%252e%252e/admin",
        "https://app.example/web/..;/admin",
        "https://app.example/web/;/../admin",
        "https://app.example/web/..\\admin",
        "https://app.example/web/x%00y",
        "https://app.example/web/x%0d%0ay",
        "https://app.example/web/cb#fragment",
        "https://user@app.example/web/cb",
        "https://app.example:444/web/cb",
        "https://app.example.evil.example/web/cb",
        "https://evil.example/web/cb",
        "https://evil.example/?https://app.example/web/cb",
        "http://app.example/web/cb",
        "https://app.example/web/cb?code=stolen",
        "https://app.example/web/cb?%20code=stolen",
        "https://app.example/web/cb?++code=stolen",
        "https://app.example/web/cb?%20%20%20%20%20%20%20%20%20%20%20%20%20%20%20%20%20%20%20%20%20"
        "%20%20%20%20%20%20%20%20%20%20%20%20%20%20code=stolen",
        "https://app.example/web/cb?code%00=stolen",
        "https://app.example/web/cb?a=b;code=stolen",
        "https://app.example/web/cb?st%61te=x",
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(mutations); i++)
        assert_false(redirect_uri_matches(STR(PATTERN), str_c(mutations[i])));
    for (size_t i = 0; i < ARRAY_LEN(more); i++)
        if (redirect_uri_matches(STR(PATTERN), str_c(more[i])))
            fail_msg("matched: %s", more[i]);
}

static void a_pattern_matches_below_its_prefix(void **state)
{
    (void)state;
    assert_true(redirect_uri_matches(STR(PATTERN), STR("https://app.example/web/")));
    assert_true(redirect_uri_matches(STR(PATTERN), STR("https://app.example/web/a/b?x=1")));
    assert_true(redirect_uri_matches(STR("https://app.example/*"), STR("https://app.example/cb")));
    assert_true(
        redirect_uri_matches(STR("http://localhost:5173/*"), STR("http://localhost:5173/")));
    assert_false(
        redirect_uri_matches(STR("http://localhost:5173/*"), STR("http://localhost:5174/")));
}

static void patterns_that_reach_into_the_host_match_nothing_OA_02(void **state)
{
    static const char *const patterns[] = {
        "*",
        "https://*",
        "https://app.example*",
        "https://*.example/*",
        "https*",
        "http://*/*",
        "com.example.app:*",
        "https://app.example/cb?x=*",
        "https://app.example/#*",
        "//*",
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(patterns); i++) {
        assert_false(redirect_uri_matches(str_c(patterns[i]), STR("https://app.example/cb")));
        assert_false(redirect_uri_matches(str_c(patterns[i]), STR("https://app.example.evil/")));
        assert_false(redirect_uri_matches(str_c(patterns[i]), STR("https://evil.example/")));
        assert_false(redirect_uri_matches(str_c(patterns[i]), STR("com.example.app:/x")));
    }
}

static void the_port_of_a_loopback_literal_is_free_OA_01(void **state)
{
    (void)state;
    assert_true(redirect_uri_matches(STR("http://127.0.0.1/cb"), STR("http://127.0.0.1:49152/cb")));
    assert_true(redirect_uri_matches(STR("http://[::1]/cb"), STR("http://[::1]:49152/cb")));
    assert_true(redirect_uri_matches(STR("http://127.0.0.1:1/cb"), STR("http://127.0.0.1/cb")));
    assert_false(redirect_uri_matches(STR("http://127.0.0.1/cb"), STR("http://127.0.0.1:1/other")));
    assert_false(redirect_uri_matches(STR("http://127.0.0.1/cb"), STR("http://127.0.0.1:1/cb?x")));
    assert_false(redirect_uri_matches(STR("http://127.0.0.1/cb"), STR("https://127.0.0.1:1/cb")));
    assert_false(redirect_uri_matches(STR("http://127.0.0.1/cb"), STR("http://[::1]:1/cb")));
    assert_false(redirect_uri_matches(STR("http://127.0.0.1/cb"), STR("http://127.0.0.2/cb")));
    assert_false(redirect_uri_matches(STR("http://localhost/cb"), STR("http://localhost:1/cb")));
    assert_false(redirect_uri_matches(STR("http://127.0.0.1/cb"),
                                      STR("http://127.0.0.1:1@evil.example/cb")));
}

static void only_safe_schemes_are_answered_OA_03(void **state)
{
    static const char *const bad[] = {
        "javascript:alert(1)",
        "JavaScript:alert(1)",
        "jAvAsCrIpT://app.example/%0aalert(1)",
        "data:text/html,x",
        "DATA:text/html,x",
        "file:///etc/passwd",
        "vbscript:x",
        "blob:https://x/y",
        "about:blank",
        "ftp://app.example/",
        "myapp://cb",
        "http://app.example/cb",
        " javascript:alert(1)",
        "\x01javascript:x",
        "intent://x#Intent;end",
        "view-source:https://x",
        "chrome://settings",
        "ws://app.example/",
    };
    static const char *const good[] = {
        "https://app.example/cb", "http://localhost:8080/cb", "http://127.0.0.1/cb",
        "com.example.app:/cb",    "com.example.app://cb",
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        if (redirect_uri_acceptable(str_c(bad[i])))
            fail_msg("acceptable: %s", bad[i]);
        assert_false(redirect_uri_matches(str_c(bad[i]), str_c(bad[i])));
    }
    for (size_t i = 0; i < ARRAY_LEN(good); i++)
        assert_true(redirect_uri_matches(str_c(good[i]), str_c(good[i])));
}

static void its_query_cannot_bring_response_parameters_OA_05(void **state)
{
    (void)state;
    assert_false(redirect_uri_acceptable(STR("https://app.example/cb?code=x&state=y")));
    assert_false(redirect_uri_acceptable(STR("https://app.example/cb?a=1&iss=x")));
    assert_false(redirect_uri_acceptable(STR("https://app.example/cb?%63ode=x")));
    assert_false(redirect_uri_acceptable(STR("https://app.example/cb?error")));
    assert_true(redirect_uri_acceptable(STR("https://app.example/cb?codex=x&tenant=1")));
}

static struct client client_with(struct str *uris, size_t count)
{
    struct client client = {0};
    fields_default(&client_fields, &client);
    client.redirect_uris = (struct strs){uris, count};
    return client;
}

static const struct own_urls own = {{"https://id.example", 18}, {"https://id.example:9444", 23}};

static void a_missing_uri_is_filled_in_only_when_there_is_no_choice(void **state)
{
    struct str two[] = {STR("https://app.example/a"), STR("https://app.example/b")};
    struct str pattern[] = {STR("https://app.example/*")};
    struct str none = {NULL, 0}, uri;
    struct client client = client_with(two, 1);
    (void)state;
    OK(redirect_uri_resolve(&test_arena, &client, own, none, &uri));
    SAME(uri, "https://app.example/a");
    client = client_with(two, 2);
    FAILS(redirect_uri_resolve(&test_arena, &client, own, none, &uri), ERR_INVALID_REDIRECT_URI);
    client = client_with(pattern, 1);
    FAILS(redirect_uri_resolve(&test_arena, &client, own, none, &uri), ERR_INVALID_REDIRECT_URI);
    client = client_with(NULL, 0);
    FAILS(redirect_uri_resolve(&test_arena, &client, own, none, &uri), ERR_INVALID_REDIRECT_URI);
}

static void own_paths_are_resolved_against_the_root(void **state)
{
    struct str uris[] = {STR("/realms/peru/account/*")};
    struct client client = client_with(uris, 1);
    const struct own_urls own_auth = {STR("https://id.example/auth"),
                                      STR("https://id.example:9444/auth")};
    struct str uri;
    (void)state;
    FAILS(redirect_uri_resolve(&test_arena, &client, own_auth,
                               STR("https://id.example/auth/realms/peru/account/x"), &uri),
          ERR_INVALID_REDIRECT_URI);
    client.root_url = STR("${authBaseUrl}");
    OK(redirect_uri_resolve(&test_arena, &client, own_auth,
                            STR("https://id.example/auth/realms/peru/account/x"), &uri));
    FAILS(redirect_uri_resolve(&test_arena, &client, own_auth,
                               STR("https://id.example/realms/peru/account/x"), &uri),
          ERR_INVALID_REDIRECT_URI);
    FAILS(redirect_uri_resolve(&test_arena, &client, own_auth, STR("/realms/peru/account/x"), &uri),
          ERR_INVALID_REDIRECT_URI);
    client.root_url = STR("${authAdminUrl}");
    OK(redirect_uri_resolve(&test_arena, &client, own_auth,
                            STR("https://id.example:9444/auth/realms/peru/account/x"), &uri));
    FAILS(redirect_uri_resolve(&test_arena, &client, own_auth,
                               STR("https://id.example/auth/realms/peru/account/x"), &uri),
          ERR_INVALID_REDIRECT_URI);
    client.root_url = STR("https://app.example/");
    OK(redirect_uri_resolve(&test_arena, &client, own_auth,
                            STR("https://app.example/realms/peru/account/"), &uri));
}

static int post_logout(struct client *client, const char *attribute, const char *uri)
{
    client->attributes = (struct str_map){0};
    if (attribute)
        OK(str_map_set(&client->attributes, &test_arena, STR(CLIENT_ATTR_POST_LOGOUT_URIS),
                       str_c(attribute)));
    return redirect_uri_post_logout_check(&test_arena, client, own, str_c(uri));
}

static void post_logout_uris_are_exact_OI_04(void **state)
{
    struct str uris[] = {STR("https://app.example/cb")};
    struct client client = client_with(uris, 1);
    (void)state;
    FAILS(post_logout(&client, NULL, "https://app.example/cb"), ERR_INVALID_REDIRECT_URI);
    FAILS(post_logout(&client, "-", "https://app.example/cb"), ERR_INVALID_REDIRECT_URI);
    OK(post_logout(&client, "+", "https://app.example/cb"));
    OK(post_logout(&client, "https://app.example/x##https://app.example/y",
                   "https://app.example/y"));
    OK(post_logout(&client, "https://app.example/x##+", "https://app.example/cb"));
    FAILS(post_logout(&client, "https://app.example/x##https://app.example/y",
                      "https://app.example/z"),
          ERR_INVALID_REDIRECT_URI);
    FAILS(post_logout(&client, "https://app.example/x", "https://app.example/x?a=b"),
          ERR_INVALID_REDIRECT_URI);
    FAILS(post_logout(&client, "https://app.example/x##javascript:alert(1)", "javascript:alert(1)"),
          ERR_INVALID_REDIRECT_URI);
}

static bool allows(const struct client *client, const char *origin)
{
    return origins_allow(&test_arena, client, own, str_c(origin));
}

static void origins_are_those_of_the_client_WE_11(void **state)
{
    struct str uris[] = {STR("https://app.example:8443/cb"), STR("http://localhost:5173/*"),
                         STR("com.example.app:/cb")};
    struct str plus[] = {STR("+"), STR("https://other.example")};
    struct str star[] = {STR("*")};
    struct client client = client_with(uris, 3);
    struct strs origins;
    (void)state;
    assert_false(allows(&client, "https://app.example:8443"));
    client.web_origins = (struct strs){plus, 2};
    assert_true(allows(&client, "https://app.example:8443"));
    assert_true(allows(&client, "http://localhost:5173"));
    assert_true(allows(&client, "https://other.example"));
    assert_false(allows(&client, "https://app.example"));
    assert_false(allows(&client, "https://app.example:8443/"));
    assert_false(allows(&client, "https://APP.example:8443"));
    assert_false(allows(&client, "null"));
    assert_false(allows(&client, ""));
    OK(origins_of_client(&test_arena, &client, own, &origins));
    assert_int_equal(origins.count, 3);
    client.web_origins = (struct strs){star, 1};
    assert_true(allows(&client, "https://whoever.example"));
    assert_false(allows(&client, "null"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(mutations_of_an_exact_uri_do_not_match_OA_01),
        TEST(a_nul_byte_inside_does_not_match_OA_01),
        TEST(mutations_do_not_pass_a_pattern_OA_02),
        TEST(a_pattern_matches_below_its_prefix),
        TEST(patterns_that_reach_into_the_host_match_nothing_OA_02),
        TEST(the_port_of_a_loopback_literal_is_free_OA_01),
        TEST(only_safe_schemes_are_answered_OA_03),
        TEST(its_query_cannot_bring_response_parameters_OA_05),
        TEST(a_missing_uri_is_filled_in_only_when_there_is_no_choice),
        TEST(own_paths_are_resolved_against_the_root),
        TEST(post_logout_uris_are_exact_OI_04),
        TEST(origins_are_those_of_the_client_WE_11),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
