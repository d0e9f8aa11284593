/* JSON: what is read, what is refused, and that what is written is read again as the same. */
#include "tests/unit/core/check.h"

#include <stdio.h>

#include "core/codec/json.h"

#define MAX 100000

static const struct json_value *parse(const char *text)
{
    const struct json_value *v = NULL;
    OK(json_parse(&test_arena, str_c(text), MAX, &v));
    return v;
}

static int parse_error(struct str text)
{
    const struct json_value *v = NULL;
    int err = json_parse(&test_arena, text, MAX, &v);
    assert_true(err == 0 || v == NULL);
    return err;
}

static void kinds_are_told_apart(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum json_kind kind;
    } table[] = {
        {"null", JSON_NULL},
        {"true", JSON_BOOL},
        {"0", JSON_INT},
        {"-7", JSON_INT},
        {"9223372036854775807", JSON_INT},
        {"-9223372036854775808", JSON_INT},
        {"9223372036854775808", JSON_NUMBER},
        {"-9223372036854775809", JSON_NUMBER},
        {"18446744073709551616", JSON_NUMBER},
        {"1.0", JSON_NUMBER},
        {"1e3", JSON_NUMBER},
        {"\"\"", JSON_STRING},
        {"[]", JSON_ARRAY},
        {" {} \r\n\t", JSON_OBJECT},
    };
    for (size_t i = 0; i < ARRAY_LEN(table); i++)
        assert_int_equal(json_kind(parse(table[i].text)), table[i].kind);
    assert_int_equal(json_kind(NULL), JSON_MISSING);
}

static void malformed_text_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        " ",
        "{",
        "}",
        "[1,]",
        "{\"a\":1,}",
        "{a:1}",
        "'a'",
        "01",
        "1.",
        ".5",
        "+1",
        "NaN",
        "Infinity",
        "1 2",
        "[1] x",
        "\"\n\"",
        "\"\\x41\"",
        "\"\\ud800\"",
        "tru",
        "//c\n1",
        "/**/1",
        "[1 2]",
        "{\"a\"}",
        "{\"a\":}",
        "\"unfinished",
        "-",
        "0x10",
        "{1:2}",
        "nul",
        "[\"a\"",
        "\"\\u12\"",
        "\xef\xbb\xbf{}",
        "{\"a\":1 \"b\":2}",
    };
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        if (parse_error(str_c(bad[i])) != ERR_INVALID_SYNTAX)
            fail_msg("accepted or wrongly refused: %s", bad[i]);
}

static void IN_04_text_that_is_not_utf8_is_refused(void **state)
{
    (void)state;
    FAILS(parse_error(STR("\"\xff\"")), ERR_INVALID_UTF8);
    FAILS(parse_error(STR("\"\xc0\xaf\"")), ERR_INVALID_UTF8);
    FAILS(parse_error(STR("\"\xed\xa0\x80\"")), ERR_INVALID_UTF8);
    SAME(json_str(parse("\"\xf0\x9f\x98\x80 \\ud83d\\ude00\"")),
         "\xf0\x9f\x98\x80 \xf0\x9f\x98\x80");
}

static void IN_04_nul_is_refused_unless_asked_for(void **state)
{
    (void)state;
    const struct json_options options = {MAX, 4, true};
    const struct json_value *v;
    FAILS(parse_error(STR("\"a\\u0000b\"")), ERR_INVALID_SYNTAX);
    FAILS(parse_error(STR("{\"a\\u0000b\":1}")), ERR_INVALID_SYNTAX);
    FAILS(parse_error(STR("\"a\0b\"")), ERR_INVALID_SYNTAX);
    OK(json_parse_with(&test_arena, STR("\"a\\u0000b\""), &options, &v));
    SAME_S(json_str(v), STR("a\0b"));
}

