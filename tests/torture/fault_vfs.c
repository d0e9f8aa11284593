/* Every call goes to the layer below unless a fault is due. */
#include "tests/torture/fault_vfs.h"

#include <pthread.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/base/attr.h"
#include "tests/torture/disk.h"
#include "tests/torture/fault.h"

static sqlite3_vfs faulty;
static sqlite3_vfs *real;
static _Thread_local int last_errno; /* of a fault; 0: ask the layer below */

struct faulty_file {
    sqlite3_file base;
    sqlite3_file *inner;
    uint32_t on_disk; /* its number there; 0: it is not recorded */
};

static struct faulty_file *outer_of(sqlite3_file *f)
{
    return (struct faulty_file *)f;
}

static sqlite3_file *inner_of(sqlite3_file *f)
{
    return outer_of(f)->inner;
}

static bool due(enum fault_op op, enum fault_kind *ret_kind)
{
    last_errno = 0;
    if (!fault_due(op, ret_kind))
        return false;
    last_errno = fault_errno(*ret_kind);
    return true;
}

/* Calls of the layer below, during which the C library's calls are SQLite's. */
#define BELOW(call)                                                                                \
    do {                                                                                           \
        fault_enter_sqlite();                                                                      \
        call;                                                                                      \
        fault_leave_sqlite();                                                                      \
    } while (0)

/* --- Files --- */

static int f_close(sqlite3_file *f)
{
    int rc;
    BELOW(rc = inner_of(f)->pMethods->xClose(inner_of(f)));
    sqlite3_free(inner_of(f));
    return rc;
}

static int f_read(sqlite3_file *f, void *p, int n, sqlite3_int64 at)
{
    enum fault_kind kind;
    if (due(FAULT_READ, &kind))
        return SQLITE_IOERR_READ;
    return inner_of(f)->pMethods->xRead(inner_of(f), p, n, at);
}

static int write_recorded(sqlite3_file *f, const void *p, int n, sqlite3_int64 at)
{
    int rc = inner_of(f)->pMethods->xWrite(inner_of(f), p, n, at);
    if (rc == SQLITE_OK)
        disk_written(outer_of(f)->on_disk, p, (size_t)n, at);
    return rc;
}

static int f_write(sqlite3_file *f, const void *p, int n, sqlite3_int64 at)
{
    enum fault_kind kind;
    if (!due(FAULT_WRITE, &kind))
        return write_recorded(f, p, n, at);
    if (kind == FAULT_EIO)
        return SQLITE_IOERR_WRITE;
    if (kind == FAULT_SHORT)
        (void)write_recorded(f, p, n / 2, at);
    return SQLITE_FULL;
}

static int f_truncate(sqlite3_file *f, sqlite3_int64 size)
{
    enum fault_kind kind;
    if (due(FAULT_TRUNCATE, &kind))
        return SQLITE_IOERR_TRUNCATE;
    int rc = inner_of(f)->pMethods->xTruncate(inner_of(f), size);
    if (rc == SQLITE_OK)
        disk_truncated(outer_of(f)->on_disk, size);
    return rc;
}

static int f_sync(sqlite3_file *f, int flags)
{
    enum fault_kind kind;
    int rc;
    size_t began = disk_position();
    if (due(FAULT_SYNC, &kind)) {
        disk_flushed(outer_of(f)->on_disk, began, true);
        return SQLITE_IOERR_FSYNC;
    }
    if (fault_lies())
        return SQLITE_OK;
    BELOW(rc = inner_of(f)->pMethods->xSync(inner_of(f), flags));
    disk_flushed(outer_of(f)->on_disk, began, rc != SQLITE_OK);
    return rc;
}

