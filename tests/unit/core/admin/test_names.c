/* Names of users that could be taken for others (WE-13), and names from before there were rules. */
#include "tests/unit/core/admin/admin_support.h"

#include "core/admin/record.h"
#include "core/codec/json.h"

static struct str member_of(struct str data, const char *name)
{
    const struct json_value *json;
    ok(json_parse(&arena, data, 1 << 20, &json));
    return json_get_str(json, name);
}

/* The confusable_with of the newest event of a type; "" when it has none. */
static const char *flagged(enum event_type type)
{
    struct str data = {NULL, 0};
    assert_true(count_events(type, &data) > 0);
    struct str name = member_of(data, "confusable_with");
    return str_absent(name) ? "" : name.ptr;
}

static struct user rename_user(const struct user *user, const char *name)
{
    struct user after = *user;
    after.username = str_c(name);
    begin();
    ok(admin_user_update(&ctx, w, user, &after, &after));
    commit();
    return after;
}

static void test_look_alikes_are_flagged_WE_13(void **state)
{
    struct user user;
    (void)state;
    (void)make_user("scope");
    assert_string_equal(flagged(EVENT_UserCreated), "");
    (void)make_user("ѕсоре");
    assert_string_equal(flagged(EVENT_UserCreated), "scope");
    (void)make_user("сосо");
    assert_string_equal(flagged(EVENT_UserCreated), "");
    (void)make_user("coco"); /* the other way round as well */
    assert_string_equal(flagged(EVENT_UserCreated), "сосо");
    user = make_user("nadie");
    user = rename_user(&user, "σοσ");
    assert_string_equal(flagged(EVENT_UserModified), "");
    (void)rename_user(&user, "ОСА");
    assert_string_equal(flagged(EVENT_UserModified), "");
    (void)make_user("oca");
    assert_string_equal(flagged(EVENT_UserCreated), "оса");
}

static void test_ascii_is_ordinary_WE_13(void **state)
{
    static const char *const names[] = {"e100l", "e1001", "elool", "modern", "rnodern"};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        (void)make_user(names[i]);
        assert_string_equal(flagged(EVENT_UserCreated), "");
    }
    (void)make_user("ѕ11"); /* Cyrillic dze */
    (void)make_user("s1l");
    assert_string_equal(flagged(EVENT_UserCreated), "ѕ11");
}

static int prepare(const char *name, bool service)
{
    struct user user = {0};
    fields_default(&user_fields, &user);
    user.username = str_c(name);
    if (service)
        user.service_account_client_id = STR("6f1f4f0e-0000-4000-8000-000000000002");
    err = (struct err_ctx){0};
    return admin_user_prepare(&ctx, &user);
}

static void test_mixed_scripts_are_refused_WE_13(void **state)
{
    struct user user, after;
    (void)state;
    fails(prepare("p\u0430ypal", false), ERR_INVALID_REQUEST);
    assert_string_equal(err.field, "username");
    ok(prepare("service-account-портал", true)); /* named by its client */
    user = make_user("pay");
    after = user;
    after.username = STR("p\u0430y");
    begin();
    fails(admin_user_update(&ctx, w, &user, &after, NULL), ERR_INVALID_REQUEST);
    store_rollback_p(&w);
}

static struct user insert_as_stored(const char *name)
{
    struct user user = {0};
    fields_default(&user_fields, &user);
    user.username = str_c(name);
    ok(admin_id(&arena, &user.id));
    begin();
    ok(user_insert(w, &user));
    commit();
    return user;
}

static int64_t find_pk(const char *name)
{
    struct user user = {0};
    begin();
    int rc = admin_user_find(&ctx, reader(), str_c(name), &user);
    store_rollback_p(&w);
    return rc == 0 ? user.pk : 0;
}

/* BR-09: people of before keep their names, and any spelling finds them. */
static void test_old_names_live_on_BR_09(void **state)
{
    struct user mixed, capital, after;
    (void)state;
    mixed = insert_as_stored("m\u0430ria");
    capital = insert_as_stored("renÉ");
    assert_int_equal(find_pk("M\u0430RIA"), mixed.pk);
    assert_int_equal(find_pk("renÉ"), capital.pk);
    assert_int_equal(find_pk("RENÉ"), capital.pk);
    assert_int_equal(find_pk("rene\u0301"), capital.pk);
    /* other members change while the name stays as it is */
    begin();
    after = mixed;
    after.first_name = STR("Mar");
    ok(admin_user_update(&ctx, w, &mixed, &after, &after));
    assert_true(str_eq(after.username, mixed.username));
    store_rollback_p(&w);
    /* nobody else gets a name that leads to one who is there */
    struct user other = {0};
    fields_default(&user_fields, &other);
    other.username = STR("René");
    ok(admin_user_prepare(&ctx, &other));
    begin();
    fails(admin_user_insert(&ctx, w, &other), ERR_CONFLICT);
    store_rollback_p(&w);
}

/* Two of before whose names have become one: each is found by his own spelling, and both can be
 * changed and renamed. */
static void test_old_names_that_became_one_BR_09(void **state)
{
    struct user composed, capital, after;
    (void)state;
    capital = insert_as_stored("andrÉ");
    begin();
    fails(user_insert(w, &(struct user){.username = STR("andré"), .id = STR("x")}), ERR_CONFLICT);
    store_rollback_p(&w);
    composed = insert_as_stored("andre\u0301");
    assert_int_equal(find_pk("andrÉ"), capital.pk);
    assert_int_equal(find_pk("Andre\u0301"), composed.pk);
    assert_int_equal(find_pk("ANDRÉ"), capital.pk); /* who was there first */
    begin();
    after = capital;
    after.enabled = false;
    ok(admin_user_update(&ctx, w, &capital, &after, &capital));
    commit();
    capital = rename_user(&capital, "andres");
    composed = rename_user(&composed, "André");
    assert_int_equal(find_pk("ANDRÉ"), composed.pk);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_look_alikes_are_flagged_WE_13),
        cmocka_unit_test(test_ascii_is_ordinary_WE_13),
        cmocka_unit_test(test_mixed_scripts_are_refused_WE_13),
        cmocka_unit_test(test_old_names_live_on_BR_09),
        cmocka_unit_test(test_old_names_that_became_one_BR_09),
    };
    return cmocka_run_group_tests(tests, setup_store, teardown_store);
}
