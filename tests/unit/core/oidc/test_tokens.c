/* Tokens in use: checking, introspection, UserInfo, revocation (OT-06, OT-08, OT-11, OT-12, OT-15,
 * OI-01). */
#include "tests/unit/core/oidc/oidc_support.h"

#include "core/oidc/introspect.h"
#include "core/oidc/revoke.h"
#include "core/oidc/token_check.h"
#include "core/oidc/userinfo.h"

struct tokens {
    struct str access, refresh, id;
};

static struct tokens login_with(const char *client, const char *scope)
{
    const struct json_value *json;
    const char *form =
        arena_printf(&test_arena,
                     "grant_type=password&username=ana&password=" PASSWORD "&scope=%s%s", scope,
                     str_eq_c(STR("web"), client) ? "&client_id=web" : "")
            .ptr;
    bool public_client = strcmp(client, "web") == 0;
    OK(token_of(public_client ? NULL : text_of(basic_of(client, SECRET)), form, &json));
    return (struct tokens){json_get_str(json, "access_token"), json_get_str(json, "refresh_token"),
                           json_get_str(json, "id_token")};
}

static struct tokens service_token(void)
{
    const struct json_value *json;
    OK(token_of(text_of(basic_of("api", SECRET)), "grant_type=client_credentials", &json));
    assert_true(str_absent(json_get_str(json, "refresh_token")));
    return (struct tokens){.access = json_get_str(json, "access_token")};
}

static int check(struct str token)
{
    struct access_token checked;
    struct store_read *r;
    OK(store_read_begin(t.view, &r));
    int rc = token_check(&t.ctx, r, token, &checked);
    store_read_end(r);
    return rc;
}

static struct str introspected(const char *client, const char *secret, struct str token)
{
    struct str json;
    struct form form = form_of(arena_printf(&test_arena, "token=%.*s", STR_ARG(token)).ptr);
    OK(introspect(&t.ctx, basic_of(client, secret), &form, &json));
    return json;
}

static bool active(struct str token)
{
    return json_bool_or(json_of(introspected("api", SECRET, token)), "active", false);
}

static void service_tokens_have_no_session(void **state)
{
    const struct json_value *claims;
    struct tokens service = service_token();
    (void)state;
    claims = claims_of(service.access);
    assert_true(str_starts(json_get_str(claims, "jti"), STR("trrtcc:")));
    assert_true(str_absent(json_get_str(claims, "sid")));
    assert_false(str_absent(json_get_str(claims, "sub")));
    SAME(json_get_str(claims, "client_id"), "api");
    SAME(json_get_str(claims, "preferred_username"), "service-account-api");
    OK(check(service.access));
    assert_int_equal(events_of("ClientLoggedIn"), 1);
    struct client api = client_now("api");
    api.service_accounts_enabled = false;
    set_client(&api);
    FAILS(check(service.access), ERR_INVALID_TOKEN);
    FAILS(token_of(text_of(basic_of("api", SECRET)), "grant_type=client_credentials", NULL),
          ERR_UNAUTHORIZED_CLIENT);
    FAILS(token_of(NULL, "grant_type=client_credentials&client_id=web", NULL),
          ERR_UNAUTHORIZED_CLIENT);
}

static void no_other_kind_passes_for_an_access_token_OT_15(void **state)
{
    struct tokens mine = login_with("web", "openid");
    struct userinfo info;
    (void)state;
    OK(check(mine.access));
    FAILS(check(mine.id), ERR_INVALID_TOKEN);
    FAILS(check(mine.refresh), ERR_INVALID_TOKEN);
    FAILS(check(STR("")), ERR_INVALID_TOKEN);
    FAILS(check(STR("eyJhbGciOiJub25lIn0.e30.")), ERR_INVALID_TOKEN);
    FAILS(userinfo_get(&t.ctx, mine.id, &info), ERR_INVALID_TOKEN);
    FAILS(userinfo_get(&t.ctx, mine.refresh, &info), ERR_INVALID_TOKEN);
    t.ctx.issuer = STR("https://id.example/realms/chile");
    FAILS(check(mine.access), ERR_INVALID_TOKEN);
}

