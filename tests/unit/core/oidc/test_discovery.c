/* The realm's documents, and signed requests (JO-16, OX-02, WE-09). */
#include "tests/unit/core/oidc/oidc_support.h"

#include "core/jose/jwk.h"
#include "core/oidc/discovery.h"

static void the_document_says_what_works(void **state)
{
    const struct json_value *json;
    struct str text;
    (void)state;
    OK(discovery_document(&t.ctx, &text));
    json = json_of(text);
    SAME(json_get_str(json, "issuer"), ISSUER);
    SAME(json_get_str(json, "token_endpoint"), ISSUER "/protocol/openid-connect/token");
    SAME(json_get_str(json, "jwks_uri"), ISSUER "/protocol/openid-connect/certs");
    SAME(json_get_str(json, "end_session_endpoint"), ISSUER "/protocol/openid-connect/logout");
    assert_true(json_has_str(json_get(json, "response_types_supported"), STR("code")));
    assert_false(json_has_str(json_get(json, "response_types_supported"), STR("token")));
    assert_int_equal(json_count(json_get(json, "code_challenge_methods_supported")), 1);
    assert_true(
        json_has_str(json_get(json, "id_token_signing_alg_values_supported"), STR("RS256")));
    assert_false(
        json_has_str(json_get(json, "id_token_signing_alg_values_supported"), STR("none")));
    assert_false(
        json_has_str(json_get(json, "id_token_signing_alg_values_supported"), STR("HS256")));
    assert_true(json_has_str(json_get(json, "token_endpoint_auth_methods_supported"), STR("none")));
    assert_false(
        json_has_str(json_get(json, "introspection_endpoint_auth_methods_supported"), STR("none")));
    assert_true(json_has_str(json_get(json, "scopes_supported"), STR("openid")));
    assert_true(json_has_str(json_get(json, "scopes_supported"), STR("offline_access")));
    /* every endpoint is below the issuer: no Host header could have made it (WE-09) */
    struct json_iter it = json_iter(json);
    struct str name;
    const struct json_value *value;
    while (json_next(&it, &name, &value))
        if (str_ends(name, STR("_endpoint")))
            assert_true(str_starts(json_str(value), STR(ISSUER "/")));
}

static void keys_are_public_parts_only_JO_16(void **state)
{
    static const char *const private_members[] = {"d", "p", "q", "dp", "dq", "qi", "k", "oth"};
    const struct json_value *keys;
    struct str text;
    struct jwks set;
    (void)state;
    OK(discovery_jwks(&t.ctx, &text));
    keys = json_get(json_of(text), "keys");
    assert_true(json_count(keys) >= 1);
    for (size_t i = 0; i < json_count(keys); i++) {
        for (size_t k = 0; k < ARRAY_LEN(private_members); k++)
            assert_null(json_get(json_at(keys, i), private_members[k]));
        assert_false(str_eq(json_get_str(json_at(keys, i), "kty"), STR("oct")));
        assert_false(str_empty(json_get_str(json_at(keys, i), "kid")));
    }
    OK(jwks_parse(&test_arena, text, &set));
    assert_int_equal(set.count, json_count(keys));
    jwks_free(&set);
}

static void published_keys_verify_our_tokens(void **state)
{
    const struct json_value *json;
    struct str text;
    struct jwks set;
    struct jws jws;
    struct jws_key key;
    (void)state;
    OK(password_login("web", "ana", PASSWORD, &json));
    OK(discovery_jwks(&t.ctx, &text));
    OK(jwks_parse(&test_arena, text, &set));
    OK(jws_decode(&test_arena, json_get_str(json, "access_token"), JWS_MAX_BYTES, &jws));
    assert_int_equal(jws.alg, JOSE_RS256);
    SAME(jws.typ, "JWT");
    OK(jwks_find(&set, &jws, &key));
    OK(jws_verify(&jws, &key));
    jwks_free(&set);
}

static void the_realm_tells_its_key(void **state)
{
    const struct json_value *json;
    struct str text, der;
    struct pk_key *key = NULL;
    (void)state;
    OK(discovery_realm_info(&t.ctx, &text));
    json = json_of(text);
    SAME(json_get_str(json, "realm"), "peru");
    SAME(json_get_str(json, "token-service"), ISSUER "/protocol/openid-connect");
    SAME(json_get_str(json, "account-service"), ISSUER "/account");
    assert_int_equal(json_i64_or(json, "tokens-not-before", -1), 0);
    OK(base64_decode(&test_arena, json_get_str(json, "public_key"), BASE64_PADDED, &der));
    OK(pk_import_public(der, &key));
    assert_int_equal(pk_key_type(key), PK_RSA);
    pk_key_free(&key);
}

