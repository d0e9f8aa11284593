/* The daily backup: made at a quiet pace, restored on trial, and only then older ones go. The newest is
 * restored on trial at other times, too, when somebody asks. One thread, one thing at a time. */
#ifndef GARITA_APPLIANCE_BACKUPS_H
#define GARITA_APPLIANCE_BACKUPS_H

#include <stdint.h>

#include "core/base/err.h"
#include "store/repl/restore.h"

struct backups;
struct store;

struct backups_settings {
    int64_t hour; /* of the day, UTC; negative: never */
    int64_t pages_per_s;
    int64_t keep_days, keep_months;
    int64_t archive_days; /* of which the archive has every moment */
};
/* Without a folder for backups: none. */
MUST_CHECK int backups_start(struct store *store, const struct backups_settings *settings,
                             struct backups **ret_backups);
/* A trial of the newest backup, as soon as the thread has time for it. ERR_CONFLICT while one is wanted
 * or at work, ERR_NOT_FOUND where no backups are made, with a sentence. */
MUST_CHECK int backups_try(struct backups *backups, struct err_ctx *err);

/* One is made and restored on trial as soon as the thread has time for it. As backups_try, but that none was made
 * before is no error. */
MUST_CHECK int backups_make(struct backups *backups, struct err_ctx *err);

/* The last trial that somebody asked for; what went wrong is a sentence, empty: nothing. */
enum backups_trial_state { TRIAL_NONE, TRIAL_WANTED, TRIAL_RUNS, TRIAL_OVER };
struct backups_trial {
    enum backups_trial_state state;
    int64_t began_ms, ended_ms;
    char id[BACKUP_ID_LEN + 1];
    struct restore_trial found;
    struct err_ctx err;
};
/* NULL is fine: none. */
void backups_last_trial(struct backups *backups, struct backups_trial *ret_trial);
/* Breaks off what is being made. NULL is fine. */
void backups_stop(struct backups *backups);

#endif
