/* A table of replies, each behind the counters that it stands on. */
#include "web/grpc/kept.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "core/base/buf.h"
#include "core/base/rng.h"
#include "core/base/secret.h"
#include "core/crypto/digest.h"

#include "core/base/banned.h"

#define REPLY_MAX_BYTES ((size_t)64 << 10)
#define SWEEP_EVERY_MS  10000

/* In front of the reply. */
struct kept_head {
    int64_t from_ms; /* a clock that was set back knows nothing of it */
    size_t pin_count;
    struct ground_pin pins[];
};

struct grpc_kept {
    struct clock_table table;
    unsigned char message_key[SIPHASH_KEY_BYTES];
    unsigned char caller_key[SIPHASH_KEY_BYTES];
    uint64_t hits, misses;
    int64_t sweep_ms;
    atomic_ullong told[5];
};

struct grpc_kept *grpc_kept_new(void)
{
    struct grpc_kept *kept = calloc(1, sizeof(*kept));
    if (!kept)
        return NULL;
    rng_bytes(kept->message_key, sizeof(kept->message_key));
    rng_bytes(kept->caller_key, sizeof(kept->caller_key));
    if (clock_table_init(&kept->table, GRPC_KEPT_MAX_BYTES) == 0)
        return kept;
    grpc_kept_free(kept);
    return NULL;
}

void grpc_kept_free(struct grpc_kept *kept)
{
    if (!kept)
        return;
    clock_table_free(&kept->table);
    secret_wipe(kept, sizeof(*kept));
    free(kept);
}

/* A hash of hashes, so that no two callers run together. */
static void hash_caller(const struct grpc_kept *kept, const struct grpc_kept_question *q,
                        unsigned char out[SIPHASH_128_BYTES])
{
    const struct str parts[] = {q->authority, q->authorization, q->tenant, q->certificate};
    unsigned char hashes[ARRAY_LEN(parts) + 1][SIPHASH_128_BYTES] = {{0}};
    for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
        hashes[ARRAY_LEN(parts)][i] = !str_absent(parts[i]);
        siphash_128(kept->caller_key, str_absent(parts[i]) ? STR("") : parts[i], hashes[i]);
    }
    siphash_128(kept->caller_key, str_of((const char *)hashes, sizeof(hashes)), out);
}

void grpc_kept_key(const struct grpc_kept *kept, const struct grpc_kept_question *question,
                   struct clock_table_key *ret_key)
{
    _Static_assert(sizeof(ret_key->bytes) == 2 * SIPHASH_128_BYTES, "a key is two hashes");
    siphash_128(kept->message_key, question->message, ret_key->bytes);
    hash_caller(kept, question, ret_key->bytes + SIPHASH_128_BYTES);
}

/* What is looked at stays good until the next change of the table, which is this thread's. */
static bool holds(const struct kept_head *head, int64_t now_ms)
{
    return head->from_ms <= now_ms && store_ground_holds(head->pins, head->pin_count);
}

bool grpc_kept_get(struct grpc_kept *kept, const struct clock_table_key *key, int64_t now_ms,
                   struct str *ret_reply)
{
    struct str value;
    int64_t expires_ms;
    if (clock_table_get(&kept->table, key, now_ms, &value, &expires_ms) == 0) {
        const struct kept_head *head = (const void *)value.ptr;
        if (holds(head, now_ms)) {
            *ret_reply = str_from(value, sizeof(*head) + head->pin_count * sizeof(head->pins[0]));
            kept->hits++;
            return true;
        }
    }
    kept->misses++;
    return false;
}

static int64_t end_of(const struct ground *ground, int64_t now_ms)
{
    int64_t latest_ms = now_ms + GRPC_KEPT_LIFE_MS;
    return ground->until_ms < latest_ms ? ground->until_ms : latest_ms;
}

void grpc_kept_put(struct grpc_kept *kept, const struct clock_table_key *key,
                   const struct ground *ground, struct str reply, int64_t now_ms)
{
    size_t pin_bytes = ground->count * sizeof(ground->pins[0]);
    size_t head_bytes = sizeof(struct kept_head) + pin_bytes;
    if (!ground->firm || reply.len > REPLY_MAX_BYTES || end_of(ground, now_ms) <= now_ms)
        return;
    char *value = malloc(head_bytes + reply.len);
    if (!value)
        return;
    struct kept_head *head = (void *)value;
    head->from_ms = now_ms;
    head->pin_count = ground->count;
    memcpy(head->pins, ground->pins, pin_bytes);
    if (reply.len > 0)
        memcpy(value + head_bytes, reply.ptr, reply.len);
    clock_table_put(&kept->table, key, value, head_bytes + reply.len, now_ms,
                    end_of(ground, now_ms));
}

/* --- figures --- */

static void tell(struct grpc_kept *kept)
{
    const struct clock_table_counts *c = &kept->table.counts;
    const uint64_t values[] = {kept->hits, kept->misses, c->evictions, c->entries, c->bytes};
    for (size_t i = 0; i < ARRAY_LEN(values); i++)
        atomic_store_explicit(&kept->told[i], values[i], memory_order_relaxed);
}

void grpc_kept_sweep(struct grpc_kept *kept, struct now now)
{
    if (!kept)
        return;
    if (now.monotonic_ms >= kept->sweep_ms) {
        kept->sweep_ms = now.monotonic_ms + SWEEP_EVERY_MS;
        clock_table_sweep(&kept->table, now.wall_ms);
    }
    tell(kept);
}

void grpc_kept_count(const struct grpc_kept *kept, struct clock_table_counts *io_counts)
{
    uint64_t *const sums[] = {&io_counts->hits, &io_counts->misses, &io_counts->evictions,
                              &io_counts->entries, &io_counts->bytes};
    for (size_t i = 0; kept && i < ARRAY_LEN(sums); i++)
        *sums[i] += atomic_load_explicit(&kept->told[i], memory_order_relaxed);
}
