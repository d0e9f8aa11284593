/* The one row about the latest moment known, in the master database. */
#ifndef GARITA_STORE_SQL_STORE_CLOCK_H
#define GARITA_STORE_SQL_STORE_CLOCK_H

#include "store/tx.h"

/* ERR_NOT_FOUND before the first one is put. */
MUST_CHECK int store_clock_read(struct store_read *r, struct clock_mark *ret_mark);
MUST_CHECK int store_clock_put(struct store_write *w, const struct clock_mark *mark);

#endif
