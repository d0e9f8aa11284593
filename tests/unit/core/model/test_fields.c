/* Field tables: defaults, reading, writing, and lists and maps of texts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

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

static const struct json_value *parse(const char *text)
{
    const struct json_value *v = NULL;
    assert_int_equal(json_parse(&arena, str_c(text), 1 << 20, &v), 0);
    return v;
}

static struct str write_object(const struct field_table *table, const void *object)
{
    struct buf b;
    struct json_writer w;
    struct str text = {0};
    buf_init(&b, &arena, 1 << 20);
    jw_init(&w, &b);
    jw_begin_object(&w);
    fields_write(table, object, &w);
    jw_end_object(&w);
    assert_int_equal(jw_finish(&w, &text), 0);
    return text;
}

static void test_defaults(void **state)
{
    struct realm realm = {0};
    (void)state;
    fields_default(&realm_fields, &realm);
    assert_true(realm.enabled);
    assert_true(realm.brute_force_protected);
    assert_false(realm.registration_allowed);
    assert_int_equal(realm.access_token_lifespan_s, 900);
    assert_true(str_eq(realm.ssl_required, STR("external")));
    assert_false(str_absent(realm.display_name));
    assert_int_equal(realm.supported_locales.count, 0);
}

static void test_read_takes_what_is_there(void **state)
{
    struct realm realm = {0};
    struct err_ctx ctx = {0};
    (void)state;
    fields_default(&realm_fields, &realm);
    realm.remember_me = false;
    assert_int_equal(
        fields_read(&realm_fields, &realm, &arena,
                    parse("{\"displayName\":\"Per\\u00fa\",\"accessTokenLifespan\":60,"
                          "\"supportedLocales\":[\"es\",\"en\",\"pt\"],\"unknown\":[1],"
                          "\"attributes\":{\"a\":\"1\",\"gone\":null},\"sslRequired\":null}"),
                    &ctx),
        0);
    assert_true(str_eq(realm.display_name, STR("Per\xc3\xba")));
    assert_int_equal(realm.access_token_lifespan_s, 60);
    assert_int_equal(realm.supported_locales.count, 3);
    assert_true(strs_has(&realm.supported_locales, STR("pt")));
    assert_true(str_eq(str_map_get(&realm.attributes, STR("a")), STR("1")));
    assert_true(str_absent(str_map_get(&realm.attributes, STR("gone"))));
    assert_true(str_eq(realm.ssl_required, STR("external")));
    assert_false(realm.remember_me); /* absent members stay */
}

static void test_read_names_the_wrong_member(void **state)
{
    static const char *const bad[][2] = {
        {"{\"enabled\":\"true\"}", "enabled"},
        {"{\"accessTokenLifespan\":1.5}", "accessTokenLifespan"},
        {"{\"accessTokenLifespan\":\"60\"}", "accessTokenLifespan"},
        {"{\"displayName\":7}", "displayName"},
        {"{\"supportedLocales\":\"es\"}", "supportedLocales"},
        {"{\"supportedLocales\":[1]}", "supportedLocales"},
        {"{\"attributes\":[]}", "attributes"},
        {"{\"attributes\":{\"a\":1}}", "attributes"},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct realm realm = {0};
        struct err_ctx ctx = {0};
        fields_default(&realm_fields, &realm);
        assert_int_equal(fields_read(&realm_fields, &realm, &arena, parse(bad[i][0]), &ctx),
                         ERR_INVALID_REQUEST);
        assert_string_equal(ctx.field, bad[i][1]);
    }
}

static void test_read_refuses_what_is_no_object(void **state)
{
    struct realm realm = {0};
    (void)state;
    assert_int_equal(fields_read(&realm_fields, &realm, &arena, parse("[]"), NULL),
                     ERR_INVALID_REQUEST);
    assert_int_equal(fields_read(&realm_fields, &realm, &arena, NULL, NULL), ERR_INVALID_REQUEST);
}

