/* What resource servers hold (core/port/resource_servers.h). */
#include "core/port/resource_servers.h"
#include "tests/unit/store/store_support.h"

static struct realm_view *view;
static struct client client, other;

static int start(void **state)
{
    (void)start_test(state);
    view = view_of("peru");
    client = add_client(view, "photoz");
    other = add_client(view, "other");
    return 0;
}

static int end(void **state)
{
    realm_view_release(view);
    return end_test(state);
}

static struct rs_object put(struct store_write *w, enum rs_kind kind, const char *name,
                            const char *owner, const char *type)
{
    struct rs_object object = {.client_pk = client.pk,
                               .kind = kind,
                               .id = uuid_new(&arena),
                               .name = str_c(name),
                               .owner = str_c(owner),
                               .type = str_c(type),
                               .json = STR("{}")};
    ok(rs_insert(w, &object));
    return object;
}

/* Names of what a filter finds, with spaces between. */
static struct str found(struct store_read *r, struct rs_filter filter, size_t first, size_t limit)
{
    struct rs_objects objects;
    struct str text = STR("");
    filter.client_pk = filter.client_pk ? filter.client_pk : client.pk;
    ok(rs_list(r, &arena, &filter, first, limit, &objects));
    for (size_t i = 0; i < objects.count; i++)
        text = ARENA_CONCAT(&arena, text, i > 0 ? STR(" ") : STR(""), objects.items[i].name);
    return text;
}

static void test_rows(void **state)
{
    struct store_write *w = begin_write(view);
    struct store_read *r = store_write_reader(w);
    struct rs_object album = put(w, RS_RESOURCE, "album", "", "t"), again = album, read;
    struct rs_objects owned;
    (void)state;
    fails(rs_insert(w, &again), ERR_CONFLICT); /* its id */
    again.id = STR("another");
    fails(rs_insert(w, &again), ERR_CONFLICT); /* its name */
    again.owner = STR("6f1c1d0e-0000-4000-8000-000000000001");
    ok(rs_insert(w, &again));
    again.id = album.id;
    again.kind = RS_SCOPE;
    ok(rs_insert(w, &again)); /* ids and names are of a kind */

    ok(rs_find(r, &arena, client.pk, RS_RESOURCE, album.id, &read));
    assert_int_equal(read.pk, album.pk);
    assert_str(read.owner, "");
    fails(rs_find(r, &arena, other.pk, RS_RESOURCE, album.id, &read), ERR_NOT_FOUND);
    fails(rs_find(r, &arena, client.pk, RS_POLICY, album.id, &read), ERR_NOT_FOUND);
    ok(rs_find_by_name(r, &arena, client.pk, RS_RESOURCE,
                       STR("6f1c1d0e-0000-4000-8000-000000000001"), STR("album"), &read));
    assert_str(read.id, "another");
    fails(rs_find_by_name(r, &arena, client.pk, RS_RESOURCE, STR("nobody"), STR("album"), &read),
          ERR_NOT_FOUND);

    album.name = STR("albums");
    album.json = STR("{\"a\":1}");
    ok(rs_update(w, &album));
    ok(rs_find(r, &arena, client.pk, RS_RESOURCE, album.id, &read));
    assert_str(read.name, "albums");
    assert_str(read.json, "{\"a\":1}");
    ok(rs_owned(r, &arena, STR("6f1c1d0e-0000-4000-8000-000000000001"), &owned));
    assert_int_equal(owned.count, 1);
    assert_str(owned.items[0].id, "another");
    ok(rs_owned(r, &arena, STR(""), &owned));
    assert_int_equal(owned.count, 0);
    ok(rs_delete(w, album.pk));
    fails(rs_delete(w, album.pk), ERR_NOT_FOUND);
    commit(w);
}

