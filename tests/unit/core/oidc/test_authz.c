/* The authorization endpoint: what is answered on a page and what to the client (OA-04 to OA-09,
 * OA-13, OI-02, OI-03), and that steps cannot be skipped, swapped or carried to another browser
 * (WE-02, WE-12). */
#include "tests/unit/core/oidc/oidc_support.h"

#include "core/oidc/consent.h"
#include "core/oidc/token_check.h"

#define BASE "client_id=web&redirect_uri=" CALLBACK

static const char *join(const char *a, const char *b)
{
    return arena_printf(&test_arena, "%s%s", a, b).ptr;
}

static void page(const char *form, int err)
{
    struct authz_step step = begin(form);
    if (step.kind != AUTHZ_STEP_ERROR)
        fail_msg("no page for: %s", form);
    assert_int_equal(step.err, err);
    assert_true(str_empty(step.reply.redirect_uri));
    assert_int_equal(step.reply.count, 0);
}

static struct authz_step redirected(const char *form, const char *error)
{
    struct authz_step step = begin(form);
    if (step.kind != AUTHZ_STEP_REPLY)
        fail_msg("no reply to: %s", form);
    SAME(reply_param(&step, "error"), error);
    SAME(reply_param(&step, "iss"), ISSUER);
    SAME(step.reply.redirect_uri, CALLBACK);
    return step;
}

