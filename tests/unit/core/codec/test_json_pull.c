/* JSON piece by piece: what is walked through is what json_parse would read, in any portions. */
#include "tests/unit/core/check.h"

#include "core/codec/json_pull.h"

struct text_source {
    struct str text;
    size_t portion; /* what one read gives at most */
    uint64_t broken_at;
};

static int read_text(void *context, uint64_t offset, char *into, size_t size, size_t *ret_len)
{
    const struct text_source *s = context;
    if (offset >= s->broken_at)
        return ERR_IO;
    struct str part = str_from(s->text, (size_t)offset);
    size_t len = part.len < size ? part.len : size;
    *ret_len = len < s->portion ? len : s->portion;
    memcpy(into, part.ptr, *ret_len);
    return 0;
}

static struct text_source source;
static const struct json_pull_limits usual = {4096, 100, 100};

static struct json_pull *open_with(const char *text, size_t portion,
                                   const struct json_pull_limits *limits)
{
    struct json_pull *p = arena_alloc(&test_arena, sizeof(*p));
    assert_non_null(p);
    source = (struct text_source){str_c(text), portion, UINT64_MAX};
    json_pull_init(p, &(struct json_source){read_text, &source}, limits);
    return p;
}

static struct json_pull *open_text(const char *text)
{
    return open_with(text, 5, &usual);
}

static int pass_all(const char *text)
{
    struct json_pull *p = open_text(text);
    int err = json_pull_skip(p);
    return err != 0 ? err : json_pull_end(p);
}

static void members_and_elements_come_in_order(void **state)
{
    (void)state;
    struct json_pull *p =
        open_text("\xef\xbb\xbf {\"a\" : [1, {\"x\":2}] ,\n \"b\\u00e9\": \"t\"}");
    const struct json_value *value;
    bool more;
    OK(json_pull_enter(p));
    OK(json_pull_next(p, &more));
    assert_true(more);
    SAME(p->name, "a");
    OK(json_pull_enter(p));
    OK(json_pull_next(p, &more));
    assert_true(more);
    ABSENT(p->name);
    OK(json_pull_skip(p));
    OK(json_pull_next(p, &more));
    OK(json_pull_read(p, &test_arena, &value));
    assert_int_equal(json_i64_or(value, "x", 0), 2);
    OK(json_pull_next(p, &more));
    assert_false(more);
    OK(json_pull_next(p, &more));
    assert_true(more);
    SAME(p->name, "bé");
    OK(json_pull_read(p, &test_arena, &value));
    SAME(json_str(value), "t");
    OK(json_pull_next(p, &more));
    assert_false(more);
    OK(json_pull_end(p));
}

static void a_mark_is_passed_in_any_portions(void **state)
{
    (void)state;
    for (size_t portion = 1; portion < 5; portion++)
        OK(json_pull_skip(open_with("\xef\xbb\xbf[1]", portion, &usual)));
    FAILS(pass_all("\xef\xbb[1]"), ERR_INVALID_SYNTAX);
}

static void a_place_is_come_back_to(void **state)
{
    (void)state;
    struct json_pull *p = open_text("{\"users\":[1,2],\n\"clients\":[3]}");
    struct json_pull_place place;
    const struct json_value *value;
    bool more;
    int64_t number;
    OK(json_pull_enter(p));
    OK(json_pull_next(p, &more));
    json_pull_mark(p, &place);
    OK(json_pull_skip(p));
    OK(json_pull_next(p, &more));
    OK(json_pull_skip(p));
    OK(json_pull_next(p, &more));
    assert_false(more);
    json_pull_go(p, &place);
    OK(json_pull_enter(p));
    OK(json_pull_next(p, &more));
    OK(json_pull_read(p, &test_arena, &value));
    OK(json_i64(value, &number));
    assert_int_equal(number, 1);
}

