/* Links that were mailed to people. One is spent by removing its row, under the realm's one writer: of many
 * who try at once one succeeds. */
#include "core/port/action_tokens.h"

#include "store/tx.h"

#include "core/base/banned.h"

static int remove_former(struct store_write *w, const struct action_token *token)
{
    static const struct sql remove = {"DELETE FROM action_token WHERE user_pk = ? AND purpose = ?"};
    QUERY(q);
    TRY(query_open(write_conn(w), &remove, &q));
    query_i64(&q, token->user_pk);
    query_i64(&q, token->purpose);
    return query_run(&q);
}

int action_token_put(struct store_write *w, const struct action_token *token)
{
    static const struct sql insert = {
        "INSERT INTO action_token (hash, user_pk, purpose, person, actions, client_pk,"
        " redirect_uri, created_ms, expires_ms) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"};
    TRY(remove_former(w, token));
    QUERY(q);
    TRY(query_open(write_conn(w), &insert, &q));
    query_blob(&q, token->hash);
    query_i64(&q, token->user_pk);
    query_i64(&q, token->purpose);
    query_blob(&q, token->person);
    query_str(&q, token->actions);
    query_ref(&q, token->client_pk);
    query_str(&q, token->redirect_uri);
    query_i64(&q, token->created_ms);
    query_i64(&q, token->expires_ms);
    return query_run(&q);
}

#define COLUMNS                                                                                    \
    "hash, user_pk, purpose, person, actions, client_pk, redirect_uri, created_ms, expires_ms"

static int read_token(struct query *q, struct arena *a, struct action_token *ret_token)
{
    TRY(query_one(q));
    *ret_token = (struct action_token){
        .hash = query_col_str(q, 0, a),
        .user_pk = query_col_i64(q, 1),
        .purpose = (enum action_purpose)query_col_i64(q, 2),
        .person = query_col_str(q, 3, a),
        .actions = query_col_str(q, 4, a),
        .client_pk = query_col_i64(q, 5),
        .redirect_uri = query_col_str(q, 6, a),
        .created_ms = query_col_i64(q, 7),
        .expires_ms = query_col_i64(q, 8),
    };
    return q->err;
}

int action_token_find(struct store_read *r, struct arena *a, struct str hash,
                      struct action_token *ret_token)
{
    static const struct sql select = {"SELECT " COLUMNS " FROM action_token WHERE hash = ?"};
    QUERY(q);
    TRY(query_open(r->conn, &select, &q));
    query_blob(&q, hash);
    return read_token(&q, a, ret_token);
}

int action_token_of_user(struct store_read *r, struct arena *a, int64_t user_pk,
                         enum action_purpose purpose, struct action_token *ret_token)
{
    static const struct sql select = {"SELECT " COLUMNS
                                      " FROM action_token WHERE user_pk = ? AND purpose = ?"};
    QUERY(q);
    TRY(query_open(r->conn, &select, &q));
    query_i64(&q, user_pk);
    query_i64(&q, purpose);
    return read_token(&q, a, ret_token);
}

int action_token_remove(struct store_write *w, struct str hash, bool *ret_first)
{
    static const struct sql remove = {"DELETE FROM action_token WHERE hash = ?"};
    QUERY(q);
    TRY(query_open(write_conn(w), &remove, &q));
    query_blob(&q, hash);
    TRY(query_run(&q));
    *ret_first = sqlite3_changes64(write_conn(w)->db) == 1;
    return 0;
}

int action_token_delete_of_user(struct store_write *w, int64_t user_pk)
{
    static const struct sql remove = {"DELETE FROM action_token WHERE user_pk = ?"};
    QUERY(q);
    TRY(query_open(write_conn(w), &remove, &q));
    query_i64(&q, user_pk);
    return query_run(&q);
}

int action_token_delete_all(struct store_write *w)
{
    static const struct sql remove = {"DELETE FROM action_token"};
    QUERY(q);
    TRY(query_open(write_conn(w), &remove, &q));
    return query_run(&q);
}
