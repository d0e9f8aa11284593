/* Trusted issuers: their settings as a document. */
#include "core/port/issuers.h"

#include "store/sql/doc.h"
#include "store/sql/rows.h"
#include "store/tx.h"

#include "core/base/banned.h"

static int read_row(struct query *q, struct arena *a, void *ret_item)
{
    struct trusted_issuer *issuer = ret_item;
    fields_default(&trusted_issuer_fields, issuer);
    issuer->pk = query_col_i64(q, 0);
    issuer->id = query_col_id(q, 1, a);
    issuer->issuer = query_col_str(q, 2, a);
    TRY(q->err);
    return doc_read(&trusted_issuer_fields, issuer, a, query_col_view(q, 3));
}

int issuer_list(struct store_read *r, struct arena *a, struct trusted_issuers *ret_issuers)
{
    static const struct sql select = {"SELECT pk, id, issuer, doc FROM issuer ORDER BY issuer"};
    struct rows rows = ROWS_OF(struct trusted_issuer);
    QUERY(q);
    TRY(query_open(r->conn, &select, &q));
    TRY(rows_read(&rows, &q, a, read_row));
    *ret_issuers = (struct trusted_issuers){rows.items, rows.count};
    return 0;
}

int issuer_insert(struct store_write *w, struct trusted_issuer *issuer)
{
    static const struct sql insert = {"INSERT INTO issuer (id, issuer, doc) VALUES (?, ?, ?)"};
    struct str doc;
    write_touch_config(w);
    TRY(doc_write(&trusted_issuer_fields, NULL, issuer, &w->arena, &doc));
    {
        QUERY(q);
        TRY(query_open(write_conn(w), &insert, &q));
        query_id(&q, issuer->id);
        query_str(&q, issuer->issuer);
        query_str(&q, doc);
        TRY(query_run(&q));
    }
    issuer->pk = sqlite3_last_insert_rowid(write_conn(w)->db);
    return 0;
}

int issuer_update(struct store_write *w, const struct trusted_issuer *issuer)
{
    static const struct sql update = {"UPDATE issuer SET doc = ? WHERE pk = ?"};
    struct str doc;
    write_touch_config(w);
    TRY(doc_write(&trusted_issuer_fields, NULL, issuer, &w->arena, &doc));
    QUERY(q);
    TRY(query_open(write_conn(w), &update, &q));
    query_str(&q, doc);
    query_i64(&q, issuer->pk);
    return query_run_one(&q);
}

int issuer_delete(struct store_write *w, int64_t issuer_pk)
{
    static const struct sql delete_row = {"DELETE FROM issuer WHERE pk = ?"};
    write_touch_config(w);
    QUERY(q);
    TRY(query_open(write_conn(w), &delete_row, &q));
    query_i64(&q, issuer_pk);
    return query_run_one(&q);
}