static void malformed_text_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",       " ",     "{",         "[",        "[1,]",  "{\"a\":1,}", "{\"a\"}",
        "{a:1}",  "[1 2]", "[01]",      "[1.]",     "[.5]",  "[-]",        "[1e]",
        "[+1]",   "nul",   "truth",     "[tru]",    "\"",    "\"\\x\"",    "\"\\u12g4\"",
        "\"\n\"", "[1]]",  "[1] 2",     "{\"a\":}", "{,}",   "[,1]",       "{\"a\" 1}",
        "'a'",    "[1}",   "{\"a\":1]", "/* */ 1",  "[1e+]", "\"\\",       "[\"a\" \"b\"]",
    };
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        FAILS(pass_all(bad[i]), ERR_INVALID_SYNTAX);
    OK(pass_all(" [0, -1.5e+10, true, false, null, \"\\u00e9\\n\", {}, []] \r\n"));
}

static void IN_04_text_that_is_not_utf8_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {"\"\xff\"", "\"\xc0\xaf\"", "\"\xed\xa0\x80\"",
                                      "\"\xf4\x90\x80\x80\"", "\"\xc3\""};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        FAILS(pass_all(bad[i]), ERR_INVALID_UTF8);
    for (size_t portion = 1; portion < 6; portion++) {
        struct json_pull *p = open_with("\"aé€\xf0\x9f\x90\x8c\"", portion, &usual);
        OK(json_pull_skip(p));
    }
}

static void JO_08_depth_length_and_number_are_bounded(void **state)
{
    (void)state;
    static const struct json_pull_limits narrow = {16, 2, 3};
    char deep[JSON_PULL_MAX_DEPTH + 2];
    memset(deep, '[', sizeof(deep));
    deep[sizeof(deep) - 1] = '\0';
    FAILS(pass_all(deep), ERR_TOO_DEEP);
    FAILS(json_pull_skip(open_with("[1,2,3,4]", 9, &narrow)), ERR_TOO_LARGE);
    OK(json_pull_skip(open_with("[1,2,3]", 9, &narrow)));
    FAILS(json_pull_skip(open_with("{\"a\":1,\"b\":1,\"c\":1}", 9, &narrow)), ERR_TOO_LARGE);
    FAILS(json_pull_skip(open_with("\"0123456789abcdefg\"", 9, &narrow)), ERR_TOO_LARGE);
    const struct json_value *value;
    FAILS(json_pull_read(open_with("[\"01234\",\"abcdef\"]", 9, &narrow), &test_arena, &value),
          ERR_TOO_LARGE);
    char name[JSON_PULL_NAME_MAX_BYTES + 8];
    memset(name, 'n', sizeof(name));
    memcpy(name, "{\"", 2);
    name[sizeof(name) - 1] = '\0';
    FAILS(pass_all(name), ERR_TOO_LARGE);
    char digits[600];
    memset(digits, '9', sizeof(digits));
    digits[sizeof(digits) - 1] = '\0';
    FAILS(pass_all(digits), ERR_INVALID_NUMBER);
}

static void JO_07_a_member_may_stand_once_in_what_is_read(void **state)
{
    (void)state;
    const struct json_value *value;
    FAILS(json_pull_read(open_text("{\"a\":1,\"a\":2}"), &test_arena, &value), ERR_DUPLICATE);
}

static void errors_stay_and_tell_where(void **state)
{
    (void)state;
    struct json_pull *p = open_text("{\"a\": 1,\n  \"b\": [1,\n   x]}");
    uint64_t line, column;
    FAILS(json_pull_skip(p), ERR_INVALID_SYNTAX);
    json_pull_where(p, &line, &column);
    assert_int_equal(line, 3);
    assert_int_equal(column, 4);
    FAILS(json_pull_end(p), ERR_INVALID_SYNTAX);
}

static void a_source_that_fails_is_told(void **state)
{
    (void)state;
    struct json_pull *p = open_text("[1,2,3,4,5,6]");
    source.broken_at = 5;
    FAILS(json_pull_skip(p), ERR_IO);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(members_and_elements_come_in_order),
        TEST(a_mark_is_passed_in_any_portions),
        TEST(a_place_is_come_back_to),
        TEST(malformed_text_is_refused),
        TEST(IN_04_text_that_is_not_utf8_is_refused),
        TEST(JO_08_depth_length_and_number_are_bounded),
        TEST(JO_07_a_member_may_stand_once_in_what_is_read),
        TEST(errors_stay_and_tell_where),
        TEST(a_source_that_fails_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
