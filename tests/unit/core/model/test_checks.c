/* What may be stored of realms, clients and people. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "core/model/check.h"
#include "core/model/client.h"
#include "core/model/user.h"

static struct arena arena;

static int setup(void **state)
{
    (void)state;
    arena_init(&arena, ARENA_REQUEST_MAX_BYTES);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    arena_free(&arena);
    return 0;
}

static struct realm realm_of(void)
{
    struct realm realm = {.id = STR("1"), .name = STR("peru")};
    fields_default(&realm_fields, &realm);
    return realm;
}

static struct client client_of(void)
{
    struct client client = {.id = STR("1"), .client_id = STR("portal")};
    fields_default(&client_fields, &client);
    return client;
}

static struct user user_of(void)
{
    struct user user = {.id = STR("1")};
    fields_default(&user_fields, &user);
    user.username = STR("maria");
    return user;
}

/* OA-03: the schemes that may be stored, and none besides. */
static const char *const bad_uris[] = {
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    " javascript:alert(1)",
    "\tjavascript:alert(1)",
    "java\nscript:alert(1)",
    "javascript://a.example/%0aalert(1)",
    "data:text/html,x",
    "DATA:text/html;base64,eA==",
    "file:///etc/passwd",
    "FILE:///etc/passwd",
    "blob:https://a.example/1",
    "vbscript:x",
    "about:blank",
    "ftp://a.example/",
    "http://a.example/",
    "http://localhost.a.example/",
    "http://127.0.0.1.a.example/",
    "http://user@127.0.0.1/",
    "https://user:pw@a.example/",
    "https://a.example/a/../b",
    "https://a.example/%2e%2e/b",
    "https://a.example\\@b.example/",
    "https:///a",
    "https://",
    "//a.example/",
    "/\\a.example/",
    "/a/../../b",
    "*",
    "https://*/",
    "https://*.example/",
    "${env.SECRET}",
    "\x01https://a.example/",
};

static void test_uris_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(bad_uris); i++) {
        struct str uri = str_c(bad_uris[i]);
        for (int use = URI_FOR_REDIRECT; use <= URI_FOR_FETCH; use++) {
            struct err_ctx ctx = {0};
            int rc = uri_check(uri, (enum uri_for)use, "uri", &ctx);
            if (rc != ERR_INVALID_REQUEST)
                fail_msg("accepted for %d: %s", use, bad_uris[i]);
            assert_string_equal(ctx.field, "uri");
        }
    }
}

static void test_uris_accepted(void **state)
{
    static const char *const redirect[] = {
        "https://a.example/cb",     "https://a.example:8443/cb?x=y", "HTTPS://a.example/",
        "http://127.0.0.1/cb",      "http://[::1]:9999/cb",          "http://localhost:3000/cb",
        "pe.example.app:/callback", "com.example.app://cb",          "/realms/peru/account/*",
        "https://a.example/app/*",
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(redirect); i++)
        if (uri_check(str_c(redirect[i]), URI_FOR_REDIRECT, "uri", NULL) != 0)
            fail_msg("refused: %s", redirect[i]);
    assert_int_equal(uri_check(STR("https://a.example/#f"), URI_FOR_REDIRECT, "u", NULL),
                     ERR_INVALID_REQUEST);
    assert_int_equal(uri_check(STR("https://a.example/#f"), URI_FOR_PAGE, "u", NULL), 0);
    assert_int_equal(uri_check(STR("com.example.app:/x"), URI_FOR_PAGE, "u", NULL),
                     ERR_INVALID_REQUEST);
    assert_int_equal(uri_check(STR("${authBaseUrl}"), URI_FOR_PAGE, "u", NULL), 0);
    assert_int_equal(uri_check(STR("${authBaseUrl}"), URI_FOR_REDIRECT, "u", NULL),
                     ERR_INVALID_REQUEST);
    assert_int_equal(uri_check(STR("/x"), URI_FOR_FETCH, "u", NULL), ERR_INVALID_REQUEST);
    assert_int_equal(uri_check(STR(""), URI_FOR_PAGE, "u", NULL), 0);
}

