/* People, credentials, failures, consents (core/port/users.h). */
#include "tests/unit/store/store_support.h"

static void test_insert_and_find(void **state)
{
    (void)state;
    struct realm_view *view = view_of("peru");
    struct user user = user_named("ana");
    struct user found;
    user.email = STR("ana@example.pe");
    user.first_name = STR("Ana");
    user.last_name = STR("Quispe");
    user.email_verified = true;
    struct str value = STR("Lima");
    ok(attrs_set(&user.attributes, &arena, STR("city"), (struct strs){&value, 1}));
    ok(strs_add(&user.required_actions, &arena, STR("UPDATE_PASSWORD")));
    struct store_write *w = begin_write(view);
    ok(user_insert(w, &user));
    assert_true(user.pk > 0);
    /* Its own reads see it before the commit, nobody else does. */
    ok(user_find_by_username(store_write_reader(w), &arena, STR("ana"), &found));
    struct store_read *r = begin_read(view);
    fails(user_find_by_username(r, &arena, STR("ana"), &found), ERR_NOT_FOUND);
    store_read_end(r);
    commit(w);
    r = begin_read(view);
    ok(user_find_by_email(r, &arena, STR("ana@example.pe"), &found));
    ok(user_find_by_id(r, &arena, user.id, &found));
    ok(user_find_by_pk(r, &arena, user.pk, &found));
    assert_str(found.username, "ana");
    assert_str(found.first_name, "Ana");
    assert_str(found.last_name, "Quispe");
    assert_true(found.email_verified);
    assert_true(found.enabled);
    assert_true(str_eq(found.id, user.id));
    assert_str(attrs_first(&found.attributes, STR("city")), "Lima");
    assert_true(strs_has(&found.required_actions, STR("UPDATE_PASSWORD")));
    store_read_end(r);
    realm_view_release(view);
}

/* RE-02: a user name may not equal another's e-mail, and the other way round. */
static void test_re_02_names_and_emails(void **state)
{
    (void)state;
    struct realm_view *view = view_of("peru");
    struct user first = user_named("maria@example.pe");
    struct user second = user_named("maria");
    struct user third = user_named("jose");
    struct store_write *w = begin_write(view);
    ok(user_insert(w, &first));
    second.email = STR("maria@example.pe");
    fails(user_insert(w, &second), ERR_CONFLICT);
    second.email = STR("m@example.pe");
    ok(user_insert(w, &second));
    third.email = STR("m@example.pe");
    fails(user_insert(w, &third), ERR_CONFLICT);
    third.email = STR("");
    third.username = STR("m@example.pe");
    fails(user_insert(w, &third), ERR_CONFLICT);
    third.username = STR("maria");
    fails(user_insert(w, &third), ERR_CONFLICT);
    second.email = STR("maria@example.pe");
    fails(user_update(w, &second), ERR_CONFLICT);
    store_rollback(w);
    realm_view_release(view);
}

/* OI-01: neither the id nor the key of a person goes to another one. */
static void test_oi_01_keys_are_not_given_again(void **state)
{
    (void)state;
    struct realm_view *view = view_of("peru");
    struct user first = add_user(view, "rosa");
    struct store_write *w = begin_write(view);
    ok(user_delete(w, first.pk));
    fails(user_delete(w, first.pk), ERR_NOT_FOUND);
    commit(w);
    struct user again = add_user(view, "rosa");
    assert_true(again.pk > first.pk);
    assert_false(str_eq(again.id, first.id));
    realm_view_release(view);
}

static struct user_filter beginning(const char *search, struct str after)
{
    return (struct user_filter){.search = search ? str_c(search) : str_of(NULL, 0), .after = after};
}

static size_t found(struct store_read *r, const struct user_filter *filter, size_t limit,
                    struct user **ret_items)
{
    size_t count;
    ok(user_list(r, &arena, filter, limit, ret_items, &count));
    return count;
}

