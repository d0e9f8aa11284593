/* The file of a node: whatever it says, counts and texts stay within their limits, and what was read is
 * written and read again the same. */
#include "tests/fuzz/fuzz.h"

#include "store/repl/node.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct node_state s, again;
    struct arena a;
    struct str first, second;
    arena_init(&a, FUZZ_ARENA_BYTES);
    if (node_text_read(&a, fuzz_input(data, size), &s) == 0) {
        PROMISE(s.timeline_count <= NODE_TIMELINE_MAX && s.token_count <= NODE_TOKENS_MAX);
        PROMISE(s.role == REPL_ALONE || strlen(s.id) == REPL_NODE_ID_LEN);
        if (node_text_write(&a, &s, &first) == 0) {
            PROMISE(node_text_read(&a, first, &again) == 0);
            PROMISE(node_text_write(&a, &again, &second) == 0 && str_eq(first, second));
        }
    }
    arena_free(&a);
    return 0;
}
