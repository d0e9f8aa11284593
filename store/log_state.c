/* The state of the log in eight bytes: number (4), state (1), check of these (3). */
#include "store/log_state.h"

#include <stdlib.h>

#include "core/crypto/digest.h"
#include "store/page_file.h"

#include "core/base/banned.h"

enum state { STATE_NONE, STATE_CLEAN = 0xc1, STATE_BEGUN = 0xb2, STATE_KEPT = 0xa3, STATE_BAD };

#define LOG_HEADER_BYTES 32
#define LOG_MAGIC        0x377f0682u /* or with 1: its sums are over big-endian words */

struct log_mark {
    enum state state;
    uint32_t number;
};

static uint32_t get_u32(const unsigned char *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static uint64_t check_of(const unsigned char *bytes)
{
    static const unsigned char key[SIPHASH_KEY_BYTES] = "log state";
    return siphash_64(key, str_of((const char *)bytes, 5));
}

static void mark_write(const struct log_mark *mark, unsigned char out[PAGE_STATE_BYTES])
{
    memset(out, 0, PAGE_STATE_BYTES);
    if (mark->state == STATE_NONE)
        return;
    for (int i = 0; i < 4; i++)
        out[i] = (unsigned char)(mark->number >> (24 - 8 * i));
    out[4] = (unsigned char)mark->state;
    uint64_t check = check_of(out);
    for (int i = 0; i < 3; i++)
        out[5 + i] = (unsigned char)(check >> (8 * i));
}

static struct log_mark mark_read(const unsigned char in[PAGE_STATE_BYTES])
{
    static const unsigned char nothing[PAGE_STATE_BYTES];
    struct log_mark mark = {STATE_NONE, get_u32(in)};
    unsigned char again[PAGE_STATE_BYTES];
    if (memcmp(in, nothing, PAGE_STATE_BYTES) == 0)
        return mark;
    mark.state = in[4] == STATE_CLEAN   ? STATE_CLEAN
                 : in[4] == STATE_BEGUN ? STATE_BEGUN
                 : in[4] == STATE_KEPT  ? STATE_KEPT
                                        : STATE_BAD;
    mark_write(&mark, again);
    if (memcmp(in, again, PAGE_STATE_BYTES) != 0)
        mark.state = STATE_BAD;
    return mark;
}

/* --- The log's header --- */

static uint32_t get_word(const unsigned char *p, bool big)
{
    return big ? get_u32(p)
               : (uint32_t)p[3] << 24 | (uint32_t)p[2] << 16 | (uint32_t)p[1] << 8 | p[0];
}

/* https://sqlite.org/fileformat2.html#walformat: the header's own checksum. */
static bool header_is_right(const unsigned char *h)
{
    uint32_t a = 0;
    uint32_t b = 0;
    bool big = get_u32(h) & 1;
    if ((get_u32(h) & ~1u) != LOG_MAGIC)
        return false;
    for (size_t i = 0; i < 24; i += 8) {
        a += get_word(h + i, big) + b;
        b += get_word(h + i + 4, big) + a;
    }
    return a == get_u32(h + 24) && b == get_u32(h + 28);
}

/* Both the count of new starts and the first salt rise by one when the log starts anew. */
static uint32_t number_of(const unsigned char *h)
{
    return get_u32(h + 16) - get_u32(h + 12);
}

enum found { LOG_MISSING, LOG_EMPTY, LOG_BROKEN, LOG_THERE };

static int read_header(sqlite3_file *f, enum found *ret_found, uint32_t *ret_number)
{
    unsigned char h[LOG_HEADER_BYTES];
    sqlite3_int64 size;
    int rc = f->pMethods->xFileSize(f, &size);
    if (rc != SQLITE_OK)
        return rc;
    *ret_found = LOG_EMPTY;
    if (size == 0)
        return SQLITE_OK;
    rc = f->pMethods->xRead(f, h, LOG_HEADER_BYTES, 0);
    if (rc == SQLITE_IOERR_SHORT_READ)
        rc = SQLITE_OK;
    *ret_found = size >= LOG_HEADER_BYTES && header_is_right(h) ? LOG_THERE : LOG_BROKEN;
    *ret_number = number_of(h);
    return rc;
}

/* Opens the log beside SQLite, before SQLite does, and closes it again. */
static int look_at_log(sqlite3_vfs *vfs, const char *name, int flags, enum found *ret_found,
                       uint32_t *ret_number)
{
    int exists = 0;
    /* Asked whether it exists, SQLite says no of an empty file. */
    int rc = vfs->xAccess(vfs, name, SQLITE_ACCESS_READWRITE, &exists);
    *ret_found = LOG_MISSING;
    if (rc != SQLITE_OK || !exists)
        return rc;
    sqlite3_file *f = calloc(1, (size_t)vfs->szOsFile);
    if (!f)
        return SQLITE_NOMEM;
    rc = vfs->xOpen(vfs, name, f, flags & ~SQLITE_OPEN_CREATE, NULL);
    if (rc == SQLITE_OK)
        rc = read_header(f, ret_found, ret_number);
    if (f->pMethods)
        (void)f->pMethods->xClose(f);
    free(f);
    return rc;
}

static const char *refusal_of(struct log_mark mark, enum found found, uint32_t number)
{
    bool same = found == LOG_THERE && number == mark.number;
    switch (mark.state) {
    case STATE_NONE: return NULL;
    case STATE_BEGUN:
        return found == LOG_MISSING ? "its write-ahead log (-wal) is missing: put it back, or "
                                      "restore the realm from a backup"
                                    : NULL;
    case STATE_CLEAN:
        return found == LOG_THERE && !same ? "the write-ahead log (-wal) beside it belongs to "
                                             "another database: move it away"
                                           : NULL;
    case STATE_KEPT:
        if (found == LOG_MISSING || found == LOG_EMPTY)
            return "its write-ahead log (-wal) is missing or empty: put it back, or restore the "
                   "realm from a backup";
        if (found == LOG_BROKEN)
            return "the beginning of its write-ahead log (-wal) is damaged: restore the realm from "
                   "a backup";
        return same ? NULL
                    : "the write-ahead log (-wal) beside it belongs to another database: put back "
                      "its own";
    case STATE_BAD: break;
    }
    /* Cut off while it was changed, which is done only while there is a log; else damaged. */
    return found == LOG_MISSING ? "its first page is damaged: restore the realm from a backup"
                                : NULL;
}

int log_state_admit(sqlite3_vfs *vfs, const char *name, int flags, const unsigned char *state,
                    const char **ret_refusal)
{
    enum found found;
    uint32_t number = 0;
    struct log_mark mark = mark_read(state);
    int rc = look_at_log(vfs, name, flags, &found, &number);
    if (rc != SQLITE_OK)
        return rc;
    *ret_refusal = refusal_of(mark, found, number);
    return *ret_refusal ? SQLITE_CORRUPT : SQLITE_OK;
}

/* --- Changing the state --- */

/* A database without sums has no state: *ret_any is false. */
static int get_mark(struct conn *conn, struct log_mark *ret_mark, bool *ret_any)
{
    unsigned char bytes[PAGE_STATE_BYTES];
    int rc = sqlite3_file_control(conn->db, "main", PAGE_OP_GET_STATE, bytes);
    *ret_any = rc == SQLITE_OK;
    if (rc == SQLITE_OK)
        *ret_mark = mark_read(bytes);
    return rc == SQLITE_NOTFOUND ? 0 : conn_err(conn, rc);
}

static int put_mark(const struct conn *conn, const struct log_mark *mark)
{
    unsigned char bytes[PAGE_STATE_BYTES];
    mark_write(mark, bytes);
    return sqlite3_file_control(conn->db, "main", PAGE_OP_PUT_STATE, bytes);
}

static sqlite3_file *log_of(const struct conn *conn)
{
    sqlite3_file *log = NULL;
    int rc = sqlite3_file_control(conn->db, "main", SQLITE_FCNTL_JOURNAL_POINTER, &log);
    return rc == SQLITE_OK && log && log->pMethods ? log : NULL;
}

/* On disk when it returns. */
static int put_mark_now(struct conn *conn, const struct log_mark *mark, bool *ret_sync_failed)
{
    int rc = put_mark(conn, mark);
    if (rc != SQLITE_OK)
        return conn_err(conn, rc);
    rc = sqlite3_file_control(conn->db, "main", PAGE_OP_SYNC, NULL);
    *ret_sync_failed = rc != SQLITE_OK;
    return rc == SQLITE_OK ? 0 : ERR_STORE_FAILED;
}

int log_state_begin(struct conn *writer, bool *ret_sync_failed)
{
    struct log_mark mark;
    bool any;
    *ret_sync_failed = false;
    TRY(get_mark(writer, &mark, &any));
    if (!any)
        return 0;
    if (mark.state != STATE_KEPT)
        mark.state = STATE_BEGUN;
    return put_mark_now(writer, &mark, ret_sync_failed);
}

int log_state_forget(struct conn *writer)
{
    struct log_mark mark;
    bool any, sync_failed;
    TRY(get_mark(writer, &mark, &any));
    if (!any || mark.state == STATE_BEGUN || mark.state == STATE_KEPT)
        return 0; /* it has a log already */
    mark = (struct log_mark){STATE_NONE, 0};
    return put_mark_now(writer, &mark, &sync_failed);
}

void log_state_keep(struct conn *writer)
{
    struct log_mark mark;
    enum found found;
    bool any;
    sqlite3_file *log = log_of(writer);
    if (!log || get_mark(writer, &mark, &any) != 0 || !any || mark.state != STATE_BEGUN ||
        read_header(log, &found, &mark.number) != SQLITE_OK || found != LOG_THERE)
        return;
    mark.state = STATE_KEPT;
    /* Not flushed: the next checkpoint does, and until then "begun" is true as well. */
    (void)put_mark(writer, &mark);
}

int log_state_let_go(struct conn *writer, bool *ret_sync_failed)
{
    struct log_mark mark;
    bool any;
    *ret_sync_failed = false;
    TRY(get_mark(writer, &mark, &any));
    if (!any || mark.state != STATE_KEPT)
        return 0;
    mark.state = STATE_BEGUN;
    return put_mark_now(writer, &mark, ret_sync_failed);
}

bool log_state_expects(struct conn *writer)
{
    struct log_mark mark;
    bool any;
    return get_mark(writer, &mark, &any) != 0 ||
           (any && mark.state != STATE_NONE && mark.state != STATE_CLEAN);
}

int log_state_end(struct conn *writer)
{
    struct log_mark mark;
    enum found found;
    bool any, sync_failed;
    int in_log = 0;
    int copied = 0;
    TRY(get_mark(writer, &mark, &any));
    if (!any || mark.state == STATE_NONE || mark.state == STATE_CLEAN)
        return 0; /* nothing was written */
    int rc =
        sqlite3_wal_checkpoint_v2(writer->db, "main", SQLITE_CHECKPOINT_FULL, &in_log, &copied);
    if (rc != SQLITE_OK || in_log != copied)
        return rc == SQLITE_OK ? ERR_STORE_BUSY : conn_err(writer, rc);
    sqlite3_file *log = log_of(writer);
    if (log && read_header(log, &found, &mark.number) != SQLITE_OK)
        return ERR_STORE_FAILED;
    mark.state = STATE_CLEAN;
    return put_mark_now(writer, &mark, &sync_failed);
}
