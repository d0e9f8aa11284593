/* Members of organizations. */
#include "core/port/organizations.h"

#include "store/sql/rows.h"
#include "store/sql/user_row.h"
#include "store/tx.h"

#include "core/base/banned.h"

static int change(struct store_write *w, const struct sql *sql, struct str organization_id,
                  int64_t user_pk, int (*run)(struct query *q))
{
    QUERY(q);
    TRY(query_open(write_conn(w), sql, &q));
    query_id(&q, organization_id);
    query_i64(&q, user_pk);
    return run(&q);
}

int organization_member_add(struct store_write *w, struct str organization_id, int64_t user_pk)
{
    static const struct sql insert = {
        "INSERT INTO organization_member (organization_id, user_pk) VALUES (?, ?)"};
    return change(w, &insert, organization_id, user_pk, query_run);
}

int organization_member_remove(struct store_write *w, struct str organization_id, int64_t user_pk)
{
    static const struct sql delete_row = {
        "DELETE FROM organization_member WHERE organization_id = ? AND user_pk = ?"};
    return change(w, &delete_row, organization_id, user_pk, query_run_one);
}

int organization_members_remove(struct store_write *w, struct str organization_id)
{
    static const struct sql delete_rows = {
        "DELETE FROM organization_member WHERE organization_id = ?"};
    QUERY(q);
    TRY(query_open(write_conn(w), &delete_rows, &q));
    query_id(&q, organization_id);
    return query_run(&q);
}

int organization_member_find(struct store_read *r, struct str organization_id, int64_t user_pk)
{
    static const struct sql select = {
        "SELECT 1 FROM organization_member WHERE organization_id = ? AND user_pk = ?"};
    QUERY(q);
    TRY(query_open(r->conn, &select, &q));
    query_id(&q, organization_id);
    query_i64(&q, user_pk);
    return query_one(&q);
}

/* The beginning of a text is what lies between it and the same with the greatest letter behind. */
int organization_members(struct store_read *r, struct arena *a, struct str organization_id,
                         struct str search, bool exact, size_t first, size_t limit,
                         struct user **ret_items, size_t *ret_count)
{
    static const struct sql select = {
        "SELECT " USER_COLUMNS " FROM user WHERE pk IN"
        " (SELECT user_pk FROM organization_member WHERE organization_id = ?1)"
        " AND (?2 IS NULL OR username BETWEEN ?2 AND ?3 OR lower(email) BETWEEN ?2 AND ?3)"
        " ORDER BY username LIMIT ?4 OFFSET ?5"};
    struct rows rows = ROWS_OF(struct user);
    struct str last = exact ? search : ARENA_CONCAT(a, search, STR("\xf4\x8f\xbf\xbf"));
    QUERY(q);
    TRY(query_open(r->conn, &select, &q));
    query_id(&q, organization_id);
    query_str(&q, search);
    query_str(&q, last);
    query_i64(&q, rows_at_most(limit));
    query_i64(&q, rows_at_most(first));
    TRY(rows_read(&rows, &q, a, user_row_read));
    *ret_items = rows.items;
    *ret_count = rows.count;
    return 0;
}

int organization_members_count(struct store_read *r, struct str organization_id, int64_t *ret_count)
{
    static const struct sql count = {
        "SELECT count(*) FROM organization_member WHERE organization_id = ?"};
    QUERY(q);
    TRY(query_open(r->conn, &count, &q));
    query_id(&q, organization_id);
    TRY(query_one(&q));
    *ret_count = query_col_i64(&q, 0);
    return q.err;
}

static int read_id(struct query *q, struct arena *a, void *ret_id)
{
    *(struct str *)ret_id = query_col_id(q, 0, a);
    return q->err;
}

int user_organizations(struct store_read *r, struct arena *a, int64_t user_pk, struct strs *ret_ids)
{
    static const struct sql select = {
        "SELECT organization_id FROM organization_member WHERE user_pk = ?"
        " ORDER BY organization_id"};
    struct rows rows = ROWS_OF(struct str);
    QUERY(q);
    TRY(query_open(r->conn, &select, &q));
    query_i64(&q, user_pk);
    TRY(rows_read(&rows, &q, a, read_id));
    *ret_ids = (struct strs){rows.items, rows.count};
    return 0;
}