static void test_client_uris_everywhere(void **state)
{
    struct err_ctx ctx = {0};
    (void)state;
    static const char *const attributes[] = {CLIENT_ATTR_LOGO_URI, CLIENT_ATTR_POLICY_URI,
                                             CLIENT_ATTR_TOS_URI, CLIENT_ATTR_JWKS_URL,
                                             CLIENT_ATTR_POST_LOGOUT_URIS};
    for (size_t i = 0; i < ARRAY_LEN(attributes); i++) {
        struct client c = client_of();
        assert_int_equal(
            str_map_set(&c.attributes, &arena, str_c(attributes[i]), STR("JavaScript:alert(1)")),
            0);
        assert_int_equal(client_check(&c, &ctx), ERR_INVALID_REQUEST);
        assert_string_equal(ctx.field, attributes[i]);
    }
    struct client c = client_of();
    c.root_url = STR("data:x");
    assert_int_equal(client_check(&c, &ctx), ERR_INVALID_REQUEST);
    c = client_of();
    c.base_url = STR("javascript:x");
    assert_int_equal(client_check(&c, &ctx), ERR_INVALID_REQUEST);
    c = client_of();
    c.admin_url = STR("file:///x");
    assert_int_equal(client_check(&c, &ctx), ERR_INVALID_REQUEST);
    c = client_of();
    assert_int_equal(strs_add(&c.redirect_uris, &arena, STR("https://ok.example/")), 0);
    assert_int_equal(client_check(&c, &ctx), 0);
    assert_int_equal(strs_add(&c.redirect_uris, &arena, STR("javascript:x")), 0);
    assert_int_equal(client_check(&c, &ctx), ERR_INVALID_REQUEST);
    c = client_of();
    assert_int_equal(str_map_set(&c.attributes, &arena, STR(CLIENT_ATTR_POST_LOGOUT_URIS),
                                 STR("+##https://a.example/bye")),
                     0);
    assert_int_equal(client_check(&c, &ctx), 0);
}

static void test_web_origins(void **state)
{
    static const char *const good[] = {"+", "*", "https://a.example", "http://localhost:3000"};
    static const char *const bad[] = {
        "https://a.example/", "https://a.example/x", "http://a.example", "null", "a.example", ""};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(good); i++)
        assert_int_equal(web_origin_check(str_c(good[i]), NULL), 0);
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        assert_int_equal(web_origin_check(str_c(bad[i]), NULL), ERR_INVALID_REQUEST);
}

static void test_client_switches(void **state)
{
    struct client c = client_of();
    struct err_ctx ctx = {0};
    (void)state;
    assert_true(client_is_confidential(&c));
    assert_int_equal(client_check(&c, &ctx), 0);
    c.public_client = true;
    assert_false(client_is_confidential(&c));
    assert_int_equal(client_check(&c, &ctx), 0);
    c.service_accounts_enabled = true;
    assert_int_equal(client_check(&c, &ctx), ERR_INVALID_REQUEST);
    assert_string_equal(ctx.field, "serviceAccountsEnabled");
    c = client_of();
    c.public_client = c.bearer_only = true;
    assert_int_equal(client_check(&c, &ctx), ERR_INVALID_REQUEST);
    c = client_of();
    c.client_id = STR("");
    assert_int_equal(client_check(&c, &ctx), ERR_INVALID_REQUEST);
    c.client_id = STR("a\nb");
    assert_int_equal(client_check(&c, &ctx), ERR_INVALID_REQUEST);
    assert_string_equal(ctx.field, "clientId");
}

static int check_with_attribute(const char *name, const char *value)
{
    struct client c = client_of();
    assert_int_equal(str_map_set(&c.attributes, &arena, str_c(name), str_c(value)), 0);
    return client_check(&c, NULL);
}

