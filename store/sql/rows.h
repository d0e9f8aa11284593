/* Lists that grow while rows are read. */
#ifndef GARITA_STORE_SQL_ROWS_H
#define GARITA_STORE_SQL_ROWS_H

#include "store/conn.h"

struct rows {
    void *items;
    size_t count, cap, size;
};

/* A zeroed place for one more row; NULL when the arena is exhausted. */
void *rows_add(struct rows *rows, struct arena *a);
#define ROWS_OF(type) ((struct rows){.size = sizeof(type)})

/* All integers of a query's first column. */
MUST_CHECK int rows_read_pks(struct query *q, struct arena *a, int64_t **ret_pks,
                             size_t *ret_count);

#endif
