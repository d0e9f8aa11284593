/* What a commit changed, as whole pages, for those who keep copies of a database: a standby, an
 * archive. Pages are as SQLite sees them, without the remains of
 * deleted rows (page_clean); the bytes that carry sums in files are zeros. So equal pages are equal
 * bytes on every machine.
 *
 * A database's position is a row of its own (repl_pos), changed in the same transaction as the rest:
 * whoever holds the pages holds their position. Its mark is drawn at random for every commit. Two
 * databases with the same position have the same history; the same epoch and number with different
 * marks are two histories. It finds accidents, it does not prove where pages come from. */
#ifndef GARITA_STORE_REPL_COMMIT_H
#define GARITA_STORE_REPL_COMMIT_H

#include "core/base/err.h"
#include "core/base/str.h"

/* A page and what it holds: PAGE_BYTES. */
struct repl_page {
    uint32_t number; /* from 1 */
    const unsigned char *image;
};

/* Zeros: not known. Then what a copy holds is of no use for what follows. */
struct repl_position {
    uint64_t epoch; /* one more with every promotion and restore */
    uint64_t lsn;   /* number of the commit in this database, from 1 */
    uint64_t mark;
};

/* Valid during the call that passes it. */
struct repl_commit {
    struct str realm; /* its name at present */
    struct str file;  /* of the database, without ".db": the same as long as the realm lives */
    struct repl_position before, after;
    int64_t time_ms;     /* on the wall clock */
    uint32_t page_count; /* of the database after the commit */
    /* The newest image of each page that changed, in the order of their numbers. NULL when there are
     * more than REPL_PAGES_MAX, or when they could not be read: whoever follows must take the
     * database anew. */
    const struct repl_page *pages;
    size_t count;
};

#define REPL_PAGES_MAX 16384 /* 32 MiB */

/* Told of every commit that changed something, in order, by the thread that committed and still holds
 * the realm's turn to write: it only copies and returns, waits for no disk, no net and no lock that
 * somebody holds who does. Calls for different realms come at the same time. */
struct repl_sink {
    void (*commit)(void *arg, const struct repl_commit *commit);
    void *arg;
};

struct store;

/* At most REPL_SINKS_MAX (ERR_TOO_LARGE). From its return on every transaction that begins is told; one
 * that is under way already may be told or not. The first commit of a database has no position before
 * it when nobody was told of the one before that. */
MUST_CHECK int repl_sink_add(struct store *store, const struct repl_sink *sink);
/* After its return the sink is not called any more. */
void repl_sink_remove(struct store *store, const struct repl_sink *sink);

#define REPL_SINKS_MAX 4

#endif
