/* Failing input and output. For every workload and every kind of fault the k-th operation fails,
 * once or from there on: a read, write, flush, truncation, opening, look-up or change of a name,
 * with an input/output error, without space, or half done; while it works or while it closes.
 * Afterwards, without the fault:
 *   - the same process goes on, unless it was closing or a flush failed, upon which it says no until it is started anew
 *     (OT-09);
 *   - the next process finds a whole store with everything that was acknowledged;
 *   - where a flush failed, that process works on, and the same holds after a power loss before or
 *     after the closing of either, on a disk that lost what the failed flush should have written.
 *
 * Controls: a change that is acknowledged before it is done, and a write that is never ended, must be
 * found out. */
#include <stdio.h>
#include <stdlib.h>

#include "tests/torture/disk.h"
#include "tests/torture/fault.h"
#include "tests/torture/fault_libc.h"
#include "tests/torture/fault_vfs.h"
#include "tests/torture/torture.h"
#include "tests/torture/world.h"

#define USUAL_FAULTS 7 /* of a kind in a workload, in the test run */

static const struct kind {
    const char *name;
    enum fault_op op;
    enum fault_kind kind;
} kinds[] = {
    {"open EIO", FAULT_OPEN, FAULT_EIO},         {"open ENOSPC", FAULT_OPEN, FAULT_ENOSPC},
    {"read EIO", FAULT_READ, FAULT_EIO},         {"write EIO", FAULT_WRITE, FAULT_EIO},
    {"write ENOSPC", FAULT_WRITE, FAULT_ENOSPC}, {"write short", FAULT_WRITE, FAULT_SHORT},
    {"truncate EIO", FAULT_TRUNCATE, FAULT_EIO}, {"flush EIO", FAULT_SYNC, FAULT_EIO},
    {"access EIO", FAULT_ACCESS, FAULT_EIO},     {"name EIO", FAULT_NAME, FAULT_EIO},
    {"name ENOSPC", FAULT_NAME, FAULT_ENOSPC},
};

struct run {
    const struct workload *workload;
    struct history *history;
    struct fault_plan plan;
    struct disk *disk;
    /* Places on the disk's record: before and after the closing of both processes. */
    size_t closing[4];
    char root[WORLD_PATH_MAX];
    uint64_t counts[FAULT_OPS]; /* of the workload without faults */
    size_t faults, failed_flushes, acknowledged;
    char complaint[500];
};

static bool complain(struct run *run, const char *kind, const char *what, const char *detail)
{
    (void)snprintf(run->complaint, sizeof(run->complaint), ": %s, number %llu%s: %s: %s", kind,
                   (unsigned long long)run->plan.nth, run->plan.for_ever ? " and all after" : "",
                   what, detail);
    return false;
}

/* --- One round --- */

static void prepare(struct run *run)
{
    if (run->workload->from_nothing)
        world_empty("faults", run->root);
    else
        world_copy("faults", run->root);
    history_clear(run->history);
    history_set_clock(run->history, disk_position);
    fault_libc_watch(run->root);
    run->disk = disk_new(run->root);
    disk_record(run->disk);
}

static void finish(struct run *run)
{
    fault_clear();
    disk_record(NULL);
    fault_libc_watch(NULL);
    disk_free(run->disk);
    run->disk = NULL;
}

/* A store that would not open because of the fault opens without it. */
static int open_for(struct run *run, struct store **ret_store)
{
    bool opening_counts = run->workload->from_nothing || run->workload->migrates;
    if (opening_counts)
        fault_arm(&run->plan);
    int err = world_open(run->root, FAULT_VFS, ret_store);
    if (!opening_counts)
        fault_arm(&run->plan);
    if (err != 0) {
        fault_clear();
        err = world_open(run->root, FAULT_VFS, ret_store);
    }
    return err;
}

/* Changes go on, or are refused for the one good reason. */
static bool goes_on(struct run *run, const char *kind, struct actor *a)
{
    int err = run->workload->from_nothing ? 0 : actor_add_pair(a);
    if (err == 0 && !run->workload->from_nothing)
        err = actor_append_event(a);
    /* Asked afterwards: a flush that failed beside the workload may end only now. */
    if (err == 0 || (err == ERR_STORE_FAILED && store_health(a->store) == ERR_STORE_FAILED))
        return true;
    return complain(run, kind, "it does not go on", err_name(err));
}

/* It strikes while the store is closed, or never. */
static bool fault_is_to_come(const struct run *run)
{
    uint64_t seen = 0;
    for (int i = 0; i < FAULT_OPS; i++)
        if (run->plan.ops & FAULT_BIT(i))
            seen += fault_count((enum fault_op)i);
    return run->plan.nth == 0 || seen < run->plan.nth;
}

static void close_recorded(struct run *run, struct store *store, size_t place)
{
    run->closing[place] = disk_position();
    store_close(store);
    run->closing[place + 1] = disk_position();
}

static bool goes_on_after(struct run *run, const char *kind)
{
    struct store *store;
    int err = open_for(run, &store);
    if (err != 0)
        return complain(run, kind, "it does not open without the fault", err_name(err));
    struct actor *a = actor_new(run->history, "f");
    actor_use(a, store);
    run->workload->run(a);
    bool good = true;
    if (!fault_is_to_come(run)) {
        fault_clear();
        good = goes_on(run, kind, a);
    }
    run->failed_flushes += store_health(store) == ERR_STORE_FAILED;
    actor_free(a);
    close_recorded(run, store, 0);
    fault_clear();
    return good;
}