static void test_lists(void **state)
{
    struct store_write *w = begin_write(view);
    struct store_read *r = store_write_reader(w);
    (void)state;
    put(w, RS_POLICY, "Three", "", "role");
    put(w, RS_POLICY, "one", "", "user");
    put(w, RS_POLICY, "two", "", "resource");
    put(w, RS_POLICY, "four", "", "scope");
    put(w, RS_SCOPE, "one", "", "");
    assert_str(found(r, (struct rs_filter){.kind = RS_POLICY}, 0, 9), "Three four one two");
    assert_str(found(r, (struct rs_filter){.kind = RS_POLICY}, 1, 2), "four one");
    assert_str(found(r, (struct rs_filter){.kind = RS_POLICY, .name = STR("THREE")}, 0, 9),
               "Three");
    assert_str(
        found(r, (struct rs_filter){.kind = RS_POLICY, .name = STR("THREE"), .exact = true}, 0, 9),
        "");
    assert_str(found(r, (struct rs_filter){.kind = RS_POLICY, .name = STR("%")}, 0, 9), "");
    assert_str(found(r, (struct rs_filter){.kind = RS_POLICY, .type = STR("role")}, 0, 9), "Three");
    assert_str(
        found(r, (struct rs_filter){.kind = RS_POLICY, .permissions = RS_ONLY_PERMISSION}, 0, 9),
        "four two");
    assert_str(
        found(r, (struct rs_filter){.kind = RS_POLICY, .permissions = RS_NO_PERMISSION}, 0, 9),
        "Three one");
    assert_str(found(r, (struct rs_filter){.client_pk = other.pk, .kind = RS_POLICY}, 0, 9), "");
    commit(w);
}

static void test_links_and_words(void **state)
{
    struct store_write *w = begin_write(view);
    struct store_read *r = store_write_reader(w);
    struct rs_object view_scope = put(w, RS_SCOPE, "view", "", ""),
                     edit = put(w, RS_SCOPE, "edit", "", ""),
                     album = put(w, RS_RESOURCE, "album", "", "t"),
                     policy = put(w, RS_POLICY, "p", "", "scope");
    struct rs_object two[] = {view_scope, edit};
    struct rs_objects named;
    struct strs words = {0};
    int64_t *pks;
    size_t count;
    (void)state;
    ok(rs_links_put(w, album.pk, RS_SCOPE, &(struct rs_objects){two, 2}));
    ok(rs_links_put(w, policy.pk, RS_SCOPE, &(struct rs_objects){two, 1}));
    ok(rs_links_put(w, policy.pk, RS_RESOURCE, &(struct rs_objects){&album, 1}));
    assert_str(found(r, (struct rs_filter){.kind = RS_SCOPE, .from_pk = album.pk}, 0, 9),
               "edit view");
    assert_str(found(r, (struct rs_filter){.kind = RS_RESOURCE, .to_pk = view_scope.pk}, 0, 9),
               "album");
    assert_str(found(r, (struct rs_filter){.kind = RS_POLICY, .to_pk = edit.pk}, 0, 9), "");
    /* links to one kind leave those to another alone */
    ok(rs_links_put(w, policy.pk, RS_SCOPE, &(struct rs_objects){&two[1], 1}));
    ok(rs_links_of(r, &arena, policy.pk, &pks, &count));
    assert_int_equal(count, 2);
    assert_int_equal(pks[0], edit.pk);
    assert_int_equal(pks[1], album.pk);

    ok(strs_add(&words, &arena, STR("/album/*")));
    ok(strs_add(&words, &arena, STR("/album/*")));
    ok(rs_words_put(w, album.pk, &words));
    ok(rs_words_put(w, policy.pk, &words));
    assert_str(found(r, (struct rs_filter){.kind = RS_RESOURCE, .word = STR("/album/*")}, 0, 9),
               "album");
    assert_str(found(r, (struct rs_filter){.kind = RS_RESOURCE, .word = STR("/album")}, 0, 9), "");
    ok(rs_policies_with_word(r, &arena, STR("/album/*"), &named));
    assert_int_equal(named.count, 1);
    assert_int_equal(named.items[0].pk, policy.pk);
    words.count = 0;
    ok(rs_words_put(w, album.pk, &words));
    assert_str(found(r, (struct rs_filter){.kind = RS_RESOURCE, .word = STR("/album/*")}, 0, 9),
               "");

    /* what goes leaves no link behind, and all goes with the client */
    ok(rs_delete(w, edit.pk));
    assert_str(found(r, (struct rs_filter){.kind = RS_SCOPE, .from_pk = album.pk}, 0, 9), "view");
    ok(client_delete(w, client.pk));
    assert_str(found(r, (struct rs_filter){.kind = RS_SCOPE}, 0, 9), "");
    ok(rs_policies_with_word(r, &arena, STR("/album/*"), &named));
    assert_int_equal(named.count, 0);
    commit(w);
}

