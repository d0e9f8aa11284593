/* base64url, base64, hex: one spelling for each value, and only one. */
#include "core/codec/base64.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(arena_free) struct arena a;
    struct str input = fuzz_input(data, size);
    struct str bytes;
    arena_init(&a, FUZZ_ARENA_BYTES);
    if (base64url_decode(&a, input, &bytes) == 0)
        PROMISE(str_eq(base64url_encode(&a, bytes), input));
    if (base64_decode(&a, input, BASE64_PADDED, &bytes) == 0)
        PROMISE(str_eq(base64_encode(&a, bytes), input));
    if (base64_decode(&a, input, BASE64_PADDING_OPTIONAL, &bytes) == 0)
        PROMISE(str_starts(base64_encode(&a, bytes), input));
    if (hex_decode(&a, input, &bytes) == 0)
        PROMISE(str_ieq(hex_encode(&a, bytes), input));
    PROMISE(base64url_decode(&a, base64url_encode(&a, input), &bytes) == 0 && str_eq(bytes, input));
    return 0;
}
