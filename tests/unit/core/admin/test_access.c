/* Who may administer what (core/admin/access.h, core/admin/client_guard.h): AD-01, AD-02, AD-04. */
#include "tests/unit/core/admin/admin_support.h"

#include "core/admin/client_guard.h"
#include "core/admin/scopes.h"

#define MANAGEMENT(name) STR("realm-management/" name)

static struct role role_of(struct str spelling)
{
    struct role role;
    ok(admin_role_find_spelled(&ctx, reader(), spelling, &role));
    return role;
}

static void give(const struct user *user, struct str spelling)
{
    begin();
    struct role role = role_of(spelling);
    ok(admin_user_role_add(&ctx, w, user, &role));
    commit();
}

/* As the person is now, in the realm that is in use. */
static struct admin_caller caller_of(const struct user *user)
{
    struct str realm = realm_view_realm(ctx.view)->name;
    struct admin_caller caller = {.realm = arena_str(&arena, realm),
                                  .of_master = str_eq(realm, STR(REALM_MASTER)),
                                  .user_id = user->id,
                                  .username = user->username};
    begin();
    ok(user_roles_effective(reader(), &arena, user->pk, &caller.roles));
    store_rollback_p(&w);
    return caller;
}

static struct admin_caller caller_with(const char *name, struct str spelling)
{
    struct user user = make_user(name);
    give(&user, spelling);
    return caller_of(&user);
}

static void test_nobody_may_anything_AD_01(void **state)
{
    (void)state;
    struct user user = make_user("nadie");
    struct admin_caller caller = caller_of(&user);
    for (int p = 0; p < ADMIN_PERMISSION_COUNT; p++)
        assert_int_equal(admin_may(&caller, STR("peru"), (enum admin_permission)p),
                         p == ADMIN_SIGNED_IN);
    assert_false(admin_is_any(&caller));
    assert_true(admin_reaches(&caller, STR("peru")));
    assert_false(admin_reaches(&caller, STR("master")));
}

static void test_a_role_counts_in_its_realm_alone_AD_02(void **state)
{
    (void)state;
    struct strs names;
    struct admin_caller caller = caller_with("mirona", MANAGEMENT("view-users"));
    assert_true(admin_may(&caller, STR("peru"), ADMIN_VIEW_USERS));
    assert_true(admin_may(&caller, STR("peru"), ADMIN_QUERY_GROUPS)); /* by its parts */
    assert_false(admin_may(&caller, STR("peru"), ADMIN_MANAGE_USERS));
    assert_false(admin_may(&caller, STR("master"), ADMIN_VIEW_USERS));
    assert_false(admin_may(&caller, STR("per"), ADMIN_VIEW_USERS));
    assert_false(admin_may(&caller, STR("peru"), ADMIN_CREATE_REALM));
    assert_true(admin_is_any(&caller));
    ok(admin_roles_over(&caller, &arena, STR("peru"), &names));
    assert_true(strs_has(&names, STR("view-users")));
    ok(admin_roles_over(&caller, &arena, STR("chile"), &names));
    assert_int_equal(names.count, 0);
    /* a role of the same name elsewhere says nothing */
    caller.roles.items[0].client_id = STR("tienda");
    caller.roles.count = 1;
    assert_false(admin_may(&caller, STR("peru"), ADMIN_VIEW_USERS));
}

static void test_those_of_master_AD_02(void **state)
{
    (void)state;
    use_realm(REALM_MASTER);
    struct admin_caller one = caller_with("vecina", STR("peru-realm/manage-users"));
    struct admin_caller all = caller_with("ronda", STR("admin"));
    struct admin_caller maker = caller_with("fundadora", STR("create-realm"));
    assert_true(admin_may(&one, STR("peru"), ADMIN_MANAGE_USERS));
    assert_false(admin_may(&one, STR("master"), ADMIN_MANAGE_USERS));
    assert_false(admin_may(&one, STR("peru"), ADMIN_MANAGE_REALM));
    assert_true(admin_reaches(&one, STR("chile")));
    assert_true(admin_may(&all, STR("peru"), ADMIN_MANAGE_REALM));
    assert_true(admin_may(&all, STR("master"), ADMIN_MANAGE_REALM));
    assert_true(admin_may(&all, STR("master"), ADMIN_CREATE_REALM));
    assert_true(admin_may(&maker, STR("master"), ADMIN_CREATE_REALM));
    assert_true(admin_is_any(&maker));
    assert_false(admin_may(&maker, STR("peru"), ADMIN_VIEW_USERS));
    use_realm("peru");
}

