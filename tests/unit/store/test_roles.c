/* Roles, composites, groups and who has them (core/port/roles.h). */
#include "tests/unit/store/store_support.h"

static struct role add_role(struct store_write *w, const char *name, int64_t client_pk)
{
    struct role role = {.id = uuid_new(&arena), .name = str_c(name), .client_pk = client_pk};
    ok(role_insert(w, &role));
    return role;
}

static struct group add_group(struct store_write *w, const char *name, int64_t parent_pk)
{
    struct group group = {.id = uuid_new(&arena), .name = str_c(name), .parent_pk = parent_pk};
    ok(group_insert(w, &group));
    return group;
}

static void test_roles(void **state)
{
    (void)state;
    struct realm_view *view = view_of("peru");
    struct client client = add_client(view, "app");
    struct store_write *w = begin_write(view);
    struct store_read *r = store_write_reader(w);
    struct role found;
    struct roles all;
    struct role admin = add_role(w, "admin", 0);
    struct role app_admin = add_role(w, "admin", client.pk);
    struct role twice = {.id = uuid_new(&arena), .name = STR("admin")};
    fails(role_insert(w, &twice), ERR_CONFLICT);
    twice.client_pk = client.pk;
    fails(role_insert(w, &twice), ERR_CONFLICT);
    twice.client_pk = 4711;
    fails(role_insert(w, &twice), ERR_NOT_FOUND);
    ok(role_find(r, &arena, 0, STR("admin"), &found));
    assert_int_equal(found.pk, admin.pk);
    assert_true(str_absent(found.client_id));
    ok(role_find(r, &arena, client.pk, STR("admin"), &found));
    assert_int_equal(found.pk, app_admin.pk);
    assert_str(found.client_id, "app");
    admin.description = STR("may do all");
    struct str value = STR("v");
    ok(attrs_set(&admin.attributes, &arena, STR("k"), (struct strs){&value, 1}));
    ok(role_update(w, &admin));
    ok(role_find_by_id(r, &arena, admin.id, &found));
    assert_str(found.description, "may do all");
    assert_str(attrs_first(&found.attributes, STR("k")), "v");
    assert_false(found.composite);
    ok(role_list(r, &arena, 0, &all));
    assert_int_equal(all.count, 1);
    ok(role_list(r, &arena, client.pk, &all));
    assert_int_equal(all.count, 1);
    ok(role_delete(w, admin.pk));
    fails(role_delete(w, admin.pk), ERR_NOT_FOUND);
    ok(client_delete(w, client.pk));
    fails(role_find_by_id(r, &arena, app_admin.id, &found), ERR_NOT_FOUND);
    store_rollback(w);
    realm_view_release(view);
}

static void test_composites(void **state)
{
    (void)state;
    struct realm_view *view = view_of("peru");
    struct store_write *w = begin_write(view);
    struct store_read *r = store_write_reader(w);
    struct role a = add_role(w, "a", 0);
    struct role b = add_role(w, "b", 0);
    struct role c = add_role(w, "c", 0);
    struct role found;
    struct roles all;
    ok(role_composite_add(w, a.pk, b.pk));
    ok(role_composite_add(w, a.pk, b.pk));
    ok(role_composite_add(w, b.pk, c.pk));
    fails(role_composite_add(w, c.pk, a.pk), ERR_CONFLICT);
    fails(role_composite_add(w, a.pk, a.pk), ERR_CONFLICT);
    ok(role_composites(r, &arena, a.pk, &all));
    assert_int_equal(all.count, 1);
    assert_str(all.items[0].name, "b");
    assert_true(all.items[0].composite);
    ok(role_find(r, &arena, 0, STR("a"), &found));
    assert_true(found.composite);
    ok(role_composite_remove(w, a.pk, b.pk));
    ok(role_composites(r, &arena, a.pk, &all));
    assert_int_equal(all.count, 0);
    store_rollback(w);
    realm_view_release(view);
}

static void test_effective(void **state)
{
    (void)state;
    struct realm_view *view = view_of("peru");
    struct client client = add_client(view, "app");
    struct user user = add_user(view, "ana");
    struct store_write *w = begin_write(view);
    struct store_read *r = store_write_reader(w);
    struct role direct = add_role(w, "direct", 0);
    struct role inner = add_role(w, "inner", client.pk);
    struct role deep = add_role(w, "deep", 0);
    struct role by_group = add_role(w, "by-group", 0);
    struct role by_parent = add_role(w, "by-parent", 0);
    (void)add_role(w, "foreign", 0);
    struct group company = add_group(w, "company", 0);
    struct group ops = add_group(w, "ops", company.pk);
    struct roles all;
    ok(role_composite_add(w, direct.pk, inner.pk));
    ok(role_composite_add(w, inner.pk, deep.pk));
    ok(user_role_add(w, user.pk, direct.pk));
    ok(user_role_add(w, user.pk, direct.pk));
    ok(group_role_add(w, ops.pk, by_group.pk));
    ok(group_role_add(w, company.pk, by_parent.pk));
    ok(user_group_add(w, user.pk, ops.pk));
    ok(user_roles(r, &arena, user.pk, &all));
    assert_int_equal(all.count, 1);
    ok(user_roles_effective(r, &arena, user.pk, &all));
    assert_int_equal(all.count, 5);
    assert_str(all.items[0].name, "by-group");
    assert_str(all.items[1].name, "by-parent");
    assert_str(all.items[2].name, "deep");
    assert_str(all.items[3].name, "direct");
    assert_str(all.items[4].name, "inner");
    assert_str(all.items[4].client_id, "app");
    ok(user_group_remove(w, user.pk, ops.pk));
    ok(user_role_remove(w, user.pk, direct.pk));
    ok(user_roles_effective(r, &arena, user.pk, &all));
    assert_int_equal(all.count, 0);
    fails(user_role_add(w, user.pk, 4711), ERR_NOT_FOUND);
    store_rollback(w);
    realm_view_release(view);
}

