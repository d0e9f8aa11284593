/* What stands around a message in gRPC-Web and Connect. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "web/validation/wire.h"

static struct arena arena;
static struct err_ctx err;

#define BYTES(literal) str_of((literal), sizeof(literal) - 1)

static void content_types_say_protocol_and_codec(void **state)
{
    static const struct {
        const char *type;
        enum wire_protocol protocol;
        enum wire_codec codec;
    } cases[] = {
        {"application/json", WIRE_CONNECT, WIRE_JSON},
        {"Application/JSON; charset=utf-8", WIRE_CONNECT, WIRE_JSON},
        {"application/proto", WIRE_CONNECT, WIRE_PROTO},
        {"application/connect+json", WIRE_CONNECT_STREAM, WIRE_JSON},
        {"application/connect+proto", WIRE_CONNECT_STREAM, WIRE_PROTO},
        {"application/grpc-web", WIRE_GRPC_WEB, WIRE_PROTO},
        {"application/grpc-web+proto", WIRE_GRPC_WEB, WIRE_PROTO},
        {"application/grpc-web+json", WIRE_GRPC_WEB, WIRE_JSON},
        {"application/grpc-web-text", WIRE_GRPC_WEB_TEXT, WIRE_PROTO},
        {"application/grpc-web-text+proto", WIRE_GRPC_WEB_TEXT, WIRE_PROTO},
    };
    static const char *const none[] = {"",
                                       "text/plain",
                                       "application/grpc",
                                       "application/x-www-form-urlencoded",
                                       "application/grpc-webx",
                                       "multipart/json"};
    struct wire wire;
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        assert_true(wire_of(str_c(cases[i].type), &wire));
        assert_int_equal(wire.protocol, cases[i].protocol);
        assert_int_equal(wire.codec, cases[i].codec);
    }
    for (size_t i = 0; i < ARRAY_LEN(none); i++)
        assert_false(wire_of(str_c(none[i]), &wire));
    assert_false(wire_of(str_of(NULL, 0), &wire));
}

static void one_frame_is_the_whole_body(void **state)
{
    struct str message;
    (void)state;
    assert_int_equal(wire_frame_read(BYTES("\0\0\0\0\3abc"), &err, &message), 0);
    assert_true(str_eq(message, STR("abc")));
    assert_int_equal(wire_frame_read(BYTES("\0\0\0\0\0"), &err, &message), 0);
    assert_int_equal(message.len, 0);
}

static void a_frame_that_is_not_whole_or_not_alone_is_refused(void **state)
{
    static const struct {
        struct str body;
        int err;
    } cases[] = {
        {STR_INIT(""), ERR_INVALID_REQUEST},
        {STR_INIT("\0\0\0\0"), ERR_INVALID_REQUEST},
        {STR_INIT("\0\0\0\0\3ab"), ERR_INVALID_REQUEST},
        {STR_INIT("\0\xff\xff\xff\xff"
                  "abc"),
         ERR_INVALID_REQUEST},
        {STR_INIT("\0\0\0\0\1ab"), ERR_INVALID_REQUEST},
        {STR_INIT("\x80\0\0\0\1a"), ERR_INVALID_REQUEST},
        {STR_INIT("\1\0\0\0\1a"), ERR_UNIMPLEMENTED},
    };
    struct str message;
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        assert_int_equal(wire_frame_read(cases[i].body, &err, &message), cases[i].err);
}

static void base64_comes_in_padded_pieces(void **state)
{
    static const char *const same[] = {"YWJjZGU=", "YQ==YmM=ZGU=", "YWJjZGU=", "YWJjZA==ZQ=="};
    static const char *const wrong[] = {"YWJjZGU", "YQ=", "Y", "====", "YQ==Y", "Y!==", "YQ==\n"};
    struct str bytes;
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(same); i++) {
        assert_int_equal(wire_text_read(&arena, str_c(same[i]), &bytes), 0);
        assert_true(str_eq(bytes, STR("abcde")));
    }
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++)
        assert_int_not_equal(wire_text_read(&arena, str_c(wrong[i]), &bytes), 0);
}

static void messages_of_a_stream_are_frames_of_their_own(void **state)
{
    const struct wire binary = {WIRE_GRPC_WEB, WIRE_PROTO}, text = {WIRE_GRPC_WEB_TEXT, WIRE_PROTO};
    struct str bytes, message;
    struct buf out;
    (void)state;
    buf_init(&out, &arena, 1000);
    wire_stream_message(&binary, &arena, STR("abc"), &out);
    wire_stream_message(&binary, &arena, STR(""), &out);
    assert_true(str_eq(buf_str(&out), BYTES("\0\0\0\0\3abc\0\0\0\0\0")));
    buf_init(&out, &arena, 1000);
    wire_stream_message(&text, &arena, STR("abc"), &out);
    assert_true(str_eq(buf_str(&out), STR("AAAAAANhYmM=")));
    wire_stream_message(&text, &arena, STR("x"), &out);
    assert_int_equal(wire_text_read(&arena, buf_str(&out), &bytes), 0);
    assert_int_equal(wire_frame_read(str_sub(bytes, 0, 8), &err, &message), 0);
    assert_true(str_eq(message, STR("abc")));
    assert_int_equal(wire_frame_read(str_from(bytes, 8), &err, &message), 0);
    assert_true(str_eq(message, STR("x")));
}

static void the_end_of_a_stream_says_how_it_ended(void **state)
{
    const struct wire web = {WIRE_GRPC_WEB, WIRE_JSON}, connect = {WIRE_CONNECT_STREAM, WIRE_PROTO};
    struct err_ctx detail = {0};
    struct buf out;
    (void)state;
    (void)err_set(&detail, ERR_FORBIDDEN, "no\r\nx: y");
    buf_init(&out, &arena, 4000);
    wire_stream_end(&web, &arena, 0, &detail, &out);
    assert_true(str_eq(buf_str(&out), BYTES("\x80\0\0\0\x10grpc-status: 0\r\n")));
    buf_init(&out, &arena, 4000);
    wire_stream_end(&web, &arena, ERR_FORBIDDEN, &detail, &out);
    assert_true(str_find_str(buf_str(&out), STR("grpc-status: 7\r\n"
                                                "grpc-message: no%0D%0Ax: y\r\n"
                                                "grpc-status-details-bin: ")) == 5);
    buf_init(&out, &arena, 4000);
    wire_stream_end(&connect, &arena, 0, &detail, &out);
    assert_true(str_eq(buf_str(&out), BYTES("\2\0\0\0\2{}")));
    buf_init(&out, &arena, 4000);
    wire_stream_end(&connect, &arena, ERR_NOT_FOUND, &detail, &out);
    assert_true(str_find_str(buf_str(&out), STR("{\"error\":{\"code\":\"not_found\"")) == 5);
    assert_int_equal(out.ptr[0], 2);
}

static int setup(void **state)
{
    (void)state;
    arena_init(&arena, 1 << 20);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    arena_free(&arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(content_types_say_protocol_and_codec),
        cmocka_unit_test(one_frame_is_the_whole_body),
        cmocka_unit_test(a_frame_that_is_not_whole_or_not_alone_is_refused),
        cmocka_unit_test(base64_comes_in_padded_pieces),
        cmocka_unit_test(messages_of_a_stream_are_frames_of_their_own),
        cmocka_unit_test(the_end_of_a_stream_says_how_it_ended),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