static int may_give(const struct admin_caller *caller, struct str spelling)
{
    begin();
    struct role role = role_of(spelling);
    int rc = admin_may_give(&ctx, caller, reader(), &(struct roles){&role, 1});
    store_rollback_p(&w);
    return rc;
}

static void test_nobody_gives_more_than_he_has_AD_04(void **state)
{
    (void)state;
    struct role wrapped = {.name = STR("harmless")};
    struct admin_caller caller = caller_with("jefa", MANAGEMENT("manage-users"));
    struct admin_caller whole = caller_with("duena", MANAGEMENT("realm-admin"));
    ok(may_give(&caller, MANAGEMENT("manage-users")));
    ok(may_give(&caller, STR("offline_access"))); /* no right to administer */
    fails(may_give(&caller, MANAGEMENT("manage-realm")), ERR_FORBIDDEN);
    fails(may_give(&caller, MANAGEMENT("realm-admin")), ERR_FORBIDDEN);
    ok(may_give(&whole, MANAGEMENT("realm-admin")));
    /* hidden in a role of the realm */
    begin();
    struct role manage = role_of(MANAGEMENT("manage-realm"));
    ok(admin_role_insert(&ctx, w, NULL, &wrapped));
    ok(admin_role_compose(&ctx, w, &wrapped, &manage));
    assert_true(admin_role_gives_rights(&ctx, &manage));
    assert_false(admin_role_gives_rights(&ctx, &wrapped));
    commit();
    fails(may_give(&caller, STR("harmless")), ERR_FORBIDDEN);
    ok(may_give(&whole, STR("harmless")));
}

static void test_who_has_more_is_not_changed_AD_04(void **state)
{
    (void)state;
    struct user admin = make_user("alcaldesa"), person = make_user("vecino");
    give(&admin, MANAGEMENT("manage-realm"));
    struct admin_caller caller = caller_with("encargada", MANAGEMENT("manage-users"));
    begin();
    fails(admin_may_change_user(&ctx, &caller, reader(), admin.pk), ERR_FORBIDDEN);
    ok(admin_may_change_user(&ctx, &caller, reader(), person.pk));
    store_rollback_p(&w);
}

/* --- Clients --- */

static struct client make_client(const char *client_id, bool service)
{
    struct client client = {0};
    fields_default(&client_fields, &client);
    client.client_id = str_c(client_id);
    client.service_accounts_enabled = service;
    client.full_scope_allowed = false;
    begin();
    ok(admin_client_insert(&ctx, w, &client));
    commit();
    return client;
}

static int may_change(const struct admin_caller *caller, const char *client_id)
{
    struct client client;
    begin();
    ok(client_find(reader(), &arena, str_c(client_id), &client));
    int rc = admin_may_change_client(&ctx, caller, reader(), &client);
    store_rollback_p(&w);
    return rc;
}

static void test_clients_of_administrators_AD_04(void **state)
{
    (void)state;
    struct admin_caller caller = caller_with("clientela", MANAGEMENT("manage-clients"));
    struct admin_caller whole = caller_with("todo", MANAGEMENT("realm-admin"));
    (void)make_client("quiosco", false);
    ok(may_change(&caller, "quiosco"));
    fails(may_change(&caller, "admin-cli"), ERR_FORBIDDEN);
    fails(may_change(&caller, "security-admin-console"), ERR_FORBIDDEN);
    fails(may_change(&caller, "realm-management"), ERR_FORBIDDEN);
    ok(may_change(&whole, "admin-cli"));
}

static void test_a_service_account_that_reaches_further_AD_04(void **state)
{
    (void)state;
    struct user user;
    struct admin_caller caller = caller_with("operadora", MANAGEMENT("manage-clients"));
    struct client client = make_client("robot", true);
    ok(may_change(&caller, "robot"));
    begin();
    ok(user_find_by_id(reader(), &arena, client.service_account_user_id, &user));
    store_rollback_p(&w);
    give(&user, MANAGEMENT("manage-users"));
    fails(may_change(&caller, "robot"), ERR_FORBIDDEN);
}

