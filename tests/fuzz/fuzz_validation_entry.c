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

static void write_person_again(struct arena *a, struct str input, const struct validation_person *p)
{
    const struct str parts[] = {p->user_id,   p->username, p->email,      p->first_name,
                                p->last_name, p->groups,   p->attributes, p->claims};
    struct str bytes;
    for (size_t i = 0; i < ARRAY_LEN(parts); i++)
        inside(input, parts[i]);
    if (validation_person_write(a, p, &bytes) == 0)
        PROMISE(str_eq(bytes, input));
}

static void read_trusted(struct arena *a, struct str input)
{
    struct validation_signed known;
    struct validation_keys keys;
    struct str bytes;
    if (validation_signed_read(input, &known) == 0)
        PROMISE(validation_signed_write(a, &known, &bytes) == 0 && str_eq(bytes, input));
    if (validation_keys_read(input, &keys) == 0) {
        inside(input, keys.set);
        if (validation_keys_write(a, &keys, &bytes) == 0)
            PROMISE(str_eq(bytes, input));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(arena_free) struct arena a;
    struct validation_entry entry;
    struct validation_rights rights;
    struct validation_person person;
    struct str input, bytes;
    arena_init(&a, FUZZ_ARENA_BYTES);
    input = fuzz_input(data, size);
    if (validation_entry_read(input, &entry) == 0)
        write_entry_again(&a, input, &entry);
    if (validation_rights_read(input, &rights) == 0)
        PROMISE(validation_rights_write(&a, &rights, &bytes) == 0 && str_eq(bytes, input));
    if (validation_person_read(input, &person) == 0)
        write_person_again(&a, input, &person);
    read_trusted(&a, input);
    return 0;
}
