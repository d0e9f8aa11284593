/* Realms, people, clients, roles, groups and keys: each change with its event, or not at all. */
#include "tests/unit/core/admin/admin_support.h"

static bool contains(struct str text, const char *part)
{
    return str_find_str(text, str_c(part)) >= 0;
}

static void test_user_life(void **state)
{
    struct str data = {NULL, 0};
    struct user user, found;
    struct roles roles;
    (void)state;
    use_realm("peru");
    user = make_user("  Maria ");
    assert_true(str_eq(user.username, STR("maria")));
    assert_int_equal(count_events(EVENT_UserCreated, &data), 1);
    assert_true(contains(data, "\"username\":\"maria\""));
    begin();
    ok(admin_user_find(&ctx, reader(), STR("MARIA"), &found));
    assert_true(str_eq(found.id, user.id));
    ok(admin_user_find(&ctx, reader(), user.id, &found));
    ok(user_roles(reader(), &arena, user.pk, &roles));
    assert_int_equal(roles.count, 1);
    assert_true(str_eq(roles.items[0].name, STR("default-roles-peru")));
    struct user after = found;
    after.email = STR("Maria@Example.PE");
    after.email_verified = true;
    ok(admin_user_update(&ctx, w, &found, &after, &found));
    commit();
    assert_true(str_eq(found.email, STR("maria@example.pe")));
    (void)count_events(EVENT_UserModified, &data);
    assert_true(contains(data, "\"before\":{") && contains(data, "\"after\":{"));
    assert_true(contains(data, "maria@example.pe"));
    assert_false(contains(data, "\"enabled\"")); /* did not change */
    begin();
    ok(admin_user_delete(&ctx, w, &found));
    commit();
    begin();
    fails(admin_user_find(&ctx, reader(), STR("maria"), &found), ERR_NOT_FOUND);
    assert_true(err.detail[0] != '\0');
    store_rollback_p(&w);
    assert_int_equal(count_events(EVENT_UserDeleted, NULL), 1);
}

/* OI-08: the proof of one address is no proof of another. */
static void test_verified_flag_falls(void **state)
{
    struct user user, after;
    (void)state;
    use_realm("peru");
    user = make_user("vera");
    begin();
    after = user;
    after.email = STR("one@example.pe");
    after.email_verified = true;
    ok(admin_user_update(&ctx, w, &user, &after, &user));
    assert_true(user.email_verified);
    after = user;
    after.email = STR("two@example.pe");
    ok(admin_user_update(&ctx, w, &user, &after, &user));
    assert_false(user.email_verified);
    store_rollback_p(&w);
}

/* RE-02 and BR-09 */
static void test_names_are_taken_once(void **state)
{
    struct user other = {0};
    (void)state;
    use_realm("peru");
    (void)make_user("rosa");
    fields_default(&user_fields, &other);
    other.username = STR("ROSA");
    ok(admin_user_prepare(&ctx, &other));
    begin();
    fails(admin_user_insert(&ctx, w, &other), ERR_CONFLICT);
    assert_true(contains(str_c(err.detail), "User exists"));
    store_rollback_p(&w);
}

/* OT-06: a user who is disabled has no sessions left. */
static void test_disabling_ends_sessions(void **state)
{
    struct user user, after;
    struct user_session session = {0}, *sessions;
    size_t count;
    (void)state;
    use_realm("peru");
    user = make_user("dora");
    begin();
    session = (struct user_session){.id = STR("6f1f4f0e-0000-4000-8000-000000000001"),
                                    .user_pk = user.pk,
                                    .user_id = user.id,
                                    .started_ms = now.wall_ms,
                                    .last_access_ms = now.wall_ms,
                                    .auth_time_ms = now.wall_ms,
                                    .acr = STR("1"),
                                    .amr = STR("pwd")};
    ok(session_insert(w, &session));
    after = user;
    after.enabled = false;
    ok(admin_user_update(&ctx, w, &user, &after, NULL));
    ok(session_list_of_user(reader(), &arena, user.pk, &sessions, &count));
    assert_int_equal(count, 0);
    commit();
    assert_int_equal(count_events(EVENT_UserDeactivated, NULL), 1);
}

