/* The catalogue of providers: every line is sound, values are judged, secrets stay inside (AD-06). */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/admin/provider_config.h"

#define ok(expr)         assert_string_equal(err_name(expr), err_name(0))
#define fails(expr, err) assert_string_equal(err_name(expr), err_name(err))

static struct arena arena;
static struct err_ctx err;

static const struct provider *ldap(void)
{
    return provider_find(STR(PROVIDER_STORAGE), STR("ldap"));
}

static int value(const char *name, const char *text)
{
    return provider_check_value(ldap(), str_c(name), str_c(text), &err);
}

static void set(struct attrs *config, const char *name, const char *text)
{
    struct str one = str_c(text);
    ok(attrs_set(config, &arena, str_c(name), (struct strs){&one, 1}));
}

static struct attrs sound(void)
{
    struct attrs config = {0};
    set(&config, "connectionUrl", "ldaps://ldap.example.pe");
    set(&config, "usersDn", "ou=people");
    set(&config, "usernameLDAPAttribute", "uid");
    set(&config, "rdnLDAPAttribute", "uid");
    set(&config, "uuidLDAPAttribute", "entryUUID");
    set(&config, "userObjectClasses", "person");
    set(&config, "bindCredential", "hunter2");
    return config;
}

static void test_catalogue_is_sound(void **state)
{
    static const char *const types[] = {
        PROVIDER_KEY,          PROVIDER_PROFILE,  PROVIDER_STORAGE,        PROVIDER_LDAP_MAPPER,
        PROVIDER_REGISTRATION, PROVIDER_IDENTITY, PROVIDER_IDENTITY_MAPPER};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(types); i++) {
        const struct provider *p = NULL;
        size_t count = 0;
        for (; (p = provider_next(str_c(types[i]), p)) != NULL; count++) {
            const struct provider_setting *s = NULL;
            assert_ptr_equal(provider_find(str_c(p->type), str_c(p->id)), p);
            while ((s = provider_setting_next(p, s)) != NULL) {
                assert_ptr_equal(provider_setting_find(p, str_c(s->name)), s);
                assert_int_equal(s->choices != NULL, s->kind == SETTING_CHOICE);
                if (s->fallback)
                    ok(provider_check_value(p, str_c(s->name), str_c(s->fallback), &err));
            }
        }
        assert_true(count > 0);
    }
    assert_null(provider_find(STR(PROVIDER_KEY), STR("ldap")));
}

static void test_values(void **state)
{
    (void)state;
    ok(value("pagination", "true"));
    fails(value("pagination", "yes"), ERR_INVALID_REQUEST);
    assert_string_equal(err.field, "pagination");
    ok(value("readTimeout", "-1"));
    fails(value("readTimeout", "1s"), ERR_INVALID_REQUEST);
    ok(value("editMode", "WRITABLE"));
    fails(value("editMode", "WRITABLE UNSYNCED"), ERR_INVALID_REQUEST);
    ok(value("connectionUrl", "ldap://a.example ldaps://b.example:636"));
    fails(value("connectionUrl", "ldap://user@a.example"), ERR_INVALID_REQUEST);
    fails(value("connectionUrl", "http://a.example"), ERR_INVALID_REQUEST);
    fails(value("connectionUrl", " "), ERR_INVALID_REQUEST);
    ok(value("whatever", "a text"));
    ok(value("editMode", ""));
}

/* IN-01 */
static void test_filters(void **state)
{
    static const char *const good[] = {"(a=b)", "(&(a=b)(c=\\28d))", ""};
    static const char *const bad[] = {"a=b", "(a=b", "(a=b)(c=d)", "(a=b))", ")(", "(a=b) "};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(good); i++)
        ok(value("customUserSearchFilter", good[i]));
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        fails(value("customUserSearchFilter", bad[i]), ERR_INVALID_REQUEST);
}

static void test_whole_configurations(void **state)
{
    struct attrs config = sound();
    struct str two[] = {STR("true"), STR("false")};
    (void)state;
    ok(provider_config_check(ldap(), &config, &err));
    set(&config, "usersDn", "");
    fails(provider_config_check(ldap(), &config, &err), ERR_INVALID_REQUEST);
    assert_string_equal(err.field, "usersDn");
    config = sound();
    ok(attrs_set(&config, &arena, STR("debug"), (struct strs){two, 2}));
    fails(provider_config_check(ldap(), &config, &err), ERR_INVALID_REQUEST);
    config = (struct attrs){NULL, PROVIDER_CONFIG_MAX + 1};
    fails(provider_config_check(ldap(), &config, &err), ERR_INVALID_REQUEST);
}

static void test_secrets(void **state)
{
    struct attrs before = sound(), after = sound(), shown;
    (void)state;
    set(&before, "mySecretThing", "s3");
    ok(provider_config_mask(ldap(), &arena, &before, &shown));
    assert_true(str_eq(attrs_first(&shown, STR("bindCredential")), STR(SECRET_MASK)));
    assert_true(str_eq(attrs_first(&shown, STR("mySecretThing")), STR(SECRET_MASK)));
    assert_true(str_eq(attrs_first(&shown, STR("usersDn")), STR("ou=people")));
    assert_true(provider_hides(NULL, STR("clientSecret")));
    assert_false(provider_hides(NULL, STR("tokenUrl")));
    set(&after, "bindCredential", SECRET_MASK);
    ok(provider_config_keep(ldap(), &arena, &before, &after, &err));
    assert_true(str_eq(attrs_first(&after, STR("bindCredential")), STR("hunter2")));
    set(&after, "bindCredential", SECRET_MASK);
    set(&after, "connectionUrl", "ldaps://elsewhere.example");
    fails(provider_config_keep(ldap(), &arena, &before, &after, &err), ERR_INVALID_REQUEST);
    set(&after, "bindCredential", "hunter3");
    ok(provider_config_keep(ldap(), &arena, &before, &after, &err));
    set(&after, "otherSecret", SECRET_MASK);
    fails(provider_config_keep(ldap(), &arena, &before, &after, &err), ERR_INVALID_REQUEST);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_catalogue_is_sound),
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_filters),
        cmocka_unit_test(test_secrets),
        cmocka_unit_test(test_whole_configurations),
    };
    arena_init(&arena, ARENA_REQUEST_MAX_BYTES);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    arena_free(&arena);
    return failed;
}