static void test_client_attributes(void **state)
{
    (void)state;
    /* reckoned with in milliseconds */
    static const char *const spans[] = {CLIENT_ATTR_SESSION_IDLE, CLIENT_ATTR_SESSION_MAX,
                                        CLIENT_ATTR_OFFLINE_SESSION_IDLE,
                                        CLIENT_ATTR_OFFLINE_SESSION_MAX};
    for (size_t i = 0; i < ARRAY_LEN(spans); i++) {
        assert_int_equal(check_with_attribute(spans[i], "1800"), 0);
        assert_int_equal(check_with_attribute(spans[i], "-1"), 0);
        assert_int_equal(check_with_attribute(spans[i], "-2"), ERR_INVALID_REQUEST);
        assert_int_equal(check_with_attribute(spans[i], "1h"), ERR_INVALID_REQUEST);
        assert_int_equal(check_with_attribute(spans[i], "9223372036854775807"),
                         ERR_INVALID_REQUEST);
    }
    assert_int_equal(check_with_attribute(CLIENT_ATTR_PKCE, "S256"), 0);
    assert_int_equal(check_with_attribute(CLIENT_ATTR_PKCE, "plain"), ERR_INVALID_REQUEST);
    assert_int_equal(check_with_attribute(CLIENT_ATTR_ACCESS_TOKEN_LIFESPAN, "60"), 0);
    assert_int_equal(check_with_attribute(CLIENT_ATTR_ACCESS_TOKEN_LIFESPAN, "0"),
                     ERR_INVALID_REQUEST);
    assert_int_equal(check_with_attribute(CLIENT_ATTR_ACCESS_TOKEN_LIFESPAN, "x"),
                     ERR_INVALID_REQUEST);
    assert_int_equal(check_with_attribute(CLIENT_ATTR_ACCESS_TOKEN_ALG, "ES256"), 0);
    assert_int_equal(check_with_attribute(CLIENT_ATTR_ACCESS_TOKEN_ALG, "HS256"),
                     ERR_INVALID_REQUEST);
    assert_int_equal(check_with_attribute(CLIENT_ATTR_ID_TOKEN_ALG, "none"), ERR_INVALID_REQUEST);
    assert_int_equal(check_with_attribute(CLIENT_ATTR_REQUEST_OBJECT_ALG, "none"),
                     ERR_INVALID_REQUEST);
    assert_int_equal(check_with_attribute(CLIENT_ATTR_JWKS_STRING, "{}"), ERR_INVALID_REQUEST);
    assert_int_equal(check_with_attribute(CLIENT_ATTR_JWKS_STRING,
                                          "{\"keys\":[{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":"
                                          "\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"}]}"),
                     0);
}

static void test_realm_names(void **state)
{
    static const char *const good[] = {"master", "peru", "A.b_c-9", "x"};
    static const char *const bad[] = {"",    ".",     "..",       ".hidden", "a/b",
                                      "a b", "a%2fb", "\xc3\xb1", "a\n",     "../x"};
    char longest[66];
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(good); i++)
        assert_int_equal(realm_name_check(str_c(good[i]), NULL), 0);
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        assert_int_equal(realm_name_check(str_c(bad[i]), NULL), ERR_INVALID_REQUEST);
    memset(longest, 'a', sizeof(longest));
    assert_int_equal(realm_name_check(str_of(longest, 64), NULL), 0);
    assert_int_equal(realm_name_check(str_of(longest, 65), NULL), ERR_INVALID_REQUEST);
}