/* PW-07, AU-01: nothing of a password reaches the record of events. */
static void test_password_stays_secret(void **state)
{
    struct user user;
    struct password_change change;
    struct event_record *events;
    struct event_filter filter = {0};
    size_t count;
    (void)state;
    use_realm("peru");
    user = make_user("clara");
    ok(password_change_prepare(&ctx, &user, STR("Canario-Secreto-77"), &change, NULL));
    begin();
    ok(password_change_store(&ctx, w, &change, true, 0, EVENT_CredentialsReset));
    commit();
    begin();
    ok(event_list(reader(), &arena, &filter, 1000, &events, &count));
    for (size_t i = 0; i < count; i++) {
        assert_false(contains(events[i].data, "Canario"));
        assert_false(contains(events[i].data, "secretData"));
        assert_false(contains(events[i].metadata, "Canario"));
    }
    store_rollback_p(&w);
}

/* PW-01 */
static void test_unreadable_credentials_are_refused(void **state)
{
    struct credential c = {.type = STR("password"),
                           .secret_data = STR("{\"value\":\"!!\",\"salt\":\"\"}"),
                           .credential_data =
                               STR("{\"hashIterations\":-1,\"algorithm\":\"pbkdf2-sha256\"}")};
    struct user user;
    (void)state;
    use_realm("peru");
    user = make_user("berta");
    begin();
    fails(admin_user_import_credential(&ctx, w, &user, &c), ERR_INVALID_REQUEST);
    store_rollback_p(&w);
}

static void test_client_life(void **state)
{
    struct client client, found;
    struct user account;
    struct str secret, data = {NULL, 0};
    (void)state;
    use_realm("peru");
    ok(admin_client_defaults(&ctx, STR("ramp-service"), &client));
    assert_int_equal(client.scopes.count, 10);
    client.service_accounts_enabled = true;
    begin();
    ok(admin_client_insert(&ctx, w, &client));
    assert_int_equal(client.secret.len, 43);
    ok(user_find_by_username(reader(), &arena, STR("service-account-ramp-service"), &account));
    assert_true(str_eq(account.service_account_client_id, client.id));
    fails(admin_user_delete(&ctx, w, &account), ERR_FORBIDDEN);
    commit();
    (void)count_events(EVENT_ClientCreated, &data);
    assert_true(str_find_str(data, client.secret) < 0); /* AU-01 */
    begin();
    ok(admin_client_find(&ctx, reader(), STR("ramp-service"), &found));
    ok(admin_client_secret_set(&ctx, w, &found, str_of(NULL, 0), &secret));
    assert_false(str_eq(secret, client.secret));
    char longest[CLIENT_SECRET_MAX_BYTES + 1];
    memset(longest, 'a', sizeof(longest));
    fails(admin_client_secret_set(&ctx, w, &found, str_of(longest, sizeof(longest)), &secret),
          ERR_INVALID_REQUEST);
    fails(admin_client_secret_set(&ctx, w, &found, STR("a\nb"), &secret), ERR_INVALID_REQUEST);
    store_rollback_p(&w);
    begin();
    ok(admin_client_delete(&ctx, w, &found));
    fails(user_find_by_username(reader(), &arena, STR("service-account-ramp-service"), &account),
          ERR_NOT_FOUND);
    commit();
}

/* AD-14: judged on the result of the change. */
static void test_client_update_is_checked(void **state)
{
    struct client client, after;
    (void)state;
    use_realm("peru");
    ok(admin_client_defaults(&ctx, STR("checked"), &client));
    begin();
    ok(admin_client_insert(&ctx, w, &client));
    after = client;
    after.public_client = true;
    after.service_accounts_enabled = true;
    fails(admin_client_update(&ctx, w, &client, &after), ERR_INVALID_REQUEST);
    after = client;
    ok(strs_add(&after.redirect_uris, &arena, STR("javascript:alert(1)")));
    fails(admin_client_update(&ctx, w, &client, &after), ERR_INVALID_REQUEST);
    store_rollback_p(&w);
}

