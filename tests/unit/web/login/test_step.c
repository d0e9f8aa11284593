/* Steps of a login as replies: every kind of step, what it shows and what it sets. */
#include "tests/unit/web/login/page_fixture.h"

#include "web/login/mails.h"
#include "web/login/step.h"

static struct client portal;

/* The post is not here: who would have got a mail. */
static struct str mailed;

void mails_of_step(struct request *req, const struct authz_step *step)
{
    (void)req;
    mailed = step->mail_user_id;
}

/* The realm knows one client. */
int realm_view_client(struct realm_view *view, struct str client_id,
                      const struct client **ret_client)
{
    assert_non_null(view);
    if (!str_eq(client_id, portal.client_id))
        return ERR_NOT_FOUND;
    *ret_client = &portal;
    return 0;
}

/* Without listeners and their names. */
struct str web_public_url(struct request *req)
{
    return ARENA_CONCAT(req->arena, req->public_origin, req->web->config.base_path);
}

struct own_urls web_own_urls(struct request *req)
{
    return (struct own_urls){web_public_url(req), web_public_url(req)};
}

static struct authz_step step_of(enum authz_step_kind kind)
{
    portal = (struct client){.client_id = STR("portal"),
                             .name = STR("Portal <i>del</i> Perú"),
                             .base_url = STR("https://app.example.pe/"),
                             .enabled = true};
    return (struct authz_step){.kind = kind,
                               .state = STR("SEALED"),
                               .client = &portal,
                               .username = STR(""),
                               .ui_locales = STR("en")};
}

static void answer(struct fixture *f, const struct authz_step *step)
{
    fixture_reset(f);
    f->view.realm.login_with_email_allowed = true;
    step_answer(&f->req, &f->res, 0, step);
    assert_false(f->res.headers.failed);
    assert_false(f->res.body.failed);
}

static void the_login_page_has_the_fixed_names(void **state)
{
    struct fixture *f = *state;
    struct authz_step step = step_of(AUTHZ_STEP_LOGIN);
    step.remember_me_offered = true;
    step.set_login_cookie = STR("binding");
    answer(f, &step);
    assert_int_equal(f->res.status, 200);
    assert_true(fixture_body(f, "<form id=\"kc-form-login\" method=\"post\" "
                                "action=\"/auth/realms/peru/login-actions/authenticate?"
                                "client_id=portal\">"));
    assert_true(fixture_body(f, "name=\"state\" value=\"SEALED\""));
    assert_true(fixture_body(f, "name=\"username\""));
    assert_true(fixture_body(f, "name=\"password\""));
    assert_true(fixture_body(f, "name=\"rememberMe\""));
    assert_true(fixture_body(f, "id=\"kc-login\""));
    assert_true(fixture_body(f, "Portal &lt;i&gt;"));
    assert_false(fixture_body(f, "role=\"alert\""));
    assert_true(fixture_header(f, "Set-Cookie: __Host-garita_login_"));
    assert_true(fixture_header(f, "SameSite=Lax"));
    assert_true(fixture_header(f, "form-action 'self' https:;"));
    assert_true(fixture_header(f, "no-store"));
}

/* PW-04, PW-05: whatever went wrong, the same page. */
static void failures_look_the_same(void **state)
{
    static const int errors[] = {ERR_INVALID_CREDENTIALS, ERR_ACCOUNT_LOCKED, ERR_ACCOUNT_DISABLED,
                                 ERR_NOT_FOUND};
    struct fixture *f = *state;
    static char first[65536];
    size_t first_len = 0;
    for (size_t i = 0; i < ARRAY_LEN(errors); i++) {
        struct authz_step step = step_of(AUTHZ_STEP_LOGIN);
        step.err = errors[i];
        step.username = STR("ana\"><script>");
        answer(f, &step);
        assert_true(fixture_body(f, "role=\"alert\""));
        assert_true(fixture_body(f, "value=\"ana&quot;&gt;&lt;script&gt;\""));
        if (i == 0) {
            first_len = f->res.body.len;
            assert_true(first_len < sizeof(first));
            memcpy(first, f->res.body.ptr, first_len);
        }
        assert_int_equal(f->res.body.len, first_len);
        assert_memory_equal(f->res.body.ptr, first, first_len);
    }
}

