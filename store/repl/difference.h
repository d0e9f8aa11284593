/* A row that differs between two databases, as it is shown: of a secret that it is there, and no more. */
#ifndef GARITA_STORE_REPL_DIFFERENCE_H
#define GARITA_STORE_REPL_DIFFERENCE_H

#include "core/base/str.h"

#define DIFFERENCE_CELLS_MAX 32
#define DIFFERENCE_HASH_LEN  16 /* digits: the first eight bytes of a BLAKE2b */

enum cell_kind {
    CELL_NULL,
    CELL_NUMBER,
    CELL_TEXT,
    CELL_JSON,  /* a text that holds settings: may have secrets among its members */
    CELL_ID,    /* a UUID */
    CELL_BYTES, /* not shown: their number and hash */
    CELL_SECRET
};

struct cell {
    enum cell_kind kind;
    int64_t number;  /* of CELL_NUMBER; of CELL_BYTES how many */
    struct str text; /* of CELL_TEXT, CELL_JSON and CELL_ID; of CELL_BYTES the hash, as digits */
};

/* Of the two databases one is "kept", the other "now". */
enum row_change { ROW_KEPT_ALONE, ROW_NOW_ALONE, ROW_CHANGED };

struct cell_pair {
    const char *column;
    bool is_key, differs;
    struct cell kept, now; /* of a row that is in one alone, the other is CELL_NULL */
};

/* Valid until take returns. */
struct row_difference {
    const char *table;
    enum row_change change;
    const struct cell_pair *cells;
    size_t cell_count;
};
/* What it returns, when it is not 0, ends the round. */
typedef int difference_take(void *arg, const struct row_difference *row);

/* The tables that are compared, in their order; NULL beyond the last. Events are not among them (their chain
 * tells), nor what follows from other tables, nor what tells where the database stands. */
const char *difference_table(size_t index);
/* And those that are left out. */
const char *difference_left_out(size_t index);

#endif
