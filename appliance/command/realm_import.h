/* Realm imports by the command and by the start of the server. */
#ifndef GARITA_APPLIANCE_COMMAND_REALM_IMPORT_H
#define GARITA_APPLIANCE_COMMAND_REALM_IMPORT_H

#include "appliance/command.h"

/* Realms from a file or folder, before a server serves: those that are there stay as they are. Each is told
 * in the log, with what was left out. ERR_* of the first realm that failed, with a sentence. */
MUST_CHECK int import_at_start(struct store *store, struct arena *a, const char *path,
                               struct err_ctx *err);

#endif
