/* Sums of pages, as a layer of SQLite's files. Logs pass it but for their flushes, temporary files pass
 * it untouched. */
#include "store/page_file.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/crypto/digest.h"
#include "store/log_state.h"
#include "store/sync_gate.h"

#include "core/base/banned.h"

#define SUM_AT            (PAGE_BYTES - PAGE_RESERVED)
#define STATE_AT          (PAGE_BYTES - PAGE_STATE_BYTES)
#define RESERVED_AT       20 /* in the header of the first page */
/* Reads of less are of the header only: the smallest page has so many bytes. */
#define PAGE_LEAST        512
#define FORMAT_AT         18 /* twice 2: changes go through a write-ahead log */
#define MAGIC             "SQLite format 3"
#define FILE_HEADER_BYTES 100
/* A page number below this has a first byte below 2, with room for what a log adds. */
#define TREES_TOLD_PAGES  (1 << 24)
/* Pages whose sums are tried when the header says that there are none. */
#define LOOK_PAGES        8

struct page_file {
    sqlite3_file base;
    sqlite3_file *inner; /* behind this struct */
    struct sync_gate *gate;
    bool sums;
    bool foreign;
    bool lenient;
    bool minds_log;
    const char *refusal;
};

static struct page_file *mine(sqlite3_file *f)
{
    return (struct page_file *)f;
}

static sqlite3_file *inner_of(sqlite3_file *f)
{
    return mine(f)->inner;
}

static uint64_t sum_of(const unsigned char *page, sqlite3_int64 at)
{
    unsigned char key[SIPHASH_KEY_BYTES] = "\0\0\0\0\0\0\0\0pagesum";
    uint64_t number = (uint64_t)at / PAGE_BYTES + 1;
    for (size_t i = 0; i < 8; i++)
        key[i] = (unsigned char)(number >> (8 * i));
    return siphash_64(key, str_of((const char *)page, SUM_AT));
}

static void put_sum(unsigned char *page, sqlite3_int64 at)
{
    uint64_t sum = sum_of(page, at);
    for (size_t i = 0; i < 8; i++)
        page[SUM_AT + i] = (unsigned char)(sum >> (8 * i));
}

static bool sum_is_right(const unsigned char *page, sqlite3_int64 at)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < 8; i++)
        sum |= (uint64_t)page[SUM_AT + i] << (8 * i);
    return sum == sum_of(page, at);
}

static bool is_page(int n, sqlite3_int64 at)
{
    return n == PAGE_BYTES && at % PAGE_BYTES == 0;
}

/* --- Reading --- */

static bool never_written(const unsigned char *page)
{
    static const unsigned char zeros[PAGE_BYTES];
    return memcmp(page, zeros, PAGE_BYTES) == 0;
}

static int page_read(sqlite3_file *f, void *p, int n, sqlite3_int64 at)
{
    struct page_file *file = mine(f);
    int rc = file->inner->pMethods->xRead(file->inner, p, n, at);
    if (!file->sums || n < PAGE_LEAST || (rc != SQLITE_OK && rc != SQLITE_IOERR_SHORT_READ))
        return rc;
    if (!is_page(n, at))
        return SQLITE_IOERR_DATA; /* the header lies about the size of pages */
    if (file->lenient && never_written(p))
        return rc;
    /* SQLite would take what is beyond the end for zeros, and it never asks for a page that was not
     * written. */
    if (rc != SQLITE_OK || !sum_is_right(p, at))
        return SQLITE_IOERR_DATA;
    memset((unsigned char *)p + SUM_AT, 0, PAGE_RESERVED);
    return SQLITE_OK;
}

/* --- What lies between the rows of a page --- */

static size_t u16_at(const unsigned char *p)
{
    return (size_t)p[0] << 8 | p[1];
}

/* Where a tree's page (https://sqlite.org/fileformat2.html, 1.6) has neither pointers nor cells: SQLite
 * rebuilds a page without clearing what it moved away from there, secure_delete or not. */