/* As an administrator of 1,000 realms has them, in the memory that a request has. */
static void test_many_roles_fit_a_request(void **state)
{
    (void)state;
    enum { CLIENTS = 1000, OF_EACH = 21, TIMES = 2 };
    struct realm_view *view = view_of("peru");
    struct user user = add_user(view, "ana");
    struct store_write *w = begin_write(view);
    struct store_read *r = store_write_reader(w);
    struct role all = add_role(w, "all", 0);
    struct arena request;
    struct roles roles;
    char name[32];
    ok(user_role_add(w, user.pk, all.pk));
    for (int i = 0; i < CLIENTS; i++) {
        snprintf(name, sizeof(name), "c%04d-realm", i);
        struct client client = {.id = uuid_new(&arena), .client_id = arena_str_c(&arena, name)};
        ok(client_insert(w, &client));
        for (int k = 0; k < OF_EACH; k++) {
            snprintf(name, sizeof(name), "manage-thing-%02d", k);
            struct role role = add_role(w, name, client.pk);
            ok(role_composite_add(w, all.pk, role.pk));
        }
    }
    arena_init(&request, ARENA_REQUEST_MAX_BYTES);
    for (int i = 0; i < TIMES; i++)
        ok(user_roles_effective(r, &request, user.pk, &roles));
    assert_int_equal(roles.count, CLIENTS * OF_EACH + 1);
    assert_str(roles.items[0].name, "all");
    assert_str(roles.items[1].client_id, "c0000-realm");
    assert_str(roles.items[CLIENTS * OF_EACH].client_id, "c0999-realm");
    assert_str(roles.items[CLIENTS * OF_EACH].name, "manage-thing-20");
    arena_free(&request);
    store_rollback(w);
    realm_view_release(view);
}

static void test_groups(void **state)
{
    (void)state;
    struct realm_view *view = view_of("peru");
    struct user user = add_user(view, "ana");
    struct store_write *w = begin_write(view);
    struct store_read *r = store_write_reader(w);
    struct group company = add_group(w, "company", 0);
    struct group ops = add_group(w, "ops", company.pk);
    struct group night = add_group(w, "night", ops.pk);
    struct group found;
    struct groups all;
    struct roles roles;
    struct group twice = {.id = uuid_new(&arena), .name = STR("ops"), .parent_pk = company.pk};
    fails(group_insert(w, &twice), ERR_CONFLICT);
    twice.name = STR("a/b");
    fails(group_insert(w, &twice), ERR_INVALID_REQUEST);
    ok(group_find_by_path(r, &arena, STR("/company/ops/night"), &found));
    assert_int_equal(found.pk, night.pk);
    assert_str(found.path, "/company/ops/night");
    fails(group_find_by_path(r, &arena, STR("/company/none"), &found), ERR_NOT_FOUND);
    fails(group_find_by_path(r, &arena, STR("/company//ops"), &found), ERR_NOT_FOUND);
    fails(group_find_by_path(r, &arena, STR("/"), &found), ERR_NOT_FOUND);
    ok(group_find_by_id(r, &arena, ops.id, &found));
    assert_str(found.path, "/company/ops");
    ok(group_list(r, &arena, 0, &all));
    assert_int_equal(all.count, 1);
    ok(group_list(r, &arena, company.pk, &all));
    assert_str(all.items[0].path, "/company/ops");
    company.parent_pk = night.pk;
    fails(group_update(w, &company), ERR_CONFLICT);
    ops.name = STR("operations");
    ok(group_update(w, &ops));
    ok(user_group_add(w, user.pk, night.pk));
    ok(user_groups(r, &arena, user.pk, &all));
    assert_int_equal(all.count, 1);
    assert_str(all.items[0].path, "/company/operations/night");
    struct role role = add_role(w, "r", 0);
    ok(group_role_add(w, night.pk, role.pk));
    ok(group_roles(r, &arena, night.pk, &roles));
    assert_int_equal(roles.count, 1);
    ok(group_role_remove(w, night.pk, role.pk));
    ok(group_roles(r, &arena, night.pk, &roles));
    assert_int_equal(roles.count, 0);
    company.parent_pk = 0;
    ok(group_delete(w, company.pk));
    fails(group_find_by_id(r, &arena, night.id, &found), ERR_NOT_FOUND);
    ok(user_groups(r, &arena, user.pk, &all));
    assert_int_equal(all.count, 0);
    store_rollback(w);
    realm_view_release(view);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_roles, start_test, end_test),
        cmocka_unit_test_setup_teardown(test_composites, start_test, end_test),
        cmocka_unit_test_setup_teardown(test_effective, start_test, end_test),
        cmocka_unit_test_setup_teardown(test_many_roles_fit_a_request, start_test, end_test),
        cmocka_unit_test_setup_teardown(test_groups, start_test, end_test),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