static void test_realm_settings(void **state)
{
    struct realm r = realm_of();
    struct err_ctx ctx = {0};
    (void)state;
    assert_int_equal(realm_check(&r, &ctx), 0);
#define REFUSED(member, value, name)                                                               \
    do {                                                                                           \
        r = realm_of();                                                                            \
        r.member = (value);                                                                        \
        assert_int_equal(realm_check(&r, &ctx), ERR_INVALID_REQUEST);                              \
        assert_string_equal(ctx.field, name);                                                      \
    } while (0)
    REFUSED(access_token_lifespan_s, 0, "accessTokenLifespan");
    REFUSED(access_token_lifespan_s, -1, "accessTokenLifespan");
    REFUSED(access_code_lifespan_s, 61, "accessCodeLifespan"); /* OT-02 */
    REFUSED(sso_session_max_s, INT64_MAX, "ssoSessionMaxLifespan");
    REFUSED(failure_factor, 0, "failureFactor");
    REFUSED(ssl_required, STR("no"), "sslRequired");
    REFUSED(default_signature_algorithm, STR("none"), "defaultSignatureAlgorithm");
    REFUSED(default_signature_algorithm, STR("HS256"), "defaultSignatureAlgorithm");
    REFUSED(default_locale, STR("../x"), "defaultLocale");
    REFUSED(display_name, STR("a\x01"), "displayName");
    REFUSED(email_theme, STR("a\x01"), "emailTheme");
    REFUSED(otp_policy_type, STR("sms"), "otpPolicyType");
    REFUSED(otp_policy_algorithm, STR("HmacMD5"), "otpPolicyAlgorithm");
    REFUSED(otp_policy_digits, 5, "otpPolicyDigits"); /* RFC 4226 5.3 */
    REFUSED(otp_policy_period_s, 0, "otpPolicyPeriod");
    REFUSED(webauthn_attestation, STR("all"), "webAuthnPolicyAttestationConveyancePreference");
    REFUSED(webauthn_passwordless_user_verification, STR("yes"),
            "webAuthnPolicyPasswordlessUserVerificationRequirement");
    REFUSED(webauthn_passwordless_rp_id, STR("a\n"), "webAuthnPolicyPasswordlessRpId");
    REFUSED(webauthn_rp_entity_name, STR("a\x01"), "webAuthnPolicyRpEntityName");
    REFUSED(webauthn_create_timeout_s, 31537, "webAuthnPolicyCreateTimeout");
    REFUSED(webauthn_passwordless_create_timeout_s, -1, "webAuthnPolicyPasswordlessCreateTimeout");
    r = realm_of();
    assert_int_equal(strs_add(&r.supported_locales, &arena, STR("es")), 0);
    r.default_locale = STR("es");
    assert_int_equal(realm_check(&r, &ctx), 0);
    r.default_locale = STR("en");
    assert_int_equal(realm_check(&r, &ctx), ERR_INVALID_REQUEST);
}

