/* Records by kind, their documents sealed. */
#include "core/port/records.h"

#include "store/keystore/seal.h"
#include "store/sql/rows.h"
#include "store/tx.h"

#include "core/base/banned.h"

#define COLUMNS "id, name, parent, position, doc"

struct reading {
    const struct slot *slot;
    const char *kind;
};

/* Bound to its kind and id: a document moved to another row does not open. */
static int place_of(const struct slot *slot, struct arena *a, const char *kind, struct str id,
                    struct seal_place *ret_place)
{
    struct str row = arena_printf(a, "%s/%.*s", kind, STR_ARG(id));
    if (str_absent(row))
        return ERR_NO_MEMORY;
    *ret_place = (struct seal_place){&slot->store->master_key, slot->id, "record.doc", row};
    return 0;
}

static int read_row(struct query *q, struct arena *a, void *ret_item, void *context)
{
    const struct reading *reading = context;
    struct realm_record *record = ret_item;
    struct seal_place place;
    record->kind = reading->kind;
    record->id = query_col_id(q, 0, a);
    record->name = query_col_str(q, 1, a);
    record->parent = query_col_id(q, 2, a);
    record->position = query_col_i64(q, 3);
    TRY(q->err);
    TRY(place_of(reading->slot, a, record->kind, record->id, &place));
    return seal_open(&place, a, query_col_view(q, 4), &record->json);
}

static int count_of(struct store_read *r, const char *kind, int64_t *ret_count)
{
    static const struct sql count = {"SELECT count(*) FROM record WHERE kind = ?"};
    QUERY(q);
    TRY(query_open(r->conn, &count, &q));
    query_str(&q, str_c(kind));
    TRY(query_one(&q));
    *ret_count = query_col_i64(&q, 0);
    return q.err;
}

static int seal_doc(struct store_write *w, const struct realm_record *record,
                    struct str *ret_sealed)
{
    struct seal_place place;
    if (record->json.len > RECORD_MAX_BYTES)
        return ERR_INVALID_REQUEST;
    TRY(place_of(w->reader.slot, &w->arena, record->kind, record->id, &place));
    return seal_value(&place, &w->arena, record->json, ret_sealed);
}

int record_insert(struct store_write *w, const struct realm_record *record)
{
    static const struct sql insert = {"INSERT INTO record (kind, id, name, parent, position, doc)"
                                      " VALUES (?, ?, ?, ?, ?, ?)"};
    struct str sealed;
    int64_t count;
    TRY(count_of(store_write_reader(w), record->kind, &count));
    if (count >= RECORDS_MAX)
        return ERR_LIMIT_REACHED;
    TRY(seal_doc(w, record, &sealed));
    write_touch_config(w);
    QUERY(q);
    TRY(query_open(write_conn(w), &insert, &q));
    query_str(&q, str_c(record->kind));
    query_id(&q, record->id);
    query_str(&q, record->name);
    query_id(&q, record->parent);
    query_i64(&q, record->position);
    query_blob(&q, sealed);
    return query_run(&q);
}

int record_update(struct store_write *w, const struct realm_record *record)
{
    static const struct sql update = {
        "UPDATE record SET name = ?, parent = ?, position = ?, doc = ?"
        " WHERE kind = ? AND id = ?"};
    struct str sealed;
    TRY(seal_doc(w, record, &sealed));
    write_touch_config(w);
    QUERY(q);
    TRY(query_open(write_conn(w), &update, &q));
    query_str(&q, record->name);
    query_id(&q, record->parent);
    query_i64(&q, record->position);
    query_blob(&q, sealed);
    query_str(&q, str_c(record->kind));
    query_id(&q, record->id);
    return query_run_one(&q);
}

int record_delete(struct store_write *w, const char *kind, struct str id)
{
    static const struct sql delete_row = {"DELETE FROM record WHERE kind = ? AND id = ?"};
    write_touch_config(w);
    QUERY(q);
    TRY(query_open(write_conn(w), &delete_row, &q));
    query_str(&q, str_c(kind));
    query_id(&q, id);
    return query_run_one(&q);
}

int record_delete_children(struct store_write *w, const char *kind, struct str parent)
{
    static const struct sql delete_rows = {"DELETE FROM record WHERE kind = ? AND parent = ?"};
    write_touch_config(w);
    QUERY(q);
    TRY(query_open(write_conn(w), &delete_rows, &q));
    query_str(&q, str_c(kind));
    query_id(&q, parent);
    return query_run(&q);
}

static int read_one(struct store_read *r, struct arena *a, struct query *q, const char *kind,
                    struct realm_record *ret_record)
{
    struct reading reading = {r->slot, kind};
    struct realm_record record = {0};
    TRY(query_one(q));
    TRY(read_row(q, a, &record, &reading));
    *ret_record = record;
    return 0;
}

int record_find(struct store_read *r, struct arena *a, const char *kind, struct str id,
                struct realm_record *ret_record)
{
    static const struct sql select = {"SELECT " COLUMNS " FROM record WHERE kind = ? AND id = ?"};
    QUERY(q);
    TRY(query_open(r->conn, &select, &q));
    query_str(&q, str_c(kind));
    query_id(&q, id);
    return read_one(r, a, &q, kind, ret_record);
}

int record_find_by_name(struct store_read *r, struct arena *a, const char *kind, struct str name,
                        struct realm_record *ret_record)
{
    static const struct sql select = {"SELECT " COLUMNS " FROM record WHERE kind = ? AND name = ?"};
    QUERY(q);
    TRY(query_open(r->conn, &select, &q));
    query_str(&q, str_c(kind));
    query_str(&q, name);
    return read_one(r, a, &q, kind, ret_record);
}

static int read_list(struct store_read *r, struct arena *a, struct query *q, const char *kind,
                     struct realm_record **ret_items, size_t *ret_count)
{
    struct reading reading = {r->slot, kind};
    struct rows rows = ROWS_OF(struct realm_record);
    TRY(rows_read_with(&rows, q, a, read_row, &reading));
    *ret_items = rows.items;
    *ret_count = rows.count;
    return 0;
}

int record_list(struct store_read *r, struct arena *a, const char *kind,
                struct realm_record **ret_items, size_t *ret_count)
{
    static const struct sql select = {"SELECT " COLUMNS " FROM record WHERE kind = ?"
                                      " ORDER BY parent, position, id"};
    QUERY(q);
    TRY(query_open(r->conn, &select, &q));
    query_str(&q, str_c(kind));
    return read_list(r, a, &q, kind, ret_items, ret_count);
}

int record_list_children(struct store_read *r, struct arena *a, const char *kind, struct str parent,
                         struct realm_record **ret_items, size_t *ret_count)
{
    static const struct sql select = {"SELECT " COLUMNS
                                      " FROM record WHERE kind = ? AND parent IS ?"
                                      " ORDER BY position, id"};
    QUERY(q);
    TRY(query_open(r->conn, &select, &q));
    query_str(&q, str_c(kind));
    query_id(&q, parent);
    return read_list(r, a, &q, kind, ret_items, ret_count);
}
