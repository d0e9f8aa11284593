/* Files that a flush of an earlier process may have failed for. */
#ifndef GARITA_STORE_RENEW_H
#define GARITA_STORE_RENEW_H

#include "core/base/err.h"

/* Before a database is opened for writing, by nobody else: writes its log and its first page onto
 * themselves and flushes them.
 *
 * When a flush fails, Linux forgets that the bytes are not on disk; they are read as before, and the
 * next flush has nothing to do for them. A process that started anew and went on from them would
 * promise what a power loss takes away. Written once more they are flushed in earnest.
 *
 * Does nothing for a database that was closed in good order, which has no log (not even an empty
 * one), unless it is so new that it has but one page: that page was never copied from a log. ERR_STORE_FAILED, ERR_STORE_FULL,
 * ERR_NO_MEMORY. */
MUST_CHECK int renew_files(const char *path, const char *vfs);

#endif