static bool gap_of(const unsigned char *page, sqlite3_int64 at, size_t *ret_start, size_t *ret_end)
{
    size_t head = at == 0 ? FILE_HEADER_BYTES : 0;
    const unsigned char *h = page + head;
    bool leaf = h[0] == 10 || h[0] == 13;
    if (!leaf && h[0] != 2 && h[0] != 5)
        return false;
    *ret_start = head + (leaf ? 8 : 12) + 2 * u16_at(h + 3);
    *ret_end = u16_at(h + 5);
    return *ret_start < *ret_end && *ret_end <= SUM_AT;
}

/* PW-07: nothing of a row that was deleted stays in the file. Pages of other kinds begin with the number
 * of a page, which in a file of this size does not begin like a tree's page. */
static void clear_gap(unsigned char *page, sqlite3_int64 at, sqlite3_int64 size)
{
    size_t start, end;
    if (size / PAGE_BYTES < TREES_TOLD_PAGES && gap_of(page, at, &start, &end))
        memset(page + start, 0, end - start);
}

void page_clean(unsigned char page[PAGE_BYTES], uint32_t number, uint32_t page_count)
{
    clear_gap(page, (sqlite3_int64)(number - 1) * PAGE_BYTES,
              (sqlite3_int64)page_count * PAGE_BYTES);
}

/* --- Writing --- */

/* The first page goes around the state's bytes, unless the file has no first page yet. */
static int bytes_to_write(sqlite3_int64 at, sqlite3_int64 size)
{
    return at == 0 && size >= PAGE_BYTES ? STATE_AT : PAGE_BYTES;
}

static int write_with_sum(sqlite3_file *inner, const void *p, sqlite3_int64 at, sqlite3_int64 size)
{
    unsigned char page[PAGE_BYTES];
    memcpy(page, p, SUM_AT);
    memset(page + SUM_AT, 0, PAGE_RESERVED);
    clear_gap(page, at, size);
    put_sum(page, at);
    return inner->pMethods->xWrite(inner, page, bytes_to_write(at, size), at);
}

static int page_write(sqlite3_file *f, const void *p, int n, sqlite3_int64 at)
{
    struct page_file *file = mine(f);
    sqlite3_file *inner = file->inner;
    sqlite3_int64 size;
    int rc = inner->pMethods->xFileSize(inner, &size);
    if (rc != SQLITE_OK)
        return rc;
    /* Whether a file has sums is settled when it is made. */
    if (at == 0 && n == PAGE_BYTES && size == 0)
        file->sums = ((const unsigned char *)p)[RESERVED_AT] == PAGE_RESERVED;
    if (!file->sums)
        return inner->pMethods->xWrite(inner, p, n, at);
    return is_page(n, at) ? write_with_sum(inner, p, at, size) : SQLITE_IOERR_DATA;
}

/* --- Own operations --- */

static int get_state(struct page_file *file, void *arg)
{
    if (!file->sums)
        return SQLITE_NOTFOUND;
    return file->inner->pMethods->xRead(file->inner, arg, PAGE_STATE_BYTES, STATE_AT);
}

static int put_state(struct page_file *file, const void *arg)
{
    if (!file->sums)
        return SQLITE_NOTFOUND;
    return file->inner->pMethods->xWrite(file->inner, arg, PAGE_STATE_BYTES, STATE_AT);
}

static int own_op(struct page_file *file, int op, void *arg, bool *ret_own)
{
    *ret_own = true;
    switch (op) {
    case PAGE_OP_HAS_SUMS: *(int *)arg = file->sums; return SQLITE_OK;
    case PAGE_OP_GET_STATE: return get_state(file, arg);
    case PAGE_OP_PUT_STATE: return put_state(file, arg);
    case PAGE_OP_SYNC: return sync_gate_pass(file->gate, file->inner, SQLITE_SYNC_NORMAL);
    case PAGE_OP_MIND_LOG: file->minds_log = true; return SQLITE_OK;
    case PAGE_OP_REFUSAL: *(const char **)arg = file->refusal; return SQLITE_OK;
    case PAGE_OP_IS_FOREIGN: *(int *)arg = file->foreign; return SQLITE_OK;
    case PAGE_OP_LENIENT: file->lenient = *(int *)arg != 0; return SQLITE_OK;
    default: *ret_own = false; return SQLITE_NOTFOUND;
    }
}

