/* Members of organizations (core/port/organizations.h). */
#include "core/port/organizations.h"
#include "core/port/users.h"
#include "tests/unit/store/store_support.h"

#define ONE "6f1c1d0e-0000-4000-8000-000000000001"
#define TWO "another"

static struct realm_view *view;

static int start(void **state)
{
    (void)start_test(state);
    view = view_of("peru");
    return 0;
}

static int end(void **state)
{
    realm_view_release(view);
    return end_test(state);
}

static struct user new_user(struct store_write *w, const char *username, const char *email)
{
    struct user user = user_named(username);
    user.email = str_c(email);
    ok(user_insert(w, &user));
    return user;
}

static size_t members(struct store_read *r, const char *search, bool exact, size_t first,
                      size_t limit)
{
    struct user *items;
    size_t count;
    ok(organization_members(r, &arena, STR(ONE), search ? str_c(search) : str_of(NULL, 0), exact,
                            first, limit, &items, &count));
    return count;
}

static void test_members(void **state)
{
    int64_t count;
    struct strs ids;
    struct store_write *w = begin_write(view);
    struct user ana = new_user(w, "ana", "Ana@Example.PE");
    struct user berta = new_user(w, "berta", "");
    (void)state;
    ok(organization_member_add(w, STR(ONE), ana.pk));
    ok(organization_member_add(w, STR(ONE), berta.pk));
    ok(organization_member_add(w, STR(TWO), ana.pk));
    assert_int_equal(organization_member_add(w, STR(ONE), ana.pk), ERR_CONFLICT);
    commit(w);

    struct store_read *r = begin_read(view);
    ok(organization_member_find(r, STR(ONE), ana.pk));
    assert_int_equal(organization_member_find(r, STR(TWO), berta.pk), ERR_NOT_FOUND);
    assert_int_equal(members(r, NULL, false, 0, 10), 2);
    assert_int_equal(members(r, NULL, false, 1, 10), 1);
    assert_int_equal(members(r, NULL, false, 0, 1), 1);
    assert_int_equal(members(r, "ana@ex", false, 0, 10), 1);
    assert_int_equal(members(r, "ana@ex", true, 0, 10), 0);
    assert_int_equal(members(r, "ana@example.pe", true, 0, 10), 1);
    ok(organization_members_count(r, STR(ONE), &count));
    assert_int_equal(count, 2);
    ok(user_organizations(r, &arena, ana.pk, &ids));
    assert_int_equal(ids.count, 2);
    assert_true(strs_has(&ids, STR(ONE)) && strs_has(&ids, STR(TWO)));
    store_read_end(r);
}

static void test_leaving(void **state)
{
    int64_t count;
    struct strs ids;
    struct store_write *w = begin_write(view);
    struct user ana = new_user(w, "ana", ""), berta = new_user(w, "berta", "");
    struct store_read *r = store_write_reader(w);
    (void)state;
    ok(organization_member_add(w, STR(ONE), ana.pk));
    ok(organization_member_add(w, STR(ONE), berta.pk));
    ok(organization_member_add(w, STR(TWO), ana.pk));
    ok(organization_member_remove(w, STR(TWO), ana.pk));
    assert_int_equal(organization_member_remove(w, STR(TWO), ana.pk), ERR_NOT_FOUND);
    ok(user_delete(w, berta.pk));
    ok(organization_members_count(r, STR(ONE), &count));
    assert_int_equal(count, 1);
    ok(organization_members_remove(w, STR(ONE)));
    ok(user_organizations(r, &arena, ana.pk, &ids));
    assert_int_equal(ids.count, 0);
    commit(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_members, start, end),
        cmocka_unit_test_setup_teardown(test_leaving, start, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
