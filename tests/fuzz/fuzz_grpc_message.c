/* Protocol Buffers: what is read lies within the message, what is written reads back the same, and
 * the messages of token validation stay within their limits. */
#include "tests/fuzz/fuzz.h"
#include "web/grpc/internal.h"
#include "web/grpc/token_message.h"

static bool within(struct str part, struct str whole)
{
    return part.len == 0 || (part.ptr >= whole.ptr && part.ptr + part.len <= whole.ptr + whole.len);
}

/* Reads fields and writes them again: as many bytes or fewer, as varints may be longer than needed. */
static void fields(struct str input)
{
    struct pb_reader r = pb_reader(input);
    struct pb_field f;
    struct buf out;
    buf_init(&out, NULL, input.len + 64);
    while (pb_next(&r, &f)) {
        PROMISE(f.number > 0 && within(f.bytes, input));
        if (f.type == PB_VARINT)
            pb_put_u64_always(&out, f.number, f.value);
        else if (f.type == PB_BYTES)
            pb_put_str_always(&out, f.number, f.bytes);
    }
    PROMISE(!out.failed && out.len <= input.len);
    buf_free(&out);
}

static void questions(struct arena *a, struct str input)
{
    struct validation_question q;
    struct strs batch;
    struct err_ctx err = {0};
    struct str text;
    if (token_question_read(a, input, &err, &q) == 0) {
        PROMISE(within(q.token, input) || q.token.len == 0);
        PROMISE(q.scopes.count <= VALIDATION_SCOPES_MAX && q.roles.count <= VALIDATION_ROLES_MAX);
    }
    if (token_batch_read(a, input, &err, &batch) == 0)
        PROMISE(batch.count <= VALIDATION_BATCH_MAX);
    if (token_text_read(input, &text) == 0)
        PROMISE(str_is_utf8(text));
}

/* A Struct made of JSON is a well-formed message. */
static void structs(struct arena *a, struct str input)
{
    struct buf out;
    struct pb_field f;
    buf_init(&out, NULL, (size_t)1 << 20);
    if (pb_add_struct(&out, a, input) == 0 && !out.failed) {
        struct pb_reader r = pb_reader(buf_str(&out));
        while (pb_next(&r, &f))
            PROMISE(pb_is(&f, 1, PB_BYTES));
        PROMISE(!r.failed);
    }
    buf_free(&out);
}

static void reflect(struct arena *a, struct str input)
{
    struct buf out;
    buf_init(&out, NULL, GRPC_REPLY_MAX_BYTES);
    struct grpc_work w = {.arena = a, .message = input, .out = &out};
    (void)!grpc_reflection(&w);
    buf_free(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(arena_free) struct arena a;
    struct str input = fuzz_input(data, size);
    arena_init(&a, FUZZ_ARENA_BYTES);
    fields(input);
    questions(&a, input);
    structs(&a, input);
    reflect(&a, input);
    (void)grpc_timeout_ms(input);
    return 0;
}
