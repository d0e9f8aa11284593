/* Files sent piece by piece: whose they are, how much there is room for, and when they go. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "web/uploads.h"

#define MINUTE_MS 60000

static struct uploads *all;

static int setup(void **state)
{
    (void)state;
    return uploads_new(&all);
}

static int teardown(void **state)
{
    (void)state;
    uploads_free(all);
    return 0;
}

static int add(const char *owner, const char *id, uint64_t offset, const char *piece)
{
    return uploads_add(all, str_c(owner), str_c(id), offset, str_c(piece), 0);
}

static void pieces_become_a_whole(void **state)
{
    char id[UUID_TEXT_LEN + 1];
    struct upload *u;
    struct upload_state s;
    (void)state;
    assert_int_equal(uploads_begin(all, STR("ana"), 8, 0, id), 0);
    assert_int_equal(uploads_take(all, STR("ana"), str_c(id), &u), ERR_CONFLICT); /* not whole */
    assert_int_equal(add("ana", id, 0, "{\"a\""), 0);
    assert_int_equal(add("ana", id, 0, "{\"a\""), 0); /* sent again */
    assert_int_equal(add("ana", id, 0, "{\"b\""), ERR_CONFLICT);
    assert_int_equal(add("ana", id, 6, "1}"), ERR_CONFLICT); /* a gap */
    assert_int_equal(add("ana", id, 2, "a\": "), ERR_CONFLICT);
    assert_int_equal(add("ana", id, 4, ": 12}"), ERR_TOO_LARGE);
    assert_int_equal(add("ana", id, UINT64_MAX, ":"), ERR_TOO_LARGE);
    assert_int_equal(add("ana", id, 4, ""), ERR_INVALID_REQUEST);
    assert_int_equal(add("ana", id, 4, ": 1}"), 0);
    assert_int_equal(uploads_look(all, STR("ana"), str_c(id), 0, &s), 0);
    assert_int_equal(s.size_bytes, 8);
    assert_int_equal(s.received_bytes, 8);
    assert_false(s.busy);
    assert_int_equal(uploads_take(all, STR("ana"), str_c(id), &u), 0);
    assert_true(str_eq(upload_content(u), STR("{\"a\": 1}")));
    uploads_give(all, u, 0);
}

/* AD-03: by its id alone nobody gets at what somebody else sent. */
static void ad_03_it_is_there_for_its_owner_alone(void **state)
{
    char id[UUID_TEXT_LEN + 1];
    struct upload *u;
    struct upload_state s;
    (void)state;
    assert_int_equal(uploads_begin(all, STR("ana"), 1, 0, id), 0);
    assert_int_equal(add("ana", id, 0, "1"), 0);
    assert_int_equal(add("eva", id, 0, "1"), ERR_NOT_FOUND);
    assert_int_equal(uploads_look(all, STR("an"), str_c(id), 0, &s), ERR_NOT_FOUND);
    assert_int_equal(uploads_take(all, STR("eva"), str_c(id), &u), ERR_NOT_FOUND);
    assert_int_equal(uploads_remove(all, STR("eva"), str_c(id)), ERR_NOT_FOUND);
    assert_int_equal(uploads_look(all, STR("ana"), STR(""), 0, &s), ERR_NOT_FOUND);
    assert_int_equal(uploads_remove(all, STR("ana"), str_c(id)), 0);
    assert_int_equal(uploads_look(all, STR("ana"), str_c(id), 0, &s), ERR_NOT_FOUND);
}

static void what_works_with_it_has_it_alone(void **state)
{
    char id[UUID_TEXT_LEN + 1];
    struct upload *u, *other;
    struct upload_state s;
    (void)state;
    assert_int_equal(uploads_begin(all, STR("ana"), 1, 0, id), 0);
    assert_int_equal(add("ana", id, 0, "1"), 0);
    assert_int_equal(uploads_take(all, STR("ana"), str_c(id), &u), 0);
    assert_int_equal(uploads_take(all, STR("ana"), str_c(id), &other), ERR_CONFLICT);
    assert_int_equal(uploads_remove(all, STR("ana"), str_c(id)), ERR_CONFLICT);
    assert_int_equal(add("ana", id, 0, "1"), ERR_CONFLICT);
    uploads_sweep(all, 60 * MINUTE_MS);
    uploads_tell(all, u, "users", 2000);
    assert_int_equal(uploads_look(all, STR("ana"), str_c(id), 0, &s), 0);
    assert_true(s.busy);
    assert_string_equal(s.what, "users");
    assert_int_equal(s.done, 2000);
    uploads_tell(all, u, "a name that is longer than there is room for", 1);
    assert_int_equal(uploads_look(all, STR("ana"), str_c(id), 0, &s), 0);
    assert_int_equal(strlen(s.what), UPLOAD_WHAT_MAX_BYTES);
    uploads_give(all, u, 60 * MINUTE_MS);
    uploads_sweep(all, 65 * MINUTE_MS);
    assert_int_equal(uploads_take(all, STR("ana"), str_c(id), &u), 0);
    uploads_give(all, u, 65 * MINUTE_MS);
}

