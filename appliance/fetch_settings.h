/* From the settings to what the one way out to other hosts may do (store/fetch). */
#ifndef GARITA_APPLIANCE_FETCH_SETTINGS_H
#define GARITA_APPLIANCE_FETCH_SETTINGS_H

#include "appliance/config.h"

/* Once, before the first thread; the texts of config and the arena outlive the process' fetches.
 * ERR_CONFIG names the setting that is wrong. */
MUST_CHECK int fetch_settings_apply(struct arena *a, const struct config *config,
                                    struct err_ctx *err);

#endif
