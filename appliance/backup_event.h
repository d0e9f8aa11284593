/* What is told of backups as events in master. */
#ifndef GARITA_APPLIANCE_BACKUP_EVENT_H
#define GARITA_APPLIANCE_BACKUP_EVENT_H

#include "core/audit/event.h"
#include "core/port/store.h"

/* reason: "" when it went well. What fails is logged. */
void backup_event(struct store *store, enum event_type type, struct str id, struct str reason);

#endif
