/* A password that was shown carries one login: its pages do not bring it back (WE-02, WE-12); and the
 * login is of the person that was asked for (OI-03). */
#include "tests/unit/core/oidc/oidc_support.h"

#include "core/auth/session.h"

/* The page is in the history when the user has logged out: sending it again must not bring the login
 * back without a password; while the session lives, a second click is served by it. */
static void a_consent_page_carries_one_login_WE_02_WE_12(void **state)
{
    struct client web = client_now("web");
    struct authz_step consent, step, again;
    struct user_session session;
    struct user user;
    struct store_read *r;
    (void)state;
    web.consent_required = true;
    set_client(&web);
    consent = full_login(REQUEST_WEB);
    OK(authz_consent(&t.ctx, &t.browser, consent.state, true, &step));
    assert_int_equal(step.kind, AUTHZ_STEP_REPLY);
    keep_cookies(&step);
    OK(authz_consent(&t.ctx, &t.browser, consent.state, true, &again));
    assert_int_equal(again.kind, AUTHZ_STEP_REPLY);
    SAME(reply_param(&again, "session_state"), text_of(reply_param(&step, "session_state")));
    assert_true(str_absent(again.set_sso_cookie));
    OK(store_read_begin(t.view, &r));
    OK(session_load_by_cookie(&t.ctx, r, t.browser.sso_cookie, &session, &user));
    store_read_end(r);
    struct store_write *w = begin_write();
    OK(session_end(&t.ctx, w, &session, EVENT_UserLogoutInitiated));
    OK(store_commit(w, DURABLE_LOCAL));
    t.browser.sso_cookie = str_of(NULL, 0);
    OK(authz_resume(&t.ctx, &t.browser, consent.state, STR("es"), &again));
    assert_int_equal(again.kind, AUTHZ_STEP_LOGIN);
    OK(authz_consent(&t.ctx, &t.browser, consent.state, true, &again));
    assert_int_equal(again.kind, AUTHZ_STEP_LOGIN);
    assert_true(str_absent(again.set_sso_cookie));
}

static const char *claims_for(struct str sub)
{
    return arena_printf(&test_arena,
                        "&claims=%%7B%%22id_token%%22:%%7B%%22sub%%22:%%7B%%22value%%22:%%22%.*s"
                        "%%22%%7D%%7D%%7D",
                        STR_ARG(sub))
        .ptr;
}

/* Core 3.1.2.2: claims may ask for one subject. */
static void a_sub_that_is_asked_for_is_the_only_one_OI_03(void **state)
{
    struct user eva = add_person("eva", PASSWORD);
    const char *for_eva = claims_for(eva.id);
    const char *for_ana = claims_for(t.ana.id);
    struct authz_step step = full_login(REQUEST_WEB);
    (void)state;
    assert_int_equal(step.kind, AUTHZ_STEP_REPLY);
    step = begin(arena_printf(&test_arena, "%s&prompt=none%s", REQUEST_WEB, for_ana).ptr);
    assert_int_equal(reply_param(&step, "code").len, 43);
    step = begin(arena_printf(&test_arena, "%s&prompt=none%s", REQUEST_WEB, for_eva).ptr);
    SAME(reply_param(&step, "error"), "login_required");
    step = begin(arena_printf(&test_arena, "%s%s", REQUEST_WEB, for_eva).ptr);
    assert_int_equal(step.kind, AUTHZ_STEP_LOGIN);
    step = login(step.state, "ana", PASSWORD);
    SAME(reply_param(&step, "error"), "login_required");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        REALM_TEST(a_consent_page_carries_one_login_WE_02_WE_12),
        REALM_TEST(a_sub_that_is_asked_for_is_the_only_one_OI_03),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
