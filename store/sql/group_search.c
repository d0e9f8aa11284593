/* Pages of groups, how many there are, and who and what belongs to them. */
#include "core/port/roles.h"
#include "core/port/users.h"
#include "store/sql/group_row.h"
#include "store/sql/rows.h"
#include "store/sql/user_row.h"

#include "core/base/banned.h"

/* ?1 parent, or all below the top for -1; ?2 name, absent: any; ?3 exact; ?4, ?5 an attribute; ?6 the
 * organization, absent: the realm.
 * Names are compared with their ASCII letters folded, as everywhere. */
#define MATCHES                                                                                    \
    " grp.organization_id IS ?6 AND (?1 = -1 OR coalesce(grp.parent_pk, 0) = ?1)"                  \
    " AND (?2 IS NULL OR CASE WHEN ?3 THEN grp.name = ?2"                                          \
    " ELSE instr(lower(grp.name), lower(?2)) > 0 END)"                                             \
    " AND (?4 IS NULL OR EXISTS (SELECT 1 FROM json_each(grp.attributes, '$.v') a,"                \
    " json_each(a.value) v"                                                                        \
    " WHERE a.key = ?4 AND v.value = ?5))"

static struct str or_null(struct str text)
{
    return str_empty(text) ? str_of(NULL, 0) : text;
}

static void bind(struct query *q, const struct group_wanted *f)
{
    query_i64(q, f->anywhere ? -1 : f->parent_pk);
    query_str(q, or_null(f->search));
    query_i64(q, f->exact);
    query_str(q, or_null(f->attribute));
    query_str(q, f->value);
    query_id(q, f->organization_id);
}

int group_search(struct store_read *r, struct arena *a, const struct group_wanted *filter,
                 size_t first, size_t limit, struct groups *ret_groups)
{
    static const struct sql select = {"SELECT " GROUP_COLUMNS " FROM grp WHERE" MATCHES
                                      " ORDER BY grp.name, grp.pk LIMIT ?7 OFFSET ?8"};
    QUERY(q);
    TRY(query_open(r->conn, &select, &q));
    bind(&q, filter);
    query_i64(&q, rows_at_most(limit));
    query_i64(&q, rows_at_most(first));
    return group_rows_read(r, &q, a, ret_groups);
}

int group_count(struct store_read *r, const struct group_wanted *filter, int64_t *ret_count)
{
    static const struct sql select = {"SELECT count(*) FROM grp WHERE" MATCHES};
    QUERY(q);
    TRY(query_open(r->conn, &select, &q));
    bind(&q, filter);
    TRY(query_one(&q));
    *ret_count = query_col_i64(&q, 0);
    return 0;
}

int group_find_by_pk(struct store_read *r, struct arena *a, int64_t pk, struct group *ret_group)
{
    static const struct sql select = {"SELECT " GROUP_COLUMNS " FROM grp WHERE grp.pk = ?"};
    struct groups found;
    QUERY(q);
    TRY(query_open(r->conn, &select, &q));
    query_i64(&q, pk);
    TRY(group_rows_read(r, &q, a, &found));
    if (found.count == 0)
        return ERR_NOT_FOUND;
    *ret_group = found.items[0];
    return 0;
}

int role_groups(struct store_read *r, struct arena *a, int64_t role_pk, size_t first, size_t limit,
                struct groups *ret_groups)
{
    static const struct sql select = {
        "SELECT " GROUP_COLUMNS " FROM group_role JOIN grp ON grp.pk = group_role.group_pk"
        " WHERE group_role.role_pk = ? AND grp.organization_id IS NULL"
        " ORDER BY grp.name, grp.pk LIMIT ? OFFSET ?"};
    QUERY(q);
    TRY(query_open(r->conn, &select, &q));
    query_i64(&q, role_pk);
    query_i64(&q, rows_at_most(limit));
    query_i64(&q, rows_at_most(first));
    return group_rows_read(r, &q, a, ret_groups);
}

int group_members(struct store_read *r, struct arena *a, int64_t group_pk, size_t first,
                  size_t limit, struct user **ret_items, size_t *ret_count)
{
    static const struct sql select = {"SELECT " USER_COLUMNS
                                      " FROM user WHERE pk IN (SELECT user_pk FROM user_group"
                                      " WHERE group_pk = ?) ORDER BY username LIMIT ? OFFSET ?"};
    struct rows rows = ROWS_OF(struct user);
    QUERY(q);
    TRY(query_open(r->conn, &select, &q));
    query_i64(&q, group_pk);
    query_i64(&q, rows_at_most(limit));
    query_i64(&q, rows_at_most(first));
    TRY(rows_read(&rows, &q, a, user_row_read));
    *ret_items = rows.items;
    *ret_count = rows.count;
    return 0;
}
