/* Where the database stands. */
#include "store/sql/position.h"

#include "core/base/banned.h"

int position_read(struct conn *conn, struct repl_position *ret_position)
{
    static const struct sql select = {"SELECT epoch, lsn, mark FROM repl_pos WHERE pk = 1"};
    bool any;
    QUERY(q);
    TRY(query_open(conn, &select, &q));
    TRY(query_next(&q, &any));
    *ret_position = (struct repl_position){0};
    if (any)
        *ret_position = (struct repl_position){
            .epoch = (uint64_t)query_col_i64(&q, 0),
            .lsn = (uint64_t)query_col_i64(&q, 1),
            .mark = (uint64_t)query_col_i64(&q, 2),
        };
    return q.err;
}

int position_put(struct conn *conn, const struct repl_position *position)
{
    static const struct sql put = {
        "INSERT INTO repl_pos (pk, epoch, lsn, mark) VALUES (1, ?1, ?2, ?3)"
        " ON CONFLICT (pk) DO UPDATE SET epoch = ?1, lsn = ?2, mark = ?3"};
    QUERY(q);
    TRY(query_open(conn, &put, &q));
    query_i64(&q, (int64_t)position->epoch);
    query_i64(&q, (int64_t)position->lsn);
    query_i64(&q, (int64_t)position->mark);
    return query_run(&q);
}

int position_forget(struct conn *conn)
{
    static const struct sql forget = {"DELETE FROM repl_pos"};
    QUERY(q);
    TRY(query_open(conn, &forget, &q));
    return query_run(&q);
}

int position_forget_if_any(struct conn *conn)
{
    int rc = sqlite3_table_column_metadata(conn->db, "main", "repl_pos", "pk", NULL, NULL, NULL,
                                           NULL, NULL);
    return rc == SQLITE_OK ? position_forget(conn) : 0;
}
