/* Client scopes and protocol mappers. */
#include "core/base/rng.h"
#include "core/port/clients.h"
#include "store/sql/client_row.h"
#include "store/sql/doc.h"
#include "store/sql/rows.h"

#include "core/base/banned.h"

/* --- Mappers --- */

static int read_mapper(struct query *q, struct arena *a, void *ret_item)
{
    struct protocol_mapper *m = ret_item;
    m->pk = query_col_i64(q, 0);
    m->id = query_col_id(q, 1, a);
    m->name = query_col_str(q, 2, a);
    m->protocol = query_col_str(q, 3, a);
    m->type = query_col_str(q, 4, a);
    TRY(q->err);
    return doc_read_map(query_col_view(q, 5), a, &m->config);
}

static int read_mappers(struct store_read *r, struct arena *a, const struct sql *sql, int64_t pk,
                        struct protocol_mappers *ret_mappers)
{
    struct rows rows = ROWS_OF(struct protocol_mapper);
    QUERY(q);
    TRY(query_open(r->conn, sql, &q));
    query_i64(&q, pk);
    TRY(rows_read(&rows, &q, a, read_mapper));
    *ret_mappers = (struct protocol_mappers){rows.items, rows.count};
    return 0;
}

#define MAPPER_COLUMNS "pk, id, name, protocol, type, config"

int client_read_mappers(struct store_read *r, struct arena *a, int64_t client_pk,
                        struct protocol_mappers *ret_mappers)
{
    static const struct sql select = {"SELECT " MAPPER_COLUMNS
                                      " FROM mapper WHERE client_pk = ? ORDER BY pk"};
    return read_mappers(r, a, &select, client_pk, ret_mappers);
}

int scope_read_mappers(struct store_read *r, struct arena *a, int64_t scope_pk,
                       struct protocol_mappers *ret_mappers)
{
    static const struct sql select = {"SELECT " MAPPER_COLUMNS
                                      " FROM mapper WHERE scope_pk = ? ORDER BY pk"};
    return read_mappers(r, a, &select, scope_pk, ret_mappers);
}

static int add_mapper(struct store_write *w, int64_t client_pk, int64_t scope_pk,
                      const struct protocol_mapper *m)
{
    static const struct sql insert = {
        "INSERT INTO mapper (id, client_pk, scope_pk, name, protocol, type, config)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)"};
    struct str config;
    struct str id = str_empty(m->id) ? uuid_new(&w->arena) : m->id;
    TRY(doc_write_map(&m->config, &w->arena, &config));
    QUERY(q);
    TRY(query_open(write_conn(w), &insert, &q));
    query_id(&q, id);
    query_ref(&q, client_pk);
    query_ref(&q, scope_pk);
    query_str(&q, m->name);
    query_str(&q, str_empty(m->protocol) ? STR("openid-connect") : m->protocol);
    query_str(&q, m->type);
    query_str(&q, config);
    return query_run(&q);
}

int mappers_put(struct store_write *w, int64_t client_pk, int64_t scope_pk,
                const struct protocol_mappers *mappers)
{
    static const struct sql of_client = {"DELETE FROM mapper WHERE client_pk = ?"};
    static const struct sql of_scope = {"DELETE FROM mapper WHERE scope_pk = ?"};
    {
        QUERY(q);
        TRY(query_open(write_conn(w), client_pk ? &of_client : &of_scope, &q));
        query_i64(&q, client_pk ? client_pk : scope_pk);
        TRY(query_run(&q));
    }
    for (size_t i = 0; i < mappers->count; i++)
        TRY(add_mapper(w, client_pk, scope_pk, &mappers->items[i]));
    return 0;
}

/* --- Scopes --- */

#define SCOPE_COLUMNS "pk, id, name, description, protocol, attributes, realm_link"

static int read_scope(struct query *q, struct arena *a, struct client_scope *s)
{
    *s = (struct client_scope){.pk = query_col_i64(q, 0),
                               .id = query_col_id(q, 1, a),
                               .name = query_col_str(q, 2, a),
                               .description = query_col_str(q, 3, a),
                               .protocol = query_col_str(q, 4, a),
                               .is_default = query_col_i64(q, 6) == SCOPE_LINK_DEFAULT,
                               .is_optional = query_col_i64(q, 6) == SCOPE_LINK_OPTIONAL};
    TRY(q->err);
    return doc_read_map(query_col_view(q, 5), a, &s->attributes);
}

static int read_parts(struct store_read *r, struct arena *a, struct client_scope *s)
{
    static const struct sql roles = {"SELECT role_pk FROM scope_role WHERE scope_pk = ?"};
    TRY(scope_read_mappers(r, a, s->pk, &s->mappers));
    QUERY(q);
    TRY(query_open(r->conn, &roles, &q));
    query_i64(&q, s->pk);
    return rows_read_pks(&q, a, &s->role_pks, &s->role_count);
}