static void test_attributes_take_text_or_list(void **state)
{
    struct user user = {0};
    (void)state;
    fields_default(&user_fields, &user);
    assert_int_equal(fields_read(&user_fields, &user, &arena,
                                 parse("{\"attributes\":{\"tenant\":\"t1\",\"roles\":[\"a\",\"b\","
                                       "\"c\"],\"none\":[]}}"),
                                 NULL),
                     0);
    assert_true(str_eq(attrs_first(&user.attributes, STR("tenant")), STR("t1")));
    assert_int_equal(attrs_get(&user.attributes, STR("roles"))->count, 3);
    assert_true(str_absent(attrs_first(&user.attributes, STR("none"))));
    assert_null(attrs_get(&user.attributes, STR("missing")));
}

/* What is written is read back the same, for a struct with every kind of field. */
static void test_round_trip(void **state)
{
    struct client a = {0}, b = {0};
    (void)state;
    fields_default(&client_fields, &a);
    fields_default(&client_fields, &b);
    a.name = STR("Portal <1>");
    a.enabled = false;
    a.not_before_s = 1234567890123;
    assert_int_equal(strs_add(&a.redirect_uris, &arena, STR("https://a.example/cb")), 0);
    assert_int_equal(strs_add(&a.redirect_uris, &arena, STR("https://b.example/cb")), 0);
    assert_int_equal(str_map_set(&a.attributes, &arena, STR("k"), STR("v1")), 0);
    assert_int_equal(str_map_set(&a.attributes, &arena, STR("k"), STR("v2")), 0);
    assert_int_equal(a.attributes.count, 1);
    struct str text = write_object(&client_fields, &a);
    assert_int_equal(fields_read(&client_fields, &b, &arena, parse(text.ptr), NULL), 0);
    assert_true(str_eq(write_object(&client_fields, &b), text));
    assert_true(str_eq(b.name, a.name));
    assert_false(b.enabled);
    assert_int_equal(b.not_before_s, 1234567890123);
    assert_int_equal(b.redirect_uris.count, 2);
    assert_true(str_eq(str_map_get(&b.attributes, STR("k")), STR("v2")));
}

static void test_find(void **state)
{
    (void)state;
    assert_non_null(fields_find(&client_fields, STR("redirectUris")));
    assert_null(fields_find(&client_fields, STR("redirecturis")));
    assert_null(fields_find(&client_fields, STR("secret")));
}

static void test_lists_do_not_share(void **state)
{
    struct strs one = {0}, two;
    (void)state;
    assert_int_equal(strs_add(&one, &arena, STR("a")), 0);
    two = one;
    assert_int_equal(strs_add(&one, &arena, STR("b")), 0);
    assert_int_equal(strs_add(&two, &arena, STR("c")), 0);
    assert_true(str_eq(one.items[1], STR("b")));
    assert_true(str_eq(two.items[1], STR("c")));
}

static void test_merge_leaves_null_alone(void **state)
{
    struct user user = {0};
    struct err_ctx ctx = {0};
    (void)state;
    fields_default(&user_fields, &user);
    user.first_name = STR("Ana");
    user.email_verified = true;
    assert_int_equal(fields_merge(&user_fields, &user, &arena,
                                  parse("{\"firstName\":null,\"emailVerified\":null,"
                                        "\"lastName\":\"Quispe\",\"other\":1}"),
                                  &ctx),
                     0);
    assert_true(str_eq(user.first_name, STR("Ana")) && user.email_verified);
    assert_true(str_eq(user.last_name, STR("Quispe")));
    assert_int_equal(
        fields_merge(&user_fields, &user, &arena, parse("{\"enabled\":\"yes\"}"), &ctx),
        ERR_INVALID_REQUEST);
    assert_string_equal(ctx.field, "enabled");
}

static void test_memory_limit(void **state)
{
    struct arena small;
    struct strs list = {0};
    int rc = 0;
    (void)state;
    arena_init(&small, 256);
    for (int i = 0; i < 100 && rc == 0; i++)
        rc = strs_add(&list, &small, STR("0123456789"));
    assert_int_equal(rc, ERR_NO_MEMORY);
    arena_free(&small);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_defaults),
        TEST(test_read_takes_what_is_there),
        TEST(test_read_names_the_wrong_member),
        TEST(test_read_refuses_what_is_no_object),
        TEST(test_attributes_take_text_or_list),
        TEST(test_round_trip),
        TEST(test_find),
        TEST(test_lists_do_not_share),
        TEST(test_merge_leaves_null_alone),
        TEST(test_memory_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
