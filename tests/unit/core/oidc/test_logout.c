/* Logout: with a hint, after a click, and by refresh token (OI-04, OI-03, WE-03). */
#include "tests/unit/core/oidc/oidc_support.h"

#include "core/oidc/logout.h"

#define BYE "https://app.example/bye"

static struct str id_token, refresh_token;

static void log_in(void)
{
    const struct json_value *json;
    t.browser.sso_cookie = str_of(NULL, 0);
    struct authz_step step = full_login(REQUEST_WEB);
    OK(token_of(NULL, code_form(reply_param(&step, "code")), &json));
    id_token = json_get_str(json, "id_token");
    refresh_token = json_get_str(json, "refresh_token");
}

static struct logout_step logout(const char *text)
{
    struct logout_step step;
    struct form form = form_of(text);
    t.err = (struct err_ctx){0};
    OK(logout_begin(&t.ctx, &form, &t.browser, &step));
    if (!str_absent(step.set_login_cookie))
        t.browser.login_cookie = step.set_login_cookie;
    return step;
}

static const char *with_hint(const char *more)
{
    return arena_printf(&test_arena, "id_token_hint=%.*s%s", STR_ARG(id_token), more).ptr;
}

static bool signed_in(void)
{
    return begin(REQUEST_WEB).kind == AUTHZ_STEP_REPLY;
}

static void a_hint_of_this_session_is_enough(void **state)
{
    (void)state;
    log_in();
    struct logout_step step = logout(with_hint("&post_logout_redirect_uri=" BYE "&state=a%26b"));
    assert_int_equal(step.kind, LOGOUT_STEP_REDIRECT);
    SAME(step.url, BYE "?state=a%26b");
    assert_true(step.clear_sso_cookie);
    assert_false(signed_in());
    FAILS(token_of(NULL, refresh_form(refresh_token), NULL), ERR_SESSION_NOT_ACTIVE);
    assert_int_equal(events_of("UserLogoutInitiated"), 1);
    log_in();
    step = logout(with_hint("&post_logout_redirect_uri=" BYE));
    SAME(step.url, BYE); /* no state stays no state */
    log_in();
    advance_ms(20 * 60 * 1000); /* expired, and a hint all the same */
    step = logout(with_hint(""));
    assert_int_equal(step.kind, LOGOUT_STEP_DONE);
    assert_false(signed_in());
}

static void without_a_hint_the_user_is_asked_OI_04(void **state)
{
    static const char *const requests[] = {
        "", "client_id=web", "state=x", "client_id=web&post_logout_redirect_uri=" BYE "&state=s"};
    struct logout_step done;
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(requests); i++) {
        log_in();
        struct logout_step step = logout(requests[i]);
        assert_int_equal(step.kind, LOGOUT_STEP_CONFIRM);
        assert_true(signed_in());
        struct str mine = t.browser.login_cookie;
        t.browser.login_cookie = token_new(&test_arena);
        OK(logout_confirm(&t.ctx, &t.browser, step.state, &done));
        assert_int_equal(done.err, ERR_CSRF);
        assert_true(signed_in());
        t.browser.login_cookie = mine;
        OK(logout_confirm(&t.ctx, &t.browser, step.state, &done));
        assert_int_equal(done.kind, i == 3 ? LOGOUT_STEP_REDIRECT : LOGOUT_STEP_DONE);
        if (i == 3)
            SAME(done.url, BYE "?state=s");
        assert_false(signed_in());
    }
}

static void a_hint_of_another_session_asks_OI_04(void **state)
{
    (void)state;
    log_in();
    struct str first = id_token;
    log_in();
    id_token = first;
    assert_int_equal(logout(with_hint("")).kind, LOGOUT_STEP_CONFIRM);
    assert_true(signed_in());
}