static int page_control(sqlite3_file *f, int op, void *arg)
{
    bool own;
    int rc = own_op(mine(f), op, arg, &own);
    return own ? rc : inner_of(f)->pMethods->xFileControl(inner_of(f), op, arg);
}

/* --- What passes through --- */

static int page_close(sqlite3_file *f)
{
    int rc = inner_of(f)->pMethods->xClose(inner_of(f));
    sync_gate_close(mine(f)->gate);
    return rc;
}
static int wal_read(sqlite3_file *f, void *p, int n, sqlite3_int64 at)
{
    return inner_of(f)->pMethods->xRead(inner_of(f), p, n, at);
}
static int wal_write(sqlite3_file *f, const void *p, int n, sqlite3_int64 at)
{
    return inner_of(f)->pMethods->xWrite(inner_of(f), p, n, at);
}
static int wal_control(sqlite3_file *f, int op, void *arg)
{
    return inner_of(f)->pMethods->xFileControl(inner_of(f), op, arg);
}
static int wal_device(sqlite3_file *f)
{
    return inner_of(f)->pMethods->xDeviceCharacteristics(inner_of(f));
}
static int page_truncate(sqlite3_file *f, sqlite3_int64 size)
{
    return inner_of(f)->pMethods->xTruncate(inner_of(f), size);
}
static int page_sync(sqlite3_file *f, int flags)
{
    return sync_gate_pass(mine(f)->gate, inner_of(f), flags);
}
static int page_size(sqlite3_file *f, sqlite3_int64 *size)
{
    return inner_of(f)->pMethods->xFileSize(inner_of(f), size);
}
static int page_lock(sqlite3_file *f, int level)
{
    return inner_of(f)->pMethods->xLock(inner_of(f), level);
}
static int page_unlock(sqlite3_file *f, int level)
{
    return inner_of(f)->pMethods->xUnlock(inner_of(f), level);
}
static int page_reserved(sqlite3_file *f, int *out)
{
    return inner_of(f)->pMethods->xCheckReservedLock(inner_of(f), out);
}
static int page_sector(sqlite3_file *f)
{
    return inner_of(f)->pMethods->xSectorSize(inner_of(f));
}
/* A part of a page has no sum: SQLite must not read one, which it likes to do with long values. */
static int page_device(sqlite3_file *f)
{
    return inner_of(f)->pMethods->xDeviceCharacteristics(inner_of(f)) & ~SQLITE_IOCAP_SUBPAGE_READ;
}
static int page_shm_map(sqlite3_file *f, int region, int size, int extend, void volatile **out)
{
    return inner_of(f)->pMethods->xShmMap(inner_of(f), region, size, extend, out);
}
static int page_shm_lock(sqlite3_file *f, int offset, int n, int flags)
{
    return inner_of(f)->pMethods->xShmLock(inner_of(f), offset, n, flags);
}
static void page_shm_barrier(sqlite3_file *f)
{
    inner_of(f)->pMethods->xShmBarrier(inner_of(f));
}
static int page_shm_unmap(sqlite3_file *f, int del)
{
    return inner_of(f)->pMethods->xShmUnmap(inner_of(f), del);
}

/* Version 2: no mapping of the file into memory, which would go around the sums. */
static const sqlite3_io_methods page_methods = {
    .iVersion = 2,
    .xClose = page_close,
    .xRead = page_read,
    .xWrite = page_write,
    .xTruncate = page_truncate,
    .xSync = page_sync,
    .xFileSize = page_size,
    .xLock = page_lock,
    .xUnlock = page_unlock,
    .xCheckReservedLock = page_reserved,
    .xFileControl = page_control,
    .xSectorSize = page_sector,
    .xDeviceCharacteristics = page_device,
    .xShmMap = page_shm_map,
    .xShmLock = page_shm_lock,
    .xShmBarrier = page_shm_barrier,
    .xShmUnmap = page_shm_unmap,
};

