/* Exports (core/transfer/export.h): what stands in them, in which order, and how they fail. */
#include "tests/unit/core/admin/admin_support.h"

#include "core/admin/components.h"
#include "core/admin/providers.h"
#include "core/base/rng.h"
#include "core/port/records.h"
#include "core/transfer/export.h"

/* What a sink was given: one text for each file. */
struct given {
    struct buf files[8];
    struct str names[8];
    size_t count;
    size_t pieces;
    size_t fail_at; /* the piece that fails; 0: none */
};

static int begin_file(void *arg, struct str file)
{
    struct given *given = arg;
    assert_true(given->count < ARRAY_LEN(given->files));
    given->names[given->count] = arena_str(&arena, file);
    buf_init(&given->files[given->count++], &arena, (size_t)16 << 20);
    return 0;
}

static int take(void *arg, struct str piece)
{
    struct given *given = arg;
    assert_true(given->count > 0);
    buf_add(&given->files[given->count - 1], piece);
    return ++given->pieces == given->fail_at ? ERR_IO : 0;
}

static const struct export_options everything = {
    .users_per_file = 2, .secrets = true, .clients = true, .groups_and_roles = true};

static int run(const struct export_options *options, struct given *given)
{
    struct export_counts counts;
    const struct export_sink sink = {begin_file, take, given};
    return realm_export(&ctx, options, &sink, &counts);
}

static const struct json_value *parsed(const struct given *given, size_t file)
{
    const struct json_value *json;
    ok(json_parse(&arena, buf_str(&given->files[file]), (size_t)16 << 20, &json));
    return json;
}

static const struct json_value *exported(const struct export_options *options)
{
    struct given *given = ARENA_NEW(&arena, struct given);
    assert_non_null(given);
    ok(run(options, given));
    return parsed(given, 0);
}

static void add_record(const char *kind, const char *id, const char *parent, int64_t position,
                       const char *json)
{
    const struct realm_record record = {.kind = kind,
                                        .id = str_c(id),
                                        .parent = parent ? str_c(parent) : str_of(NULL, 0),
                                        .position = position,
                                        .json = str_c(json)};
    begin();
    ok(record_insert(w, &record));
    commit();
}

static void assert_json(const struct json_value *value, const char *text)
{
    struct buf b;
    struct json_writer writer;
    struct str got;
    buf_init(&b, &arena, (size_t)1 << 20);
    jw_init(&writer, &b);
    jw_value(&writer, value);
    ok(jw_finish(&writer, &got));
    assert_string_equal(got.ptr, text);
}

/* --- Records --- */

static void add_records(void)
{
    add_record(RECORD_COMPONENT, "c2", NULL, 0,
               "{\"name\":\"ldap\",\"providerId\":\"ldap\",\"providerType\":\"storage\","
               "\"config\":{\"bindCredential\":[\"geheim\"],\"a\":[\"1\"]}}");
    add_record(RECORD_COMPONENT, "c1", "c2", 0,
               "{\"id\":\"c1\",\"name\":\"mail\",\"providerType\":\"mapper\",\"parentId\":\"c2\"}");
    add_record(
        RECORD_IDENTITY_PROVIDER, "i1", NULL, 0,
        "{\"alias\":\"google\",\"config\":{\"clientSecret\":\"geheim\",\"tokenUrl\":\"u\"}}");
    add_record(RECORD_FLOW, "f1", NULL, 0, "{\"alias\":\"mine\",\"topLevel\":true}");
    add_record(RECORD_EXECUTION, "e2", "f1", 2,
               "{\"authenticator\":\"two\",\"requirement\":\"REQUIRED\",\"priority\":2,"
               "\"authenticatorConfig\":\"s1\"}");
    add_record(RECORD_EXECUTION, "e1", "f1", 1,
               "{\"authenticator\":\"one\",\"requirement\":\"DISABLED\",\"priority\":1}");
    add_record(RECORD_AUTHENTICATOR_CONFIG, "s1", NULL, 0,
               "{\"alias\":\"settings\",\"config\":{\"secret.key\":\"geheim\"}}");
    add_record(RECORD_REQUIRED_ACTION, "a1", NULL, 0, "{\"alias\":\"UPDATE_PASSWORD\"}");
}

