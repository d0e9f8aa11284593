/* Groups: a tree of names. The path of a group is put together when it is read. */
#include "core/port/roles.h"
#include "store/sql/doc.h"
#include "store/sql/group_row.h"
#include "store/sql/role_row.h"
#include "store/sql/rows.h"

#include "core/base/banned.h"

#define COLUMNS   GROUP_COLUMNS
#define MAX_DEPTH 64

/* A step up: the parent and the name of a group. */
static int step_up(struct store_read *r, struct arena *a, int64_t *io_pk, struct str *ret_name)
{
    static const struct sql select = {"SELECT parent_pk, name FROM grp WHERE pk = ?"};
    QUERY(q);
    TRY(query_open(r->conn, &select, &q));
    query_i64(&q, *io_pk);
    TRY(query_one(&q));
    *io_pk = query_col_i64(&q, 0);
    *ret_name = query_col_str(&q, 1, a);
    return q.err;
}

static int make_path(struct store_read *r, struct arena *a, const struct group *g,
                     struct str *ret_path)
{
    struct str path = ARENA_CONCAT(a, STR("/"), g->name);
    int64_t pk = g->parent_pk;
    for (int depth = 0; pk != 0; depth++) {
        struct str name;
        if (depth == MAX_DEPTH)
            return ERR_TOO_DEEP;
        TRY(step_up(r, a, &pk, &name));
        path = ARENA_CONCAT(a, STR("/"), name, path);
    }
    if (str_absent(path))
        return ERR_NO_MEMORY;
    *ret_path = path;
    return 0;
}

static int read_row(struct query *q, struct arena *a, void *ret_item)
{
    struct group *g = ret_item;
    *g = (struct group){.pk = query_col_i64(q, 0),
                        .id = query_col_id(q, 1, a),
                        .parent_pk = query_col_i64(q, 2),
                        .name = query_col_str(q, 3, a),
                        .organization_id = query_col_id(q, 5, a),
                        .dormant = (unsigned)query_col_i64(q, 6)};
    TRY(q->err);
    return doc_read_attrs(query_col_view(q, 4), a, &g->attributes);
}

int group_rows_read(struct store_read *r, struct query *q, struct arena *a,
                    struct groups *ret_groups)
{
    struct rows rows = ROWS_OF(struct group);
    TRY(rows_read(&rows, q, a, read_row));
    struct group *items = rows.items;
    for (size_t i = 0; i < rows.count; i++)
        TRY(make_path(r, a, &items[i], &items[i].path));
    *ret_groups = (struct groups){items, rows.count};
    return 0;
}

int group_row_read(struct store_read *r, struct query *q, struct arena *a, struct group *ret_group)
{
    struct group g;
    TRY(query_one(q));
    TRY(read_row(q, a, &g));
    TRY(make_path(r, a, &g, &g.path));
    *ret_group = g;
    return 0;
}

static int top_by_name(struct store_read *r, struct arena *a, struct str organization_id,
                       struct str name, struct group *ret_group)
{
    static const struct sql of_realm = {
        "SELECT " COLUMNS
        " FROM grp WHERE parent_pk IS NULL AND organization_id IS NULL AND name = ?"};
    static const struct sql of_organization = {
        "SELECT " COLUMNS " FROM grp WHERE parent_pk IS NULL AND name = ? AND organization_id = ?"};
    QUERY(q);
    TRY(query_open(r->conn, str_absent(organization_id) ? &of_realm : &of_organization, &q));
    query_str(&q, name);
    if (!str_absent(organization_id))
        query_id(&q, organization_id);
    TRY(query_one(&q));
    return read_row(&q, a, ret_group);
}

static int child_by_name(struct store_read *r, struct arena *a, int64_t parent_pk, struct str name,
                         struct group *ret_group)
{
    static const struct sql child = {"SELECT " COLUMNS
                                     " FROM grp WHERE name = ? AND parent_pk = ?"};
    QUERY(q);
    TRY(query_open(r->conn, &child, &q));
    query_str(&q, name);
    query_i64(&q, parent_pk);
    TRY(query_one(&q));
    return read_row(&q, a, ret_group);
}

