/* Bodies of gRPC-Web: a frame is the whole body or an error, base64 in pieces gives what the pieces hold,
 * a Content-Type is ours or none, and streams of ours can be read. */
#include "core/codec/base64.h"
#include "tests/fuzz/fuzz.h"
#include "web/validation/wire.h"

static void check_frame(struct str body)
{
    struct err_ctx err = {0};
    struct str message;
    if (wire_frame_read(body, &err, &message) != 0)
        return;
    PROMISE(message.len + WIRE_FRAME_PREFIX <= body.len);
    PROMISE(message.len == 0 ||
            (message.ptr >= body.ptr && message.ptr + message.len <= body.ptr + body.len));
}

/* Cut where the first byte says. */
static void check_pieces(struct arena *a, struct str input)
{
    struct str bytes;
    size_t cut = input.len > 0 ? (unsigned char)input.ptr[0] % (input.len + 1) : 0;
    struct str head = base64_encode(a, str_sub(input, 0, cut));
    struct str text = ARENA_CONCAT(a, head, base64_encode(a, str_from(input, cut)));
    PROMISE(wire_text_read(a, text, &bytes) == 0 && str_eq(bytes, input));
}

static size_t count_of(struct str text, char c)
{
    size_t n = 0;
    for (size_t i = 0; i < text.len; i++)
        n += text.ptr[i] == c;
    return n;
}

/* What goes out of a stream is frames, whatever is in them; no detail of an error makes a line of its
 * own among the trailers. */
static void check_stream(struct arena *a, struct str input)
{
    const struct wire text = {WIRE_GRPC_WEB_TEXT, WIRE_PROTO}, web = {WIRE_GRPC_WEB, WIRE_PROTO};
    struct err_ctx detail = {0};
    struct str bytes, message;
    struct buf out;
    buf_init(&out, a, FUZZ_ARENA_BYTES);
    wire_stream_message(&text, a, input, &out);
    PROMISE(!out.failed && wire_text_read(a, buf_str(&out), &bytes) == 0);
    PROMISE(wire_frame_read(bytes, &detail, &message) == 0 && str_eq(message, input));
    (void)err_set(&detail, ERR_INVALID_REQUEST, "%.*s", (int)input.len, input.ptr);
    buf_init(&out, a, FUZZ_ARENA_BYTES);
    wire_stream_end(&web, a, ERR_INVALID_REQUEST, &detail, &out);
    PROMISE(!out.failed && out.ptr[0] == (char)0x80);
    message = str_from(buf_str(&out), WIRE_FRAME_PREFIX);
    PROMISE(count_of(message, '\n') <= 3 && count_of(message, '\n') == count_of(message, '\r'));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(arena_free) struct arena a;
    struct str input = fuzz_input(data, size);
    struct str bytes;
    struct wire wire;
    arena_init(&a, FUZZ_ARENA_BYTES);
    check_frame(input);
    check_pieces(&a, input);
    check_stream(&a, input);
    if (wire_text_read(&a, input, &bytes) == 0) {
        PROMISE(bytes.len <= input.len / 4 * 3 + 3);
        check_frame(bytes);
    }
    if (!wire_of(input, &wire))
        PROMISE(wire.protocol == WIRE_CONNECT && wire.codec == WIRE_JSON);
    return 0;
}
