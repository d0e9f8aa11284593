/* The wire format and the status of calls. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "web/grpc/internal.h"
#include "web/grpc/token_message.h"

static void assert_bytes(const struct buf *b, const char *bytes, size_t len)
{
    assert_false(b->failed);
    assert_int_equal(b->len, len);
    assert_memory_equal(b->ptr, bytes, len);
}
#define ASSERT_BYTES(b, literal) assert_bytes((b), (literal), sizeof(literal) - 1)

static void writes_what_the_format_says(void **state)
{
    struct buf b;
    (void)state;
    buf_init(&b, NULL, 1024);
    pb_put_u64(&b, 1, 150);
    pb_put_str(&b, 2, STR("testing"));
    ASSERT_BYTES(&b, "\x08\x96\x01\x12\x07testing");
    buf_clear(&b);
    pb_put_u64(&b, 1, 0);
    pb_put_str(&b, 2, STR(""));
    pb_put_bool(&b, 3, false);
    assert_int_equal(b.len, 0);
    pb_put_str_always(&b, 2, STR(""));
    pb_put_u64_always(&b, 16, 0);
    ASSERT_BYTES(&b, "\x12\x00\x80\x01\x00");
    buf_free(&b);
}

static void a_message_inside_has_its_length_in_front(void **state)
{
    struct buf b;
    char text[200];
    (void)state;
    memset(text, 'a', sizeof(text));
    buf_init(&b, NULL, 1024);
    size_t at = pb_open(&b, 3);
    pb_put_u64(&b, 1, 150);
    pb_close(&b, at);
    ASSERT_BYTES(&b, "\x1a\x03\x08\x96\x01");
    buf_clear(&b);
    at = pb_open(&b, 1);
    pb_put_str(&b, 1, str_of(text, sizeof(text)));
    pb_close(&b, at);
    assert_int_equal(b.len, 1 + 2 + 3 + 200);
    assert_memory_equal(b.ptr,
                        "\x0a\xcb\x01\x0a\xc8\x01"
                        "aaaa",
                        10);
    buf_free(&b);
}

static void a_full_buffer_fails_and_does_not_overflow(void **state)
{
    struct buf b;
    (void)state;
    buf_init(&b, NULL, 8);
    size_t at = pb_open(&b, 1);
    pb_put_str(&b, 1, STR("0123456789"));
    pb_close(&b, at);
    assert_true(b.failed);
    buf_free(&b);
}

static void times_before_the_epoch_count_forward(void **state)
{
    struct buf b;
    (void)state;
    buf_init(&b, NULL, 64);
    pb_put_time_ms(&b, 1, -1);
    /* seconds -1, nanoseconds 999000000 */
    ASSERT_BYTES(&b,
                 "\x0a\x11\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01\x10\xc0\x8f\xae\xdc\x03");
    buf_free(&b);
}

static bool is_malformed(struct str message)
{
    struct pb_field f;
    struct pb_reader r = pb_reader(message);
    while (pb_next(&r, &f))
        continue;
    return r.failed;
}

static void malformed_messages_are_refused(void **state)
{
    (void)state;
    assert_false(is_malformed(STR("")));
    assert_false(is_malformed(STR("\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01")));
    assert_true(is_malformed(STR("\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02"))); /* 65 bits */
    assert_true(is_malformed(STR("\x08")));
    assert_true(is_malformed(STR("\x0a\x05"
                                 "abc")));
    assert_true(is_malformed(STR("\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01")));
    assert_true(is_malformed(STR("\x02\x00")));     /* field 0 */
    assert_true(is_malformed(STR("\x0b\x0c")));     /* a group */
    assert_true(is_malformed(STR("\x0d\x01\x02"))); /* fixed32 cut off */
}

static void json_becomes_a_struct(void **state)
{
    CLEANUP(arena_free) struct arena a;
    struct buf b;
    (void)state;
    arena_init(&a, 65536);
    buf_init(&b, NULL, 1024);
    assert_int_equal(pb_add_struct(&b, &a, STR("{\"a\":true,\"b\":[null,\"x\"],\"c\":1.5}")), 0);
    ASSERT_BYTES(&b, "\x0a\x07\x0a\x01"
                     "a\x12\x02\x20\x01"
                     "\x0a\x10\x0a\x01"
                     "b\x12\x0b\x32\x09\x0a\x02\x08\x00\x0a\x03\x1a\x01x"
                     "\x0a\x0e\x0a\x01"
                     "c\x12\x09\x11\x00\x00\x00\x00\x00\x00\xf8\x3f");
    assert_int_equal(pb_add_struct(&b, &a, STR("[1]")), ERR_INVALID_SYNTAX);
    buf_free(&b);
}

