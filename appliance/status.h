/* What /admin/garita/status tells of the node: state of the disk, realms, sessions, backups,
 * certificates, jobs, and what somebody should do something about. */
#ifndef GARITA_APPLIANCE_STATUS_H
#define GARITA_APPLIANCE_STATUS_H

#include "core/base/arena.h"
#include "core/codec/json.h"
#include "web/web.h"

struct backups;
struct checks;
struct config;
struct jobs;
struct store;

/* Parts of a whole server; backups and checks may be NULL. */
struct status_parts {
    /* As /health asks: members of an array that is open. */
    enum web_health (*health)(void *context, struct json_writer *checks);
    void *context;
    const struct config *config;
    struct store *store;
    const struct web *web;
    struct backups *backups;
    const struct checks *checks;
    const struct jobs *jobs;
    int64_t started_ms; /* on the wall clock */
};

/* Members of an object that is open. ERR_NO_MEMORY. */
MUST_CHECK int status_write(const struct status_parts *parts, struct arena *a,
                            struct json_writer *w);

#endif
