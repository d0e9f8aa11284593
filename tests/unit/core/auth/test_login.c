/* Password logins on a real store: limits hold under parallel guesses, and nothing tells who exists
 * (PW-01 to PW-05, WE-03). */
#include <pthread.h>

#include "tests/unit/core/oidc/oidc_support.h"

#include "core/auth/login.h"

static void protect(int64_t factor)
{
    struct realm realm = realm_now();
    realm.brute_force_protected = true;
    realm.failure_factor = factor;
    realm.quick_login_check_ms = 0;
    set_realm(&realm);
}

static int try_login(const char *username, const char *password)
{
    return password_login("web", username, password, NULL);
}

static size_t refused_with(const char *error)
{
    struct str failed = STR("UserLoginAttempted");
    struct event_filter filter = {.types = {&failed, 1}};
    struct event_record *items;
    struct store_read *r;
    size_t count, n = 0;
    OK(store_read_begin(t.view, &r));
    OK(event_list(r, &test_arena, &filter, 1000, &items, &count));
    store_read_end(r);
    for (size_t i = 0; i < count; i++)
        n += str_eq_c(json_get_str(json_of(items[i].data), "error"), error);
    return n;
}

static struct credential password_of(int64_t user_pk)
{
    struct credentials list;
    struct store_read *r;
    OK(store_read_begin(t.view, &r));
    OK(credential_list(r, &test_arena, user_pk, &list));
    store_read_end(r);
    for (size_t i = 0; i < list.count; i++)
        if (str_eq(list.items[i].type, STR(CREDENTIAL_PASSWORD)))
            return list.items[i];
    fail_msg("no password");
    return (struct credential){0};
}

static void set_record(const char *secret, const char *data)
{
    struct credential c = password_of(t.ana.pk);
    struct store_write *w = begin_write();
    c.secret_data = str_c(secret);
    c.credential_data = str_c(data);
    OK(credential_update(w, &c));
    OK(store_commit(w, DURABLE_LOCAL));
}

/* Passwords that cost next to nothing: hundreds at once must not wait too long for their turn. */
static void hash_cheaply(void)
{
    struct realm realm = realm_now();
    struct password_params params;
    struct password_record record;
    realm.password_policy = STR("hashAlgorithm(pbkdf2-sha256) and hashIterations(1000)");
    set_realm(&realm);
    OK(password_params_of(STR("pbkdf2-sha256"), 1000, &params));
    OK(password_hash_make(&test_arena, &params, STR(PASSWORD), &record));
    set_record(record.secret_data.ptr, record.credential_data.ptr);
}

struct guess {
    struct auth_ctx ctx;
    struct arena arena;
    struct err_ctx err;
    struct form form;
    int rc;
};

static void *guess(void *arg)
{
    struct guess *g = arg;
    struct token_response response;
    do /* a busy machine does not come to all of them in time */
        g->rc = token_request(&g->ctx, str_of(NULL, 0), &g->form, &response);
    while (g->rc == ERR_OVERLOADED);
    return NULL;
}

#define GUESSES 200

/* The right password is the last of 200 side by side: of at most five is ever said whether it was
 * right, and each of the others gets the same answer. */
