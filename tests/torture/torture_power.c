/* Power loss. Every workload runs once on a disk that records; then, for moments in it (before and
 * after every flush, and between), the disk is rebuilt as it may be after the power went at that
 * moment, a store is opened on it and held against what had been acknowledged by then. On part of
 * the states the power goes a second time, in the middle of the recovery.
 *
 * Controls: a drive that does not flush, and a store that answers before it flushes, must both be
 * found out. */
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/torture/disk.h"
#include "tests/torture/fault.h"
#include "tests/torture/fault_libc.h"
#include "tests/torture/fault_vfs.h"
#include "tests/torture/torture.h"
#include "tests/torture/world.h"

#define USUAL_STATES 140 /* of a workload, in the test run */
#define SHORT_TAIL   6   /* pending operations of which all prefixes are tried */
#define SECOND_EVERY 4   /* one state in so many gets a second cut */
#define SEEN_MAX     4096
#define SEEN_ROOM    (SEEN_MAX * 2)

struct run {
    const struct workload *workload;
    struct disk *disk;
    struct history *history;
    uint64_t seed;
    unsigned char seen[SEEN_ROOM][DISK_HASH_BYTES]; /* a hash table of states that were looked at */
    size_t seen_count, states, same, seconds;
    char complaint[500];
};

/* --- Recording --- */

static void record(struct run *run)
{
    const struct workload *w = run->workload;
    char root[WORLD_PATH_MAX];
    struct store *store;
    if (w->from_nothing)
        world_empty("power", root);
    else
        world_copy("power", root);
    history_clear(run->history);
    history_set_clock(run->history, disk_position);
    run->disk = disk_new(root);
    disk_record(run->disk);
    fault_libc_watch(root);
    struct actor *a = actor_new(run->history, "p");
    MUST(world_open(root, FAULT_VFS, &store));
    actor_use(a, store);
    w->run(a);
    actor_free(a);
    store_close(store);
    disk_record(NULL);
    fault_libc_watch(NULL);
}

/* --- States --- */

/* Whether this disk, with so much acknowledged, was looked at before. */
static bool seen_before(struct run *run, const struct disk_image *image, size_t cut)
{
    unsigned char hash[DISK_HASH_BYTES];
    size_t acknowledged = 0;
    disk_image_hash(image, hash);
    /* The more was acknowledged, the more is asked of the same bytes. */
    for (size_t i = 0; i < cut; i++)
        acknowledged += disk_is_flush(run->disk, i);
    for (size_t i = 0; i < sizeof(acknowledged); i++)
        hash[i] ^= (unsigned char)(acknowledged >> (8 * i));
    size_t at = (size_t)(hash[0] | hash[1] << 8 | hash[8] << 16) % SEEN_ROOM;
    while (!sodium_is_zero(run->seen[at], DISK_HASH_BYTES)) {
        if (memcmp(run->seen[at], hash, DISK_HASH_BYTES) == 0)
            return true;
        at = (at + 1) % SEEN_ROOM;
    }
    memcpy(run->seen[at], hash, DISK_HASH_BYTES);
    run->seen_count++;
    return false;
}

static bool holds(struct run *run, const char *root, const struct disk_state *state,
                  const char *which)
{
    struct check c = {.root = root,
                      .history = run->history,
                      .cut = state->cut,
                      .try_codes = true,
                      .migrated = run->workload->migrates};
    if (check_folder(&c))
        return true;
    (void)snprintf(run->complaint, sizeof(run->complaint),
                   "cut %zu loss %d first %zu seed %llu%s: %s", state->cut, (int)state->loss,
                   state->first, (unsigned long long)state->seed, which, c.complaint);
    return false;
}

/* Opens once more with the record on, and cuts the power in the middle of that. */
static bool survives_second(struct run *run, const char *root, const struct disk_state *state)
{
    char again[WORLD_PATH_MAX];
    struct store *store;
    struct disk *disk = disk_new(root);
    disk_record(disk);
    fault_libc_watch(root);
    int err = world_open(root, FAULT_VFS, &store);
    if (err == 0)
        store_close(store);
    disk_record(NULL);
    fault_libc_watch(NULL);
    struct disk_state second = {.cut = random_below(&run->seed, disk_length(disk) + 1),
                                .loss = (enum disk_loss)random_below(&run->seed, DISK_TEAR + 1),
                                .seed = random_next(&run->seed)};
    second.first = random_below(&run->seed, disk_pending(disk, second.cut) + 1);
    struct disk_image *image = disk_image_new(disk, &second);
    world_empty("again", again);
    disk_image_write(image, again);
    disk_image_free(image);
    disk_free(disk);
    run->seconds++;
    return holds(run, again, state, " and a second cut");
}

