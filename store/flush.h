/* One flush for many commits.
 *
 * Commits append to the write-ahead log without a flush (synchronous=NORMAL). Who needs its commit
 * on disk takes a ticket, the number of its commit, and waits until a flush that began after that
 * commit has ended; the first to wait flushes for all who came before.
 *
 * Why a flush of the log is enough, whatever happened in between: SQLite overwrites the log from
 * its start only after a checkpoint copied all of it into the database, and a checkpoint flushes
 * the log first and the database before it says that it is done. So at the end of our flush the
 * frames of a commit are either in the log, flushed now, or in the database, flushed before. The
 * name of a new log gets on disk before its first commit (flush_prime): SQLite flushes the folder
 * too, but does not look whether that succeeded.
 *
 * While others are about to commit, a flush waits for them, at most twice as long as the last flush took
 * and a millisecond: a quick disk then serves about as many with one flush as a slow one, and nobody
 * waits whom the flush before would have kept waiting less.
 *
 * A flush that fails once may have lost what the kernel then forgets: from there on the database
 * never says yes again until the process starts anew and recovers what is really on disk. */
#ifndef GARITA_STORE_FLUSH_H
#define GARITA_STORE_FLUSH_H

#include <pthread.h>
#include <stdatomic.h>

#include "store/conn.h"
#include "store/folder.h"

struct slot;

struct flusher {
    struct slot *slot; /* whose realm it is, for the log */
    pthread_mutex_t lock;
    pthread_cond_t changed;
    pthread_cond_t gathered; /* nobody is coming any more; monotonic */
    struct conn *writer;
    sqlite3_file *log; /* the writer's handle of the write-ahead log */
    uint64_t committed;
    uint64_t flushed;
    bool grown;          /* the log holds frames of this process */
    uint64_t grown_with; /* the first commit that wrote some; 0: none yet */
    bool running;
    bool gathering;
    atomic_llong last_flush_ns;
    atomic_uint coming; /* transactions that may commit soon */
    bool primed;
    bool kept; /* the database knows its log */
    atomic_bool failed;
    atomic_uint_fast64_t flushes;
    atomic_uint_fast64_t flush_ns;
};

/* ERR_STORE_FAILED when the writer has no log. */
MUST_CHECK int flush_init(struct flusher *f, struct slot *slot, struct conn *writer);
void flush_free(struct flusher *f);
/* Under the writer's turn, before each commit. Before the first one the log's header and its name,
 * which is in the folder of realms, get on disk, and then that the database has a log; after the
 * first flush, which one. ERR_STORE_FAILED. */
MUST_CHECK int flush_prime(struct flusher *f, const struct folder *folder);
/* Under the writer's turn, before the log is cut to nothing: the database does not ask for this log any more,
 * until commits that come later were flushed. ERR_STORE_FAILED. */
MUST_CHECK int flush_let_go(struct flusher *f);
/* Around every transaction that writes, its wait for the turn included. */
void flush_expect(struct flusher *f);
void flush_expect_no_more(struct flusher *f);
/* A commit wrote to the log: told within it, under the writer's turn. */
void flush_grew(struct flusher *f);
/* The ticket of a commit just made, under the writer's turn. */
uint64_t flush_ticket(struct flusher *f);
/* The ticket of the last commit, for those who changed nothing and answer from what they saw. */
uint64_t flush_last(struct flusher *f);
/* ERR_STORE_FAILED. */
MUST_CHECK int flush_wait(struct flusher *f, uint64_t ticket);
/* A flush by SQLite itself failed. */
void flush_fail(struct flusher *f, int rc);

#endif
