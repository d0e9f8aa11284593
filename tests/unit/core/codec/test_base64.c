/* base64url, base64 and hex: the vectors of RFC 4648 and everything that is not canonical. */
#include "tests/unit/core/check.h"

#include "core/codec/base64.h"

static void rfc_4648_vectors(void **state)
{
    (void)state;
    static const struct {
        const char *plain, *url, *padded, *hex;
    } table[] = {
        {"", "", "", ""},
        {"f", "Zg", "Zg==", "66"},
        {"fo", "Zm8", "Zm8=", "666f"},
        {"foo", "Zm9v", "Zm9v", "666f6f"},
        {"foob", "Zm9vYg", "Zm9vYg==", "666f6f62"},
        {"fooba", "Zm9vYmE", "Zm9vYmE=", "666f6f6261"},
        {"foobar", "Zm9vYmFy", "Zm9vYmFy", "666f6f626172"},
        {"\xfb\xef\xff", "--__", "++//", "fbefff"},
    };
    for (size_t i = 0; i < ARRAY_LEN(table); i++) {
        struct str plain = str_c(table[i].plain);
        struct str got;
        SAME(base64url_encode(&test_arena, plain), table[i].url);
        SAME(base64_encode(&test_arena, plain), table[i].padded);
        SAME(hex_encode(&test_arena, plain), table[i].hex);
        OK(base64url_decode(&test_arena, str_c(table[i].url), &got));
        SAME_S(got, plain);
        OK(base64_decode(&test_arena, str_c(table[i].padded), BASE64_PADDED, &got));
        SAME_S(got, plain);
        OK(hex_decode(&test_arena, str_c(table[i].hex), &got));
        SAME_S(got, plain);
    }
}

static void JO_07_only_the_canonical_spelling_is_taken(void **state)
{
    (void)state;
    static const struct str bad[] = {
        STR_INIT("A"),    STR_INIT("AAAAA"),   STR_INIT("Zg=="), STR_INIT("Zg="),
        STR_INIT("Zh"),   STR_INIT("Zm9"),     STR_INIT("Z g"),  STR_INIT("Zg\n"),
        STR_INIT(" Zg"),  STR_INIT("Zm+v"),    STR_INIT("Zm/v"), STR_INIT("Zm9v."),
        STR_INIT("Zg\0"), STR_INIT("Zm9\xc3"), STR_INIT("Zm=v"), STR_INIT("Zm9v=Zm9v"),
        STR_INIT("Zm@v"), STR_INIT("Zm[v"),    STR_INIT("Zm`v"), STR_INIT("Zm{v"),
        STR_INIT("Zm:v"), STR_INIT("Zm^v"),
    };
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct str got = STR("untouched");
        FAILS(base64url_decode(&test_arena, bad[i], &got), ERR_INVALID_SYNTAX);
        SAME(got, "untouched");
    }
}

static void every_other_letter_is_wrong(void **state)
{
    (void)state;
    static const char letters[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    for (int c = 0; c < 256; c++) {
        char text[4] = {'A', 'A', 'A', (char)c};
        struct str got;
        const char *at = c ? strchr(letters, c) : NULL;
        int err = base64url_decode(&test_arena, str_of(text, 4), &got);
        FAILS(err, at ? 0 : ERR_INVALID_SYNTAX);
        if (at)
            assert_int_equal((unsigned char)got.ptr[2], at - letters);
    }
}

static void padding_is_whole_or_none(void **state)
{
    (void)state;
    struct str got;
    OK(base64_decode(&test_arena, STR("Zg"), BASE64_PADDING_OPTIONAL, &got));
    SAME(got, "f");
    OK(base64_decode(&test_arena, STR("Zg=="), BASE64_PADDING_OPTIONAL, &got));
    FAILS(base64_decode(&test_arena, STR("Zg"), BASE64_PADDED, &got), ERR_INVALID_SYNTAX);
    static const char *const bad[] = {"Zg=",   "Zg===", "====",     "=",        "Zm9v====", "Zm9v=",
                                      "Zm8==", "Zh==",  "Zm9vZg=a", "Zg==Zg==", "Zm-v"};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        FAILS(base64_decode(&test_arena, str_c(bad[i]), BASE64_PADDING_OPTIONAL, &got),
              ERR_INVALID_SYNTAX);
}

static void what_does_not_fit_is_told(void **state)
{
    (void)state;
    unsigned char out[3];
    size_t len = 0;
    OK(base64url_decode_into(STR("Zm9v"), out, 3, &len));
    assert_int_equal(len, 3);
    FAILS(base64url_decode_into(STR("Zm9vZg"), out, 3, &len), ERR_TOO_LARGE);
    struct buf b;
    struct str text;
    buf_init(&b, &test_arena, 7);
    base64url_add(&b, STR("foobar"));
    FAILS(buf_finish(&b, &text), ERR_TOO_LARGE);
}

static void hex_takes_both_cases_and_nothing_else(void **state)
{
    (void)state;
    struct str got;
    OK(hex_decode(&test_arena, STR("00fFAb"), &got));
    SAME_S(got, STR("\x00\xff\xab"));
    static const char *const bad[] = {"0", "0g", "0x", " 0", "00 ", "-1", "@@", "``", "/0", ":0"};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        FAILS(hex_decode(&test_arena, str_c(bad[i]), &got), ERR_INVALID_SYNTAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(rfc_4648_vectors),
        TEST(JO_07_only_the_canonical_spelling_is_taken),
        TEST(every_other_letter_is_wrong),
        TEST(padding_is_whole_or_none),
        TEST(what_does_not_fit_is_told),
        TEST(hex_takes_both_cases_and_nothing_else),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
