/* Credentials (their secret part sealed), login failures and consents. */
#include "core/port/users.h"
#include "store/keystore/seal.h"
#include "store/sql/doc.h"
#include "store/sql/rows.h"
#include "store/tx.h"

#include "core/base/banned.h"

#define SELECT                                                                                     \
    "SELECT pk, id, type, user_label, created_ms, priority, secret_data, credential_data, user_pk" \
    " FROM credential"

/* The row's id and its owner: a secret moved to another person does not open. */
static int secret_place(const struct slot *slot, struct arena *a, struct str id, int64_t user_pk,
                        struct seal_place *ret_place)
{
    struct str row_id = arena_printf(a, "%lld/%.*s", (long long)user_pk, STR_ARG(id));
    if (str_absent(row_id))
        return ERR_NO_MEMORY;
    *ret_place =
        (struct seal_place){&slot->store->master_key, slot->id, "credential.secret_data", row_id};
    return 0;
}

static int read_row(struct query *q, struct arena *a, void *ret_item, void *reader)
{
    const struct store_read *r = reader;
    struct credential *c = ret_item;
    struct seal_place place;
    c->pk = query_col_i64(q, 0);
    c->id = query_col_id(q, 1, a);
    c->type = query_col_str(q, 2, a);
    c->user_label = query_col_str(q, 3, a);
    c->created_ms = query_col_i64(q, 4);
    c->priority = query_col_i64(q, 5);
    c->credential_data = query_col_str(q, 7, a);
    TRY(q->err);
    TRY(secret_place(r->slot, a, c->id, query_col_i64(q, 8), &place));
    return seal_open(&place, a, query_col_view(q, 6), &c->secret_data);
}

int credential_list(struct store_read *r, struct arena *a, int64_t user_pk,
                    struct credentials *ret_credentials)
{
    static const struct sql select = {SELECT " WHERE user_pk = ? ORDER BY priority, pk"};
    struct rows rows = ROWS_OF(struct credential);
    QUERY(q);
    TRY(query_open(r->conn, &select, &q));
    query_i64(&q, user_pk);
    TRY(rows_read_with(&rows, &q, a, read_row, r));
    *ret_credentials = (struct credentials){rows.items, rows.count};
    return 0;
}

int credential_span(struct store_read *r, int64_t *ret_first, int64_t *ret_last)
{
    /* One step in the table for each; min and max at once would walk through it. */
    static const struct sql select = {"SELECT pk, (SELECT max(pk) FROM credential) FROM credential"
                                      " WHERE pk > 0 ORDER BY pk LIMIT 1"};
    QUERY(q);
    TRY(query_open(r->conn, &select, &q));
    TRY(query_one(&q));
    *ret_first = query_col_i64(&q, 0);
    *ret_last = query_col_i64(&q, 1);
    return 0;
}

int credential_from(struct store_read *r, struct arena *a, int64_t pk, struct str type,
                    struct credential *ret_credential)
{
    static const struct sql select = {SELECT " WHERE pk >= ? AND type = ? ORDER BY pk LIMIT 1"};
    QUERY(q);
    TRY(query_open(r->conn, &select, &q));
    query_i64(&q, pk);
    query_str(&q, type);
    TRY(query_one(&q));
    return read_row(&q, a, ret_credential, r);
}

int credential_exists(struct store_read *r, int64_t user_pk, struct str type, bool *ret_exists)
{
    static const struct sql select = {
        "SELECT 1 FROM credential WHERE user_pk = ? AND type = ? LIMIT 1"};
    QUERY(q);
    TRY(query_open(r->conn, &select, &q));
    query_i64(&q, user_pk);
    query_str(&q, type);
    return query_next(&q, ret_exists);
}

static int seal_secret(struct store_write *w, const struct credential *c, int64_t user_pk,
                       struct str *ret_sealed)
{
    struct seal_place place;
    TRY(secret_place(w->reader.slot, &w->arena, c->id, user_pk, &place));
    return seal_value(&place, &w->arena, c->secret_data, ret_sealed);
}

int credential_insert(struct store_write *w, int64_t user_pk, struct credential *c)
{
    static const struct sql insert = {
        "INSERT INTO credential (user_pk, id, type, user_label, created_ms, priority, secret_data,"
        " credential_data) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"};
    struct str sealed;
    TRY(seal_secret(w, c, user_pk, &sealed));
    QUERY(q);
    TRY(query_open(write_conn(w), &insert, &q));
    query_i64(&q, user_pk);
    query_id(&q, c->id);
    query_str(&q, c->type);
    query_str(&q, c->user_label);
    query_i64(&q, c->created_ms);
    query_i64(&q, c->priority);
    query_blob(&q, sealed);
    query_str(&q, c->credential_data);
    TRY(query_run(&q));
    c->pk = sqlite3_last_insert_rowid(write_conn(w)->db);
    return 0;
}

