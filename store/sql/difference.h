/* What of a table differs between two databases of the same schema, row by row: both are read in the order of
 * their keys side by side, so that memory holds two rows, whatever the table has. Of what is secret nothing
 * leaves difference.c but that it is there, or that it differs: the columns that are shown are listed, and any
 * other is a secret. */
#ifndef GARITA_STORE_SQL_DIFFERENCE_H
#define GARITA_STORE_SQL_DIFFERENCE_H

#include "store/conn.h"
#include "store/repl/difference.h"

/* Rows of that table in the order of its key; none of a table that the database has not. now: NULL where there is nothing to compare with: all rows are
 * kept alone. Both have a read transaction open. ERR_STORE_VERSION when the two have other columns, what take
 * returns, errors of reading. */
MUST_CHECK int difference_of_table(struct conn *kept, struct conn *now, size_t table,
                                   difference_take *take, void *arg);

#endif