/* OI-02: the same person again; core refuses another name. */
static void asking_again_names_the_person(void **state)
{
    struct fixture *f = *state;
    struct authz_step step = step_of(AUTHZ_STEP_LOGIN);
    step.username = STR("ana");
    step.username_fixed = true;
    answer(f, &step);
    assert_true(fixture_body(f, "Confirm it is you"));
    assert_true(fixture_body(f, "name=\"username\" value=\"ana\""));
}

static void the_password_page_says_what_is_wrong(void **state)
{
    struct fixture *f = *state;
    struct authz_step step = step_of(AUTHZ_STEP_UPDATE_PASSWORD);
    step.username = STR("ana");
    answer(f, &step);
    assert_true(fixture_body(f, "name=\"password-new\""));
    assert_true(fixture_body(f, "name=\"password-confirm\""));
    assert_true(fixture_body(f, "login-actions/required-action"));
    assert_false(fixture_body(f, "role=\"alert\""));
    step.problem = "invalidPasswordMinLengthMessage";
    step.problem_number = 14;
    answer(f, &step);
    assert_true(fixture_body(f, "at least 14 characters"));
    step.problem = "somethingNewMessage";
    answer(f, &step);
    assert_true(fixture_body(f, "does not meet the rules"));
}

static void the_page_for_the_code_has_the_fixed_names(void **state)
{
    struct fixture *f = *state;
    struct authz_step step = step_of(AUTHZ_STEP_OTP);
    step.username = STR("maria");
    answer(f, &step);
    assert_int_equal(f->res.status, 200);
    assert_true(fixture_body(f, "<form id=\"kc-otp-login-form\" method=\"post\" "
                                "action=\"/auth/realms/peru/login-actions/otp?"
                                "client_id=portal\">"));
    assert_true(fixture_body(f, "name=\"otp\""));
    assert_true(fixture_body(f, "name=\"state\" value=\"SEALED\""));
    assert_false(fixture_body(f, "role=\"alert\""));
    step.err = ERR_INVALID_CREDENTIALS;
    answer(f, &step);
    assert_true(fixture_body(f, "role=\"alert\""));
}

static void who_forgot_the_password_is_helped_where_the_realm_offers_it(void **state)
{
    struct fixture *f = *state;
    struct authz_step step = step_of(AUTHZ_STEP_LOGIN);
    answer(f, &step);
    assert_false(fixture_body(f, "kc-form-forgot"));
    step.may_reset = true;
    answer(f, &step);
    assert_true(fixture_body(f, "<form id=\"kc-form-forgot\" method=\"post\" "
                                "action=\"/auth/realms/peru/login-actions/reset-credentials\">"));
    assert_false(fixture_body(f, "role=\"status\""));
    step.was_reset = true;
    answer(f, &step);
    assert_true(fixture_body(f, "role=\"status\""));
    step = step_of(AUTHZ_STEP_RESET_PASSWORD);
    answer(f, &step);
    assert_int_equal(f->res.status, 200);
    assert_true(fixture_body(f, "kc-reset-password-form"));
    assert_true(fixture_body(f, "name=\"state\" value=\"SEALED\""));
}

static struct authz_step step_of_device(void)
{
    struct authz_step step = step_of(AUTHZ_STEP_CONFIGURE_TOTP);
    step.username = STR("maria");
    step.totp.face = (struct otp_face){
        .uri = STR("otpauth://totp/peru:maria?secret=GEZD"),
        .key = STR("GEZD"),
        .algorithm = STR("SHA256"),
        .digits = 8,
        .period_s = 45,
    };
    return step;
}