static const sqlite3_io_methods wal_methods = {
    .iVersion = 1,
    .xClose = page_close,
    .xRead = wal_read,
    .xWrite = wal_write,
    .xTruncate = page_truncate,
    .xSync = page_sync,
    .xFileSize = page_size,
    .xLock = page_lock,
    .xUnlock = page_unlock,
    .xCheckReservedLock = page_reserved,
    .xFileControl = wal_control,
    .xSectorSize = page_sector,
    .xDeviceCharacteristics = wal_device,
};

/* --- Opening --- */

/* A header that says "no sums" is believed unless some page has a right one: then it is the header
 * that is damaged, and reading the first page tells so. */
static int look_for_sums(struct page_file *file, const unsigned char *first)
{
    unsigned char page[PAGE_BYTES];
    memcpy(page, first, PAGE_BYTES);
    page[RESERVED_AT] = PAGE_RESERVED;
    file->sums = sum_is_right(page, 0);
    for (sqlite3_int64 i = 1; i < LOOK_PAGES && !file->sums; i++) {
        int rc = file->inner->pMethods->xRead(file->inner, page, PAGE_BYTES, i * PAGE_BYTES);
        if (rc == SQLITE_IOERR_SHORT_READ)
            break;
        if (rc != SQLITE_OK)
            return rc;
        file->sums = sum_is_right(page, i * PAGE_BYTES);
    }
    return SQLITE_OK;
}

static void look_foreign(struct page_file *file, const unsigned char *first)
{
    file->foreign = !file->sums && (memcmp(first, MAGIC, sizeof(MAGIC)) != 0 ||
                                    first[FORMAT_AT] != 2 || first[FORMAT_AT + 1] != 2);
    if (file->foreign)
        file->refusal = "it is not a database of Garita: move it away, or restore the realm from a "
                        "backup";
}

static int look(struct page_file *file)
{
    unsigned char page[PAGE_BYTES];
    sqlite3_int64 size;
    int rc = file->inner->pMethods->xFileSize(file->inner, &size);
    if (rc != SQLITE_OK || size == 0)
        return rc;
    rc = file->inner->pMethods->xRead(file->inner, page, PAGE_BYTES, 0);
    if (rc != SQLITE_OK && rc != SQLITE_IOERR_SHORT_READ)
        return rc;
    if (rc == SQLITE_IOERR_SHORT_READ) {
        file->foreign = true;
        file->refusal = "it is cut short: restore the realm from a backup";
        return SQLITE_OK;
    }
    file->sums = page[RESERVED_AT] == PAGE_RESERVED && memcmp(page, MAGIC, sizeof(MAGIC)) == 0;
    if (!file->sums)
        rc = look_for_sums(file, page);
    if (rc == SQLITE_OK)
        look_foreign(file, page);
    return rc;
}

static sqlite3_vfs *below(const sqlite3_vfs *vfs)
{
    return vfs->pAppData;
}

/* The file below, with its gate. SQLite closes what has methods, also after an error. */
static int open_below(sqlite3_vfs *vfs, const char *name, sqlite3_file *f, int flags, int *out,
                      const sqlite3_io_methods *methods)
{
    struct page_file *file = mine(f);
    *file = (struct page_file){.inner = (sqlite3_file *)(void *)(file + 1),
                               .gate = sync_gate_open(name)};
    file->inner->pMethods = NULL;
    if (!file->gate)
        return SQLITE_NOMEM;
    int rc = below(vfs)->xOpen(below(vfs), name, file->inner, flags, out);
    if (file->inner->pMethods)
        file->base.pMethods = methods;
    else
        sync_gate_close(file->gate);
    return rc;
}

