/* What people allowed clients to see. */
#include "core/port/users.h"
#include "store/sql/doc.h"
#include "store/sql/rows.h"
#include "store/tx.h"

#include "core/base/banned.h"

#define COLUMNS "consent.client_pk, client.client_id, scopes, created_ms, updated_ms"

static int read_row(struct query *q, struct arena *a, void *ret_consent)
{
    struct consent c = {
        .client_pk = query_col_i64(q, 0),
        .client_id = query_col_str(q, 1, a),
        .created_ms = query_col_i64(q, 3),
        .updated_ms = query_col_i64(q, 4),
    };
    TRY(q->err);
    TRY(doc_read_strs(query_col_view(q, 2), a, &c.scopes));
    *(struct consent *)ret_consent = c;
    return 0;
}

int consent_find(struct store_read *r, struct arena *a, int64_t user_pk, int64_t client_pk,
                 struct consent *ret_consent)
{
    static const struct sql select = {"SELECT " COLUMNS
                                      " FROM consent JOIN client ON client.pk = consent.client_pk"
                                      " WHERE user_pk = ? AND client_pk = ?"};
    QUERY(q);
    TRY(query_open(r->conn, &select, &q));
    query_i64(&q, user_pk);
    query_i64(&q, client_pk);
    TRY(query_one(&q));
    return read_row(&q, a, ret_consent);
}

int consent_list(struct store_read *r, struct arena *a, int64_t user_pk, struct consent **ret_items,
                 size_t *ret_count)
{
    static const struct sql select = {"SELECT " COLUMNS
                                      " FROM consent JOIN client ON client.pk = consent.client_pk"
                                      " WHERE user_pk = ? ORDER BY client.client_id"};
    struct rows rows = ROWS_OF(struct consent);
    QUERY(q);
    TRY(query_open(r->conn, &select, &q));
    query_i64(&q, user_pk);
    TRY(rows_read(&rows, &q, a, read_row));
    *ret_items = rows.items;
    *ret_count = rows.count;
    return 0;
}

int consent_put(struct store_write *w, int64_t user_pk, const struct consent *consent)
{
    static const struct sql put = {
        "INSERT INTO consent (user_pk, client_pk, scopes, created_ms, updated_ms)"
        " VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (user_pk, client_pk)"
        " DO UPDATE SET scopes = ?3, created_ms = ?4, updated_ms = ?5"};
    struct str scopes;
    TRY(doc_write_strs(&consent->scopes, &w->arena, &scopes));
    QUERY(q);
    TRY(query_open(write_conn(w), &put, &q));
    query_i64(&q, user_pk);
    query_i64(&q, consent->client_pk);
    query_str(&q, scopes);
    query_i64(&q, consent->created_ms);
    query_i64(&q, consent->updated_ms);
    return query_run(&q);
}

int consent_delete(struct store_write *w, int64_t user_pk, int64_t client_pk)
{
    static const struct sql delete_row = {
        "DELETE FROM consent WHERE user_pk = ? AND client_pk = ?"};
    QUERY(q);
    TRY(query_open(write_conn(w), &delete_row, &q));
    query_i64(&q, user_pk);
    query_i64(&q, client_pk);
    return query_run_one(&q);
}
