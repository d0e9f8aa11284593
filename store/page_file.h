/* The file of a database, between SQLite and the layer that reads and writes: every page carries a
 * sum, and the first page says whether a write-ahead log belongs to it.
 *
 * SQLite leaves the last PAGE_RESERVED bytes of each page alone (its header says so). Before a page
 * is written, eight of them get a hash of the rest and of the page's number; when it is read, the
 * hash is compared and the reserved bytes are set to zero. So a sum exists in the file and nowhere
 * else: what SQLite holds, the log and whoever copies pages see zeros, and equal pages are equal
 * everywhere. A bit that changed on the disk, a page that was written to another's place and a file
 * that was cut short are told when the page is read: SQLITE_IOERR_DATA, never wrong data.
 *
 * The last eight bytes of the first page belong to log_state.c. Sums do not cover them, and a page
 * is written around them, so that they can be changed beside SQLite.
 *
 * A database without the reserved bytes (of an earlier version) opens and has no sums. */
#ifndef GARITA_STORE_PAGE_FILE_H
#define GARITA_STORE_PAGE_FILE_H

#include <sqlite3.h>

#include "core/base/err.h"

#define PAGE_BYTES       2048
#define PAGE_RESERVED    16
#define PAGE_STATE_BYTES 8

/* Operations of sqlite3_file_control on "main". */
enum page_op {
    PAGE_OP_HAS_SUMS = 1001, /* int: 1 when pages have sums */
    PAGE_OP_GET_STATE,       /* the state's bytes; SQLITE_NOTFOUND without sums */
    PAGE_OP_PUT_STATE,       /* stores them, without a flush */
    PAGE_OP_SYNC,            /* flushes the file; argument unused */
    PAGE_OP_MIND_LOG,        /* from now on the log is checked when it is opened; unused */
    PAGE_OP_REFUSAL,         /* const char *: why the file or its log was refused, or NULL */
    PAGE_OP_IS_FOREIGN,      /* int: 1 when a file with content does not begin as ours do */
    PAGE_OP_LENIENT,         /* int: pages that were never written read as zeros, for checks */
};

/* The name of this layer above another one ("unix-excl"), made at its first use. The first one is
 * SQLite's default from then on. ERR_CONFIG when there is no such layer. */
MUST_CHECK int page_file_vfs(const char *inner, const char **ret_name);

/* Sets to zero what is written to the file as zeros although SQLite has something there: remains of
 * deleted rows (PW-07). For pages that leave on another way; page_count is that of the database. */
void page_clean(unsigned char page[PAGE_BYTES], uint32_t number, uint32_t page_count);

#endif
