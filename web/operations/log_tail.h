/* The last lines of the log, for who looks at the running server: as they were written, thus without
 * secrets, in memory alone. Warnings and errors are kept by themselves, so that a flood of other lines
 * does not push them out. From any thread. */
#ifndef GARITA_WEB_OPERATIONS_LOG_TAIL_H
#define GARITA_WEB_OPERATIONS_LOG_TAIL_H

#include "core/base/arena.h"
#include "core/base/err.h"
#include "core/base/log.h"

#define LOG_TAIL_LINES 200 /* of each of the two kinds */

/* Fits log_keep_lines. Without memory the line is not kept. */
void log_tail_add(enum log_level level, struct str line);
/* At most so many of the last lines, of this level and above, the oldest first. They live in the arena.
 * ERR_NO_MEMORY. */
MUST_CHECK int log_tail_read(struct arena *a, enum log_level lowest, size_t most,
                             struct str **ret_lines, size_t *ret_count);

#endif
