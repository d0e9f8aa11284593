/* Codes of devices. Each step changes a row that is as it must be, or none, under the realm's one
 * writer: of many who try at once one succeeds (OX-05). */
#include "core/port/device_codes.h"

#include "store/sql/waiting.h"

#include "core/base/banned.h"

static const struct waiting table = {
    .of_client = {.count = {"SELECT count(*) FROM (SELECT 1 FROM device_code WHERE client_pk = ?"
                            " LIMIT ?)"},
                  .remove_expired = {"DELETE FROM device_code WHERE client_pk = ? AND"
                                     " expires_ms <= ?"}},
    .most = DEVICE_CODES_MAX,
    .most_public = DEVICE_CODES_PUBLIC_MAX,
    .of_source =
        {.count = {"SELECT count(*) FROM (SELECT 1 FROM device_code WHERE source = ?"
                   " LIMIT ?)"},
         .remove_expired = {"DELETE FROM device_code WHERE source = ? AND expires_ms <= ?"}},
    .most_of_source = DEVICE_CODES_OF_SOURCE_MAX,
};

int device_code_insert(struct store_write *w, struct device_code *code)
{
    static const struct sql insert = {
        "INSERT INTO device_code (pk, hash, user_hash, client_pk, state, scope, client_session_pk,"
        " acr, auth_time_ms, interval_s, next_poll_ms, expires_ms, source)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"};
    int64_t pk;
    TRY(waiting_make_room(w, &table, code->client_pk, code->source));
    TRY(write_next_pk(w, PK_DEVICE_CODE, &pk));
    QUERY(q);
    TRY(query_open(write_conn(w), &insert, &q));
    query_i64(&q, pk);
    query_blob(&q, code->hash);
    query_blob(&q, code->user_hash);
    query_i64(&q, code->client_pk);
    query_i64(&q, code->state);
    query_str(&q, code->scope);
    query_ref(&q, code->client_session_pk);
    query_str(&q, code->acr);
    query_i64(&q, code->auth_time_ms);
    query_i64(&q, code->interval_s);
    query_i64(&q, code->next_poll_ms);
    query_i64(&q, code->expires_ms);
    query_blob(&q, code->source);
    TRY(query_run(&q));
    code->pk = pk;
    return 0;
}

static int find(struct store_read *r, const struct sql *sql, struct arena *a, struct str hash,
                struct device_code *ret_code)
{
    QUERY(q);
    TRY(query_open(r->conn, sql, &q));
    query_blob(&q, hash);
    TRY(query_one(&q));
    *ret_code = (struct device_code){
        .pk = query_col_i64(&q, 0),
        .hash = query_col_str(&q, 1, a),
        .user_hash = query_col_str(&q, 2, a),
        .client_pk = query_col_i64(&q, 3),
        .state = (enum device_state)query_col_i64(&q, 4),
        .scope = query_col_str(&q, 5, a),
        .client_session_pk = query_col_i64(&q, 6),
        .acr = query_col_str(&q, 7, a),
        .auth_time_ms = query_col_i64(&q, 8),
        .interval_s = query_col_i64(&q, 9),
        .next_poll_ms = query_col_i64(&q, 10),
        .expires_ms = query_col_i64(&q, 11),
    };
    return q.err;
}

#define COLUMNS                                                                                    \
    "pk, hash, user_hash, client_pk, state, scope, client_session_pk, acr, auth_time_ms,"          \
    " interval_s, next_poll_ms, expires_ms"

int device_code_find(struct store_read *r, struct arena *a, struct str hash,
                     struct device_code *ret_code)
{
    static const struct sql select = {"SELECT " COLUMNS " FROM device_code WHERE hash = ?"};
    return find(r, &select, a, hash, ret_code);
}

int device_code_find_by_user_code(struct store_read *r, struct arena *a, struct str user_hash,
                                  struct device_code *ret_code)
{
    static const struct sql select = {"SELECT " COLUMNS " FROM device_code WHERE user_hash = ?"};
    return find(r, &select, a, user_hash, ret_code);
}

static bool one_changed(struct store_write *w)
{
    return sqlite3_changes64(write_conn(w)->db) == 1;
}

int device_code_decide(struct store_write *w, const struct device_code *decided, bool *ret_first)
{
    static const struct sql update = {
        "UPDATE device_code SET state = ?2, scope = ?3, client_session_pk = ?4, acr = ?5,"
        " auth_time_ms = ?6 WHERE pk = ?1 AND state = ?7"};
    QUERY(q);
    TRY(query_open(write_conn(w), &update, &q));
    query_i64(&q, decided->pk);
    query_i64(&q, decided->state);
    query_str(&q, decided->scope);
    query_ref(&q, decided->client_session_pk);
    query_str(&q, decided->acr);
    query_i64(&q, decided->auth_time_ms);
    query_i64(&q, DEVICE_WAITS);
    TRY(query_run(&q));
    *ret_first = one_changed(w);
    return 0;
}

int device_code_spend(struct store_write *w, int64_t pk, bool *ret_first)
{
    static const struct sql remove = {"DELETE FROM device_code WHERE pk = ? AND state = ?"};
    QUERY(q);
    TRY(query_open(write_conn(w), &remove, &q));
    query_i64(&q, pk);
    query_i64(&q, DEVICE_GRANTED);
    TRY(query_run(&q));
    *ret_first = one_changed(w);
    return 0;
}

int device_code_pace(struct store_write *w, int64_t pk, int64_t interval_s, int64_t next_poll_ms)
{
    static const struct sql update = {
        "UPDATE device_code SET interval_s = ?2, next_poll_ms = ?3 WHERE pk = ?1"};
    QUERY(q);
    TRY(query_open(write_conn(w), &update, &q));
    query_i64(&q, pk);
    query_i64(&q, interval_s);
    query_i64(&q, next_poll_ms);
    return query_run(&q);
}

int device_code_delete_all(struct store_write *w)
{
    static const struct sql remove = {"DELETE FROM device_code"};
    QUERY(q);
    TRY(query_open(write_conn(w), &remove, &q));
    return query_run(&q);
}