static void the_limit_holds_in_parallel_PW_02(void **state)
{
    static struct guess guesses[GUESSES];
    pthread_t threads[GUESSES];
    size_t accepted = 0, judged;
    (void)state;
    hash_cheaply();
    protect(5);
    for (int i = 0; i < GUESSES; i++) {
        const char *password = i == GUESSES - 1 ? PASSWORD : "wrong";
        const char *text = arena_printf(&test_arena,
                                        "grant_type=password&client_id=web&username=ana"
                                        "&password=%s",
                                        password)
                               .ptr;
        guesses[i] = (struct guess){.ctx = t.ctx, .form = form_of(text)};
        arena_init(&guesses[i].arena, ARENA_REQUEST_MAX_BYTES);
        guesses[i].ctx.arena = &guesses[i].arena;
        guesses[i].ctx.err = &guesses[i].err;
        assert_int_equal(pthread_create(&threads[i], NULL, guess, &guesses[i]), 0);
    }
    for (int i = 0; i < GUESSES; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        accepted += guesses[i].rc == 0;
        if (guesses[i].rc != 0)
            assert_int_equal(guesses[i].rc, ERR_INVALID_CREDENTIALS);
        arena_free(&guesses[i].arena);
    }
    judged = refused_with("invalid_user_credentials");
    assert_true(accepted <= 1);
    /* A success in between starts the count anew. */
    assert_true(judged <= 5 + accepted * 5);
    assert_int_equal(judged + accepted + refused_with("user_temporarily_disabled"), GUESSES);
    if (!accepted)
        FAILS(try_login("ana", PASSWORD), ERR_INVALID_CREDENTIALS);
}

static void a_lock_holds_and_ends_PW_02(void **state)
{
    (void)state;
    protect(3);
    for (int i = 0; i < 3; i++)
        FAILS(try_login("ana", "wrong"), ERR_INVALID_CREDENTIALS);
    FAILS(try_login("ana", PASSWORD), ERR_INVALID_CREDENTIALS);
    assert_int_equal(events_of("UserLockedOut"), 1);
    advance_ms(61 * 1000);
    OK(try_login("ana", PASSWORD));
    for (int i = 0; i < 2; i++) /* the success cleared the count */
        FAILS(try_login("ana", "wrong"), ERR_INVALID_CREDENTIALS);
    OK(try_login("ana", PASSWORD));
}

/* OT-05: neither a leap of the clock nor the way back from it changes how long a lock lasts. */
static void a_leap_does_not_end_a_lock_PW_02(void **state)
{
    const int64_t leap_ms = 10 * INT64_C(31556952) * 1000;
    (void)state;
    protect(3);
    for (int i = 0; i < 3; i++)
        FAILS(try_login("ana", "wrong"), ERR_INVALID_CREDENTIALS);
    t.now.wall_ms += leap_ms;
    t.now.leapt_ms += leap_ms;
    FAILS(try_login("ana", PASSWORD), ERR_INVALID_CREDENTIALS);
    t.now.wall_ms -= leap_ms;
    t.now.leapt_ms -= leap_ms;
    FAILS(try_login("ana", PASSWORD), ERR_INVALID_CREDENTIALS);
    advance_ms(61 * 1000);
    OK(try_login("ana", PASSWORD));
}

static void paths_and_aliases_share_the_count_PW_03(void **state)
{
    struct authz_step step;
    (void)state;
    protect(3);
    FAILS(try_login("ana", "wrong"), ERR_INVALID_CREDENTIALS);
    FAILS(try_login("ANA@example.pe", "wrong"), ERR_INVALID_CREDENTIALS);
    step = begin(REQUEST_WEB);
    keep_cookies(&step);
    step = login(step.state, " Ana ", "wrong");
    assert_int_equal(step.err, ERR_INVALID_CREDENTIALS);
    step = login(step.state, "ana", PASSWORD);
    assert_int_equal(step.kind, AUTHZ_STEP_LOGIN);
    assert_int_equal(step.err, ERR_INVALID_CREDENTIALS);
    FAILS(try_login("ana", PASSWORD), ERR_INVALID_CREDENTIALS);
}

static void locked_unknown_disabled_and_wrong_look_the_same_PW_04(void **state)
{
    static const char *const names[] = {"ana", "nobody", "bea", "eva", "", "service-account-api"};
    struct user eva = add_person("eva", PASSWORD);
    struct user bea = add_person("bea", PASSWORD);
    (void)state;
    protect(1);
    bea.enabled = false;
    set_user(&bea);
    FAILS(try_login("eva", "wrong"), ERR_INVALID_CREDENTIALS);
    assert_true(eva.pk > 0);
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        const char *password = i == 0 ? "wrong" : PASSWORD;
        int rc = try_login(names[i], password);
        if (names[i][0] == '\0')
            continue; /* a missing parameter, which says nothing about anybody */
        FAILS(rc, ERR_INVALID_CREDENTIALS);
        assert_string_equal(t.err.detail, "Invalid user credentials");
        assert_string_equal(t.err.field, "");
    }
}

