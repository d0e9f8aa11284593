/* The one row about the store as a whole, in the master database. */
#ifndef GARITA_STORE_SQL_STORE_INFO_H
#define GARITA_STORE_SQL_STORE_INFO_H

#include "store/tx.h"

/* ERR_NOT_FOUND at the first start. */
MUST_CHECK int store_info_read(struct store_read *r, struct arena *a, struct str *ret_id,
                               struct str *ret_key_check);
MUST_CHECK int store_info_insert(struct store_write *w, struct str id, struct str key_check);

#endif
