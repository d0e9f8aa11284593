/* What a node says to a witness, and what it answers: whatever the bytes are, what is taken from them is
 * within its limits, and written again gives the same bytes (RP-03). */
#include "tests/fuzz/fuzz.h"

#include "store/witness/words.h"

static void check_request(const unsigned char *bytes)
{
    struct witness_request q;
    unsigned char again[WITNESS_REQUEST_BYTES];
    if (witness_request_read(bytes, &q) != 0)
        return;
    PROMISE(strlen(q.node) == REPL_NODE_ID_LEN && strlen(q.cluster) == REPL_NODE_ID_LEN);
    PROMISE(q.lease_ms >= LEASE_LEAST_MS && q.lease_ms <= LEASE_MOST_MS && q.epoch <= INT64_MAX);
    witness_request_write(&q, again);
    PROMISE(memcmp(bytes, again, sizeof(again)) == 0);
}

static void check_answer(const unsigned char *bytes)
{
    struct witness_answer a, back;
    unsigned char again[WITNESS_ANSWER_BYTES];
    if (witness_answer_read(bytes, &a) != 0)
        return;
    witness_answer_write(&a, again);
    PROMISE(witness_answer_read(again, &back) == 0 && back.epoch == a.epoch);
    PROMISE(strcmp(a.holder, back.holder) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    unsigned char bytes[WITNESS_REQUEST_BYTES] = {0};
    memcpy(bytes, data, size < sizeof(bytes) ? size : sizeof(bytes));
    check_request(bytes);
    check_answer(bytes);
    return 0;
}
