/* Clients, scopes, secrets (core/port/clients.h) and clients inside views. */
#include "tests/unit/store/store_support.h"

static struct client_scope scope_named(const char *name)
{
    struct client_scope scope = {.id = uuid_new(&arena), .name = str_c(name)};
    ok(str_map_set(&scope.attributes, &arena, STR("include.in.token.scope"), STR("true")));
    return scope;
}

static struct protocol_mapper *mapper_named(const char *name)
{
    struct protocol_mapper *m = ARENA_NEW(&arena, struct protocol_mapper);
    assert_non_null(m);
    m->id = uuid_new(&arena);
    m->name = str_c(name);
    m->type = STR("oidc-hardcoded-claim-mapper");
    ok(str_map_set(&m->config, &arena, STR("claim.name"), STR("tenant")));
    return m;
}

/* Who goes on in a write sees what it changed; everybody else sees it after the commit or never. */
static void test_view_of_write(void **state)
{
    (void)state;
    const struct client *found;
    struct realm_view *own, *view = view_of("peru");
    size_t scopes = realm_view_scopes(view)->count;
    struct store_write *w = begin_write(view);
    struct client_scope scope = scope_named("of-the-write");
    struct client client = client_named("of-the-write");
    ok(scope_insert(w, &scope));
    ok(client_insert(w, &client));
    ok(realm_view_of_write(w, &own));
    assert_int_equal(realm_view_scopes(own)->count, scopes + 1);
    ok(realm_view_client(own, STR("of-the-write"), &found));
    assert_int_equal(found->pk, client.pk);
    ok(realm_view_refresh(&view));
    assert_int_equal(realm_view_scopes(view)->count, scopes);
    fails(realm_view_client(view, STR("of-the-write"), &found), ERR_NOT_FOUND);
    realm_view_release(own);
    store_rollback(w);
    ok(realm_view_refresh(&view));
    fails(realm_view_client(view, STR("of-the-write"), &found), ERR_NOT_FOUND);
    realm_view_release(view);
}

static void test_client_with_parts(void **state)
{
    (void)state;
    struct realm_view *view = view_of("peru");
    struct store_write *w = begin_write(view);
    struct client_scope email = scope_named("email");
    struct client_scope phone = scope_named("phone");
    struct role role = {.id = uuid_new(&arena), .name = STR("admin")};
    ok(role_insert(w, &role));
    email.mappers = (struct protocol_mappers){mapper_named("tenant"), 1};
    email.role_pks = &role.pk;
    email.role_count = 1;
    ok(scope_insert(w, &email));
    ok(scope_insert(w, &phone));
    struct client_scope links[2] = {email, phone};
    links[0].is_default = true;
    links[1].is_default = false;
    struct client client = client_named("app");
    client.scopes = (struct client_scopes){links, 2};
    client.mappers = (struct protocol_mappers){mapper_named("own"), 1};
    client.scope_role_pks = &role.pk;
    client.scope_role_count = 1;
    client.secret = STR("a secret of the client");
    ok(strs_add(&client.redirect_uris, &arena, STR("https://app.example.pe/cb")));
    ok(client_insert(w, &client));
    struct client same = client_named("app");
    fails(client_insert(w, &same), ERR_CONFLICT);
    commit(w);

    ok(realm_view_refresh(&view));
    const struct client *found;
    const struct client *by_id;
    ok(realm_view_client(view, STR("app"), &found));
    ok(realm_view_client(view, client.id, &by_id));
    assert_true(found == by_id);
    ok(realm_view_client_by_pk(view, client.pk, &by_id));
    assert_true(found == by_id);
    assert_true(strs_has(&found->redirect_uris, STR("https://app.example.pe/cb")));
    assert_int_equal(found->scopes.count, 2);
    const struct client_scope *first = &found->scopes.items[0];
    assert_str(first->name, "email");
    assert_true(first->is_default && !first->is_optional);
    assert_true(found->scopes.items[1].is_optional);
    assert_int_equal(first->mappers.count, 1);
    assert_str(str_map_get(&first->mappers.items[0].config, STR("claim.name")), "tenant");
    assert_int_equal(first->role_pks[0], role.pk);
    assert_str(found->mappers.items[0].name, "own");
    assert_int_equal(found->scope_role_pks[0], role.pk);
    assert_true(str_absent(found->secret));
    fails(realm_view_client(view, STR("nobody"), &found), ERR_NOT_FOUND);
    fails(realm_view_client(view, STR(""), &found), ERR_NOT_FOUND);
    fails(realm_view_client_by_pk(view, 999, &found), ERR_NOT_FOUND);

    struct client whole;
    struct store_read *r = begin_read(view);
    ok(client_find(r, &arena, STR("app"), &whole));
    assert_str(whole.secret, "a secret of the client");
    assert_int_equal(whole.scopes.count, 2);
    assert_str(whole.scopes.items[1].name, "phone");
    ok(client_find_by_id(r, &arena, client.id, &whole));
    store_read_end(r);

    /* An update without a secret keeps the one there is. */
    w = begin_write(view);
    whole.secret = str_of(NULL, 0);
    whole.scopes.count = 1;
    whole.enabled = false;
    ok(client_update(w, &whole));
    commit(w);
    ok(realm_view_refresh(&view));
    ok(realm_view_client(view, STR("app"), &found));
    assert_false(found->enabled);
    assert_int_equal(found->scopes.count, 1);
    struct str secret;
    ok(client_secret_copy(view, client.pk, CLIENT_SECRET_PRESENT, &arena, &secret));
    assert_str(secret, "a secret of the client");
    realm_view_release(view);
}

