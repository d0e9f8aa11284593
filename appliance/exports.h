/* The daily export: every realm as a file that Keycloak and the import here read, for whoever wants people,
 * clients and settings in a form that needs neither this program nor its master key. One thread. */
#ifndef GARITA_APPLIANCE_EXPORTS_H
#define GARITA_APPLIANCE_EXPORTS_H

#include <stdint.h>

#include "core/base/err.h"

struct exports;
struct store;

struct exports_settings {
    const char *dir; /* NULL: no exports */
    int64_t hour;    /* of the day, UTC; negative: never */
    int64_t keep_days;
    bool secrets; /* keys, credentials and secrets, too */
};
/* ERR_CONFIG, with a sentence, when both are one folder, by whatever name (backup_dir NULL: there is none):
 * each would prune what the other keeps. Also before each export, as either may be made after the start. */
MUST_CHECK int exports_check_folder(const char *dir, const char *backup_dir, struct err_ctx *err);
/* ERR_NO_MEMORY. */
MUST_CHECK int exports_start(struct store *store, const struct exports_settings *settings,
                             struct exports **ret_exports);
/* Breaks off what is being made. NULL is fine. */
void exports_stop(struct exports *exports);

#endif
