/* Bodies of uploads (RFC 7578). */
#include "tests/unit/core/check.h"

#include "core/base/buf.h"
#include "core/codec/multipart.h"

#define TYPE "multipart/form-data; boundary=x1"
#define PART(name, value)                                                                          \
    "--x1\r\nContent-Disposition: form-data; name=" name "\r\n\r\n" value "\r\n"
#define END "--x1--\r\n"

static int parse(const char *type, const char *body, struct multipart *ret)
{
    return multipart_parse(&test_arena, str_c(type), str_c(body), ret);
}

static void parts_are_views(void **state)
{
    struct multipart m;
    (void)state;
    OK(parse("Multipart/Form-Data; Boundary=\"x1\"",
             PART("a", "1") "--x1\r\nContent-Type: text/plain\r\ncontent-disposition: form-data; "
                            "name=\"b\"; filename=\"c.pem\"\r\n\r\ntwo\r\nlines --x1\r\n" END,
             &m));
    assert_int_equal(m.count, 2);
    SAME(multipart_get(&m, "a"), "1");
    SAME(multipart_get(&m, "b"), "two\r\nlines --x1");
    ABSENT(multipart_get(&m, "c"));
    OK(parse(TYPE, PART("a", "") "--x1--", &m));
    assert_false(str_absent(multipart_get(&m, "a")));
    OK(parse(TYPE, "--x1--", &m));
    assert_int_equal(m.count, 0);
}

static void what_is_malformed_is_refused(void **state)
{
    static const struct {
        const char *type, *body;
        int err;
    } table[] = {
        {"application/json", END, ERR_UNSUPPORTED_MEDIA_TYPE},
        {"multipart/mixed; boundary=x1", END, ERR_UNSUPPORTED_MEDIA_TYPE},
        {"multipart/form-data", END, ERR_INVALID_SYNTAX},
        {"multipart/form-data; boundary=\"\"", END, ERR_INVALID_SYNTAX},
        {TYPE, "", ERR_INVALID_SYNTAX},
        {TYPE, "preamble\r\n" END, ERR_INVALID_SYNTAX},
        {TYPE, PART("a", "1"), ERR_INVALID_SYNTAX},
        {TYPE, PART("a", "1") "--x1--x", ERR_INVALID_SYNTAX},
        {TYPE, PART("a", "1") PART("a", "2") END, ERR_DUPLICATE},
        {TYPE, PART("\"\"", "1") END, ERR_INVALID_SYNTAX},
        {TYPE, "--x1\r\n\r\n1\r\n" END, ERR_INVALID_SYNTAX},
        {TYPE, "--x1\r\nno colon\r\n\r\n1\r\n" END, ERR_INVALID_SYNTAX},
        {TYPE, "--x1\r\nContent-Disposition: attachment; name=a\r\n\r\n1\r\n" END,
         ERR_INVALID_SYNTAX},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(table); i++) {
        struct multipart m;
        FAILS(parse(table[i].type, table[i].body, &m), table[i].err);
    }
}

static void parts_are_bounded(void **state)
{
    struct multipart m;
    struct buf b;
    struct str body;
    (void)state;
    buf_init(&b, &test_arena, 8192);
    for (int i = 0; i <= MULTIPART_MAX_PARTS; i++)
        buf_printf(&b, PART("n%d", "1"), i);
    buf_printf(&b, END);
    OK(buf_finish(&b, &body));
    FAILS(multipart_parse(&test_arena, STR(TYPE), body, &m), ERR_TOO_LARGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(parts_are_views),
        TEST(what_is_malformed_is_refused),
        TEST(parts_are_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
