/* User sessions: logins that last. */
#include "core/port/sessions.h"
#include "store/sql/rows.h"
#include "store/tx.h"

#include "core/base/banned.h"

#define SELECT                                                                                     \
    "SELECT session.pk, session.id, session.user_pk, user.id, started_ms, last_access_ms,"         \
    " auth_time_ms, remember_me, offline, acr, amr, ip, user_agent, cookie_hash"                   \
    " FROM session JOIN user ON user.pk = session.user_pk"

static int read_row(struct query *q, struct arena *a, void *ret_item)
{
    struct user_session *s = ret_item;
    *s = (struct user_session){
        .pk = query_col_i64(q, 0),
        .id = query_col_id(q, 1, a),
        .user_pk = query_col_i64(q, 2),
        .user_id = query_col_id(q, 3, a),
        .started_ms = query_col_i64(q, 4),
        .last_access_ms = query_col_i64(q, 5),
        .auth_time_ms = query_col_i64(q, 6),
        .remember_me = query_col_i64(q, 7) != 0,
        .offline = query_col_i64(q, 8) != 0,
        .acr = query_col_str(q, 9, a),
        .amr = query_col_str(q, 10, a),
        .ip = query_col_str(q, 11, a),
        .user_agent = query_col_str(q, 12, a),
        .cookie_hash = query_col_str(q, 13, a),
    };
    return q->err;
}

int session_find(struct store_read *r, struct arena *a, struct str id,
                 struct user_session *ret_session)
{
    static const struct sql select = {SELECT " WHERE session.id = ?"};
    QUERY(q);
    TRY(query_open(r->conn, &select, &q));
    query_id(&q, id);
    TRY(query_one(&q));
    return read_row(&q, a, ret_session);
}

int session_find_by_pk(struct store_read *r, struct arena *a, int64_t pk,
                       struct user_session *ret_session)
{
    static const struct sql select = {SELECT " WHERE session.pk = ?"};
    QUERY(q);
    TRY(query_open(r->conn, &select, &q));
    query_i64(&q, pk);
    TRY(query_one(&q));
    return read_row(&q, a, ret_session);
}

int session_find_by_cookie(struct store_read *r, struct arena *a, struct str cookie_hash,
                           struct user_session *ret_session)
{
    static const struct sql select = {SELECT " WHERE session.cookie_hash = ?"};
    if (str_empty(cookie_hash))
        return ERR_NOT_FOUND;
    QUERY(q);
    TRY(query_open(r->conn, &select, &q));
    query_blob(&q, cookie_hash);
    TRY(query_one(&q));
    return read_row(&q, a, ret_session);
}

static int delete_rows(struct store_write *w, const struct sql *sql, int64_t *ret_count)
{
    QUERY(q);
    TRY(query_open(write_conn(w), sql, &q));
    TRY(query_run(&q));
    *ret_count = sqlite3_changes64(write_conn(w)->db);
    return 0;
}

int session_delete_online(struct store_write *w, int64_t *ret_count)
{
    static const struct sql online = {"DELETE FROM session WHERE offline = 0"};
    return delete_rows(w, &online, ret_count);
}

int session_delete_all(struct store_write *w, int64_t *ret_count)
{
    static const struct sql all = {"DELETE FROM session"};
    return delete_rows(w, &all, ret_count);
}

int session_list_of_user(struct store_read *r, struct arena *a, int64_t user_pk,
                         struct user_session **ret_items, size_t *ret_count)
{
    static const struct sql select = {SELECT " WHERE session.user_pk = ? ORDER BY session.pk"};
    struct rows rows = ROWS_OF(struct user_session);
    QUERY(q);
    TRY(query_open(r->conn, &select, &q));
    query_i64(&q, user_pk);
    TRY(rows_read(&rows, &q, a, read_row));
    *ret_items = rows.items;
    *ret_count = rows.count;
    return 0;
}

/* Parameters 1 to 8: bind_of_client. */
#define OF_CLIENT                                                                                  \
    " WHERE session.pk IN (SELECT session_pk FROM client_session"                                  \
    " WHERE client_pk = ?1 AND revoked = 0) AND offline = ?2 AND CASE"                             \
    " WHEN offline = 1 THEN last_access_ms > ?7 AND started_ms > ?8"                               \
    " WHEN remember_me = 1 THEN last_access_ms > ?5 AND started_ms > ?6"                           \
    " ELSE last_access_ms > ?3 AND started_ms > ?4 END"

static void bind_of_client(struct query *q, int64_t client_pk, bool offline,
                           const struct session_limits *l, int64_t now_ms)
{
    const int64_t ages[] = {l->idle_ms,         l->max_ms,          l->idle_remember_ms,
                            l->max_remember_ms, l->offline_idle_ms, l->offline_max_ms};
    query_i64(q, client_pk);
    query_i64(q, offline);
    for (size_t i = 0; i < ARRAY_LEN(ages); i++) /* 0: without end */
        query_i64(q, ages[i] > 0 ? now_ms - ages[i] : INT64_MIN);
}

