/* Keys of a realm, private parts sealed. */
#include "core/port/keys.h"
#include "store/keystore/ring.h"
#include "store/sql/key_row.h"
#include "store/sql/rows.h"

#include "core/base/banned.h"

static int read_key(struct query *q, struct arena *a, struct realm_key *k)
{
    *k = (struct realm_key){
        .pk = query_col_i64(q, 0),
        .kid = query_col_str(q, 1, a),
        .alg = query_col_str(q, 2, a),
        .use = query_col_str(q, 3, a),
        .status = (enum key_status)query_col_i64(q, 4),
        .priority = query_col_i64(q, 5),
        .created_ms = query_col_i64(q, 6),
        .not_after_ms = query_col_i64(q, 7),
        .public_jwk = query_col_str(q, 8, a),
        .certificate = query_col_str(q, 9, a),
    };
    return q->err;
}

/* The key goes to its own list, as views hand that out as a whole. */
static int read_row(struct query *q, struct arena *a, void *ret_item, void *keys)
{
    struct ring_key *item = ret_item;
    struct realm_key *key = rows_add(keys, a);
    if (!key)
        return ERR_NO_MEMORY;
    TRY(read_key(q, a, key));
    item->alg = jose_alg_of(key->alg);
    item->sealed = query_col_str(q, 10, a);
    return q->err;
}

#define SELECT                                                                                     \
    "SELECT pk, kid, alg, use, status, priority, created_ms, not_after_ms, public_jwk,"            \
    " certificate, private_key FROM signing_key"
#define ORDER " ORDER BY priority DESC, pk DESC"

static int load(struct store_read *r, struct arena *a, const struct sql *select,
                struct key_ring *ret_ring)
{
    struct rows keys = ROWS_OF(struct realm_key);
    struct rows items = ROWS_OF(struct ring_key);
    QUERY(q);
    TRY(query_open(r->conn, select, &q));
    TRY(rows_read_with(&items, &q, a, read_row, &keys));
    struct key_ring ring = {.keys = {keys.items, keys.count}, .items = items.items};
    for (size_t i = 0; i < ring.keys.count; i++)
        ring.items[i].key = &ring.keys.items[i];
    *ret_ring = ring;
    return 0;
}

/* Keys that sign the audit chain are no keys for tokens: who asks for those never sees them. */
int ring_load(struct store_read *r, struct arena *a, struct key_ring *ret_ring)
{
    static const struct sql select = {SELECT " WHERE use <> 'audit'" ORDER};
    return load(r, a, &select, ret_ring);
}

int ring_load_audit(struct store_read *r, struct arena *a, struct key_ring *ret_ring)
{
    static const struct sql select = {SELECT " WHERE use = 'audit'" ORDER};
    return load(r, a, &select, ret_ring);
}

int key_row_retire(struct store_write *w, int64_t key_pk, struct str sealed_public)
{
    static const struct sql update = {
        "UPDATE signing_key SET status = ?, private_key = ? WHERE pk = ?"};
    QUERY(q);
    TRY(query_open(write_conn(w), &update, &q));
    query_i64(&q, KEY_PASSIVE);
    query_blob(&q, sealed_public);
    query_i64(&q, key_pk);
    return query_run_one(&q);
}

int key_row_insert(struct store_write *w, struct realm_key *key, struct str sealed)
{
    static const struct sql insert = {
        "INSERT INTO signing_key (kid, alg, use, status, priority, created_ms, not_after_ms,"
        " public_jwk, certificate, private_key) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"};
    QUERY(q);
    TRY(query_open(write_conn(w), &insert, &q));
    query_str(&q, key->kid);
    query_str(&q, key->alg);
    query_str(&q, key->use);
    query_i64(&q, key->status);
    query_i64(&q, key->priority);
    query_i64(&q, key->created_ms);
    query_i64(&q, key->not_after_ms);
    query_str(&q, key->public_jwk);
    query_blob(&q, key->certificate);
    query_blob(&q, sealed);
    write_touch_config(w);
    TRY(query_run(&q));
    key->pk = sqlite3_last_insert_rowid(write_conn(w)->db);
    return 0;
}

int key_update(struct store_write *w, const struct realm_key *key)
{
    static const struct sql update = {
        "UPDATE signing_key SET status = ?, priority = ?, not_after_ms = ? WHERE pk = ?"};
    write_touch_config(w);
    QUERY(q);
    TRY(query_open(write_conn(w), &update, &q));
    query_i64(&q, key->status);
    query_i64(&q, key->priority);
    query_i64(&q, key->not_after_ms);
    query_i64(&q, key->pk);
    return query_run_one(&q);
}

int key_delete(struct store_write *w, int64_t key_pk)
{
    static const struct sql delete_row = {"DELETE FROM signing_key WHERE pk = ?"};
    write_touch_config(w);
    QUERY(q);
    TRY(query_open(write_conn(w), &delete_row, &q));
    query_i64(&q, key_pk);
    return query_run_one(&q);
}
