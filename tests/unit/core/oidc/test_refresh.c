/* Refresh tokens: rotation, reuse, and everything that ends them (OT-04, OT-06, OT-07, OT-08). */
#include "tests/unit/core/oidc/oidc_support.h"

#include "core/oidc/consent.h"

static struct str refresh_of(const struct json_value *json)
{
    struct str token = json_get_str(json, "refresh_token");
    assert_false(str_empty(token));
    return token;
}

static struct str first_token(void)
{
    const struct json_value *json;
    OK(password_login("web", "ana", PASSWORD, &json));
    return refresh_of(json);
}

static int refresh(struct str token, const struct json_value **ret_json)
{
    return token_of(NULL, refresh_form(token), ret_json);
}

static void rotation_gives_a_new_token_each_time_OT_04(void **state)
{
    const struct json_value *json, *claims;
    struct str token = first_token();
    (void)state;
    claims = claims_of(token);
    SAME(json_get_str(claims, "typ"), "Refresh");
    SAME(json_get_str(claims, "aud"), ISSUER);
    SAME(json_get_str(claims, "azp"), "web");
    assert_true(str_has_word(json_get_str(claims, "scope"), STR("basic")));
    for (int i = 0; i < 5; i++) {
        advance_ms(60 * 1000);
        OK(refresh(token, &json));
        assert_false(str_eq(refresh_of(json), token));
        token = refresh_of(json);
        assert_true(str_starts(json_get_str(claims_of(json_get_str(json, "access_token")), "jti"),
                               STR("onrtrt:")));
        assert_false(str_absent(json_get_str(json, "id_token")));
    }
    assert_int_equal(events_of("TokenRefreshed"), 5);
}

static void a_replay_kills_the_family_OT_04(void **state)
{
    const struct json_value *json;
    struct str first = first_token();
    struct str second;
    (void)state;
    OK(refresh(first, &json));
    second = refresh_of(json);
    FAILS(refresh(first, NULL), ERR_INVALID_GRANT);
    assert_string_equal(t.err.detail, "Maximum allowed refresh token reuse exceeded");
    FAILS(refresh(second, NULL), ERR_SESSION_NOT_ACTIVE);
}

static void reuse_is_allowed_as_often_as_the_realm_says(void **state)
{
    const struct json_value *json;
    struct realm realm = realm_now();
    (void)state;
    realm.refresh_token_max_reuse = 2;
    set_realm(&realm);
    struct str token = first_token();
    OK(refresh(token, NULL));
    OK(refresh(token, NULL));
    OK(refresh(token, &json));
    FAILS(refresh(token, NULL), ERR_INVALID_GRANT);
    FAILS(refresh(refresh_of(json), NULL), ERR_SESSION_NOT_ACTIVE);
}

static void without_rotation_a_token_stays_good(void **state)
{
    const struct json_value *json;
    struct realm realm = realm_now();
    (void)state;
    realm.revoke_refresh_token = false;
    set_realm(&realm);
    struct str token = first_token();
    for (int i = 0; i < 3; i++) {
        advance_ms(1000);
        OK(refresh(token, &json));
        OK(refresh(refresh_of(json), NULL));
    }
}

static void a_foreign_or_broken_token_is_refused(void **state)
{
    const struct json_value *json;
    struct str token = first_token();
    (void)state;
    OK(password_login("web", "ana", PASSWORD, &json));
    const char *form =
        arena_printf(&test_arena, "grant_type=refresh_token&refresh_token=%.*s", STR_ARG(token))
            .ptr;
    FAILS(token_of(text_of(basic_of("api", SECRET)), form, NULL), ERR_INVALID_GRANT);
    FAILS(refresh(json_get_str(json, "access_token"), NULL), ERR_INVALID_GRANT); /* OT-15 */
    FAILS(refresh(json_get_str(json, "id_token"), NULL), ERR_INVALID_GRANT);
    FAILS(refresh(STR("x.y.z"), NULL), ERR_INVALID_GRANT);
    FAILS(refresh(STR("eyJhbGciOiJub25lIn0.e30."), NULL), ERR_INVALID_GRANT); /* JO-02 */
    FAILS(refresh(str_sub(token, 0, token.len - 1), NULL), ERR_INVALID_GRANT);
    FAILS(refresh(STR(""), NULL), ERR_INVALID_REQUEST);
    OK(refresh(token, NULL));
}

