/* Puts whole pages into a database as one commit of its write-ahead log, past SQL: the copy is byte for
 * byte what the pages say, readers of the copy see the state before or after and never a mixture, and a
 * process that is killed meanwhile leaves one of the two.
 *
 * SQLite has no public call for this. apply.c is therefore compiled together with SQLite's own source,
 * is the only file that leans on its insides, and checks that it is the version it was written for. */
#ifndef GARITA_STORE_REPL_APPLY_H
#define GARITA_STORE_REPL_APPLY_H

#include "store/conn.h"
#include "store/repl/commit.h"

/* The pages come in the order of their numbers, each at most page_count, which is the size of the
 * database from then on; what lies behind is gone. conn writes, in WAL mode with pages of PAGE_BYTES,
 * has no transaction open and is used by nobody else. Nothing is flushed. *ret_log_pages is the
 * length of the log after it.
 * ERR_INVALID_REQUEST for pages that are not as told here, ERR_STORE_BUSY, ERR_STORE_FULL,
 * ERR_STORE_FAILED, ERR_NO_MEMORY: then nothing was changed. */
MUST_CHECK int repl_apply(struct conn *conn, const struct repl_page *pages, size_t count,
                          uint32_t page_count, int *ret_log_pages);

#endif
