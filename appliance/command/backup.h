/* What commands about backups share. */
#ifndef GARITA_APPLIANCE_COMMAND_BACKUP_H
#define GARITA_APPLIANCE_COMMAND_BACKUP_H

#include "appliance/command.h"

struct backup_source;

/* The configured folder. ERR_CONFIG with a sentence when there is none. */
MUST_CHECK int backup_folder_of(struct call *call, const char **ret_dir);
/* The one that is wanted, or the newest for an absent id. ERR_NOT_FOUND with a sentence. */
MUST_CHECK int backup_choose(struct call *call, const struct backup_source *source,
                             struct str wanted, struct str *ret_id);

/* What people are told while they wait; absent when it is not time for a word. */
#define BACKUP_NOTE_BYTES 160
struct str backup_note(struct str realm, int64_t done, int64_t pages, char text[BACKUP_NOTE_BYTES]);

#endif
