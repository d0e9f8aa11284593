/* Opening and closing connections, the statement cache, and SQLite's errors in our words. */
#include "store/conn.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/base/log.h"
#include "store/folder.h"
#include "store/page_file.h"
#include "store/sql/name_forms.h"

#include "core/base/banned.h"

#define FIRST_STMTS     64
/* A row; the largest body that the server takes is half of it. */
#define VALUE_MAX_BYTES (32 << 20)
/* Prepared statements take from here; anything larger comes from malloc. */
#define LOOKASIDE_BYTES 256
#define LOOKASIDE_SLOTS 100

/* SQLite's own complaints. Bound values are not in them. */
static void log_sqlite(void *unused, int rc, const char *message)
{
    (void)unused;
    int primary = rc & 0xff;
    if (primary == SQLITE_NOTICE || primary == SQLITE_SCHEMA || primary == SQLITE_CONSTRAINT)
        return;
    log_write(primary == SQLITE_WARNING ? LOG_LEVEL_DEBUG : LOG_LEVEL_WARN, "store", NULL,
              (const struct log_field[]){LOG_I("code", rc), LOG_END}, "SQLite: %s", message);
}

static void start_library(void)
{
    (void)sqlite3_config(SQLITE_CONFIG_LOG, log_sqlite, NULL);
    (void)sqlite3_initialize();
}

static int io_error(const struct conn *conn, int rc)
{
    /* A page is not what was written, or the log ends before a page that was written to it. */
    if (rc == SQLITE_IOERR_DATA || rc == SQLITE_IOERR_SHORT_READ)
        return ERR_STORE_CORRUPT;
    int system = conn && conn->db ? sqlite3_system_errno(conn->db) : 0;
    if (system == ENOSPC || system == EDQUOT)
        return ERR_STORE_FULL;
    if (system == EROFS ||
        ((rc & 0xff) == SQLITE_CANTOPEN && (system == EACCES || system == EPERM)))
        return ERR_STORE_READ_ONLY;
    return ERR_STORE_FAILED;
}

static int constraint_error(int extended)
{
    switch (extended) {
    case SQLITE_CONSTRAINT_UNIQUE:
    case SQLITE_CONSTRAINT_PRIMARYKEY:
    case SQLITE_CONSTRAINT_ROWID: return ERR_CONFLICT;
    case SQLITE_CONSTRAINT_FOREIGNKEY: return ERR_NOT_FOUND;
    default: return ERR_INTERNAL;
    }
}

static int err_of(const struct conn *conn, int rc)
{
    switch (rc & 0xff) {
    case SQLITE_OK:
    case SQLITE_ROW:
    case SQLITE_DONE: return 0;
    case SQLITE_NOMEM: return ERR_NO_MEMORY;
    case SQLITE_FULL: return ERR_STORE_FULL;
    case SQLITE_READONLY: return ERR_STORE_READ_ONLY;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_INTERRUPT: return ERR_STORE_BUSY;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB: return ERR_STORE_CORRUPT;
    case SQLITE_TOOBIG: return ERR_TOO_LARGE;
    case SQLITE_CONSTRAINT:
        return constraint_error(conn && conn->db ? sqlite3_extended_errcode(conn->db) : rc);
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN: return io_error(conn, rc);
    default: return ERR_INTERNAL;
    }
}

int conn_err(struct conn *conn, int rc)
{
    int err = err_of(conn, rc);
    if (!conn)
        return err;
    if (rc == SQLITE_IOERR_FSYNC || rc == SQLITE_IOERR_DIR_FSYNC)
        conn->sync_failed = true;
    if (err == ERR_STORE_CORRUPT)
        atomic_store(&conn->damaged, true);
    if (err != 0 && err != ERR_CONFLICT && err != ERR_NOT_FOUND && conn->trouble == 0)
        conn->trouble = err;
    return err;
}

int conn_exec(struct conn *conn, const char *text)
{
    return conn_err(conn, sqlite3_exec(conn->db, text, NULL, NULL, NULL));
}

static const char setup_common[] = "PRAGMA synchronous=NORMAL;"
                                   "PRAGMA foreign_keys=ON;"
                                   "PRAGMA wal_autocheckpoint=0;"
                                   "PRAGMA cell_size_check=ON;"
                                   "PRAGMA journal_size_limit=16777216;";