int session_list_of_client(struct store_read *r, struct arena *a, int64_t client_pk, bool offline,
                           const struct session_limits *limits, int64_t now_ms, size_t first,
                           size_t limit, struct user_session **ret_items, size_t *ret_count)
{
    static const struct sql select = {SELECT OF_CLIENT " ORDER BY session.pk LIMIT ?9 OFFSET ?10"};
    struct rows rows = ROWS_OF(struct user_session);
    QUERY(q);
    TRY(query_open(r->conn, &select, &q));
    bind_of_client(&q, client_pk, offline, limits, now_ms);
    query_i64(&q, rows_at_most(limit));
    query_i64(&q, rows_at_most(first));
    TRY(rows_read(&rows, &q, a, read_row));
    *ret_items = rows.items;
    *ret_count = rows.count;
    return 0;
}

int session_count_of_client(struct store_read *r, int64_t client_pk, bool offline,
                            const struct session_limits *limits, int64_t now_ms, int64_t *ret_count)
{
    static const struct sql select = {"SELECT count(*) FROM session" OF_CLIENT};
    QUERY(q);
    TRY(query_open(r->conn, &select, &q));
    bind_of_client(&q, client_pk, offline, limits, now_ms);
    TRY(query_one(&q));
    *ret_count = query_col_i64(&q, 0);
    return q.err;
}

int session_count_kept(struct store_read *r, int64_t *ret_count)
{
    static const struct sql select = {"SELECT count(*) FROM session"};
    QUERY(q);
    TRY(query_open(r->conn, &select, &q));
    TRY(query_one(&q));
    *ret_count = query_col_i64(&q, 0);
    return q.err;
}

static void bind_login(struct query *q, const struct user_session *s)
{
    query_i64(q, s->last_access_ms);
    query_i64(q, s->auth_time_ms);
    query_i64(q, s->remember_me);
    query_i64(q, s->offline);
    query_str(q, s->acr);
    query_str(q, s->amr);
    query_str(q, s->ip);
    query_str(q, s->user_agent);
    query_blob(q, s->cookie_hash);
}

int session_insert(struct store_write *w, struct user_session *session)
{
    static const struct sql insert = {
        "INSERT INTO session (last_access_ms, auth_time_ms, remember_me, offline, acr, amr, ip,"
        " user_agent, cookie_hash, pk, id, user_pk, started_ms)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"};
    int64_t pk;
    TRY(write_next_pk(w, PK_SESSION, &pk));
    QUERY(q);
    TRY(query_open(write_conn(w), &insert, &q));
    bind_login(&q, session);
    query_i64(&q, pk);
    query_id(&q, session->id);
    query_i64(&q, session->user_pk);
    query_i64(&q, session->started_ms);
    TRY(query_run(&q));
    session->pk = pk;
    return 0;
}

int session_update(struct store_write *w, const struct user_session *session)
{
    static const struct sql update = {
        "UPDATE session SET last_access_ms = ?, auth_time_ms = ?, remember_me = ?, offline = ?,"
        " acr = ?, amr = ?, ip = ?, user_agent = ?, cookie_hash = ? WHERE pk = ?"};
    QUERY(q);
    TRY(query_open(write_conn(w), &update, &q));
    bind_login(&q, session);
    query_i64(&q, session->pk);
    return query_run_one(&q);
}

int session_touch(struct store_write *w, int64_t session_pk, int64_t last_access_ms)
{
    static const struct sql update = {
        "UPDATE session SET last_access_ms = ?1 WHERE pk = ?2 AND last_access_ms < ?1"};
    QUERY(q);
    TRY(query_open(write_conn(w), &update, &q));
    query_i64(&q, last_access_ms);
    query_i64(&q, session_pk);
    write_touches_only(w, true);
    int err = query_run(&q);
    write_touches_only(w, false);
    return err;
}

/* Client sessions, codes and refresh families go along (ON DELETE CASCADE). */
int session_delete(struct store_write *w, int64_t session_pk)
{
    static const struct sql delete_row = {"DELETE FROM session WHERE pk = ?"};
    QUERY(q);
    TRY(query_open(write_conn(w), &delete_row, &q));
    query_i64(&q, session_pk);
    return query_run(&q);
}

int session_delete_of_user(struct store_write *w, int64_t user_pk, int64_t spared_pk,
                           int64_t *ret_count)
{
    static const struct sql delete_rows = {"DELETE FROM session WHERE user_pk = ? AND pk <> ?"};
    QUERY(q);
    TRY(query_open(write_conn(w), &delete_rows, &q));
    query_i64(&q, user_pk);
    query_i64(&q, spared_pk);
    TRY(query_run(&q));
    *ret_count = sqlite3_changes64(write_conn(w)->db);
    return 0;
}
