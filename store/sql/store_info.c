/* Which store this is and which master key belongs to it. */
#include "store/sql/store_info.h"

#include "core/base/banned.h"

int store_info_read(struct store_read *r, struct arena *a, struct str *ret_id,
                    struct str *ret_key_check)
{
    static const struct sql select = {"SELECT id, key_check FROM store_info WHERE pk = 1"};
    QUERY(q);
    TRY(query_open(r->conn, &select, &q));
    TRY(query_one(&q));
    *ret_id = query_col_str(&q, 0, a);
    *ret_key_check = query_col_str(&q, 1, a);
    return q.err;
}

int store_info_insert(struct store_write *w, struct str id, struct str key_check)
{
    static const struct sql insert = {
        "INSERT INTO store_info (pk, id, key_check) VALUES (1, ?, ?)"};
    QUERY(q);
    TRY(query_open(write_conn(w), &insert, &q));
    query_str(&q, id);
    query_blob(&q, key_check);
    return query_run(&q);
}
