/* What is typed to find people. */
#include "core/model/name_search.h"
#include "tests/unit/core/check.h"

static bool finds(const char *typed, const char *first, const char *last)
{
    struct name_search s;
    const struct str names[] = {str_c(first), str_c(last)};
    assert_int_equal(name_search_read(&test_arena, str_c(typed), &s), 0);
    return name_search_finds(&s, names, 2);
}

static void words(void **state)
{
    (void)state;
    assert_true(finds("", "maría", "quispe mamani"));
    assert_true(finds("MARÍ", "maría", "quispe mamani"));
    assert_true(finds(" mar  qui* ", "maría", "quispe mamani"));
    assert_false(finds("mar mamani", "maría", "quispe mamani"));
    assert_true(finds("quispe mam", "maría", "quispe mamani"));
    assert_false(finds("\"quispe\" mam", "maría", "quispe mamani"));
    assert_false(finds("mar", "", ""));
}

static void quotes(void **state)
{
    (void)state;
    assert_true(finds("\"maría\"", "maría", "quispe mamani"));
    assert_false(finds("\"mar\"", "maría", "quispe mamani"));
    assert_true(finds("\"quispe mamani\"", "maría", "quispe mamani"));
    assert_false(finds("\"m*\"", "maría", "quispe mamani"));
    assert_false(finds("\"\"", "maría", ""));
}

static void stars(void **state)
{
    (void)state;
    assert_true(finds("*", "maría", ""));
    assert_false(finds("*", "", ""));
    assert_true(finds("*mam*", "maría", "quispe mamani"));
    assert_true(finds("*mam", "maría", "quispe mamani"));
    assert_true(finds("q*e*m*i", "maría", "quispe mamani"));
    assert_false(finds("q*i*q", "maría", "quispe mamani"));
    assert_true(finds("*mar* *pe*", "maría", "quispe mamani"));
}

static void limits(void **state)
{
    struct name_search s;
    char text[NAME_SEARCH_MAX_BYTES + 1];
    (void)state;
    memset(text, 'a', sizeof(text));
    assert_int_equal(name_search_read(&test_arena, str_of(text, NAME_SEARCH_MAX_BYTES), &s), 0);
    assert_int_equal(name_search_read(&test_arena, str_of(text, sizeof(text)), &s), ERR_TOO_LARGE);
    assert_int_equal(name_search_read(&test_arena, STR("a b c d e f g h"), &s), 0);
    assert_int_equal(s.count, NAME_SEARCH_WORDS);
    assert_int_equal(name_search_read(&test_arena, STR("a b c d e f g h i"), &s), ERR_TOO_LARGE);
    assert_int_equal(name_search_read(&test_arena, STR("\xff"), &s), ERR_INVALID_UTF8);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(words, arena_setup, arena_teardown),
        cmocka_unit_test_setup_teardown(quotes, arena_setup, arena_teardown),
        cmocka_unit_test_setup_teardown(stars, arena_setup, arena_teardown),
        cmocka_unit_test_setup_teardown(limits, arena_setup, arena_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
