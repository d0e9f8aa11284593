/* Clients: settings as a document, the secret sealed, links to scopes and roles. */
#include "core/port/clients.h"

#include "core/base/rng.h"
#include "store/keystore/seal.h"
#include "store/sql/client_row.h"
#include "store/sql/doc.h"
#include "store/sql/rows.h"

#include "core/base/banned.h"

#define COLUMNS "pk, id, client_id, secret, service_account_user_id, doc"

static int read_row(struct query *q, struct arena *a, struct client *ret_client,
                    struct str *ret_sealed)
{
    struct client c = {0};
    fields_default(&client_fields, &c);
    c.pk = query_col_i64(q, 0);
    c.id = query_col_id(q, 1, a);
    c.client_id = query_col_str(q, 2, a);
    struct str sealed = query_col_str(q, 3, a);
    c.service_account_user_id = query_col_id(q, 4, a);
    TRY(q->err);
    TRY(doc_read(&client_fields, &c, a, query_col_view(q, 5)));
    *ret_client = c;
    *ret_sealed = sealed;
    return 0;
}

int client_row_by_name(struct store_read *r, struct arena *a, struct str client_id,
                       struct client *ret_client, struct str *ret_sealed)
{
    static const struct sql select = {"SELECT " COLUMNS " FROM client WHERE client_id = ?"};
    QUERY(q);
    TRY(query_open(r->conn, &select, &q));
    query_str(&q, client_id);
    TRY(query_one(&q));
    return read_row(&q, a, ret_client, ret_sealed);
}

int client_row_by_id(struct store_read *r, struct arena *a, struct str id,
                     struct client *ret_client, struct str *ret_sealed)
{
    static const struct sql select = {"SELECT " COLUMNS " FROM client WHERE id = ?"};
    QUERY(q);
    TRY(query_open(r->conn, &select, &q));
    query_id(&q, id);
    TRY(query_one(&q));
    return read_row(&q, a, ret_client, ret_sealed);
}

int client_row_by_pk(struct store_read *r, struct arena *a, int64_t pk, struct client *ret_client,
                     struct str *ret_sealed)
{
    static const struct sql select = {"SELECT " COLUMNS " FROM client WHERE pk = ?"};
    QUERY(q);
    TRY(query_open(r->conn, &select, &q));
    query_i64(&q, pk);
    TRY(query_one(&q));
    return read_row(&q, a, ret_client, ret_sealed);
}

int client_read_roles(struct store_read *r, struct arena *a, int64_t client_pk, int64_t **ret_pks,
                      size_t *ret_count)
{
    static const struct sql select = {"SELECT role_pk FROM client_role WHERE client_pk = ?"};
    QUERY(q);
    TRY(query_open(r->conn, &select, &q));
    query_i64(&q, client_pk);
    return rows_read_pks(&q, a, ret_pks, ret_count);
}

static int read_link(struct query *q, struct arena *a, void *ret_item)
{
    struct client_scope *link = ret_item;
    (void)a;
    link->pk = query_col_i64(q, 0);
    link->is_default = query_col_i64(q, 1) != 0;
    link->is_optional = !link->is_default;
    return q->err;
}

int client_read_links(struct store_read *r, struct arena *a, int64_t client_pk,
                      struct client_scopes *ret_links)
{
    static const struct sql select = {
        "SELECT scope_pk, is_default FROM client_scope WHERE client_pk = ?"};
    struct rows rows = ROWS_OF(struct client_scope);
    QUERY(q);
    TRY(query_open(r->conn, &select, &q));
    query_i64(&q, client_pk);
    TRY(rows_read(&rows, &q, a, read_link));
    *ret_links = (struct client_scopes){rows.items, rows.count};
    return 0;
}

/* --- Secrets --- */

static struct seal_place secret_place(const struct slot *slot, struct str id)
{
    return (struct seal_place){&slot->store->master_key, slot->id, "client.secret", id};
}

int client_secret_open(const struct slot *slot, struct arena *a, struct str id, struct str sealed,
                       struct str *ret_secret)
{
    struct seal_place place = secret_place(slot, id);
    return seal_open(&place, a, sealed, ret_secret);
}

