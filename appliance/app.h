/* The running server: store, web, local socket and jobs, put together and taken apart. */
#ifndef GARITA_APPLIANCE_APP_H
#define GARITA_APPLIANCE_APP_H

#include "appliance/config.h"
#include "core/base/arena.h"

struct app;

struct app_start {
    const char
        *import_path; /* NULL, or a file or folder with realms that are taken in before anybody is
                              * served; those that are there stay as they are */
    bool again;       /* in the same process, because the node's role in replication changed */
};

/* Everything in order; what was started is stopped again when a later part fails. The sentence in
 * err says which. config must outlive the app. */
MUST_CHECK int app_start(const struct config *config, char *const *environment,
                         const struct app_start *how, struct err_ctx *err, struct app **ret_app);
/* The node has another role now: the app is to be stopped and started again. SIGUSR1 tells when to look. */
bool app_has_ended(struct app *app);
/* Requests in flight finish first. NULL is fine. */
void app_stop(struct app *app);
/* Certificates and the log level again, from the configuration as it is now. */
void app_reload(struct app *app, const struct config *config);
/* Whether the process is of use: false after a failure of the disk that only a new start can mend. */
bool app_is_well(struct app *app);
/* "https://localhost:8443" with the base path; lives as long as the app. */
struct str app_url(const struct app *app);
/* The one-time setup link in the arena; absent when there is an administrator. */
MUST_CHECK int app_setup_link(struct app *app, struct arena *a, struct str *ret_link);

/* Sets up the log as configured; log_level alone may change later. */
void app_log_setup(const struct config *config);

#endif
