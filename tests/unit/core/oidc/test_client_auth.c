/* Client authentication: one method, the registered one; assertions of all kinds (OC-01, OC-02,
 * JO-01, JO-02, JO-04). */
#include "tests/unit/core/oidc/oidc_support.h"

#include "core/jose/jwk.h"
#include "core/jose/jwt.h"
#include "core/oidc/client_auth.h"

#define TYPE "client_assertion_type=urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

static int auth(struct str header, const char *form_text, struct client_auth *ret_auth)
{
    struct form form = form_of(form_text);
    struct client_auth ignored;
    t.err = (struct err_ctx){0};
    return client_auth_check(&t.ctx, header, &form, ret_auth ? ret_auth : &ignored);
}

static const struct str none = {NULL, 0};

static void secrets_by_header_or_form(void **state)
{
    struct client_auth found;
    (void)state;
    OK(auth(basic_of("api", SECRET), "", &found));
    assert_int_equal(found.method, CLIENT_AUTH_SECRET_BASIC);
    OK(auth(basic_of("api", SECRET), "client_id=api", NULL));
    OK(auth(none, "client_id=api&client_secret=" SECRET, &found));
    assert_int_equal(found.method, CLIENT_AUTH_SECRET_POST);
    OK(auth(none, "client_id=web", &found));
    assert_int_equal(found.method, CLIENT_AUTH_NONE);
    OK(auth(basic_of("web", ""), "", &found));
    OK(auth(none, "client_id=web&client_secret=", &found));
}

static void everything_else_is_one_refusal_OC_01(void **state)
{
    (void)state;
    struct str bad[] = {basic_of("api", "wrong"),
                        basic_of("api", ""),
                        basic_of("nobody", SECRET),
                        basic_of("web", SECRET),
                        basic_of("", ""),
                        basic_of("realm-management", SECRET),
                        STR("Basic"),
                        STR("Basic !!!"),
                        STR("Bearer x"),
                        STR("Negotiate x")};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        FAILS(auth(bad[i], "", NULL), ERR_INVALID_CLIENT);
        assert_string_equal(t.err.detail, "Invalid client or Invalid client credentials");
    }
    FAILS(auth(none, "", NULL), ERR_INVALID_CLIENT);
    FAILS(auth(none, "client_id=api", NULL), ERR_INVALID_CLIENT);
    FAILS(auth(none, "client_id=nobody", NULL), ERR_INVALID_CLIENT);
    FAILS(auth(none, "client_id=web&client_secret=x", NULL), ERR_INVALID_CLIENT);
    FAILS(auth(none, "client_secret=" SECRET, NULL), ERR_INVALID_CLIENT);
    FAILS(auth(basic_of("api", SECRET), "client_id=web", NULL), ERR_INVALID_CLIENT);
}

static void two_methods_at_once_are_refused_OC_01(void **state)
{
    (void)state;
    FAILS(auth(basic_of("api", SECRET), "client_id=api&client_secret=" SECRET, NULL),
          ERR_INVALID_REQUEST);
    FAILS(auth(basic_of("api", SECRET), TYPE "&client_assertion=x.y.z", NULL), ERR_INVALID_REQUEST);
    FAILS(auth(none, "client_id=api&client_secret=" SECRET "&client_assertion=x.y.z&" TYPE, NULL),
          ERR_INVALID_REQUEST);
    FAILS(auth(none, "client_id=web&client_id=api", NULL), ERR_INVALID_REQUEST);
}

static void failures_are_events(void **state)
{
    (void)state;
    FAILS(auth(basic_of("api", "wrong"), "", NULL), ERR_INVALID_CLIENT);
    FAILS(auth(basic_of("nobody", "wrong"), "", NULL), ERR_INVALID_CLIENT);
    assert_int_equal(events_of("ClientLoginFailed"), 1);
}

/* --- assertions --- */

static struct pk_key *key;
static struct jws_key signing;

