/* What may be used once: authorization codes, refresh tokens of a family, one-time values. Each is
 * spent by one statement that changes a row or does not, under the realm's one writer, so that of
 * many who try at once one succeeds (OT-01, OT-04). */
#include "core/crypto/digest.h"
#include "core/port/sessions.h"
#include "store/sql/once.h"

#include "core/base/banned.h"

int code_insert(struct store_write *w, struct auth_code *code)
{
    static const struct sql insert = {
        "INSERT INTO auth_code (pk, hash, client_pk, client_session_pk, redirect_uri,"
        " code_challenge, scope, nonce, claims, acr, auth_time_ms, expires_ms, spent_ms)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"};
    int64_t pk;
    TRY(write_next_pk(w, PK_AUTH_CODE, &pk));
    QUERY(q);
    TRY(query_open(write_conn(w), &insert, &q));
    query_i64(&q, pk);
    query_blob(&q, code->hash);
    query_i64(&q, code->client_pk);
    query_i64(&q, code->client_session_pk);
    query_str(&q, code->redirect_uri);
    query_str(&q, code->code_challenge);
    query_str(&q, code->scope);
    query_str(&q, code->nonce);
    query_str(&q, code->claims);
    query_str(&q, code->acr);
    query_i64(&q, code->auth_time_ms);
    query_i64(&q, code->expires_ms);
    query_i64(&q, code->spent_ms);
    TRY(query_run(&q));
    code->pk = pk;
    return 0;
}

int code_find(struct store_read *r, struct arena *a, struct str hash, struct auth_code *ret_code)
{
    static const struct sql select = {
        "SELECT pk, hash, client_pk, client_session_pk, redirect_uri, code_challenge, scope, nonce,"
        " claims, acr, auth_time_ms, expires_ms, spent_ms FROM auth_code WHERE hash = ?"};
    QUERY(q);
    TRY(query_open(r->conn, &select, &q));
    query_blob(&q, hash);
    TRY(query_one(&q));
    *ret_code = (struct auth_code){
        .pk = query_col_i64(&q, 0),
        .hash = query_col_str(&q, 1, a),
        .client_pk = query_col_i64(&q, 2),
        .client_session_pk = query_col_i64(&q, 3),
        .redirect_uri = query_col_str(&q, 4, a),
        .code_challenge = query_col_str(&q, 5, a),
        .scope = query_col_str(&q, 6, a),
        .nonce = query_col_str(&q, 7, a),
        .claims = query_col_str(&q, 8, a),
        .acr = query_col_str(&q, 9, a),
        .auth_time_ms = query_col_i64(&q, 10),
        .expires_ms = query_col_i64(&q, 11),
        .spent_ms = query_col_i64(&q, 12),
    };
    return q.err;
}

int code_spend(struct store_write *w, int64_t code_pk, bool *ret_first)
{
    static const struct sql update = {
        "UPDATE auth_code SET spent_ms = max(?2, 1) WHERE pk = ?1 AND spent_ms = 0"};
    QUERY(q);
    TRY(query_open(write_conn(w), &update, &q));
    query_i64(&q, code_pk);
    query_i64(&q, w->now.wall_ms);
    TRY(query_run(&q));
    *ret_first = sqlite3_changes64(write_conn(w)->db) == 1;
    return 0;
}

/* --- Refresh families --- */

int refresh_family_insert(struct store_write *w, struct refresh_family *family)
{
    static const struct sql insert = {
        "INSERT INTO refresh_family (pk, id, client_session_pk, current_hash, use_count,"
        " expires_ms, revoked) VALUES (?, ?, ?, ?, ?, ?, ?)"};
    int64_t pk;
    TRY(write_next_pk(w, PK_REFRESH_FAMILY, &pk));
    QUERY(q);
    TRY(query_open(write_conn(w), &insert, &q));
    query_i64(&q, pk);
    query_id(&q, family->id);
    query_i64(&q, family->client_session_pk);
    query_blob(&q, family->current_hash);
    query_i64(&q, family->use_count);
    query_i64(&q, family->expires_ms);
    query_i64(&q, family->revoked);
    TRY(query_run(&q));
    family->pk = pk;
    return 0;
}

