/* What a new realm holds: Keycloak's defaults, and nobody (CL-01). */
#include "tests/unit/core/admin/admin_support.h"

static const struct role *find(const struct roles *roles, const char *name)
{
    for (size_t i = 0; i < roles->count; i++)
        if (str_eq_c(roles->items[i].name, name))
            return &roles->items[i];
    return NULL;
}

static struct roles parts_of(const char *client_id, const char *name)
{
    struct client client;
    struct role role;
    struct roles parts;
    begin();
    if (client_id)
        ok(admin_client_find(&ctx, reader(), str_c(client_id), &client));
    ok(admin_role_find(&ctx, reader(), client_id ? &client : NULL, str_c(name), &role));
    ok(role_composites(reader(), &arena, role.pk, &parts));
    store_rollback_p(&w);
    return parts;
}

static void test_realm_roles(void **state)
{
    struct roles roles;
    struct role default_role;
    (void)state;
    use_realm("peru");
    begin();
    ok(role_list(reader(), &arena, 0, &roles));
    ok(role_find_by_id(reader(), &arena, realm_view_realm(ctx.view)->default_role_id,
                       &default_role));
    store_rollback_p(&w);
    assert_int_equal(roles.count, 4);
    assert_non_null(find(&roles, "token-validator"));
    assert_true(str_eq(default_role.name, STR("default-roles-peru")));
    struct roles parts = parts_of(NULL, "default-roles-peru");
    assert_int_equal(parts.count, 4);
    assert_non_null(find(&parts, "offline_access"));
    assert_non_null(find(&parts, "uma_authorization"));
    assert_non_null(find(&parts, "view-profile"));
    assert_non_null(find(&parts, "manage-account"));
}

static void test_clients(void **state)
{
    static const char *const expected[] = {"account", "account-console",  "admin-cli",
                                           "broker",  "realm-management", "security-admin-console"};
    struct client *clients;
    size_t count;
    (void)state;
    use_realm("peru");
    begin();
    ok(client_list(reader(), &arena, str_of(NULL, 0), 100, &clients, &count));
    store_rollback_p(&w);
    assert_int_equal(count, ARRAY_LEN(expected));
    for (size_t i = 0; i < count; i++)
        assert_true(str_eq_c(clients[i].client_id, expected[i]));
    const struct client *cli;
    ok(realm_view_client(ctx.view, STR("admin-cli"), &cli));
    assert_true(cli->public_client);
    assert_true(cli->direct_access_grants_enabled);
    assert_false(cli->standard_flow_enabled);
    assert_true(str_map_true(&cli->attributes, STR(CLIENT_ATTR_LIGHTWEIGHT)));
    const struct client *management;
    ok(realm_view_client(ctx.view, STR("realm-management"), &management));
    assert_true(management->bearer_only);
    struct roles parts = parts_of("realm-management", "realm-admin");
    assert_int_equal(parts.count, 18);
}

/* Every client that the bootstrap makes passes the check that other clients must pass. */
static void test_clients_are_sound(void **state)
{
    static const char *const realms[] = {"master", "peru"};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(realms); i++) {
        struct client *clients;
        size_t count;
        use_realm(realms[i]);
        ok(admin_realm_check(realm_view_realm(ctx.view), &err));
        begin();
        ok(client_list(reader(), &arena, str_of(NULL, 0), 100, &clients, &count));
        store_rollback_p(&w);
        for (size_t j = 0; j < count; j++) {
            const struct client *whole;
            ok(realm_view_client(ctx.view, clients[j].client_id, &whole));
            ok(client_check(whole, &err));
        }
    }
}

static const struct client_scope *scope_named(const char *name)
{
    const struct client_scopes *scopes = realm_view_scopes(ctx.view);
    for (size_t i = 0; i < scopes->count; i++)
        if (str_eq_c(scopes->items[i].name, name))
            return &scopes->items[i];
    return NULL;
}

