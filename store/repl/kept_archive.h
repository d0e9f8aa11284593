/* Files of archived events that a node which rejoined keeps aside (rejoin.h): those that are the new primary's,
 * too, need not come over the link. */
#ifndef GARITA_STORE_REPL_KEPT_ARCHIVE_H
#define GARITA_STORE_REPL_KEPT_ARCHIVE_H

#include "store/folder.h"
#include "store/repl/message.h"

/* One of that name and length, whatever is in it; the caller closes it. ERR_NOT_FOUND. */
MUST_CHECK int kept_archive_open(const struct folder *folder, const struct repl_archive *archive,
                                 int *ret_fd);

#endif
