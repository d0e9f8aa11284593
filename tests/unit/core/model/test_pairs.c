/* name:value pairs of searches. */
#include "core/model/pairs.h"
#include "tests/unit/core/check.h"

static void check_pair(const char *text, size_t at, const char *name, const char *value)
{
    struct str_map pairs;
    assert_int_equal(pairs_parse(&test_arena, str_c(text), &pairs), 0);
    assert_true(at < pairs.count);
    assert_true(str_eq_c(pairs.items[at].name, name));
    assert_true(str_eq_c(pairs.items[at].value, value));
}

static void words_and_quotes(void **state)
{
    (void)state;
    check_pair("dni:123", 0, "dni", "123");
    check_pair("  dni:123   sede:Lima ", 1, "sede", "Lima");
    check_pair("\"my name\":\"two words\" b:c", 0, "my name", "two words");
    check_pair("\"my name\":\"two words\" b:c", 1, "b", "c");
    check_pair("url:https://x", 0, "url", "https://x");
    check_pair("a:1 a:2", 0, "a", "2");
}

static void nothing(void **state)
{
    struct str_map pairs;
    (void)state;
    assert_int_equal(pairs_parse(&test_arena, str_of(NULL, 0), &pairs), 0);
    assert_int_equal(pairs.count, 0);
    assert_int_equal(pairs_parse(&test_arena, STR("  "), &pairs), 0);
    assert_int_equal(pairs.count, 0);
}

static void malformed(void **state)
{
    static const char *const texts[] = {"a", ":", ":b", "a:", "\"a\"x:b", "\"a:b", "a:\"b"};
    struct str_map pairs;
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        assert_int_equal(pairs_parse(&test_arena, str_c(texts[i]), &pairs), ERR_INVALID_SYNTAX);
}

static void bounded(void **state)
{
    char text[200] = "";
    struct str_map pairs;
    (void)state;
    for (int i = 0; i <= PAIRS_MAX; i++)
        memcpy(text + i * 4, "a:b ", 5);
    assert_int_equal(pairs_parse(&test_arena, str_c(text), &pairs), ERR_TOO_LARGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(words_and_quotes),
        TEST(nothing),
        TEST(malformed),
        TEST(bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
