/* The daily backup: made at a quiet pace, restored on trial, and only then older ones go. One thread. */
#ifndef GARITA_APPLIANCE_BACKUPS_H
#define GARITA_APPLIANCE_BACKUPS_H

#include <stdint.h>

#include "core/base/attr.h"

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
/* Breaks off what is being made. NULL is fine. */
void backups_stop(struct backups *backups);

#endif
