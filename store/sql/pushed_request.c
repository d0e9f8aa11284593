/* Pushed authorization requests. Taking one removes its row under the realm's one writer, so that of
 * many who try at once one succeeds, and nothing is left that a crash could bring back (OX-01). */
#include "core/port/pushed_requests.h"

#include "store/sql/waiting.h"

#include "core/base/banned.h"

static const struct waiting table = {
    .of_client = {.count = {"SELECT count(*) FROM (SELECT 1 FROM pushed_request WHERE client_pk = ?"
                            " LIMIT ?)"},
                  .remove_expired = {"DELETE FROM pushed_request WHERE client_pk = ? AND"
                                     " expires_ms <= ?"}},
    .most = PUSHED_REQUESTS_MAX,
    .most_public = PUSHED_REQUESTS_PUBLIC_MAX,
    .of_source =
        {.count = {"SELECT count(*) FROM (SELECT 1 FROM pushed_request WHERE source = ?"
                   " LIMIT ?)"},
         .remove_expired = {"DELETE FROM pushed_request WHERE source = ? AND expires_ms <= ?"}},
    .most_of_source = PUSHED_REQUESTS_OF_SOURCE_MAX,
};

int pushed_request_insert(struct store_write *w, struct pushed_request *request)
{
    static const struct sql insert = {
        "INSERT INTO pushed_request (pk, hash, client_pk, request, expires_ms, source)"
        " VALUES (?, ?, ?, ?, ?, ?)"};
    int64_t pk;
    TRY(waiting_make_room(w, &table, request->client_pk, request->source));
    TRY(write_next_pk(w, PK_PUSHED_REQUEST, &pk));
    QUERY(q);
    TRY(query_open(write_conn(w), &insert, &q));
    query_i64(&q, pk);
    query_blob(&q, request->hash);
    query_i64(&q, request->client_pk);
    query_str(&q, request->request);
    query_i64(&q, request->expires_ms);
    query_blob(&q, request->source);
    TRY(query_run(&q));
    request->pk = pk;
    return 0;
}

int pushed_request_find(struct store_read *r, struct arena *a, struct str hash,
                        struct pushed_request *ret_request)
{
    static const struct sql select = {
        "SELECT pk, hash, client_pk, request, expires_ms FROM pushed_request WHERE hash = ?"};
    QUERY(q);
    TRY(query_open(r->conn, &select, &q));
    query_blob(&q, hash);
    TRY(query_one(&q));
    *ret_request = (struct pushed_request){
        .pk = query_col_i64(&q, 0),
        .hash = query_col_str(&q, 1, a),
        .client_pk = query_col_i64(&q, 2),
        .request = query_col_str(&q, 3, a),
        .expires_ms = query_col_i64(&q, 4),
    };
    return q.err;
}

int pushed_request_spend(struct store_write *w, int64_t pk, bool *ret_first)
{
    static const struct sql remove = {"DELETE FROM pushed_request WHERE pk = ?"};
    QUERY(q);
    TRY(query_open(write_conn(w), &remove, &q));
    query_i64(&q, pk);
    TRY(query_run(&q));
    *ret_first = sqlite3_changes64(write_conn(w)->db) == 1;
    return 0;
}

int pushed_request_delete_all(struct store_write *w)
{
    static const struct sql remove = {"DELETE FROM pushed_request"};
    QUERY(q);
    TRY(query_open(write_conn(w), &remove, &q));
    return query_run(&q);
}