static void scope_may_shrink_and_never_grow(void **state)
{
    const struct json_value *json;
    struct str token = first_token();
    (void)state;
    const char *form = arena_printf(&test_arena, "%s&scope=openid+phone", refresh_form(token)).ptr;
    FAILS(token_of(NULL, form, NULL), ERR_INVALID_SCOPE);
    form = arena_printf(&test_arena, "%s&scope=profile", refresh_form(token)).ptr;
    OK(token_of(NULL, form, &json));
    assert_false(str_has_word(json_get_str(json, "scope"), STR("openid")));
    assert_true(str_absent(json_get_str(json, "id_token")));
}

static void idle_and_maximum_end_it(void **state)
{
    const struct json_value *json;
    struct str token = first_token();
    (void)state;
    for (int i = 0; i < 20; i++) { /* 20 x 29 minutes: the last is within 10 hours, the next not */
        advance_ms(29 * 60 * 1000);
        OK(refresh(token, &json));
        token = refresh_of(json);
    }
    advance_ms(29 * 60 * 1000);
    FAILS(refresh(token, NULL), ERR_INVALID_GRANT);
    token = first_token();
    advance_ms(30 * 60 * 1000);
    FAILS(refresh(token, NULL), ERR_INVALID_GRANT);
    assert_string_equal(t.err.detail, "Token is not active");
}

static void a_disabled_user_or_client_gets_nothing_OT_06_OT_07(void **state)
{
    struct str token = first_token();
    struct user ana = user_now(t.ana.pk);
    struct client web = client_now("web");
    (void)state;
    ana.enabled = false;
    set_user(&ana);
    FAILS(refresh(token, NULL), ERR_SESSION_NOT_ACTIVE);
    ana.enabled = true;
    set_user(&ana);
    web.enabled = false;
    set_client(&web);
    FAILS(refresh(token, NULL), ERR_INVALID_CLIENT);
    web.enabled = true;
    set_client(&web);
    OK(refresh(token, NULL));
}

static void not_before_counts_at_every_level_OT_08(void **state)
{
    struct str token;
    (void)state;
    for (int level = 0; level < 3; level++) {
        token = first_token();
        advance_ms(5000);
        int64_t limit_s = t.now.wall_ms / 1000;
        struct realm realm = realm_now();
        struct client web = client_now("web");
        struct user ana = user_now(t.ana.pk);
        if (level == 0)
            realm.not_before_s = limit_s;
        if (level == 1)
            web.not_before_s = limit_s;
        if (level == 2)
            ana.not_before_s = limit_s;
        set_realm(&realm);
        set_client(&web);
        set_user(&ana);
        int rc = refresh(token, NULL);
        assert_true(rc == ERR_INVALID_GRANT || rc == ERR_SESSION_NOT_ACTIVE);
        token = first_token();
        OK(refresh(token, NULL));
    }
}

static void a_scope_that_was_taken_away_stops_it_OT_06(void **state)
{
    struct str token = first_token();
    struct client web = client_now("web");
    struct client_scopes kept = {0};
    (void)state;
    kept.items = ARENA_ARRAY(&test_arena, web.scopes.count, struct client_scope);
    for (size_t i = 0; i < web.scopes.count; i++)
        if (!str_eq(web.scopes.items[i].name, STR("email")))
            kept.items[kept.count++] = web.scopes.items[i];
    web.scopes = kept;
    set_client(&web);
    FAILS(refresh(token, NULL), ERR_INVALID_SCOPE);
}

static void offline_tokens_outlive_the_session(void **state)
{
    const struct json_value *json, *claims;
    (void)state;
    OK(token_of(NULL,
                "grant_type=password&client_id=web&username=ana&password=" PASSWORD
                "&scope=openid+offline_access",
                &json));
    struct str token = refresh_of(json);
    claims = claims_of(token);
    SAME(json_get_str(claims, "typ"), "Offline");
    assert_int_equal(json_kind(json_get(claims, "exp")), JSON_MISSING);
    assert_int_equal(json_i64_or(json, "refresh_expires_in", -1), 0);
    advance_ms(INT64_C(7) * 24 * 3600 * 1000);
    OK(refresh(token, &json));
    assert_true(str_starts(json_get_str(claims_of(json_get_str(json, "access_token")), "jti"),
                           STR("ofrtrt:")));
    token = refresh_of(json);
    advance_ms(INT64_C(30) * 24 * 3600 * 1000);
    FAILS(refresh(token, NULL), ERR_INVALID_GRANT);
    assert_string_equal(t.err.detail, "Offline user session not found");
}

