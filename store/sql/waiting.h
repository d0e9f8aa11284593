/* Rows of clients that wait for somebody: so many of a client, and no more (HT-08). */
#ifndef GARITA_STORE_SQL_WAITING_H
#define GARITA_STORE_SQL_WAITING_H

#include "store/tx.h"

struct waiting {
    struct sql count;          /* rows of client ?1, at most ?2 */
    struct sql remove_expired; /* of client ?1 that were over at ?2 */
    int64_t most;
};

/* Whether one more may come. What is over and not swept yet makes room. ERR_LIMIT_REACHED. */
MUST_CHECK int waiting_make_room(struct store_write *w, const struct waiting *table,
                                 int64_t client_pk);

#endif
