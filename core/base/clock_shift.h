/* Only in builds with tests (GARITA_TEST_CLOCK): the machine's wall clock as a test wants it. */
#ifndef GARITA_CORE_BASE_CLOCK_SHIFT_H
#define GARITA_CORE_BASE_CLOCK_SHIFT_H

#include <stdint.h>

#ifdef GARITA_TEST_CLOCK
/* What is to be added to the wall clock: the first eight bytes of the file that the environment
 * variable TEST_CLOCK_FILE names, milliseconds in the machine's byte order. The file is mapped, so
 * that a change is seen at once. 0 without the variable. */
int64_t clock_shift_us(void);
#else
static inline int64_t clock_shift_us(void)
{
    return 0;
}
#endif

#endif