/* Each kind of entry, good and bad, of both policies. */
static void test_realm_webauthn(void **state)
{
    static const struct {
        size_t offset;
        const char *field, *value;
        int rc;
    } rows[] = {
#define LIST(list, json, value, rc)                                                                \
    {offsetof(struct realm, webauthn_##list), "webAuthnPolicy" json, value, rc},                   \
        {offsetof(struct realm, webauthn_passwordless_##list), "webAuthnPolicyPasswordless" json,  \
         value, rc}
        LIST(signature_algorithms, "SignatureAlgorithms", "ES256", 0),
        LIST(signature_algorithms, "SignatureAlgorithms", "Ed25519", 0),
        LIST(signature_algorithms, "SignatureAlgorithms", "RS1", ERR_INVALID_REQUEST),
        LIST(signature_algorithms, "SignatureAlgorithms", "", ERR_INVALID_REQUEST),
        LIST(acceptable_aaguids, "AcceptableAaguids", "ee882879-721c-4913-9775-3DFCCE97072A", 0),
        LIST(acceptable_aaguids, "AcceptableAaguids", "ee882879721c491397753dfcce97072a",
             ERR_INVALID_REQUEST),
        LIST(acceptable_aaguids, "AcceptableAaguids", "ee882879-721c-4913-9775-3dfcce97072g",
             ERR_INVALID_REQUEST),
        LIST(extra_origins, "ExtraOrigins", "https://app.example.pe:8443", 0),
        LIST(extra_origins, "ExtraOrigins",
             "android:apk-key-hash:47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU", 0),
        LIST(extra_origins, "ExtraOrigins", "android:apk-key-hash:47DEQpj8", ERR_INVALID_REQUEST),
        LIST(extra_origins, "ExtraOrigins", "http://app.example.pe", ERR_INVALID_REQUEST),
        LIST(extra_origins, "ExtraOrigins", "https://app.example.pe/", ERR_INVALID_REQUEST),
        LIST(extra_origins, "ExtraOrigins", "*", ERR_INVALID_REQUEST),
        LIST(extra_origins, "ExtraOrigins", "javascript:alert(1)", ERR_INVALID_REQUEST),
#undef LIST
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct realm r = realm_of();
        struct err_ctx ctx = {0};
        struct strs *list = (struct strs *)(void *)((char *)&r + rows[i].offset);
        assert_int_equal(strs_add(list, &arena, str_c(rows[i].value)), 0);
        assert_int_equal(realm_check(&r, &ctx), rows[i].rc);
        assert_string_equal(ctx.field, rows[i].rc ? rows[i].field : "");
        for (int more = 0; more < 64; more++)
            assert_int_equal(strs_add(list, &arena, str_c(rows[i].value)), 0);
        assert_int_equal(realm_check(&r, &ctx), ERR_INVALID_REQUEST);
        assert_string_equal(ctx.field, rows[i].field);
    }
}

/* WebAuthn 5.1.3: the id of a relying party is a domain. */
static void test_realm_webauthn_rp_id(void **state)
{
    static const char *const good[] = {"", "example.pe", "id.Example-1.pe", "localhost", "a.b"};
    static const char *const bad[] = {"https://example.pe", "example.pe:443", "example.pe/",
                                      "*.example.pe",       "example..pe",    ".example.pe",
                                      "example.pe.",        "-a.pe",          "a-.pe",
                                      "127.0.0.1",          "[::1]",          "exam ple.pe",
                                      "ex\xc3\xa1mple.pe"};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(good) + ARRAY_LEN(bad); i++) {
        bool is_good = i < ARRAY_LEN(good);
        struct realm r = realm_of();
        struct err_ctx ctx = {0};
        r.webauthn_rp_id = str_c(is_good ? good[i] : bad[i - ARRAY_LEN(good)]);
        assert_int_equal(realm_check(&r, &ctx), is_good ? 0 : ERR_INVALID_REQUEST);
        assert_string_equal(ctx.field, is_good ? "" : "webAuthnPolicyRpId");
    }
}

/* OT-05: a mark of the future counts for nothing, once clocks cannot differ by as much. */
static void test_ot_05_realm_restored(void **state)
{
    static const struct {
        const char *mark;
        int64_t now_s, restored_s;
    } rows[] = {{"1000", 1000, 1000}, {"1000", 5000000, 1000}, {"1000", 941, 1000},
                {"1000", 940, 1000},  {"1000", 939, -1},       {"", 1000, -1},
                {"soon", 1000, -1},   {"10 00", 1000, -1}};
    struct realm r = realm_of();
    (void)state;
    assert_int_equal(realm_restored_s(&r, 1000), -1);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        assert_int_equal(
            str_map_set(&r.attributes, &arena, STR(REALM_ATTR_RESTORED), str_c(rows[i].mark)), 0);
        assert_int_equal(realm_restored_s(&r, rows[i].now_s), rows[i].restored_s);
    }
}

static void test_realm_branding(void **state)
{
    struct realm r = realm_of();
    (void)state;
    assert_int_equal(
        str_map_set(&r.attributes, &arena, STR(REALM_ATTR_PRIMARY_COLOR), STR("#00Aa77")), 0);
    assert_int_equal(realm_check(&r, NULL), 0);
    assert_int_equal(str_map_set(&r.attributes, &arena, STR(REALM_ATTR_PRIMARY_COLOR),
                                 STR("#fff;}body{background:red")),
                     0);
    assert_int_equal(realm_check(&r, NULL), ERR_INVALID_REQUEST);
    r = realm_of();
    assert_int_equal(
        str_map_set(&r.attributes, &arena, STR(REALM_ATTR_LOGO_URI), STR("javascript:x")), 0);
    assert_int_equal(realm_check(&r, NULL), ERR_INVALID_REQUEST);
    r = realm_of();
    assert_int_equal(str_map_set(&r.browser_security_headers, &arena, STR("xFrameOptions"),
                                 STR("DENY\r\nSet-Cookie: a=b")),
                     0);
    assert_int_equal(realm_check(&r, NULL), ERR_INVALID_REQUEST); /* HT-04 */
}

/* BR-09 */
static void test_username_has_one_form(void **state)
{
    static const char *const same[] = {"maria",   "MARIA",      " Maria ",
                                       "\tmaria", "ＭＡＲＩＡ", "\u3000maria\u00a0"};
    static const char *const bad[] = {"",
                                      "   ",
                                      "a\nb",
                                      "a\x7f",
                                      "ma\xe2\x80\xaeria",
                                      "ma\xe2\x80\x8bria",
                                      "\xff",
                                      "a\xc2\x85",
                                      "\xef\xbb\xbfmaria",
                                      "a\xc2\xadz"};
    struct str name;
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(same); i++) {
        assert_int_equal(username_canonical(&arena, str_c(same[i]), &name, NULL), 0);
        assert_true(str_eq(name, STR("maria")));
    }
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        assert_int_equal(username_canonical(&arena, str_c(bad[i]), &name, NULL),
                         ERR_INVALID_REQUEST);
    assert_int_equal(username_canonical(&arena, str_of("a\0b", 3), &name, NULL),
                     ERR_INVALID_REQUEST);
    char longest[256];
    memset(longest, 'a', sizeof(longest));
    assert_int_equal(username_canonical(&arena, str_of(longest, 255), &name, NULL), 0);
    assert_int_equal(username_canonical(&arena, str_of(longest, 256), &name, NULL),
                     ERR_INVALID_REQUEST);
    static const char *const joses[] = {"José", "JOSÉ", "Jose\u0301", "ＪＯＳÉ"};
    for (size_t i = 0; i < ARRAY_LEN(joses); i++) {
        assert_int_equal(username_canonical(&arena, str_c(joses[i]), &name, NULL), 0);
        assert_true(str_eq(name, STR("josé")));
    }
    /* one character that becomes eighteen */
    struct str long_ligatures = arena_printf(&arena, "%s", "");
    for (int i = 0; i < 20; i++)
        long_ligatures = ARENA_CONCAT(&arena, long_ligatures, STR("\ufdfa"));
    assert_int_equal(username_canonical(&arena, long_ligatures, &name, NULL), ERR_INVALID_REQUEST);
    assert_int_equal(username_spelled(&arena, STR(" JosÉ "), &name, NULL), 0);
    assert_true(str_eq(name, STR("josÉ")));
}

