/* Links of mails on a real store: once, for one person and purpose, and void when he changed (RE-01, OT-03,
 * MF-03). */
#include "tests/unit/core/oidc/oidc_support.h"

#include "core/admin/void.h"
#include "core/auth/action_token.h"
#include "core/mail/letter.h"

#define NEW_PASSWORD STR("a new password of ana")
#define LIFE_S       300

/* The key of a new link. */
static struct str issue(enum action_purpose purpose, const char *actions)
{
    struct str url;
    const struct action_wish wish = {
        .purpose = purpose, .actions = str_c(actions), .lifespan_s = LIFE_S};
    struct user ana = user_now(t.ana.pk);
    struct store_write *w = begin_write();
    OK(action_token_issue(&t.ctx, w, &ana, &wish, &url));
    OK(store_commit(w, DURABLE_LOCAL));
    struct str mark = STR(ISSUER "/login-actions/action-token?key=");
    assert_true(str_starts(url, mark));
    return str_from(url, mark.len);
}

static int visit(struct str key)
{
    struct action_visit visit;
    return action_token_visit(&t.ctx, key, &visit);
}

static int perform(struct str key, struct str password)
{
    struct action_visit visit;
    struct password_problem problem = {0};
    return action_token_perform(&t.ctx, key, password, password, &visit, &problem);
}

static void RE_01_a_link_works_once_and_lets_nobody_in(void **state)
{
    (void)state;
    struct str key = issue(ACTION_RESET_CREDENTIALS, "UPDATE_PASSWORD");
    assert_int_equal(key.len, TOKEN_TEXT_LEN); /* OT-03: 256 bits */
    OK(visit(key));
    OK(visit(key)); /* looking spends nothing */
    FAILS(password_login("web", "ana", text_of(NEW_PASSWORD), NULL), ERR_INVALID_CREDENTIALS);
    OK(perform(key, NEW_PASSWORD));
    FAILS(visit(key), ERR_ACTION_TOKEN);
    FAILS(perform(key, STR("another new password")), ERR_ACTION_TOKEN);
    OK(password_login("web", "ana", text_of(NEW_PASSWORD), NULL));
    assert_int_equal(events_of("PasswordUpdated"), 1);
    assert_int_equal(events_of("CredentialsRecovered"), 1);
    assert_int_equal(events_of("ActionTokenRefused"), 1);
}

static void RE_01_a_change_of_the_person_voids_it(void **state)
{
    (void)state;
    struct user ana = user_now(t.ana.pk);
    struct str key = issue(ACTION_RESET_CREDENTIALS, "UPDATE_PASSWORD");
    struct str before = ana.email;
    ana.email = STR("elsewhere@example.pe");
    set_user(&ana);
    FAILS(visit(key), ERR_ACTION_TOKEN);
    FAILS(perform(key, NEW_PASSWORD), ERR_ACTION_TOKEN);
    ana.email = before;
    set_user(&ana);
    OK(visit(key)); /* nothing was spent by who was refused */
    struct str other = issue(ACTION_EXECUTE, "UPDATE_PASSWORD");
    OK(perform(other, NEW_PASSWORD));
    FAILS(perform(key, STR("one more password")), ERR_ACTION_TOKEN); /* the password changed */
}

static void RE_01_disabled_told_to_come_anew_or_too_late(void **state)
{
    (void)state;
    struct user ana = user_now(t.ana.pk);
    struct str key = issue(ACTION_VERIFY_EMAIL, "VERIFY_EMAIL");
    ana.enabled = false;
    set_user(&ana);
    FAILS(perform(key, STR("")), ERR_ACTION_TOKEN);
    ana.enabled = true;
    ana.not_before_s = t.now.wall_ms / 1000 + 1;
    set_user(&ana);
    FAILS(perform(key, STR("")), ERR_ACTION_TOKEN);
    ana.not_before_s = 0;
    set_user(&ana);
    advance_ms(LIFE_S * 1000 - 1);
    OK(visit(key));
    advance_ms(1);
    FAILS(perform(key, STR("")), ERR_ACTION_TOKEN);
    assert_false(user_now(t.ana.pk).email_verified);
}