static void repeated_locks_disable_the_user_for_good(void **state)
{
    struct realm realm;
    (void)state;
    protect(2);
    realm = realm_now();
    realm.permanent_lockout = true;
    set_realm(&realm);
    for (int i = 0; i < 2; i++)
        FAILS(try_login("ana", "wrong"), ERR_INVALID_CREDENTIALS);
    assert_int_equal(events_of("UserPermanentlyLockedOut"), 1);
    assert_false(user_now(t.ana.pk).enabled);
    advance_ms(24 * 3600 * 1000);
    FAILS(try_login("ana", PASSWORD), ERR_INVALID_CREDENTIALS);
}

static void old_records_are_hashed_anew_at_login(void **state)
{
    struct password_params params;
    struct password_record record;
    (void)state;
    OK(password_params_of(STR("pbkdf2-sha256"), 1000, &params));
    OK(password_hash_make(&test_arena, &params, STR(PASSWORD), &record));
    set_record(record.secret_data.ptr, record.credential_data.ptr);
    FAILS(try_login("ana", "wrong"), ERR_INVALID_CREDENTIALS);
    assert_true(str_find_str(password_of(t.ana.pk).credential_data, STR("pbkdf2")) >= 0);
    OK(try_login("ana", PASSWORD));
    assert_true(str_find_str(password_of(t.ana.pk).credential_data, STR("argon2")) >= 0);
    OK(try_login("ana", PASSWORD));
}

/* What follows a match takes time: a lock that let it happen would tell by the clock which password
 * is right. The new record is the part that a test can see. */
static void a_lock_hides_the_match_as_well_PW_02_PW_04(void **state)
{
    struct password_params params;
    struct password_record record;
    struct login_attempt attempt;
    (void)state;
    OK(password_params_of(STR("pbkdf2-sha256"), 1000, &params));
    OK(password_hash_make(&test_arena, &params, STR(PASSWORD), &record));
    set_record(record.secret_data.ptr, record.credential_data.ptr);
    protect(1);
    OK(login_compare(&t.ctx, STR("ana"), STR(PASSWORD), &attempt));
    assert_true(attempt.matched && attempt.rehash && !attempt.locked);
    FAILS(try_login("ana", "wrong"), ERR_INVALID_CREDENTIALS);
    OK(login_compare(&t.ctx, STR("ana"), STR(PASSWORD), &attempt));
    assert_true(attempt.locked);
    assert_false(attempt.matched || attempt.rehash);
    advance_ms(61 * 1000);
    struct user ana = user_now(t.ana.pk);
    ana.enabled = false;
    set_user(&ana);
    OK(login_compare(&t.ctx, STR("ana"), STR(PASSWORD), &attempt));
    assert_false(attempt.matched || attempt.rehash);
}

static void damaged_records_match_nothing_PW_01(void **state)
{
    static const char *const bad[][2] = {
        {"", ""},
        {"{}", "{}"},
        {"{\"value\":\"\",\"salt\":\"\"}", "{\"hashIterations\":1,\"algorithm\":\"argon2\"}"},
        {"{\"value\":\"AAAA\",\"salt\":\"AAAA\"}", "{\"hashIterations\":1,\"algorithm\":\"none\"}"},
        {"not json", "not json"},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        set_record(bad[i][0], bad[i][1]);
        FAILS(try_login("ana", PASSWORD), ERR_INVALID_CREDENTIALS);
        FAILS(try_login("ana", ""), ERR_INVALID_CREDENTIALS);
    }
}

static void change_password(const char *password, bool temporary, enum event_type type)
{
    struct password_change change;
    struct user ana = user_now(t.ana.pk);
    OK(password_change_prepare(&t.ctx, &ana, str_c(password), &change, NULL));
    struct store_write *w = begin_write();
    OK(password_change_store(&t.ctx, w, &change, temporary, 0, type));
    OK(store_commit(w, DURABLE_LOCAL));
}

