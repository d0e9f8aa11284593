/* The thread of the checks. A realm's budget of pages is spent in slices of a tenth of a second. */
#include "appliance/checks.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "core/base/log.h"
#include "store/store_open.h"

#include "core/base/banned.h"

#define CHECK_ARENA_BYTES ((size_t)4 << 20)
#define REALM_PAGE        100
#define SLICES_PER_S      10
#define FIRST_ROUND_MS    60000
#define HOUR_MS           INT64_C(3600000)

struct checks {
    struct store *store;
    int64_t pages_per_slice;
    int64_t interval_ms;
    int64_t pages_left; /* of the slice */
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    bool stopping; /* under lock */
};

/* False when it is time to end. */
static bool pause_ms(struct checks *c, int64_t ms)
{
    struct timespec until;
    (void)clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += (time_t)(ms / 1000);
    until.tv_nsec += (long)(ms % 1000) * 1000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    (void)pthread_mutex_lock(&c->lock);
    while (!c->stopping && pthread_cond_timedwait(&c->wake, &c->lock, &until) == 0)
        continue;
    bool go_on = !c->stopping;
    (void)pthread_mutex_unlock(&c->lock);
    return go_on;
}

static bool pace(void *arg)
{
    struct checks *c = arg;
    if (--c->pages_left > 0)
        return true;
    c->pages_left = c->pages_per_slice;
    return pause_ms(c, 1000 / SLICES_PER_S);
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

/* False when it is time to end. */
static bool check_all(struct checks *c)
{
    struct arena a;
    struct realm_summary *realms;
    struct str after = {NULL, 0};
    size_t count = 0;
    bool go_on = true;
    arena_init(&a, CHECK_ARENA_BYTES);
    do {
        if (store_realm_list(c->store, &a, after, REALM_PAGE, &realms, &count) != 0)
            break;
        for (size_t i = 0; i < count && go_on; i++) {
            check_realm(c, realms[i].name);
            go_on = pause_ms(c, 1000 / SLICES_PER_S);
        }
        if (count > 0)
            after = realms[count - 1].name;
    } while (count == REALM_PAGE && go_on);
    arena_free(&a);
    return go_on;
}

static void *run(void *arg)
{
    struct checks *c = arg;
    if (!pause_ms(c, FIRST_ROUND_MS))
        return NULL;
    while (check_all(c) && pause_ms(c, c->interval_ms))
        continue;
    return NULL;
}

int checks_start(struct store *store, int64_t pages_per_s, int64_t interval_h,
                 struct checks **ret_checks)
{
    pthread_condattr_t attributes;
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
    (void)pthread_mutex_init(&c->lock, NULL);
    (void)pthread_condattr_init(&attributes);
    (void)pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&c->wake, &attributes);
    (void)pthread_condattr_destroy(&attributes);
    if (pthread_create(&c->thread, NULL, run, c) != 0) {
        free(c);
        return ERR_NO_MEMORY;
    }
    *ret_checks = c;
    return 0;
}

void checks_stop(struct checks *checks)
{
    if (!checks)
        return;
    (void)pthread_mutex_lock(&checks->lock);
    checks->stopping = true;
    (void)pthread_cond_signal(&checks->wake);
    (void)pthread_mutex_unlock(&checks->lock);
    (void)pthread_join(checks->thread, NULL);
    (void)pthread_cond_destroy(&checks->wake);
    (void)pthread_mutex_destroy(&checks->lock);
    free(checks);
}