static void offline_access_needs_its_role(void **state)
{
    const struct json_value *json;
    struct store_read *r;
    struct role role;
    (void)state;
    OK(store_read_begin(t.view, &r));
    OK(role_find(r, &test_arena, 0, STR("default-roles-peru"), &role));
    store_read_end(r);
    struct store_write *w = begin_write();
    OK(user_role_remove(w, t.ana.pk, role.pk));
    OK(store_commit(w, DURABLE_LOCAL));
    OK(token_of(NULL,
                "grant_type=password&client_id=web&username=ana&password=" PASSWORD
                "&scope=openid+offline_access",
                &json));
    SAME(json_get_str(claims_of(refresh_of(json)), "typ"), "Refresh");
    assert_false(str_has_word(json_get_str(json, "scope"), STR("offline_access")));
}

static int refresh_less(struct str token, const struct json_value **ret_json)
{
    return token_of(NULL, arena_printf(&test_arena, "%s&scope=openid", refresh_form(token)).ptr,
                    ret_json);
}

/* Also for a refresh that asks for less and does not name the scope that was taken back. */
static void offline_tokens_end_with_the_permission_OT_06(void **state)
{
    const struct json_value *json;
    struct store_read *r;
    struct role role;
    (void)state;
    OK(token_of(NULL,
                "grant_type=password&client_id=web&username=ana&password=" PASSWORD
                "&scope=openid+offline_access",
                &json));
    OK(refresh_less(refresh_of(json), &json));
    OK(store_read_begin(t.view, &r));
    OK(role_find(r, &test_arena, 0, STR("default-roles-peru"), &role));
    store_read_end(r);
    struct store_write *w = begin_write();
    OK(user_role_remove(w, t.ana.pk, role.pk));
    OK(store_commit(w, DURABLE_LOCAL));
    FAILS(refresh_less(refresh_of(json), NULL), ERR_INVALID_GRANT);
    FAILS(refresh(refresh_of(json), NULL), ERR_INVALID_GRANT);
}

static void withdrawn_consent_stops_it_OT_06(void **state)
{
    struct str token = first_token();
    struct client web = client_now("web");
    (void)state;
    web.consent_required = true;
    set_client(&web);
    FAILS(refresh(token, NULL), ERR_INVALID_SCOPE);
    assert_string_equal(t.err.detail, "Client no longer has requested consent from user");
}

static void a_client_may_do_without_refresh_tokens_OA_07(void **state)
{
    const struct json_value *json;
    struct str token = first_token();
    (void)state;
    set_client_attribute("web", CLIENT_ATTR_REFRESH_ENABLED, "false");
    FAILS(refresh(token, NULL), ERR_UNAUTHORIZED_CLIENT);
    OK(password_login("web", "ana", PASSWORD, &json));
    assert_true(str_absent(json_get_str(json, "refresh_token")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        REALM_TEST(rotation_gives_a_new_token_each_time_OT_04),
        REALM_TEST(a_replay_kills_the_family_OT_04),
        REALM_TEST(reuse_is_allowed_as_often_as_the_realm_says),
        REALM_TEST(without_rotation_a_token_stays_good),
        REALM_TEST(a_foreign_or_broken_token_is_refused),
        REALM_TEST(scope_may_shrink_and_never_grow),
        REALM_TEST(idle_and_maximum_end_it),
        REALM_TEST(a_disabled_user_or_client_gets_nothing_OT_06_OT_07),
        REALM_TEST(not_before_counts_at_every_level_OT_08),
        REALM_TEST(a_scope_that_was_taken_away_stops_it_OT_06),
        REALM_TEST(offline_tokens_outlive_the_session),
        REALM_TEST(offline_access_needs_its_role),
        REALM_TEST(offline_tokens_end_with_the_permission_OT_06),
        REALM_TEST(withdrawn_consent_stops_it_OT_06),
        REALM_TEST(a_client_may_do_without_refresh_tokens_OA_07),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
