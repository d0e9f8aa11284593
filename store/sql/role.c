/* Roles, their composites, and who has them. */
#include "core/port/roles.h"
#include "store/sql/doc.h"
#include "store/sql/role_row.h"
#include "store/sql/rows.h"
#include "store/tx.h"

#include "core/base/banned.h"

static int read_row(struct query *q, struct arena *a, void *ret_item)
{
    struct role *role = ret_item;
    *role = (struct role){
        .pk = query_col_i64(q, 0),
        .id = query_col_id(q, 1, a),
        .name = query_col_str(q, 2, a),
        .description = query_col_str(q, 3, a),
        .client_pk = query_col_i64(q, 4),
        .client_id = query_col_str(q, 5, a),
        .composite = query_col_i64(q, 6) != 0,
    };
    TRY(q->err);
    return doc_read_attrs(query_col_view(q, 7), a, &role->attributes);
}

int role_rows_read(struct query *q, struct arena *a, struct roles *ret_roles)
{
    struct rows rows = ROWS_OF(struct role);
    TRY(rows_read(&rows, q, a, read_row));
    *ret_roles = (struct roles){rows.items, rows.count};
    return 0;
}

int role_rows_of(struct store_read *r, struct arena *a, const struct sql *sql, int64_t pk,
                 struct roles *ret_roles)
{
    QUERY(q);
    TRY(query_open(r->conn, sql, &q));
    query_i64(&q, pk);
    return role_rows_read(&q, a, ret_roles);
}

int role_pair_run(struct store_write *w, const struct sql *sql, int64_t first, int64_t second)
{
    write_mark_rights(w);
    QUERY(q);
    TRY(query_open(write_conn(w), sql, &q));
    query_i64(&q, first);
    query_i64(&q, second);
    return query_run(&q);
}

int role_find(struct store_read *r, struct arena *a, int64_t client_pk, struct str name,
              struct role *ret_role)
{
    static const struct sql of_realm = {ROLE_SELECT
                                        " WHERE role.client_pk IS NULL AND role.name = ?"};
    static const struct sql of_client = {ROLE_SELECT " WHERE role.name = ? AND role.client_pk = ?"};
    QUERY(q);
    TRY(query_open(r->conn, client_pk ? &of_client : &of_realm, &q));
    query_str(&q, name);
    if (client_pk)
        query_i64(&q, client_pk);
    TRY(query_one(&q));
    return read_row(&q, a, ret_role);
}

int role_find_by_id(struct store_read *r, struct arena *a, struct str id, struct role *ret_role)
{
    static const struct sql select = {ROLE_SELECT " WHERE role.id = ?"};
    QUERY(q);
    TRY(query_open(r->conn, &select, &q));
    query_id(&q, id);
    TRY(query_one(&q));
    return read_row(&q, a, ret_role);
}

int role_list(struct store_read *r, struct arena *a, int64_t client_pk, struct roles *ret_roles)
{
    static const struct sql of_realm = {ROLE_SELECT
                                        " WHERE role.client_pk IS NULL ORDER BY role.name"};
    static const struct sql of_client = {ROLE_SELECT
                                         " WHERE role.client_pk = ? ORDER BY role.name"};
    if (client_pk)
        return role_rows_of(r, a, &of_client, client_pk, ret_roles);
    QUERY(q);
    TRY(query_open(r->conn, &of_realm, &q));
    return role_rows_read(&q, a, ret_roles);
}

int role_insert(struct store_write *w, struct role *role)
{
    static const struct sql insert = {
        "INSERT INTO role (id, client_pk, name, description, attributes) VALUES (?, ?, ?, ?, ?)"};
    struct str attributes;
    TRY(doc_write_attrs(&role->attributes, &w->arena, &attributes));
    QUERY(q);
    TRY(query_open(write_conn(w), &insert, &q));
    query_id(&q, role->id);
    query_ref(&q, role->client_pk);
    query_str(&q, role->name);
    query_str(&q, role->description);
    query_str(&q, attributes);
    write_touch_config(w);
    TRY(query_run(&q));
    role->pk = sqlite3_last_insert_rowid(write_conn(w)->db);
    return 0;
}

int role_update(struct store_write *w, const struct role *role)
{
    static const struct sql update = {
        "UPDATE role SET name = ?, description = ?, attributes = ? WHERE pk = ?"};
    struct str attributes;
    TRY(doc_write_attrs(&role->attributes, &w->arena, &attributes));
    QUERY(q);
    TRY(query_open(write_conn(w), &update, &q));
    query_str(&q, role->name);
    query_str(&q, role->description);
    query_str(&q, attributes);
    query_i64(&q, role->pk);
    write_touch_config(w);
    return query_run_one(&q);
}