static void ends_are_seen_at_once_OT_06_OT_08(void **state)
{
    struct tokens mine = login_with("web", "openid");
    struct user ana = user_now(t.ana.pk);
    struct client web = client_now("web");
    struct realm realm = realm_now();
    (void)state;
    OK(check(mine.access));
    ana.enabled = false;
    set_user(&ana);
    FAILS(check(mine.access), ERR_INVALID_TOKEN);
    ana.enabled = true;
    set_user(&ana);
    web.enabled = false;
    set_client(&web);
    FAILS(check(mine.access), ERR_INVALID_TOKEN);
    web.enabled = true;
    web.not_before_s = t.now.wall_ms / 1000 + 1;
    set_client(&web);
    FAILS(check(mine.access), ERR_INVALID_TOKEN);
    assert_false(active(mine.access));
    web.not_before_s = 0;
    set_client(&web);
    realm.not_before_s = t.now.wall_ms / 1000 + 1;
    set_realm(&realm);
    FAILS(check(mine.access), ERR_INVALID_TOKEN);
    realm.not_before_s = 0;
    set_realm(&realm);
    ana.not_before_s = t.now.wall_ms / 1000 + 1;
    set_user(&ana);
    FAILS(check(mine.access), ERR_INVALID_TOKEN);
    ana.not_before_s = 0;
    set_user(&ana);
    OK(check(mine.access));
    advance_ms(899 * 1000);
    OK(check(mine.access));
    advance_ms(1000);
    FAILS(check(mine.access), ERR_INVALID_TOKEN);
}

static void introspection_answers_those_it_concerns_OT_11(void **state)
{
    struct tokens web = login_with("web", "openid");
    struct tokens api = login_with("api", "openid");
    struct tokens service = service_token();
    const struct json_value *json;
    struct form form;
    struct str answer;
    (void)state;
    json = json_of(introspected("api", SECRET, api.access));
    assert_true(json_bool_or(json, "active", false));
    SAME(json_get_str(json, "client_id"), "api");
    SAME(json_get_str(json, "username"), "ana");
    SAME(json_get_str(json, "token_type"), "Bearer");
    SAME_S(json_get_str(json, "sub"), t.ana.id);
    assert_true(active(service.access));
    assert_true(active(api.refresh));
    /* not in its audience, of no kind, no token at all: the same few bytes */
    SAME(introspected("api", SECRET, web.access), "{\"active\":false}");
    SAME(introspected("api", SECRET, web.refresh), "{\"active\":false}");
    SAME(introspected("api", SECRET, api.id), "{\"active\":false}");
    SAME(introspected("api", SECRET, STR("nonsense")), "{\"active\":false}");
    SAME(introspected("api", SECRET, str_sub(api.access, 0, api.access.len - 1)),
         "{\"active\":false}");
    /* and nobody without credentials */
    form = form_of(arena_printf(&test_arena, "client_id=web&token=%.*s", STR_ARG(web.access)).ptr);
    FAILS(introspect(&t.ctx, str_of(NULL, 0), &form, &answer), ERR_INVALID_CLIENT);
    form = form_of("token=x");
    FAILS(introspect(&t.ctx, str_of(NULL, 0), &form, &answer), ERR_INVALID_CLIENT);
    FAILS(introspect(&t.ctx, basic_of("api", "wrong secret"), &form, &answer), ERR_INVALID_CLIENT);
    form = form_of("");
    FAILS(introspect(&t.ctx, basic_of("api", SECRET), &form, &answer), ERR_INVALID_REQUEST);
}

static int revoke_for(const char *client, struct str token)
{
    bool public_client = strcmp(client, "web") == 0;
    struct form form = form_of(arena_printf(&test_arena, "token=%.*s%s", STR_ARG(token),
                                            public_client ? "&client_id=web" : "")
                                   .ptr);
    return revoke_token(&t.ctx, public_client ? str_of(NULL, 0) : basic_of(client, SECRET), &form,
                        NULL);
}