static int owner_of(struct store_write *w, int64_t credential_pk, int64_t *ret_user_pk)
{
    static const struct sql select = {"SELECT user_pk FROM credential WHERE pk = ?"};
    QUERY(q);
    TRY(query_open(write_conn(w), &select, &q));
    query_i64(&q, credential_pk);
    TRY(query_one(&q));
    *ret_user_pk = query_col_i64(&q, 0);
    return 0;
}

int credential_update(struct store_write *w, const struct credential *c)
{
    static const struct sql update = {
        "UPDATE credential SET id = ?, type = ?, user_label = ?, created_ms = ?, priority = ?,"
        " secret_data = ?, credential_data = ? WHERE pk = ?"};
    struct str sealed;
    int64_t user_pk;
    TRY(owner_of(w, c->pk, &user_pk));
    TRY(seal_secret(w, c, user_pk, &sealed));
    QUERY(q);
    TRY(query_open(write_conn(w), &update, &q));
    query_id(&q, c->id);
    query_str(&q, c->type);
    query_str(&q, c->user_label);
    query_i64(&q, c->created_ms);
    query_i64(&q, c->priority);
    query_blob(&q, sealed);
    query_str(&q, c->credential_data);
    query_i64(&q, c->pk);
    return query_run_one(&q);
}

int credential_delete(struct store_write *w, int64_t credential_pk)
{
    static const struct sql delete_row = {"DELETE FROM credential WHERE pk = ?"};
    QUERY(q);
    TRY(query_open(write_conn(w), &delete_row, &q));
    query_i64(&q, credential_pk);
    return query_run_one(&q);
}

/* --- Failures --- */

int login_failures_find(struct store_read *r, struct arena *a, int64_t user_pk,
                        struct login_failures *ret_failures)
{
    static const struct sql select = {
        "SELECT count, last_failure_ms, locked_until_ms, temporary_lockouts, last_ip"
        " FROM login_failure WHERE user_pk = ?"};
    struct login_failures f = {0};
    bool row;
    QUERY(q);
    TRY(query_open(r->conn, &select, &q));
    query_i64(&q, user_pk);
    TRY(query_next(&q, &row));
    if (row) {
        f = (struct login_failures){query_col_i64(&q, 0), query_col_i64(&q, 1),
                                    query_col_i64(&q, 2), query_col_i64(&q, 3),
                                    query_col_str(&q, 4, a)};
        TRY(q.err);
    }
    *ret_failures = f;
    return 0;
}

int login_failures_put(struct store_write *w, int64_t user_pk,
                       const struct login_failures *failures)
{
    static const struct sql put = {
        "INSERT INTO login_failure (user_pk, count, last_failure_ms, locked_until_ms,"
        " temporary_lockouts, last_ip) VALUES (?1, ?2, ?3, ?4, ?5, ?6)"
        " ON CONFLICT (user_pk) DO UPDATE SET count = ?2, last_failure_ms = ?3,"
        " locked_until_ms = ?4, temporary_lockouts = ?5, last_ip = ?6"};
    QUERY(q);
    TRY(query_open(write_conn(w), &put, &q));
    query_i64(&q, user_pk);
    query_i64(&q, failures->count);
    query_i64(&q, failures->last_failure_ms);
    query_i64(&q, failures->locked_until_ms);
    query_i64(&q, failures->temporary_lockouts);
    query_str(&q, failures->last_ip);
    return query_run(&q);
}

int login_failures_clear(struct store_write *w, int64_t user_pk)
{
    static const struct sql delete_row = {"DELETE FROM login_failure WHERE user_pk = ?"};
    QUERY(q);
    TRY(query_open(write_conn(w), &delete_row, &q));
    query_i64(&q, user_pk);
    return query_run(&q);
}

int login_failures_list(struct store_read *r, int64_t after_pk, int64_t *ret_pks, size_t max,
                        size_t *ret_count)
{
    static const struct sql select = {
        "SELECT user_pk FROM login_failure WHERE user_pk > ?1 ORDER BY user_pk LIMIT ?2"};
    size_t count = 0;
    bool row;
    QUERY(q);
    TRY(query_open(r->conn, &select, &q));
    query_i64(&q, after_pk);
    query_i64(&q, (int64_t)max);
    TRY(query_next(&q, &row));
    while (row && count < max) {
        ret_pks[count++] = query_col_i64(&q, 0);
        TRY(query_next(&q, &row));
    }
    TRY(q.err);
    *ret_count = count;
    return 0;
}

int login_failures_clear_all(struct store_write *w, int64_t *ret_count)
{
    static const struct sql delete_rows = {"DELETE FROM login_failure"};
    QUERY(q);
    TRY(query_open(write_conn(w), &delete_rows, &q));
    TRY(query_run(&q));
    *ret_count = sqlite3_changes64(write_conn(w)->db);
    return 0;
}
