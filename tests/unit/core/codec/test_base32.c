/* Base32 (core/codec/base32.h): the vectors of RFC 4648 10, and what is refused. */
#include "tests/unit/core/check.h"

#include "core/codec/base32.h"

static void test_rfc_4648_10(void **state)
{
    static const char *const pairs[][3] = {
        {"", "", ""},
        {"f", "MY", "MY======"},
        {"fo", "MZXQ", "MZXQ===="},
        {"foo", "MZXW6", "MZXW6==="},
        {"foob", "MZXW6YQ", "MZXW6YQ="},
        {"fooba", "MZXW6YTB", "MZXW6YTB"},
        {"foobar", "MZXW6YTBOI", "MZXW6YTBOI======"},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(pairs); i++) {
        struct str bytes;
        SAME(base32_encode(&test_arena, str_c(pairs[i][0])), pairs[i][1]);
        OK(base32_decode(&test_arena, str_c(pairs[i][1]), &bytes));
        SAME(bytes, pairs[i][0]);
        OK(base32_decode(&test_arena, str_c(pairs[i][2]), &bytes));
        SAME(bytes, pairs[i][0]);
    }
}

static void test_all_bytes(void **state)
{
    char all[256];
    struct str bytes;
    (void)state;
    for (size_t i = 0; i < sizeof(all); i++)
        all[i] = (char)i;
    for (size_t len = 0; len < sizeof(all); len++) {
        struct str text = base32_encode(&test_arena, str_of(all, len));
        OK(base32_decode(&test_arena, text, &bytes));
        SAME_S(bytes, str_of(all, len));
    }
}

static void test_either_case(void **state)
{
    struct str bytes;
    (void)state;
    OK(base32_decode(&test_arena, STR("mZxW6yTb"), &bytes));
    SAME(bytes, "fooba");
}

static void test_what_is_refused(void **state)
{
    static const char *const texts[] = {
        "M",         "MZX",      "MZXW6Y",   "MZ",       "MZXW6YTB=", "========", "MY=====",
        "MY=======", "MZ0W6===", "MZ1W6===", "MZ8W6===", "MZ W6===",  "MZXW6=YQ", "MZXW\xc3\xa1"};
    struct str bytes;
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        FAILS(base32_decode(&test_arena, str_c(texts[i]), &bytes), ERR_INVALID_SYNTAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {TEST(test_rfc_4648_10), TEST(test_all_bytes),
                                       TEST(test_either_case), TEST(test_what_is_refused)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
