/* Options, results and workloads. */
#include "tests/torture/torture.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/base/clock.h"
#include "tests/torture/fault_alloc.h"
#include "tests/torture/world.h"

static int64_t started_ms;
static bool all_good = true;

static void usage(const char *program)
{
    (void)fprintf(stderr, "usage: %s [--rounds N] [--seconds S] [--seed N] [NAME]\n", program);
    exit(2);
}

static long number_of(const char *program, const char *text)
{
    int64_t number;
    if (!text || str_to_i64(str_c(text), &number) != 0 || number < 0)
        usage(program);
    return (long)number;
}

struct options options_read(int argc, char **argv)
{
    struct options o = {.seed = 1};
    for (int i = 1; i < argc; i++) {
        const char *value = i + 1 < argc ? argv[i + 1] : NULL;
        if (str_eq_c(str_c(argv[i]), "--rounds"))
            o.rounds = number_of(argv[0], value), i++;
        else if (str_eq_c(str_c(argv[i]), "--seconds"))
            o.seconds = number_of(argv[0], value), i++;
        else if (str_eq_c(str_c(argv[i]), "--seed"))
            o.seed = (uint64_t)number_of(argv[0], value), i++;
        else if (argv[i][0] == '-' || o.only)
            usage(argv[0]);
        else
            o.only = argv[i];
    }
    return o;
}

bool options_want(const struct options *o, const char *name)
{
    return !o->only || strstr(name, o->only);
}

bool options_goes_on(const struct options *o, long round, long usual)
{
    if (round == 0)
        started_ms = clock_now().monotonic_ms;
    if (o->seconds > 0 && clock_now().monotonic_ms - started_ms >= o->seconds * 1000)
        return false;
    if (o->rounds > 0)
        return round < o->rounds;
    return o->seconds > 0 || round < usual;
}

void result(bool good, const char *name, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    (void)printf("%s %s: ", good ? "ok" : "not ok", name);
    (void)vprintf(fmt, args);
    (void)printf("\n");
    (void)fflush(stdout);
    va_end(args);
    all_good = all_good && good;
}

int results_end(void)
{
    return all_good ? 0 : 1;
}

