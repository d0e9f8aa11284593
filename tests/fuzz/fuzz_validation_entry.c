/* Kept answers: what is read is within its bytes, and writing it again gives the same bytes. */
#include "core/validation/entry.h"
#include "tests/fuzz/fuzz.h"

static void inside(struct str whole, struct str part)
{
    PROMISE(part.len == 0 ||
            (part.ptr >= whole.ptr && part.ptr + part.len <= whole.ptr + whole.len));
}

static void write_entry_again(struct arena *a, struct str input, const struct validation_entry *e)
{
    const struct str parts[] = {
        e->realm, e->kid, e->alg, e->payload, e->username, e->user_id, e->service_client_id};
    struct str bytes;
    for (size_t i = 0; i < ARRAY_LEN(parts); i++)
        inside(input, parts[i]);
    if (validation_entry_write(a, e, &bytes) == 0)
        PROMISE(str_eq(bytes, input));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(arena_free) struct arena a;
    struct validation_entry entry;
    struct validation_rights rights;
    struct str input, bytes;
    arena_init(&a, FUZZ_ARENA_BYTES);
    input = fuzz_input(data, size);
    if (validation_entry_read(input, &entry) == 0)
        write_entry_again(&a, input, &entry);
    if (validation_rights_read(input, &rights) == 0)
        PROMISE(validation_rights_write(&a, &rights, &bytes) == 0 && str_eq(bytes, input));
    return 0;
}