static int seal_secret(struct store_write *w, const struct client *client, struct str *ret_sealed)
{
    struct seal_place place = secret_place(w->reader.slot, client->id);
    if (!str_absent(client->secret))
        return seal_value(&place, &w->arena, client->secret, ret_sealed);
    *ret_sealed = str_of(NULL, 0);
    return 0;
}

static struct seal_place rotated_place(const struct slot *slot, struct str id)
{
    return (struct seal_place){&slot->store->master_key, slot->id, "client.secret.rotated", id};
}

int client_rotated_put(struct store_write *w, const struct client *client, struct str secret)
{
    static const struct sql update = {"UPDATE client SET rotated_secret = ?2 WHERE pk = ?1"};
    struct seal_place place = rotated_place(w->reader.slot, client->id);
    struct str sealed = {NULL, 0};
    if (!str_absent(secret))
        TRY(seal_value(&place, &w->arena, secret, &sealed));
    write_touch_config(w);
    QUERY(q);
    TRY(query_open(write_conn(w), &update, &q));
    query_i64(&q, client->pk);
    query_blob(&q, sealed);
    return query_run_one(&q);
}

int client_rotated_find(struct store_read *r, struct arena *a, const struct client *client,
                        struct str *ret_secret)
{
    static const struct sql select = {
        "SELECT rotated_secret FROM client WHERE pk = ? AND rotated_secret IS NOT NULL"};
    struct seal_place place = rotated_place(r->slot, client->id);
    QUERY(q);
    TRY(query_open(r->conn, &select, &q));
    query_i64(&q, client->pk);
    TRY(query_one(&q));
    struct str sealed = query_col_str(&q, 0, a);
    TRY(q.err);
    return seal_open(&place, a, sealed, ret_secret);
}

/* --- Whole clients --- */

static int complete(struct store_read *r, struct arena *a, struct client *c, struct str sealed)
{
    struct client_scopes links;
    TRY(client_read_mappers(r, a, c->pk, &c->mappers));
    TRY(client_read_roles(r, a, c->pk, &c->scope_role_pks, &c->scope_role_count));
    TRY(client_read_links(r, a, c->pk, &links));
    for (size_t i = 0; i < links.count; i++) {
        struct client_scope link = links.items[i];
        TRY(scope_read(r, a, link.pk, &links.items[i]));
        links.items[i].is_default = link.is_default;
        links.items[i].is_optional = link.is_optional;
    }
    c->scopes = links;
    return str_absent(sealed) ? 0 : client_secret_open(r->slot, a, c->id, sealed, &c->secret);
}

int client_find(struct store_read *r, struct arena *a, struct str client_id,
                struct client *ret_client)
{
    struct client c;
    struct str sealed;
    TRY(client_row_by_name(r, a, client_id, &c, &sealed));
    TRY(complete(r, a, &c, sealed));
    *ret_client = c;
    return 0;
}

int client_find_by_id(struct store_read *r, struct arena *a, struct str id,
                      struct client *ret_client)
{
    struct client c;
    struct str sealed;
    TRY(client_row_by_id(r, a, id, &c, &sealed));
    TRY(complete(r, a, &c, sealed));
    *ret_client = c;
    return 0;
}

/* Without the secret. */
static int read_listed(struct query *q, struct arena *a, void *ret_item)
{
    struct str sealed;
    return read_row(q, a, ret_item, &sealed);
}

int client_list(struct store_read *r, struct arena *a, struct str after, size_t limit,
                struct client **ret_items, size_t *ret_count)
{
    static const struct sql select = {
        "SELECT " COLUMNS " FROM client WHERE client_id > ? ORDER BY client_id LIMIT ?"};
    struct rows rows = ROWS_OF(struct client);
    QUERY(q);
    TRY(query_open(r->conn, &select, &q));
    query_str(&q, str_absent(after) ? STR("") : after);
    query_i64(&q, rows_at_most(limit));
    TRY(rows_read(&rows, &q, a, read_listed));
    *ret_items = rows.items;
    *ret_count = rows.count;
    return 0;
}

