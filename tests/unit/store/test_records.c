/* Records of a realm (core/port/records.h). */
#include "core/port/records.h"
#include "tests/unit/store/store_support.h"

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

static struct realm_record provider_named(const char *id, const char *name, int64_t position)
{
    return (struct realm_record){
        .kind = RECORD_IDENTITY_PROVIDER,
        .id = str_c(id),
        .name = name ? str_c(name) : str_of(NULL, 0),
        .position = position,
        .json = STR("{\"config\":{\"clientSecret\":\"canary-of-a-secret\"}}"),
    };
}

static void insert(struct realm_record record, int expected)
{
    struct store_write *w = begin_write(view);
    assert_int_equal(record_insert(w, &record), expected);
    commit(w);
}

static void test_round(void **state)
{
    struct realm_record google = provider_named("1", "google", 1), found, *items;
    size_t count;
    (void)state;
    insert(google, 0);
    insert(provider_named("1", "other", 0), ERR_CONFLICT);
    insert(provider_named("2", "google", 0), ERR_CONFLICT);
    insert(provider_named("3", NULL, 0), 0);
    insert(provider_named("4", NULL, 0), 0);

    struct store_read *r = begin_read(view);
    ok(record_find(r, &arena, RECORD_IDENTITY_PROVIDER, STR("1"), &found));
    assert_true(str_eq(found.name, google.name));
    assert_true(str_eq(found.json, google.json));
    assert_true(str_absent(found.parent));
    ok(record_find_by_name(r, &arena, RECORD_IDENTITY_PROVIDER, STR("google"), &found));
    assert_true(str_eq(found.id, STR("1")));
    assert_int_equal(record_find(r, &arena, RECORD_COMPONENT, STR("1"), &found), ERR_NOT_FOUND);
    ok(record_list(r, &arena, RECORD_IDENTITY_PROVIDER, &items, &count));
    assert_int_equal(count, 3);
    assert_true(str_eq(items[0].id, STR("3")));
    assert_true(str_eq(items[2].id, STR("1")));
    store_read_end(r);
}

static void test_change_and_delete(void **state)
{
    struct realm_record google = provider_named("1", "google", 1), found;
    (void)state;
    insert(google, 0);
    google.name = STR("gmail");
    google.json = STR("{}");
    struct store_write *w = begin_write(view);
    ok(record_update(w, &google));
    google.id = STR("unknown");
    assert_int_equal(record_update(w, &google), ERR_NOT_FOUND);
    commit(w);

    struct store_read *r = begin_read(view);
    ok(record_find_by_name(r, &arena, RECORD_IDENTITY_PROVIDER, STR("gmail"), &found));
    assert_true(str_eq(found.json, STR("{}")));
    store_read_end(r);

    w = begin_write(view);
    ok(record_delete(w, RECORD_IDENTITY_PROVIDER, STR("1")));
    assert_int_equal(record_delete(w, RECORD_IDENTITY_PROVIDER, STR("1")), ERR_NOT_FOUND);
    commit(w);
}

static void test_children(void **state)
{
    struct realm_record child = provider_named("b", NULL, 2), *items;
    size_t count;
    (void)state;
    child.parent = STR("flow");
    insert(child, 0);
    child.id = STR("a");
    insert(child, 0);
    child.id = STR("c");
    child.position = 1;
    insert(child, 0);
    insert(provider_named("root", NULL, 0), 0);

    struct store_read *r = begin_read(view);
    ok(record_list_children(r, &arena, RECORD_IDENTITY_PROVIDER, STR("flow"), &items, &count));
    assert_int_equal(count, 3);
    assert_true(str_eq(items[0].id, STR("c")) && str_eq(items[1].id, STR("a")));
    ok(record_list_children(r, &arena, RECORD_IDENTITY_PROVIDER, str_of(NULL, 0), &items, &count));
    assert_int_equal(count, 1);
    store_read_end(r);

    struct store_write *w = begin_write(view);
    ok(record_delete_children(w, RECORD_IDENTITY_PROVIDER, STR("flow")));
    commit(w);
    r = begin_read(view);
    ok(record_list(r, &arena, RECORD_IDENTITY_PROVIDER, &items, &count));
    assert_int_equal(count, 1);
    store_read_end(r);
}

static void test_limits(void **state)
{
    struct realm_record large = provider_named("1", NULL, 0);
    char *text = arena_alloc(&arena, RECORD_MAX_BYTES + 1);
    (void)state;
    memset(text, ' ', RECORD_MAX_BYTES + 1);
    large.json = str_of(text, RECORD_MAX_BYTES + 1);
    insert(large, ERR_INVALID_REQUEST);
    large.json.len--;
    insert(large, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_round, start, end),
        cmocka_unit_test_setup_teardown(test_change_and_delete, start, end),
        cmocka_unit_test_setup_teardown(test_children, start, end),
        cmocka_unit_test_setup_teardown(test_limits, start, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