static void the_page_for_a_device_has_the_fixed_names(void **state)
{
    struct fixture *f = *state;
    struct authz_step step = step_of_device();
    answer(f, &step);
    assert_int_equal(f->res.status, 200);
    assert_true(fixture_body(f, "<form id=\"kc-totp-settings-form\" method=\"post\" "
                                "action=\"/auth/realms/peru/login-actions/configure-totp?"
                                "client_id=portal\">"));
    assert_true(fixture_body(f, "name=\"totp\""));
    assert_true(fixture_body(f, "name=\"userLabel\""));
    assert_true(fixture_body(f, "name=\"logout-sessions\" value=\"on\">"));
    assert_true(fixture_body(f, "name=\"state\" value=\"SEALED\""));
    assert_true(fixture_body(f, "id=\"kc-totp-secret-key\" translate=\"no\">GEZD<"));
    assert_true(fixture_body(f, "id=\"kc-totp-algorithm\">SHA256<"));
    assert_true(fixture_body(f, "id=\"kc-totp-digits\">8<"));
    assert_true(fixture_body(f, "id=\"kc-totp-period\">45 seconds<"));
    assert_true(fixture_body(f, "<svg class=\"qr\""));
    assert_false(fixture_body(f, "otpauth:")); /* MF-09: the secret is no address */
    assert_false(fixture_body(f, "role=\"alert\""));
    assert_false(fixture_body(f, "cancel-aia"));
    assert_true(str_find_str(buf_str(&f->res.body), STR("(optional)")) > 0);
}

static void what_is_wrong_with_a_device_stands_at_its_field(void **state)
{
    struct fixture *f = *state;
    struct authz_step step = step_of_device();
    step.may_cancel = true;
    step.totp.end_sessions = true;
    step.totp.label = STR("<mine>");
    step.totp.label_needed = true;
    step.totp.problem = "existingTotpDeviceNameMessage";
    answer(f, &step);
    assert_true(fixture_body(f, "role=\"alert\" id=\"input-error\">You have a device"));
    assert_true(fixture_body(f, "value=\"&lt;mine&gt;\"")); /* WE-07 */
    assert_true(fixture_body(f, "required autofocus aria-invalid=\"true\""));
    assert_true(fixture_body(f, "name=\"logout-sessions\" value=\"on\" checked>"));
    assert_true(fixture_body(f, "name=\"cancel-aia\""));
    step.totp.face.by_counter = true;
    step.totp.face.counter = 7;
    answer(f, &step);
    assert_true(fixture_body(f, "id=\"kc-totp-counter\">7<"));
    assert_false(fixture_body(f, "kc-totp-period"));
}

/* MF-09: what fits no code is typed. */
static void without_a_code_the_key_stands_open(void **state)
{
    struct fixture *f = *state;
    struct authz_step step = step_of_device();
    char *uri = arena_alloc(f->req.arena, 4000);
    memset(uri, 'x', 4000);
    step.totp.face.uri = str_of(uri, 4000);
    answer(f, &step);
    assert_int_equal(f->res.status, 200);
    assert_false(fixture_body(f, "<svg"));
    assert_true(fixture_body(f, "<details id=\"kc-totp-manual\" open>"));
}

static void an_address_to_prove_gets_a_mail_when_one_is_due(void **state)
{
    struct fixture *f = *state;
    struct authz_step step = step_of(AUTHZ_STEP_VERIFY_EMAIL);
    step.email = STR("<ana>@example.pe");
    step.mail_user_id = STR("4711");
    answer(f, &step);
    assert_true(str_eq(mailed, STR("4711")));
    assert_true(fixture_body(f, "&lt;ana&gt;@example.pe")); /* WE-07 */
    assert_true(fixture_body(f, "login-actions/verify-email?client_id=portal"));
    assert_false(fixture_body(f, "role=\"alert\""));
    step.mail_user_id = str_of(NULL, 0);
    step.err = ERR_ACCOUNT_NOT_SET_UP;
    answer(f, &step);
    assert_true(str_absent(mailed));
    assert_true(fixture_body(f, "not confirmed yet"));
}