static void test_records(void **state)
{
    (void)state;
    use_realm("peru");
    add_records();
    const struct json_value *realm = exported(&everything);
    const struct json_value *components = json_get(realm, "components");
    assert_json(
        json_get(components, "storage"),
        "[{\"id\":\"c2\",\"name\":\"ldap\",\"providerId\":\"ldap\","
        "\"config\":{\"bindCredential\":[\"geheim\"],\"a\":[\"1\"]},"
        "\"subComponents\":{\"mapper\":[{\"id\":\"c1\",\"name\":\"mail\",\"providerId\":\"\",\"config\":{},"
        "\"subComponents\":{}}]}}]");
    assert_json(
        json_get(realm, "identityProviders"),
        "[{\"alias\":\"google\",\"config\":{\"clientSecret\":\"geheim\",\"tokenUrl\":\"u\"}}]");
    assert_json(json_get(realm, "authenticationFlows"),
                "[{\"id\":\"f1\",\"alias\":\"mine\",\"description\":\"\",\"providerId\":"
                "\"basic-flow\",\"topLevel\":true,\"builtIn\":false,\"authenticationExecutions\":"
                "[{\"authenticator\":\"one\",\"authenticatorFlow\":false,\"requirement\":"
                "\"DISABLED\",\"priority\":1,\"autheticatorFlow\":false,\"userSetupAllowed\":"
                "false},{\"authenticatorConfig\":\"settings\",\"authenticator\":\"two\","
                "\"authenticatorFlow\":false,\"requirement\":\"REQUIRED\",\"priority\":2,"
                "\"autheticatorFlow\":false,\"userSetupAllowed\":false}]}]");
    assert_json(json_get(realm, "authenticatorConfig"),
                "[{\"id\":\"s1\",\"alias\":\"settings\",\"config\":{\"secret.key\":\"geheim\"}}]");
    assert_json(json_get(realm, "requiredActions"), "[{\"alias\":\"UPDATE_PASSWORD\"}]");
}

/* A key that was made as a component keeps its id and name, and stands once. */
static void test_keys_as_components(void **state)
{
    struct str value = STR("RS512");
    struct component c = {.id = STR("k1"),
                          .name = STR("mine"),
                          .provider_id = STR("rsa-generated"),
                          .provider_type = STR(PROVIDER_KEY)};
    const struct json_value *keys, *key, *algs;
    size_t named = 0;
    (void)state;
    use_realm("peru");
    ok(attrs_set(&c.config, &arena, STR("algorithm"), (struct strs){&value, 1}));
    begin();
    ok(admin_component_insert(&ctx, NULL, w, &c));
    commit();
    keys = json_get(json_get(exported(&everything), "components"), PROVIDER_KEY);
    assert_true(json_count(keys) >= 2);
    for (struct json_iter it = json_iter(keys); json_next(&it, NULL, &key);) {
        bool mine = str_eq(json_get_str(key, "id"), STR("k1"));
        algs = json_get(json_get(key, "config"), "algorithm");
        named += mine;
        assert_int_equal(mine, str_eq(json_get_str(key, "name"), STR("mine")));
        assert_int_equal(mine, str_eq(json_str(json_at(algs, 0)), value));
    }
    assert_int_equal(named, 1);
}

/* AD-06: what is said to hold no secrets holds none, in records either. */
static void test_ad_06_no_secrets(void **state)
{
    struct given given = {.count = 0};
    struct export_options options = everything;
    (void)state;
    use_realm("peru");
    add_records();
    options.secrets = false;
    ok(run(&options, &given));
    struct str text = buf_str(&given.files[0]);
    assert_true(str_find_str(text, STR("geheim")) < 0);
    assert_true(str_find_str(text, STR("\"clientSecret\":\"**********\",\"tokenUrl\":\"u\"")) >= 0);
    assert_true(str_find_str(text, STR("\"bindCredential\":[\"**********\"],\"a\":[\"1\"]")) >= 0);
}

/* --- Order and pieces --- */

static struct group add_path(const char *path)
{
    struct group group = {0};
    begin();
    ok(admin_group_insert_path(&ctx, w, str_c(path), &group));
    commit();
    return group;
}

/* People stand as they were made; the order in which groups were made does not show, as it is another one
 * after an import. */
static void test_order(void **state)
{
    (void)state;
    use_realm("peru");
    (void)make_user("zoe");
    struct user ana = make_user("ana");
    (void)add_path("/b");
    (void)add_path("/a");
    struct group bx = add_path("/b/x"), ax = add_path("/a/x");
    begin();
    ok(user_group_add(w, ana.pk, bx.pk));
    ok(user_group_add(w, ana.pk, ax.pk));
    commit();
    const struct json_value *realm = exported(&everything);
    const struct json_value *users = json_get(realm, "users");
    assert_json(json_get(json_at(users, 0), "username"), "\"zoe\"");
    assert_json(json_get(json_at(users, 1), "username"), "\"ana\"");
    assert_json(json_get(json_at(users, 1), "groups"), "[\"/a/x\",\"/b/x\"]");
    assert_json(json_get(json_at(json_get(realm, "groups"), 0), "path"), "\"/a\"");
}

