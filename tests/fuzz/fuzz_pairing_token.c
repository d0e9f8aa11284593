/* A pairing token as somebody brings it: what is taken is one, and nothing is written beyond it. */
#include "tests/fuzz/fuzz.h"

#include "store/link/pairing.h"
#include "store/link/socket.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct {
        struct pairing_token token;
        unsigned char behind[8];
    } t = {.behind = {1, 2, 3, 4, 5, 6, 7, 8}};
    struct str text = fuzz_input(data, size);
    if (pairing_token_read(text, &t.token) == 0)
        PROMISE(text.len > 80);
    for (size_t i = 0; i < sizeof(t.behind); i++)
        PROMISE(t.behind[i] == i + 1);
    if (link_address_is_valid(text))
        PROMISE(str_find(text, ':') > 0);
    return 0;
}