static void room_is_bounded_and_comes_back(void **state)
{
    char id[UUID_TEXT_LEN + 1], owner[UPLOAD_OWNER_MAX_BYTES + 2];
    struct upload_state s;
    (void)state;
    memset(owner, 'x', sizeof(owner));
    assert_int_equal(uploads_begin(all, str_of(owner, sizeof(owner) - 1), 1, 0, id),
                     ERR_INVALID_REQUEST);
    assert_int_equal(uploads_begin(all, STR(""), 1, 0, id), ERR_INVALID_REQUEST);
    assert_int_equal(uploads_begin(all, STR("ana"), 0, 0, id), ERR_INVALID_REQUEST);
    assert_int_equal(uploads_begin(all, STR("ana"), UPLOAD_MAX_BYTES + 1, 0, id), ERR_TOO_LARGE);
    assert_int_equal(uploads_begin(all, STR("ana"), UPLOAD_MAX_BYTES, 0, id), 0);
    assert_int_equal(uploads_begin(all, STR("luz"), 1, MINUTE_MS, id), 0);
    assert_int_equal(uploads_begin(all, STR("eva"), UPLOAD_MAX_BYTES, MINUTE_MS, id),
                     ERR_OVERLOADED);
    assert_int_equal(uploads_begin(all, STR("eva"), UPLOAD_MAX_BYTES - 1, MINUTE_MS, id), 0);
    /* What was looked at stays; what nobody went on with makes room. */
    assert_int_equal(uploads_look(all, STR("eva"), str_c(id), 9 * MINUTE_MS, &s), 0);
    assert_int_equal(uploads_begin(all, STR("luz"), 2, 12 * MINUTE_MS, id), 0);
    assert_int_equal(uploads_begin(all, STR("ana"), UPLOAD_MAX_BYTES - 1, 12 * MINUTE_MS, id), 0);
}

/* A reloaded page begins anew; what is being worked with stays. */
static void the_oldest_of_an_owner_gives_way(void **state)
{
    char ids[4][UUID_TEXT_LEN + 1];
    struct upload *u[2];
    struct upload_state s;
    (void)state;
    for (int i = 0; i < 3; i++)
        assert_int_equal(uploads_begin(all, STR("ana"), 1, i, ids[i]), 0);
    assert_int_equal(uploads_look(all, STR("ana"), str_c(ids[0]), 3, &s), ERR_NOT_FOUND);
    for (int i = 1; i < 3; i++) {
        assert_int_equal(add("ana", ids[i], 0, "1"), 0);
        assert_int_equal(uploads_take(all, STR("ana"), str_c(ids[i]), &u[i - 1]), 0);
    }
    assert_int_equal(uploads_begin(all, STR("ana"), 1, 4, ids[3]), ERR_LIMIT_REACHED);
    uploads_give(all, u[1], 4);
    assert_int_equal(uploads_begin(all, STR("ana"), 1, 5, ids[3]), 0);
    assert_int_equal(uploads_look(all, STR("ana"), str_c(ids[1]), 5, &s), 0);
    assert_int_equal(uploads_look(all, STR("ana"), str_c(ids[2]), 5, &s), ERR_NOT_FOUND);
    uploads_give(all, u[0], 5);
}

static void there_are_only_so_many(void **state)
{
    char id[UUID_TEXT_LEN + 1], owner[] = "a";
    (void)state;
    for (int i = 0; i < UPLOADS_MAX; i++) {
        owner[0] = (char)('a' + i / UPLOADS_OF_OWNER_MAX);
        assert_int_equal(uploads_begin(all, str_c(owner), 1, 0, id), 0);
    }
    assert_int_equal(uploads_begin(all, STR("z"), 1, 0, id), ERR_OVERLOADED);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(pieces_become_a_whole),           TEST(ad_03_it_is_there_for_its_owner_alone),
        TEST(what_works_with_it_has_it_alone), TEST(room_is_bounded_and_comes_back),
        TEST(there_are_only_so_many),          TEST(the_oldest_of_an_owner_gives_way),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