static void bad_clients_and_uris_end_on_a_page_OA_04(void **state)
{
    static const struct {
        const char *form;
        int err;
    } bad[] = {
        {"", ERR_INVALID_REQUEST},
        {"redirect_uri=" CALLBACK, ERR_INVALID_REQUEST},
        {"client_id=&redirect_uri=" CALLBACK, ERR_INVALID_REQUEST},
        {"client_id=nobody&redirect_uri=" CALLBACK, ERR_INVALID_CLIENT},
        {"client_id=WEB&redirect_uri=" CALLBACK, ERR_INVALID_CLIENT},
        {"client_id=realm-management&redirect_uri=" CALLBACK, ERR_UNAUTHORIZED_CLIENT},
        {"client_id=web&redirect_uri=https://evil.example/", ERR_INVALID_REDIRECT_URI},
        {"client_id=web&redirect_uri=" CALLBACK "/x", ERR_INVALID_REDIRECT_URI},
        {"client_id=web&redirect_uri=", ERR_INVALID_REDIRECT_URI},
        {"client_id=web&redirect_uri=javascript:alert(1)", ERR_INVALID_REDIRECT_URI},
    };
    static const char *const branches[] = {
        "&response_type=code",
        "&response_type=code&response_mode=form_post",
        "&response_type=code&response_mode=fragment",
        "&response_type=id_token+token&nonce=n",
        "&response_type=nonsense",
        "&response_type=code&prompt=none",
        "&response_type=code&scope=nonsense",
        "&response_type=code&request_uri=https://evil.example/r",
        "&response_type=code&request=x.y.z",
        "",
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        for (size_t k = 0; k < ARRAY_LEN(branches); k++)
            page(join(bad[i].form, branches[k]), bad[i].err);
}

static void a_disabled_client_ends_on_a_page_OT_07(void **state)
{
    struct client web = client_now("web");
    (void)state;
    web.enabled = false;
    set_client(&web);
    page(REQUEST_WEB, ERR_UNAUTHORIZED_CLIENT);
}

static void a_repeated_parameter_ends_on_a_page_OA_05(void **state)
{
    static const char *const names[] = {"client_id",     "redirect_uri", "state", "scope",
                                        "response_type", "nonce",        "x"};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        page(arena_printf(&test_arena, "%s&x=1&%s=y", REQUEST_WEB, names[i]).ptr, ERR_DUPLICATE);
}

static void other_errors_go_to_the_client(void **state)
{
    (void)state;
    redirected(BASE "&state=s", "invalid_request");
    redirected(BASE "&response_type=nonsense", "unsupported_response_type");
    redirected(BASE "&response_type=token", "unsupported_response_type");
    redirected(BASE "&response_type=code+code", "unsupported_response_type");
    redirected(BASE "&response_type=none", "unsupported_response_type");
    redirected(BASE "&response_type=id_token&nonce=n&scope=openid", "unauthorized_client");
    redirected(BASE "&response_type=code&scope=nonsense" PKCE, "invalid_scope");
    redirected(BASE "&response_type=code&scope=a%22b" PKCE, "invalid_scope");
    redirected(BASE "&response_type=code&prompt=none+login" PKCE, "invalid_request");
    redirected(BASE "&response_type=code&prompt=create" PKCE, "invalid_request");
    redirected(BASE "&response_type=code&max_age=-1" PKCE, "invalid_request");
    redirected(BASE "&response_type=code&max_age=1.5" PKCE, "invalid_request");
    redirected(BASE "&response_type=code&claims=[]" PKCE, "invalid_request");
    redirected(BASE "&response_type=code&response_mode=jwt" PKCE, "invalid_request");
    redirected(BASE "&response_type=code&registration={}" PKCE, "registration_not_supported");
    redirected(BASE "&response_type=code&request_uri=https://x/y" PKCE,
               "request_uri_not_supported");
    redirected(BASE "&response_type=code&request=eyJhbGciOiJub25lIn0.e30." PKCE,
               "invalid_request_object");
    struct authz_step step =
        redirected(BASE "&response_type=code&scope=x" PKCE "&state=a%20b%2B", "invalid_scope");
    SAME(reply_param(&step, "state"), "a b+"); /* OA-09 */
}

static void pkce_is_asked_of_public_clients_OA_10(void **state)
{
    (void)state;
    redirected(BASE "&response_type=code", "invalid_request");
    redirected(BASE "&response_type=code&code_challenge=" CHALLENGE, "invalid_request");
    redirected(BASE "&response_type=code&code_challenge=" CHALLENGE "&code_challenge_method=plain",
               "invalid_request");
    redirected(BASE "&response_type=code&code_challenge=short&code_challenge_method=S256",
               "invalid_request");
    redirected(BASE "&response_type=code&code_challenge_method=S256", "invalid_request");
    const char *api = "client_id=api&response_type=code&redirect_uri=" CALLBACK;
    assert_int_equal(begin(api).kind, AUTHZ_STEP_LOGIN);
    set_client_attribute("api", CLIENT_ATTR_PKCE, "S256");
    redirected(api, "invalid_request");
}

static void allow_implicit(void)
{
    struct client web = client_now("web");
    web.implicit_flow_enabled = true;
    set_client(&web);
}

static void tokens_never_go_into_a_query_OA_06(void **state)
{
    static const char *const types[] = {"id_token", "id_token+token", "code+id_token", "code+token",
                                        "code+id_token+token"};
    (void)state;
    allow_implicit();
    for (size_t i = 0; i < ARRAY_LEN(types); i++) {
        const char *form =
            arena_printf(&test_arena, BASE "&scope=openid&nonce=n&response_type=%s%s", types[i],
                         PKCE)
                .ptr;
        struct authz_step step = redirected(join(form, "&response_mode=query"), "invalid_request");
        assert_int_equal(step.reply.mode, RESPONSE_MODE_FRAGMENT);
        step = begin(form);
        assert_int_equal(step.kind, AUTHZ_STEP_LOGIN);
        step = redirected(join(form, "&prompt=none"), "login_required");
        assert_int_equal(step.reply.mode, RESPONSE_MODE_FRAGMENT);
        step = redirected(join(form, "&prompt=none&response_mode=form_post"), "login_required");
        assert_int_equal(step.reply.mode, RESPONSE_MODE_FORM_POST);
    }
    redirected(BASE "&scope=openid&response_type=id_token", "invalid_request"); /* nonce */
    redirected(BASE "&nonce=n&response_type=id_token", "invalid_request");      /* openid */
}

static void hybrid_answers_carry_their_hashes_OI_01(void **state)
{
    const struct json_value *id, *access;
    struct access_token checked;
    struct store_read *r;
    (void)state;
    allow_implicit();
    struct authz_step step =
        full_login(BASE "&scope=openid&nonce=n&state=s&response_type=code+id_token+token" PKCE);
    assert_int_equal(step.reply.mode, RESPONSE_MODE_FRAGMENT);
    id = claims_of(reply_param(&step, "id_token"));
    access = claims_of(reply_param(&step, "access_token"));
    SAME(json_get_str(id, "nonce"), "n");
    SAME_S(json_get_str(id, "c_hash"),
           jose_half_hash(&test_arena, JOSE_RS256, reply_param(&step, "code")));
    SAME_S(json_get_str(id, "at_hash"),
           jose_half_hash(&test_arena, JOSE_RS256, reply_param(&step, "access_token")));
    SAME(reply_param(&step, "token_type"), "Bearer");
    SAME_S(json_get_str(access, "sub"), t.ana.id);
    OK(store_read_begin(t.view, &r));
    OK(token_check(&t.ctx, r, reply_param(&step, "access_token"), &checked));
    store_read_end(r);
    OK(token_of(NULL, code_form(reply_param(&step, "code")), NULL));
}

static void a_url_is_built_for_each_mode(void **state)
{
    struct authz_reply reply = {.redirect_uri = STR("https://app.example/cb?tenant=1")};
    struct str url;
    (void)state;
    authz_reply_add(&reply, "code", STR("a b&c"));
    authz_reply_add(&reply, "state", STR(""));
    authz_reply_add(&reply, "nothing", str_of(NULL, 0));
    OK(authz_reply_url(&test_arena, &reply, &url));
    SAME(url, "https://app.example/cb?tenant=1&code=a+b%26c&state=");
    reply.mode = RESPONSE_MODE_FRAGMENT;
    OK(authz_reply_url(&test_arena, &reply, &url));
    SAME(url, "https://app.example/cb?tenant=1#code=a+b%26c&state=");
}

static void prompt_none_never_shows_a_page_OI_02(void **state)
{
    (void)state;
    redirected(REQUEST_WEB "&prompt=none", "login_required");
    full_login(REQUEST_WEB);
    struct authz_step step = begin(REQUEST_WEB "&prompt=none");
    assert_int_equal(reply_param(&step, "code").len, 43);
    assert_true(str_absent(step.set_sso_cookie));
    struct user ana = user_now(t.ana.pk);
    struct str action[] = {STR(REQUIRED_ACTION_UPDATE_PASSWORD)};
    ana.required_actions = (struct strs){action, 1};
    set_user(&ana);
    redirected(REQUEST_WEB "&prompt=none", "login_required");
    ana.required_actions = (struct strs){0};
    set_user(&ana);
    struct client web = client_now("web");
    web.consent_required = true;
    set_client(&web);
    redirected(REQUEST_WEB "&prompt=none", "consent_required");
}

static int64_t auth_time(const struct authz_step *step)
{
    const struct json_value *json;
    OK(token_of(NULL, code_form(reply_param(step, "code")), &json));
    return json_i64_or(claims_of(json_get_str(json, "id_token")), "auth_time", 0);
}

static void prompt_login_and_max_age_authenticate_again_OI_02(void **state)
{
    (void)state;
    struct authz_step step = full_login(REQUEST_WEB);
    struct str sid = reply_param(&step, "session_state");
    struct str cookie = t.browser.sso_cookie;
    int64_t first = auth_time(&step);
    advance_ms(3000);
    step = begin(REQUEST_WEB "&max_age=10000");
    assert_int_equal(auth_time(&step), first);
    step = begin(REQUEST_WEB "&max_age=1");
    assert_int_equal(step.kind, AUTHZ_STEP_LOGIN);
    assert_true(step.username_fixed);
    SAME(step.username, "ana");
    step = begin(REQUEST_WEB "&prompt=login");
    assert_int_equal(step.kind, AUTHZ_STEP_LOGIN);
    /* giving up here changes nothing */
    struct authz_step silent = begin(REQUEST_WEB "&prompt=none");
    assert_int_equal(auth_time(&silent), first);
    step = login(step.state, "ana", PASSWORD);
    assert_true(auth_time(&step) >= first + 3);
    SAME_S(reply_param(&step, "session_state"), sid);
    assert_false(str_eq(t.browser.sso_cookie, cookie)); /* WE-02 */
    t.browser.sso_cookie = cookie;
    redirected(REQUEST_WEB "&prompt=none", "login_required");
}

static void only_the_same_person_may_prove_himself_again_OI_02(void **state)
{
    (void)state;
    (void)add_person("eva", PASSWORD);
    full_login(REQUEST_WEB);
    struct authz_step step = begin(REQUEST_WEB "&prompt=login");
    step = login(step.state, "eva", PASSWORD);
    assert_int_equal(step.kind, AUTHZ_STEP_LOGIN);
    assert_int_equal(step.err, ERR_INVALID_CREDENTIALS);
    assert_true(str_absent(step.set_sso_cookie));
}

static void another_account_ends_the_former_one(void **state)
{
    const struct json_value *json;
    (void)state;
    (void)add_person("eva", PASSWORD);
    struct authz_step step = full_login(REQUEST_WEB);
    OK(token_of(NULL, code_form(reply_param(&step, "code")), &json));
    step = begin(REQUEST_WEB "&prompt=select_account");
    assert_int_equal(step.kind, AUTHZ_STEP_LOGIN);
    assert_false(step.username_fixed);
    step = login(step.state, "eva", PASSWORD);
    assert_int_equal(reply_param(&step, "code").len, 43);
    FAILS(token_of(NULL, refresh_form(json_get_str(json, "refresh_token")), NULL),
          ERR_SESSION_NOT_ACTIVE);
}

static void hints_are_verified_OI_03(void **state)
{
    const struct json_value *json;
    (void)state;
    struct user eva = add_person("eva", PASSWORD);
    struct authz_step step = full_login(REQUEST_WEB);
    OK(token_of(NULL, code_form(reply_param(&step, "code")), &json));
    const char *hint = text_of(json_get_str(json, "id_token"));
    const char *access = text_of(json_get_str(json, "access_token"));
    const char *none = REQUEST_WEB "&prompt=none&id_token_hint=";
    step = begin(join(none, hint));
    assert_int_equal(reply_param(&step, "code").len, 43);
    advance_ms(1000 * 1000); /* the hint may be expired, the session is not */
    step = begin(join(none, hint));
    assert_int_equal(reply_param(&step, "code").len, 43);
    redirected(join(none, access), "login_required");
    redirected(join(none, "eyJhbGciOiJub25lIn0.e30."), "login_required");
    /* not the last letter, of which only two bits count */
    size_t kept = strlen(hint) - 8;
    hint = arena_printf(&test_arena, "%.*s%c%s", (int)kept, hint, hint[kept] == 'A' ? 'B' : 'A',
                        hint + kept + 1)
               .ptr;
    redirected(join(none, hint), "login_required");
    OK(password_login("web", "eva", PASSWORD, &json));
    assert_true(eva.pk > 0);
    redirected(join(none, text_of(json_get_str(json, "id_token"))), "login_required");
    /* and with a page: ana may not answer for eva */
    step = begin(join(REQUEST_WEB "&id_token_hint=", text_of(json_get_str(json, "id_token"))));
    assert_int_equal(step.kind, AUTHZ_STEP_LOGIN);
    step = login(step.state, "ana", PASSWORD);
    SAME(reply_param(&step, "error"), "login_required");
}

static void login_hints_are_shown_only_as_names_OA_14(void **state)
{
    (void)state;
    SAME(begin(REQUEST_WEB "&login_hint=ana@example.pe").username, "ana@example.pe");
    SAME(begin(REQUEST_WEB "&login_hint=%3Cb%3Ecall+us").username, "");
}

static void states_belong_to_one_browser_WE_02(void **state)
{
    struct authz_login_form form = {.username = STR("ana"), .password = STR(PASSWORD)};
    struct authz_step step, first = begin(REQUEST_WEB);
    (void)state;
    keep_cookies(&first);
    form.state = first.state;
    struct str mine = t.browser.login_cookie;
    struct str others[] = {str_of(NULL, 0), STR(""), token_new(&test_arena), STR("short")};
    for (size_t i = 0; i < ARRAY_LEN(others); i++) {
        t.browser.login_cookie = others[i];
        OK(authz_login(&t.ctx, &t.browser, &form, &step));
        assert_int_equal(step.kind, AUTHZ_STEP_ERROR);
        assert_int_equal(step.err, ERR_CSRF);
    }
    t.browser.login_cookie = mine;
    OK(authz_login(&t.ctx, &t.browser, &form, &step));
    assert_int_equal(step.kind, AUTHZ_STEP_REPLY);
}

static void states_cannot_be_edited_or_kept_JO_15(void **state)
{
    struct authz_login_form form = {.username = STR("ana"), .password = STR(PASSWORD)};
    struct authz_step step, first = begin(REQUEST_WEB);
    (void)state;
    keep_cookies(&first);
    for (size_t i = 0; i < first.state.len; i += 37) {
        char *edited = arena_alloc(&test_arena, first.state.len + 1);
        memcpy(edited, first.state.ptr, first.state.len);
        edited[i] = edited[i] == 'A' ? 'B' : 'A';
        form.state = str_of(edited, first.state.len);
        OK(authz_login(&t.ctx, &t.browser, &form, &step));
        assert_int_equal(step.err, ERR_SEAL);
    }
    form.state = STR("");
    OK(authz_login(&t.ctx, &t.browser, &form, &step));
    assert_int_equal(step.err, ERR_SEAL);
    form.state = first.state;
    advance_ms(1800 * 1000);
    OK(authz_login(&t.ctx, &t.browser, &form, &step));
    assert_int_equal(step.err, ERR_TOKEN_EXPIRED);
    /* dated ahead, as after the clock was set back on purpose (OT-05) */
    advance_ms(-1800 * 1000 - 61 * 1000);
    OK(authz_login(&t.ctx, &t.browser, &form, &step));
    assert_int_equal(step.err, ERR_TOKEN_EXPIRED);
}

static void a_held_state_sees_what_changed_OA_07(void **state)
{
    struct authz_login_form form = {.username = STR("ana"), .password = STR(PASSWORD)};
    struct authz_step step, first = begin(REQUEST_WEB);
    struct client web = client_now("web");
    struct str other[] = {STR("https://app.example/other")};
    struct strs uris = web.redirect_uris;
    (void)state;
    keep_cookies(&first);
    form.state = first.state;
    web.standard_flow_enabled = false;
    set_client(&web);
    OK(authz_login(&t.ctx, &t.browser, &form, &step));
    SAME(reply_param(&step, "error"), "unauthorized_client");
    web.standard_flow_enabled = true;
    web.redirect_uris = (struct strs){other, 1};
    set_client(&web);
    OK(authz_login(&t.ctx, &t.browser, &form, &step));
    assert_int_equal(step.err, ERR_INVALID_REDIRECT_URI);
    web.redirect_uris = uris;
    web.enabled = false;
    set_client(&web);
    OK(authz_login(&t.ctx, &t.browser, &form, &step));
    assert_int_equal(step.err, ERR_UNAUTHORIZED_CLIENT);
    assert_int_equal(events_of("UserLoggedIn"), 0);
}

static void ask_for_action(bool set)
{
    struct user ana = user_now(t.ana.pk);
    static struct str action[1];
    action[0] = STR(REQUIRED_ACTION_UPDATE_PASSWORD);
    ana.required_actions = (struct strs){action, set ? 1 : 0};
    set_user(&ana);
}

static void steps_cannot_be_skipped_or_swapped_WE_12_MF_05(void **state)
{
    struct authz_step step, wrong, login_page = begin(REQUEST_WEB);
    struct authz_login_form form = {.username = STR("ana"), .password = STR(PASSWORD)};
    (void)state;
    keep_cookies(&login_page);
    ask_for_action(true);
    step = login(login_page.state, "ana", PASSWORD);
    assert_int_equal(step.kind, AUTHZ_STEP_UPDATE_PASSWORD);
    assert_true(str_absent(step.set_sso_cookie));
    assert_int_equal(events_of("UserLoggedIn"), 0);
    /* a page's state fits that page alone */
    OK(authz_consent(&t.ctx, &t.browser, step.state, true, &wrong));
    assert_int_equal(wrong.err, ERR_SEAL);
    OK(authz_consent(&t.ctx, &t.browser, login_page.state, true, &wrong));
    assert_int_equal(wrong.err, ERR_SEAL);
    OK(authz_update_password(&t.ctx, &t.browser, login_page.state, STR("x"), STR("x"), &wrong));
    assert_int_equal(wrong.err, ERR_SEAL);
    form.state = step.state;
    OK(authz_login(&t.ctx, &t.browser, &form, &wrong));
    assert_int_equal(wrong.err, ERR_SEAL);
    /* the user is disabled between two pages */
    struct user ana = user_now(t.ana.pk);
    ana.enabled = false;
    set_user(&ana);
    OK(authz_update_password(&t.ctx, &t.browser, step.state, STR("new password 1"),
                             STR("new password 1"), &wrong));
    assert_int_equal(wrong.kind, AUTHZ_STEP_LOGIN);
    ana.enabled = true;
    set_user(&ana);
    /* and goes on */
    OK(authz_update_password(&t.ctx, &t.browser, step.state, STR("new password 1"),
                             STR("new password 2"), &wrong));
    assert_int_equal(wrong.kind, AUTHZ_STEP_UPDATE_PASSWORD);
    assert_string_equal(wrong.problem, "notMatchPasswordMessage");
    OK(authz_update_password(&t.ctx, &t.browser, wrong.state, STR("new password 1"),
                             STR("new password 1"), &wrong));
    assert_int_equal(wrong.kind, AUTHZ_STEP_REPLY);
    assert_int_equal(wrong.set_sso_cookie.len, 43);
    assert_int_equal(events_of("PasswordUpdated"), 1);
    /* the same post again changes nothing */
    advance_ms(1000);
    OK(authz_update_password(&t.ctx, &t.browser, step.state, STR("new password 3"),
                             STR("new password 3"), &wrong));
    assert_int_equal(wrong.kind, AUTHZ_STEP_LOGIN);
    OK(password_login("web", "ana", "new password 1", NULL));
}

static void policy_problems_are_told_on_the_page(void **state)
{
    struct realm realm = realm_now();
    (void)state;
    realm.password_policy = STR("length(12)");
    set_realm(&realm);
    ask_for_action(true);
    struct authz_step step = full_login(REQUEST_WEB);
    OK(authz_update_password(&t.ctx, &t.browser, step.state, STR("short"), STR("short"), &step));
    assert_int_equal(step.kind, AUTHZ_STEP_UPDATE_PASSWORD);
    assert_string_equal(step.problem, "invalidPasswordMinLengthMessage");
    assert_int_equal(step.problem_number, 12);
}

static void unknown_actions_give_nothing(void **state)
{
    struct user ana = user_now(t.ana.pk);
    struct str action[] = {STR("webauthn-register")};
    (void)state;
    ana.required_actions = (struct strs){action, 1};
    set_user(&ana);
    struct authz_step step = full_login(REQUEST_WEB);
    assert_int_equal(step.kind, AUTHZ_STEP_ERROR);
    assert_int_equal(step.err, ERR_ACCOUNT_NOT_SET_UP);
    assert_true(str_absent(step.set_sso_cookie));
}

static void consent_is_asked_once_and_anew_for_more_OA_13(void **state)
{
    struct client web = client_now("web");
    struct authz_step step, denied;
    (void)state;
    web.consent_required = true;
    set_client(&web);
    step = full_login(REQUEST_WEB);
    assert_int_equal(step.kind, AUTHZ_STEP_CONSENT);
    assert_true(step.consent.count > 0);
    assert_true(str_absent(step.set_sso_cookie));
    OK(authz_consent(&t.ctx, &t.browser, step.state, false, &denied));
    SAME(reply_param(&denied, "error"), "access_denied");
    assert_true(str_absent(denied.set_sso_cookie)); /* OI-02 */
    assert_int_equal(events_of("ConsentDenied"), 1);
    /* the no was the end of that login: whoever comes back to the page shows a password */
    OK(authz_consent(&t.ctx, &t.browser, step.state, true, &denied));
    assert_int_equal(denied.kind, AUTHZ_STEP_LOGIN);
    advance_ms(1000);
    step = login(denied.state, "ana", PASSWORD);
    OK(authz_consent(&t.ctx, &t.browser, step.state, true, &step));
    assert_int_equal(reply_param(&step, "code").len, 43);
    keep_cookies(&step);
    assert_int_equal(events_of("ConsentGranted"), 1);
    step = begin(REQUEST_WEB);
    assert_int_equal(step.kind, AUTHZ_STEP_REPLY);
    step = begin(BASE "&response_type=code&scope=openid+phone" PKCE);
    assert_int_equal(step.kind, AUTHZ_STEP_CONSENT);
    /* taken back */
    struct user ana = user_now(t.ana.pk);
    struct store_write *w = begin_write();
    OK(consent_revoke(&t.ctx, w, &ana,
                      realm_view_client(t.view, STR("web"), &step.client) == 0 ? step.client
                                                                               : NULL));
    OK(store_commit(w, DURABLE_LOCAL));
    assert_int_equal(begin(REQUEST_WEB).kind, AUTHZ_STEP_CONSENT);
}

static void a_consent_of_another_browser_does_not_count_OA_13(void **state)
{
    struct client web = client_now("web");
    struct authz_step step;
    (void)state;
    web.consent_required = true;
    set_client(&web);
    struct str state_text = full_login(REQUEST_WEB).state;
    t.browser.login_cookie = token_new(&test_arena);
    OK(authz_consent(&t.ctx, &t.browser, state_text, true, &step));
    assert_int_equal(step.err, ERR_CSRF);
    assert_int_equal(events_of("ConsentGranted"), 0);
}

static void a_page_comes_again_in_another_language(void **state)
{
    struct authz_step step = begin(REQUEST_WEB "&ui_locales=pt+es");
    (void)state;
    keep_cookies(&step);
    SAME(step.ui_locales, "pt es");
    OK(authz_resume(&t.ctx, &t.browser, step.state, STR("es"), &step));
    assert_int_equal(step.kind, AUTHZ_STEP_LOGIN);
    SAME(step.language, "es");
    step = login(step.state, "ana", "wrong");
    SAME(step.language, "es");
}

static void remember_me_lasts_and_can_be_switched_off_WE_03(void **state)
{
    struct authz_step step = begin(REQUEST_WEB);
    struct realm realm = realm_now();
    (void)state;
    keep_cookies(&step);
    assert_true(step.remember_me_offered);
    struct authz_login_form form = {.state = step.state,
                                    .username = STR("ana"),
                                    .password = STR(PASSWORD),
                                    .remember_me = true};
    OK(authz_login(&t.ctx, &t.browser, &form, &step));
    keep_cookies(&step);
    assert_int_equal(step.sso_cookie_max_age_s, 36000);
    assert_int_equal(begin(REQUEST_WEB).kind, AUTHZ_STEP_REPLY);
    realm.remember_me = false;
    set_realm(&realm);
    assert_int_equal(begin(REQUEST_WEB).kind, AUTHZ_STEP_LOGIN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        REALM_TEST(bad_clients_and_uris_end_on_a_page_OA_04),
        REALM_TEST(a_disabled_client_ends_on_a_page_OT_07),
        REALM_TEST(a_repeated_parameter_ends_on_a_page_OA_05),
        REALM_TEST(other_errors_go_to_the_client),
        REALM_TEST(pkce_is_asked_of_public_clients_OA_10),
        REALM_TEST(tokens_never_go_into_a_query_OA_06),
        REALM_TEST(hybrid_answers_carry_their_hashes_OI_01),
        REALM_TEST(a_url_is_built_for_each_mode),
        REALM_TEST(prompt_none_never_shows_a_page_OI_02),
        REALM_TEST(prompt_login_and_max_age_authenticate_again_OI_02),
        REALM_TEST(only_the_same_person_may_prove_himself_again_OI_02),
        REALM_TEST(another_account_ends_the_former_one),
        REALM_TEST(hints_are_verified_OI_03),
        REALM_TEST(login_hints_are_shown_only_as_names_OA_14),
        REALM_TEST(states_belong_to_one_browser_WE_02),
        REALM_TEST(states_cannot_be_edited_or_kept_JO_15),
        REALM_TEST(a_held_state_sees_what_changed_OA_07),
        REALM_TEST(steps_cannot_be_skipped_or_swapped_WE_12_MF_05),
        REALM_TEST(policy_problems_are_told_on_the_page),
        REALM_TEST(unknown_actions_give_nothing),
        REALM_TEST(consent_is_asked_once_and_anew_for_more_OA_13),
        REALM_TEST(a_consent_of_another_browser_does_not_count_OA_13),
        REALM_TEST(a_page_comes_again_in_another_language),
        REALM_TEST(remember_me_lasts_and_can_be_switched_off_WE_03),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