static void timeouts_have_the_units_of_the_protocol(void **state)
{
    (void)state;
    assert_int_equal(grpc_timeout_ms(STR("1H")), 3600000);
    assert_int_equal(grpc_timeout_ms(STR("2M")), 120000);
    assert_int_equal(grpc_timeout_ms(STR("3S")), 3000);
    assert_int_equal(grpc_timeout_ms(STR("4m")), 4);
    assert_int_equal(grpc_timeout_ms(STR("5u")), 1);
    assert_int_equal(grpc_timeout_ms(STR("0n")), 0);
    assert_int_equal(grpc_timeout_ms(STR("99999999H")), INT64_C(359999996400000));
    assert_int_equal(grpc_timeout_ms(STR("100000000H")), -1);
    assert_int_equal(grpc_timeout_ms(STR("1")), -1);
    assert_int_equal(grpc_timeout_ms(STR("S")), -1);
    assert_int_equal(grpc_timeout_ms(STR("-1S")), -1);
    assert_int_equal(grpc_timeout_ms(STR("1s")), -1);
}

static void a_message_is_printable_on_the_wire(void **state)
{
    struct buf b;
    (void)state;
    buf_init(&b, NULL, 256);
    grpc_message_encode(STR("50% caf\xc3\xa9\n"), &b);
    ASSERT_BYTES(&b, "50%25 caf%C3%A9%0A");
    buf_free(&b);
}

static void HT_09_errors_tell_no_more_than_their_line(void **state)
{
    struct err_ctx detail = {0};
    (void)state;
    (void)!err_set(&detail, ERR_STORE_FAILED, "disk I/O error in table user");
    struct grpc_status s = grpc_status_from(ERR_STORE_FAILED, &detail);
    assert_int_equal(s.code, GRPC_UNAVAILABLE);
    assert_string_equal(s.message, "try again later");
    s = grpc_status_from(ERR_SEAL, &detail);
    assert_int_equal(s.code, GRPC_INTERNAL);
    assert_string_equal(s.message, "internal error");
    assert_string_equal(s.reason, "INTERNAL");
    (void)!err_field(&detail, ERR_INVALID_REQUEST, "scopes", "at most 64 scopes");
    s = grpc_status_from(ERR_INVALID_REQUEST, &detail);
    assert_int_equal(s.code, GRPC_INVALID_ARGUMENT);
    assert_string_equal(s.message, "at most 64 scopes");
    assert_string_equal(s.field, "scopes");
}

static void reasons_have_the_numbers_of_the_proto_file(void **state)
{
    (void)state;
    assert_int_equal(VALIDATION_ACTIVE, 0);
    assert_int_equal(VALIDATION_EXPIRED, 6);
    assert_int_equal(VALIDATION_NOT_PERMITTED, 17);
    assert_int_equal(VALIDATION_WRONG_ALGORITHM, 18);
    assert_int_equal(VALIDATION_ISSUER_UNAVAILABLE, 21);
    assert_int_equal(VALIDATION_REASONS, 22);
}

static void questions_are_read_within_their_limits(void **state)
{
    CLEANUP(arena_free) struct arena a;
    struct validation_question q;
    struct err_ctx err = {0};
    struct buf b;
    (void)state;
    arena_init(&a, 65536);
    buf_init(&b, NULL, 4096);
    pb_put_str(&b, 1, STR("a.b.c"));
    pb_put_str(&b, 2, STR("peru"));
    for (int i = 0; i < VALIDATION_SCOPES_MAX; i++)
        pb_put_str(&b, 4, STR("s"));
    assert_int_equal(token_question_read(&a, buf_str(&b), &err, &q), 0);
    assert_true(str_eq(q.token, STR("a.b.c")) && str_eq(q.realm, STR("peru")));
    assert_true(str_absent(q.audience));
    assert_int_equal(q.scopes.count, VALIDATION_SCOPES_MAX);
    pb_put_str(&b, 4, STR("s"));
    assert_int_equal(token_question_read(&a, buf_str(&b), &err, &q), ERR_INVALID_REQUEST);
    assert_string_equal(err.field, "scopes");
    buf_clear(&b);
    pb_put_str(&b, 1, STR("\xff"));
    assert_int_equal(token_question_read(&a, buf_str(&b), &err, &q), ERR_INVALID_UTF8);
    buf_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes_what_the_format_says),
        cmocka_unit_test(a_message_inside_has_its_length_in_front),
        cmocka_unit_test(a_full_buffer_fails_and_does_not_overflow),
        cmocka_unit_test(times_before_the_epoch_count_forward),
        cmocka_unit_test(malformed_messages_are_refused),
        cmocka_unit_test(json_becomes_a_struct),
        cmocka_unit_test(timeouts_have_the_units_of_the_protocol),
        cmocka_unit_test(a_message_is_printable_on_the_wire),
        cmocka_unit_test(HT_09_errors_tell_no_more_than_their_line),
        cmocka_unit_test(reasons_have_the_numbers_of_the_proto_file),
        cmocka_unit_test(questions_are_read_within_their_limits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