/* The upper pages of the trees of a large database fit into so much, so that finding a row reads the
 * lowest page of the index and that of the table. */
#define LARGE_BYTES ((sqlite3_int64)512 << 20)
#define LARGE_CACHE "PRAGMA cache_size=-8192;"

static int widen_cache(struct conn *conn)
{
    sqlite3_file *file = NULL;
    sqlite3_int64 bytes = 0;
    (void)sqlite3_file_control(conn->db, "main", SQLITE_FCNTL_FILE_POINTER, &file);
    if (!file || !file->pMethods || file->pMethods->xFileSize(file, &bytes) != SQLITE_OK ||
        bytes < LARGE_BYTES)
        return 0;
    return conn_exec(conn, LARGE_CACHE);
}

static int set_up(struct conn *conn)
{
    sqlite3 *db = conn->db;
    (void)sqlite3_extended_result_codes(db, 1);
    (void)sqlite3_db_config(db, SQLITE_DBCONFIG_LOOKASIDE, NULL, LOOKASIDE_BYTES, LOOKASIDE_SLOTS);
    (void)sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    (void)sqlite3_limit(db, SQLITE_LIMIT_LENGTH, VALUE_MAX_BYTES);
    (void)sqlite3_db_config(db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    /* Plans do not depend on values. Without it SQLite makes a plan anew for every value that is bound to
     * a statement which might use a partial index: most of what a search cost. */
    (void)sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_QPSG, 1, NULL);
    (void)sqlite3_set_authorizer(db, conn_authorize, conn);
    /* Only the change of the log's generation ever meets a lock of our own process. */
    (void)sqlite3_busy_timeout(db, 2000);
    TRY(name_finds_register(conn));
    TRY(conn_exec(conn, setup_common));
    if (conn->role == CONN_WRITER)
        /* The page size counts for a file that is being made. Two KiB: most tables of a small realm
         * are empty, and each takes a page; large ones are a few per cent smaller with four. */
        return conn_exec(conn, "PRAGMA page_size=2048; PRAGMA journal_mode=WAL;"
                               "PRAGMA cache_size=-2048; PRAGMA secure_delete=ON;");
    return conn_exec(conn, "PRAGMA query_only=ON; PRAGMA cache_size=-1024;");
}

static int open_file(struct conn *conn, const char *path, const char *vfs, bool create)
{
    const char *layer;
    int reserved = PAGE_RESERVED;
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_NOFOLLOW;
    TRY(page_file_vfs(vfs, &layer));
    if (create)
        flags |= SQLITE_OPEN_CREATE;
    int rc = sqlite3_open_v2(path, &conn->db, flags, layer);
    if (rc != SQLITE_OK)
        return conn_err(conn, rc);
    if (conn->role == CONN_WRITER)
        (void)sqlite3_file_control(conn->db, "main", PAGE_OP_MIND_LOG, NULL);
    if (create) /* counts for a file that is being made */
        (void)sqlite3_file_control(conn->db, "main", SQLITE_FCNTL_RESERVE_BYTES, &reserved);
    return 0;
}

/* SQLite's own note that a change of the file was cut off, which happens only when it is made. */
static bool has_journal(const char *path, sqlite3_vfs *vfs)
{
    char name[FOLDER_PATH_MAX + 16];
    int exists = 0;
    int len = snprintf(name, sizeof(name), "%s-journal", path);
    return len > 0 && (size_t)len < sizeof(name) &&
           vfs->xAccess(vfs, name, SQLITE_ACCESS_EXISTS, &exists) == SQLITE_OK && exists;
}

/* Before SQLite does more than look at the header. */
static int check_header(struct conn *conn, const char *path, const char *vfs, bool create)
{
    int foreign = 0;
    if (create && has_journal(path, sqlite3_vfs_find(vfs)))
        return 0;
    (void)sqlite3_file_control(conn->db, "main", PAGE_OP_IS_FOREIGN, &foreign);
    return foreign ? conn_err(conn, SQLITE_NOTADB) : 0;
}

