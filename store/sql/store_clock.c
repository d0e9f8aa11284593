/* Where time was. */
#include "store/sql/store_clock.h"

#include "core/base/banned.h"

int store_clock_read(struct store_read *r, struct clock_mark *ret_mark)
{
    static const struct sql select = {
        "SELECT wall_ms, boot_ms, leapt_ms, boot_id FROM store_clock WHERE pk = 1"};
    CLEANUP(arena_free) struct arena a;
    struct clock_mark mark = {0};
    arena_init(&a, 4096);
    QUERY(q);
    TRY(query_open(r->conn, &select, &q));
    TRY(query_one(&q));
    mark.wall_ms = query_col_i64(&q, 0);
    mark.boot_ms = query_col_i64(&q, 1);
    mark.leapt_ms = query_col_i64(&q, 2);
    struct str boot_id = query_col_str(&q, 3, &a);
    if (boot_id.len < sizeof(mark.boot_id))
        memcpy(mark.boot_id, boot_id.ptr, boot_id.len);
    TRY(q.err);
    *ret_mark = mark;
    return 0;
}

int store_clock_put(struct store_write *w, const struct clock_mark *mark)
{
    static const struct sql put = {
        "INSERT INTO store_clock (pk, wall_ms, boot_ms, leapt_ms, boot_id)"
        " VALUES (1, ?1, ?2, ?3, ?4) ON CONFLICT (pk) DO UPDATE"
        " SET wall_ms = ?1, boot_ms = ?2, leapt_ms = ?3, boot_id = ?4"};
    QUERY(q);
    TRY(query_open(write_conn(w), &put, &q));
    query_i64(&q, mark->wall_ms);
    query_i64(&q, mark->boot_ms);
    query_i64(&q, mark->leapt_ms);
    query_str(&q, str_c(mark->boot_id));
    return query_run(&q);
}
