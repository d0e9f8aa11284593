/* The authorization code flow on a real store: what goes right, and codes that are used wrongly
 * (OT-01, OT-02, OT-10, OA-10, OA-11). */
#include <pthread.h>

#include "tests/unit/core/oidc/oidc_support.h"

static struct str fresh_code(void)
{
    t.browser.sso_cookie = str_of(NULL, 0);
    struct authz_step step = full_login(REQUEST_WEB);
    struct str code = reply_param(&step, "code");
    assert_int_equal(code.len, 43);
    return code;
}

static void a_login_ends_in_tokens(void **state)
{
    const struct json_value *json, *access, *id;
    (void)state;
    struct authz_step step = full_login(REQUEST_WEB);
    SAME(reply_param(&step, "state"), "xyz");
    SAME(reply_param(&step, "iss"), ISSUER);
    assert_false(str_absent(reply_param(&step, "session_state")));
    SAME(step.reply.redirect_uri, CALLBACK);
    assert_int_equal(step.reply.mode, RESPONSE_MODE_QUERY);
    assert_int_equal(step.set_sso_cookie.len, 43);
    OK(token_of(NULL, code_form(reply_param(&step, "code")), &json));
    SAME(json_get_str(json, "token_type"), "Bearer");
    SAME(json_get_str(json, "scope"), "openid email profile");
    assert_int_equal(json_i64_or(json, "expires_in", 0), 900);
    assert_int_equal(json_i64_or(json, "refresh_expires_in", 0), 1800);
    access = claims_of(json_get_str(json, "access_token"));
    SAME(json_get_str(access, "iss"), ISSUER);
    SAME(json_get_str(access, "typ"), "Bearer");
    SAME(json_get_str(access, "azp"), "web");
    SAME_S(json_get_str(access, "sub"), t.ana.id);
    SAME(json_get_str(access, "preferred_username"), "ana");
    SAME(json_get_str(access, "name"), "Ana Quispe");
    SAME(json_get_str(access, "acr"), "1");
    SAME(json_get_str(access, "aud"), "account");
    assert_true(str_starts(json_get_str(access, "jti"), STR("onrtac:")));
    assert_true(
        json_has_str(json_get(json_get(access, "realm_access"), "roles"), STR("offline_access")));
    assert_true(json_count(json_get(json_get(json_get(access, "resource_access"), "account"),
                                    "roles")) > 0);
    assert_int_equal(json_kind(json_get(access, "nonce")), JSON_MISSING);
    id = claims_of(json_get_str(json, "id_token"));
    SAME(json_get_str(id, "typ"), "ID");
    SAME(json_get_str(id, "aud"), "web");
    SAME(json_get_str(id, "nonce"), "n1");
    SAME_S(json_get_str(id, "sid"), reply_param(&step, "session_state"));
    assert_false(str_absent(json_get_str(id, "at_hash")));
    assert_true(json_i64_or(id, "auth_time", 0) > 0);
    assert_int_equal(json_kind(json_get(id, "realm_access")), JSON_MISSING);
    assert_int_equal(events_of("UserLoggedIn"), 1);
    assert_int_equal(events_of("CodeExchanged"), 1);
}

static void a_second_use_revokes_the_first_OT_01(void **state)
{
    const struct json_value *json;
    struct str code = fresh_code();
    (void)state;
    OK(token_of(NULL, code_form(code), &json));
    FAILS(token_of(NULL, code_form(code), NULL), ERR_INVALID_GRANT);
    assert_string_equal(t.err.detail, "Code not valid");
    FAILS(token_of(NULL, refresh_form(json_get_str(json, "refresh_token")), NULL),
          ERR_SESSION_NOT_ACTIVE);
    assert_int_equal(events_of("CodeExchangeFailed"), 1);
}

struct racer {
    struct auth_ctx ctx;
    struct arena arena;
    struct err_ctx err;
    struct form form;
    int rc;
};

static void *race(void *arg)
{
    struct racer *racer = arg;
    struct token_response response;
    racer->rc = token_request(&racer->ctx, str_of(NULL, 0), &racer->form, &response);
    return NULL;
}

static int winners_of(const char *form_text, int count)
{
    static struct racer racers[100];
    pthread_t threads[100];
    int winners = 0;
    for (int i = 0; i < count; i++) {
        racers[i] = (struct racer){.ctx = t.ctx, .form = form_of(form_text)};
        arena_init(&racers[i].arena, ARENA_REQUEST_MAX_BYTES);
        racers[i].ctx.arena = &racers[i].arena;
        racers[i].ctx.err = &racers[i].err;
        assert_int_equal(pthread_create(&threads[i], NULL, race, &racers[i]), 0);
    }
    for (int i = 0; i < count; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        winners += racers[i].rc == 0;
        if (racers[i].rc != 0 && racers[i].rc != ERR_SESSION_NOT_ACTIVE)
            assert_int_equal(racers[i].rc, ERR_INVALID_GRANT);
        arena_free(&racers[i].arena);
    }
    return winners;
}

static void one_of_a_hundred_gets_the_code_OT_01(void **state)
{
    struct str code = fresh_code();
    (void)state;
    assert_int_equal(winners_of(code_form(code), 100), 1);
}

static void one_of_many_refreshes_OT_04(void **state)
{
    const struct json_value *json;
    (void)state;
    OK(token_of(NULL, code_form(fresh_code()), &json));
    assert_int_equal(winners_of(refresh_form(json_get_str(json, "refresh_token")), 40), 1);
}

