/* Memory that runs out. In every workload, the opening of the store included, the k-th allocation
 * fails, once or from there on. Nothing crashes; the caller is told; with memory the same process
 * goes on, with no turn, lock or transaction left behind; the next process finds a whole store with
 * everything that was acknowledged. What is lost is told by LeakSanitizer at the end.
 *
 * Control: a change that is acknowledged before it is done must be found out. */
#include <stdio.h>

#include "tests/torture/fault_alloc.h"
#include "tests/torture/torture.h"
#include "tests/torture/world.h"

#define USUAL_FAULTS 30 /* of a workload, in the test run, each once and for ever */

struct run {
    const struct workload *workload;
    struct history *history;
    uint64_t nth;
    bool for_ever;
    char root[WORLD_PATH_MAX];
    size_t faults, refused_opens, acknowledged, changes;
    char complaint[500];
};

static bool complain(struct run *run, const char *what, const char *detail)
{
    (void)snprintf(run->complaint, sizeof(run->complaint), ": allocation %llu%s: %s: %s",
                   (unsigned long long)run->nth, run->for_ever ? " and all after" : "", what,
                   detail);
    return false;
}

/* The steps with the fault, in a store that may have failed to open. */
static bool work(struct run *run, struct actor *a, struct store **ret_store)
{
    struct store *store = NULL;
    fault_alloc_arm(run->nth, run->for_ever);
    int err = world_open(run->root, NULL, &store);
    if (err != 0) {
        fault_alloc_clear();
        run->refused_opens++;
        err = world_open(run->root, NULL, &store);
    }
    if (err != 0) {
        fault_alloc_clear();
        return complain(run, "it does not open with memory", err_name(err));
    }
    actor_use(a, store);
    run->workload->run(a);
    *ret_store = store;
    return true;
}

static bool goes_on(struct run *run, struct actor *a)
{
    int err = store_health(a->store);
    if (err == 0 && !run->workload->from_nothing)
        err = actor_add_pair(a);
    if (err == 0 && !run->workload->from_nothing)
        err = actor_append_event(a);
    return err == 0 || complain(run, "it does not go on", err_name(err));
}

static bool one_fault(struct run *run)
{
    struct store *store = NULL;
    size_t acknowledged;
    struct actor *a = actor_new(run->history, "m");
    if (run->workload->from_nothing)
        world_empty("alloc", run->root);
    else
        world_copy("alloc", run->root);
    history_clear(run->history);
    bool good = work(run, a, &store);
    uint64_t count = fault_alloc_count();
    fault_alloc_clear();
    if (run->nth == 0)
        run->nth = count; /* the run that counts */
    good = good && goes_on(run, a);
    actor_free(a);
    store_close(store);
    struct check c = {.root = run->root,
                      .history = run->history,
                      .cut = NO_CUT,
                      .try_codes = true,
                      .migrated = run->workload->migrates};
    if (good && !check_folder(&c))
        good = complain(run, "at the next start", c.complaint);
    run->changes += history_count(run->history, &acknowledged);
    run->acknowledged += acknowledged;
    run->faults++;
    return good;
}

static bool all_faults(struct run *run, const struct options *o, uint64_t count, uint64_t *seed)
{
    uint64_t wanted = o->rounds ? (uint64_t)o->rounds : USUAL_FAULTS;
    bool good = true;
    if (wanted > count)
        wanted = count;
    for (uint64_t i = 0; good && i < wanted; i++) {
        /* One in each part of the run, at random within it. */
        uint64_t from = i * count / wanted;
        uint64_t to = (i + 1) * count / wanted;
        uint64_t nth = from + random_below(seed, to - from) + 1;
        for (int for_ever = 0; good && for_ever < 2; for_ever++) {
            run->nth = nth;
            run->for_ever = for_ever;
            good = one_fault(run);
        }
    }
    return good;
}

static void torture(const struct options *o, const struct workload *w)
{
    char name[64];
    struct run run = {.workload = w, .history = history_open()};
    struct options passes = *o;
    uint64_t seed = o->seed;
    world_next_version(w->migrates);
    bool good = one_fault(&run);
    uint64_t count = run.nth;
    passes.rounds = 0; /* here they are the faults of a pass */
    for (long pass = 0; good && options_goes_on(&passes, pass, 1); pass++)
        good = all_faults(&run, o, count, &seed);
    world_next_version(false);
    (void)snprintf(name, sizeof(name), "alloc %s", w->name);
    result(
        good, name,
        "%zu faults among %llu allocations; %zu starts refused, %zu of %zu changes acknowledged%s",
        run.faults, (unsigned long long)count, run.refused_opens, run.acknowledged, run.changes,
        run.complaint);
    history_close(run.history);
}

static void control_early(const struct options *o)
{
    struct run run = {.workload = &workloads[1], .history = history_open()};
    uint64_t seed = o->seed;
    bool good = one_fault(&run);
    history_acknowledge_early(run.history, true);
    bool missed = good && all_faults(&run, o, run.nth, &seed);
    result(good && !missed, "alloc control: acknowledged before it is done", "%s%s",
           missed ? "nothing found" : "found out", run.complaint);
    history_close(run.history);
}

int main(int argc, char **argv)
{
    struct options o = options_read(argc, argv);
    world_start();
    for (size_t i = 0; i < workload_count; i++)
        if (options_want(&o, workloads[i].name))
            torture(&o, &workloads[i]);
    control_early(&o);
    world_end();
    return results_end();
}
