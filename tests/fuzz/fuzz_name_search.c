/* Searches for names: reading what was read says the same, and a word without stars finds the name that
 * it is. */
#include "core/model/name_search.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(arena_free) struct arena a;
    struct name_search search, again;
    struct str text = fuzz_input(data, size);
    arena_init(&a, FUZZ_ARENA_BYTES);
    if (name_search_read(&a, text, &search) != 0)
        return 0;
    PROMISE(search.count <= NAME_SEARCH_WORDS && search.text.len <= NAME_SEARCH_MAX_BYTES);
    PROMISE(name_search_split(search.text, &again) == 0 && again.count == search.count);
    for (size_t i = 0; i < search.count; i++) {
        const struct name_search alone = {.words = {search.words[i]}, .count = 1};
        struct str name = search.words[i].text;
        PROMISE(str_starts(name, name_search_beginning(&search.words[i])));
        PROMISE(str_empty(name) || name_search_finds(&alone, &name, 1));
    }
    return 0;
}
