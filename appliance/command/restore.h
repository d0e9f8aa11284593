/* Parts of garita restore. */
#ifndef GARITA_APPLIANCE_COMMAND_RESTORE_H
#define GARITA_APPLIANCE_COMMAND_RESTORE_H

#include "appliance/command.h"
#include "store/repl/restore.h"

/* What comes back: of one backup, or, of a moment, out of the newest backups and bases before it and what
 * was archived since. */
struct restore_choice {
    struct str backup; /* its id; of a moment that of the one realm, or of master */
    bool of_moment;
    const struct restore_part *parts;
    size_t count;
    const struct restore_part *one; /* the realm that is wanted; NULL: all */
};
/* By --realm, --backup and --at. call is where times are read from and sentences go; the choice lives in
 * the arena. ERR_NOT_FOUND, ERR_BACKUP, ERR_USAGE. */
MUST_CHECK int restore_choose(struct arena *a, struct call *call,
                              const struct replay_source *source,
                              struct restore_choice *ret_choice);
/* Reads all of it and changes nothing. */
MUST_CHECK int restore_read(struct call *call, const struct restore_choice *choice,
                            const struct backup_watch *watch);
/* As of when it is. */
int64_t restore_moment_ms(const struct restore_part *part);

/* --to: without a server, and without the data folder that was lost. */
MUST_CHECK int restore_to_folder(struct cli *cli);

#endif
