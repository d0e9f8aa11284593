/* Answers that a thread gives again without asking anybody: the bytes of the reply, with the counters
 * that it stands on (core/port/footing.h). It is given only to the same question by the same caller
 * with the same proof, while every counter of the token and of the caller is what it was, and before
 * the first end that is known. So a secret that is rotated, a client that is disabled and a token that
 * is revoked count at the very next call, here as everywhere. Each thread has a table of its own: no
 * lock is taken. */
#ifndef GARITA_WEB_GRPC_KEPT_H
#define GARITA_WEB_GRPC_KEPT_H

#include "core/base/clock.h"
#include "core/base/clock_table.h"
#include "core/port/footing.h"

#define GRPC_KEPT_MAX_BYTES ((size_t)8 << 20) /* of a thread */
#define GRPC_KEPT_LIFE_MS   (INT64_C(5) * 60 * 1000)

struct grpc_kept;

/* All that an answer depends on and that no counter tells. */
struct grpc_kept_question {
    struct str authority, authorization, tenant; /* absent and empty are two things */
    struct str certificate;
    struct str message;
};

/* NULL without memory: then nothing is kept. Others take NULL for a table without entries. */
struct grpc_kept *grpc_kept_new(void);
void grpc_kept_free(struct grpc_kept *kept);
/* A keyed hash of the question: neither token nor secret is in the table. */
void grpc_kept_key(const struct grpc_kept *kept, const struct grpc_kept_question *question,
                   struct clock_table_key *ret_key);
/* False when there is none that still holds. Good until the next call. */
MUST_CHECK bool grpc_kept_get(struct grpc_kept *kept, const struct clock_table_key *key,
                              int64_t now_ms, struct str *ret_reply);
void grpc_kept_put(struct grpc_kept *kept, const struct clock_table_key *key,
                   const struct ground *ground, struct str reply, int64_t now_ms);
/* Removes what is over, now and then, and publishes the figures. */
void grpc_kept_sweep(struct grpc_kept *kept, struct now now);
/* From any thread: adds the figures as of the last sweep. */
void grpc_kept_count(const struct grpc_kept *kept, struct clock_table_counts *io_counts);

#endif
