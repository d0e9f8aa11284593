/* Pages into the log of a database, from inside SQLite: this file is where the program gets its SQLite
 * from. */
#define _HAVE_SQLITE_CONFIG_H
#include "sqlite3.c"

#include "store/page_file.h"
#include "store/repl/apply.h"

#include "core/base/banned.h"

/* A newer SQLite wants a look at what is used below, and the tests of apply.h once more. */
_Static_assert(SQLITE_VERSION_NUMBER >= 3053004 && SQLITE_VERSION_NUMBER < 3055000,
               "store/repl/apply.c was written for another version of SQLite");

static bool pages_are_right(const struct repl_page *pages, size_t count, uint32_t page_count)
{
    if (count == 0 || count > page_count)
        return false;
    for (size_t i = 0; i < count; i++)
        if (!pages[i].image || pages[i].number > page_count ||
            pages[i].number <= (i == 0 ? 0 : pages[i - 1].number))
            return false;
    return true;
}

/* As SQLite's cache would hand them to its log: linked in order. */
static PgHdr *headers_of(const struct repl_page *pages, size_t count)
{
    PgHdr *headers = calloc(count, sizeof(*headers));
    for (size_t i = 0; headers && i < count; i++) {
        union {
            const void *in;
            void *out;
        } image = {pages[i].image}; /* only read */
        headers[i].pgno = pages[i].number;
        headers[i].pData = image.out;
        headers[i].pDirty = i + 1 < count ? &headers[i + 1] : NULL;
    }
    return headers;
}

/* In a transaction that writes and has changed nothing: the frames are its commit. Rolling it back then
 * undoes nothing, but lets go of the locks and, had the frames failed, of those written so far. */
static int write_frames(Btree *btree, PgHdr *headers, uint32_t page_count)
{
    Pager *pager = sqlite3BtreePager(btree);
    if (!pager->pWal || pager->pageSize != PAGE_BYTES)
        return SQLITE_MISUSE;
    return sqlite3WalFrames(pager->pWal, PAGE_BYTES, headers, page_count, 1, pager->walSyncFlags);
}

static int commit_frames(Btree *btree, PgHdr *headers, uint32_t page_count)
{
    int rc = sqlite3BtreeBeginTrans(btree, 2, NULL);
    if (rc != SQLITE_OK)
        return rc;
    rc = write_frames(btree, headers, page_count);
    int ended = sqlite3BtreeRollback(btree, SQLITE_OK, 0);
    return rc == SQLITE_OK ? ended : rc;
}

/* What the connection remembers of pages and of the schema is from before. */
static void forget_pages(sqlite3 *db, Btree *btree)
{
    pager_reset(sqlite3BtreePager(btree));
    sqlite3ResetAllSchemasOfConnection(db);
}

int repl_apply(struct conn *conn, const struct repl_page *pages, size_t count, uint32_t page_count,
               int *ret_log_pages)
{
    sqlite3 *db = conn->db;
    if (!pages_are_right(pages, count, page_count))
        return ERR_INVALID_REQUEST;
    PgHdr *headers = headers_of(pages, count);
    if (!headers)
        return ERR_NO_MEMORY;
    sqlite3_mutex_enter(db->mutex);
    Btree *btree = db->aDb[0].pBt;
    sqlite3BtreeEnter(btree);
    int rc = commit_frames(btree, headers, page_count);
    forget_pages(db, btree);
    if (rc == SQLITE_OK)
        *ret_log_pages = (int)sqlite3BtreePager(btree)->pWal->hdr.mxFrame;
    sqlite3BtreeLeave(btree);
    sqlite3_mutex_leave(db->mutex);
    free(headers);
    return conn_err(conn, rc);
}