static void use_key(const char *kid)
{
    struct buf b;
    struct json_writer w;
    struct str set;
    if (!key)
        OK(pk_generate(PK_P256, 0, &key));
    signing = (struct jws_key){.alg = JOSE_ES256, .pk = key, .kid = str_c(kid)};
    buf_init(&b, &test_arena, 8192);
    jw_init(&w, &b);
    jw_begin_object(&w);
    jw_member_array(&w, "keys");
    jwk_write(&w, &test_arena, key, str_c(kid), JOSE_ES256, none);
    jw_end_array(&w);
    jw_end_object(&w);
    OK(jw_finish(&w, &set));
    struct client api = client_now("api");
    api.client_authenticator_type = STR("client-jwt");
    OK(str_map_set(&api.attributes, &test_arena, STR(CLIENT_ATTR_USE_JWKS_STRING), STR("true")));
    OK(str_map_set(&api.attributes, &test_arena, STR(CLIENT_ATTR_JWKS_STRING), set));
    set_client(&api);
}

struct claims_in {
    const char *iss, *sub, *aud; /* aud is JSON */
    const char *jti;
    int64_t exp_in_s;
    bool no_exp;
};

static struct claims_in good_claims(const char *jti)
{
    return (struct claims_in){"api", "api", "\"" ISSUER "\"", jti, 60, false};
}

static struct str signed_with(const struct jws_key *with, struct claims_in c)
{
    struct buf b;
    struct str payload, token;
    int64_t now = t.now.wall_ms / 1000;
    buf_init(&b, &test_arena, 4096);
    buf_printf(&b, "{\"iss\":\"%s\",\"sub\":\"%s\",\"aud\":%s,\"iat\":%lld", c.iss, c.sub, c.aud,
               (long long)now);
    if (c.jti)
        buf_printf(&b, ",\"jti\":\"%s\"", c.jti);
    if (!c.no_exp)
        buf_printf(&b, ",\"exp\":%lld", (long long)(now + c.exp_in_s));
    buf_add_c(&b, "}");
    OK(buf_finish(&b, &payload));
    OK(jws_sign(&test_arena, with, none, payload, &token));
    return token;
}

static int assert_with(struct str token, struct client_auth *ret_auth)
{
    return auth(none, arena_printf(&test_arena, TYPE "&client_assertion=%.*s", STR_ARG(token)).ptr,
                ret_auth);
}

static int assert_claims(struct claims_in c)
{
    return assert_with(signed_with(&signing, c), NULL);
}

static void a_key_pair_authenticates_once_OC_02(void **state)
{
    struct client_auth found;
    struct str token;
    (void)state;
    use_key("k1");
    token = signed_with(&signing, good_claims("one"));
    OK(assert_with(token, &found));
    assert_int_equal(found.method, CLIENT_AUTH_PRIVATE_KEY_JWT);
    FAILS(assert_with(token, NULL), ERR_INVALID_CLIENT); /* jti is spent */
    OK(assert_claims(good_claims("two")));
    FAILS(auth(basic_of("api", SECRET), "", NULL), ERR_INVALID_CLIENT); /* not the method */
}

static void assertions_must_be_right_in_every_part_OC_02(void **state)
{
    struct claims_in c;
    (void)state;
    use_key("k1");
#define REFUSED(change)                                                                            \
    do {                                                                                           \
        c = good_claims("x");                                                                      \
        change;                                                                                    \
        FAILS(assert_claims(c), ERR_INVALID_CLIENT);                                               \
    } while (0)
    REFUSED(c.iss = "web");
    REFUSED(c.sub = "web");
    REFUSED(c.sub = "nobody");
    REFUSED(c.aud = "\"https://other.example\"");
    REFUSED(c.aud = "\"" ISSUER "/protocol/openid-connect/token\"");
    REFUSED(c.aud = "[\"" ISSUER "\",\"https://other.example\"]");
    REFUSED(c.aud = "null");
    REFUSED(c.jti = NULL);
    REFUSED(c.no_exp = true);
    REFUSED(c.exp_in_s = -60);
    REFUSED(c.exp_in_s = INT64_C(48) * 3600);
    OK(assert_claims(good_claims("x")));
}

