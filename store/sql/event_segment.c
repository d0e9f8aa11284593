/* Rows of archived segments, and taking what they hold out of the database. */
#include "store/sql/event_row.h"
#include "store/sql/rows.h"

#include "core/base/banned.h"

/* Before the first event. */
static const char zeros[AUDIT_HASH_BYTES];

static int read_row(struct query *q, struct arena *a, void *ret_item, void *context)
{
    struct event_segment *s = ret_item;
    const struct store_read *r = context;
    struct str realm_id = arena_str(a, r->slot->id);
    *s = (struct event_segment){
        .statement = {.kind = STATEMENT_SEGMENT,
                      .realm_id = realm_id,
                      .last_seq = query_col_i64(q, 0),
                      .first_seq = query_col_i64(q, 1),
                      .prev_hash = query_col_str(q, 2, a),
                      .last_hash = query_col_str(q, 3, a),
                      .from_ms = query_col_i64(q, 4),
                      .to_ms = query_col_i64(q, 5),
                      .time_ms = query_col_i64(q, 6),
                      .kid = query_col_str(q, 7, a),
                      .signature = query_col_str(q, 8, a)},
        .file = query_col_str(q, 9, a),
        .removed = query_col_i64(q, 10) != 0,
    };
    s->removal = (struct statement){.kind = STATEMENT_REMOVAL,
                                    .realm_id = realm_id,
                                    .first_seq = 1,
                                    .prev_hash = str_of(zeros, sizeof(zeros)),
                                    .last_seq = s->statement.last_seq,
                                    .last_hash = s->statement.last_hash,
                                    .time_ms = query_col_i64(q, 10),
                                    .kid = query_col_str(q, 11, a),
                                    .signature = query_col_str(q, 12, a)};
    return str_absent(realm_id) ? ERR_NO_MEMORY : q->err;
}

int event_segment_list(struct store_read *r, struct arena *a, struct event_segment **ret_items,
                       size_t *ret_count)
{
    static const struct sql select = {
        "SELECT seq, first_seq, prev_hash, hash, from_ms, to_ms, time_ms, kid, signature, file,"
        " removed_ms, removal_kid, removal_signature FROM event_segment ORDER BY seq"};
    struct rows rows = ROWS_OF(struct event_segment);
    QUERY(q);
    TRY(query_open(r->conn, &select, &q));
    TRY(rows_read_with(&rows, &q, a, read_row, r));
    *ret_items = rows.items;
    *ret_count = rows.count;
    return 0;
}

int event_segment_insert(struct store_write *w, const struct event_segment *segment)
{
    static const struct sql insert = {
        "INSERT INTO event_segment (seq, first_seq, prev_hash, hash, from_ms, to_ms, time_ms, kid,"
        " signature, file) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"};
    const struct statement *s = &segment->statement;
    QUERY(q);
    TRY(query_open(write_conn(w), &insert, &q));
    query_i64(&q, s->last_seq);
    query_i64(&q, s->first_seq);
    query_blob(&q, s->prev_hash);
    query_blob(&q, s->last_hash);
    query_i64(&q, s->from_ms);
    query_i64(&q, s->to_ms);
    query_i64(&q, s->time_ms);
    query_str(&q, s->kid);
    query_blob(&q, s->signature);
    query_str(&q, segment->file);
    return query_run(&q);
}

int event_segment_remove(struct store_write *w, const struct statement *removal)
{
    static const struct sql update = {
        "UPDATE event_segment SET removed_ms = ?, removal_kid = ?, removal_signature = ?"
        " WHERE seq = ?"};
    QUERY(q);
    TRY(query_open(write_conn(w), &update, &q));
    query_i64(&q, removal->time_ms);
    query_str(&q, removal->kid);
    query_blob(&q, removal->signature);
    query_i64(&q, removal->last_seq);
    return query_run_one(&q);
}

int event_archived_seq(struct store_read *r, int64_t *ret_seq)
{
    static const struct sql select = {"SELECT coalesce(max(seq), 0) FROM event_segment"};
    QUERY(q);
    TRY(query_open(r->conn, &select, &q));
    TRY(query_one(&q));
    *ret_seq = query_col_i64(&q, 0);
    return 0;
}

/* --- Taking out --- */

int event_prune_due(struct store_read *r, bool *ret_due)
{
    static const struct sql select = {
        "SELECT 1 FROM event WHERE seq <= (SELECT coalesce(max(seq), 0) FROM event_segment) LIMIT 1"};
    QUERY(q);
    TRY(query_open(r->conn, &select, &q));
    return query_next(&q, ret_due);
}

static int run_delete(struct conn *conn, const struct sql *sql, int64_t archived, int64_t limit)
{
    QUERY(q);
    TRY(query_open(conn, sql, &q));
    query_i64(&q, archived);
    query_i64(&q, limit);
    return query_run(&q);
}

/* Only here and now may a statement be made that deletes events (SQLite may make it anew when it is
 * run). */
static int delete_up_to(struct store_write *w, const struct sql *sql, int64_t archived,
                        int64_t limit, int64_t *ret_count)
{
    struct conn *conn = write_conn(w);
    conn->archives = true;
    int err = run_delete(conn, sql, archived, limit);
    conn->archives = false;
    *ret_count = sqlite3_changes64(conn->db);
    return err;
}

int event_prune(struct store_write *w, int64_t limit, int64_t *ret_count)
{
    static const struct sql events = {
        "DELETE FROM event WHERE seq IN (SELECT seq FROM event WHERE seq <= ?1 ORDER BY seq"
        " LIMIT ?2)"};
    /* The newest head stays: the next one begins where it ends. */
    static const struct sql heads = {
        "DELETE FROM event_head WHERE seq IN (SELECT seq FROM event_head WHERE seq <= ?1"
        " AND seq < (SELECT max(seq) FROM event_head) ORDER BY seq LIMIT ?2)"};
    static const struct sql steps = {
        "DELETE FROM event_step WHERE seq IN (SELECT seq FROM event_step WHERE seq <= ?1"
        " ORDER BY seq LIMIT ?2)"};
    int64_t archived, ignored;
    TRY(event_archived_seq(&w->reader, &archived));
    TRY(delete_up_to(w, &events, archived, limit, ret_count));
    TRY(delete_up_to(w, &steps, archived, limit, &ignored));
    return delete_up_to(w, &heads, archived, limit, &ignored);
}