int scope_read(struct store_read *r, struct arena *a, int64_t pk, struct client_scope *ret_scope)
{
    static const struct sql select = {"SELECT " SCOPE_COLUMNS " FROM scope WHERE pk = ?"};
    QUERY(q);
    TRY(query_open(r->conn, &select, &q));
    query_i64(&q, pk);
    TRY(query_one(&q));
    TRY(read_scope(&q, a, ret_scope));
    return read_parts(r, a, ret_scope);
}

int scope_find_by_id(struct store_read *r, struct arena *a, struct str id,
                     struct client_scope *ret_scope)
{
    static const struct sql select = {"SELECT " SCOPE_COLUMNS " FROM scope WHERE id = ?"};
    QUERY(q);
    TRY(query_open(r->conn, &select, &q));
    query_id(&q, id);
    TRY(query_one(&q));
    TRY(read_scope(&q, a, ret_scope));
    return read_parts(r, a, ret_scope);
}

static int read_whole(struct query *q, struct arena *a, void *ret_item, void *reader)
{
    TRY(read_scope(q, a, ret_item));
    return read_parts(reader, a, ret_item);
}

int scope_list(struct store_read *r, struct arena *a, struct client_scopes *ret_scopes)
{
    static const struct sql select = {"SELECT " SCOPE_COLUMNS " FROM scope ORDER BY pk"};
    struct rows rows = ROWS_OF(struct client_scope);
    QUERY(q);
    TRY(query_open(r->conn, &select, &q));
    TRY(rows_read_with(&rows, &q, a, read_whole, r));
    *ret_scopes = (struct client_scopes){rows.items, rows.count};
    return 0;
}

static int put_roles(struct store_write *w, const struct client_scope *scope)
{
    static const struct sql clear = {"DELETE FROM scope_role WHERE scope_pk = ?"};
    static const struct sql insert = {"INSERT INTO scope_role (scope_pk, role_pk) VALUES (?, ?)"};
    {
        QUERY(q);
        TRY(query_open(write_conn(w), &clear, &q));
        query_i64(&q, scope->pk);
        TRY(query_run(&q));
    }
    for (size_t i = 0; i < scope->role_count; i++) {
        QUERY(q);
        TRY(query_open(write_conn(w), &insert, &q));
        query_i64(&q, scope->pk);
        query_i64(&q, scope->role_pks[i]);
        TRY(query_run(&q));
    }
    return 0;
}

static int bind_scope(struct store_write *w, struct query *q, const struct client_scope *scope)
{
    struct str attributes;
    TRY(doc_write_map(&scope->attributes, &w->arena, &attributes));
    query_str(q, scope->name);
    query_str(q, scope->description);
    query_str(q, str_empty(scope->protocol) ? STR("openid-connect") : scope->protocol);
    query_str(q, attributes);
    return 0;
}

int scope_insert(struct store_write *w, struct client_scope *scope)
{
    static const struct sql insert = {
        "INSERT INTO scope (name, description, protocol, attributes, id, realm_link)"
        " VALUES (?, ?, ?, ?, ?, ?)"};
    enum scope_link other = scope->is_optional ? SCOPE_LINK_OPTIONAL : SCOPE_LINK_NONE;
    write_touch_config(w);
    {
        QUERY(q);
        TRY(query_open(write_conn(w), &insert, &q));
        TRY(bind_scope(w, &q, scope));
        query_id(&q, scope->id);
        query_i64(&q, scope->is_default ? SCOPE_LINK_DEFAULT : other);
        TRY(query_run(&q));
    }
    scope->pk = sqlite3_last_insert_rowid(write_conn(w)->db);
    TRY(mappers_put(w, 0, scope->pk, &scope->mappers));
    return put_roles(w, scope);
}

int scope_update(struct store_write *w, const struct client_scope *scope)
{
    static const struct sql update = {"UPDATE scope SET name = ?, description = ?, protocol = ?,"
                                      " attributes = ? WHERE pk = ?"};
    write_touch_config(w);
    {
        QUERY(q);
        TRY(query_open(write_conn(w), &update, &q));
        TRY(bind_scope(w, &q, scope));
        query_i64(&q, scope->pk);
        TRY(query_run_one(&q));
    }
    TRY(mappers_put(w, 0, scope->pk, &scope->mappers));
    return put_roles(w, scope);
}

int scope_delete(struct store_write *w, int64_t scope_pk)
{
    static const struct sql delete_row = {"DELETE FROM scope WHERE pk = ?"};
    write_touch_config(w);
    QUERY(q);
    TRY(query_open(write_conn(w), &delete_row, &q));
    query_i64(&q, scope_pk);
    return query_run_one(&q);
}

int scope_realm_link(struct store_write *w, int64_t scope_pk, enum scope_link link)
{
    static const struct sql update = {"UPDATE scope SET realm_link = ? WHERE pk = ?"};
    write_touch_config(w);
    QUERY(q);
    TRY(query_open(write_conn(w), &update, &q));
    query_i64(&q, link);
    query_i64(&q, scope_pk);
    return query_run_one(&q);
}
