/* The row of the realm itself. */
#ifndef GARITA_STORE_SQL_REALM_ROW_H
#define GARITA_STORE_SQL_REALM_ROW_H

#include "store/tx.h"

struct realm_row {
    struct realm realm;
    struct str sealed_state_secret;
};

/* ERR_NOT_FOUND while the realm is being made. */
MUST_CHECK int realm_row_read(struct store_read *r, struct arena *a, struct realm_row *ret_row);
MUST_CHECK int realm_row_insert(struct store_write *w, const struct realm_row *row);
MUST_CHECK int realm_row_update(struct store_write *w, const struct realm *realm);

#endif
