/* A fixed array in shared memory. */
#include "tests/torture/history.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define CHANGES_MAX 16384

struct history {
    atomic_size_t count;
    atomic_size_t ticks;
    atomic_bool early;
    size_t (*clock)(void);
    struct change changes[CHANGES_MAX];
};

struct history *history_open(void)
{
    void *p = mmap(NULL, sizeof(struct history), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
                   -1, 0);
    if (p == MAP_FAILED)
        abort();
    return p;
}

void history_close(struct history *history)
{
    (void)munmap(history, sizeof(*history));
}

void history_clear(struct history *h)
{
    size_t count = atomic_load(&h->count);
    memset(h->changes, 0, (count < CHANGES_MAX ? count : CHANGES_MAX) * sizeof(h->changes[0]));
    atomic_store(&h->count, 0);
    atomic_store(&h->ticks, 0);
}

void history_set_clock(struct history *h, size_t (*clock)(void))
{
    h->clock = clock;
}

void history_acknowledge_early(struct history *h, bool early)
{
    atomic_store(&h->early, early);
}

size_t history_now(struct history *h)
{
    return h->clock ? h->clock() : atomic_fetch_add(&h->ticks, 1) + 1;
}

static uint32_t hash_of(const char *text)
{
    uint32_t h = 2166136261U;
    for (; *text; text++)
        h = (h ^ (unsigned char)*text) * 16777619U;
    return h;
}

struct change *history_begin(struct history *h, const char *subject, const char *value)
{
    size_t at = atomic_fetch_add(&h->count, 1);
    if (at >= CHANGES_MAX)
        abort();
    struct change *c = &h->changes[at];
    (void)snprintf(c->subject, sizeof(c->subject), "%s", subject);
    (void)snprintf(c->value, sizeof(c->value), "%s", value);
    c->hash = hash_of(subject);
    c->begun = history_now(h);
    c->ended = SIZE_MAX;
    if (atomic_load(&h->early)) {
        c->ended = c->begun;
        atomic_store(&c->outcome, CHANGE_DONE);
    }
    atomic_store(&c->written, true);
    return c;
}

void history_end(struct history *h, struct change *c, enum outcome outcome, const char *value)
{
    if (atomic_load(&h->early))
        return;
    if (value && outcome == CHANGE_DONE)
        (void)snprintf(c->answer, sizeof(c->answer), "%s", value);
    c->ended = history_now(h);
    atomic_store(&c->outcome, (int)outcome);
}

static const char *value_of(const struct change *c)
{
    bool told = atomic_load(&c->outcome) == CHANGE_DONE && c->answer[0] != '\0';
    return told ? c->answer : c->value;
}

static size_t count_of(const struct history *h)
{
    size_t count = atomic_load(&h->count);
    return count < CHANGES_MAX ? count : CHANGES_MAX;
}

size_t history_count(const struct history *h, size_t *ret_acknowledged)
{
    size_t count = count_of(h);
    *ret_acknowledged = 0;
    for (size_t i = 0; i < count; i++)
        *ret_acknowledged += atomic_load(&h->changes[i].outcome) == CHANGE_DONE;
    return count;
}

static bool begun(const struct change *c, size_t cut)
{
    return atomic_load(&c->written) && c->begun <= cut;
}

static bool is_about(const struct change *c, uint32_t hash, const char *subject)
{
    return c->hash == hash && strcmp(c->subject, subject) == 0;
}

static bool known_before(const struct history *h, size_t at, uint32_t hash, const char *subject)
{
    for (size_t i = 0; i < at; i++)
        if (atomic_load(&h->changes[i].written) && is_about(&h->changes[i], hash, subject))
            return true;
    return false;
}

bool history_next_subject(const struct history *h, size_t cut, size_t *io_at,
                          const char **ret_subject)
{
    size_t count = count_of(h);
    for (; *io_at < count; ++*io_at) {
        const struct change *c = &h->changes[*io_at];
        if (begun(c, cut) && !known_before(h, *io_at, c->hash, c->subject)) {
            *ret_subject = c->subject;
            ++*io_at;
            return true;
        }
    }
    return false;
}

/* How a change that was begun stands at cut. */
static enum outcome standing(const struct change *c, size_t cut)
{
    int outcome = atomic_load(&c->outcome);
    return c->ended <= cut ? (enum outcome)outcome : CHANGE_UNDER_WAY;
}

/* The last acknowledged change before cut; -1 when there is none. */
static ptrdiff_t last_done(const struct history *h, size_t cut, const char *subject)
{
    uint32_t hash = hash_of(subject);
    size_t count = count_of(h);
    for (size_t i = count; i-- > 0;) {
        const struct change *c = &h->changes[i];
        if (begun(c, cut) && is_about(c, hash, subject) && standing(c, cut) == CHANGE_DONE)
            return (ptrdiff_t)i;
    }
    return -1;
}

/* A value that nobody was told: none of those that the subject is known to have had. */
static bool is_new(const struct history *h, size_t before, const char *subject, const char *value)
{
    uint32_t hash = hash_of(subject);
    if (strcmp(value, VALUE_ABSENT) == 0)
        return false;
    for (size_t i = 0; i < before; i++)
        if (is_about(&h->changes[i], hash, subject) && strcmp(value_of(&h->changes[i]), value) == 0)
            return false;
    return true;
}

static bool fits(const struct history *h, size_t at, const char *value)
{
    const struct change *c = &h->changes[at];
    if (strcmp(value_of(c), VALUE_NEW) == 0)
        return is_new(h, at, c->subject, value);
    return strcmp(value_of(c), value) == 0;
}

bool history_allows(const struct history *h, size_t cut, const char *subject, const char *value)
{
    uint32_t hash = hash_of(subject);
    size_t count = count_of(h);
    ptrdiff_t done = last_done(h, cut, subject);
    if (done >= 0 ? fits(h, (size_t)done, value) : strcmp(value, VALUE_ABSENT) == 0)
        return true;
    for (size_t i = (size_t)(done + 1); i < count; i++) {
        const struct change *c = &h->changes[i];
        if (begun(c, cut) && is_about(c, hash, subject) && standing(c, cut) != CHANGE_REFUSED &&
            fits(h, i, value))
            return true;
    }
    return false;
}

const char *history_last_done(const struct history *h, size_t cut, const char *subject)
{
    ptrdiff_t at = last_done(h, cut, subject);
    return at >= 0 ? value_of(&h->changes[at]) : NULL;
}
