/* Client sessions: what one client got in a login. */
#include "core/port/sessions.h"
#include "store/sql/rows.h"
#include "store/tx.h"

#include "core/base/banned.h"

#define SELECT                                                                                     \
    "SELECT cs.pk, cs.session_pk, cs.client_pk, client.client_id, cs.started_ms,"                  \
    " cs.last_access_ms, cs.valid_from_ms, cs.revoked, cs.scope, cs.redirect_uri"                  \
    " FROM client_session cs JOIN client ON client.pk = cs.client_pk"

static int read_row(struct query *q, struct arena *a, void *ret_item)
{
    struct client_session *cs = ret_item;
    *cs = (struct client_session){
        .pk = query_col_i64(q, 0),
        .session_pk = query_col_i64(q, 1),
        .client_pk = query_col_i64(q, 2),
        .client_id = query_col_str(q, 3, a),
        .started_ms = query_col_i64(q, 4),
        .last_access_ms = query_col_i64(q, 5),
        .valid_from_ms = query_col_i64(q, 6),
        .revoked = query_col_i64(q, 7) != 0,
        .scope = query_col_str(q, 8, a),
        .redirect_uri = query_col_str(q, 9, a),
    };
    return q->err;
}

int client_session_find(struct store_read *r, struct arena *a, int64_t session_pk,
                        int64_t client_pk, struct client_session *ret_cs)
{
    static const struct sql select = {SELECT " WHERE cs.session_pk = ? AND cs.client_pk = ?"};
    QUERY(q);
    TRY(query_open(r->conn, &select, &q));
    query_i64(&q, session_pk);
    query_i64(&q, client_pk);
    TRY(query_one(&q));
    return read_row(&q, a, ret_cs);
}

int client_session_find_by_pk(struct store_read *r, struct arena *a, int64_t pk,
                              struct client_session *ret_cs)
{
    static const struct sql select = {SELECT " WHERE cs.pk = ?"};
    QUERY(q);
    TRY(query_open(r->conn, &select, &q));
    query_i64(&q, pk);
    TRY(query_one(&q));
    return read_row(&q, a, ret_cs);
}

int client_session_list(struct store_read *r, struct arena *a, int64_t session_pk,
                        struct client_session **ret_items, size_t *ret_count)
{
    static const struct sql select = {SELECT
                                      " WHERE cs.session_pk = ? AND cs.revoked = 0 ORDER BY cs.pk"};
    struct rows rows = ROWS_OF(struct client_session);
    QUERY(q);
    TRY(query_open(r->conn, &select, &q));
    query_i64(&q, session_pk);
    TRY(rows_read(&rows, &q, a, read_row));
    *ret_items = rows.items;
    *ret_count = rows.count;
    return 0;
}

static void bind_state(struct query *q, const struct client_session *cs)
{
    query_i64(q, cs->started_ms);
    query_i64(q, cs->last_access_ms);
    query_i64(q, cs->valid_from_ms);
    query_i64(q, cs->revoked);
    query_str(q, cs->scope);
    query_str(q, cs->redirect_uri);
}

int client_session_insert(struct store_write *w, struct client_session *cs)
{
    static const struct sql insert = {
        "INSERT INTO client_session (started_ms, last_access_ms, valid_from_ms, revoked, scope,"
        " redirect_uri, pk, session_pk, client_pk) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"};
    int64_t pk;
    TRY(write_next_pk(w, PK_CLIENT_SESSION, &pk));
    QUERY(q);
    TRY(query_open(write_conn(w), &insert, &q));
    bind_state(&q, cs);
    query_i64(&q, pk);
    query_i64(&q, cs->session_pk);
    query_i64(&q, cs->client_pk);
    TRY(query_run(&q));
    cs->pk = pk;
    return 0;
}

int client_session_update(struct store_write *w, const struct client_session *cs)
{
    static const struct sql update = {
        "UPDATE client_session SET started_ms = ?, last_access_ms = ?, valid_from_ms = ?,"
        " revoked = ?, scope = ?, redirect_uri = ? WHERE pk = ?"};
    QUERY(q);
    TRY(query_open(write_conn(w), &update, &q));
    bind_state(&q, cs);
    query_i64(&q, cs->pk);
    return query_run_one(&q);
}

int client_session_touch(struct store_write *w, int64_t pk, int64_t last_access_ms)
{
    static const struct sql update = {
        "UPDATE client_session SET last_access_ms = ?1 WHERE pk = ?2 AND last_access_ms < ?1"};
    QUERY(q);
    TRY(query_open(write_conn(w), &update, &q));
    query_i64(&q, last_access_ms);
    query_i64(&q, pk);
    write_touches_only(w, true);
    int err = query_run(&q);
    write_touches_only(w, false);
    return err;
}

static int run_of_session(struct store_write *w, const struct sql *sql, int64_t pk)
{
    QUERY(q);
    TRY(query_open(write_conn(w), sql, &q));
    query_i64(&q, pk);
    return query_run(&q);
}

int client_session_revoke(struct store_write *w, int64_t pk)
{
    static const struct sql revoke = {"UPDATE client_session SET revoked = 1 WHERE pk = ?"};
    static const struct sql families = {
        "UPDATE refresh_family SET revoked = 1 WHERE client_session_pk = ? AND revoked = 0"};
    static const struct sql codes = {"UPDATE auth_code SET spent_ms = ?2"
                                     " WHERE client_session_pk = ?1 AND spent_ms = 0"};
    /* A device that was let in and did not come for its tokens yet (OX-05). */
    static const struct sql devices = {"DELETE FROM device_code WHERE client_session_pk = ?"};
    TRY(run_of_session(w, &revoke, pk));
    TRY(run_of_session(w, &families, pk));
    TRY(run_of_session(w, &devices, pk));
    QUERY(q);
    TRY(query_open(write_conn(w), &codes, &q));
    query_i64(&q, pk);
    query_i64(&q, w->now.wall_ms);
    return query_run(&q);
}