static void test_scopes(void **state)
{
    static const struct {
        const char *name;
        bool is_default, is_optional;
        size_t mappers;
        bool in_token;
    } rows[] = {
        {"profile", true, false, 14, true},
        {"email", true, false, 2, true},
        {"roles", true, false, 3, false},
        {"web-origins", true, false, 1, false},
        {"acr", true, false, 1, false},
        {"basic", true, false, 2, false},
        {"address", false, true, 1, true},
        {"phone", false, true, 2, true},
        {"offline_access", false, true, 0, true},
        {"microprofile-jwt", false, true, 2, true},
        {"service_account", false, false, 3, false},
    };
    (void)state;
    use_realm("peru");
    assert_int_equal(realm_view_scopes(ctx.view)->count, ARRAY_LEN(rows));
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const struct client_scope *scope = scope_named(rows[i].name);
        assert_non_null(scope);
        assert_int_equal(scope->is_default, rows[i].is_default);
        assert_int_equal(scope->is_optional, rows[i].is_optional);
        assert_int_equal(scope->mappers.count, rows[i].mappers);
        assert_int_equal(client_scope_in_token(scope), rows[i].in_token);
    }
    assert_int_equal(scope_named("offline_access")->role_count, 1);
}

static void test_keys(void **state)
{
    struct realm_keys keys;
    (void)state;
    use_realm("peru");
    begin();
    ok(key_list(reader(), &arena, &keys));
    store_rollback_p(&w);
    assert_int_equal(keys.count, 2);
    for (size_t i = 0; i < keys.count; i++)
        assert_int_equal(keys.items[i].status, KEY_ACTIVE);
}

/* CL-01: no person, no password anywhere. */
static void test_nobody_is_there(void **state)
{
    int64_t people = -1;
    (void)state;
    use_realm("peru");
    begin();
    ok(user_count(reader(), &people));
    store_rollback_p(&w);
    assert_int_equal(people, 0);
    use_realm(REALM_MASTER);
    begin();
    ok(user_count(reader(), &people));
    store_rollback_p(&w);
    assert_int_equal(people, 0);
}

static void test_master_carries_the_realm(void **state)
{
    const struct client *client;
    bool made = true;
    (void)state;
    use_realm(REALM_MASTER);
    ok(realm_view_client(ctx.view, STR("peru-realm"), &client));
    assert_true(client->bearer_only);
    ok(realm_view_client(ctx.view, STR("master-realm"), &client));
    fails(realm_view_client(ctx.view, STR("realm-management"), &client), ERR_NOT_FOUND);
    struct roles parts = parts_of(NULL, "admin");
    assert_int_equal(parts.count, 1 + 18 + 18);
    begin();
    ok(bootstrap_master_client(&ctx, w, STR("peru"), &made));
    assert_false(made);
    store_rollback_p(&w);
}

/* A crash between the realm and its client in master is mended. */
static void test_mend(void **state)
{
    const struct client *client;
    (void)state;
    use_realm(REALM_MASTER);
    begin();
    ok(bootstrap_master_client_remove(&ctx, w, STR("peru")));
    commit();
    fails(realm_view_client(ctx.view, STR("peru-realm"), &client), ERR_NOT_FOUND);
    ok(admin_realms_mend(&ctx));
    use_realm(REALM_MASTER);
    ok(realm_view_client(ctx.view, STR("peru-realm"), &client));
    assert_int_equal(parts_of(NULL, "admin").count, 37);
}

static void test_first_event(void **state)
{
    struct event_record *events;
    struct event_filter filter = {0};
    size_t count;
    (void)state;
    use_realm("peru");
    begin();
    ok(event_list(reader(), &arena, &filter, 1, &events, &count));
    store_rollback_p(&w);
    assert_int_equal(count, 1);
    assert_true(str_eq(events[0].type, STR("RealmCreated")));
    assert_int_equal(events[0].seq, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_realm_roles),
        cmocka_unit_test(test_clients),
        cmocka_unit_test(test_clients_are_sound),
        cmocka_unit_test(test_scopes),
        cmocka_unit_test(test_keys),
        cmocka_unit_test(test_nobody_is_there),
        cmocka_unit_test(test_master_carries_the_realm),
        cmocka_unit_test(test_mend),
        cmocka_unit_test(test_first_event),
    };
    return cmocka_run_group_tests(tests, setup_store, teardown_store);
}
