/* JSON: what is accepted can be written and is read again as the same text. */
#include "core/codec/json.h"
#include "tests/fuzz/fuzz.h"

static struct str write_again(struct arena *a, const struct json_value *v)
{
    struct buf b;
    struct json_writer w;
    struct str text;
    buf_init(&b, a, FUZZ_ARENA_BYTES);
    jw_init(&w, &b);
    jw_value(&w, v);
    PROMISE(jw_finish(&w, &text) == 0);
    return text;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(arena_free) struct arena a;
    const struct json_value *v;
    const struct json_value *again;
    const struct json_options options = {8192, JSON_MAX_DEPTH, true};
    arena_init(&a, FUZZ_ARENA_BYTES);
    if (json_parse_with(&a, fuzz_input(data, size), &options, &v) != 0)
        return 0;
    struct str text = write_again(&a, v);
    const struct json_options wider = {FUZZ_ARENA_BYTES, JSON_MAX_DEPTH, true};
    PROMISE(json_parse_with(&a, text, &wider, &again) == 0);
    PROMISE(str_eq(write_again(&a, again), text));
    return 0;
}