static void RE_01_the_newest_of_a_purpose_counts(void **state)
{
    (void)state;
    struct str first = issue(ACTION_RESET_CREDENTIALS, "UPDATE_PASSWORD");
    struct str other = issue(ACTION_VERIFY_EMAIL, "VERIFY_EMAIL");
    struct str second = issue(ACTION_RESET_CREDENTIALS, "UPDATE_PASSWORD");
    FAILS(visit(first), ERR_ACTION_TOKEN);
    OK(visit(other));
    OK(visit(second));
}

static void OI_08_who_followed_the_link_has_the_address(void **state)
{
    (void)state;
    struct user ana = user_now(t.ana.pk);
    struct str actions[] = {STR("VERIFY_EMAIL"), STR("CONFIGURE_TOTP")};
    ana.required_actions = (struct strs){actions, 2};
    set_user(&ana);
    assert_false(ana.email_verified);
    OK(perform(issue(ACTION_VERIFY_EMAIL, "VERIFY_EMAIL"), STR("")));
    ana = user_now(t.ana.pk);
    assert_true(ana.email_verified);
    assert_int_equal(ana.required_actions.count, 1);
    SAME(ana.required_actions.items[0], "CONFIGURE_TOTP");
    assert_int_equal(events_of("EmailVerified"), 1);
    FAILS(password_login("web", "ana", PASSWORD, NULL), ERR_ACCOUNT_NOT_SET_UP);
}

static void a_password_that_is_refused_leaves_the_link_good(void **state)
{
    (void)state;
    struct action_visit visit;
    struct password_problem problem = {0};
    struct realm realm = realm_now();
    realm.password_policy = STR("length(12)");
    set_realm(&realm);
    struct str key = issue(ACTION_EXECUTE, "UPDATE_PASSWORD VERIFY_EMAIL");
    FAILS(action_token_perform(&t.ctx, key, STR("short"), STR("short"), &visit, &problem),
          ERR_PASSWORD_POLICY);
    SAME(str_c(problem.message), "invalidPasswordMinLengthMessage");
    assert_true(visit.wants_password);
    FAILS(action_token_perform(&t.ctx, key, NEW_PASSWORD, STR("other"), &visit, &problem),
          ERR_PASSWORD_POLICY);
    SAME(str_c(problem.message), "notMatchPasswordMessage");
    OK(perform(key, NEW_PASSWORD));
    assert_true(user_now(t.ana.pk).email_verified);
    assert_int_equal(events_of("ActionTokenUsed"), 1);
}

static void OT_03_no_other_handle_is_a_key(void **state)
{
    (void)state;
    struct authz_step step = full_login("response_type=code&client_id=web&scope=openid"
                                        "&redirect_uri=" CALLBACK PKCE);
    FAILS(visit(reply_param(&step, "code")), ERR_ACTION_TOKEN);
    FAILS(visit(t.browser.sso_cookie), ERR_ACTION_TOKEN);
    FAILS(visit(STR("")), ERR_ACTION_TOKEN);
    FAILS(visit(str_of(NULL, 0)), ERR_ACTION_TOKEN);
    struct str key = issue(ACTION_VERIFY_EMAIL, "VERIFY_EMAIL");
    struct str text = arena_printf(&test_arena,
                                   "grant_type=authorization_code&client_id=web&code=%.*s"
                                   "&redirect_uri=" CALLBACK "&code_verifier=" VERIFIER,
                                   STR_ARG(key));
    FAILS(token_of(NULL, text.ptr, NULL), ERR_INVALID_GRANT);
    OK(visit(key));
}