int group_walk(struct store_read *r, struct arena *a, struct str organization_id, struct str path,
               struct group *ret_group)
{
    struct str rest = str_starts(path, STR("/")) ? str_from(path, 1) : path;
    struct str name;
    struct group g = {0};
    if (str_empty(rest) || str_ends(rest, STR("/")))
        return ERR_NOT_FOUND;
    while (str_next(&rest, '/', &name))
        TRY(g.pk ? child_by_name(r, a, g.pk, name, &g)
                 : top_by_name(r, a, organization_id, name, &g));
    TRY(make_path(r, a, &g, &g.path));
    *ret_group = g;
    return 0;
}

int group_find_by_path(struct store_read *r, struct arena *a, struct str path,
                       struct group *ret_group)
{
    return group_walk(r, a, (struct str){NULL, 0}, path, ret_group);
}

int group_find_by_id(struct store_read *r, struct arena *a, struct str id, struct group *ret_group)
{
    static const struct sql select = {"SELECT " COLUMNS
                                      " FROM grp WHERE id = ? AND organization_id IS NULL"};
    QUERY(q);
    TRY(query_open(r->conn, &select, &q));
    query_id(&q, id);
    return group_row_read(r, &q, a, ret_group);
}

int group_list(struct store_read *r, struct arena *a, int64_t parent_pk, struct groups *ret_groups)
{
    static const struct sql top = {
        "SELECT " COLUMNS
        " FROM grp WHERE parent_pk IS NULL AND organization_id IS NULL ORDER BY name"};
    static const struct sql below = {"SELECT " COLUMNS
                                     " FROM grp WHERE parent_pk = ? ORDER BY name"};
    QUERY(q);
    TRY(query_open(r->conn, parent_pk ? &below : &top, &q));
    if (parent_pk)
        query_i64(&q, parent_pk);
    return group_rows_read(r, &q, a, ret_groups);
}

/* A slash would make the path ambiguous. */
static bool name_is_fit(struct str name)
{
    return name.len > 0 && str_find(name, '/') < 0;
}

int group_insert(struct store_write *w, struct group *group)
{
    static const struct sql insert = {
        "INSERT INTO grp (parent_pk, name, attributes, id, organization_id, dormant)"
        " VALUES (?, ?, ?, ?, ?, ?)"};
    struct str attributes;
    if (!name_is_fit(group->name))
        return ERR_INVALID_REQUEST;
    TRY(doc_write_attrs(&group->attributes, &w->arena, &attributes));
    QUERY(q);
    TRY(query_open(write_conn(w), &insert, &q));
    query_ref(&q, group->parent_pk);
    query_str(&q, group->name);
    query_str(&q, attributes);
    query_id(&q, group->id);
    query_id(&q, group->organization_id);
    query_i64(&q, group->dormant);
    TRY(query_run(&q));
    group->pk = sqlite3_last_insert_rowid(write_conn(w)->db);
    return 0;
}

static int is_below(struct store_write *w, int64_t pk, int64_t top_pk, bool *ret_below)
{
    static const struct sql select = {
        "WITH RECURSIVE above (pk) AS (SELECT ?1"
        " UNION SELECT grp.parent_pk FROM grp JOIN above ON grp.pk = above.pk"
        " WHERE grp.parent_pk IS NOT NULL) SELECT 1 FROM above WHERE pk = ?2"};
    QUERY(q);
    TRY(query_open(write_conn(w), &select, &q));
    query_i64(&q, pk);
    query_i64(&q, top_pk);
    return query_next(&q, ret_below);
}

