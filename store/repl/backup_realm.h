/* One realm into a backup. */
#ifndef GARITA_STORE_REPL_BACKUP_REALM_H
#define GARITA_STORE_REPL_BACKUP_REALM_H

#include "store/repl/backup.h"

struct backup_work {
    struct store *store;
    struct arena *arena; /* of what the manifest says */
    int dir_fd;
    const char *id;
    const struct realm_summary *only; /* the realm of a base; NULL: all */
    struct secret key;
    const struct backup_watch *watch; /* may be NULL */
    int64_t pages, bytes;
};

/* What is wrong with the realm itself goes to ret_realm->trouble; errors are of the folder of backups, of
 * memory, ERR_CANCELLED, or ERR_NOT_FOUND: deleted or renamed since the list was made. */
MUST_CHECK int backup_realm(struct backup_work *work, const struct realm_summary *realm,
                            struct backup_realm *ret_realm);

#endif
