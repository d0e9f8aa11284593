#include "appliance/archiving.h"

#include <stdlib.h>

#include "appliance/backup_event.h"
#include "appliance/routine.h"
#include "core/base/log.h"
#include "store/repl/journal.h"

#include "core/base/banned.h"

#define HOUR_MS      INT64_C(3600000)
#define SLICES_PER_S 10

struct archiving {
    struct journal *journal;
    struct repl_sink sink;
    struct store *store;
    struct archiving_settings settings;
    struct routine routine;
    bool started, begun;
    bool behind;        /* the last writing failed */
    int64_t pages_left; /* of the slice, while a base is read */
    int64_t written_ms, merged_hour;
};

int archiving_new(const char *backup_dir, const struct archiving_settings *settings,
                  struct archiving **ret_archiving)
{
    *ret_archiving = NULL;
    if (!backup_dir || settings->interval_ms <= 0)
        return 0;
    struct archiving *a = calloc(1, sizeof(*a));
    if (!a)
        return ERR_NO_MEMORY;
    int rc = journal_new(backup_dir, &a->journal);
    if (rc != 0) {
        free(a);
        return rc;
    }
    a->settings = *settings;
    a->sink = journal_sink(a->journal);
    *ret_archiving = a;
    return 0;
}

const struct repl_sink *archiving_sink(const struct archiving *archiving)
{
    return archiving ? &archiving->sink : NULL;
}

/* --- Rounds --- */

static void tell(struct archiving *a, int rc, const struct err_ctx *err)
{
    bool was_behind = a->behind;
    a->behind = rc != 0;
    if (rc == 0 && was_behind)
        LOG_INFO("backup", "the archive has caught up");
    if (rc == 0 || was_behind)
        return;
    struct str reason = str_c(err->detail[0] ? err->detail : err_text(rc));
    LOG_ERROR("backup", "archive: %.*s", STR_ARG(reason));
    backup_event(a->store, EVENT_ArchiveFailed, "backup", STR("archive"), reason);
}

static void write_now(struct archiving *a)
{
    struct err_ctx err = {0};
    a->written_ms = clock_now().monotonic_ms;
    tell(a, journal_write(a->journal, &err), &err);
}

/* While a realm is read for its base, commits go on to disk. */
static bool step(void *arg, struct str realm, int64_t done, int64_t pages)
{
    struct archiving *a = arg;
    (void)realm;
    (void)done;
    (void)pages;
    if (--a->pages_left > 0)
        return true;
    a->pages_left = (a->settings.pages_per_s + SLICES_PER_S - 1) / SLICES_PER_S;
    if (clock_now().monotonic_ms - a->written_ms >= a->settings.interval_ms)
        write_now(a);
    return routine_pause(&a->routine, 1000 / SLICES_PER_S);
}

static void make_bases(struct archiving *a)
{
    const struct backup_watch watch = {step, a};
    struct err_ctx err = {0};
    int rc = journal_make_bases(a->journal, &watch, &err);
    if (rc != 0 && rc != ERR_CANCELLED)
        LOG_ERROR("backup", "a new base for the archive: %s",
                  err.detail[0] ? err.detail : err_text(rc));
}

static void merge(struct archiving *a)
{
    struct err_ctx err = {0};
    int64_t hour = clock_now().wall_ms / HOUR_MS;
    if (hour == a->merged_hour)
        return;
    a->merged_hour = hour;
    int rc = journal_merge(a->journal, hour * HOUR_MS, &err);
    if (rc != 0)
        LOG_WARN("backup", "reels of the archive are not put together: %s",
                 err.detail[0] ? err.detail : err_text(rc));
}

static void prove(struct archiving *a)
{
    struct err_ctx err = {0};
    int rc = journal_prove(a->journal, &err);
    if (rc != 0)
        LOG_WARN("backup", "whether the archive goes on where it ended is not known: %s",
                 err.detail[0] ? err.detail : err_text(rc));
}

static void *run(void *arg)
{
    struct archiving *a = arg;
    prove(a);
    do {
        write_now(a);
        make_bases(a);
        merge(a);
    } while (routine_pause(&a->routine, a->settings.interval_ms));
    return NULL;
}

int archiving_start(struct archiving *archiving, struct store *store)
{
    if (!archiving)
        return 0;
    archiving->store = store;
    TRY(journal_begin(archiving->journal, store));
    archiving->begun = true;
    TRY(routine_start(&archiving->routine, run, archiving));
    archiving->started = true;
    return 0;
}

void archiving_stop(struct archiving *archiving)
{
    if (!archiving)
        return;
    if (archiving->started)
        routine_stop(&archiving->routine);
    archiving->started = false;
    journal_end(archiving->journal);
}

void archiving_free(struct archiving *archiving)
{
    struct err_ctx err = {0};
    if (!archiving)
        return;
    int rc = archiving->begun ? journal_write(archiving->journal, &err) : 0;
    if (rc != 0)
        LOG_ERROR("backup", "the last commits are not in the archive: %s",
                  err.detail[0] ? err.detail : err_text(rc));
    journal_free(archiving->journal);
    free(archiving);
}
