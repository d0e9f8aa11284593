/* PKCS #12 stores that others made. */
#include "core/crypto/pk.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(arena_free) struct arena a;
    struct str der;
    int64_t end_s;
    arena_init(&a, FUZZ_ARENA_BYTES);
    if (pk_keystore_read(&a, fuzz_input(data, size), STR(""), STR("pw"), &der) == 0)
        (void)!pk_certificate_end(der, &end_s);
    return 0;
}
