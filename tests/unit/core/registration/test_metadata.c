/* Metadata of dynamic registration (RFC 7591 2). */
#include "tests/unit/core/check.h"

#include "core/registration/metadata.h"

static struct err_ctx err;

static struct auth_ctx context(void)
{
    err = (struct err_ctx){0};
    return (struct auth_ctx){.arena = &test_arena, .err = &err};
}

static struct client fresh(void)
{
    struct client client = {.pk = 0};
    struct client_scope *scopes = ARENA_ARRAY(&test_arena, 2, struct client_scope);
    assert_non_null(scopes);
    fields_default(&client_fields, &client);
    scopes[0] = (struct client_scope){.name = STR("profile"), .is_default = true};
    scopes[1] = (struct client_scope){.name = STR("phone"), .is_optional = true};
    client.scopes = (struct client_scopes){scopes, 2};
    client.full_scope_allowed = false;
    return client;
}

static int read(const char *text, struct client *io_client)
{
    const struct auth_ctx ctx = context();
    const struct json_value *json;
    OK(json_parse(&test_arena, str_c(text), 65536, &json));
    return metadata_read(&ctx, json, io_client);
}

#define REDIRECT "\"redirect_uris\":[\"https://a.pe/cb\"]"

static void defaults_are_those_of_the_rfc(void **state)
{
    struct client client = fresh();
    (void)state;
    OK(read("{" REDIRECT "}", &client));
    assert_true(client.standard_flow_enabled);
    assert_false(client.implicit_flow_enabled || client.service_accounts_enabled ||
                 client.direct_access_grants_enabled || client.public_client);
    SAME(client.client_authenticator_type, "client-secret");
    assert_false(str_map_true(&client.attributes, STR(CLIENT_ATTR_REFRESH_ENABLED)));
    assert_int_equal(client.scopes.count, 2);
}

static void a_document_replaces_the_one_before(void **state)
{
    struct client client = fresh();
    (void)state;
    OK(read("{" REDIRECT ",\"client_name\":\"x\",\"logo_uri\":\"https://a.pe/l\",\"jwks_uri\":"
            "\"https://a.pe/k\",\"grant_types\":[\"client_credentials\",\"refresh_token\"],"
            "\"token_endpoint_auth_method\":\"private_key_jwt\",\"scope\":\"openid\","
            "\"post_logout_redirect_uris\":[\"https://a.pe/1\",\"https://a.pe/2\"]}",
            &client));
    SAME(str_map_get(&client.attributes, STR(CLIENT_ATTR_POST_LOGOUT_URIS)),
         "https://a.pe/1##https://a.pe/2");
    assert_true(str_map_true(&client.attributes, STR(CLIENT_ATTR_USE_JWKS_URL)));
    SAME(client.client_authenticator_type, "client-jwt");
    assert_int_equal(client.scopes.count, 1);
    OK(read("{" REDIRECT "}", &client));
    SAME(client.name, "");
    ABSENT(str_map_get(&client.attributes, STR(CLIENT_ATTR_LOGO_URI)));
    ABSENT(str_map_get(&client.attributes, STR(CLIENT_ATTR_POST_LOGOUT_URIS)));
    assert_false(str_map_true(&client.attributes, STR(CLIENT_ATTR_USE_JWKS_URL)));
    assert_false(client.service_accounts_enabled);
}

static void OA_15_what_is_not_open_is_refused(void **state)
{
    static const struct {
        const char *text;
        int err;
        const char *field;
    } table[] = {
        {"{}", ERR_METADATA_REDIRECT_URI, "redirect_uris"},
        {"{\"redirect_uris\":[\"https://a.pe/*\"]}", ERR_METADATA_REDIRECT_URI, "redirect_uris"},
        {"{\"redirect_uris\":[\"/cb\"]}", ERR_METADATA_REDIRECT_URI, "redirect_uris"},
        {"{\"redirect_uris\":\"https://a.pe/cb\"}", ERR_INVALID_METADATA, "redirect_uris"},
        {"{" REDIRECT ",\"grant_types\":[\"password\"]}", ERR_INVALID_METADATA, "grant_types"},
        {"{" REDIRECT ",\"grant_types\":[7]}", ERR_INVALID_METADATA, "grant_types"},
        {"{" REDIRECT ",\"response_types\":[\"id_token\"]}", ERR_INVALID_METADATA,
         "response_types"},
        {"{" REDIRECT ",\"response_types\":[\"all\"]}", ERR_INVALID_METADATA, "response_types"},
        {"{" REDIRECT ",\"scope\":\"openid admin\"}", ERR_INVALID_METADATA, "scope"},
        {"{" REDIRECT ",\"token_endpoint_auth_method\":\"tls_client_auth\"}", ERR_INVALID_METADATA,
         "token_endpoint_auth_method"},
        {"{" REDIRECT ",\"jwks\":{},\"jwks_uri\":\"https://a.pe/k\"}", ERR_INVALID_METADATA,
         "jwks"},
        {"{" REDIRECT ",\"subject_type\":\"pairwise\"}", ERR_INVALID_METADATA, "subject_type"},
        {"{" REDIRECT ",\"post_logout_redirect_uris\":[\"+\"]}", ERR_INVALID_METADATA,
         "post_logout_redirect_uris"},
        {"{" REDIRECT ",\"post_logout_redirect_uris\":[\"https://a.pe/##https://b.pe/\"]}",
         ERR_INVALID_METADATA, "post_logout_redirect_uris"},
        {"{" REDIRECT ",\"client_name\":7}", ERR_INVALID_METADATA, "client_name"},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(table); i++) {
        struct client client = fresh();
        FAILS(read(table[i].text, &client), table[i].err);
        assert_string_equal(err.field, table[i].field);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(defaults_are_those_of_the_rfc),
        TEST(a_document_replaces_the_one_before),
        TEST(OA_15_what_is_not_open_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