static void test_roles_and_groups(void **state)
{
    struct role writer = {.name = STR("writer"), .description = STR("")};
    struct role reader_role = {.name = STR("reader"), .description = STR("")};
    struct role role;
    struct group company = {0}, ops = {0}, found;
    struct roles effective;
    struct user user;
    bool seen = false;
    (void)state;
    use_realm("peru");
    user = make_user("gloria");
    begin();
    ok(admin_role_insert(&ctx, w, NULL, &writer));
    ok(admin_role_insert(&ctx, w, NULL, &reader_role));
    role = writer;
    role.id = str_of(NULL, 0);
    fails(admin_role_insert(&ctx, w, NULL, &role), ERR_CONFLICT);
    ok(admin_role_compose(&ctx, w, &writer, &reader_role));
    fails(admin_role_compose(&ctx, w, &reader_role, &writer), ERR_CONFLICT);
    ok(admin_group_insert_path(&ctx, w, STR("/company"), &company));
    ok(admin_group_insert_path(&ctx, w, STR("/company/ops"), &ops));
    struct group orphan = {0};
    fails(admin_group_insert_path(&ctx, w, STR("/none/ops"), &orphan), ERR_NOT_FOUND);
    ok(admin_group_find(&ctx, reader(), STR("company/ops"), &found));
    ok(admin_group_role_add(&ctx, w, &company, &writer));
    ok(admin_user_group_join(&ctx, w, &user, &ops));
    ok(user_roles_effective(reader(), &arena, user.pk, &effective));
    for (size_t i = 0; i < effective.count; i++)
        seen = seen || str_eq(effective.items[i].name, STR("reader"));
    assert_true(seen);
    ok(admin_role_find_spelled(&ctx, reader(), STR("account/view-profile"), &role));
    assert_true(str_eq(role.client_id, STR("account")));
    ok(admin_role_find(&ctx, reader(), NULL, STR("default-roles-peru"), &role));
    fails(admin_role_delete(&ctx, w, &role), ERR_FORBIDDEN);
    commit();
    assert_int_equal(count_events(EVENT_RoleAssigned, NULL), 1);
    assert_int_equal(count_events(EVENT_GroupMemberAdded, NULL), 1);
}

static void test_key_rotation(void **state)
{
    struct realm_key key;
    struct realm_keys keys;
    int64_t retired, next_ms;
    (void)state;
    use_realm("peru");
    begin();
    fails(admin_key_rotate(&ctx, w, STR("none"), 0, &key), ERR_INVALID_REQUEST);
    ok(admin_key_rotate(&ctx, w, STR("ES256"), 60000, &key));
    struct str first = key.kid;
    ok(admin_key_rotate(&ctx, w, STR("ES256"), 60000, &key));
    assert_false(str_eq(first, key.kid));
    ok(key_list(reader(), &arena, &keys));
    for (size_t i = 0; i < keys.count; i++)
        if (str_eq(keys.items[i].kid, first)) {
            assert_int_equal(keys.items[i].status, KEY_PASSIVE);
            assert_int_equal(keys.items[i].not_after_ms, now.wall_ms + 60000);
        }
    ok(admin_keys_retire(&ctx, w, &retired, &next_ms));
    assert_int_equal(retired, 0);
    assert_int_equal(next_ms, now.wall_ms + 60000);
    commit();
    assert_false(admin_keys_due(realm_view_keys(ctx.view), now.wall_ms));
    assert_true(admin_keys_due(realm_view_keys(ctx.view), now.wall_ms + 120000));
    now.wall_ms += 120000;
    begin();
    ok(admin_keys_retire(&ctx, w, &retired, &next_ms));
    assert_int_equal(retired, 1);
    for (size_t i = 0; i < keys.count; i++)
        if (str_eq(keys.items[i].alg, STR("RS256")))
            fails(admin_key_disable(&ctx, w, keys.items[i].kid), ERR_FORBIDDEN);
    ok(admin_key_disable(&ctx, w, key.kid));
    fails(admin_key_disable(&ctx, w, STR("nothing")), ERR_NOT_FOUND);
    store_rollback_p(&w);
}

