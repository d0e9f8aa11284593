/* Capture of commits: where a database stands is moved along with every change, and what the commit
 * appended to the write-ahead log is read back and handed to the sinks. Without sinks this costs one
 * statement per opened database: it takes the position away, as what is then changed has none.
 *
 * All under the realm's turn to write. */
#ifndef GARITA_STORE_REPL_CAPTURE_H
#define GARITA_STORE_REPL_CAPTURE_H

#include <pthread.h>
#include <sqlite3.h>
#include <stdatomic.h>

#include "store/repl/commit.h"

struct realm_db;

/* The store's. */
struct repl_sinks {
    pthread_rwlock_t lock;
    struct repl_sink items[REPL_SINKS_MAX];
    atomic_size_t count;
    uint64_t epoch; /* of new commits */
};

/* first: that is told from the beginning; NULL: nobody. */
void repl_sinks_init(struct repl_sinks *sinks, const struct repl_sink *first);
void repl_sinks_free(struct repl_sinks *sinks);
/* The database of a deleted realm goes. */
void repl_sinks_tell_gone(struct repl_sinks *sinks, struct str file);
void repl_sinks_tell_archived(struct repl_sinks *sinks, struct str file);
void repl_sinks_tell_unarchived(struct repl_sinks *sinks, struct str file);

/* A realm's. */
struct capture {
    enum { POSITION_UNREAD, POSITION_NONE, POSITION_KEPT } state, next; /* next: by the commit */
    bool moves; /* this transaction moves the position */
    bool notes; /* its changes are noted */
    bool lost;  /* some of them are not in changes */
    struct repl_change *changes;
    size_t change_count, changes_cap;
    struct repl_position before, after;
    sqlite3_int64 rows_changed; /* by the connection, before the transaction */
    int log_frames;             /* as of the last commit that wrote */
    unsigned char *frames;      /* what was read back */
    size_t frames_cap;
    struct repl_page *pages;
    size_t pages_cap;
};

void capture_free(struct capture *c);
/* After BEGIN. */
void capture_begin(struct realm_db *db);
/* Within a transaction: a row that answers rest upon is another one from its commit on. */
void capture_note(struct realm_db *db, struct repl_change change);
/* Before COMMIT: a transaction that changed rows changes the position too. */
MUST_CHECK int capture_move(struct realm_db *db);
/* After COMMIT. It cannot fail: what cannot be read back is told as such. */
void capture_committed(struct realm_db *db);

#endif
