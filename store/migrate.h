/* Brings a database to the schema of this program. */
#ifndef GARITA_STORE_MIGRATE_H
#define GARITA_STORE_MIGRATE_H

#include "store/conn.h"

/* Applies the files store/migrations/NNNN_*.sql beyond the database's user_version and, for the
 * master database, store/migrations/master/NNNN_*.sql beyond its application_id; each file in a
 * transaction of its own, and each sets its version as its last statement. ERR_STORE_VERSION for a
 * database of a newer program; ERR_STORE_CORRUPT, with a sentence in ctx (may be NULL), for one that
 * is none of ours. Then nothing was changed. */
MUST_CHECK int migrate_told(struct conn *conn, bool master, struct err_ctx *ctx);
MUST_CHECK int migrate(struct conn *conn, bool master);
/* For a database that somebody else migrates, by its first page: 0 when its version is the one that this
 * program reads, ERR_STORE_BUSY when there is nothing in it yet, else ERR_STORE_VERSION. */
int migrate_compare(const unsigned char *first_page, bool master);

#endif
