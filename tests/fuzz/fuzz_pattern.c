/* Patterns and texts, with a line end between: whatever compiles matches without error, and fits the
 * same when it is a group. */
#include "core/codec/pattern.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(arena_free) struct arena a;
    const struct pattern *pattern, *group;
    bool matches, again;
    struct str rest = fuzz_input(data, size), text;
    arena_init(&a, FUZZ_ARENA_BYTES);
    if (!str_next(&rest, '\n', &text) || rest.len > 4096 || !str_is_utf8(rest))
        return 0;
    if (pattern_compile(&a, text, &pattern, NULL) != 0)
        return 0;
    PROMISE(pattern_matches(&a, pattern, rest, &matches) == 0);
    struct str grouped = ARENA_CONCAT(&a, STR("(?:"), text, STR(")"));
    if (pattern_compile(&a, grouped, &group, NULL) != 0)
        return 0; /* a group more than are allowed */
    PROMISE(pattern_matches(&a, group, rest, &again) == 0);
    PROMISE(matches == again);
    return 0;
}
