/* The one row that says where a database stands in its history (store/repl/commit.h). */
#ifndef GARITA_STORE_SQL_POSITION_H
#define GARITA_STORE_SQL_POSITION_H

#include "store/conn.h"
#include "store/repl/commit.h"

/* Zeros when there is none. */
MUST_CHECK int position_read(struct conn *conn, struct repl_position *ret_position);
MUST_CHECK int position_put(struct conn *conn, const struct repl_position *position);
/* Nobody follows: what is changed from here on has no number. */
MUST_CHECK int position_forget(struct conn *conn);
/* The same while a database of any version is migrated. */
MUST_CHECK int position_forget_if_any(struct conn *conn);

#endif