static void revocation_ends_what_is_the_callers_OT_12(void **state)
{
    struct tokens web = login_with("web", "openid");
    struct tokens api = login_with("api", "openid");
    struct tokens other = login_with("web", "openid");
    struct tokens offline = login_with("web", "openid+offline_access");
    (void)state;
    OK(revoke_for("web", api.access));
    OK(revoke_for("web", api.refresh));
    OK(check(api.access));
    assert_true(active(api.refresh));
    OK(revoke_for("web", STR("nonsense")));
    OK(revoke_for("web", web.id));
    OK(check(web.access));
    OK(revoke_for("web", web.access));
    FAILS(check(web.access), ERR_INVALID_TOKEN);
    assert_int_equal(token_of(NULL, refresh_form(web.refresh), NULL), 0);
    OK(revoke_for("web", other.refresh));
    FAILS(check(other.access), ERR_INVALID_TOKEN);
    FAILS(token_of(NULL, refresh_form(other.refresh), NULL), ERR_SESSION_NOT_ACTIVE);
    OK(revoke_for("web", other.refresh)); /* again */
    OK(revoke_for("web", offline.refresh));
    FAILS(check(offline.access), ERR_INVALID_TOKEN);
    FAILS(token_of(NULL, refresh_form(offline.refresh), NULL), ERR_INVALID_GRANT);
    assert_int_equal(events_of("TokenRevoked"), 3);
}

static void set_enabled(bool enabled)
{
    struct user ana = user_now(t.ana.pk);
    struct user account;
    struct store_read *r;
    OK(store_read_begin(t.view, &r));
    OK(user_find_by_id(r, &test_arena, client_now("api").service_account_user_id, &account));
    store_read_end(r);
    ana.enabled = account.enabled = enabled;
    set_user(&ana);
    set_user(&account);
}

/* What may not be used now may be allowed again, and what was ended then must not come back. */
static void what_was_ended_while_it_was_shut_stays_ended_OT_06_OT_12(void **state)
{
    struct tokens access = login_with("web", "openid");
    struct tokens refresh = login_with("web", "openid");
    struct tokens untouched = login_with("web", "openid");
    struct tokens service = service_token();
    (void)state;
    set_enabled(false);
    FAILS(check(access.access), ERR_INVALID_TOKEN);
    FAILS(check(service.access), ERR_INVALID_TOKEN);
    OK(revoke_for("web", access.access));
    OK(revoke_for("web", access.access)); /* again: nothing is left to end */
    OK(revoke_for("web", refresh.refresh));
    OK(revoke_for("api", untouched.access)); /* not the caller's */
    OK(revoke_for("api", service.access));
    set_enabled(true);
    FAILS(check(access.access), ERR_INVALID_TOKEN);
    FAILS(check(refresh.access), ERR_INVALID_TOKEN);
    FAILS(token_of(NULL, refresh_form(refresh.refresh), NULL), ERR_SESSION_NOT_ACTIVE);
    FAILS(check(service.access), ERR_INVALID_TOKEN);
    OK(check(untouched.access));
    assert_int_equal(events_of("TokenRevoked"), 3);
}

static void a_token_that_is_stale_for_now_can_be_ended_OT_08(void **state)
{
    struct tokens mine = login_with("web", "openid");
    struct realm realm = realm_now();
    (void)state;
    realm.not_before_s = t.now.wall_ms / 1000 + 1;
    set_realm(&realm);
    FAILS(check(mine.access), ERR_INVALID_TOKEN);
    OK(revoke_for("web", mine.access));
    OK(revoke_for("web", mine.refresh));
    realm.not_before_s = 0;
    set_realm(&realm);
    FAILS(check(mine.access), ERR_INVALID_TOKEN);
    FAILS(token_of(NULL, refresh_form(mine.refresh), NULL), ERR_SESSION_NOT_ACTIVE);
}

