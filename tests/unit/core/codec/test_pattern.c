/* Patterns: what fits, what is refused, and that no pattern takes longer than its size allows. */
#include "tests/unit/core/check.h"

#include "core/codec/pattern.h"

static bool fits(const char *pattern, struct str text)
{
    const struct pattern *p;
    bool matches;
    OK(pattern_compile(&test_arena, str_c(pattern), &p, NULL));
    OK(pattern_matches(&test_arena, p, text, &matches));
    return matches;
}

static void what_fits(void **state)
{
    (void)state;
    static const struct {
        const char *pattern, *yes, *no;
    } table[] = {
        {"abc", "abc", "abcd"},
        {"", "", "a"},
        {"^[0-9]{8}$", "12345678", "1234567"},
        {"[0-9]{8}", "12345678", "123456789"},
        {"[0-9]{2,4}", "123", "12345"},
        {"[0-9]{2,}", "1234567", "1"},
        {"a*", "", "b"},
        {"a+b?", "aa", "bb"},
        {"(ab|cd)*", "abcdab", "abc"},
        {"(?:ab)+", "abab", "aba"},
        {"a|bc|", "", "b"},
        {".", "\xc3\xb1", "\n"},
        {"[^a-c]", "d", "b"},
        {"[a\\-z]+", "a-z", "b"},
        {"[-a]+", "a-", "b"},
        {"[]a]", "]", "b"},
        {"\\d\\D\\w\\W\\s\\S", "1x_-\tx", "xx_-\tx"},
        {"[\\D]", "x", "1"},
        {"[^\\W_]", "x", "_"},
        {"\\p{L}+",
         "Mar\xc3\xad"
         "a",
         "Maria1"},
        {"\\pL\\P{L}", "a1", "ab"},
        {"\\p{Lu}\\p{IsLl}", "\xc3\x91\xc3\xb1", "\xc3\xb1\xc3\xb1"},
        {"\\p{IsAlphabetic}", "\xe2\x85\xa7", "8"},
        {"\\p{Alnum}{2}\\p{Punct}", "a1!", "a1a"},
        {"\\x41\\u00f1\\t", "A\xc3\xb1\t", "A\xc3\xb1 "},
        {"\\(\\)\\.\\$", "().$", "()x$"},
        {"a^b|^c$", "c", "ab"},
        {"(^a|b)$", "a", "ab"},
        {"(a?){3}", "aaa", "aaaa"},
        {"((a|b){1,2}c){2}", "abcac", "abcabbc"},
        {"a+?b*?", "aab", "ba"},
        {"\\h\\v", " \n", "\n "},
        {"[A-Z]{1,3}-[0-9]{1,4}", "PE-123", "PERU-1"},
    };
    for (size_t i = 0; i < ARRAY_LEN(table); i++) {
        if (!fits(table[i].pattern, str_c(table[i].yes)))
            fail_msg("%s should fit %s", table[i].yes, table[i].pattern);
        if (fits(table[i].pattern, str_c(table[i].no)))
            fail_msg("%s should not fit %s", table[i].no, table[i].pattern);
    }
}

static void what_is_refused_is_told(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "(",         ")",     "(a",   "a)",    "[",      "[a",    "[]",      "[z-a]",   "*",
        "a**",       "+a",    "?",    "{2}",   "a{",     "a{,2}", "a{2",     "a{3,2}",  "a{1001}",
        "\\",        "\\1",   "\\b",  "(?=a)", "(?<=a)", "(?i)a", "a++",     "[a[b]]",  "[a&&b]",
        "\\p{Nope}", "\\p{L", "\\x4", "\\uD",  "^*",     "$+",    "(?<n>a)", "[a-\\d]", "\\Qa\\E",
    };
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
        const struct pattern *p;
        const char *why = NULL;
        int rc = pattern_compile(&test_arena, str_c(wrong[i]), &p, &why);
        if (rc != ERR_INVALID_SYNTAX || !why)
            fail_msg("%s: %s", wrong[i], err_name(rc));
    }
}

static void what_is_too_large_is_refused(void **state)
{
    (void)state;
    static const char *const large[] = {
        "(a{1000}){1000}",
        "((((){1000}){1000}){1000}){1000}",
        "a{1000}b{1000}c{1000}",
        "((a{0,100}){0,100}){0,100}",
    };
    const struct pattern *p;
    char text[PATTERN_MAX_BYTES + 1];
    for (size_t i = 0; i < ARRAY_LEN(large); i++)
        FAILS(pattern_compile(&test_arena, str_c(large[i]), &p, NULL), ERR_TOO_LARGE);
    memset(text, 'a', sizeof(text));
    FAILS(pattern_compile(&test_arena, str_of(text, sizeof(text)), &p, NULL), ERR_TOO_LARGE);
    memset(text, '(', sizeof(text));
    FAILS(pattern_compile(&test_arena, str_of(text, 100), &p, NULL), ERR_TOO_DEEP);
    FAILS(pattern_compile(&test_arena, STR("\xff"), &p, NULL), ERR_INVALID_UTF8);
}

/* With backtracking each of these takes longer than the universe has. */
static void AD_12_no_pattern_is_a_trap(void **state)
{
    (void)state;
    static const char *const traps[] = {
        "(a+)+",      "(a|a)*",           "(a*)*b",    "(a|aa)+$",         "([a-z]+)*1",
        "(a?){100}b", "(.*)(.*)(.*)[^a]", "((a*)*)*b", "(a{0,20}){0,20}c",
    };
    char text[4096];
    memset(text, 'a', sizeof(text));
    text[sizeof(text) - 1] = '!';
    for (size_t i = 0; i < ARRAY_LEN(traps); i++) {
        bool expected = strstr(traps[i], "[^a]") != NULL;
        assert_int_equal(fits(traps[i], str_of(text, sizeof(text))), expected);
    }
}

static void text_that_is_not_utf8_is_an_error(void **state)
{
    (void)state;
    const struct pattern *p;
    bool matches;
    OK(pattern_compile(&test_arena, STR(".*"), &p, NULL));
    FAILS(pattern_matches(&test_arena, p, STR("a\x80"), &matches), ERR_INVALID_UTF8);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_fits),
        TEST(what_is_refused_is_told),
        TEST(what_is_too_large_is_refused),
        TEST(AD_12_no_pattern_is_a_trap),
        TEST(text_that_is_not_utf8_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
