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

int rows_read_pks(struct query *q, struct arena *a, int64_t **ret_pks, size_t *ret_count)
{
    struct rows rows = ROWS_OF(int64_t);
    bool row;
    for (;;) {
        TRY(query_next(q, &row));
        if (!row)
            break;
        int64_t *pk = rows_add(&rows, a);
        if (!pk)
            return ERR_NO_MEMORY;
        *pk = query_col_i64(q, 0);
    }
    *ret_pks = rows.items;
    *ret_count = rows.count;
    return 0;
}