static int f_size(sqlite3_file *f, sqlite3_int64 *size)
{
    return inner_of(f)->pMethods->xFileSize(inner_of(f), size);
}
static int f_lock(sqlite3_file *f, int level)
{
    return inner_of(f)->pMethods->xLock(inner_of(f), level);
}
static int f_unlock(sqlite3_file *f, int level)
{
    return inner_of(f)->pMethods->xUnlock(inner_of(f), level);
}
static int f_reserved(sqlite3_file *f, int *out)
{
    return inner_of(f)->pMethods->xCheckReservedLock(inner_of(f), out);
}
static int f_control(sqlite3_file *f, int op, void *arg)
{
    /* A file that grows or shrinks this way would not be seen. */
    if (op == SQLITE_FCNTL_SIZE_HINT || op == SQLITE_FCNTL_CHUNK_SIZE)
        return SQLITE_OK;
    return inner_of(f)->pMethods->xFileControl(inner_of(f), op, arg);
}
static int f_sector(sqlite3_file *f)
{
    return inner_of(f)->pMethods->xSectorSize(inner_of(f));
}
static int f_device(sqlite3_file *f)
{
    return inner_of(f)->pMethods->xDeviceCharacteristics(inner_of(f));
}
static int f_shm_map(sqlite3_file *f, int region, int size, int extend, void volatile **out)
{
    return inner_of(f)->pMethods->xShmMap(inner_of(f), region, size, extend, out);
}
static int f_shm_lock(sqlite3_file *f, int offset, int n, int flags)
{
    return inner_of(f)->pMethods->xShmLock(inner_of(f), offset, n, flags);
}
static void f_shm_barrier(sqlite3_file *f)
{
    inner_of(f)->pMethods->xShmBarrier(inner_of(f));
}
static int f_shm_unmap(sqlite3_file *f, int del)
{
    return inner_of(f)->pMethods->xShmUnmap(inner_of(f), del);
}

static const sqlite3_io_methods faulty_methods = {
    .iVersion = 2, /* no memory mapping, which would write without us */
    .xClose = f_close,
    .xRead = f_read,
    .xWrite = f_write,
    .xTruncate = f_truncate,
    .xSync = f_sync,
    .xFileSize = f_size,
    .xLock = f_lock,
    .xUnlock = f_unlock,
    .xCheckReservedLock = f_reserved,
    .xFileControl = f_control,
    .xSectorSize = f_sector,
    .xDeviceCharacteristics = f_device,
    .xShmMap = f_shm_map,
    .xShmLock = f_shm_lock,
    .xShmBarrier = f_shm_barrier,
    .xShmUnmap = f_shm_unmap,
};

/* --- Names --- */

static int open_below(const char *name, struct faulty_file *file, int flags, int *out)
{
    int rc;
    bool was_there = name && access(name, F_OK) == 0;
    file->inner = sqlite3_malloc(real->szOsFile);
    if (!file->inner)
        return SQLITE_NOMEM;
    BELOW(rc = real->xOpen(real, name, file->inner, flags, out));
    if (rc != SQLITE_OK) {
        sqlite3_free(file->inner);
        return rc;
    }
    if (name && !was_there)
        disk_made(name, false);
    file->on_disk = name ? disk_file(name) : 0;
    file->base.pMethods = &faulty_methods;
    return rc;
}

static int v_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *f, int flags, int *out)
{
    enum fault_kind kind;
    (void)vfs;
    f->pMethods = NULL;
    if (due(FAULT_OPEN, &kind))
        return SQLITE_CANTOPEN;
    return open_below(name, outer_of(f), flags, out);
}

static int v_delete(sqlite3_vfs *vfs, const char *name, int sync_folder)
{
    enum fault_kind kind;
    int rc;
    (void)vfs;
    if (due(FAULT_NAME, &kind))
        return SQLITE_IOERR_DELETE;
    if (access(name, F_OK) == 0)
        disk_removed(name); /* before the layer below flushes the folder */
    BELOW(rc = real->xDelete(real, name, sync_folder));
    return rc;
}

static int v_access(sqlite3_vfs *vfs, const char *name, int flags, int *out)
{
    enum fault_kind kind;
    (void)vfs;
    if (due(FAULT_ACCESS, &kind))
        return SQLITE_IOERR_ACCESS;
    return real->xAccess(real, name, flags, out);
}

static int v_last_error(sqlite3_vfs *vfs, int len, char *text)
{
    (void)vfs;
    return last_errno ? last_errno : real->xGetLastError(real, len, text);
}

static void put_over(void)
{
    real = sqlite3_vfs_find("unix-excl");
    if (!real)
        abort();
    faulty = *real;
    faulty.pNext = NULL;
    faulty.zName = FAULT_VFS;
    faulty.szOsFile = sizeof(struct faulty_file);
    faulty.xOpen = v_open;
    faulty.xDelete = v_delete;
    faulty.xAccess = v_access;
    faulty.xGetLastError = v_last_error;
    if (sqlite3_vfs_register(&faulty, 0) != SQLITE_OK)
        abort();
}

void fault_vfs_register(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    (void)pthread_once(&once, put_over);
}