static void test_policies_of_scopes(void **state)
{
    struct store_write *w = begin_write(view);
    struct store_read *r = store_write_reader(w);
    struct rs_object scopes[] = {put(w, RS_SCOPE, "view", "", ""), put(w, RS_SCOPE, "edit", "", ""),
                                 put(w, RS_SCOPE, "burn", "", "")},
                     album = put(w, RS_RESOURCE, "album", "", ""),
                     both = put(w, RS_POLICY, "both", "", RS_TYPE_SCOPE),
                     bound = put(w, RS_POLICY, "bound", "", RS_TYPE_SCOPE),
                     plain = put(w, RS_POLICY, "plain", "", RS_TYPE_RESOURCE),
                     third = put(w, RS_POLICY, "third", "", RS_TYPE_SCOPE);
    const struct rs_objects asked = {scopes, 2};
    struct rs_objects got;
    (void)state;
    ok(rs_links_put(w, both.pk, RS_SCOPE, &asked));
    ok(rs_links_put(w, bound.pk, RS_SCOPE, &asked));
    ok(rs_links_put(w, bound.pk, RS_RESOURCE, &(struct rs_objects){&album, 1}));
    ok(rs_links_put(w, plain.pk, RS_SCOPE, &asked));
    ok(rs_links_put(w, third.pk, RS_SCOPE, &(struct rs_objects){&scopes[2], 1}));
    ok(rs_list_of_scopes(r, &arena, client.pk, &asked, 9, &got));
    assert_int_equal(got.count, 1);
    assert_int_equal(got.items[0].pk, both.pk);
    ok(rs_list_of_scopes(r, &arena, client.pk, &(struct rs_objects){scopes, 3}, 9, &got));
    assert_int_equal(got.count, 2);
    assert_int_equal(got.items[1].pk, third.pk);
    ok(rs_list_of_scopes(r, &arena, client.pk, &(struct rs_objects){scopes, 3}, 1, &got));
    assert_int_equal(got.count, 1);
    ok(rs_list_of_scopes(r, &arena, client.pk + 1, &asked, 9, &got));
    assert_int_equal(got.count, 0);
    ok(rs_list_of_scopes(r, &arena, client.pk, &(struct rs_objects){scopes, 0}, 9, &got));
    assert_int_equal(got.count, 0);
    store_rollback(w);
}

static void test_limit(void **state)
{
    struct store_write *w = begin_write(view);
    char name[16];
    (void)state;
    for (int i = 0; i < RS_OBJECTS_MAX; i++) {
        (void)snprintf(name, sizeof(name), "s%d", i);
        struct rs_object object = {.client_pk = client.pk,
                                   .kind = RS_SCOPE,
                                   .id = str_c(name),
                                   .name = str_c(name),
                                   .owner = STR(""),
                                   .type = STR(""),
                                   .json = STR("{}")};
        ok(rs_insert(w, &object));
    }
    struct rs_object more = {.client_pk = client.pk,
                             .kind = RS_SCOPE,
                             .id = STR("more"),
                             .name = STR("more"),
                             .owner = STR(""),
                             .type = STR(""),
                             .json = STR("{}")};
    fails(rs_insert(w, &more), ERR_LIMIT_REACHED);
    more.kind = RS_RESOURCE;
    ok(rs_insert(w, &more));
    ok(rs_delete_all(w, client.pk));
    assert_str(found(store_write_reader(w), (struct rs_filter){.kind = RS_SCOPE}, 0, 9), "");
    commit(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_rows, start, end),
        cmocka_unit_test_setup_teardown(test_lists, start, end),
        cmocka_unit_test_setup_teardown(test_links_and_words, start, end),
        cmocka_unit_test_setup_teardown(test_policies_of_scopes, start, end),
        cmocka_unit_test_setup_teardown(test_limit, start, end),
    };
    return cmocka_run_group_tests_name("resource servers", tests, NULL, NULL);
}