static void test_secrets(void **state)
{
    (void)state;
    struct realm_view *view = view_of("peru");
    struct client client = client_named("confidential");
    struct client open = client_named("public");
    bool match;
    client.secret = STR("s3cret-s3cret");
    struct store_write *w = begin_write(view);
    ok(client_insert(w, &client));
    ok(client_insert(w, &open));
    commit(w);
    ok(realm_view_refresh(&view));
    ok(client_secret_matches(view, client.pk, CLIENT_SECRET_PRESENT, STR("s3cret-s3cret"), &match));
    assert_true(match);
    ok(client_secret_matches(view, client.pk, CLIENT_SECRET_PRESENT, STR("s3cret-s3creT"), &match));
    assert_false(match);
    ok(client_secret_matches(view, client.pk, CLIENT_SECRET_PRESENT, STR(""), &match));
    assert_false(match);
    fails(client_secret_matches(view, open.pk, CLIENT_SECRET_PRESENT, STR(""), &match),
          ERR_NOT_FOUND);
    fails(client_secret_copy(view, open.pk, CLIENT_SECRET_PRESENT, &arena, &client.secret),
          ERR_NOT_FOUND);
    realm_view_release(view);
}

/* The secret before the present one stands by itself: a change of the client leaves it, and it is not in
 * the file in clear. */
static void test_rotated_secret(void **state)
{
    (void)state;
    struct realm_view *view = view_of("peru");
    struct client client = client_named("rotating");
    struct str secret;
    bool match;
    client.secret = STR("the-present-secret");
    struct store_write *w = begin_write(view);
    ok(client_insert(w, &client));
    fails(client_rotated_find(store_write_reader(w), &arena, &client, &secret), ERR_NOT_FOUND);
    ok(client_rotated_put(w, &client, STR("the-secret-before")));
    ok(client_update(w, &client));
    ok(client_rotated_find(store_write_reader(w), &arena, &client, &secret));
    assert_str(secret, "the-secret-before");
    commit(w);
    ok(realm_view_refresh(&view));
    ok(client_secret_matches(view, client.pk, CLIENT_SECRET_ROTATED, STR("the-secret-before"),
                             &match));
    assert_true(match);
    ok(client_secret_matches(view, client.pk, CLIENT_SECRET_PRESENT, STR("the-secret-before"),
                             &match));
    assert_false(match);
    ok(client_secret_copy(view, client.pk, CLIENT_SECRET_ROTATED, &arena, &secret));
    assert_str(secret, "the-secret-before");
    w = begin_write(view);
    ok(client_rotated_put(w, &client, str_of(NULL, 0)));
    commit(w);
    ok(realm_view_refresh(&view));
    fails(client_secret_copy(view, client.pk, CLIENT_SECRET_ROTATED, &arena, &secret),
          ERR_NOT_FOUND);
    realm_view_release(view);
}

static void test_scopes(void **state)
{
    (void)state;
    struct realm_view *view = view_of("peru");
    struct client_scope scope = scope_named("profile");
    struct client_scope same = scope_named("profile");
    struct store_write *w = begin_write(view);
    ok(scope_insert(w, &scope));
    fails(scope_insert(w, &same), ERR_CONFLICT);
    ok(scope_realm_link(w, scope.pk, SCOPE_LINK_OPTIONAL));
    commit(w);
    ok(realm_view_refresh(&view));
    const struct client_scopes *all = realm_view_scopes(view);
    assert_int_equal(all->count, 1);
    assert_true(all->items[0].is_optional && !all->items[0].is_default);
    w = begin_write(view);
    scope.name = STR("profile2");
    scope.mappers = (struct protocol_mappers){mapper_named("x"), 1};
    ok(scope_update(w, &scope));
    ok(scope_realm_link(w, scope.pk, SCOPE_LINK_DEFAULT));
    commit(w);
    ok(realm_view_refresh(&view));
    all = realm_view_scopes(view);
    assert_str(all->items[0].name, "profile2");
    assert_true(all->items[0].is_default);
    assert_int_equal(all->items[0].mappers.count, 1);
    w = begin_write(view);
    ok(scope_delete(w, scope.pk));
    fails(scope_delete(w, scope.pk), ERR_NOT_FOUND);
    commit(w);
    ok(realm_view_refresh(&view));
    assert_int_equal(realm_view_scopes(view)->count, 0);
    realm_view_release(view);
}

