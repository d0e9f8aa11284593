/* The list of realms, in the master database. */
#include "store/realm_list.h"

#include "core/base/log.h"
#include "store/sql/realm_row.h"
#include "store/sql/rows.h"

#include "core/base/banned.h"

#define ROW_COLUMNS "file, id, name, next_name, display_name, enabled, state"

static int read_row(struct query *q, struct arena *a, void *ret_row)
{
    *(struct list_row *)ret_row = (struct list_row){
        .file = query_col_str(q, 0, a),
        .id = query_col_str(q, 1, a),
        .name = query_col_str(q, 2, a),
        .next_name = query_col_str(q, 3, a),
        .display_name = query_col_str(q, 4, a),
        .enabled = query_col_i64(q, 5) != 0,
        .state = (enum list_state)query_col_i64(q, 6),
    };
    return q->err;
}

/* A realm whose settings are being changed is there under its old name. */
static int find(struct store_read *r, struct arena *a, struct str name, struct list_row *ret_row)
{
    static const struct sql select = {"SELECT " ROW_COLUMNS
                                      " FROM realm_list WHERE name = ? AND state IN (0, 3)"};
    QUERY(q);
    TRY(query_open(r->conn, &select, &q));
    query_str(&q, name);
    TRY(query_one(&q));
    return read_row(&q, a, ret_row);
}

int realm_list_find(struct store *store, struct arena *a, struct str name, struct list_row *ret_row)
{
    CLEANUP(store_read_end_p) struct store_read *r = NULL;
    TRY(tx_config_read_begin(store->master, NULL, &r));
    return find(r, a, name, ret_row);
}

int realm_list_find_file(struct store *store, struct arena *a, struct str file,
                         struct list_row *ret_row)
{
    static const struct sql select = {"SELECT " ROW_COLUMNS
                                      " FROM realm_list WHERE file = ? AND state IN (0, 3)"};
    CLEANUP(store_read_end_p) struct store_read *r = NULL;
    TRY(tx_config_read_begin(store->master, NULL, &r));
    QUERY(q);
    TRY(query_open(r->conn, &select, &q));
    query_str(&q, file);
    TRY(query_one(&q));
    return read_row(&q, a, ret_row);
}

static struct conn *change_conn(struct store_write *w)
{
    write_mark_list(w);
    return write_conn(w);
}

int realm_list_insert(struct store_write *w, const struct list_row *row)
{
    static const struct sql taken = {"SELECT 1 FROM realm_list WHERE next_name = ?"};
    static const struct sql insert = {
        "INSERT INTO realm_list (file, id, name, display_name, enabled, state)"
        " VALUES (?, ?, ?, ?, ?, ?)"};
    bool found;
    QUERY(q);
    TRY(query_open(write_conn(w), &taken, &q));
    query_str(&q, row->name);
    TRY(query_next(&q, &found));
    if (found)
        return ERR_CONFLICT;
    QUERY(i);
    TRY(query_open(change_conn(w), &insert, &i));
    query_str(&i, row->file);
    query_str(&i, row->id);
    query_str(&i, row->name);
    query_str(&i, row->display_name);
    query_i64(&i, row->enabled);
    query_i64(&i, row->state);
    return query_run(&i);
}

int realm_list_state(struct store_write *w, struct str file, enum list_state state)
{
    static const struct sql update = {"UPDATE realm_list SET state = ? WHERE file = ?"};
    QUERY(q);
    TRY(query_open(change_conn(w), &update, &q));
    query_i64(&q, state);
    query_str(&q, file);
    return query_run_one(&q);
}

int realm_list_remove(struct store_write *w, struct str file)
{
    static const struct sql delete_row = {"DELETE FROM realm_list WHERE file = ?"};
    QUERY(q);
    TRY(query_open(change_conn(w), &delete_row, &q));
    query_str(&q, file);
    return query_run(&q);
}