uint64_t random_next(uint64_t *seed)
{
    uint64_t z = *seed += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

/* --- Workloads. What a step needs from one that failed is not there: it is left out. --- */

static void run_tokens(struct actor *a)
{
    if (actor_exchange(a) != 0)
        return;
    if (actor_refresh(a) != 0 || actor_refresh(a) != 0)
        return;
    if (actor_logout(a) != 0)
        return;
}

static void run_login(struct actor *a)
{
    if (actor_login(a, WORLD_PASSWORD) == 0)
        run_tokens(a);
    /* A second application of the session that the world has, which stays. */
    if (actor_authorize(a) == 0 && actor_exchange(a) == 0 && actor_refresh(a) != 0)
        return;
    if (actor_push(a) == 0 && actor_open_pushed(a) != 0)
        return;
    if (actor_ask_device(a) == 0 && actor_let_device(a) == 0 && actor_take_device(a) != 0)
        return;
    if (actor_add_holder(a) == 0 && actor_login_otp(a) != 0)
        return;
}

static void run_admin(struct actor *a)
{
    unsigned first = a->number;
    for (int i = 0; i < 3; i++)
        if (actor_add_person(a) != 0)
            continue;
    if (actor_make_link(a, first) == 0 && actor_follow_link(a) != 0)
        return;
    if (actor_change_person(a, first, "Huanca") != 0 || actor_spend_once(a) != 0 ||
        actor_delete_person(a, first + 1) != 0 || actor_change_person(a, first, "Condori") != 0)
        return;
}

static void run_keys(struct actor *a)
{
    for (int i = 0; i < 3; i++)
        if (actor_rotate_key(a) != 0 || actor_add_pair(a) != 0)
            continue;
}

#define MONTH_MS (INT64_C(31) * 24 * 3600 * 1000)

/* Months pass. What the world began with is archived, and in the end removed. */
static void run_archive(struct actor *a)
{
    int64_t start_ms = clock_now().wall_ms;
    for (int month = 2; month <= 4; month += 2) {
        a->ahead_ms = month * MONTH_MS;
        if (actor_archive(a) != 0 || actor_append_event(a) != 0 || actor_add_pair(a) != 0)
            continue;
    }
    if (actor_remove_archive(a, start_ms + MONTH_MS) != 0 || actor_append_event(a) != 0)
        return;
}

static void run_realms(struct actor *a)
{
    if (actor_make_realm(a, "chile") == 0 && actor_change_realm(a, "chile", "changed") != 0)
        return;
    if (actor_make_realm(a, "bolivia") == 0 && actor_delete_realm(a, "bolivia") != 0)
        return;
    if (actor_make_realm(a, "bolivia") != 0)
        return;
}

static void run_records(struct actor *a)
{
    unsigned first = a->number;
    if (actor_add_record(a) != 0 || actor_add_record(a) != 0)
        return;
    if (actor_change_record(a, first, "changed") != 0 || actor_delete_record(a, first + 1) != 0 ||
        actor_change_record(a, first, "changed again") != 0)
        return;
}

static void run_import(struct actor *a)
{
    if (actor_replace_realm(a, "ecuador", "first") == 0 &&
        actor_replace_realm(a, "ecuador", "second") != 0)
        return;
}

static void run_apply(struct actor *a)
{
    unsigned first = a->number;
    if (actor_apply_new(a) == 0 && actor_apply(a, first, "changed") != 0)
        return;
    if (actor_apply_new(a) == 0 && actor_apply_nothing(a, first + 1) != 0)
        return;
    if (actor_apply_realm(a, "paraguay", "applied") != 0)
        return;
}

static void run_start(struct actor *a)
{
    if (actor_make_realm(a, REALM_MASTER) == 0 && actor_make_realm(a, WORLD_REALM) == 0 &&
        actor_add_pair(a) != 0)
        return;
}

static void run_migration(struct actor *a)
{
    if (actor_add_person(a) != 0 || actor_add_pair(a) != 0)
        return;
}

#define THREADS          4
#define STEPS_PER_THREAD 4

static void *add_pairs_and_events(void *arg)
{
    struct actor *a = arg;
    for (int i = 0; i < STEPS_PER_THREAD; i++)
        if (actor_add_pair(a) != 0 || actor_append_event(a) != 0)
            continue;
    return NULL;
}

/* Commits that share flushes, events that share transactions. */
static void run_threads(struct actor *a)
{
    static const char *const tags[THREADS] = {"w", "x", "y", "z"};
    struct actor *actors[THREADS];
    pthread_t threads[THREADS];
    bool running[THREADS];
    fault_alloc_spare(true);
    for (int i = 0; i < THREADS; i++) {
        actors[i] = actor_new(a->history, tags[i]);
        actor_use(actors[i], a->store);
        running[i] = pthread_create(&threads[i], NULL, add_pairs_and_events, actors[i]) == 0;
    }
    fault_alloc_spare(false);
    for (int i = 0; i < THREADS; i++) {
        if (running[i])
            (void)pthread_join(threads[i], NULL);
        actor_free(actors[i]);
    }
}

const struct workload workloads[] = {
    {"login", run_login, false, false},        {"admin", run_admin, false, false},
    {"keys", run_keys, false, false},          {"threads", run_threads, false, false},
    {"records", run_records, false, false},    {"import", run_import, false, false},
    {"apply", run_apply, false, false},        {"realms", run_realms, false, false},
    {"archive", run_archive, false, false},    {"start", run_start, true, false},
    {"migration", run_migration, false, true},
};
const size_t workload_count = ARRAY_LEN(workloads);
