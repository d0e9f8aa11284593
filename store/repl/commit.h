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

/* A row that changed (enum mark_kind of store/marks.h). */
struct repl_change {
    uint8_t kind;
    uint64_t key;
};

/* What answers that somebody keeps no longer rest upon; neither of them: what changed is nothing to them. */
#define REPL_CHANGED_CONFIG 1 /* the realm's configuration */
#define REPL_CHANGED_ANY    2 /* rows, all of which are listed */
#define REPL_CHANGED_ALL                                                                           \
    4 /* anything: too many rows to be listed, not known, or the list of realms */

#define REPL_CHANGES_MAX 1024

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
    uint8_t changed;                   /* REPL_CHANGED_* */
    const struct repl_change *changes; /* none with REPL_CHANGED_ALL */
    size_t change_count;
};

#define REPL_PAGES_MAX 16384 /* 32 MiB */

/* Told of every commit that changed something, in order, by the thread that committed and still holds
 * the realm's turn to write: it only copies and returns, waits for no disk, no net and no lock that
 * somebody holds who does. Calls for different realms come at the same time. */
struct repl_sink {
    void (*commit)(void *arg, const struct repl_commit *commit);
    /* A realm was deleted, its database goes. On any thread. May be NULL. */
    void (*gone)(void *arg, struct str file);
    /* Audit events of that database moved to a file beside it. On any thread. May be NULL. */
    void (*archived)(void *arg, struct str file);
    /* Such a file went, as its time was over. On any thread. May be NULL. */
    void (*unarchived)(void *arg, struct str file);
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

/* Who holds answers back until a change is kept elsewhere, too. One at most. */
struct repl_gate {
    /* Before anything is written: 0, or the error with which it is refused. */
    int (*admit)(void *arg);
    /* After a commit that is on this machine's disk, with no lock held. position may be zeros: all that
     * is committed in this database. An error says that the change is made and not known to be kept. */
    int (*wait)(void *arg, struct str file, const struct repl_position *position);
    /* Whether the files of archived events of this database are kept there, too: before that the events do
     * not leave it. */
    bool (*keeps_archives)(void *arg, struct str file);
    void *arg;
};

/* The gate lives until repl_gate_clear has returned. ERR_CONFLICT when there is one. */
MUST_CHECK int repl_gate_set(struct store *store, const struct repl_gate *gate);
/* Another node reigns: from now on nothing is changed, and what was not answered yet is not promised. Until
 * the store closes. */
void repl_gate_shut(struct store *store);
/* Returns when nobody is in it: who waits must have been let go before. */
void repl_gate_clear(struct store *store);

#endif
