/* Memory that runs out. The linker puts this around malloc, calloc, realloc, strdup, sodium_malloc
 * and pthread_create of everything that is linked, SQLite and the libraries included; see
 * tests.cmake. */
#ifndef GARITA_TESTS_TORTURE_FAULT_ALLOC_H
#define GARITA_TESTS_TORTURE_FAULT_ALLOC_H

#include <stdbool.h>
#include <stdint.h>

/* The nth allocation from now on fails, and with for_ever all after it; 0: none, but they are
 * counted. */
void fault_alloc_arm(uint64_t nth, bool for_ever);
void fault_alloc_clear(void);
uint64_t fault_alloc_count(void);
/* The test's own allocations, of this thread, are not meant. */
void fault_alloc_spare(bool spared);

#endif