/* OX-05: the code stands where consent is asked, and a device ends on a page. */
static void devices_are_shown(void **state)
{
    struct fixture *f = *state;
    struct authz_step step = step_of(AUTHZ_STEP_CONSENT);
    step.device = STR("BCDF-GHJK");
    answer(f, &step);
    assert_true(fixture_body(f, "BCDF-GHJK"));
    assert_true(fixture_body(f, "Portal &lt;i&gt;"));
    step = step_of(AUTHZ_STEP_DEVICE_DONE);
    answer(f, &step);
    assert_true(fixture_body(f, "Your device is signed in"));
    step = step_of(AUTHZ_STEP_DEVICE_DENIED);
    answer(f, &step);
    assert_true(fixture_body(f, "The device was not let in"));
    step = step_of(AUTHZ_STEP_DEVICE_CODE);
    answer(f, &step);
    assert_int_equal(f->res.status, 400);
    assert_true(fixture_body(f, "name=\"device_user_code\""));
}

static void consent_lists_what_is_asked(void **state)
{
    struct consent_item items[] = {{STR_INIT("email"), STR_INIT("${emailScopeConsentText}")},
                                   {STR_INIT("odd"), STR_INIT("Read <b>all</b>")},
                                   {STR_INIT("bare"), STR_INIT("")}};
    struct str_pair links[] = {
        {STR_INIT(CLIENT_ATTR_POLICY_URI), STR_INIT("https://app.example.pe/privacy")},
        {STR_INIT(CLIENT_ATTR_TOS_URI), STR_INIT("javascript:alert(1)")}};
    struct fixture *f = *state;
    struct authz_step step = step_of(AUTHZ_STEP_CONSENT);
    step.username = STR("ana");
    step.consent = (struct consent_items){items, 3};
    portal.attributes = (struct str_map){links, 2};
    answer(f, &step);
    assert_true(fixture_body(f, "See your email address"));
    assert_true(fixture_body(f, "Read &lt;b&gt;all&lt;/b&gt;"));
    assert_true(fixture_body(f, "<li>bare</li>"));
    assert_true(fixture_body(f, "name=\"accept\""));
    assert_true(fixture_body(f, "name=\"cancel\""));
    assert_true(fixture_body(f, "href=\"https://app.example.pe/privacy\""));
    assert_false(fixture_body(f, "javascript:"));
}

static struct authz_step reply_of(enum response_mode mode)
{
    struct authz_step step = step_of(AUTHZ_STEP_REPLY);
    step.reply =
        (struct authz_reply){.redirect_uri = STR("https://app.example.pe/cb?a=b"), .mode = mode};
    authz_reply_add(&step.reply, "code", STR("c0de"));
    authz_reply_add(&step.reply, "state", STR("\"><script>alert(1)</script>&x=y"));
    authz_reply_add(&step.reply, "session_state", STR("abc"));
    return step;
}

static void replies_redirect_and_set_the_cookies(void **state)
{
    struct fixture *f = *state;
    struct authz_step step = reply_of(RESPONSE_MODE_QUERY);
    step.set_sso_cookie = STR("handle");
    step.sso_cookie_max_age_s = -1;
    answer(f, &step);
    assert_int_equal(f->res.status, 302);
    assert_true(fixture_header(f, "Location: https://app.example.pe/cb?a=b&code=c0de&state="));
    assert_false(fixture_header(f, "<script>"));
    assert_true(fixture_header(f, "=handle;"));
    assert_true(fixture_header(f, "garita_state_"));
    assert_true(fixture_header(f, "=ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0;"));
    assert_true(fixture_header(f, "no-store"));
}

