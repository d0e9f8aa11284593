/* What resource servers hold. */
#include "core/port/resource_servers.h"

#include "core/codec/json.h"
#include "store/sql/rows.h"
#include "store/tx.h"

#include "core/base/banned.h"

#define PKS_MAX_BYTES ((size_t)256 << 10)

#define COLUMNS "pk, client_pk, kind, id, name, owner, type, doc"

static int read_row(struct query *q, struct arena *a, void *ret_item)
{
    *(struct rs_object *)ret_item = (struct rs_object){
        .pk = query_col_i64(q, 0),
        .client_pk = query_col_i64(q, 1),
        .kind = (enum rs_kind)query_col_i64(q, 2),
        .id = query_col_id(q, 3, a),
        .name = query_col_str(q, 4, a),
        .owner = query_col_id(q, 5, a),
        .type = query_col_str(q, 6, a),
        .json = query_col_str(q, 7, a),
    };
    return q->err;
}

/* --- Changing --- */

static int count_of(struct store_read *r, const struct rs_object *object, int64_t *ret_count)
{
    static const struct sql count = {
        "SELECT count(*) FROM rs_object WHERE client_pk = ? AND kind = ?"};
    QUERY(q);
    TRY(query_open(r->conn, &count, &q));
    query_i64(&q, object->client_pk);
    query_i64(&q, object->kind);
    TRY(query_one(&q));
    *ret_count = query_col_i64(&q, 0);
    return q.err;
}

int rs_insert(struct store_write *w, struct rs_object *io_object)
{
    static const struct sql insert = {
        "INSERT INTO rs_object (client_pk, kind, id, name, owner, type, doc)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)"};
    int64_t count;
    TRY(count_of(store_write_reader(w), io_object, &count));
    if (count >= RS_OBJECTS_MAX)
        return ERR_LIMIT_REACHED;
    QUERY(q);
    TRY(query_open(write_conn(w), &insert, &q));
    query_i64(&q, io_object->client_pk);
    query_i64(&q, io_object->kind);
    query_id(&q, io_object->id);
    query_str(&q, io_object->name);
    query_id(&q, io_object->owner);
    query_str(&q, io_object->type);
    query_str(&q, io_object->json);
    TRY(query_run(&q));
    io_object->pk = sqlite3_last_insert_rowid(write_conn(w)->db);
    return 0;
}

int rs_update(struct store_write *w, const struct rs_object *object)
{
    static const struct sql update = {
        "UPDATE rs_object SET name = ?, owner = ?, type = ?, doc = ? WHERE pk = ?"};
    QUERY(q);
    TRY(query_open(write_conn(w), &update, &q));
    query_str(&q, object->name);
    query_id(&q, object->owner);
    query_str(&q, object->type);
    query_str(&q, object->json);
    query_i64(&q, object->pk);
    return query_run_one(&q);
}

int rs_delete(struct store_write *w, int64_t pk)
{
    static const struct sql delete_row = {"DELETE FROM rs_object WHERE pk = ?"};
    QUERY(q);
    TRY(query_open(write_conn(w), &delete_row, &q));
    query_i64(&q, pk);
    return query_run_one(&q);
}

int rs_delete_all(struct store_write *w, int64_t client_pk)
{
    static const struct sql delete_rows = {"DELETE FROM rs_object WHERE client_pk = ?"};
    QUERY(q);
    TRY(query_open(write_conn(w), &delete_rows, &q));
    query_i64(&q, client_pk);
    return query_run(&q);
}

/* --- Finding --- */

int rs_find(struct store_read *r, struct arena *a, int64_t client_pk, enum rs_kind kind,
            struct str id, struct rs_object *ret_object)
{
    static const struct sql select = {"SELECT " COLUMNS " FROM rs_object"
                                      " WHERE id = ? AND client_pk = ? AND kind = ?"};
    QUERY(q);
    TRY(query_open(r->conn, &select, &q));
    query_id(&q, id);
    query_i64(&q, client_pk);
    query_i64(&q, kind);
    TRY(query_one(&q));
    return read_row(&q, a, ret_object);
}

int rs_find_by_name(struct store_read *r, struct arena *a, int64_t client_pk, enum rs_kind kind,
                    struct str owner, struct str name, struct rs_object *ret_object)
{
    static const struct sql select = {"SELECT " COLUMNS " FROM rs_object WHERE client_pk = ?"
                                      " AND kind = ? AND name = ? AND owner = ?"};
    QUERY(q);
    TRY(query_open(r->conn, &select, &q));
    query_i64(&q, client_pk);
    query_i64(&q, kind);
    query_str(&q, name);
    query_id(&q, owner);
    TRY(query_one(&q));
    return read_row(&q, a, ret_object);
}

