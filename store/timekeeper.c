/* Time over restarts, and what the log says about the machine's clock. */
#include "store/timekeeper.h"

#include <inttypes.h>
#include <stdlib.h>

#include "core/base/log.h"
#include "store/sql/store_clock.h"

#include "core/base/banned.h"

#define MS_PER_S 1000
#define MOVED_MS 1000
#define KEEP_MS  60000

int timekeeper_resume(struct store *store)
{
    CLEANUP(store_read_end_p) struct store_read *r = NULL;
    struct clock_mark mark;
    clock_state(&store->time.told); /* what comes from here on is told */
    if (store->config.is_copy)
        return 0;
    TRY(tx_config_read_begin(store->master, NULL, &r));
    int err = store_clock_read(r, &mark);
    if (err == ERR_NOT_FOUND)
        return 0;
    TRY(err);
    clock_resume(&mark);
    store->time.kept = mark;
    return 0;
}

static int keep(struct store *store, const struct clock_mark *mark)
{
    CLEANUP(store_rollback_p) struct store_write *w = NULL;
    struct now now = clock_now();
    TRY(tx_write_begin(store->master, NULL, &now, &w));
    TRY(store_clock_put(w, mark));
    TRY(store_commit_p(&w, DURABLE_LOCAL));
    store->time.kept = *mark;
    store->time.commits = atomic_load(&store->counters.commits);
    return 0;
}

static int64_t seconds(int64_t ms)
{
    return (ms + MS_PER_S / 2) / MS_PER_S;
}

static bool used_since(const struct store *store)
{
    return atomic_load(&store->counters.commits) != store->time.commits;
}

/* The kept moment leads to another time than the one we have. */
static bool has_moved(const struct clock_mark *kept, const struct clock_mark *mark)
{
    int64_t moved_ms = (mark->wall_ms - mark->boot_ms) - (kept->wall_ms - kept->boot_ms);
    return moved_ms >= MOVED_MS || moved_ms <= -MOVED_MS || mark->leapt_ms != kept->leapt_ms ||
           strcmp(mark->boot_id, kept->boot_id) != 0;
}

/* Every step back and leap ahead, once, and that the clocks agree again. */
static void tell(struct store *store)
{
    struct clock_state now;
    struct clock_state *told = &store->time.told;
    clock_state(&now);
    if (now.steps_back != told->steps_back)
        LOG_WARN("clock",
                 "the machine's clock was set back and is %" PRId64
                 " s behind: time goes on from where it was",
                 seconds(now.behind_ms));
    if (now.leaps != told->leaps)
        LOG_WARN("clock", "the machine's clock leapt ahead by %" PRId64 " s: followed",
                 seconds(now.leap_ms));
    if (told->behind_ms >= MOVED_MS && now.behind_ms < MOVED_MS)
        LOG_INFO("clock", "the machine's clock is no longer behind");
    *told = now;
}

/* Keeps the present moment when that is due. */
static int keep_if_due(struct store *store)
{
    struct clock_mark mark;
    const struct clock_mark *kept = &store->time.kept;
    if (tx_may_write(store) != 0)
        return 0;
    clock_mark(&mark);
    bool due = mark.wall_ms - kept->wall_ms >= KEEP_MS && used_since(store);
    return due || has_moved(kept, &mark) ? keep(store, &mark) : 0;
}

void timekeeper_round(struct store *store)
{
    (void)pthread_mutex_lock(&store->time.lock);
    int err = keep_if_due(store);
    if (err != 0 && err != store->time.failed)
        LOG_WARN("clock", "the present moment could not be kept: %s", err_text(err));
    store->time.failed = err;
    if (!store->config.is_copy)
        tell(store);
    (void)pthread_mutex_unlock(&store->time.lock);
}

int store_clock_step_back(struct store *store)
{
    struct clock_mark mark;
    /* So that the keeper does not keep a moment from before. */
    (void)pthread_mutex_lock(&store->time.lock);
    clock_step_back();
    clock_mark(&mark);
    int err = keep(store, &mark);
    (void)pthread_mutex_unlock(&store->time.lock);
    return err;
}

void timekeeper_close(struct store *store)
{
    struct clock_mark mark;
    if (tx_may_write(store) != 0 || !store->master || !used_since(store))
        return;
    clock_mark(&mark);
    if (keep(store, &mark) != 0)
        LOG_WARN("clock", "the moment of the end could not be kept");
}

static void metric(struct buf *b, const char *name, const char *type, const char *help,
                   int64_t value)
{
    buf_printf(
        b, "# HELP garita_clock_%s %s\n# TYPE garita_clock_%s %s\ngarita_clock_%s %" PRId64 "\n",
        name, help, name, type, name, value);
}

void timekeeper_metrics(struct buf *b)
{
    struct clock_state s;
    clock_state(&s);
    metric(b, "behind_seconds", "gauge", "How far the machine's clock is behind the latest moment.",
           seconds(s.behind_ms));
    metric(b, "steps_back_total", "counter", "Times that the machine's clock was set back.",
           (int64_t)s.steps_back);
    metric(b, "leaps_total", "counter", "Leaps ahead of the machine's clock.", (int64_t)s.leaps);
    metric(b, "last_leap_seconds", "gauge", "Length of the last leap ahead.", seconds(s.leap_ms));
}
