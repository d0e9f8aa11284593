/* The cookies of a login (WE-01): apart by realm, closed to scripts, gone after the logout. */
#include "tests/unit/web/login/page_fixture.h"

#include "web/login/cookies.h"

static void send_cookies(struct fixture *f, struct str header)
{
    f->req.headers[0] = (struct http_header){STR("Cookie"), header};
    f->req.header_count = 1;
}

static void the_session_cookie_is_opaque_and_closed(void **state)
{
    struct fixture *f = *state;
    fixture_reset(f);
    cookies_set_sso(&f->req, &f->res, STR("abc"), -1);
    assert_true(fixture_header(f, "Set-Cookie: __Host-garita_sso_"));
    assert_true(fixture_header(f, "=abc;"));
    assert_true(fixture_header(f, "Path=/"));
    assert_true(fixture_header(f, "Secure"));
    assert_true(fixture_header(f, "HttpOnly"));
    assert_true(fixture_header(f, "SameSite=None"));
    assert_false(fixture_header(f, "Domain"));
    assert_false(fixture_header(f, "Max-Age"));
    fixture_reset(f);
    cookies_set_sso(&f->req, &f->res, STR("abc"), 3600);
    assert_true(fixture_header(f, "Max-Age=3600"));
}

static void development_has_plain_names(void **state)
{
    struct fixture *f = *state;
    fixture_reset(f);
    f->req.https = false;
    cookies_set_sso(&f->req, &f->res, STR("abc"), -1);
    cookies_set_state(&f->req, &f->res, STR("sid"), true, -1);
    assert_true(fixture_header(f, "Set-Cookie: garita_sso_"));
    assert_true(fixture_header(f, "Set-Cookie: garita_state_"));
    assert_false(fixture_header(f, "__Host-"));
    assert_false(fixture_header(f, "Secure"));
    assert_false(fixture_header(f, "SameSite=None"));
}

/* AD-02: a cookie of one realm is not looked at in another. */
static void realms_have_their_own_cookies(void **state)
{
    struct fixture *f = *state;
    struct authz_browser browser;
    fixture_reset(f);
    cookies_set_sso(&f->req, &f->res, STR("abc"), -1);
    struct str line = buf_str(&f->res.headers), name;
    line = str_from(line, sizeof("Set-Cookie: ") - 1);
    assert_true(str_next(&line, '=', &name));
    send_cookies(f, arena_printf(&f->arena, "%.*s=abc", STR_ARG(name)));
    assert_int_equal(cookies_read(&f->req, &browser), 0);
    assert_true(str_eq_c(browser.sso_cookie, "abc"));
    assert_true(str_absent(browser.login_cookie));
    f->view.realm.name = STR("chile");
    assert_int_equal(cookies_read(&f->req, &browser), 0);
    assert_true(str_absent(browser.sso_cookie));
}

/* SHA-256 of the sid in base64url, which the frame's script computes, too. */
static void the_state_cookie_is_a_digest(void **state)
{
    struct fixture *f = *state;
    fixture_reset(f);
    cookies_set_state(&f->req, &f->res, STR("abc"), false, -1);
    assert_true(fixture_header(f, "=ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0;"));
    assert_true(fixture_header(f, "SameSite=None"));
    assert_false(fixture_header(f, "HttpOnly"));
}

static void a_fitting_state_cookie_keeps_its_age(void **state)
{
    static const char digest[] = "ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0";
    struct fixture *f = *state;
    fixture_reset(f);
    send_cookies(f,
                 arena_printf(&f->arena, "%.*s=%s", STR_ARG(cookies_state_name(&f->req)), digest));
    cookies_set_state(&f->req, &f->res, STR("abc"), false, -1);
    assert_int_equal(f->res.headers.len, 0);
    cookies_set_state(&f->req, &f->res, STR("abc"), true, 60);
    assert_true(fixture_header(f, "Max-Age=60"));
    fixture_reset(f);
    send_cookies(f,
                 arena_printf(&f->arena, "%.*s=%s", STR_ARG(cookies_state_name(&f->req)), digest));
    cookies_set_state(&f->req, &f->res, STR("another"), false, -1);
    assert_true(f->res.headers.len > 0);
}

/* WE-02: after the logout nothing is left. */
static void logout_takes_both_back(void **state)
{
    struct fixture *f = *state;
    fixture_reset(f);
    cookies_clear(&f->req, &f->res);
    struct str rest = buf_str(&f->res.headers), line;
    size_t gone = 0;
    while (str_next(&rest, '\n', &line))
        gone += str_find_str(line, STR("Max-Age=0")) > 0;
    assert_int_equal(gone, 2);
    assert_true(fixture_header(f, "__Host-garita_sso_"));
    assert_true(fixture_header(f, "__Host-garita_state_"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_session_cookie_is_opaque_and_closed),
        cmocka_unit_test(development_has_plain_names),
        cmocka_unit_test(realms_have_their_own_cookies),
        cmocka_unit_test(the_state_cookie_is_a_digest),
        cmocka_unit_test(a_fitting_state_cookie_keeps_its_age),
        cmocka_unit_test(logout_takes_both_back),
    };
    return cmocka_run_group_tests(tests, fixture_setup, fixture_teardown);
}