/* --- request objects --- */

static struct pk_key *key;

static void register_key(void)
{
    struct buf b;
    struct json_writer w;
    struct str set;
    struct client web = client_now("web");
    if (!key)
        OK(pk_generate(PK_P256, 0, &key));
    buf_init(&b, &test_arena, 8192);
    jw_init(&w, &b);
    jw_begin_object(&w);
    jw_member_array(&w, "keys");
    jwk_write(&w, &test_arena, key, STR("r1"), JOSE_ES256, str_of(NULL, 0));
    jw_end_array(&w);
    jw_end_object(&w);
    OK(jw_finish(&w, &set));
    OK(str_map_set(&web.attributes, &test_arena, STR(CLIENT_ATTR_USE_JWKS_STRING), STR("true")));
    OK(str_map_set(&web.attributes, &test_arena, STR(CLIENT_ATTR_JWKS_STRING), set));
    set_client(&web);
}

static struct authz_step request_with(const char *claims)
{
    struct jws_key signing = {.alg = JOSE_ES256, .pk = key, .kid = STR("r1")};
    struct str token;
    OK(jws_sign(&test_arena, &signing, str_of(NULL, 0), str_c(claims), &token));
    return begin(arena_printf(&test_arena, "%s&request=%.*s", REQUEST_WEB, STR_ARG(token)).ptr);
}

#define INSIDE                                                                                     \
    "\"redirect_uri\":\"" CALLBACK "\",\"code_challenge\":\"" CHALLENGE                            \
    "\",\"code_challenge_method\":\"S256\""

static void only_what_is_signed_counts_OX_02(void **state)
{
    struct authz_step step;
    (void)state;
    register_key();
    step = request_with("{\"iss\":\"web\",\"aud\":\"" ISSUER "\",\"client_id\":\"web\"," INSIDE
                        ",\"state\":\"inside\",\"prompt\":\"none\"}");
    SAME(reply_param(&step, "error"), "login_required");
    SAME(reply_param(&step, "state"), "inside");
    step = request_with("{\"redirect_uri\":\"https://evil.example/\"}");
    assert_int_equal(step.kind, AUTHZ_STEP_ERROR); /* OA-04 */
    assert_int_equal(step.err, ERR_INVALID_REDIRECT_URI);
    step = request_with("{" INSIDE ",\"max_age\":0,\"claims\":{\"id_token\":{\"name\":null}}}");
    assert_int_equal(step.kind, AUTHZ_STEP_LOGIN);
    keep_cookies(&step);
    step = login(step.state, "ana", PASSWORD);
    assert_int_equal(reply_param(&step, "code").len, 43);
    /* what stands outside alone, state and challenge among it, does not count */
    ABSENT(reply_param(&step, "state"));
    step = request_with("{\"redirect_uri\":\"" CALLBACK "\"}");
    SAME(reply_param(&step, "error"), "invalid_request");
}

static void bad_request_objects_are_refused(void **state)
{
    static const char *const bad[] = {
        "{\"iss\":\"api\"}",
        "{\"aud\":\"https://other.example\"}",
        "{\"exp\":1000}",
        "{\"iat\":1000}",
        "{\"client_id\":\"api\"}",
        "{\"response_type\":\"id_token\"}",
        "{\"request\":\"x\"}",
        "{\"request_uri\":\"https://x\"}",
        "[]",
        "{\"state\":\"a\",\"state\":\"b\"}",
    };
    (void)state;
    register_key();
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct authz_step step = request_with(bad[i]);
        SAME(reply_param(&step, "error"), "invalid_request_object");
        SAME(reply_param(&step, "state"), "xyz");
    }
    struct pk_key *mine = key;
    key = NULL;
    OK(pk_generate(PK_P256, 0, &key));
    struct authz_step step = request_with("{\"state\":\"inside\"}");
    SAME(reply_param(&step, "error"), "invalid_request_object");
    pk_key_free(&key);
    key = mine;
    set_client_attribute("web", CLIENT_ATTR_REQUEST_OBJECT_ALG, "RS256");
    step = request_with("{\"state\":\"inside\"}");
    SAME(reply_param(&step, "error"), "invalid_request_object");
}

static int free_key(void **state)
{
    (void)state;
    pk_key_free(&key);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        REALM_TEST(the_document_says_what_works),     REALM_TEST(keys_are_public_parts_only_JO_16),
        REALM_TEST(published_keys_verify_our_tokens), REALM_TEST(the_realm_tells_its_key),
        REALM_TEST(only_what_is_signed_counts_OX_02), REALM_TEST(bad_request_objects_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, free_key);
}