static void explain(struct conn *conn, int err, struct err_ctx *ctx)
{
    const char *refusal = NULL;
    if (conn->db)
        (void)sqlite3_file_control(conn->db, "main", PAGE_OP_REFUSAL, &refusal);
    if (refusal)
        (void)err_set(ctx, err, "%s", refusal);
}

int conn_open(const char *path, const char *vfs, enum conn_role role, bool create,
              struct conn **ret_conn)
{
    return conn_open_told(path, vfs, role, create, ret_conn, NULL);
}

int conn_open_told(const char *path, const char *vfs, enum conn_role role, bool create,
                   struct conn **ret_conn, struct err_ctx *ctx)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    (void)pthread_once(&once, start_library);
    struct conn *conn = calloc(1, sizeof(*conn));
    if (!conn)
        return ERR_NO_MEMORY;
    conn->role = role;
    int err = open_file(conn, path, vfs, create);
    if (err == 0)
        err = check_header(conn, path, vfs, create);
    if (err == 0)
        err = set_up(conn);
    if (err == 0)
        err = widen_cache(conn);
    if (err != 0) {
        explain(conn, err, ctx);
        conn_close(conn, true); /* what was refused stays as it is */
        return err;
    }
    *ret_conn = conn;
    return 0;
}

void conn_guard(struct conn *conn)
{
    conn->guarded = true;
}

void conn_close(struct conn *conn, bool skip_checkpoint)
{
    if (!conn)
        return;
    for (size_t i = 0; i < conn->stmt_cap; i++)
        (void)sqlite3_finalize(conn->stmts[i].stmt);
    free(conn->stmts);
    if (skip_checkpoint && conn->db)
        (void)sqlite3_db_config(conn->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    (void)sqlite3_close(conn->db);
    free(conn);
}

static size_t stmt_place(const struct conn_stmt *stmts, size_t cap, const struct sql *sql)
{
    size_t at = (size_t)(((uintptr_t)sql >> 3) * UINT64_C(0x9e3779b97f4a7c15) >> 32) & (cap - 1);
    while (stmts[at].sql && stmts[at].sql != sql)
        at = (at + 1) & (cap - 1);
    return at;
}

static int stmts_grow(struct conn *conn)
{
    size_t cap = conn->stmt_cap ? conn->stmt_cap * 2 : FIRST_STMTS;
    struct conn_stmt *stmts = calloc(cap, sizeof(*stmts));
    if (!stmts)
        return ERR_NO_MEMORY;
    for (size_t i = 0; i < conn->stmt_cap; i++)
        if (conn->stmts[i].sql)
            stmts[stmt_place(stmts, cap, conn->stmts[i].sql)] = conn->stmts[i];
    free(conn->stmts);
    conn->stmts = stmts;
    conn->stmt_cap = cap;
    return 0;
}

int query_open(struct conn *conn, const struct sql *sql, struct query *q)
{
    if (conn->stmt_count * 4 >= conn->stmt_cap * 3)
        TRY(stmts_grow(conn));
    struct conn_stmt *slot = &conn->stmts[stmt_place(conn->stmts, conn->stmt_cap, sql)];
    if (!slot->sql) {
        sqlite3_stmt *stmt;
        int rc =
            sqlite3_prepare_v3(conn->db, sql->text, -1, SQLITE_PREPARE_PERSISTENT, &stmt, NULL);
        if (rc != SQLITE_OK)
            return conn_err(conn, rc);
        *slot = (struct conn_stmt){sql, stmt};
        conn->stmt_count++;
    }
    if (sqlite3_stmt_busy(slot->stmt))
        return ERR_INTERNAL; /* a query inside itself */
    if (conn->in_transaction && sqlite3_get_autocommit(conn->db))
        return conn->trouble ? conn->trouble : ERR_STORE_FAILED;
    *q = (struct query){.conn = conn, .stmt = slot->stmt};
    return 0;
}

void query_close(struct query *q)
{
    if (!q->stmt)
        return;
    (void)sqlite3_reset(q->stmt);
    /* Secrets may be bound; their memory is the caller's and goes first. */
    (void)sqlite3_clear_bindings(q->stmt);
    q->stmt = NULL;
}