static void test_scope_mappings_that_reach_further_AD_04(void **state)
{
    (void)state;
    struct client_scope scope = {0};
    struct admin_caller caller = caller_with("gestora", MANAGEMENT("manage-clients"));
    struct client client = make_client("portal", false);
    fields_default(&client_scope_fields, &scope);
    scope.name = STR("lejos");
    scope.protocol = STR("openid-connect");
    begin();
    ok(admin_scope_insert(&ctx, w, &scope));
    commit();
    begin();
    struct role manage = role_of(MANAGEMENT("manage-realm"));
    ok(admin_may_change_scope(&ctx, &caller, reader(), &scope));
    ok(admin_scope_role_add(&ctx, w, &scope, &manage));
    commit();
    begin();
    ok(scope_find_by_id(reader(), &arena, scope.id, &scope));
    fails(admin_may_change_scope(&ctx, &caller, reader(), &scope), ERR_FORBIDDEN);
    ok(client_find(reader(), &arena, client.client_id, &client));
    ok(admin_client_scope_link(&ctx, w, &client, &scope, SCOPE_LINK_DEFAULT));
    commit();
    fails(may_change(&caller, "portal"), ERR_FORBIDDEN);
    client = make_client("taquilla", false);
    begin();
    ok(admin_client_scope_role_add(&ctx, w, &client, &manage));
    commit();
    fails(may_change(&caller, "taquilla"), ERR_FORBIDDEN);
}

static int may_map(const struct admin_caller *caller, const char *member, const char *role)
{
    struct protocol_mapper mapper = {.name = STR("m")};
    ok(str_map_set(&mapper.config, &arena, str_c(member), str_c(role)));
    begin();
    int rc = admin_may_map(&ctx, caller, reader(), &(struct protocol_mappers){&mapper, 1});
    store_rollback_p(&w);
    return rc;
}

static void test_roles_that_mappers_put_in_AD_04(void **state)
{
    (void)state;
    struct admin_caller caller = caller_with("cartografa", MANAGEMENT("manage-clients"));
    ok(may_map(&caller, "role", "offline_access"));
    ok(may_map(&caller, "role", "no.such.role"));
    ok(may_map(&caller, "claim.name", "realm-management.manage-realm"));
    fails(may_map(&caller, "role", "realm-management.manage-realm"), ERR_FORBIDDEN);
    fails(may_map(&caller, "new.role.name", "realm-management.realm-admin"), ERR_FORBIDDEN);
    ok(may_map(&caller, "role", "realm-management.manage-clients"));
}

static void test_names_that_carry_rights_stay_AD_04(void **state)
{
    (void)state;
    struct str none = {NULL, 0};
    ok(admin_client_name_check(&ctx, none, STR("tienda")));
    ok(admin_client_name_check(&ctx, STR("tienda"), STR("bodega")));
    ok(admin_client_name_check(&ctx, none,
                               STR("peru-realm"))); /* means nothing outside of master */
    fails(admin_client_name_check(&ctx, none, STR("realm-management")), ERR_FORBIDDEN);
    fails(admin_client_name_check(&ctx, STR("realm-management"), STR("tienda")), ERR_FORBIDDEN);
    fails(admin_client_name_check(&ctx, STR("tienda"), STR("realm-management")), ERR_FORBIDDEN);
    use_realm(REALM_MASTER);
    fails(admin_client_name_check(&ctx, none, STR("chile-realm")), ERR_FORBIDDEN);
    use_realm("peru");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nobody_may_anything_AD_01),
        cmocka_unit_test(test_a_role_counts_in_its_realm_alone_AD_02),
        cmocka_unit_test(test_those_of_master_AD_02),
        cmocka_unit_test(test_nobody_gives_more_than_he_has_AD_04),
        cmocka_unit_test(test_who_has_more_is_not_changed_AD_04),
        cmocka_unit_test(test_clients_of_administrators_AD_04),
        cmocka_unit_test(test_a_service_account_that_reaches_further_AD_04),
        cmocka_unit_test(test_scope_mappings_that_reach_further_AD_04),
        cmocka_unit_test(test_roles_that_mappers_put_in_AD_04),
        cmocka_unit_test(test_names_that_carry_rights_stay_AD_04),
    };
    return cmocka_run_group_tests(tests, setup_store, teardown_store);
}