static void test_emails(void **state)
{
    static const char *const good[] = {"", "a@b.pe", "maria.diaz+x@correo.example", "a@localhost",
                                       "jos\xc3\xa9@ejemplo.pe"};
    static const char *const bad[] = {"a",        "@b.pe",    "a@",         "a@b..pe", "a@b.pe.",
                                      "a b@c.pe", "a@b@c.pe", "<a@b.pe>",   "a@-b.pe", "a..b@c.pe",
                                      ".a@b.pe",  "a\n@b.pe", "\"a\"@b.pe", "a,b@c.pe"};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(good); i++) {
        struct user u = user_of();
        u.email = str_c(good[i]);
        if (user_check(&u, NULL) != 0)
            fail_msg("refused: %s", good[i]);
    }
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct user u = user_of();
        u.email = str_c(bad[i]);
        if (user_check(&u, NULL) != ERR_INVALID_REQUEST)
            fail_msg("accepted: %s", bad[i]);
    }
}

static void test_user_attributes(void **state)
{
    struct user u = user_of();
    struct str value = STR("x");
    char name[16];
    (void)state;
    for (int i = 0; i < ATTRS_MAX_COUNT; i++) {
        (void)snprintf(name, sizeof(name), "a%d", i);
        assert_int_equal(attrs_set(&u.attributes, &arena, str_c(name), (struct strs){&value, 1}),
                         0);
    }
    assert_int_equal(user_check(&u, NULL), 0);
    assert_int_equal(attrs_set(&u.attributes, &arena, STR("more"), (struct strs){&value, 1}), 0);
    assert_int_equal(user_check(&u, NULL), ERR_INVALID_REQUEST); /* HT-03 */
    u = user_of();
    assert_int_equal(attrs_set(&u.attributes, &arena, STR("Password"), (struct strs){&value, 1}),
                     0);
    assert_int_equal(user_check(&u, NULL), ERR_INVALID_REQUEST); /* PW-07 */
    u = user_of();
    u.username = STR("");
    assert_int_equal(user_check(&u, NULL), ERR_INVALID_REQUEST);
}

