/* The thread of the continuous archive (store/repl/journal.h): commits go to disk every so often, realms with
 * a gap get a new base, and reels are put together every hour. What does not get to disk is told as an
 * event in master, in the log, by the metrics and by /health until it does. */
#ifndef GARITA_APPLIANCE_ARCHIVING_H
#define GARITA_APPLIANCE_ARCHIVING_H

#include "store/repl/commit.h"

struct archiving;
struct store;

struct archiving_settings {
    int64_t interval_ms; /* 0: no archive */
    int64_t pages_per_s; /* that bases are read with */
};
/* Takes commits from now on, before the store is opened. NULL without a folder of backups or an interval. */
MUST_CHECK int archiving_new(const char *backup_dir, const struct archiving_settings *settings,
                             struct archiving **ret_archiving);
/* NULL for NULL. Lives as long as archiving. */
const struct repl_sink *archiving_sink(const struct archiving *archiving);
MUST_CHECK int archiving_start(struct archiving *archiving, struct store *store);
/* Before the store is closed. NULL is fine, and so is one that was not started. */
void archiving_stop(struct archiving *archiving);
/* After the store was closed: its last commits go to disk. NULL is fine. */
void archiving_free(struct archiving *archiving);

#endif
