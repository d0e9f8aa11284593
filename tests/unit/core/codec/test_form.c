/* Forms and percent encoding. */
#include "tests/unit/core/check.h"

#include "core/codec/form.h"

static struct form parse(const char *text)
{
    struct form f = {NULL, 0, {NULL, 0}};
    OK(form_parse(&test_arena, str_c(text), NULL, &f, NULL));
    return f;
}

static void pairs_are_split_first_and_decoded_after(void **state)
{
    (void)state;
    struct form f = parse("a=1&b=x+y%20z&&c=%26%3D&d&e=&%66=g=h&");
    assert_int_equal(f.count, 6);
    SAME(form_get(&f, "a"), "1");
    SAME(form_get(&f, "b"), "x y z");
    SAME(form_get(&f, "c"), "&=");
    SAME(form_get(&f, "d"), "");
    SAME(form_get(&f, "e"), "");
    SAME(form_get(&f, "f"), "g=h");
    ABSENT(form_get(&f, "g"));
    ABSENT(f.repeated);
    f = parse("");
    assert_int_equal(f.count, 0);
    f = parse("n=%c3%b1");
    SAME(form_get(&f, "n"), "\xc3\xb1");
}

static void repeated_names_are_told(void **state)
{
    (void)state;
    struct form f = parse("x=1&b=2&a=3&y=4&a=5&b=6&b=7");
    struct str value;
    SAME(f.repeated, "a"); /* its second one comes before that of b */
    assert_int_equal(form_count(&f, "b"), 3);
    FAILS(form_get_once(&f, "a", &value), ERR_DUPLICATE);
    OK(form_get_once(&f, "x", &value));
    SAME(value, "1");
    OK(form_get_once(&f, "z", &value));
    ABSENT(value);
    f = parse("a=1&%61=2");
    SAME(f.repeated, "a");
}

static void IN_04_malformed_encoding_is_refused(void **state)
{
    (void)state;
    static const struct {
        struct str text;
        int err;
        const char *where; /* NULL: the name itself is at fault */
    } table[] = {
        {STR_INIT("a=%"), ERR_INVALID_SYNTAX, "a"},
        {STR_INIT("a=%4"), ERR_INVALID_SYNTAX, "a"},
        {STR_INIT("a=%4&b=1"), ERR_INVALID_SYNTAX, "a"},
        {STR_INIT("a=%zz"), ERR_INVALID_SYNTAX, "a"},
        {STR_INIT("a=%00"), ERR_INVALID_SYNTAX, "a"},
        {STR_INIT("a=x\0y"), ERR_INVALID_SYNTAX, "a"},
        {STR_INIT("ok=1&a=%ff"), ERR_INVALID_UTF8, "a"},
        {STR_INIT("a=%c0%80"), ERR_INVALID_UTF8, "a"},
        {STR_INIT("a=%ed%a0%80"), ERR_INVALID_UTF8, "a"},
        {STR_INIT("a=%f4%90%80%80"), ERR_INVALID_UTF8, "a"},
        {STR_INIT("%00=1"), ERR_INVALID_SYNTAX, NULL},
        {STR_INIT("%ff=1"), ERR_INVALID_UTF8, NULL},
    };
    for (size_t i = 0; i < ARRAY_LEN(table); i++) {
        struct form f = {NULL, 77, {NULL, 0}};
        struct str where = STR("?");
        FAILS(form_parse(&test_arena, table[i].text, NULL, &f, &where), table[i].err);
        assert_int_equal(f.count, 77);
        if (table[i].where)
            SAME(where, table[i].where);
        else
            ABSENT(where);
    }
}

static void limits_hold(void **state)
{
    (void)state;
    const struct form_limits limits = {3, 4, 5};
    struct form f;
    OK(form_parse(&test_arena, STR("name=value&a=1&b=2"), &limits, &f, NULL));
    FAILS(form_parse(&test_arena, STR("a=1&b=2&c=3&d=4"), &limits, &f, NULL), ERR_TOO_LARGE);
    FAILS(form_parse(&test_arena, STR("names=1"), &limits, &f, NULL), ERR_TOO_LARGE);
    FAILS(form_parse(&test_arena, STR("a=values"), &limits, &f, NULL), ERR_TOO_LARGE);
    OK(form_parse(&test_arena, STR("a=%76%61%6c%75%65"), &limits, &f, NULL));
    char many[4 * (FORM_MAX_PARAMS + 1)];
    for (size_t i = 0; i <= FORM_MAX_PARAMS; i++)
        memcpy(many + 4 * i, "a=1&", 4);
    FAILS(form_parse(&test_arena, str_of(many, sizeof(many)), NULL, &f, NULL), ERR_TOO_LARGE);
    OK(form_parse(&test_arena, str_of(many, sizeof(many) - 4), NULL, &f, NULL));
    SAME(f.repeated, "a");
}

static void encoding_is_read_back(void **state)
{
    (void)state;
    struct buf b;
    struct str text;
    char every[255];
    for (int c = 1; c < 128; c++)
        every[c - 1] = (char)c;
    memcpy(every + 127, "\xc3\xb1\xe2\x82\xac\xf0\x9f\x98\x80", 9);
    struct str value = str_of(every, 136);
    buf_init(&b, &test_arena, 10000);
    form_add(&b, "a b", value);
    form_add(&b, "c", STR(""));
    form_add_i64(&b, "n", -5);
    OK(buf_finish(&b, &text));
    struct form f = parse(text.ptr);
    SAME_S(form_get(&f, "a b"), value);
    SAME(form_get(&f, "c"), "");
    SAME(form_get(&f, "n"), "-5");
    for (size_t i = 0; i < text.len; i++)
        assert_true(text.ptr[i] > ' ' && text.ptr[i] < 0x7f);
}

static void separators_fit_the_url(void **state)
{
    (void)state;
    struct buf b;
    struct str text;
    buf_init(&b, &test_arena, 1000);
    buf_add_c(&b, "https://app/cb");
    form_add_query(&b, "code", STR("x/y"));
    form_add_query(&b, "state", STR("a b"));
    OK(buf_finish(&b, &text));
    SAME(text, "https://app/cb?code=x%2Fy&state=a+b");
    buf_init(&b, &test_arena, 1000);
    buf_add_c(&b, "https://app/cb#");
    form_add(&b, "id_token", STR("t"));
    OK(buf_finish(&b, &text));
    SAME(text, "https://app/cb#id_token=t");
}

static void percent_escapes_for_paths(void **state)
{
    (void)state;
    struct str text;
    SAME(percent_encoded(&test_arena, STR("a/b c+d~\xc3\xb1")), "a%2Fb%20c%2Bd~%C3%B1");
    OK(percent_decode(&test_arena, STR("a+b%2fc"), &text));
    SAME(text, "a+b/c");
    FAILS(percent_decode(&test_arena, STR("%2"), &text), ERR_INVALID_SYNTAX);
    FAILS(percent_decode(&test_arena, STR("%00"), &text), ERR_INVALID_SYNTAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(pairs_are_split_first_and_decoded_after),
        TEST(repeated_names_are_told),
        TEST(IN_04_malformed_encoding_is_refused),
        TEST(limits_hold),
        TEST(encoding_is_read_back),
        TEST(separators_fit_the_url),
        TEST(percent_escapes_for_paths),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
