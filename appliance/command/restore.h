/* Parts of garita restore. */
#ifndef GARITA_APPLIANCE_COMMAND_RESTORE_H
#define GARITA_APPLIANCE_COMMAND_RESTORE_H

#include "appliance/command.h"
#include "store/repl/restore.h"

/* Which backup, and what of it. */
struct restore_choice {
    struct backup_manifest manifest;
    const struct backup_realm *realm; /* NULL: all */
};
/* By --realm, --backup and --at. call is where times are read from and sentences go. ERR_NOT_FOUND,
 * ERR_BACKUP, ERR_USAGE. */
MUST_CHECK int restore_choose(struct arena *a, struct call *call,
                              const struct backup_source *source,
                              struct restore_choice *ret_choice);

/* --to: without a server, and without the data folder that was lost. */
MUST_CHECK int restore_to_folder(struct cli *cli);

#endif