static void JO_07_a_member_may_stand_once(void **state)
{
    (void)state;
    FAILS(parse_error(STR("{\"a\":1,\"a\":1}")), ERR_DUPLICATE);
    FAILS(parse_error(STR("{\"a\":1,\"\\u0061\":1}")), ERR_DUPLICATE);
    FAILS(parse_error(STR("[{\"x\":{\"b\":1,\"c\":2,\"b\":3}}]")), ERR_DUPLICATE);
    OK(parse_error(STR("{\"a\":{\"a\":1},\"A\":2,\"\":3}")));
    /* Many members take the other way through the check. */
    char text[2000];
    int len = snprintf(text, sizeof(text), "{\"k0\":0");
    for (int i = 1; i < 100; i++)
        len += snprintf(text + len, sizeof(text) - (size_t)len, ",\"k%d\":%d", i, i);
    snprintf(text + len, sizeof(text) - (size_t)len, "}");
    OK(parse_error(str_c(text)));
    snprintf(text + len, sizeof(text) - (size_t)len, ",\"k50\":0}");
    FAILS(parse_error(str_c(text)), ERR_DUPLICATE);
}

static struct str nested(size_t depth, char open, char close)
{
    char *text = malloc(depth * 2 + 1);
    assert_non_null(text);
    memset(text, open, depth);
    memset(text + depth, close, depth);
    struct str s = arena_str(&test_arena, str_of(text, depth * 2));
    free(text);
    return s;
}

static void JO_08_size_and_depth_are_bounded(void **state)
{
    (void)state;
    const struct json_value *v;
    OK(parse_error(nested(JSON_MAX_DEPTH, '[', ']')));
    FAILS(parse_error(nested(JSON_MAX_DEPTH + 1, '[', ']')), ERR_TOO_DEEP);
    size_t before = test_arena.used_bytes;
    FAILS(json_parse(&test_arena, nested(100000, '[', ']'), 1000000, &v), ERR_TOO_DEEP);
    assert_true(test_arena.used_bytes - before < 200000 + 100); /* the text alone, no decoding */
    FAILS(json_parse(&test_arena, STR("[1,2]"), 4, &v), ERR_TOO_LARGE);
    OK(json_parse(&test_arena, STR("[1,2]"), 5, &v));
    /* Brackets inside strings are no depth. */
    OK(parse_error(STR("\"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\\\"[[[[[[\"")));
}

static void memory_ends_with_an_error(void **state)
{
    (void)state;
    struct arena small;
    const struct json_value *v;
    arena_init(&small, 64);
    FAILS(json_parse(&small, STR("[1,2,3,4,5,6,7,8,9]"), MAX, &v), ERR_NO_MEMORY);
    arena_free(&small);
}

static void members_are_found_and_typed(void **state)
{
    (void)state;
    const struct json_value *v =
        parse("{\"s\":\"x\",\"i\":-5,\"b\":true,\"d\":2.5,\"n\":null,\"o\":{\"p\":[1,2,3]}}");
    int64_t i = 0;
    double d = 0;
    bool b = false;
    SAME(json_get_str(v, "s"), "x");
    ABSENT(json_get_str(v, "i"));
    ABSENT(json_get_str(v, "nope"));
    OK(json_get_i64(v, "i", &i));
    assert_true(i == -5);
    FAILS(json_get_i64(v, "d", &i), ERR_INVALID_NUMBER);
    FAILS(json_get_i64(v, "s", &i), ERR_INVALID_NUMBER);
    FAILS(json_get_i64(v, "nope", &i), ERR_NOT_FOUND);
    OK(json_get_number(v, "d", &d));
    assert_true(d == 2.5);
    OK(json_get_number(v, "i", &d));
    assert_true(d == -5);
    OK(json_get_bool(v, "b", &b));
    assert_true(b);
    FAILS(json_get_bool(v, "i", &b), ERR_INVALID_SYNTAX);
    assert_int_equal(json_count(json_get(json_get(v, "o"), "p")), 3);
    assert_null(json_get(json_get(v, "s"), "p"));
    OK(json_i64(json_at(json_get(json_get(v, "o"), "p"), 2), &i));
    assert_true(i == 3);
    assert_null(json_at(json_get(json_get(v, "o"), "p"), 3));
    FAILS(json_number(parse("1e999"), &d), ERR_INVALID_NUMBER);
}

