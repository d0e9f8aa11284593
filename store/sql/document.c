/* Documents by name. */
#include "core/port/documents.h"
#include "store/tx.h"

#include "core/base/banned.h"

int document_find(struct store_read *r, struct arena *a, struct str name, struct str *ret_json)
{
    static const struct sql select = {"SELECT doc FROM document WHERE name = ?"};
    QUERY(q);
    TRY(query_open(r->conn, &select, &q));
    query_str(&q, name);
    TRY(query_one(&q));
    *ret_json = query_col_str(&q, 0, a);
    return q.err;
}

int document_put(struct store_write *w, struct str name, struct str json)
{
    static const struct sql put = {"INSERT INTO document (name, doc) VALUES (?1, ?2)"
                                   " ON CONFLICT (name) DO UPDATE SET doc = ?2"};
    write_touch_config(w);
    QUERY(q);
    TRY(query_open(write_conn(w), &put, &q));
    query_str(&q, name);
    query_str(&q, json);
    return query_run(&q);
}

int document_delete(struct store_write *w, struct str name)
{
    static const struct sql delete_row = {"DELETE FROM document WHERE name = ?"};
    write_touch_config(w);
    QUERY(q);
    TRY(query_open(write_conn(w), &delete_row, &q));
    query_str(&q, name);
    return query_run_one(&q);
}