static void codes_are_bound_OT_02(void **state)
{
    struct str code = fresh_code();
    const char *other;
    (void)state;
    other = arena_printf(&test_arena,
                         "grant_type=authorization_code&redirect_uri=" CALLBACK
                         "&code_verifier=" VERIFIER "&code=%.*s",
                         STR_ARG(code))
                .ptr;
    FAILS(token_of(text_of(basic_of("api", SECRET)), other, NULL), ERR_INVALID_GRANT);
    OK(token_of(NULL, code_form(code), NULL)); /* the owner is not harmed */
    code = fresh_code();
    advance_ms(60 * 1000);
    FAILS(token_of(NULL, code_form(code), NULL), ERR_INVALID_GRANT);
    code = fresh_code();
    other = arena_printf(&test_arena,
                         "grant_type=authorization_code&client_id=web&redirect_uri=" CALLBACK
                         "x&code_verifier=" VERIFIER "&code=%.*s",
                         STR_ARG(code))
                .ptr;
    FAILS(token_of(NULL, other, NULL), ERR_INVALID_GRANT);
    assert_string_equal(t.err.detail, "Incorrect redirect_uri");
    FAILS(token_of(NULL, code_form(code), NULL), ERR_INVALID_GRANT); /* one try */
}

static void altered_codes_are_refused_OT_10(void **state)
{
    struct str code = fresh_code();
    (void)state;
    FAILS(token_of(NULL, code_form(str_sub(code, 0, 42)), NULL), ERR_INVALID_GRANT);
    FAILS(token_of(NULL, code_form(ARENA_CONCAT(&test_arena, code, STR("A"))), NULL),
          ERR_INVALID_GRANT);
    char *flipped = arena_alloc(&test_arena, 44);
    memcpy(flipped, code.ptr, 43);
    flipped[20] = flipped[20] == 'A' ? 'B' : 'A';
    FAILS(token_of(NULL, code_form(str_of(flipped, 43)), NULL), ERR_INVALID_GRANT);
    OK(token_of(NULL, code_form(code), NULL));
}

static int exchange_with(const char *request, const char *verifier)
{
    struct authz_step step = full_login(request);
    struct str code = reply_param(&step, "code");
    t.browser.sso_cookie = str_of(NULL, 0);
    const char *form =
        arena_printf(&test_arena,
                     "grant_type=authorization_code&client_id=web&redirect_uri=" CALLBACK
                     "&code=%.*s%s",
                     STR_ARG(code), verifier)
            .ptr;
    return token_of(NULL, form, NULL);
}

static void verifiers_must_fit_OA_10_OA_11(void **state)
{
    (void)state;
    FAILS(exchange_with(REQUEST_WEB, ""), ERR_INVALID_GRANT);
    FAILS(exchange_with(REQUEST_WEB, "&code_verifier=short"), ERR_INVALID_GRANT);
    FAILS(exchange_with(REQUEST_WEB, "&code_verifier=" CHALLENGE), ERR_INVALID_GRANT);
    FAILS(exchange_with(REQUEST_WEB, "&code_verifier=aBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"),
          ERR_INVALID_GRANT);
    OK(exchange_with(REQUEST_WEB, "&code_verifier=" VERIFIER));
}

static const char *api_form(struct str code, const char *more)
{
    return arena_printf(&test_arena,
                        "grant_type=authorization_code&redirect_uri=" CALLBACK "&code=%.*s%s",
                        STR_ARG(code), more)
        .ptr;
}

static void a_verifier_without_a_challenge_is_refused_OA_11(void **state)
{
    struct str header = basic_of("api", SECRET);
    (void)state;
    const char *request = "client_id=api&response_type=code&scope=openid&redirect_uri=" CALLBACK;
    struct authz_step step = full_login(request);
    struct str code = reply_param(&step, "code");
    FAILS(token_of(header.ptr, api_form(code, "&code_verifier=" VERIFIER), NULL),
          ERR_INVALID_GRANT);
    step = begin(request); /* the session answers by itself */
    OK(token_of(header.ptr, api_form(reply_param(&step, "code"), ""), NULL));
}

static void a_disabled_flow_gives_nothing_OA_07(void **state)
{
    struct str code = fresh_code();
    struct client web = client_now("web");
    (void)state;
    web.standard_flow_enabled = false;
    set_client(&web);
    FAILS(token_of(NULL, code_form(code), NULL), ERR_UNAUTHORIZED_CLIENT);
    web.standard_flow_enabled = true;
    web.enabled = false;
    set_client(&web);
    FAILS(token_of(NULL, code_form(code), NULL), ERR_INVALID_CLIENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        REALM_TEST(a_login_ends_in_tokens),
        REALM_TEST(a_second_use_revokes_the_first_OT_01),
        REALM_TEST(one_of_a_hundred_gets_the_code_OT_01),
        REALM_TEST(one_of_many_refreshes_OT_04),
        REALM_TEST(codes_are_bound_OT_02),
        REALM_TEST(altered_codes_are_refused_OT_10),
        REALM_TEST(verifiers_must_fit_OA_10_OA_11),
        REALM_TEST(a_verifier_without_a_challenge_is_refused_OA_11),
        REALM_TEST(a_disabled_flow_gives_nothing_OA_07),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
