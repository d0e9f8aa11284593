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
        TEST(broken_utf8_is_an_error),
        TEST(a_small_arena_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
