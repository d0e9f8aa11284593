/* What was spent once, carried from one state of a realm into another (store/sql/code.c). */
#ifndef GARITA_STORE_SQL_ONCE_H
#define GARITA_STORE_SQL_ONCE_H

#include "store/tx.h"

/* Every spent value of the one is spent in the other as well (OT-05). */
MUST_CHECK int once_copy(struct store_read *from, struct store_write *to);

#endif