struct str realm_list_aside(const char *file, char aside[FILE_NAME_MAX + 2])
{
    size_t len = strlen(file);
    aside[0] = '.';
    memcpy(aside + 1, file, len + 1);
    return str_of(aside, len + 1);
}

int realm_list_put_aside(struct store_write *w, struct str file)
{
    static const struct sql update = {"UPDATE realm_list SET id = '.' || file, name = '.' || file,"
                                      " next_name = NULL, state = ? WHERE file = ?"};
    QUERY(q);
    TRY(query_open(change_conn(w), &update, &q));
    query_i64(&q, LIST_BEING_DELETED);
    query_str(&q, file);
    return query_run_one(&q);
}

int realm_list_put_in_place(struct store_write *w, struct str file, struct str id, struct str name)
{
    static const struct sql update = {
        "UPDATE realm_list SET id = ?, name = ?, state = ? WHERE file = ?"};
    QUERY(q);
    TRY(query_open(change_conn(w), &update, &q));
    query_str(&q, id);
    query_str(&q, name);
    query_i64(&q, LIST_READY);
    query_str(&q, file);
    return query_run_one(&q);
}

static int read_rows(struct store_read *r, const struct sql *select, struct arena *a,
                     struct list_row **ret_items, size_t *ret_count)
{
    struct rows rows = ROWS_OF(struct list_row);
    QUERY(q);
    TRY(query_open(r->conn, select, &q));
    TRY(rows_read(&rows, &q, a, read_row));
    *ret_items = rows.items;
    *ret_count = rows.count;
    return 0;
}

int realm_list_unfinished(struct store_read *r, struct arena *a, struct list_row **ret_items,
                          size_t *ret_count)
{
    static const struct sql select = {"SELECT " ROW_COLUMNS " FROM realm_list WHERE state <> 0"};
    return read_rows(r, &select, a, ret_items, ret_count);
}

int realm_list_all(struct store_read *r, struct arena *a, struct list_row **ret_items,
                   size_t *ret_count)
{
    static const struct sql select = {"SELECT " ROW_COLUMNS " FROM realm_list"};
    return read_rows(r, &select, a, ret_items, ret_count);
}

static int read_summary(struct query *q, struct arena *a, void *ret_summary)
{
    *(struct realm_summary *)ret_summary = (struct realm_summary){
        .id = query_col_str(q, 0, a),
        .name = query_col_str(q, 1, a),
        .display_name = query_col_str(q, 2, a),
        .enabled = query_col_i64(q, 3) != 0,
    };
    return q->err;
}

int store_realm_list(struct store *store, struct arena *a, struct str after, size_t limit,
                     struct realm_summary **ret_items, size_t *ret_count)
{
    static const struct sql select = {"SELECT id, name, display_name, enabled FROM realm_list"
                                      " WHERE name > ? AND state IN (0, 3) ORDER BY name LIMIT ?"};
    CLEANUP(store_read_end_p) struct store_read *r = NULL;
    struct rows rows = ROWS_OF(struct realm_summary);
    TRY(tx_config_read_begin(store->master, NULL, &r));
    QUERY(q);
    TRY(query_open(r->conn, &select, &q));
    query_str(&q, str_absent(after) ? STR("") : after);
    query_i64(&q, rows_at_most(limit));
    TRY(rows_read(&rows, &q, a, read_summary));
    struct realm_summary *items = rows.items;
    for (size_t i = 0; i < rows.count; i++)
        items[i].state = health_word(store, items[i].name);
    *ret_items = items;
    *ret_count = rows.count;
    return 0;
}

/* --- Changes of what the list repeats --- */

static int is_taken(struct store_write *w, struct str name, struct str file)
{
    static const struct sql select = {
        "SELECT 1 FROM realm_list WHERE (name = ?1 OR next_name = ?1) AND file <> ?2"};
    bool row;
    QUERY(q);
    TRY(query_open(write_conn(w), &select, &q));
    query_str(&q, name);
    query_str(&q, file);
    TRY(query_next(&q, &row));
    return row ? ERR_CONFLICT : 0;
}