/* OT-05: nothing that was given out before is good any more. */
static void test_void_all(void **state)
{
    struct user user;
    struct user_session session = {0}, *sessions;
    struct realm_keys before, after;
    struct str data = {NULL, 0};
    int64_t ended, replaced;
    size_t count, active = 0;
    (void)state;
    use_realm("peru");
    user = make_user("vida");
    begin();
    session = (struct user_session){.id = STR("6f1f4f0e-0000-4000-8000-00000000000f"),
                                    .user_pk = user.pk,
                                    .started_ms = now.wall_ms,
                                    .last_access_ms = now.wall_ms,
                                    .auth_time_ms = now.wall_ms};
    ok(session_insert(w, &session));
    ok(key_list(reader(), &arena, &before));
    ok(admin_void_all(&ctx, w, STR("a test"), &ended, &replaced));
    assert_int_equal(ended, 1);
    ok(session_list_of_user(reader(), &arena, user.pk, &sessions, &count));
    assert_int_equal(count, 0);
    ok(key_list(reader(), &arena, &after));
    for (size_t i = 0; i < after.count; i++) {
        assert_int_not_equal(after.items[i].status, KEY_PASSIVE);
        active += after.items[i].status == KEY_ACTIVE;
        for (size_t k = 0; k < before.count; k++)
            if (str_eq(after.items[i].kid, before.items[k].kid))
                assert_int_equal(after.items[i].status, KEY_DISABLED);
    }
    assert_true(replaced >= 2);
    assert_int_equal(active, replaced);
    commit();
    assert_int_equal(count_events(EVENT_SessionRevoked, &data), 1);
    assert_true(contains(data, "a test"));
}

static void test_realm_update(void **state)
{
    struct realm after;
    struct str data = {NULL, 0};
    (void)state;
    use_realm("peru");
    after = *realm_view_realm(ctx.view);
    after.name = STR("renamed");
    after.access_token_lifespan_s = 120;
    begin();
    ok(admin_realm_update(&ctx, w, realm_view_realm(ctx.view), &after));
    commit();
    assert_int_equal(realm_view_realm(ctx.view)->access_token_lifespan_s, 120);
    assert_true(str_eq(realm_view_realm(ctx.view)->name, STR("peru")));
    assert_int_equal(count_events(EVENT_ConfigurationChanged, &data), 1);
    assert_true(contains(data, "\"after\":{\"accessTokenLifespan\":120}"));
    after = *realm_view_realm(ctx.view);
    after.password_policy = STR("regexPattern(x)");
    begin();
    fails(admin_realm_update(&ctx, w, realm_view_realm(ctx.view), &after), ERR_INVALID_REQUEST);
    store_rollback_p(&w);
}

static void test_realm_delete(void **state)
{
    struct realm realm;
    struct realm_view *view;
    const struct client *client;
    (void)state;
    use_realm(REALM_MASTER);
    ok(bootstrap_settings(&arena, STR("chile"), &realm));
    ok(admin_realm_create(&ctx, store, &realm));
    use_realm(REALM_MASTER);
    struct realm again;
    ok(bootstrap_settings(&arena, STR("chile"), &again));
    fails(admin_realm_create(&ctx, store, &again), ERR_CONFLICT);
    fails(admin_realm_delete(&ctx, STR(REALM_MASTER)), ERR_FORBIDDEN);
    fails(admin_realm_delete(&ctx, STR("nowhere")), ERR_NOT_FOUND);
    ok(admin_realm_delete(&ctx, STR("chile")));
    fails(realm_view_acquire(store, STR("chile"), &view), ERR_NOT_FOUND);
    use_realm(REALM_MASTER);
    fails(realm_view_client(ctx.view, STR("chile-realm"), &client), ERR_NOT_FOUND);
    assert_int_equal(count_events(EVENT_RealmDeleted, NULL), 1);
}

/* AU-02: after all of the above every chain is whole. */
static void test_chains_are_whole(void **state)
{
    static const char *const realms[] = {"master", "peru"};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(realms); i++) {
        struct event_verdict verdict;
        struct store_read *r;
        use_realm(realms[i]);
        ok(store_read_begin(ctx.view, &r));
        ok(event_verify(r, &arena, &verdict));
        store_read_end(r);
        assert_int_equal(verdict.bad_seq, 0);
        assert_true(verdict.checked > 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_user_life),
        cmocka_unit_test(test_verified_flag_falls),
        cmocka_unit_test(test_names_are_taken_once),
        cmocka_unit_test(test_disabling_ends_sessions),
        cmocka_unit_test(test_password_stays_secret),
        cmocka_unit_test(test_unreadable_credentials_are_refused),
        cmocka_unit_test(test_client_life),
        cmocka_unit_test(test_client_update_is_checked),
        cmocka_unit_test(test_roles_and_groups),
        cmocka_unit_test(test_key_rotation),
        cmocka_unit_test(test_void_all),
        cmocka_unit_test(test_realm_update),
        cmocka_unit_test(test_realm_delete),
        cmocka_unit_test(test_chains_are_whole),
    };
    return cmocka_run_group_tests(tests, setup_store, teardown_store);
}
