/* Uploads: a content type, and behind a NUL the body. Accepted parts have names that differ, and their
 * values lie inside the body. */
#include "core/codec/multipart.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(arena_free) struct arena a;
    struct multipart m;
    struct str rest = fuzz_input(data, size), type;
    arena_init(&a, FUZZ_ARENA_BYTES);
    if (!str_next(&rest, '\0', &type) || multipart_parse(&a, type, rest, &m) != 0)
        return 0;
    PROMISE(m.count <= MULTIPART_MAX_PARTS);
    for (size_t i = 0; i < m.count; i++) {
        const struct multipart_part *p = &m.parts[i];
        PROMISE(!str_empty(p->name));
        PROMISE(p->value.ptr >= rest.ptr && p->value.ptr + p->value.len <= rest.ptr + rest.len);
        for (size_t k = 0; k < i; k++)
            PROMISE(!str_eq(p->name, m.parts[k].name));
    }
    return 0;
}