/* OA-08: every value is text, the script runs by its nonce alone. OA-06: nothing in a Location. */
static void form_posts_are_escaped_and_closed(void **state)
{
    struct fixture *f = *state;
    struct authz_step step = reply_of(RESPONSE_MODE_FORM_POST);
    answer(f, &step);
    assert_int_equal(f->res.status, 200);
    assert_false(fixture_header(f, "Location"));
    assert_true(fixture_body(f, "action=\"https://app.example.pe/cb?a=b\""));
    assert_true(fixture_body(f, "name=\"code\" value=\"c0de\""));
    assert_true(fixture_body(f, "value=\"&quot;&gt;&lt;script&gt;alert(1)"));
    assert_false(fixture_body(f, "<script>"));
    struct str nonce = request_nonce(&f->req);
    struct str in_page = ARENA_CONCAT(&f->arena, STR("<script nonce=\""), nonce, STR("\">"));
    struct str in_policy = ARENA_CONCAT(&f->arena, STR("'nonce-"), nonce, STR("'"));
    assert_true(fixture_body(f, in_page.ptr));
    assert_true(fixture_header(f, in_policy.ptr));
    assert_false(fixture_header(f, "unsafe-inline"));
    assert_true(fixture_body(f, "<button class=\"button\" type=\"submit\">"));
}

static void old_forms_lead_back_to_the_application(void **state)
{
    static const int errors[] = {ERR_TOKEN_EXPIRED, ERR_SEAL};
    struct fixture *f = *state;
    for (size_t i = 0; i < ARRAY_LEN(errors); i++) {
        struct authz_step step = step_of(AUTHZ_STEP_ERROR);
        step.err = errors[i];
        fixture_reset(f);
        f->req.raw_query = STR("client_id=portal");
        step_answer(&f->req, &f->res, 0, &step);
        assert_int_equal(f->res.status, 400);
        assert_true(fixture_body(f, "This page has expired"));
        assert_true(fixture_body(f, "id=\"loginRestartLink\" href=\"https://app.example.pe/\""));
        portal.base_url = STR("javascript:alert(1)");
        fixture_reset(f);
        f->req.raw_query = STR("client_id=portal");
        step_answer(&f->req, &f->res, 0, &step);
        assert_false(fixture_body(f, "href=\"javascript"));
    }
}

static void errors_are_told_apart(void **state)
{
    struct fixture *f = *state;
    struct authz_step step = step_of(AUTHZ_STEP_ERROR);
    step.err = ERR_INVALID_REDIRECT_URI;
    answer(f, &step);
    assert_int_equal(f->res.status, 400);
    assert_false(fixture_header(f, "Location"));
    assert_true(fixture_body(f, "Wrong return address"));
    step.err = ERR_CSRF; /* no cookie at all */
    answer(f, &step);
    assert_true(fixture_body(f, "Cookies are needed"));
    fixture_reset(f);
    step_answer(&f->req, &f->res, ERR_STORE_FULL, &step); /* of the machine */
    assert_int_equal(f->res.status, 503);
    assert_false(fixture_header(f, "Set-Cookie"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_login_page_has_the_fixed_names),
        cmocka_unit_test(failures_look_the_same),
        cmocka_unit_test(asking_again_names_the_person),
        cmocka_unit_test(the_password_page_says_what_is_wrong),
        cmocka_unit_test(the_page_for_the_code_has_the_fixed_names),
        cmocka_unit_test(the_page_for_a_device_has_the_fixed_names),
        cmocka_unit_test(what_is_wrong_with_a_device_stands_at_its_field),
        cmocka_unit_test(without_a_code_the_key_stands_open),
        cmocka_unit_test(who_forgot_the_password_is_helped_where_the_realm_offers_it),
        cmocka_unit_test(an_address_to_prove_gets_a_mail_when_one_is_due),
        cmocka_unit_test(devices_are_shown),
        cmocka_unit_test(consent_lists_what_is_asked),
        cmocka_unit_test(replies_redirect_and_set_the_cookies),
        cmocka_unit_test(form_posts_are_escaped_and_closed),
        cmocka_unit_test(old_forms_lead_back_to_the_application),
        cmocka_unit_test(errors_are_told_apart),
    };
    return cmocka_run_group_tests(tests, fixture_setup, fixture_teardown);
}
