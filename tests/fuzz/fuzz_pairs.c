/* Searches for attributes: what is read can be written in quotes and is read the same again. */
#include "core/model/pairs.h"
#include "tests/fuzz/fuzz.h"

static void add_quoted(struct buf *b, struct str text, const char *end)
{
    buf_add_byte(b, '"');
    buf_add(b, text);
    buf_add_byte(b, '"');
    buf_add_c(b, end);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(arena_free) struct arena a;
    struct str_map pairs, again;
    struct buf b;
    struct str text;
    arena_init(&a, FUZZ_ARENA_BYTES);
    if (pairs_parse(&a, fuzz_input(data, size), &pairs) != 0)
        return 0;
    PROMISE(pairs.count <= PAIRS_MAX);
    buf_init(&b, &a, 1 << 20);
    for (size_t i = 0; i < pairs.count; i++) {
        PROMISE(!str_empty(pairs.items[i].name));
        if (str_find(pairs.items[i].name, '"') >= 0 || str_find(pairs.items[i].value, '"') >= 0)
            return 0;
        add_quoted(&b, pairs.items[i].name, ":");
        add_quoted(&b, pairs.items[i].value, " ");
    }
    PROMISE(buf_finish(&b, &text) == 0 && pairs_parse(&a, text, &again) == 0);
    PROMISE(again.count == pairs.count);
    for (size_t i = 0; i < pairs.count; i++)
        PROMISE(str_eq(again.items[i].value, pairs.items[i].value));
    return 0;
}