static void test_scope_in_token(void **state)
{
    struct client_scope scope = {0};
    (void)state;
    assert_true(client_scope_in_token(&scope));
    assert_int_equal(
        str_map_set(&scope.attributes, &arena, STR("include.in.token.scope"), STR("false")), 0);
    assert_false(client_scope_in_token(&scope));
}

static void test_ad_11_segments_of_paths(void **state)
{
    static const char *const good[] = {"", "...", "a.b", "..a", "Perú", "0b1c-2_x", "a:b"};
    static const char *const bad[] = {".", "..", "a/b", "a\\b", "%2e", "a?b", "a#b", "a;b", "a\nb"};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(good); i++)
        assert_int_equal(path_segment_check(str_c(good[i]), 36, "id", NULL), 0);
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        assert_int_equal(path_segment_check(str_c(bad[i]), 36, "id", NULL), ERR_INVALID_REQUEST);
    assert_int_equal(path_segment_check(STR("abc"), 2, "id", NULL), ERR_INVALID_REQUEST);
}

/* Default_Ignorable_Code_Point of Unicode 15.1, and what is drawn as nothing besides. */
static void test_in_04_what_nobody_sees(void **state)
{
    static const char *const bad[] = {
        "a\u00ad",     "a\u034f",       "a\u061c",     "\u115f",      "\u1160",      "a\u17b4",
        "a\u17b5",     "a\u180b",       "a\u180e",     "a\u200b",     "a\u200f",     "a\u2028",
        "a\u202e",     "a\u2060",       "a\u2065",     "a\u206f",     "a\u2800",     "a\u3164",
        "a\ufe00",     "a\ufe0f",       "\ufe0f",      "1\ufe0f",     "a\ufeff",     "a\uffa0",
        "a\ufff0",     "a\U0001bca0",   "a\U0001d173", "a\U000e0001", "a\U000e0080", "a\U000e0100",
        "a\U000e0fff", "☎\ufe0f\ufe0f", "a\x07",       "a\x7f"};
    static const char *const fine[] = {"Ana",           "José",    "山田", "한국",  "☎\ufe0f",
                                       "1\ufe0f\u20e3", "ᠠ\u180b", "a b",  "\u3000"};
    struct str text;
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        if (!text_is_deceptive(str_c(bad[i])))
            fail_msg("taken for sound: %zu", i);
        assert_int_equal(text_without_deceptive(&arena, str_c(bad[i]), &text), 0);
        assert_true(text.len < strlen(bad[i]) && !text_is_deceptive(text));
    }
    for (size_t i = 0; i < ARRAY_LEN(fine); i++) {
        if (text_is_deceptive(str_c(fine[i])))
            fail_msg("refused: %s", fine[i]);
        assert_int_equal(text_without_deceptive(&arena, str_c(fine[i]), &text), 0);
        assert_true(str_eq_c(text, fine[i]));
    }
    assert_true(text_is_blank(STR(" \u3000\t")) && !text_is_blank(STR(" .")));
    assert_false(email_is_sound(STR("ana\u2003@example.pe")));
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_uris_refused),
        TEST(test_uris_accepted),
        TEST(test_client_uris_everywhere),
        TEST(test_web_origins),
        TEST(test_client_switches),
        TEST(test_client_attributes),
        TEST(test_realm_names),
        TEST(test_realm_settings),
        TEST(test_realm_webauthn),
        TEST(test_realm_webauthn_rp_id),
        TEST(test_ot_05_realm_restored),
        TEST(test_realm_branding),
        TEST(test_username_has_one_form),
        TEST(test_emails),
        TEST(test_user_attributes),
        TEST(test_scope_in_token),
        TEST(test_ad_11_segments_of_paths),
        TEST(test_in_04_what_nobody_sees),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