/* BK-01: after a restore no link of before is good. */
static void OT_05_a_restore_voids_all(void **state)
{
    (void)state;
    int64_t sessions, keys;
    struct str key = issue(ACTION_VERIFY_EMAIL, "VERIFY_EMAIL");
    struct store_write *w = begin_write();
    OK(admin_void_all(&t.ctx, w, STR("test"), &sessions, &keys));
    OK(store_commit(w, DURABLE_LOCAL));
    refresh_view();
    FAILS(visit(key), ERR_ACTION_TOKEN);
}

/* --- Whom mails go to --- */

static bool due(const char *typed)
{
    struct letter letter;
    bool is_due;
    OK(letter_for_forgotten(&t.ctx, str_c(typed), NULL, &letter, &is_due));
    if (is_due)
        SAME(letter.to.address, "ana@example.pe");
    return is_due;
}

static void allow_reset(void)
{
    struct realm realm = realm_now();
    realm.reset_password_allowed = true;
    set_realm(&realm);
}

static void RE_02_mails_go_to_the_stored_address_of_people(void **state)
{
    (void)state;
    assert_false(due("ana")); /* not offered */
    allow_reset();
    struct user robot = add_person("robot", PASSWORD);
    robot.service_account_client_id = client_now("api").id;
    set_user(&robot);
    assert_false(due("robot"));
    assert_false(due("nobody"));
    assert_false(due("nobody@example.pe"));
    assert_false(due("\xff"));
    assert_false(due(""));
    assert_true(due("ANA@example.pe"));
    advance_ms(61000);
    struct user ana = user_now(t.ana.pk);
    ana.enabled = false;
    set_user(&ana);
    assert_false(due("ana"));
    ana.enabled = true;
    ana.email = STR("");
    set_user(&ana);
    assert_false(due("ana"));
    assert_int_equal(events_of("RecoveryMailed"), 1);
    assert_true(events_of("CredentialsRecoveryFailed") >= 5);
}

static void RE_05_one_a_minute_and_five_an_hour(void **state)
{
    (void)state;
    allow_reset();
    t.now.wall_ms -= t.now.wall_ms % 3600000; /* an hour begins */
    advance_ms(3600000);
    for (int i = 0; i < LETTERS_AN_HOUR; i++) {
        assert_true(due("ana"));
        assert_false(due("ana"));
        advance_ms(60000);
    }
    assert_false(due("ana"));
    advance_ms(3600000);
    assert_true(due("ana"));
}

/* The realm's own limit: that many are taken away from it beforehand. */
static void RE_05_so_many_of_a_realm(void **state)
{
    struct store_write *w;
    bool first;
    (void)state;
    allow_reset();
    t.now.wall_ms -= t.now.wall_ms % 3600000;
    advance_ms(3600000);
    w = begin_write();
    for (int i = 0; i < LETTERS_OF_REALM_AN_HOUR - 1; i++) {
        struct str turn = arena_printf(&test_arena, "realm:3600000:%lld:%d",
                                       (long long)(t.now.wall_ms / 3600000), i);
        OK(once_spend(w, STR("letter"), turn, t.now.wall_ms + 3600000, &first));
        assert_true(first);
    }
    OK(store_commit(w, DURABLE_LOCAL));
    assert_true(due("ana"));
    advance_ms(60000);
    assert_false(due("ana"));
    advance_ms(3600000);
    assert_true(due("ana"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        REALM_TEST(RE_01_a_link_works_once_and_lets_nobody_in),
        REALM_TEST(RE_01_a_change_of_the_person_voids_it),
        REALM_TEST(RE_01_disabled_told_to_come_anew_or_too_late),
        REALM_TEST(RE_01_the_newest_of_a_purpose_counts),
        REALM_TEST(OI_08_who_followed_the_link_has_the_address),
        REALM_TEST(a_password_that_is_refused_leaves_the_link_good),
        REALM_TEST(OT_03_no_other_handle_is_a_key),
        REALM_TEST(OT_05_a_restore_voids_all),
        REALM_TEST(RE_02_mails_go_to_the_stored_address_of_people),
        REALM_TEST(RE_05_one_a_minute_and_five_an_hour),
        REALM_TEST(RE_05_so_many_of_a_realm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