static void a_password_changed_meanwhile_is_not_accepted(void **state)
{
    struct login_attempt attempt;
    enum login_verdict verdict;
    struct user user;
    (void)state;
    OK(login_compare(&t.ctx, STR("ana"), STR(PASSWORD), &attempt));
    assert_true(attempt.matched);
    change_password("another one entirely", false, EVENT_CredentialsReset);
    struct store_write *w = begin_write();
    OK(login_decide(&t.ctx, w, &attempt, &verdict, &user));
    assert_int_equal(verdict, LOGIN_REFUSED);
    OK(store_commit(w, DURABLE_LOCAL));
}

static void a_new_password_ends_the_sessions_WE_03(void **state)
{
    const struct json_value *json;
    (void)state;
    OK(password_login("web", "ana", PASSWORD, &json));
    change_password("another one entirely", false, EVENT_CredentialsReset);
    FAILS(token_of(NULL, refresh_form(json_get_str(json, "refresh_token")), NULL),
          ERR_SESSION_NOT_ACTIVE);
    FAILS(try_login("ana", PASSWORD), ERR_INVALID_CREDENTIALS);
    OK(try_login("ana", "another one entirely"));
}

static void temporary_passwords_stop_direct_grants(void **state)
{
    (void)state;
    change_password("another one entirely", true, EVENT_CredentialsReset);
    FAILS(try_login("ana", "another one entirely"), ERR_ACCOUNT_NOT_SET_UP);
    assert_string_equal(t.err.detail, "Account is not fully set up");
    FAILS(try_login("ana", "wrong"), ERR_INVALID_CREDENTIALS);
}

static void earlier_passwords_do_not_come_back(void **state)
{
    struct password_change change;
    struct password_problem problem = {0};
    struct realm realm = realm_now();
    (void)state;
    realm.password_policy = STR("passwordHistory(3)");
    set_realm(&realm);
    struct user ana = user_now(t.ana.pk);
    FAILS(password_change_prepare(&t.ctx, &ana, STR(PASSWORD), &change, &problem),
          ERR_PASSWORD_POLICY);
    assert_string_equal(problem.message, "invalidPasswordHistoryMessage");
    assert_string_equal(t.ctx.err->detail, "the password must differ from the last 3 passwords");
    static const char *const next[] = {"second password", "third password", "fourth password"};
    for (size_t i = 0; i < ARRAY_LEN(next); i++) {
        FAILS(password_change_prepare(&t.ctx, &ana, STR(PASSWORD), &change, &problem),
              ERR_PASSWORD_POLICY);
        advance_ms(1000);
        change_password(next[i], false, EVENT_PasswordUpdated);
        OK(try_login("ana", next[i]));
    }
    OK(password_change_prepare(&t.ctx, &ana, STR(PASSWORD), &change, &problem));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        REALM_TEST(the_limit_holds_in_parallel_PW_02),
        REALM_TEST(a_lock_holds_and_ends_PW_02),
        REALM_TEST(a_leap_does_not_end_a_lock_PW_02),
        REALM_TEST(paths_and_aliases_share_the_count_PW_03),
        REALM_TEST(locked_unknown_disabled_and_wrong_look_the_same_PW_04),
        REALM_TEST(repeated_locks_disable_the_user_for_good),
        REALM_TEST(old_records_are_hashed_anew_at_login),
        REALM_TEST(a_lock_hides_the_match_as_well_PW_02_PW_04),
        REALM_TEST(damaged_records_match_nothing_PW_01),
        REALM_TEST(a_password_changed_meanwhile_is_not_accepted),
        REALM_TEST(a_new_password_ends_the_sessions_WE_03),
        REALM_TEST(temporary_passwords_stop_direct_grants),
        REALM_TEST(earlier_passwords_do_not_come_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
