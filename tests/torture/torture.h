/* What the torture programs share: options, results, the workloads. */
#ifndef GARITA_TESTS_TORTURE_TORTURE_H
#define GARITA_TESTS_TORTURE_TORTURE_H

#include "tests/torture/actor.h"
#include "tests/torture/check.h"

struct options {
    long rounds;   /* 0: as many as in the test run */
    long seconds;  /* of each loop of rounds; 0: no more than the rounds say */
    uint64_t seed; /* names all random choices */
    const char *only;
};

/* --rounds N, --seconds S, --seed N, and a name: workloads that have it in theirs. Ends the program
 * on wrong use. */
struct options options_read(int argc, char **argv);
bool options_want(const struct options *o, const char *name);
/* Another round? They count from 0. Without --rounds and --seconds as many as usual says. */
bool options_goes_on(const struct options *o, long round, long usual);

/* A line "ok PROGRAM NAME: ..." or "not ok ...", as the test run counts them. */
void result(bool good, const char *name, const char *fmt, ...) PRINTF_LIKE(3, 4);
/* 0 when all results were good. */
int results_end(void);

struct workload {
    const char *name;
    /* Runs all steps whatever fails; the store is open and has the realm peru. */
    void (*run)(struct actor *a);
    bool from_nothing; /* starts with an empty folder: opening is part of it */
    bool migrates;     /* opens as the next version */
};
extern const struct workload workloads[];
extern const size_t workload_count;

/* splitmix64 */
uint64_t random_next(uint64_t *seed);
static inline uint64_t random_below(uint64_t *seed, uint64_t limit)
{
    return random_next(seed) % limit;
}

#endif