static void bad_requests_go_nowhere_OI_04(void **state)
{
    static const struct {
        const char *text;
        int err;
    } bad[] = {
        {"id_token_hint=x.y.z", ERR_TOKEN_MALFORMED},
        {"id_token_hint=eyJhbGciOiJub25lIn0.e30.&post_logout_redirect_uri=" BYE,
         ERR_TOKEN_MALFORMED},
        {"post_logout_redirect_uri=" BYE, ERR_INVALID_REQUEST},
        {"client_id=nobody&post_logout_redirect_uri=" BYE, ERR_INVALID_CLIENT},
        {"client_id=web&post_logout_redirect_uri=https://evil.example/", ERR_INVALID_REDIRECT_URI},
        {"client_id=web&post_logout_redirect_uri=" BYE "?x=1", ERR_INVALID_REDIRECT_URI},
        {"client_id=web&post_logout_redirect_uri=" CALLBACK, ERR_INVALID_REDIRECT_URI},
        {"state=1&state=2", ERR_DUPLICATE},
    };
    (void)state;
    log_in();
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct logout_step step = logout(bad[i].text);
        assert_int_equal(step.kind, LOGOUT_STEP_ERROR);
        assert_int_equal(step.err, bad[i].err);
        assert_false(step.clear_sso_cookie);
    }
    assert_int_equal(logout(with_hint("&client_id=api")).err, ERR_INVALID_REQUEST);
    struct str access = refresh_token;
    id_token = access; /* another kind of token is no hint */
    assert_int_equal(logout(with_hint("")).err, ERR_TOKEN_MALFORMED);
    assert_true(signed_in());
}

static int post(const char *client, struct str token)
{
    struct form form = form_of(
        arena_printf(&test_arena, "client_id=%s&refresh_token=%.*s", client, STR_ARG(token)).ptr);
    return logout_by_refresh_token(&t.ctx, str_of(NULL, 0), &form, NULL);
}

static void a_refresh_token_ends_the_session(void **state)
{
    (void)state;
    log_in();
    FAILS(post("api", refresh_token), ERR_INVALID_CLIENT);
    FAILS(post("account-console", refresh_token), ERR_INVALID_GRANT);
    FAILS(post("web", id_token), ERR_INVALID_GRANT);
    assert_true(signed_in());
    OK(post("web", refresh_token));
    assert_false(signed_in());
    FAILS(post("web", refresh_token), ERR_SESSION_NOT_ACTIVE);
}

static void set_enabled(bool enabled)
{
    struct user ana = user_now(t.ana.pk);
    ana.enabled = enabled;
    set_user(&ana);
}

/* Whoever logs out while the account is disabled is not logged in again when it is enabled. */
static void a_session_that_may_not_be_used_now_ends_too_OT_06(void **state)
{
    (void)state;
    log_in();
    set_enabled(false);
    OK(post("web", refresh_token));
    set_enabled(true);
    FAILS(token_of(NULL, refresh_form(refresh_token), NULL), ERR_SESSION_NOT_ACTIVE);
    log_in();
    set_enabled(false);
    assert_int_equal(logout(with_hint("")).kind, LOGOUT_STEP_DONE);
    set_enabled(true);
    assert_false(signed_in());
    FAILS(token_of(NULL, refresh_form(refresh_token), NULL), ERR_SESSION_NOT_ACTIVE);
}

static void without_a_session_there_is_nothing_to_ask(void **state)
{
    (void)state;
    assert_int_equal(logout("").kind, LOGOUT_STEP_DONE);
    struct logout_step step = logout("client_id=web&post_logout_redirect_uri=" BYE);
    assert_int_equal(step.kind, LOGOUT_STEP_REDIRECT);
    assert_int_equal(events_of("UserLogoutInitiated"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        REALM_TEST(a_hint_of_this_session_is_enough),
        REALM_TEST(without_a_hint_the_user_is_asked_OI_04),
        REALM_TEST(a_hint_of_another_session_asks_OI_04),
        REALM_TEST(bad_requests_go_nowhere_OI_04),
        REALM_TEST(a_refresh_token_ends_the_session),
        REALM_TEST(a_session_that_may_not_be_used_now_ends_too_OT_06),
        REALM_TEST(without_a_session_there_is_nothing_to_ask),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