static int open_log(sqlite3_vfs *vfs, const char *name, sqlite3_file *f, int flags, int *out)
{
    sqlite3_file *db = sqlite3_database_file_object(name);
    if (db && db->pMethods == &page_methods && mine(db)->sums && mine(db)->minds_log) {
        unsigned char state[PAGE_STATE_BYTES];
        int rc = get_state(mine(db), state);
        if (rc == SQLITE_OK)
            rc = log_state_admit(below(vfs), name, flags, state, &mine(db)->refusal);
        if (rc != SQLITE_OK)
            return rc;
        mine(db)->minds_log = false; /* it is ours from here on */
    }
    return open_below(vfs, name, f, flags, out, &wal_methods);
}

static int page_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *f, int flags, int *out)
{
    f->pMethods = NULL;
    if (flags & SQLITE_OPEN_WAL)
        return open_log(vfs, name, f, flags, out);
    if (!(flags & SQLITE_OPEN_MAIN_DB))
        return below(vfs)->xOpen(below(vfs), name, f, flags, out);
    int rc = open_below(vfs, name, f, flags, out, &page_methods);
    return rc == SQLITE_OK ? look(mine(f)) : rc;
}

static int page_delete(sqlite3_vfs *vfs, const char *name, int sync)
{
    return below(vfs)->xDelete(below(vfs), name, sync);
}
static int page_access(sqlite3_vfs *vfs, const char *name, int flags, int *out)
{
    return below(vfs)->xAccess(below(vfs), name, flags, out);
}
static int page_full_name(sqlite3_vfs *vfs, const char *name, int size, char *out)
{
    return below(vfs)->xFullPathname(below(vfs), name, size, out);
}
static int page_randomness(sqlite3_vfs *vfs, int size, char *out)
{
    return below(vfs)->xRandomness(below(vfs), size, out);
}
static int page_sleep(sqlite3_vfs *vfs, int microseconds)
{
    return below(vfs)->xSleep(below(vfs), microseconds);
}
static int page_time(sqlite3_vfs *vfs, double *out)
{
    return below(vfs)->xCurrentTime(below(vfs), out);
}
static int page_last_error(sqlite3_vfs *vfs, int size, char *out)
{
    return below(vfs)->xGetLastError(below(vfs), size, out);
}

static sqlite3_vfs *vfs_new(sqlite3_vfs *inner, const char *name)
{
    size_t len = strlen(name) + 1;
    sqlite3_vfs *vfs = calloc(1, sizeof(*vfs) + len);
    if (!vfs)
        return NULL;
    char *own_name = (char *)(vfs + 1);
    memcpy(own_name, name, len);
    *vfs = (sqlite3_vfs){
        .iVersion = 1,
        .szOsFile = (int)sizeof(struct page_file) + inner->szOsFile,
        .mxPathname = inner->mxPathname,
        .zName = own_name,
        .pAppData = inner,
        .xOpen = page_open,
        .xDelete = page_delete,
        .xAccess = page_access,
        .xFullPathname = page_full_name,
        .xRandomness = page_randomness,
        .xSleep = page_sleep,
        .xCurrentTime = page_time,
        .xGetLastError = page_last_error,
    };
    return vfs;
}

/* Layers live as long as the process. */
static int make_layer(const char *inner_name, const char *name, const char **ret_name)
{
    static bool any;
    sqlite3_vfs *inner = sqlite3_vfs_find(inner_name);
    sqlite3_vfs *vfs = inner ? vfs_new(inner, name) : NULL;
    if (!inner)
        return ERR_CONFIG;
    if (!vfs || sqlite3_vfs_register(vfs, !any) != SQLITE_OK) {
        free(vfs);
        return ERR_NO_MEMORY;
    }
    any = true;
    *ret_name = vfs->zName;
    return 0;
}

int page_file_vfs(const char *inner, const char **ret_name)
{
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    char name[80];
    int err = 0;
    (void)snprintf(name, sizeof(name), "garita-%s", inner);
    (void)pthread_mutex_lock(&lock);
    const sqlite3_vfs *known = sqlite3_vfs_find(name);
    if (known)
        *ret_name = known->zName;
    else
        err = make_layer(inner, name, ret_name);
    (void)pthread_mutex_unlock(&lock);
    return err;
}