int refresh_family_find(struct store_read *r, struct arena *a, struct str id,
                        struct refresh_family *ret_family)
{
    static const struct sql select = {
        "SELECT pk, id, client_session_pk, current_hash, use_count, expires_ms, revoked"
        " FROM refresh_family WHERE id = ?"};
    QUERY(q);
    TRY(query_open(r->conn, &select, &q));
    query_id(&q, id);
    TRY(query_one(&q));
    *ret_family = (struct refresh_family){
        .pk = query_col_i64(&q, 0),
        .id = query_col_id(&q, 1, a),
        .client_session_pk = query_col_i64(&q, 2),
        .current_hash = query_col_str(&q, 3, a),
        .use_count = query_col_i64(&q, 4),
        .expires_ms = query_col_i64(&q, 5),
        .revoked = query_col_i64(&q, 6) != 0,
    };
    return q.err;
}

int refresh_family_rotate(struct store_write *w, int64_t family_pk, struct str from_hash,
                          struct str to_hash, int64_t expires_ms, bool *ret_moved)
{
    static const struct sql update = {
        "UPDATE refresh_family SET current_hash = ?3, expires_ms = ?4, use_count = 0"
        " WHERE pk = ?1 AND current_hash = ?2 AND revoked = 0"};
    QUERY(q);
    TRY(query_open(write_conn(w), &update, &q));
    query_i64(&q, family_pk);
    query_blob(&q, from_hash);
    query_blob(&q, to_hash);
    query_i64(&q, expires_ms);
    TRY(query_run(&q));
    *ret_moved = sqlite3_changes64(write_conn(w)->db) == 1;
    return 0;
}

static int family_run(struct store_write *w, const struct sql *sql, int64_t family_pk)
{
    QUERY(q);
    TRY(query_open(write_conn(w), sql, &q));
    query_i64(&q, family_pk);
    return query_run_one(&q);
}

int refresh_family_count_use(struct store_write *w, int64_t family_pk)
{
    static const struct sql update = {
        "UPDATE refresh_family SET use_count = use_count + 1 WHERE pk = ?"};
    return family_run(w, &update, family_pk);
}

int refresh_family_revoke(struct store_write *w, int64_t family_pk)
{
    static const struct sql update = {"UPDATE refresh_family SET revoked = 1 WHERE pk = ?"};
    return family_run(w, &update, family_pk);
}

/* --- One-time values --- */

/* Kinds are kept apart (OT-03); of the value only the hash is stored. */
int once_spend(struct store_write *w, struct str kind, struct str value, int64_t expires_ms,
               bool *ret_first)
{
    static const struct sql insert = {"INSERT INTO once (kind, hash, expires_ms) VALUES (?, ?, ?)"
                                      " ON CONFLICT DO NOTHING"};
    unsigned char hash[BLAKE2B_BYTES];
    blake2b_256_of(value, hash);
    if (str_eq_c(kind, ONCE_ACCESS_TOKEN))
        write_mark_revoked(w, value);
    QUERY(q);
    TRY(query_open(write_conn(w), &insert, &q));
    query_str(&q, kind);
    query_blob(&q, str_of((const char *)hash, sizeof(hash)));
    query_i64(&q, expires_ms);
    TRY(query_run(&q));
    *ret_first = sqlite3_changes64(write_conn(w)->db) == 1;
    return 0;
}

int once_is_spent(struct store_read *r, struct str kind, struct str value, bool *ret_spent)
{
    static const struct sql select = {"SELECT 1 FROM once WHERE kind = ? AND hash = ?"};
    unsigned char hash[BLAKE2B_BYTES];
    blake2b_256_of(value, hash);
    QUERY(q);
    TRY(query_open(r->conn, &select, &q));
    query_str(&q, kind);
    query_blob(&q, str_of((const char *)hash, sizeof(hash)));
    return query_next(&q, ret_spent);
}

static int once_insert(struct store_write *w, struct query *from)
{
    static const struct sql insert = {"INSERT INTO once (kind, hash, expires_ms) VALUES (?, ?, ?)"
                                      " ON CONFLICT DO NOTHING"};
    QUERY(q);
    TRY(query_open(write_conn(w), &insert, &q));
    query_str(&q, query_col_view(from, 0));
    query_blob(&q, query_col_view(from, 1));
    query_i64(&q, query_col_i64(from, 2));
    return query_run(&q);
}

int once_copy(struct store_read *from, struct store_write *to)
{
    static const struct sql select = {"SELECT kind, hash, expires_ms FROM once"};
    bool row = true;
    QUERY(q);
    TRY(query_open(from->conn, &select, &q));
    while (row) {
        TRY(query_next(&q, &row));
        if (row)
            TRY(once_insert(to, &q));
    }
    return q.err;
}
