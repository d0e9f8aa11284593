/* The machine's wall clock as a test wants it, in any build: what the program reads of it is put in place by
 * the linker. Other clocks are true. */
#ifndef GARITA_TESTS_TORTURE_LEAP_H
#define GARITA_TESTS_TORTURE_LEAP_H

#include <stdint.h>

/* From now on the wall clock of this process shows so much more (or less). */
void leap_to(int64_t shift_ms);

#endif
