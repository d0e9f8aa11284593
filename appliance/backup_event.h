/* What is told of backups and exports as events in master. */
#ifndef GARITA_APPLIANCE_BACKUP_EVENT_H
#define GARITA_APPLIANCE_BACKUP_EVENT_H

#include "core/audit/event.h"
#include "core/port/store.h"

/* Of a backup or an export (kind). reason: "" when it went well. What fails is logged. */
void backup_event(struct store *store, enum event_type type, const char *kind, struct str id,
                  struct str reason);

#endif
