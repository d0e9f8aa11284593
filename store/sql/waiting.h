/* Rows of clients that wait for somebody: so many of a client, or of a host that asked in the name of a
 * public one, and no more (HT-08). */
#ifndef GARITA_STORE_SQL_WAITING_H
#define GARITA_STORE_SQL_WAITING_H

#include "store/tx.h"

struct waiting_bound {
    struct sql count;          /* rows of ?1, at most ?2 */
    struct sql remove_expired; /* of ?1 that were over at ?2 */
};

struct waiting {
    struct waiting_bound of_client; /* ?1 is its pk */
    int64_t most, most_public;
    struct waiting_bound of_source; /* ?1 is the hash */
    int64_t most_of_source;
};

/* Whether one more may come; source is absent for a client that showed who it is. What is over and not
 * swept yet makes room. ERR_LIMIT_REACHED. */
MUST_CHECK int waiting_make_room(struct store_write *w, const struct waiting *table,
                                 int64_t client_pk, struct str source);

#endif