int rs_id_exists(struct store_read *r, enum rs_kind kind, struct str id, bool *ret_exists)
{
    static const struct sql select = {"SELECT 1 FROM rs_object WHERE kind = ? AND id = ?"};
    QUERY(q);
    TRY(query_open(r->conn, &select, &q));
    query_i64(&q, kind);
    query_id(&q, id);
    return query_next(&q, ret_exists);
}

/* --- Lists --- */

/* A list by links or words starts from these: "+" keeps it off the index of names, which promises the order
 * and would look at all objects of the kind. */
#define OF_KIND      " client_pk = ?1 AND kind = ?2"
#define ALSO_OF_KIND " +client_pk = ?1 AND +kind = ?2"
#define WANTED                                                                                     \
    " AND (?3 IS NULL OR id = ?3) AND (?4 IS NULL OR name = ?4)"                                   \
    " AND (?5 IS NULL OR instr(lower(name), lower(?5)) > 0)"                                       \
    " AND (?6 IS NULL OR type = ?6) AND (?7 IS NULL OR owner = ?7)"                                \
    " AND (?8 = 0 OR (?8 = 2) = (type IN ('" RS_TYPE_RESOURCE "', '" RS_TYPE_SCOPE "')))"
#define PAGE   " ORDER BY name, pk LIMIT ?9 OFFSET ?10"
#define SELECT "SELECT " COLUMNS " FROM rs_object WHERE"

static const struct sql *list_of(const struct rs_filter *f)
{
    static const struct sql plain = {SELECT OF_KIND WANTED PAGE};
    static const struct sql linked = {
        SELECT ALSO_OF_KIND WANTED
        " AND pk IN (SELECT to_pk FROM rs_link WHERE from_pk = ?11)" PAGE};
    static const struct sql linking = {
        SELECT ALSO_OF_KIND WANTED
        " AND pk IN (SELECT from_pk FROM rs_link WHERE to_pk = ?11)" PAGE};
    static const struct sql worded = {
        SELECT ALSO_OF_KIND WANTED
        " AND pk IN (SELECT object_pk FROM rs_word WHERE word = ?11)" PAGE};
    if (f->from_pk != 0)
        return &linked;
    if (f->to_pk != 0)
        return &linking;
    return str_absent(f->word) ? &plain : &worded;
}

static void bind_filter(struct query *q, const struct rs_filter *f)
{
    const struct str none = {NULL, 0};
    query_i64(q, f->client_pk);
    query_i64(q, f->kind);
    query_id(q, f->id);
    query_str(q, f->exact ? f->name : none);
    query_str(q, f->exact ? none : f->name);
    query_str(q, f->type);
    query_id(q, f->owner);
    query_i64(q, f->permissions);
}

int rs_list(struct store_read *r, struct arena *a, const struct rs_filter *filter, size_t first,
            size_t limit, struct rs_objects *ret_objects)
{
    struct rows rows = ROWS_OF(struct rs_object);
    QUERY(q);
    TRY(query_open(r->conn, list_of(filter), &q));
    bind_filter(&q, filter);
    query_i64(&q, rows_at_most(limit));
    query_i64(&q, rows_at_most(first));
    if (filter->from_pk != 0 || filter->to_pk != 0)
        query_i64(&q, filter->from_pk != 0 ? filter->from_pk : filter->to_pk);
    else if (!str_absent(filter->word))
        query_id(&q, filter->word);
    TRY(rows_read(&rows, &q, a, read_row));
    *ret_objects = (struct rs_objects){rows.items, rows.count};
    return 0;
}

int rs_owned(struct store_read *r, struct arena *a, struct str owner,
             struct rs_objects *ret_objects)
{
    static const struct sql select = {"SELECT " COLUMNS " FROM rs_object"
                                      " WHERE owner = ? AND owner <> '' AND kind = ? ORDER BY pk"};
    struct rows rows = ROWS_OF(struct rs_object);
    QUERY(q);
    TRY(query_open(r->conn, &select, &q));
    query_id(&q, owner);
    query_i64(&q, RS_RESOURCE);
    TRY(rows_read(&rows, &q, a, read_row));
    *ret_objects = (struct rs_objects){rows.items, rows.count};
    return 0;
}

int rs_policies_with_word(struct store_read *r, struct arena *a, struct str word,
                          struct rs_objects *ret_objects)
{
    static const struct sql select = {
        "SELECT " COLUMNS " FROM rs_object WHERE kind = ?"
        " AND pk IN (SELECT object_pk FROM rs_word WHERE word = ?) ORDER BY pk"};
    struct rows rows = ROWS_OF(struct rs_object);
    QUERY(q);
    TRY(query_open(r->conn, &select, &q));
    query_i64(&q, RS_POLICY);
    query_id(&q, word);
    TRY(rows_read(&rows, &q, a, read_row));
    *ret_objects = (struct rs_objects){rows.items, rows.count};
    return 0;
}