static void a_revoked_client_starts_anew_and_old_tokens_stay_dead(void **state)
{
    const struct json_value *json;
    (void)state;
    struct authz_step step = full_login(REQUEST_WEB);
    OK(token_of(NULL, code_form(reply_param(&step, "code")), &json));
    struct str old = json_get_str(json, "access_token");
    OK(check(old));
    OK(revoke_for("web", json_get_str(json, "refresh_token")));
    FAILS(check(old), ERR_INVALID_TOKEN);
    step = begin(REQUEST_WEB); /* the browser's session lives on, in this same millisecond */
    advance_ms(5);
    OK(token_of(NULL, code_form(reply_param(&step, "code")), &json));
    OK(check(json_get_str(json, "access_token")));
    FAILS(check(old), ERR_INVALID_TOKEN);
}

static void userinfo_tells_what_scopes_allow(void **state)
{
    struct userinfo info;
    const struct json_value *json;
    (void)state;
    OK(userinfo_get(&t.ctx, login_with("web", "openid").access, &info));
    assert_false(info.is_jwt);
    json = json_of(info.body);
    SAME_S(json_get_str(json, "sub"), t.ana.id);
    SAME(json_get_str(json, "email"), "ana@example.pe");
    SAME(json_get_str(json, "preferred_username"), "ana");
    assert_int_equal(json_kind(json_get(json, "email_verified")), JSON_BOOL);
    assert_int_equal(json_kind(json_get(json, "realm_access")), JSON_MISSING);
    FAILS(userinfo_get(&t.ctx, login_with("web", "email").access, &info), ERR_INSUFFICIENT_SCOPE);
    assert_non_null(info.client);
    set_client_attribute("web", CLIENT_ATTR_USERINFO_ALG, "ES256");
    OK(userinfo_get(&t.ctx, login_with("web", "openid").access, &info));
    assert_true(info.is_jwt);
    json = claims_of(info.body);
    SAME(json_get_str(json, "iss"), ISSUER);
    SAME(json_get_str(json, "aud"), "web");
}

static void claims_may_be_asked_for_by_name(void **state)
{
    struct client web = client_now("web");
    const struct json_value *json;
    struct userinfo info;
    (void)state;
    for (size_t i = 0; i < web.scopes.count; i++)
        if (str_eq(web.scopes.items[i].name, STR("profile")))
            web.scopes.items[i].is_default = false;
    set_client(&web);
    struct authz_step step = full_login(
        REQUEST_WEB "&claims={\"userinfo\":{\"name\":{\"essential\":true}},"
                    "\"id_token\":{\"given_name\":null,\"realm_access\":null,\"iss\":null}}");
    OK(token_of(NULL, code_form(reply_param(&step, "code")), &json));
    const struct json_value *id = claims_of(json_get_str(json, "id_token"));
    SAME(json_get_str(id, "given_name"), "Ana");
    SAME(json_get_str(id, "iss"), ISSUER);
    ABSENT(json_get_str(id, "family_name"));
    assert_int_equal(json_kind(json_get(id, "realm_access")), JSON_MISSING);
    OK(userinfo_get(&t.ctx, json_get_str(json, "access_token"), &info));
    SAME(json_get_str(json_of(info.body), "name"), "Ana Quispe");
    ABSENT(json_get_str(json_of(info.body), "given_name"));
}

static void lightweight_tokens_are_filled_in_by_introspection(void **state)
{
    const struct json_value *claims, *json;
    (void)state;
    set_client_attribute("api", CLIENT_ATTR_LIGHTWEIGHT, "true");
    struct tokens api = login_with("api", "openid");
    claims = claims_of(api.access);
    assert_true(str_starts(json_get_str(claims, "jti"), STR("onltro:")));
    assert_int_equal(json_kind(json_get(claims, "realm_access")), JSON_MISSING);
    ABSENT(json_get_str(claims, "email"));
    OK(check(api.access));
    json = json_of(introspected("api", SECRET, api.access));
    assert_int_equal(json_kind(json_get(json, "realm_access")), JSON_OBJECT);
    SAME(json_get_str(json, "email"), "ana@example.pe");
    SAME_S(json_get_str(json, "sub"), t.ana.id);
}

