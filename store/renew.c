/* Through SQLite's file layer, so that a layer that injects faults sees it. */
#include "store/renew.h"

#include <stdio.h>
#include <stdlib.h>

#include "store/conn.h"
#include "store/folder.h"

#include "core/base/banned.h"

#define FIRST_BYTES 4096 /* the first page is not larger */
#define PIECE_BYTES 65536

static int rewrite(sqlite3_file *f, int64_t size)
{
    unsigned char *piece = malloc(PIECE_BYTES);
    int rc = piece ? SQLITE_OK : SQLITE_NOMEM;
    for (int64_t at = 0; rc == SQLITE_OK && at < size; at += PIECE_BYTES) {
        int len = size - at < PIECE_BYTES ? (int)(size - at) : PIECE_BYTES;
        rc = f->pMethods->xRead(f, piece, len, at);
        if (rc == SQLITE_OK)
            rc = f->pMethods->xWrite(f, piece, len, at);
    }
    free(piece);
    return rc == SQLITE_OK ? f->pMethods->xSync(f, SQLITE_SYNC_NORMAL) : rc;
}

/* The first most bytes of a file that is there; ret_size is its size, -1 when it is not. With most 0
 * only the size is told. */
static int renew(sqlite3_vfs *vfs, const char *name, int type, int64_t most, int64_t *ret_size)
{
    int exists = 0;
    sqlite3_int64 size = 0;
    *ret_size = -1;
    int rc = vfs->xAccess(vfs, name, SQLITE_ACCESS_EXISTS, &exists);
    if (rc != SQLITE_OK || !exists)
        return rc;
    sqlite3_file *f = calloc(1, (size_t)vfs->szOsFile);
    if (!f)
        return SQLITE_NOMEM;
    rc = vfs->xOpen(vfs, name, f, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOFOLLOW | type, NULL);
    if (rc == SQLITE_OK)
        rc = f->pMethods->xFileSize(f, &size);
    if (rc == SQLITE_OK && size > 0 && most > 0)
        rc = rewrite(f, size < most ? size : most);
    if (f->pMethods)
        (void)f->pMethods->xClose(f);
    free(f);
    *ret_size = size;
    return rc;
}

int renew_files(const char *path, const char *vfs_name)
{
    char log[FOLDER_PATH_MAX + 8] = ""; /* SQLite looks beyond the end of names */
    int64_t size, log_size, first;
    sqlite3_vfs *vfs = sqlite3_vfs_find(vfs_name);
    if (!vfs)
        return ERR_CONFIG;
    if (snprintf(log, FOLDER_PATH_MAX, "%s-wal", path) >= FOLDER_PATH_MAX)
        return ERR_TOO_LARGE;
    int rc = renew(vfs, log, SQLITE_OPEN_WAL, INT64_MAX, &log_size);
    if (rc == SQLITE_OK)
        rc = renew(vfs, path, SQLITE_OPEN_MAIN_DB, log_size >= 0 ? FIRST_BYTES : 0, &size);
    if (rc == SQLITE_OK && log_size < 0 && size > 0 && size <= FIRST_BYTES)
        rc = renew(vfs, path, SQLITE_OPEN_MAIN_DB, FIRST_BYTES, &first);
    return conn_err(NULL, rc);
}