static void test_files(void **state)
{
    struct given given = {.count = 0}, none = {.count = 0};
    struct export_options options = everything;
    (void)state;
    use_realm("peru");
    options.users = EXPORT_USERS_DIFFERENT_FILES;
    ok(run(&options, &none));
    assert_int_equal(none.count, 1);
    (void)make_user("ana1");
    (void)make_user("ana2");
    (void)make_user("ana3");
    (void)make_user("ana4");
    ok(run(&options, &given));
    assert_int_equal(given.count, 3);
    assert_string_equal(given.names[0].ptr, "peru-realm.json");
    assert_string_equal(given.names[2].ptr, "peru-users-1.json");
    assert_null(json_get(parsed(&given, 0), "users"));
    assert_int_equal(json_count(json_get(parsed(&given, 2), "users")), 2);
}

/* Parts of a realm for the console: the service accounts of its clients, and no other people. */
static void test_service_accounts(void **state)
{
    struct client client = {0};
    struct export_options options = everything;
    (void)state;
    use_realm("peru");
    (void)make_user("ana");
    fields_default(&client_fields, &client);
    client.client_id = STR("robot");
    client.service_accounts_enabled = true;
    begin();
    ok(admin_client_insert(&ctx, w, &client));
    commit();
    options.users = EXPORT_USERS_SERVICE_ACCOUNTS;
    const struct json_value *users = json_get(exported(&options), "users");
    assert_int_equal(json_count(users), 1);
    assert_json(json_get(json_at(users, 0), "serviceAccountClientId"), "\"robot\"");
    options.clients = options.groups_and_roles = false;
    const struct json_value *bare = exported(&options);
    assert_null(json_get(bare, "clients"));
    assert_null(json_get(bare, "roles"));
    assert_null(json_get(bare, "groups"));
    assert_null(json_get(bare, "users"));
}

/* --- Failing --- */

static void test_a_sink_that_fails_ends_it(void **state)
{
    struct given given = {.fail_at = 1};
    (void)state;
    use_realm("peru");
    assert_int_equal(run(&everything, &given), ERR_IO);
    assert_int_equal(given.pieces, 1);
}

/* Trees that stand in a store since before there was GROUP_DEPTH_MAX. */
static void test_groups_too_deep(void **state)
{
    struct given fits = {.count = 0}, given = {.count = 0};
    struct group group = {0}, parent;
    (void)state;
    use_realm("peru");
    for (int depth = 0; depth <= EXPORT_GROUP_DEPTH_MAX; depth++) {
        parent = group;
        group = (struct group){
            .name = STR("g"), .id = uuid_new(&arena), .parent_pk = depth > 0 ? parent.pk : 0};
        if (depth == EXPORT_GROUP_DEPTH_MAX)
            ok(run(&everything, &fits));
        begin();
        ok(group_insert(w, &group));
        commit();
    }
    assert_int_equal(run(&everything, &given), ERR_TOO_DEEP);
    assert_non_null(strstr(err.detail, "levels deep"));
}

/* AU-03: an export that cannot be told does not happen. */
static void test_au_03_event_first(void **state)
{
    struct given given = {.count = 0};
    (void)state;
    use_realm("peru");
    begin(); /* this thread writes already, so that the event cannot be appended */
    assert_int_not_equal(run(&everything, &given), 0);
    assert_int_equal(given.count, 0);
    assert_int_equal(given.pieces, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_records, setup_store, teardown_store),
        cmocka_unit_test_setup_teardown(test_keys_as_components, setup_store, teardown_store),
        cmocka_unit_test_setup_teardown(test_ad_06_no_secrets, setup_store, teardown_store),
        cmocka_unit_test_setup_teardown(test_order, setup_store, teardown_store),
        cmocka_unit_test_setup_teardown(test_files, setup_store, teardown_store),
        cmocka_unit_test_setup_teardown(test_service_accounts, setup_store, teardown_store),
        cmocka_unit_test_setup_teardown(test_a_sink_that_fails_ends_it, setup_store,
                                        teardown_store),
        cmocka_unit_test_setup_teardown(test_groups_too_deep, setup_store, teardown_store),
        cmocka_unit_test_setup_teardown(test_au_03_event_first, setup_store, teardown_store),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
