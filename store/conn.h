/* One SQLite connection: opening with our settings, prepared statements that are made once, and
 * errors in our words. A connection is used by one thread at a time. SQL text stands in store/sql
 * (and in the few files that begin and end transactions), constant, with bound parameters. */
#ifndef GARITA_STORE_CONN_H
#define GARITA_STORE_CONN_H

#include <sqlite3.h>
#include <stdatomic.h>

#include "core/base/arena.h"
#include "core/base/err.h"

/* A statement. Its address is its name in the cache of a connection, so it must be static. */
struct sql {
    const char *text;
};

enum conn_role { CONN_READER, CONN_WRITER };

struct conn_stmt {
    const struct sql *sql;
    sqlite3_stmt *stmt;
};

struct conn {
    sqlite3 *db;
    enum conn_role role;
    bool guarded; /* the authorizer denies everything that a running connection has no use for */
    bool in_transaction;
    bool archives; /* statements that are prepared now may delete archived events */
    int trouble;   /* what spoils the transaction: full disk, failed input or output, no memory */
    bool sync_failed;
    atomic_bool damaged; /* the database is not what was written: it must not be asked again */
    struct conn_stmt *stmts;
    size_t stmt_cap;
    size_t stmt_count;
    struct conn *next; /* in a pool */
};

/* Opens (and, with create, makes the file when it is missing) and sets up: WAL, synchronous=NORMAL,
 * foreign keys, no automatic checkpoints. The connection is not guarded yet. vfs is the layer below
 * the one that keeps the sums of pages. ERR_STORE_CORRUPT for a file that is none of ours and when
 * the log beside it does not belong to it: then nothing was changed. */
MUST_CHECK int conn_open(const char *path, const char *vfs, enum conn_role role, bool create,
                         struct conn **ret_conn);
/* The same, with a sentence for the operator in ctx when the files are refused. */
MUST_CHECK int conn_open_told(const char *path, const char *vfs, enum conn_role role, bool create,
                              struct conn **ret_conn, struct err_ctx *ctx);
/* After migrations: from now on only statements on known tables, readers only read. */
void conn_guard(struct conn *conn);
/* skip_checkpoint leaves the write-ahead log as it is (after a failed flush). */
void conn_close(struct conn *conn, bool skip_checkpoint);
/* Runs statements without parameters, not cached: set-up and migrations only. */
MUST_CHECK int conn_exec(struct conn *conn, const char *text);
/* Our word for a result code of SQLite; notes trouble in the connection (which may be NULL). */
int conn_err(struct conn *conn, int rc);
/* Installed by conn_open (authorize.c). */
int conn_authorize(void *conn, int action, const char *a, const char *b, const char *c,
                   const char *d);

/* A statement being used. Values are bound from left to right; the first failure is kept and told
 * by the next step. */
struct query {
    struct conn *conn;
    sqlite3_stmt *stmt;
    int bound;
    int err;
};
void query_close(struct query *q);
#define QUERY(name) CLEANUP(query_close) struct query name = {0}

/* ERR_STORE_FAILED when SQLite ended the transaction by itself after a failure: what follows must
 * not run outside of it. */
MUST_CHECK int query_open(struct conn *conn, const struct sql *sql, struct query *q);
void query_i64(struct query *q, int64_t value);
/* 0 is stored as NULL: references that may be missing. */
void query_ref(struct query *q, int64_t pk);
/* Absent is stored as NULL. The bytes must live until the query is closed. */
void query_str(struct query *q, struct str text);
void query_blob(struct query *q, struct str bytes);
/* An external id: a UUID in its usual spelling takes 16 bytes, everything else stays text. */
void query_id(struct query *q, struct str id);

/* The next row; false when there is none. */
MUST_CHECK int query_next(struct query *q, bool *ret_row);
/* ERR_NOT_FOUND without a row. */
MUST_CHECK int query_one(struct query *q);
/* To the start again, to be run anew: so many of the values stay, the next one is bound after them. */
void query_rewind(struct query *q, int bound);
/* Runs a change. */
MUST_CHECK int query_run(struct query *q);
/* Runs a change; ERR_NOT_FOUND when no row was changed. */
MUST_CHECK int query_run_one(struct query *q);

int64_t query_col_i64(struct query *q, int column);
/* Copies; absent for NULL. An exhausted arena is kept as the query's error. */
struct str query_col_str(struct query *q, int column, struct arena *a);
struct str query_col_id(struct query *q, int column, struct arena *a);
/* Valid until the next step. */
struct str query_col_view(struct query *q, int column);

#endif
