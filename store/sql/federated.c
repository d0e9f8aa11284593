/* Accounts of people at other identity providers. */
#include "core/port/users.h"
#include "store/sql/rows.h"
#include "store/tx.h"

#include "core/base/banned.h"

static int read_row(struct query *q, struct arena *a, void *ret_item)
{
    *(struct federated_identity *)ret_item = (struct federated_identity){
        .provider = query_col_str(q, 0, a),
        .user_id = query_col_str(q, 1, a),
        .user_name = query_col_str(q, 2, a),
    };
    return q->err;
}

int federated_identity_list(struct store_read *r, struct arena *a, int64_t user_pk,
                            struct federated_identity **ret_items, size_t *ret_count)
{
    static const struct sql select = {"SELECT provider, user_id, user_name FROM federated_identity"
                                      " WHERE user_pk = ? ORDER BY provider"};
    struct rows rows = ROWS_OF(struct federated_identity);
    QUERY(q);
    TRY(query_open(r->conn, &select, &q));
    query_i64(&q, user_pk);
    TRY(rows_read(&rows, &q, a, read_row));
    *ret_items = rows.items;
    *ret_count = rows.count;
    return 0;
}

int federated_identity_insert(struct store_write *w, int64_t user_pk,
                              const struct federated_identity *identity)
{
    static const struct sql insert = {
        "INSERT INTO federated_identity (user_pk, provider, user_id, user_name)"
        " VALUES (?, ?, ?, ?)"};
    QUERY(q);
    TRY(query_open(write_conn(w), &insert, &q));
    query_i64(&q, user_pk);
    query_str(&q, identity->provider);
    query_str(&q, identity->user_id);
    query_str(&q, identity->user_name);
    return query_run(&q);
}

int federated_identity_delete(struct store_write *w, int64_t user_pk, struct str provider)
{
    static const struct sql delete_row = {
        "DELETE FROM federated_identity WHERE user_pk = ? AND provider = ?"};
    QUERY(q);
    TRY(query_open(write_conn(w), &delete_row, &q));
    query_i64(&q, user_pk);
    query_str(&q, provider);
    return query_run_one(&q);
}

int federated_identity_delete_all(struct store_write *w, struct str provider)
{
    static const struct sql delete_rows = {"DELETE FROM federated_identity WHERE provider = ?"};
    QUERY(q);
    TRY(query_open(write_conn(w), &delete_rows, &q));
    query_str(&q, provider);
    return query_run(&q);
}
