/* RE-04: the first administrator needs a local one-time secret, and there is no second first one. */
#include "tests/unit/core/admin/admin_support.h"

static const struct str password = STR_INIT("Primera-Clave-2026");

static bool is_open(void)
{
    bool open = false;
    ok(setup_is_open(&ctx, &open));
    return open;
}

static int fresh(void **state)
{
    (void)setup_store(state);
    use_realm(REALM_MASTER);
    return 0;
}

static void test_link_works_once(void **state)
{
    struct str token;
    struct user admin, again;
    struct roles roles;
    bool match = false;
    (void)state;
    assert_true(is_open());
    ok(setup_token_new(&ctx, &token));
    assert_int_equal(token.len, 43);
    use_realm(REALM_MASTER);
    ok(setup_token_check(&ctx, token, &match));
    assert_true(match);
    ok(setup_complete(&ctx, token, STR(" Root "), password, &admin));
    assert_true(str_eq(admin.username, STR("root")));
    use_realm(REALM_MASTER);
    assert_false(is_open());
    fails(setup_complete(&ctx, token, STR("second"), password, &again), ERR_FORBIDDEN);
    ok(setup_token_check(&ctx, token, &match));
    assert_false(match);
    begin();
    ok(user_roles(reader(), &arena, admin.pk, &roles));
    store_rollback_p(&w);
    assert_int_equal(roles.count, 2);
    assert_int_equal(count_events(EVENT_SetupCompleted, NULL), 1);
}

static void test_wrong_tokens(void **state)
{
    static const char *const wrong[] = {"", "x", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"};
    struct user user;
    struct str first, second;
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++)
        fails(setup_complete(&ctx, str_c(wrong[i]), STR("eve"), password, &user), ERR_FORBIDDEN);
    ok(setup_token_new(&ctx, &first));
    use_realm(REALM_MASTER);
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++)
        fails(setup_complete(&ctx, str_c(wrong[i]), STR("eve"), password, &user), ERR_FORBIDDEN);
    fails(setup_complete(&ctx, str_sub(first, 0, 42), STR("eve"), password, &user), ERR_FORBIDDEN);
    ok(setup_token_new(&ctx, &second));
    use_realm(REALM_MASTER);
    fails(setup_complete(&ctx, first, STR("eve"), password, &user), ERR_FORBIDDEN);
    assert_true(is_open());
    ok(setup_complete(&ctx, second, STR("root"), password, &user));
}

/* Deleting the last administrator does not bring set-up back. */
static void test_never_opens_again(void **state)
{
    struct str token;
    struct user admin;
    struct realm after;
    (void)state;
    ok(setup_from_environment(&ctx, STR("root"), password, &admin));
    use_realm(REALM_MASTER);
    begin();
    ok(admin_user_delete(&ctx, w, &admin));
    commit();
    assert_false(is_open());
    ok(setup_token_new(&ctx, &token));
    assert_true(str_absent(token));
    fails(setup_from_environment(&ctx, STR("root"), password, &admin), ERR_FORBIDDEN);
    /* Nor does a change of the realm's attributes. */
    after = *realm_view_realm(ctx.view);
    after.attributes = (struct str_map){0};
    ok(str_map_set(&after.attributes, &arena, STR("mine"), STR("1")));
    ok(str_map_set(&after.attributes, &arena, STR("garita.setup.tokenHash"), STR("forged")));
    begin();
    ok(admin_realm_update(&ctx, w, realm_view_realm(ctx.view), &after));
    commit();
    assert_false(is_open());
    const struct str_map *stored = &realm_view_realm(ctx.view)->attributes;
    assert_true(str_eq(str_map_get(stored, STR("mine")), STR("1")));
    assert_true(str_absent(str_map_get(stored, STR("garita.setup.tokenHash"))));
}

/* Somebody added on the command line ends set-up as well. */
static void test_people_close_it(void **state)
{
    struct str token;
    struct user user;
    (void)state;
    ok(setup_token_new(&ctx, &token));
    use_realm(REALM_MASTER);
    (void)make_user("local");
    assert_false(is_open());
    fails(setup_complete(&ctx, token, STR("eve"), password, &user), ERR_FORBIDDEN);
}

/* The token itself is nowhere in the data folder. */
static void test_only_a_hash_is_kept(void **state)
{
    struct str token;
    char command[512];
    (void)state;
    ok(setup_token_new(&ctx, &token));
    (void)snprintf(command, sizeof(command), "grep -rqF -- '%.*s' '%s'", STR_ARG(token), test_dir);
    assert_int_not_equal(system(command), 0);
}

static void test_weak_passwords(void **state)
{
    struct str token;
    struct user user;
    (void)state;
    ok(setup_token_new(&ctx, &token));
    use_realm(REALM_MASTER);
    fails(setup_complete(&ctx, token, STR("root"), STR(""), &user), ERR_PASSWORD_POLICY);
    fails(setup_complete(&ctx, token, STR(""), password, &user), ERR_INVALID_REQUEST);
    assert_true(is_open());
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, fresh, teardown_store)
    const struct CMUnitTest tests[] = {
        TEST(test_link_works_once), TEST(test_wrong_tokens),        TEST(test_never_opens_again),
        TEST(test_people_close_it), TEST(test_only_a_hash_is_kept), TEST(test_weak_passwords),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