static void algorithms_follow_realm_and_client(void **state)
{
    static const char *const algs[] = {"ES256", "PS256", "EdDSA", "RS512"};
    struct realm realm = realm_now();
    (void)state;
    realm.default_signature_algorithm = STR("ES384");
    set_realm(&realm);
    struct tokens mine = login_with("web", "openid");
    struct jws jws;
    OK(jws_decode(&test_arena, mine.access, JWS_MAX_BYTES, &jws));
    assert_int_equal(jws.alg, JOSE_ES384);
    OK(check(mine.access));
    for (size_t i = 0; i < ARRAY_LEN(algs); i++) {
        set_client_attribute("web", CLIENT_ATTR_ACCESS_TOKEN_ALG, algs[i]);
        refresh_view();
        mine = login_with("web", "openid");
        OK(jws_decode(&test_arena, mine.access, JWS_MAX_BYTES, &jws));
        SAME(jose_alg_name(jws.alg), algs[i]);
        OK(check(mine.access));
        OK(jws_decode(&test_arena, mine.id, JWS_MAX_BYTES, &jws));
        assert_int_equal(jws.alg, JOSE_ES384);
    }
}

static void lifespans_are_bounded_by_the_session(void **state)
{
    const struct json_value *json;
    struct realm realm = realm_now();
    (void)state;
    set_client_attribute("web", CLIENT_ATTR_ACCESS_TOKEN_LIFESPAN, "120");
    OK(password_login("web", "ana", PASSWORD, &json));
    assert_int_equal(json_i64_or(json, "expires_in", 0), 120);
    realm.sso_session_max_s = 60;
    realm.sso_session_idle_s = 60;
    set_realm(&realm);
    OK(password_login("web", "ana", PASSWORD, &json));
    assert_int_equal(json_i64_or(json, "expires_in", 0), 60);
    assert_int_equal(json_i64_or(json, "refresh_expires_in", 0), 60);
}

/* As the administrator of very many realms would ask for one by an ordinary client. */
static void what_no_token_can_hold_is_refused(void **state)
{
    enum { ROLES = 300 };
    const struct json_value *json;
    struct client api = client_now("api");
    struct store_write *w = begin_write();
    (void)state;
    for (int i = 0; i < ROLES; i++) {
        struct role role = {.id = uuid_new(&test_arena),
                            .name = arena_printf(&test_arena, "%0250d", i),
                            .client_pk = api.pk};
        OK(role_insert(w, &role));
        OK(user_role_add(w, t.ana.pk, role.pk));
    }
    OK(store_commit(w, DURABLE_LOCAL));
    FAILS(password_login("web", "ana", PASSWORD, &json), ERR_INVALID_REQUEST);
    set_client_attribute("web", CLIENT_ATTR_LIGHTWEIGHT, "true");
    refresh_view();
    OK(password_login("web", "ana", PASSWORD, &json));
    assert_true(json_get_str(json, "access_token").len < 4096);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        REALM_TEST(service_tokens_have_no_session),
        REALM_TEST(no_other_kind_passes_for_an_access_token_OT_15),
        REALM_TEST(ends_are_seen_at_once_OT_06_OT_08),
        REALM_TEST(introspection_answers_those_it_concerns_OT_11),
        REALM_TEST(revocation_ends_what_is_the_callers_OT_12),
        REALM_TEST(what_was_ended_while_it_was_shut_stays_ended_OT_06_OT_12),
        REALM_TEST(a_token_that_is_stale_for_now_can_be_ended_OT_08),
        REALM_TEST(a_revoked_client_starts_anew_and_old_tokens_stay_dead),
        REALM_TEST(userinfo_tells_what_scopes_allow),
        REALM_TEST(claims_may_be_asked_for_by_name),
        REALM_TEST(lightweight_tokens_are_filled_in_by_introspection),
        REALM_TEST(algorithms_follow_realm_and_client),
        REALM_TEST(lifespans_are_bounded_by_the_session),
        REALM_TEST(what_no_token_can_hold_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