static bool look_at(struct run *run, const struct disk_state *state)
{
    char root[WORLD_PATH_MAX];
    struct disk_image *image = disk_image_new(run->disk, state);
    if (seen_before(run, image, state->cut)) {
        disk_image_free(image);
        run->same++;
        return true;
    }
    world_empty("state", root);
    disk_image_write(image, root);
    run->states++;
    bool good = true;
    if (run->states % SECOND_EVERY == 0)
        good = survives_second(run, root, state);
    else
        good = holds(run, root, state, "");
    disk_image_free(image);
    return good;
}

/* All that is legal and few, and a sample of what is many. */
static bool look_at_cut(struct run *run, size_t cut)
{
    struct disk_state s = {.cut = cut};
    size_t pending = disk_pending(run->disk, cut);
    bool good = look_at(run, &s);
    s.loss = DISK_LOSE_NONE;
    good = good && look_at(run, &s);
    s.loss = DISK_KEEP_FIRST;
    for (size_t i = 1; good && pending <= SHORT_TAIL && i < pending; i++) {
        s.first = i;
        good = look_at(run, &s);
    }
    for (int i = 0; good && pending > 0 && i < 3; i++) {
        s.loss = i == 0 ? DISK_KEEP_FIRST : i == 1 ? DISK_KEEP_SOME : DISK_TEAR;
        s.first = random_below(&run->seed, pending);
        s.seed = random_next(&run->seed);
        good = look_at(run, &s);
    }
    return good;
}

/* Before and after every flush, and as many moments between; evenly when there is no time for all
 * of them. */
static bool look_at_all(struct run *run, size_t states_max)
{
    size_t length = disk_length(run->disk);
    size_t start = random_below(&run->seed, 3);
    size_t wanted = run->states + states_max;
    bool good = true;
    for (size_t step = 16; good && step > 0 && run->states < wanted; step /= 2) {
        for (size_t i = start; good && i < length && run->states < wanted; i += step) {
            size_t cut = i;
            if (disk_is_flush(run->disk, i))
                good = look_at_cut(run, i + 1);
            good = good && look_at_cut(run, cut);
        }
        start = step / 2;
    }
    return good;
}

static struct run *run_new(const struct workload *workload, uint64_t seed)
{
    struct run *run = calloc(1, sizeof(*run));
    if (!run)
        abort();
    run->workload = workload;
    run->seed = seed;
    run->history = history_open();
    return run;
}

static void run_free(struct run *run)
{
    disk_free(run->disk);
    history_close(run->history);
    free(run);
}

static void torture(const struct options *o, const struct workload *w)
{
    char name[64];
    struct run *run = run_new(w, o->seed);
    size_t acknowledged = 0, changes = 0, flushes = 0, operations = 0;
    bool good = true;
    world_next_version(w->migrates);
    for (long round = 0; good && options_goes_on(o, round, 1); round++) {
        disk_free(run->disk);
        memset(run->seen, 0, sizeof(run->seen));
        record(run);
        changes = history_count(run->history, &acknowledged);
        operations = disk_length(run->disk);
        flushes = 0;
        for (size_t i = 0; i < operations; i++)
            flushes += disk_is_flush(run->disk, i);
        good = changes > 0 && acknowledged == changes;
        if (!good)
            (void)snprintf(run->complaint, sizeof(run->complaint),
                           "%zu of %zu changes done on a good disk", acknowledged, changes);
        good = good && look_at_all(run, o->rounds || o->seconds ? SEEN_MAX : USUAL_STATES);
    }
    world_next_version(false);
    (void)snprintf(name, sizeof(name), "power %s", w->name);
    result(
        good, name,
        "%zu states of the disk (%zu with a second cut, %zu more were the same); %zu operations, "
        "%zu flushes, %zu acknowledged changes%s%s",
        run->states, run->seconds, run->same, operations, flushes, acknowledged, good ? "" : ": ",
        run->complaint);
    run_free(run);
}

/* Must find a loss. */
static void control(const struct options *o, const char *name, bool drive_lies, bool skips_flush)
{
    struct run *run = run_new(&workloads[1], o->seed);
    fault_lie_about_sync(drive_lies);
    world_skip_flush(skips_flush);
    record(run);
    fault_lie_about_sync(false);
    world_skip_flush(false);
    bool missed = look_at_all(run, USUAL_STATES);
    result(!missed, name, "%s after %zu states%s%s", missed ? "nothing found" : "found out",
           run->states, missed ? "" : ": ", run->complaint);
    run_free(run);
}

int main(int argc, char **argv)
{
    struct options o = options_read(argc, argv);
    world_start();
    for (size_t i = 0; i < workload_count; i++)
        if (options_want(&o, workloads[i].name))
            torture(&o, &workloads[i]);
    control(&o, "power control: a drive that does not flush", true, false);
    control(&o, "power control: answers before the flush", false, true);
    world_end();
    return results_end();
}
