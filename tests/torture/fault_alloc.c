/* Counting and refusing. */
#include "tests/torture/fault_alloc.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
char *__real_strdup(const char *text);
void *__real_sodium_malloc(size_t size);
int __real_pthread_create(pthread_t *thread, const pthread_attr_t *attr, void *(*start)(void *),
                          void *arg);

void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);
char *__wrap_strdup(const char *text);
void *__wrap_sodium_malloc(size_t size);
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attr, void *(*start)(void *),
                          void *arg);

static atomic_bool armed;
static atomic_uint_fast64_t nth, count;
static atomic_bool for_ever;
static _Thread_local bool spared_now;

void fault_alloc_arm(uint64_t number, bool ever)
{
    atomic_store(&armed, false);
    atomic_store(&count, 0);
    atomic_store(&nth, number);
    atomic_store(&for_ever, ever);
    atomic_store(&armed, true);
}

void fault_alloc_clear(void)
{
    atomic_store(&armed, false);
}

uint64_t fault_alloc_count(void)
{
    return atomic_load(&count);
}

void fault_alloc_spare(bool spared)
{
    spared_now = spared;
}

static bool refused(void)
{
    if (spared_now || !atomic_load_explicit(&armed, memory_order_relaxed))
        return false;
    uint64_t number = atomic_fetch_add(&count, 1) + 1;
    uint64_t first = atomic_load(&nth);
    if (first == 0 || number < first || (number > first && !atomic_load(&for_ever)))
        return false;
    errno = ENOMEM;
    return true;
}

void *__wrap_malloc(size_t size)
{
    return refused() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t number, size_t size)
{
    return refused() ? NULL : __real_calloc(number, size);
}

void *__wrap_realloc(void *old, size_t size)
{
    return refused() ? NULL : __real_realloc(old, size);
}

char *__wrap_strdup(const char *text)
{
    return refused() ? NULL : __real_strdup(text);
}

void *__wrap_sodium_malloc(size_t size)
{
    return refused() ? NULL : __real_sodium_malloc(size);
}

int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attr, void *(*start)(void *),
                          void *arg)
{
    return refused() ? EAGAIN : __real_pthread_create(thread, attr, start, arg);
}
