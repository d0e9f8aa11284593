/* Profiles and policies of clients: documents that are read or refused. */
#include "tests/unit/core/check.h"

#include "core/model/client_policy.h"

static const struct json_value *parse(const char *text)
{
    const struct json_value *json;
    OK(json_parse(&test_arena, str_c(text), CLIENT_POLICIES_MAX_BYTES, &json));
    return json;
}

static int read(const char *profiles, const char *policies, struct client_policies *ret,
                struct err_ctx *err)
{
    *err = (struct err_ctx){0};
    return client_policies_read(&test_arena, parse(profiles), parse(policies), ret, err);
}

#define EXECUTOR(id, config)                                                                       \
    "{\"profiles\":[{\"name\":\"p\",\"executors\":[{\"executor\":\"" id                            \
    "\",\"configuration\":" config "}]}]}"
#define CONDITION(id, config)                                                                      \
    "{\"policies\":[{\"name\":\"q\",\"conditions\":[{\"condition\":\"" id                          \
    "\",\"configuration\":" config "}],\"profiles\":[]}]}"

static void settings_are_read(void **state)
{
    struct client_policies all;
    struct err_ctx err;
    (void)state;
    OK(read(EXECUTOR("secret-rotation",
                     "{\"expiration-period\":3600,\"rotated-expiration-period\":\"60\","
                     "\"remaining-rotation-period\":0}"),
            "{}", &all, &err));
    assert_int_equal(all.profiles[0].executors[0].kind, EXECUTOR_SECRET_ROTATION);
    assert_int_equal(all.profiles[0].executors[0].expiration_s, 3600);
    assert_int_equal(all.profiles[0].executors[0].rotated_expiration_s, 60);
    assert_int_equal(all.profiles[0].executors[0].remaining_rotation_s, 0);
    OK(read(EXECUTOR("pkce-enforcer", "{\"auto-configure\":\"true\"}"), "{}", &all, &err));
    assert_true(all.profiles[0].executors[0].auto_configure);
    OK(read(EXECUTOR("consent-required", "null"), "null", &all, &err));
    assert_false(all.profiles[0].executors[0].auto_configure);
    OK(read("{}",
            CONDITION("client-access-type", "{\"type\":[\"public\"],\"is-negative-logic\":true}"),
            &all, &err));
    assert_true(all.items[0].enabled);
    assert_true(all.items[0].conditions[0].negative);
    assert_int_equal(all.items[0].conditions[0].types.count, 1);
    OK(read("{}",
            CONDITION("client-attributes",
                      "{\"attributes\":\"[{\\\"key\\\":\\\"a\\\",\\\"value\\\":\\\"b\\\"}]\"}"),
            &all, &err));
    assert_true(str_eq(str_map_get(&all.items[0].conditions[0].attributes, STR("a")), STR("b")));
}

static void a_policy_is_linked_with_its_profiles(void **state)
{
    struct client_policies all;
    struct err_ctx err;
    (void)state;
    OK(read("{\"profiles\":[{\"name\":\"a\"},{\"name\":\"b\"}]}",
            "{\"policies\":[{\"name\":\"q\",\"enabled\":false,\"profiles\":[\"b\"]}]}", &all,
            &err));
    assert_int_equal(all.items[0].profile_count, 1);
    assert_ptr_equal(all.items[0].profiles[0], &all.profiles[1]);
    assert_false(all.items[0].enabled);
}