static void the_key_fixes_the_algorithm_JO_01_JO_02(void **state)
{
    struct pk_key *other = NULL;
    struct jws_key with;
    struct str spki;
    (void)state;
    use_key("k1");
    OK(pk_generate(PK_P256, 0, &other));
    with = (struct jws_key){.alg = JOSE_ES256, .pk = other, .kid = STR("k1")};
    FAILS(assert_with(signed_with(&with, good_claims("a")), NULL), ERR_INVALID_CLIENT);
    with.kid = STR("k2"); /* JO-04 */
    FAILS(assert_with(signed_with(&with, good_claims("b")), NULL), ERR_INVALID_CLIENT);
    pk_key_free(&other);
    OK(pk_export_spki(key, &test_arena, &spki)); /* public bytes as an HMAC key */
    with = (struct jws_key){.alg = JOSE_HS256, .secret = spki, .kid = STR("k1")};
    FAILS(assert_with(signed_with(&with, good_claims("c")), NULL), ERR_INVALID_CLIENT);
    with.secret = STR(SECRET "-and-more-bytes-to-be-long-enough");
    FAILS(assert_with(signed_with(&with, good_claims("d")), NULL), ERR_INVALID_CLIENT);
    FAILS(assert_with(STR("eyJhbGciOiJub25lIn0.eyJzdWIiOiJhcGkifQ."), NULL), ERR_INVALID_CLIENT);
    set_client_attribute("api", CLIENT_ATTR_ASSERTION_ALG, "RS256");
    FAILS(assert_claims(good_claims("e")), ERR_INVALID_CLIENT);
}

static void a_secret_signs_assertions_too(void **state)
{
    struct client api = client_now("api");
    struct client_auth found;
    struct jws_key with = {.alg = JOSE_HS256, .secret = STR(SECRET)};
    (void)state;
    api.client_authenticator_type = STR("client-secret-jwt");
    set_client(&api);
    OK(assert_with(signed_with(&with, good_claims("a")), &found));
    assert_int_equal(found.method, CLIENT_AUTH_SECRET_JWT);
    with.secret = STR("another-secret-of-the-very-same-length");
    FAILS(assert_with(signed_with(&with, good_claims("b")), NULL), ERR_INVALID_CLIENT);
    FAILS(auth(none, "client_id=api&client_secret=" SECRET, NULL), ERR_INVALID_CLIENT);
}

/* --- behind a URL --- */

static int asked, asked_fresh;
static struct str served_stale, served_fresh;

static int serve(void *context, struct arena *a, struct str realm_id, struct str url, bool fresh,
                 struct auth_jwks *ret_jwks)
{
    (void)context;
    (void)realm_id;
    (void)a;
    SAME(url, "https://client.example/jwks");
    asked++;
    asked_fresh += fresh;
    *ret_jwks = (struct auth_jwks){.text = fresh ? served_fresh : served_stale};
    return 0;
}

static void an_unknown_kid_asks_once_more_JO_04(void **state)
{
    struct client api;
    (void)state;
    use_key("new");
    api = client_now("api");
    served_fresh = str_map_get(&api.attributes, STR(CLIENT_ATTR_JWKS_STRING));
    served_stale = STR("{\"keys\":[]}");
    OK(str_map_set(&api.attributes, &test_arena, STR(CLIENT_ATTR_USE_JWKS_URL), STR("true")));
    OK(str_map_set(&api.attributes, &test_arena, STR(CLIENT_ATTR_JWKS_URL),
                   STR("https://client.example/jwks")));
    set_client(&api);
    t.ctx.jwks_get = serve;
    asked = asked_fresh = 0;
    OK(assert_claims(good_claims("a")));
    assert_int_equal(asked, 2);
    assert_int_equal(asked_fresh, 1);
    served_stale = served_fresh;
    OK(assert_claims(good_claims("b")));
    assert_int_equal(asked, 3);
    signing.kid = STR("../../dev/null");
    FAILS(assert_claims(good_claims("c")), ERR_INVALID_CLIENT);
    assert_int_equal(asked, 5);
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
        REALM_TEST(secrets_by_header_or_form),
        REALM_TEST(everything_else_is_one_refusal_OC_01),
        REALM_TEST(two_methods_at_once_are_refused_OC_01),
        REALM_TEST(failures_are_events),
        REALM_TEST(a_key_pair_authenticates_once_OC_02),
        REALM_TEST(assertions_must_be_right_in_every_part_OC_02),
        REALM_TEST(the_key_fixes_the_algorithm_JO_01_JO_02),
        REALM_TEST(a_secret_signs_assertions_too),
        REALM_TEST(an_unknown_kid_asks_once_more_JO_04),
    };
    return cmocka_run_group_tests(tests, NULL, free_key);
}