int role_delete(struct store_write *w, int64_t role_pk)
{
    static const struct sql delete_row = {"DELETE FROM role WHERE pk = ?"};
    QUERY(q);
    TRY(query_open(write_conn(w), &delete_row, &q));
    query_i64(&q, role_pk);
    write_touch_config(w); /* scope mappings name it */
    return query_run_one(&q);
}

/* --- Composites --- */

static int reaches(struct store_write *w, int64_t from_pk, int64_t to_pk, bool *ret_reaches)
{
    static const struct sql select = {
        "WITH RECURSIVE below (pk) AS (SELECT ?1"
        " UNION SELECT child_pk FROM role_composite JOIN below ON parent_pk = below.pk)"
        " SELECT 1 FROM below WHERE pk = ?2"};
    QUERY(q);
    TRY(query_open(write_conn(w), &select, &q));
    query_i64(&q, from_pk);
    query_i64(&q, to_pk);
    return query_next(&q, ret_reaches);
}

int role_composite_add(struct store_write *w, int64_t parent_pk, int64_t child_pk)
{
    static const struct sql insert = {"INSERT INTO role_composite (parent_pk, child_pk)"
                                      " VALUES (?, ?) ON CONFLICT DO NOTHING"};
    bool circle;
    TRY(reaches(w, child_pk, parent_pk, &circle));
    if (circle)
        return ERR_CONFLICT;
    return role_pair_run(w, &insert, parent_pk, child_pk);
}

int role_composite_remove(struct store_write *w, int64_t parent_pk, int64_t child_pk)
{
    static const struct sql delete_row = {
        "DELETE FROM role_composite WHERE parent_pk = ? AND child_pk = ?"};
    return role_pair_run(w, &delete_row, parent_pk, child_pk);
}

int role_composites(struct store_read *r, struct arena *a, int64_t parent_pk,
                    struct roles *ret_roles)
{
    static const struct sql select = {ROLE_SELECT
                                      " JOIN role_composite ON role.pk = role_composite.child_pk"
                                      " WHERE role_composite.parent_pk = ?" ROLE_ORDER};
    return role_rows_of(r, a, &select, parent_pk, ret_roles);
}

int role_composites_effective(struct store_read *r, struct arena *a, int64_t role_pk,
                              struct roles *ret_roles)
{
    static const struct sql select = {
        "WITH RECURSIVE owned (pk) AS (SELECT ?1"
        " UNION SELECT child_pk FROM role_composite JOIN owned ON parent_pk = owned.pk) " ROLE_SELECT
        " JOIN owned ON owned.pk = role.pk" ROLE_ORDER};
    return role_rows_of(r, a, &select, role_pk, ret_roles);
}

/* --- Of users --- */

int user_role_add(struct store_write *w, int64_t user_pk, int64_t role_pk)
{
    static const struct sql insert = {
        "INSERT INTO user_role (user_pk, role_pk) VALUES (?, ?) ON CONFLICT DO NOTHING"};
    return role_pair_run(w, &insert, user_pk, role_pk);
}

int user_role_remove(struct store_write *w, int64_t user_pk, int64_t role_pk)
{
    static const struct sql delete_row = {
        "DELETE FROM user_role WHERE user_pk = ? AND role_pk = ?"};
    return role_pair_run(w, &delete_row, user_pk, role_pk);
}

int user_roles(struct store_read *r, struct arena *a, int64_t user_pk, struct roles *ret_roles)
{
    static const struct sql select = {ROLE_SELECT " JOIN user_role ON role.pk = user_role.role_pk"
                                                  " WHERE user_role.user_pk = ?" ROLE_ORDER};
    return role_rows_of(r, a, &select, user_pk, ret_roles);
}

/* The texts that many roles have in common (each realm's client in master has the same ones), each
 * kept once: an administrator of 1,000 realms has some 20,000 roles, and the memory of a request is bounded. */
struct shared_texts {
    struct str slots[64];
};

static struct str shared(struct shared_texts *texts, struct arena *a, struct query *q, int column)
{
    struct str text = query_col_view(q, column);
    size_t hash = text.len;
    if (str_absent(text))
        return text;
    for (size_t i = 0; i < text.len; i++)
        hash = hash * 31 + (unsigned char)text.ptr[i];
    struct str *slot = &texts->slots[hash % ARRAY_LEN(texts->slots)];
    if (str_absent(*slot) || !str_eq(*slot, text)) {
        *slot = arena_str(a, text);
        if (str_absent(*slot))
            q->err = ERR_NO_MEMORY;
    }
    return *slot;
}

