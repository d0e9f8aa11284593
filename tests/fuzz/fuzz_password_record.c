/* Password records from imports: the first line is secretData, the rest is credentialData. Hashing
 * is too slow to fuzz, so records are read, and those that are cheap are also verified. */
#include "core/crypto/password_internal.h"
#include "tests/fuzz/fuzz.h"

static bool is_cheap(const struct password_params *p)
{
    if (p->alg == PASSWORD_ARGON2)
        return (uint64_t)p->memory_kib * p->iterations <= 64;
    return p->iterations <= 16;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(arena_free) struct arena a;
    struct password_parsed parsed;
    struct password_parsed again;
    struct password_record record = {.credential_data = fuzz_input(data, size)};
    bool match = false;
    arena_init(&a, FUZZ_ARENA_BYTES);
    if (!str_next(&record.credential_data, '\n', &record.secret_data))
        return 0;
    if (password_record_parse(&a, &record, &parsed) != 0)
        return 0;
    PROMISE(password_params_are_sane(&parsed.params));
    PROMISE(password_record_write(&a, &parsed, &record) == 0);
    PROMISE(password_record_parse(&a, &record, &again) == 0);
    PROMISE(str_eq(again.hash, parsed.hash) && str_eq(again.salt, parsed.salt));
    if (is_cheap(&parsed.params))
        PROMISE(password_hash_verify(&a, &record, STR("nobody chose this"), &match) == 0 && !match);
    return 0;
}