static void test_list(void **state)
{
    (void)state;
    struct realm_view *view = view_of("peru");
    struct store_write *w = begin_write(view);
    struct user *items;
    int64_t total;
    for (int i = 0; i < 120; i++) {
        char name[32];
        (void)snprintf(name, sizeof(name), "user%03d", i);
        struct user user = user_named(arena_str_c(&arena, name).ptr);
        if (i % 10 == 0) {
            user.first_name = STR("Zoila");
            user.last_name = STR("Yupanqui");
            user.email = arena_printf(&arena, "xx%d@example.pe", i);
        }
        ok(user_insert(w, &user));
    }
    struct user machine = user_named("service-account-xx");
    machine.service_account_client_id = uuid_new(&arena);
    ok(user_insert(w, &machine));
    commit(w);
    struct store_read *r = begin_read(view);
    struct user_filter f = beginning(NULL, str_of(NULL, 0));
    assert_int_equal(found(r, &f, 50, &items), 50);
    assert_str(items[0].username, "user000");
    f.after = items[49].username;
    assert_int_equal(found(r, &f, 100, &items), 70);
    f.first = 60;
    assert_int_equal(found(r, &f, 100, &items), 10);
    assert_str(items[0].username, "user110");
    const char *prefixes[] = {"zoi", "YUPAN", "xx", NULL};
    for (int i = 0; prefixes[i]; i++) {
        f = beginning(prefixes[i], str_of(NULL, 0));
        assert_int_equal(found(r, &f, 5, &items), 5);
        assert_str(items[4].username, "user040");
        f.after = items[4].username;
        assert_int_equal(found(r, &f, 50, &items), 7);
    }
    f = beginning("user11", str_of(NULL, 0));
    assert_int_equal(found(r, &f, 50, &items), 10);
    f = beginning("%", str_of(NULL, 0));
    assert_int_equal(found(r, &f, 50, &items), 0);
    ok(user_count(r, &total));
    assert_int_equal(total, 120);
    store_read_end(r);
    realm_view_release(view);
}

/* Service accounts too, in the order of making, page by page. */
static void test_list_all(void **state)
{
    (void)state;
    struct realm_view *view = view_of("peru");
    struct user robot = user_named("robot"), *users;
    int64_t after = 0;
    size_t count, seen = 0;
    (void)add_user(view, "zoe");
    (void)add_user(view, "ana");
    robot.service_account_client_id = uuid_new(&arena);
    struct store_write *w = begin_write(view);
    ok(user_insert(w, &robot));
    commit(w);
    struct store_read *r = begin_read(view);
    do {
        ok(user_list_all(r, &arena, after, 1, &users, &count));
        assert_true(count == 0 || users[0].pk > after);
        seen += count;
        if (count > 0)
            after = users[0].pk;
    } while (count > 0);
    ok(user_list_all(r, &arena, 0, 100, &users, &count));
    assert_int_equal(seen, count);
    bool found = false;
    for (size_t i = 0; i < count; i++)
        found = found || str_eq(users[i].id, robot.id);
    assert_true(found);
    store_read_end(r);
    realm_view_release(view);
}

static void test_credentials(void **state)
{
    (void)state;
    struct realm_view *view = view_of("peru");
    struct user user = add_user(view, "cred");
    struct credential c = {.id = uuid_new(&arena),
                           .type = STR("password"),
                           .secret_data = STR("{\"value\":\"hash\"}"),
                           .credential_data = STR("{}"),
                           .priority = 10};
    struct credentials all;
    struct store_write *w = begin_write(view);
    ok(credential_insert(w, user.pk, &c));
    c.secret_data = STR("{\"value\":\"other\"}");
    ok(credential_update(w, &c));
    struct credential second = c;
    second.id = uuid_new(&arena);
    second.priority = 5;
    ok(credential_insert(w, user.pk, &second));
    commit(w);
    struct store_read *r = begin_read(view);
    ok(credential_list(r, &arena, user.pk, &all));
    assert_int_equal(all.count, 2);
    assert_int_equal(all.items[0].priority, 5);
    assert_str(all.items[1].secret_data, "{\"value\":\"other\"}");
    store_read_end(r);
    w = begin_write(view);
    ok(credential_delete(w, c.pk));
    fails(credential_delete(w, c.pk), ERR_NOT_FOUND);
    ok(user_delete(w, user.pk));
    ok(credential_list(store_write_reader(w), &arena, user.pk, &all));
    assert_int_equal(all.count, 0);
    commit(w);
    realm_view_release(view);
}