/* The final values when state is ready; else the intention. */
static int put(struct store_write *w, struct str file, const struct list_change *change)
{
    static const struct sql update = {
        "UPDATE realm_list SET name = ?, display_name = ?, enabled = ?, next_name = NULL,"
        " state = 0 WHERE file = ?"};
    QUERY(q);
    TRY(query_open(change_conn(w), &update, &q));
    query_str(&q, change->name);
    query_str(&q, change->display_name);
    query_i64(&q, change->enabled);
    query_str(&q, file);
    return query_run_one(&q);
}

static int intend(struct store_write *w, struct str file, const struct list_change *change)
{
    static const struct sql update = {
        "UPDATE realm_list SET next_name = ?, state = 3 WHERE file = ?"};
    TRY(is_taken(w, change->name, file));
    QUERY(q);
    TRY(query_open(change_conn(w), &update, &q));
    query_str(&q, change->name);
    query_str(&q, file);
    return query_run_one(&q);
}

int realm_list_change_begin(struct store_write *w)
{
    struct slot *slot = w->reader.slot;
    if (slot->is_master)
        return put(w, STR(REALM_MASTER), &w->list); /* one database, one transaction */
    CLEANUP(store_rollback_p) struct store_write *m = NULL;
    TRY(tx_write_begin(slot->store->master, NULL, &w->now, &m));
    TRY(intend(m, str_c(slot->file), &w->list));
    return store_commit_p(&m, DURABLE_LOCAL);
}

static int settle(struct slot *slot, const struct now *now, const struct list_change *change)
{
    CLEANUP(store_rollback_p) struct store_write *m = NULL;
    TRY(tx_write_begin(slot->store->master, NULL, now, &m));
    TRY(put(m, str_c(slot->file), change));
    TRY(store_commit_p(&m, DURABLE_LOCAL));
    char name[REALM_NAME_MAX + 1];
    slot_name(slot, name);
    if (!str_eq_c(change->name, name))
        slot_rename(slot, change->name);
    return 0;
}

static int undo_intention(struct store_write *w)
{
    static const struct sql undo = {
        "UPDATE realm_list SET next_name = NULL, state = 0 WHERE file = ?"};
    CLEANUP(store_rollback_p) struct store_write *m = NULL;
    TRY(tx_write_begin(w->reader.slot->store->master, NULL, &w->now, &m));
    {
        QUERY(q);
        TRY(query_open(change_conn(m), &undo, &q));
        query_str(&q, str_c(w->reader.slot->file));
        TRY(query_run(&q));
    }
    return store_commit_p(&m, DURABLE_LOCAL);
}

int realm_list_change_end(struct store_write *w, int err)
{
    if (w->reader.slot->is_master)
        return err;
    if (err == 0)
        return settle(w->reader.slot, &w->now, &w->list);
    /* Not done, unless only the flush failed: then the next start sees what is really there. */
    if (err != ERR_STORE_FAILED && undo_intention(w) != 0)
        LOG_WARN("store", "the list of realms will be settled at the next start");
    return err;
}

int realm_list_settle(struct slot *slot)
{
    CLEANUP(arena_free) struct arena a;
    struct realm_row there;
    arena_init(&a, (size_t)4 << 20);
    {
        CLEANUP(store_read_end_p) struct store_read *r = NULL;
        TRY(tx_config_read_begin(slot, NULL, &r));
        TRY(realm_row_read(r, &a, &there));
    }
    struct now now = clock_now();
    struct list_change change = {.wanted = true,
                                 .name = there.realm.name,
                                 .display_name = there.realm.display_name,
                                 .enabled = there.realm.enabled};
    return settle(slot, &now, &change);
}
