/* Which write-ahead log belongs to a database. SQLite takes any log that lies beside a database and
 * goes without one that is missing; both would change what is true. So the first page of the
 * database's file (page_file.h) says what to expect:
 *   clean  all is in the database; a log, if there is one, is the last one, copied whole
 *   begun  there is a log, whose name is on disk; nothing is known of its content
 *   kept   there is this log, and part of it was flushed
 * A log is known by a number that is random when it is made and stays when it starts anew. */
#ifndef GARITA_STORE_LOG_STATE_H
#define GARITA_STORE_LOG_STATE_H

#include "store/conn.h"

/* Before SQLite opens the log named so: SQLITE_OK, or SQLITE_CORRUPT with a sentence for the
 * operator. Only looks. */
int log_state_admit(sqlite3_vfs *vfs, const char *name, int flags, const unsigned char *state,
                    const char **ret_refusal);

/* Before the first commit through a connection that writes, when the log's name is on disk: says that
 * there is one. Costs a flush, also when the file says so already: an earlier process may have written
 * that and failed to flush it. ERR_STORE_FAILED, ERR_STORE_FULL. */
MUST_CHECK int log_state_begin(struct conn *writer, bool *ret_sync_failed);
/* Before migrations, which write to the log before anybody knows it: from here to the first
 * log_state_begin nothing is expected. Costs a flush. ERR_STORE_FAILED. */
MUST_CHECK int log_state_forget(struct conn *writer);
/* After a flush, with the writer's turn: from now on the log must be this one. */
void log_state_keep(struct conn *writer);
/* Before the log is cut to nothing, with the writer's turn: there is a log, and nothing is known of its content.
 * Costs a flush when it was known. ERR_STORE_FAILED. */
MUST_CHECK int log_state_let_go(struct conn *writer, bool *ret_sync_failed);
/* Whether the database's file says, or may say, that there is a log: then it must not be taken away,
 * empty or not. */
bool log_state_expects(struct conn *writer);
/* At the end: copies the log into the database and says that all is there. When this fails the log
 * must stay. */
MUST_CHECK int log_state_end(struct conn *writer);

#endif
