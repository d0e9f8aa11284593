/* Messages of the local socket: a request that is taken has words, and says the same again. */
#include "appliance/ipc_message.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(arena_free) struct arena a;
    struct str *words, *again, input, input_again, text;
    size_t count, count_again;
    struct reply reply;
    struct err_ctx err = {0};
    struct args args;
    arena_init(&a, FUZZ_ARENA_BYTES);
    (void)!ipc_reply_read(&a, fuzz_input(data, size), &reply);
    if (ipc_request_read(&a, fuzz_input(data, size), &words, &count, &input) != 0)
        return 0;
    PROMISE(count > 0 && count <= IPC_MAX_WORDS);
    if (args_parse(&a, words, count, &args, &err) == 0)
        PROMISE(args.command != NULL);
    if (ipc_request_write(&a, words, count, input, &text) != 0)
        return 0;
    PROMISE(ipc_request_read(&a, text, &again, &count_again, &input_again) == 0);
    PROMISE(count == count_again && str_eq(input, input_again));
    for (size_t i = 0; i < count; i++)
        PROMISE(str_eq(words[i], again[i]));
    return 0;
}
