/* The thread of the checks. A realm's budget of pages is spent in slices of a tenth of a second. */
#include "appliance/checks.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "appliance/routine.h"
#include "core/admin/each_realm.h"
#include "core/base/log.h"
#include "store/store_open.h"

#include "core/base/banned.h"

#define CHECK_ARENA_BYTES ((size_t)4 << 20)
#define SLICES_PER_S      10
#define FIRST_ROUND_MS    60000
#define HOUR_MS           INT64_C(3600000)

struct checks {
    struct store *store;
    int64_t pages_per_slice;
    int64_t interval_ms;
    int64_t pages_left; /* of the slice */
    struct routine routine;
    atomic_llong ended_ms;
};

static bool pace(void *arg)
{
    struct checks *c = arg;
    if (--c->pages_left > 0)
        return true;
    c->pages_left = c->pages_per_slice;
    return routine_pause(&c->routine, 1000 / SLICES_PER_S);
}

/* What is found is told by the fence. */
static void check_realm(struct checks *c, struct str name)
{
    struct arena a;
    struct store_check check;
    struct str reason;
    arena_init(&a, CHECK_ARENA_BYTES);
    /* A fence is for the operator to lift. */
    if (!store_realm_trouble(c->store, name, &a, &reason)) {
        int rc = store_realm_check(c->store, name, &a, pace, c, &check);
        if (rc == 0)
            log_write(LOG_LEVEL_DEBUG, "checks", NULL,
                      (const struct log_field[]){LOG_S("realm", name), LOG_I("pages", check.pages),
                                                 LOG_END},
                      "realm %.*s was checked", STR_ARG(name));
        else if (rc != ERR_CANCELLED && rc != ERR_NOT_FOUND)
            LOG_WARN("checks", "realm %.*s was not checked: %s", STR_ARG(name), err_text(rc));
    }
    arena_free(&a);
}

static int check_next(void *arg, const struct realm_summary *realm)
{
    struct checks *c = arg;
    check_realm(c, realm->name);
    return routine_pause(&c->routine, 1000 / SLICES_PER_S) ? 0 : ERR_CANCELLED;
}

/* False when it is time to end. */
static bool check_all(struct checks *c)
{
    struct arena a;
    arena_init(&a, CHECK_ARENA_BYTES);
    int rc = each_realm(c->store, &a, check_next, c);
    arena_free(&a);
    if (rc == 0)
        atomic_store(&c->ended_ms, clock_now().wall_ms);
    return rc != ERR_CANCELLED;
}

static void *run(void *arg)
{
    struct checks *c = arg;
    if (!routine_pause(&c->routine, FIRST_ROUND_MS))
        return NULL;
    while (check_all(c) && routine_pause(&c->routine, c->interval_ms))
        continue;
    return NULL;
}

int checks_start(struct store *store, int64_t pages_per_s, int64_t interval_h,
                 struct checks **ret_checks)
{
    *ret_checks = NULL;
    if (pages_per_s == 0)
        return 0;
    struct checks *c = calloc(1, sizeof(*c));
    if (!c)
        return ERR_NO_MEMORY;
    c->store = store;
    c->pages_per_slice = (pages_per_s + SLICES_PER_S - 1) / SLICES_PER_S;
    c->pages_left = c->pages_per_slice;
    c->interval_ms = interval_h * HOUR_MS;
    int rc = routine_start(&c->routine, run, c);
    if (rc != 0) {
        free(c);
        return rc;
    }
    *ret_checks = c;
    return 0;
}

int64_t checks_ended_ms(const struct checks *checks)
{
    return checks ? atomic_load(&checks->ended_ms) : 0;
}

void checks_stop(struct checks *checks)
{
    if (!checks)
        return;
    routine_stop(&checks->routine);
    free(checks);
}