static int read_shared_row(struct query *q, struct arena *a, struct shared_texts *texts,
                           struct role *ret_role)
{
    *ret_role = (struct role){
        .pk = query_col_i64(q, 0),
        .id = query_col_id(q, 1, a),
        .name = shared(texts, a, q, 2),
        .description = shared(texts, a, q, 3),
        .client_pk = query_col_i64(q, 4),
        .client_id = shared(texts, a, q, 5),
        .composite = query_col_i64(q, 6) != 0,
    };
    TRY(q->err);
    return doc_read_attrs(query_col_view(q, 7), a, &ret_role->attributes);
}

/* The groups and their roles in this order, or all roles of all groups are passed. Dormant groups only when
 * ?2 is not 0. */
#define ROLES_OF_USER                                                                              \
    "WITH RECURSIVE above (pk) AS (SELECT group_pk FROM user_group CROSS JOIN grp"                 \
    " ON grp.pk = group_pk WHERE user_pk = ?1 AND (?2 OR grp.dormant = 0)"                         \
    " UNION SELECT grp.parent_pk FROM grp JOIN above ON grp.pk = above.pk"                         \
    " WHERE grp.parent_pk IS NOT NULL),"                                                           \
    " owned (pk) AS (SELECT role_pk FROM user_role WHERE user_pk = ?1"                             \
    " UNION SELECT role_pk FROM above CROSS JOIN group_role ON group_role.group_pk = above.pk"     \
    " UNION SELECT child_pk FROM role_composite JOIN owned ON parent_pk = owned.pk) "

static int count_roles_of_user(struct store_read *r, int64_t user_pk, bool dormant_too,
                               size_t *ret_count)
{
    static const struct sql select = {ROLES_OF_USER "SELECT count(owned.pk) FROM owned"};
    QUERY(q);
    TRY(query_open(r->conn, &select, &q));
    query_i64(&q, user_pk);
    query_i64(&q, dormant_too);
    TRY(query_one(&q));
    *ret_count = (size_t)query_col_i64(&q, 0);
    return q.err;
}

/* Counted first: an array that grows leaves as much again behind in the arena. */
static int roles_of_user(struct store_read *r, struct arena *a, int64_t user_pk, bool dormant_too,
                         struct roles *ret_roles)
{
    static const struct sql select = {ROLES_OF_USER ROLE_SELECT
                                      " JOIN owned ON owned.pk = role.pk" ROLE_ORDER};
    struct shared_texts texts = {0};
    struct roles roles = {0};
    size_t most;
    bool row;
    TRY(count_roles_of_user(r, user_pk, dormant_too, &most));
    roles.items = ARENA_ARRAY(a, most + 1, struct role);
    if (!roles.items)
        return ERR_NO_MEMORY;
    QUERY(q);
    TRY(query_open(r->conn, &select, &q));
    query_i64(&q, user_pk);
    query_i64(&q, dormant_too);
    for (;;) {
        TRY(query_next(&q, &row));
        if (!row || roles.count == most)
            break;
        TRY(read_shared_row(&q, a, &texts, &roles.items[roles.count++]));
    }
    *ret_roles = roles;
    return 0;
}

int user_roles_effective(struct store_read *r, struct arena *a, int64_t user_pk,
                         struct roles *ret_roles)
{
    return roles_of_user(r, a, user_pk, false, ret_roles);
}

int user_roles_dormant_too(struct store_read *r, struct arena *a, int64_t user_pk,
                           struct roles *ret_roles)
{
    return roles_of_user(r, a, user_pk, true, ret_roles);
}

int group_roles_effective(struct store_read *r, struct arena *a, int64_t group_pk,
                          struct roles *ret_roles)
{
    static const struct sql select = {
        "WITH RECURSIVE above (pk) AS (SELECT ?1"
        " UNION SELECT grp.parent_pk FROM grp JOIN above ON grp.pk = above.pk"
        " WHERE grp.parent_pk IS NOT NULL),"
        " owned (pk) AS (SELECT role_pk FROM above"
        " CROSS JOIN group_role ON group_role.group_pk = above.pk"
        " UNION SELECT child_pk FROM role_composite JOIN owned ON parent_pk = owned.pk) " ROLE_SELECT
        " JOIN owned ON owned.pk = role.pk" ROLE_ORDER};
    return role_rows_of(r, a, &select, group_pk, ret_roles);
}
