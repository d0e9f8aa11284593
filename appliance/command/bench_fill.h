/* Fills one realm with people and events for measuring (garita bench-data). */
#ifndef GARITA_APPLIANCE_COMMAND_BENCH_FILL_H
#define GARITA_APPLIANCE_COMMAND_BENCH_FILL_H

#include "core/auth/context.h"

/* Everybody's, and the client's: known to all, so such a folder is for measuring only. */
#define BENCH_CLIENT          "bench"
#define BENCH_PASSWORD        "correct-horse"
#define BENCH_SECRET          "known-to-everyone-as-it-is-for-benchmarks-only"
#define BENCH_REDIRECT_URI    "https://app.example.pe/callback"
#define BENCH_EVENTS_PER_USER 10

struct bench_fill {
    struct store *store;
    struct err_ctx *err;
    struct str realm;
    int64_t users;
    /* Called now and then; may be NULL. */
    void (*progress)(const struct bench_fill *fill, const char *what, int64_t done, int64_t of);
};

/* Makes what is missing, so that an interrupted run goes on where it was: the realm with its client,
 * the people user0, user1, ..., and events up to ten for each of them, all through the same functions
 * as the server's. Names, attributes, ids of people and the order of events are the same every time;
 * keys, salts and ids of events are random as everywhere. */
MUST_CHECK int bench_fill_realm(const struct bench_fill *fill);

#endif