static void optional_members_keep_the_default_but_tell_wrong_kinds(void **state)
{
    (void)state;
    const struct json_value *v = parse("{\"s\":\"x\",\"i\":5,\"b\":true,\"n\":null}");
    struct str s = STR("default");
    int64_t i = 9;
    bool b = false;
    OK(json_opt_str(v, "nope", &s));
    OK(json_opt_str(v, "n", &s));
    SAME(s, "default");
    FAILS(json_opt_str(v, "i", &s), ERR_INVALID_SYNTAX);
    OK(json_opt_str(v, "s", &s));
    SAME(s, "x");
    OK(json_opt_i64(v, "n", &i));
    FAILS(json_opt_i64(v, "s", &i), ERR_INVALID_SYNTAX);
    assert_true(i == 9);
    OK(json_opt_i64(v, "i", &i));
    assert_true(i == 5);
    FAILS(json_opt_bool(v, "i", &b), ERR_INVALID_SYNTAX);
    OK(json_opt_bool(v, "b", &b));
    assert_true(b);
    SAME(json_str_or(v, "i", STR("f")), "f");
    assert_true(json_i64_or(v, "s", 3) == 3);
    assert_false(json_bool_or(v, "nope", false));
    assert_true(json_bool_or(v, "b", false));
}

static void iteration_sees_every_member_once(void **state)
{
    (void)state;
    struct json_iter it = json_iter(parse("{\"a\":[1,{\"x\":2}],\"b\":{},\"c\":3}"));
    struct str name;
    const struct json_value *value;
    char names[4] = "";
    size_t n = 0;
    while (json_next(&it, &name, &value))
        names[n++] = name.ptr[0];
    assert_string_equal(names, "abc");
    it = json_iter(parse("[[],[1],2]"));
    n = 0;
    while (json_next(&it, &name, &value)) {
        ABSENT(name);
        n++;
    }
    assert_int_equal(n, 3);
    it = json_iter(parse("\"text\""));
    assert_false(json_next(&it, NULL, &value));
    it = json_iter(NULL);
    assert_false(json_next(&it, NULL, &value));
}

static void a_string_or_a_list_may_hold_a_word(void **state)
{
    (void)state;
    assert_true(json_has_str(parse("\"a\""), STR("a")));
    assert_true(json_has_str(parse("[1,\"b\",\"a\"]"), STR("a")));
    assert_false(json_has_str(parse("[\"ab\"]"), STR("a")));
    assert_false(json_has_str(parse("{\"a\":\"a\"}"), STR("a")));
    assert_false(json_has_str(NULL, STR("")));
}

/* --- writing --- */

static struct buf out;

static struct json_writer writer(void)
{
    struct json_writer w;
    buf_init(&out, &test_arena, 10000);
    jw_init(&w, &out);
    return w;
}

static void commas_and_colons_come_by_themselves(void **state)
{
    (void)state;
    struct json_writer w = writer();
    struct str text;
    jw_begin_object(&w);
    jw_member_str(&w, "s", STR("x"));
    jw_member_str(&w, "absent", str_of(NULL, 0));
    jw_member_str_opt(&w, "left out", str_of(NULL, 0));
    jw_member_i64(&w, "i", INT64_MIN);
    jw_member_bool(&w, "b", false);
    jw_member_null(&w, "n");
    jw_member_array(&w, "a");
    jw_begin_array(&w);
    jw_end_array(&w);
    jw_i64(&w, 1);
    jw_begin_object(&w);
    jw_end_object(&w);
    jw_raw(&w, STR("{\"raw\":1}"));
    jw_end_array(&w);
    jw_member_object(&w, "o");
    jw_member_c(&w, "c", "d");
    jw_end_object(&w);
    jw_end_object(&w);
    OK(jw_finish(&w, &text));
    SAME(text, "{\"s\":\"x\",\"absent\":null,\"i\":-9223372036854775808,\"b\":false,\"n\":null,"
               "\"a\":[[],1,{},{\"raw\":1}],\"o\":{\"c\":\"d\"}}");
}