int group_height(struct store_read *r, int64_t group_pk, int64_t *ret_height)
{
    static const struct sql select = {
        "WITH RECURSIVE below (pk, level) AS (SELECT ?1, 1"
        " UNION ALL SELECT grp.pk, level + 1 FROM grp JOIN below ON grp.parent_pk = below.pk)"
        " SELECT max(level) FROM below"};
    QUERY(q);
    TRY(query_open(r->conn, &select, &q));
    query_i64(&q, group_pk);
    TRY(query_one(&q));
    *ret_height = query_col_i64(&q, 0);
    return q.err;
}

int group_update(struct store_write *w, const struct group *group)
{
    static const struct sql update = {
        "UPDATE grp SET parent_pk = ?, name = ?, attributes = ? WHERE pk = ?"};
    struct str attributes;
    bool circle;
    if (!name_is_fit(group->name))
        return ERR_INVALID_REQUEST;
    TRY(is_below(w, group->parent_pk, group->pk, &circle));
    if (circle)
        return ERR_CONFLICT;
    TRY(doc_write_attrs(&group->attributes, &w->arena, &attributes));
    QUERY(q);
    TRY(query_open(write_conn(w), &update, &q));
    query_ref(&q, group->parent_pk);
    query_str(&q, group->name);
    query_str(&q, attributes);
    query_i64(&q, group->pk);
    return query_run_one(&q);
}

int group_delete(struct store_write *w, int64_t group_pk)
{
    static const struct sql delete_row = {"DELETE FROM grp WHERE pk = ?"};
    QUERY(q);
    TRY(query_open(write_conn(w), &delete_row, &q));
    query_i64(&q, group_pk);
    return query_run_one(&q);
}

/* --- Roles and members --- */

int group_role_add(struct store_write *w, int64_t group_pk, int64_t role_pk)
{
    static const struct sql insert = {
        "INSERT INTO group_role (group_pk, role_pk) VALUES (?, ?) ON CONFLICT DO NOTHING"};
    return role_pair_run(w, &insert, group_pk, role_pk);
}

int group_role_remove(struct store_write *w, int64_t group_pk, int64_t role_pk)
{
    static const struct sql delete_row = {
        "DELETE FROM group_role WHERE group_pk = ? AND role_pk = ?"};
    return role_pair_run(w, &delete_row, group_pk, role_pk);
}

int group_roles(struct store_read *r, struct arena *a, int64_t group_pk, struct roles *ret_roles)
{
    static const struct sql select = {ROLE_SELECT " JOIN group_role ON role.pk = group_role.role_pk"
                                                  " WHERE group_role.group_pk = ?" ROLE_ORDER};
    return role_rows_of(r, a, &select, group_pk, ret_roles);
}

int group_roles_of_any(struct store_read *r, struct arena *a, struct roles *ret_roles)
{
    static const struct sql select = {
        ROLE_SELECT
        " WHERE role.pk IN (SELECT role_pk FROM group_role WHERE group_pk > ?)" ROLE_ORDER};
    return role_rows_of(r, a, &select, 0, ret_roles);
}

int user_group_add(struct store_write *w, int64_t user_pk, int64_t group_pk)
{
    static const struct sql insert = {
        "INSERT INTO user_group (user_pk, group_pk) VALUES (?, ?) ON CONFLICT DO NOTHING"};
    return role_pair_run(w, &insert, user_pk, group_pk);
}

int user_group_remove(struct store_write *w, int64_t user_pk, int64_t group_pk)
{
    static const struct sql delete_row = {
        "DELETE FROM user_group WHERE user_pk = ? AND group_pk = ?"};
    return role_pair_run(w, &delete_row, user_pk, group_pk);
}

int user_groups(struct store_read *r, struct arena *a, int64_t user_pk, struct groups *ret_groups)
{
    static const struct sql select = {"SELECT " COLUMNS
                                      " FROM user_group JOIN grp ON grp.pk = user_group.group_pk"
                                      " WHERE user_group.user_pk = ?"
                                      " AND grp.organization_id IS NULL ORDER BY grp.name"};
    QUERY(q);
    TRY(query_open(r->conn, &select, &q));
    query_i64(&q, user_pk);
    return group_rows_read(r, &q, a, ret_groups);
}
