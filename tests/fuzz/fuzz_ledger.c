/* The file of a witness: whatever it says, what was read is within its limits, and written and read again the
 * same. */
#include "tests/fuzz/fuzz.h"

#include "store/witness/ledger.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ledger l, again;
    struct arena a;
    struct str text;
    arena_init(&a, FUZZ_ARENA_BYTES);
    if (ledger_text_read(&a, fuzz_input(data, size), &l) == 0) {
        PROMISE(l.member_count <= LEDGER_MEMBERS && l.epoch <= INT64_MAX);
        if (ledger_text_write(&a, &l, &text) == 0) {
            PROMISE(ledger_text_read(&a, text, &again) == 0);
            PROMISE(ledger_equal(&l, &again));
        }
    }
    arena_free(&a);
    return 0;
}
