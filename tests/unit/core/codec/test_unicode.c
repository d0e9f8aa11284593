/* Folding and decomposition of Unicode texts. */
#include "tests/unit/core/check.h"

#include "core/codec/unicode.h"

static struct str fold(const char *text)
{
    struct str folded;
    OK(unicode_fold(&test_arena, str_c(text), &folded));
    return folded;
}

static void case_width_and_composition_do_not_count(void **state)
{
    static const char *const pairs[][2] = {
        {"José", "josé"},
        {"JOSE\u0301", "josé"},
        {"ＪＯＳＥ", "jose"},
        {"ﬁona", "fiona"},
        {"Straße", "strasse"},
        {"ΟΔΥΣΣΕΥΣ", "οδυσσευσ"},
        {"οδυσσευς", "οδυσσευσ"},
        {"ИВАН", "иван"},
        {"ｶﾞ", "ガ"},
        {"①", "1"},
        {"\u00a0x", " x"},
        {"", ""},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(pairs); i++)
        SAME(fold(pairs[i][0]), pairs[i][1]);
}

static size_t encode(uint32_t c, char *out)
{
    if (c < 0x80) {
        out[0] = (char)c;
        return 1;
    }
    if (c < 0x800) {
        out[0] = (char)(0xc0 | c >> 6);
        out[1] = (char)(0x80 | (c & 0x3f));
        return 2;
    }
    if (c < 0x10000) {
        out[0] = (char)(0xe0 | c >> 12);
        out[1] = (char)(0x80 | (c >> 6 & 0x3f));
        out[2] = (char)(0x80 | (c & 0x3f));
        return 3;
    }
    out[0] = (char)(0xf0 | c >> 18);
    out[1] = (char)(0x80 | (c >> 12 & 0x3f));
    out[2] = (char)(0x80 | (c >> 6 & 0x3f));
    out[3] = (char)(0x80 | (c & 0x3f));
    return 4;
}

/* Every code point, assigned or not: it is read back, folded once it folds no further, and its
 * decomposition is final. */
static void every_code_point_folds_once(void **state)
{
    char bytes[4];
    (void)state;
    for (uint32_t c = 0; c <= 0x10ffff; c++) {
        struct str once, twice;
        if (c >= 0xd800 && c <= 0xdfff)
            continue;
        struct str text = str_of(bytes, encode(c, bytes)), rest = text;
        assert_int_equal(unicode_next(&rest), c);
        assert_int_equal(rest.len, 0);
        OK(unicode_fold(&test_arena, text, &once));
        OK(unicode_fold(&test_arena, once, &twice));
        SAME_S(twice, once);
        OK(unicode_decompose(&test_arena, text, &once));
        OK(unicode_decompose(&test_arena, once, &twice));
        SAME_S(twice, once);
        if (c % 4096 == 0)
            arena_reset(&test_arena);
    }
}

static void spaces_of_every_width_are_trimmed(void **state)
{
    static const char *const spaces[] = {" ",      "\t",     "\u00a0", "\u1680", "\u2000",
                                         "\u2003", "\u200a", "\u202f", "\u205f", "\u3000"};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(spaces); i++) {
        struct str space = str_c(spaces[i]);
        struct str inner = ARENA_CONCAT(&test_arena, STR("é"), space, STR("山"));
        struct str text = ARENA_CONCAT(&test_arena, space, STR(" "), inner, STR("\t"), space);
        SAME_S(unicode_trim(text), inner);
        SAME_S(unicode_trim(ARENA_CONCAT(&test_arena, space, space)), STR(""));
    }
    SAME_S(unicode_trim(STR("\n x\n")), STR("\n x\n")); /* lines are not spaces */
    SAME_S(unicode_trim(STR("")), STR(""));
    assert_true(str_absent(unicode_trim(str_of(NULL, 0))));
    SAME_S(unicode_trim(STR("a \x80\x80")), STR("a \x80\x80")); /* what is broken stays so */
    SAME_S(unicode_trim(STR(" \xe3\x80")), STR("\xe3\x80"));
}

static void broken_utf8_is_an_error(void **state)
{
    static const char *const bad[] = {"\xff", "a\xc3", "\xed\xa0\x80", "\xc0\xaf"};
    struct str out;
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        FAILS(unicode_fold(&test_arena, str_c(bad[i]), &out), ERR_INVALID_UTF8);
        FAILS(unicode_decompose(&test_arena, str_c(bad[i]), &out), ERR_INVALID_UTF8);
    }
}

static void a_small_arena_is_an_error(void **state)
{
    struct arena small;
    struct str out;
    (void)state;
    arena_init(&small, 16);
    FAILS(unicode_fold(&small, STR("Pachacútec Yupanqui"), &out), ERR_NO_MEMORY);
    arena_free(&small);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(case_width_and_composition_do_not_count),
        TEST(every_code_point_folds_once),
        TEST(spaces_of_every_width_are_trimmed),
        TEST(broken_utf8_is_an_error),
        TEST(a_small_arena_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
