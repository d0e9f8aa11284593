/* Reading bytes: numbers, words, UTF-8. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "core/base/err.h"
#include "core/base/rd.h"
#include "core/base/str.h"

static void numbers_are_decimal_and_in_range(void **state)
{
    int64_t n = 7;
    (void)state;
    assert_int_equal(str_to_i64(STR("9223372036854775807"), &n), 0);
    assert_true(n == INT64_MAX);
    assert_int_equal(str_to_i64(STR("-9223372036854775808"), &n), 0);
    assert_true(n == INT64_MIN);
    static const char *const bad[] = {"",
                                      "-",
                                      "+1",
                                      " 1",
                                      "1 ",
                                      "0x1",
                                      "9223372036854775808",
                                      "-9223372036854775809",
                                      "99999999999999999999",
                                      "1.0"};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        n = 7;
        assert_int_equal(str_to_i64(str_c(bad[i]), &n), ERR_INVALID_NUMBER);
        assert_int_equal(n, 7);
    }
}

static void words_are_separated_by_any_run_of_spaces(void **state)
{
    struct str rest = STR("  openid profile  email "), word;
    const char *const want[] = {"openid", "profile", "email"};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(want); i++) {
        assert_true(str_next_word(&rest, &word));
        assert_true(str_eq_c(word, want[i]));
    }
    assert_false(str_next_word(&rest, &word));
    assert_true(str_has_word(STR("a b c"), STR("b")));
    assert_false(str_has_word(STR("ab c"), STR("b")));
    assert_false(str_has_word(STR(""), STR("")));
}

static void fields_keep_empty_middles(void **state)
{
    struct str rest = STR("a,,b"), field;
    (void)state;
    assert_true(str_next(&rest, ',', &field) && str_eq_c(field, "a"));
    assert_true(str_next(&rest, ',', &field) && field.len == 0);
    assert_true(str_next(&rest, ',', &field) && str_eq_c(field, "b"));
    assert_false(str_next(&rest, ',', &field));
}

static void utf8_is_checked_as_rfc_3629_says(void **state)
{
    (void)state;
    assert_true(str_is_utf8(STR("a\xc3\xb1o \xe2\x82\xac \xf0\x9f\x98\x80")));
    assert_int_equal(str_utf8_length(STR("a\xc3\xb1o")), 3);
    static const char *const bad[] = {
        "\xc0\xaf", "\xe0\x80\xaf", "\xed\xa0\x80", "\xf0\x80\x80\xaf", "\xf4\x90\x80\x80",
        "\xff",     "\x80",         "\xc3",         "\xe2\x82",         "\xf0\x9f\x98"};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        assert_false(str_is_utf8(str_c(bad[i])));
}

static void comparisons(void **state)
{
    (void)state;
    assert_true(str_ieq(STR("Content-TYPE"), STR("content-type")));
    assert_false(str_ieq(STR("@"), STR("`")));
    assert_true(str_cmp(STR("a"), STR("ab")) < 0);
    assert_true(str_cmp(STR("b"), STR("ab")) > 0);
    assert_int_equal(str_cmp(STR(""), STR("")), 0);
    assert_true(str_starts(STR("abc"), STR("ab")) && !str_starts(STR("a"), STR("ab")));
    assert_true(str_ends(STR("abc"), STR("bc")) && !str_ends(STR("c"), STR("bc")));
    assert_int_equal(str_find_str(STR("hello"), STR("lo")), 3);
    assert_int_equal(str_find(STR("hello"), 'z'), -1);
}

static void a_cursor_never_reads_beyond_its_end(void **state)
{
    struct rd r = rd_of(STR("\x01\x02\x03"));
    (void)state;
    assert_int_equal(rd_u16(&r), 0x0102);
    assert_int_equal(rd_u16(&r), 0);
    assert_true(r.failed);
    assert_int_equal(rd_u8(&r), 0);
    assert_int_equal(rd_peek(&r), -1);
    assert_true(str_absent(rd_bytes(&r, 1)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_decimal_and_in_range),
        cmocka_unit_test(words_are_separated_by_any_run_of_spaces),
        cmocka_unit_test(fields_keep_empty_middles),
        cmocka_unit_test(utf8_is_checked_as_rfc_3629_says),
        cmocka_unit_test(comparisons),
        cmocka_unit_test(a_cursor_never_reads_beyond_its_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
