/* The test's hand at the clock; nothing of it is in the release. */
#include "core/base/clock_shift.h"

#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#ifdef GARITA_TEST_CLOCK

static _Atomic int64_t none;
static _Atomic int64_t *_Atomic shift_ms;

static _Atomic int64_t *map_file(void)
{
    const char *path = getenv("TEST_CLOCK_FILE");
    int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    if (fd < 0)
        return &none;
    void *page = mmap(NULL, sizeof(none), PROT_READ, MAP_SHARED, fd, 0);
    (void)close(fd);
    return page == MAP_FAILED ? &none : page;
}

/* Two threads that map it at once see the same. */
int64_t clock_shift_us(void)
{
    if (!atomic_load(&shift_ms))
        atomic_store(&shift_ms, map_file());
    return atomic_load(atomic_load(&shift_ms)) * 1000;
}

#endif
