/* What the fuzz targets share: an arena that lives as long as one input, and a check that stops the
 * run when a parser breaks a promise. */
#ifndef GARITA_TESTS_FUZZ_H
#define GARITA_TESTS_FUZZ_H

#include <stdint.h>
#include <stdlib.h>

#include "core/base/arena.h"
#include "core/base/err.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define FUZZ_ARENA_BYTES ((size_t)16 << 20)

static inline struct str fuzz_input(const uint8_t *data, size_t size)
{
    return str_of((const char *)data, size);
}

#define PROMISE(condition)                                                                         \
    do {                                                                                           \
        if (!(condition))                                                                          \
            abort();                                                                               \
    } while (0)

#endif
