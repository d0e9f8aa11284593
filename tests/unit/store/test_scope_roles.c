/* Scope mappings: the roles that clients and client scopes let through (core/port/roles.h). */
#include "tests/unit/store/store_support.h"

static struct role add_role(struct store_write *w, const char *name)
{
    struct role role = {.id = uuid_new(&arena), .name = str_c(name)};
    ok(role_insert(w, &role));
    return role;
}

static struct client_scope add_scope(struct store_write *w, const char *name)
{
    struct client_scope scope = {
        .id = uuid_new(&arena), .name = str_c(name), .protocol = STR("openid-connect")};
    ok(scope_insert(w, &scope));
    return scope;
}

/* Names, in the order in which they came. */
static const char *names_of(const struct roles *roles)
{
    struct buf b;
    struct str text;
    buf_init(&b, &arena, 1024);
    for (size_t i = 0; i < roles->count; i++) {
        buf_add(&b, roles->items[i].name);
        buf_add_byte(&b, ' ');
    }
    ok(buf_finish(&b, &text));
    return text.ptr;
}

/* a is made of b, b of c; d stands alone. */
struct family {
    struct role a, b, c, d;
};

static struct family add_family(struct store_write *w)
{
    struct family f = {add_role(w, "a"), add_role(w, "b"), add_role(w, "c"), add_role(w, "d")};
    ok(role_composite_add(w, f.a.pk, f.b.pk));
    ok(role_composite_add(w, f.b.pk, f.c.pk));
    return f;
}

static void test_of_a_client(void **state)
{
    (void)state;
    struct realm_view *view = view_of("peru");
    struct client client = add_client(view, "app"), other = add_client(view, "other");
    struct store_write *w = begin_write(view);
    struct store_read *r = store_write_reader(w);
    struct family f = add_family(w);
    struct roles roles;
    ok(client_scope_roles(r, &arena, client.pk, &roles));
    assert_int_equal(roles.count, 0);
    ok(client_scope_role_add(w, client.pk, f.d.pk));
    ok(client_scope_role_add(w, client.pk, f.a.pk));
    ok(client_scope_role_add(w, client.pk, f.a.pk)); /* twice is once */
    ok(client_scope_roles(r, &arena, client.pk, &roles));
    assert_string_equal(names_of(&roles), "a d ");
    ok(client_scope_roles_effective(r, &arena, client.pk, &roles));
    assert_string_equal(names_of(&roles), "a b c d ");
    ok(client_scope_roles_effective(r, &arena, other.pk, &roles));
    assert_int_equal(roles.count, 0);
    ok(client_scope_role_remove(w, client.pk, f.a.pk));
    ok(client_scope_roles_effective(r, &arena, client.pk, &roles));
    assert_string_equal(names_of(&roles), "d ");
    ok(role_delete(w, f.d.pk)); /* what is gone is let through by nobody */
    ok(client_scope_roles(r, &arena, client.pk, &roles));
    assert_int_equal(roles.count, 0);
    store_rollback(w);
    realm_view_release(view);
}

static void test_of_a_scope(void **state)
{
    (void)state;
    struct realm_view *view = view_of("peru");
    struct store_write *w = begin_write(view);
    struct store_read *r = store_write_reader(w);
    struct family f = add_family(w);
    struct client_scope scope = add_scope(w, "wide"), other = add_scope(w, "narrow");
    struct roles roles;
    ok(scope_role_add(w, scope.pk, f.b.pk));
    ok(scope_role_add(w, scope.pk, f.b.pk));
    ok(scope_role_add(w, other.pk, f.d.pk));
    ok(scope_roles(r, &arena, scope.pk, &roles));
    assert_string_equal(names_of(&roles), "b ");
    ok(scope_roles_effective(r, &arena, scope.pk, &roles));
    assert_string_equal(names_of(&roles), "b c ");
    ok(scope_roles_effective(r, &arena, other.pk, &roles));
    assert_string_equal(names_of(&roles), "d ");
    ok(scope_role_remove(w, scope.pk, f.b.pk));
    ok(scope_roles(r, &arena, scope.pk, &roles));
    assert_int_equal(roles.count, 0);
    store_rollback(w);
    realm_view_release(view);
}

/* A change of what is let through shows in the next picture of the realm. */
static void test_the_view_follows(void **state)
{
    (void)state;
    struct realm_view *view = view_of("peru");
    struct client client = add_client(view, "app");
    struct store_write *w = begin_write(view);
    struct role role = add_role(w, "a");
    const struct client *seen;
    ok(store_commit(w, DURABLE_LOCAL));
    ok(realm_view_refresh(&view));
    ok(realm_view_client(view, client.client_id, &seen));
    assert_int_equal(seen->scope_role_count, 0);
    w = begin_write(view);
    ok(client_scope_role_add(w, client.pk, role.pk));
    ok(store_commit(w, DURABLE_LOCAL));
    ok(realm_view_refresh(&view));
    ok(realm_view_client(view, client.client_id, &seen));
    assert_int_equal(seen->scope_role_count, 1);
    assert_int_equal(seen->scope_role_pks[0], role.pk);
    realm_view_release(view);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_of_a_client, start_test, end_test),
        cmocka_unit_test_setup_teardown(test_of_a_scope, start_test, end_test),
        cmocka_unit_test_setup_teardown(test_the_view_follows, start_test, end_test),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