static void test_failures(void **state)
{
    (void)state;
    struct realm_view *view = view_of("peru");
    struct user user = add_user(view, "fail");
    struct login_failures f;
    struct store_write *w = begin_write(view);
    ok(login_failures_find(store_write_reader(w), &arena, user.pk, &f));
    assert_int_equal(f.count, 0);
    f = (struct login_failures){3, 1000, 2000, 1, STR("10.0.0.1")};
    ok(login_failures_put(w, user.pk, &f));
    f.count = 4;
    ok(login_failures_put(w, user.pk, &f));
    commit(w);
    w = begin_write(view);
    ok(login_failures_find(store_write_reader(w), &arena, user.pk, &f));
    assert_int_equal(f.count, 4);
    assert_int_equal(f.locked_until_ms, 2000);
    assert_str(f.last_ip, "10.0.0.1");
    int64_t pks[2];
    size_t count;
    ok(login_failures_list(store_write_reader(w), user.pk - 1, pks, 2, &count));
    assert_int_equal(count, 1);
    assert_int_equal(pks[0], user.pk);
    ok(login_failures_list(store_write_reader(w), user.pk, pks, 2, &count));
    assert_int_equal(count, 0);
    ok(login_failures_clear(w, user.pk));
    ok(login_failures_find(store_write_reader(w), &arena, user.pk, &f));
    assert_int_equal(f.count, 0);
    store_rollback(w);
    realm_view_release(view);
}

static void test_consents(void **state)
{
    (void)state;
    struct realm_view *view = view_of("peru");
    struct user user = add_user(view, "consent");
    struct client client = add_client(view, "app");
    struct consent c = {.client_pk = client.pk, .created_ms = 1, .updated_ms = 2};
    struct consent found;
    struct consent *items;
    size_t count;
    ok(strs_add(&c.scopes, &arena, STR("email")));
    struct store_write *w = begin_write(view);
    fails(consent_find(store_write_reader(w), &arena, user.pk, client.pk, &found), ERR_NOT_FOUND);
    ok(consent_put(w, user.pk, &c));
    ok(strs_add(&c.scopes, &arena, STR("profile")));
    ok(consent_put(w, user.pk, &c));
    ok(consent_find(store_write_reader(w), &arena, user.pk, client.pk, &found));
    assert_int_equal(found.scopes.count, 2);
    assert_str(found.client_id, "app");
    ok(consent_list(store_write_reader(w), &arena, user.pk, &items, &count));
    assert_int_equal(count, 1);
    ok(consent_delete(w, user.pk, client.pk));
    fails(consent_delete(w, user.pk, client.pk), ERR_NOT_FOUND);
    commit(w);
    realm_view_release(view);
}

/* AD-02: nothing of one realm shows in another. */
static void test_ad_02_realms_are_apart(void **state)
{
    (void)state;
    make_realm("chile");
    struct realm_view *peru = view_of("peru");
    struct realm_view *chile = view_of("chile");
    struct user user = add_user(peru, "only-here");
    struct user found;
    struct store_read *r = begin_read(chile);
    fails(user_find_by_id(r, &arena, user.id, &found), ERR_NOT_FOUND);
    fails(user_find_by_pk(r, &arena, user.pk, &found), ERR_NOT_FOUND);
    fails(user_find_by_username(r, &arena, user.username, &found), ERR_NOT_FOUND);
    store_read_end(r);
    /* The same name and id may exist in both. */
    struct store_write *w = begin_write(chile);
    ok(user_insert(w, &user));
    commit(w);
    realm_view_release(peru);
    realm_view_release(chile);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_insert_and_find, start_test, end_test),
        cmocka_unit_test_setup_teardown(test_re_02_names_and_emails, start_test, end_test),
        cmocka_unit_test_setup_teardown(test_oi_01_keys_are_not_given_again, start_test, end_test),
        cmocka_unit_test_setup_teardown(test_list, start_test, end_test),
        cmocka_unit_test_setup_teardown(test_list_all, start_test, end_test),
        cmocka_unit_test_setup_teardown(test_credentials, start_test, end_test),
        cmocka_unit_test_setup_teardown(test_failures, start_test, end_test),
        cmocka_unit_test_setup_teardown(test_consents, start_test, end_test),
        cmocka_unit_test_setup_teardown(test_ad_02_realms_are_apart, start_test, end_test),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
