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

/* Reads the row at which the query stands into a zeroed item. */
typedef int rows_reader(struct query *q, struct arena *a, void *ret_item);
typedef int rows_reader_with(struct query *q, struct arena *a, void *ret_item, void *context);
/* Adds all rows of a query. */
MUST_CHECK int rows_read(struct rows *rows, struct query *q, struct arena *a, rows_reader *read);
MUST_CHECK int rows_read_with(struct rows *rows, struct query *q, struct arena *a,
                              rows_reader_with *read, void *context);

/* A number of rows as a LIMIT or OFFSET. */
static inline int64_t rows_at_most(size_t n)
{
    return n > INT32_MAX ? INT32_MAX : (int64_t)n;
}

/* All integers of a query's first column. */
MUST_CHECK int rows_read_pks(struct query *q, struct arena *a, int64_t **ret_pks,
                             size_t *ret_count);

#endif