static void text_is_escaped_also_for_html_around_it(void **state)
{
    (void)state;
    struct json_writer w = writer();
    struct str text;
    jw_str(&w, STR("\"\\\n\r\t\x01\x1f\x7f</script>\xe2\x80\xa8\xc3\xa9"));
    OK(jw_finish(&w, &text));
    SAME(text, "\"\\\"\\\\\\n\\r\\t\\u0001\\u001f\\u007f\\u003c/script>\xe2\x80\xa8\xc3\xa9\"");
    SAME(json_str(parse(text.ptr)), "\"\\\n\r\t\x01\x1f\x7f</script>\xe2\x80\xa8\xc3\xa9");
}

static void parsed_values_are_copied_as_they_are(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "{\"a\":[1,-2,true,false,null,\"x\\\"y\",{\"b\":[]}],\"c\":1.5}",
        "18446744073709551615",
        "123456789012345678901234567890",
        "0.1",
        "1.0",
        "-2.5e-7",
        "1e999",
    };
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        struct json_writer w = writer();
        struct str text;
        jw_value(&w, parse(texts[i]));
        OK(jw_finish(&w, &text));
        if (i == 5)
            SAME(text, "-2.5e-07");
        else
            SAME(text, texts[i]);
    }
}

static void misuse_is_told_at_the_end(void **state)
{
    (void)state;
    struct str text = {NULL, 0};
    for (int way = 0; way < 10; way++) {
        struct json_writer w = writer();
        switch (way) {
        case 0: break; /* nothing at all */
        case 1: jw_begin_object(&w), jw_i64(&w, 1), jw_end_object(&w); break;
        case 2: jw_begin_array(&w), jw_key(&w, "a"), jw_end_array(&w); break;
        case 3: jw_begin_array(&w), jw_end_object(&w); break;
        case 4: jw_i64(&w, 1), jw_i64(&w, 2); break;
        case 5: jw_begin_object(&w); break;
        case 6: jw_end_array(&w); break;
        case 7: jw_begin_object(&w), jw_key(&w, "a"), jw_end_object(&w); break;
        case 8: jw_key(&w, "a"); break;
        default: jw_begin_object(&w), jw_key(&w, "a"), jw_key(&w, "b"); break;
        }
        FAILS(jw_finish(&w, &text), ERR_INTERNAL);
    }
    struct json_writer w = writer();
    jw_str(&w, STR("\xff"));
    FAILS(jw_finish(&w, &text), ERR_INVALID_UTF8);
    w = writer();
    for (int i = 0; i < 100; i++)
        jw_begin_array(&w);
    FAILS(jw_finish(&w, &text), ERR_INTERNAL);
    buf_init(&out, &test_arena, 3);
    jw_init(&w, &out);
    jw_str(&w, STR("long"));
    FAILS(jw_finish(&w, &text), ERR_TOO_LARGE);
    ABSENT(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(kinds_are_told_apart),
        TEST(malformed_text_is_refused),
        TEST(IN_04_text_that_is_not_utf8_is_refused),
        TEST(IN_04_nul_is_refused_unless_asked_for),
        TEST(JO_07_a_member_may_stand_once),
        TEST(JO_08_size_and_depth_are_bounded),
        TEST(memory_ends_with_an_error),
        TEST(members_are_found_and_typed),
        TEST(optional_members_keep_the_default_but_tell_wrong_kinds),
        TEST(iteration_sees_every_member_once),
        TEST(a_string_or_a_list_may_hold_a_word),
        TEST(commas_and_colons_come_by_themselves),
        TEST(text_is_escaped_also_for_html_around_it),
        TEST(parsed_values_are_copied_as_they_are),
        TEST(misuse_is_told_at_the_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