static void test_list_and_delete(void **state)
{
    (void)state;
    struct realm_view *view = view_of("peru");
    struct client *items;
    size_t count;
    const struct client *found;
    struct client b = add_client(view, "b");
    (void)add_client(view, "a");
    (void)add_client(view, "c");
    struct store_write *w = begin_write(view);
    ok(client_list(store_write_reader(w), &arena, str_of(NULL, 0), 10, &items, &count));
    assert_int_equal(count, 3);
    assert_str(items[0].client_id, "a");
    ok(client_list(store_write_reader(w), &arena, STR("a"), 1, &items, &count));
    assert_int_equal(count, 1);
    assert_str(items[0].client_id, "b");
    ok(client_delete(w, b.pk));
    commit(w);
    ok(realm_view_refresh(&view));
    fails(realm_view_client(view, STR("b"), &found), ERR_NOT_FOUND);
    realm_view_release(view);
}

/* Those of a person, by client_id, however the attribute changes. */
static void test_owners(void **state)
{
    (void)state;
    struct realm_view *view = view_of("peru");
    struct client mine = client_named("mine"), other = client_named("a-second");
    struct store_write *w = begin_write(view);
    struct store_read *r = store_write_reader(w);
    struct strs ids;
    ok(str_map_set(&mine.attributes, &arena, STR("garita.owner"), STR("ana")));
    ok(str_map_set(&other.attributes, &arena, STR("garita.owner"), STR("ana")));
    ok(client_insert(w, &mine));
    ok(client_insert(w, &other));
    ok(client_ids_of_owner(r, &arena, STR("ana"), &ids));
    assert_int_equal(ids.count, 2);
    assert_true(str_eq(ids.items[0], other.id));
    assert_true(str_eq(ids.items[1], mine.id));
    ok(str_map_set(&other.attributes, &arena, STR("garita.owner"), STR("eva")));
    ok(client_update(w, &other));
    ok(client_ids_of_owner(r, &arena, STR("ana"), &ids));
    assert_int_equal(ids.count, 1);
    ok(client_delete(w, mine.pk));
    ok(client_ids_of_owner(r, &arena, STR("ana"), &ids));
    assert_int_equal(ids.count, 0);
    store_rollback(w);
    realm_view_release(view);
}

/* SK-01: secrets do not stand in any file of the data folder, live or closed. */
static void test_sk_01_canaries(void **state)
{
    (void)state;
    struct realm_view *view = view_of("peru");
    char command[400];
    struct store_write *w = begin_write(view);
    struct client client = client_named("app");
    client.secret = STR("CANARYclientsecret0123456789");
    ok(client_insert(w, &client));
    struct user user = user_named("ana");
    ok(user_insert(w, &user));
    struct credential c = {.id = uuid_new(&arena),
                           .type = STR("otp"),
                           .secret_data = STR("{\"value\":\"CANARYseedOfTotp\"}"),
                           .credential_data = STR("{}")};
    ok(credential_insert(w, user.pk, &c));
    struct realm_key key = {.alg = STR("HS256"), .kid = STR("CANARYkid")};
    ok(key_import(w, &arena, &key, STR("CANARYkeyCANARYkeyCANARYkeyCANARYkey")));
    struct realm_key long_key = {.alg = STR("HS512"), .kid = STR("plainkid")};
    ok(key_import(w, &arena, &long_key,
                  STR("CANARYkeyCANARYkeyCANARYkeyCANARYkeyCANARYkeyCANARYkeyCANARYkeyCANARYkey")));
    commit(w);
    realm_view_release(view);
    for (int closed = 0; closed < 2; closed++) {
        /* The search finds what is not secret, so it does search. */
        (void)snprintf(command, sizeof(command), "grep -raq CANARYkid '%s'", test_dir);
        assert_int_equal(system(command), 0);
        (void)snprintf(command, sizeof(command), "grep -raqE 'CANARY(clientsecret|seed|key)' '%s'",
                       test_dir);
        assert_int_not_equal(system(command), 0);
        reopen_store();
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_view_of_write, start_test, end_test),
        cmocka_unit_test_setup_teardown(test_client_with_parts, start_test, end_test),
        cmocka_unit_test_setup_teardown(test_secrets, start_test, end_test),
        cmocka_unit_test_setup_teardown(test_rotated_secret, start_test, end_test),
        cmocka_unit_test_setup_teardown(test_scopes, start_test, end_test),
        cmocka_unit_test_setup_teardown(test_list_and_delete, start_test, end_test),
        cmocka_unit_test_setup_teardown(test_owners, start_test, end_test),
        cmocka_unit_test_setup_teardown(test_sk_01_canaries, start_test, end_test),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