/* The next process works on. It must not build on what only memory has of the files. */
static bool work_again(struct run *run, const char *kind)
{
    struct store *store;
    int err = world_open(run->root, FAULT_VFS, &store);
    if (err != 0)
        return complain(run, kind, "the next process does not open it", err_name(err));
    struct actor *a = actor_new(run->history, "g");
    actor_use(a, store);
    run->workload->run(a);
    actor_free(a);
    close_recorded(run, store, 2);
    return true;
}

static bool is_whole(struct run *run, const char *kind, const char *when, const char *root,
                     size_t cut)
{
    struct check c = {.root = root,
                      .history = run->history,
                      .cut = cut,
                      .try_codes = true,
                      .migrated = run->workload->migrates};
    return check_folder(&c) || complain(run, kind, when, c.complaint);
}

static bool outlives_power_loss(struct run *run, const char *kind, size_t cut)
{
    char root[WORLD_PATH_MAX];
    struct disk_state state = {.cut = cut, .loss = DISK_LOSE_PENDING};
    struct disk_image *image = disk_image_new(run->disk, &state);
    world_empty("lost", root);
    disk_image_write(image, root);
    disk_image_free(image);
    return is_whole(run, kind, "after a power loss", root, cut);
}

static bool one_fault(struct run *run, const struct kind *kind)
{
    size_t acknowledged;
    prepare(run);
    bool good = goes_on_after(run, kind->name);
    if (good && kind->op == FAULT_SYNC)
        good = work_again(run, kind->name);
    disk_record(NULL);
    if (good && kind->op == FAULT_SYNC)
        good = outlives_power_loss(run, kind->name,
                                   run->closing[run->faults % ARRAY_LEN(run->closing)]);
    good = good && is_whole(run, kind->name, "at the next start", run->root, NO_CUT);
    (void)history_count(run->history, &acknowledged);
    run->acknowledged += acknowledged;
    run->faults++;
    finish(run);
    return good;
}

/* --- All of them --- */

/* How often each operation happens when all goes well. */
static bool count_operations(struct run *run)
{
    run->plan = (struct fault_plan){0};
    prepare(run);
    bool good = goes_on_after(run, "no fault");
    for (int i = 0; i < FAULT_OPS; i++)
        run->counts[i] = fault_count((enum fault_op)i);
    finish(run);
    return good;
}

static bool faults_of_kind(struct run *run, const struct kind *kind, const struct options *o,
                           uint64_t *seed)
{
    uint64_t count = run->counts[kind->op];
    uint64_t wanted = o->rounds ? (uint64_t)o->rounds : USUAL_FAULTS;
    bool good = true;
    if (kind->op == FAULT_SYNC)
        wanted = count; /* each of them is a promise */
    if (wanted > count)
        wanted = count;
    for (uint64_t i = 0; good && i < wanted; i++) {
        /* One in each part of the run, at random within it. */
        uint64_t from = i * count / wanted;
        uint64_t to = (i + 1) * count / wanted;
        run->plan = (struct fault_plan){.ops = FAULT_BIT(kind->op),
                                        .kind = kind->kind,
                                        .nth = from + random_below(seed, to - from) + 1};
        run->plan.for_ever = random_next(seed) & 1;
        good = one_fault(run, kind);
    }
    return good;
}

static void torture(const struct options *o, const struct workload *w)
{
    char name[64];
    struct run run = {.workload = w, .history = history_open()};
    uint64_t seed = o->seed;
    world_next_version(w->migrates);
    bool good = count_operations(&run);
    struct options passes = *o;
    passes.rounds = 0; /* here they are the faults of a kind */
    for (long pass = 0; good && options_goes_on(&passes, pass, 1); pass++)
        for (size_t i = 0; good && i < ARRAY_LEN(kinds); i++)
            good = faults_of_kind(&run, &kinds[i], o, &seed);
    world_next_version(false);
    (void)snprintf(name, sizeof(name), "faults %s", w->name);
    result(good, name,
           "%zu faults, %zu of them ended with a failed flush; %zu acknowledged changes%s",
           run.faults, run.failed_flushes, run.acknowledged, run.complaint);
    history_close(run.history);
}

/* --- Controls --- */

static void control_early(void)
{
    static const struct kind full = {"write ENOSPC", FAULT_WRITE, FAULT_ENOSPC};
    struct run run = {.workload = &workloads[1], .history = history_open()};
    run.plan = (struct fault_plan){
        .ops = FAULT_BIT(FAULT_WRITE), .kind = FAULT_ENOSPC, .nth = 1, .for_ever = true};
    history_acknowledge_early(run.history, true);
    bool missed = one_fault(&run, &full);
    result(!missed, "faults control: acknowledged before it is done", "%s%s",
           missed ? "nothing found" : "found out", run.complaint);
    history_close(run.history);
}

static void control_unended(void)
{
    struct run run = {.workload = &workloads[1], .history = history_open()};
    struct store_write *w = NULL;
    struct store *store;
    prepare(&run);
    MUST(world_open(run.root, FAULT_VFS, &store));
    struct actor *a = actor_new(run.history, "u");
    actor_use(a, store);
    MUST(actor_enter(a, WORLD_REALM));
    MUST(store_write_begin(a->ctx.view, &a->now, &w));
    struct actor *other = actor_new(run.history, "o");
    actor_use(other, store);
    bool missed = goes_on(&run, "none", other);
    store_rollback(w);
    actor_leave(a);
    actor_free(a);
    actor_free(other);
    store_close(store);
    finish(&run);
    result(!missed, "faults control: a write is never ended", "%s%s",
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
    control_early();
    control_unended();
    world_end();
    return results_end();
}