/* "[7,9]", for json_each. */
static int pks_json(struct arena *a, const struct rs_objects *objects, struct str *ret_json)
{
    struct buf b;
    struct json_writer w;
    buf_init(&b, a, PKS_MAX_BYTES);
    jw_init(&w, &b);
    jw_begin_array(&w);
    for (size_t i = 0; i < objects->count; i++)
        jw_i64(&w, objects->items[i].pk);
    jw_end_array(&w);
    return jw_finish(&w, ret_json);
}

int rs_list_of_scopes(struct store_read *r, struct arena *a, int64_t client_pk,
                      const struct rs_objects *scopes, size_t limit, struct rs_objects *ret_objects)
{
    static const struct sql select = {
        SELECT ALSO_OF_KIND
        " AND type = '" RS_TYPE_SCOPE "'"
        " AND pk IN (SELECT from_pk FROM rs_link WHERE to_pk IN (SELECT value FROM json_each(?3)))"
        " AND NOT EXISTS (SELECT 1 FROM rs_link JOIN rs_object AS target ON target.pk = to_pk"
        " WHERE from_pk = rs_object.pk AND target.kind = ?4) ORDER BY name, pk LIMIT ?5"};
    struct rows rows = ROWS_OF(struct rs_object);
    struct str pks;
    TRY(pks_json(a, scopes, &pks));
    QUERY(q);
    TRY(query_open(r->conn, &select, &q));
    query_i64(&q, client_pk);
    query_i64(&q, RS_POLICY);
    query_str(&q, pks);
    query_i64(&q, RS_RESOURCE);
    query_i64(&q, rows_at_most(limit));
    TRY(rows_read(&rows, &q, a, read_row));
    *ret_objects = (struct rs_objects){rows.items, rows.count};
    return 0;
}

/* --- Links and words --- */

static int insert_link(struct store_write *w, int64_t from_pk, int64_t to_pk)
{
    static const struct sql insert = {
        "INSERT INTO rs_link (from_pk, to_pk) VALUES (?, ?) ON CONFLICT DO NOTHING"};
    QUERY(q);
    TRY(query_open(write_conn(w), &insert, &q));
    query_i64(&q, from_pk);
    query_i64(&q, to_pk);
    return query_run(&q);
}

static int delete_links(struct store_write *w, int64_t from_pk, enum rs_kind kind)
{
    static const struct sql delete_rows = {
        "DELETE FROM rs_link WHERE from_pk = ?"
        " AND to_pk IN (SELECT pk FROM rs_object WHERE kind = ?)"};
    QUERY(q);
    TRY(query_open(write_conn(w), &delete_rows, &q));
    query_i64(&q, from_pk);
    query_i64(&q, kind);
    return query_run(&q);
}

int rs_links_put(struct store_write *w, int64_t from_pk, enum rs_kind kind,
                 const struct rs_objects *to)
{
    TRY(delete_links(w, from_pk, kind));
    for (size_t i = 0; i < to->count; i++)
        TRY(insert_link(w, from_pk, to->items[i].pk));
    return 0;
}

int rs_links_of(struct store_read *r, struct arena *a, int64_t from_pk, int64_t **ret_pks,
                size_t *ret_count)
{
    static const struct sql select = {"SELECT to_pk FROM rs_link WHERE from_pk = ? ORDER BY to_pk"};
    QUERY(q);
    TRY(query_open(r->conn, &select, &q));
    query_i64(&q, from_pk);
    return rows_read_pks(&q, a, ret_pks, ret_count);
}

static int insert_word(struct store_write *w, int64_t pk, struct str word)
{
    static const struct sql insert = {
        "INSERT INTO rs_word (object_pk, word) VALUES (?, ?) ON CONFLICT DO NOTHING"};
    QUERY(q);
    TRY(query_open(write_conn(w), &insert, &q));
    query_i64(&q, pk);
    query_id(&q, word);
    return query_run(&q);
}

int rs_words_put(struct store_write *w, int64_t pk, const struct strs *words)
{
    static const struct sql delete_rows = {"DELETE FROM rs_word WHERE object_pk = ?"};
    QUERY(q);
    TRY(query_open(write_conn(w), &delete_rows, &q));
    query_i64(&q, pk);
    TRY(query_run(&q));
    for (size_t i = 0; i < words->count; i++)
        TRY(insert_word(w, pk, words->items[i]));
    return 0;
}
