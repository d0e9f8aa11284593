/* Arrays in an arena that double as they fill. */
#include "store/sql/rows.h"

#include "core/base/banned.h"

void *rows_add(struct rows *rows, struct arena *a)
{
    if (rows->count == rows->cap) {
        size_t cap = rows->cap ? rows->cap * 2 : 8;
        void *items = arena_grow(a, rows->items, rows->count, cap, rows->size);
        if (!items)
            return NULL;
        rows->items = items;
        rows->cap = cap;
    }
    return (char *)rows->items + rows->size * rows->count++;
}

int rows_read_with(struct rows *rows, struct query *q, struct arena *a, rows_reader_with *read,
                   void *context)
{
    bool row;
    for (;;) {
        TRY(query_next(q, &row));
        if (!row)
            return 0;
        void *item = rows_add(rows, a);
        if (!item)
            return ERR_NO_MEMORY;
        TRY(read(q, a, item, context));
    }
}

static int call_reader(struct query *q, struct arena *a, void *ret_item, void *context)
{
    rows_reader **read = context;
    return (*read)(q, a, ret_item);
}

int rows_read(struct rows *rows, struct query *q, struct arena *a, rows_reader *read)
{
    return rows_read_with(rows, q, a, call_reader, &read);
}

static int read_pk(struct query *q, struct arena *a, void *ret_item)
{
    int64_t *pk = ret_item;
    (void)a;
    *pk = query_col_i64(q, 0);
    return q->err;
}

int rows_read_pks(struct query *q, struct arena *a, int64_t **ret_pks, size_t *ret_count)
{
    struct rows rows = ROWS_OF(int64_t);
    TRY(rows_read(&rows, q, a, read_pk));
    *ret_pks = rows.items;
    *ret_count = rows.count;
    return 0;
}