int client_ids_of_owner(struct store_read *r, struct arena *a, struct str owner,
                        struct strs *ret_ids)
{
    static const struct sql select = {
        "SELECT id FROM client WHERE json_extract(doc, '$.attributes.\"garita.owner\"') = ?"
        " ORDER BY client_id"};
    bool row = true;
    QUERY(q);
    *ret_ids = (struct strs){0};
    TRY(query_open(r->conn, &select, &q));
    query_str(&q, owner);
    while (row) {
        TRY(query_next(&q, &row));
        if (row)
            TRY(strs_add(ret_ids, a, query_col_id(&q, 0, a)));
    }
    return q.err;
}

static int clear_links(struct store_write *w, const struct sql *sql, int64_t client_pk)
{
    QUERY(q);
    TRY(query_open(write_conn(w), sql, &q));
    query_i64(&q, client_pk);
    return query_run(&q);
}

static int add_link(struct store_write *w, int64_t client_pk, const struct client_scope *scope)
{
    static const struct sql insert = {
        "INSERT INTO client_scope (client_pk, scope_pk, is_default) VALUES (?, ?, ?)"};
    QUERY(q);
    TRY(query_open(write_conn(w), &insert, &q));
    query_i64(&q, client_pk);
    query_i64(&q, scope->pk);
    query_i64(&q, scope->is_default);
    return query_run(&q);
}

static int add_role(struct store_write *w, int64_t client_pk, int64_t role_pk)
{
    static const struct sql insert = {"INSERT INTO client_role (client_pk, role_pk) VALUES (?, ?)"};
    QUERY(q);
    TRY(query_open(write_conn(w), &insert, &q));
    query_i64(&q, client_pk);
    query_i64(&q, role_pk);
    return query_run(&q);
}

static int put_parts(struct store_write *w, const struct client *client)
{
    static const struct sql no_links = {"DELETE FROM client_scope WHERE client_pk = ?"};
    static const struct sql no_roles = {"DELETE FROM client_role WHERE client_pk = ?"};
    TRY(clear_links(w, &no_links, client->pk));
    for (size_t i = 0; i < client->scopes.count; i++)
        TRY(add_link(w, client->pk, &client->scopes.items[i]));
    TRY(clear_links(w, &no_roles, client->pk));
    for (size_t i = 0; i < client->scope_role_count; i++)
        TRY(add_role(w, client->pk, client->scope_role_pks[i]));
    return mappers_put(w, client->pk, 0, &client->mappers);
}

/* ?1 is the pk; NULL for a new one. */
static int put_row(struct store_write *w, const struct sql *sql, const struct client *client)
{
    struct str sealed;
    struct str doc;
    write_touch_config(w);
    TRY(seal_secret(w, client, &sealed));
    TRY(doc_write(&client_fields, NULL, client, &w->arena, &doc));
    QUERY(q);
    TRY(query_open(write_conn(w), sql, &q));
    query_ref(&q, client->pk);
    query_id(&q, client->id);
    query_str(&q, client->client_id);
    query_blob(&q, sealed);
    query_id(&q, client->service_account_user_id);
    query_str(&q, doc);
    return query_run_one(&q);
}

int client_insert(struct store_write *w, struct client *client)
{
    static const struct sql insert = {
        "INSERT INTO client (pk, id, client_id, secret, service_account_user_id, doc)"
        " VALUES (?1, ?2, ?3, ?4, ?5, ?6)"};
    client->pk = 0;
    TRY(put_row(w, &insert, client));
    client->pk = sqlite3_last_insert_rowid(write_conn(w)->db);
    return put_parts(w, client);
}

int client_update(struct store_write *w, const struct client *client)
{
    static const struct sql update = {
        "UPDATE client SET client_id = ?3, secret = coalesce(?4, secret),"
        " service_account_user_id = ?5, doc = ?6 WHERE pk = ?1 AND id = ?2"};
    TRY(put_row(w, &update, client));
    return put_parts(w, client);
}

int client_delete(struct store_write *w, int64_t client_pk)
{
    static const struct sql delete_row = {"DELETE FROM client WHERE pk = ?"};
    write_touch_config(w);
    QUERY(q);
    TRY(query_open(write_conn(w), &delete_row, &q));
    query_i64(&q, client_pk);
    return query_run_one(&q);
}
