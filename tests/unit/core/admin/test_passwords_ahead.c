/* Passwords that were hashed before a write (core/auth/passwords_ahead.h). */
#include "tests/unit/core/admin/admin_support.h"

#include "core/auth/passwords_ahead.h"

#define PASSWORD "correct horse battery"

static struct passwords_ahead hashed(const char *username, const char *password)
{
    struct passwords_ahead ahead = {.count = 0};
    ok(passwords_ahead_add(&ctx, &ahead, str_c(username), str_c(password)));
    return ahead;
}

static bool is_taken(const struct passwords_ahead *ahead, const char *username,
                     const char *password)
{
    struct password_change change;
    struct user user = {.username = str_c(username)};
    ctx.hashed = ahead;
    ok(password_change_prepare(&ctx, &user, str_c(password), &change, NULL));
    ctx.hashed = NULL;
    return str_eq(change.secret_data, ahead->items[0].record.secret_data);
}

/* Of that person alone, however he is spelled, and for that password alone. */
static void test_found(void **state)
{
    (void)state;
    struct passwords_ahead ahead = hashed("María", PASSWORD);
    assert_true(is_taken(&ahead, "maría", PASSWORD));
    assert_false(is_taken(&ahead, "maria", PASSWORD));
    assert_false(is_taken(&ahead, "maría", "correct horse batterz"));
}

/* Two people with one password have two salts. */
static void test_own_salts(void **state)
{
    (void)state;
    struct passwords_ahead ahead = hashed("ana", PASSWORD);
    ok(passwords_ahead_add(&ctx, &ahead, STR("eva"), STR(PASSWORD)));
    assert_false(str_eq(ahead.items[0].record.secret_data, ahead.items[1].record.secret_data));
}

/* A policy that changes in the same write is obeyed, and so is one that refuses the password. */
static void test_policy(void **state)
{
    (void)state;
    struct passwords_ahead ahead = hashed("ana", PASSWORD);
    struct password_change change;
    struct user user = {.username = STR("ana")};
    struct realm after = *realm_view_realm(ctx.view);
    after.password_policy = STR("hashAlgorithm(pbkdf2-sha256) and hashIterations(1000)");
    begin();
    ok(admin_realm_update(&ctx, w, realm_view_realm(ctx.view), &after));
    commit();
    assert_false(is_taken(&ahead, "ana", PASSWORD));
    after = *realm_view_realm(ctx.view);
    after.password_policy = STR("length(40)");
    begin();
    ok(admin_realm_update(&ctx, w, realm_view_realm(ctx.view), &after));
    commit();
    ctx.hashed = &ahead;
    fails(password_change_prepare(&ctx, &user, STR(PASSWORD), &change, NULL), ERR_PASSWORD_POLICY);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_found, setup_store, teardown_store),
        cmocka_unit_test_setup_teardown(test_own_salts, setup_store, teardown_store),
        cmocka_unit_test_setup_teardown(test_policy, setup_store, teardown_store),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