/* What does not exist here would be a rule that nobody follows. */
static void what_does_not_exist_is_refused(void **state)
{
    static const struct {
        const char *profiles, *policies;
        int err;
        const char *field;
    } table[] = {
        {EXECUTOR("dpop-bind-enforcer", "{}"), "{}", ERR_NOT_IMPLEMENTED, "executor"},
        {EXECUTOR("", "{}"), "{}", ERR_INVALID_REQUEST, "executor"},
        {"{}", CONDITION("acr-condition", "{}"), ERR_NOT_IMPLEMENTED, "condition"},
        {EXECUTOR("pkce-enforcer", "{\"auto-configur\":true}"), "{}", ERR_INVALID_REQUEST,
         "configuration"},
        {EXECUTOR("pkce-enforcer", "{\"expiration-period\":1}"), "{}", ERR_INVALID_REQUEST,
         "configuration"},
        {EXECUTOR("pkce-enforcer", "{\"auto-configure\":\"yes\"}"), "{}", ERR_INVALID_REQUEST,
         "auto-configure"},
        {EXECUTOR("pkce-enforcer", "[]"), "{}", ERR_INVALID_REQUEST, "configuration"},
        {EXECUTOR("secret-rotation", "{\"expiration-period\":0}"), "{}", ERR_INVALID_REQUEST,
         "expiration-period"},
        {EXECUTOR("secret-rotation", "{\"expiration-period\":60,\"rotated-expiration-period\":61,"
                                     "\"remaining-rotation-period\":1}"),
         "{}", ERR_INVALID_REQUEST, "rotated-expiration-period"},
        {EXECUTOR("secure-client-authenticator", "{}"), "{}", ERR_INVALID_REQUEST,
         "allowed-client-authenticators"},
        {"{\"profiles\":{}}", "{}", ERR_INVALID_REQUEST, "profiles"},
        {"{\"profiles\":[null]}", "{}", ERR_INVALID_REQUEST, "profiles"},
        {"{\"profiles\":[{\"name\":\"a\"},{\"name\":\"a\"}]}", "{}", ERR_INVALID_REQUEST, "name"},
        {"{}", "{\"policies\":[{\"name\":\"q\",\"profiles\":[\"gone\"]}]}", ERR_INVALID_REQUEST,
         "profiles"},
        {"{}", "{\"policies\":[{\"name\":\"q\",\"profiles\":[7]}]}", ERR_INVALID_REQUEST,
         "profiles"},
        {"{}", "{\"policies\":[{\"name\":\"q\",\"enabled\":\"yes\"}]}", ERR_INVALID_REQUEST,
         "enabled"},
        {"{}", "{\"policies\":[{\"name\":\"q\"},{\"name\":\"q\"}]}", ERR_INVALID_REQUEST, "name"},
        {"{}", CONDITION("client-access-type", "{\"type\":[\"secret\"]}"), ERR_INVALID_REQUEST,
         "type"},
        {"{}", CONDITION("client-scopes", "{\"type\":\"Any\",\"scopes\":[]}"), ERR_INVALID_REQUEST,
         "type"},
        {"{}", CONDITION("client-roles", "{\"roles\":\"a\"}"), ERR_INVALID_REQUEST, "roles"},
        {"{}", CONDITION("client-updater-source-host", "{\"trusted-hosts\":[\"host.pe\"]}"),
         ERR_INVALID_REQUEST, "trusted-hosts"},
        {"{}", CONDITION("client-updater-context", "{\"update-client-source\":[\"ByNobody\"]}"),
         ERR_INVALID_REQUEST, "update-client-source"},
        {"{}", CONDITION("client-attributes", "{\"attributes\":[{\"key\":\"a\"}]}"),
         ERR_INVALID_REQUEST, "attributes"},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(table); i++) {
        struct client_policies all;
        struct err_ctx err;
        FAILS(read(table[i].profiles, table[i].policies, &all, &err), table[i].err);
        assert_string_equal(err.field, table[i].field);
    }
}

static void lists_are_bounded(void **state)
{
    struct client_policies all;
    struct err_ctx err;
    struct str text;
    struct buf b;
    (void)state;
    buf_init(&b, &test_arena, (size_t)64 << 10);
    buf_printf(&b, "{\"profiles\":[{\"name\":\"p0\"}");
    for (int i = 1; i <= CLIENT_PROFILES_MAX; i++)
        buf_printf(&b, ",{\"name\":\"p%d\"}", i);
    buf_printf(&b, "]}");
    OK(buf_finish(&b, &text));
    FAILS(read(text.ptr, "{}", &all, &err), ERR_INVALID_REQUEST);
    assert_string_equal(err.field, "profiles");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(settings_are_read),
        TEST(a_policy_is_linked_with_its_profiles),
        TEST(what_does_not_exist_is_refused),
        TEST(lists_are_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
