/* Groups that belong to one organization: rows of the same tree as those of the realm. */
#include "core/port/organizations.h"

#include "store/sql/group_row.h"
#include "store/sql/role_row.h"

#include "core/base/banned.h"

int organization_group_find(struct store_read *r, struct arena *a, struct str organization_id,
                            struct str id, struct group *ret_group)
{
    static const struct sql select = {"SELECT " GROUP_COLUMNS
                                      " FROM grp WHERE id = ? AND organization_id = ?"};
    QUERY(q);
    TRY(query_open(r->conn, &select, &q));
    query_id(&q, id);
    query_id(&q, organization_id);
    return group_row_read(r, &q, a, ret_group);
}

int organization_group_find_by_path(struct store_read *r, struct arena *a,
                                    struct str organization_id, struct str path,
                                    struct group *ret_group)
{
    return group_walk(r, a, organization_id, path, ret_group);
}

int organization_groups_top(struct store_read *r, struct arena *a, struct str organization_id,
                            struct groups *ret_groups)
{
    static const struct sql select = {
        "SELECT " GROUP_COLUMNS
        " FROM grp WHERE parent_pk IS NULL AND organization_id = ? ORDER BY name"};
    QUERY(q);
    TRY(query_open(r->conn, &select, &q));
    query_id(&q, organization_id);
    return group_rows_read(r, &q, a, ret_groups);
}

int user_organization_groups(struct store_read *r, struct arena *a, int64_t user_pk,
                             struct str organization_id, struct groups *ret_groups)
{
    static const struct sql select = {"SELECT " GROUP_COLUMNS
                                      " FROM user_group JOIN grp ON grp.pk = user_group.group_pk"
                                      " WHERE user_group.user_pk = ? AND grp.organization_id = ?"
                                      " ORDER BY grp.name, grp.pk"};
    QUERY(q);
    TRY(query_open(r->conn, &select, &q));
    query_i64(&q, user_pk);
    query_id(&q, organization_id);
    return group_rows_read(r, &q, a, ret_groups);
}

int organization_group_roles(struct store_read *r, struct arena *a, struct str organization_id,
                             struct roles *ret_roles)
{
    static const struct sql select = {
        ROLE_SELECT " WHERE role.pk IN (SELECT role_pk FROM group_role JOIN grp"
                    " ON grp.pk = group_role.group_pk WHERE grp.organization_id IS NOT NULL"
                    " AND (?1 IS NULL OR grp.organization_id = ?1))" ROLE_ORDER};
    QUERY(q);
    TRY(query_open(r->conn, &select, &q));
    query_id(&q, organization_id);
    return role_rows_read(&q, a, ret_roles);
}

/* --- What ends with something else --- */

int user_organization_groups_leave(struct store_write *w, int64_t user_pk,
                                   struct str organization_id)
{
    static const struct sql delete_rows = {
        "DELETE FROM user_group WHERE user_pk = ?"
        " AND group_pk IN (SELECT pk FROM grp WHERE organization_id = ?)"};
    write_mark_rights(w);
    QUERY(q);
    TRY(query_open(write_conn(w), &delete_rows, &q));
    query_i64(&q, user_pk);
    query_id(&q, organization_id);
    return query_run(&q);
}

int organization_groups_remove(struct store_write *w, struct str organization_id)
{
    static const struct sql delete_rows = {"DELETE FROM grp WHERE organization_id = ?"};
    write_mark_rights(w);
    QUERY(q);
    TRY(query_open(write_conn(w), &delete_rows, &q));
    query_id(&q, organization_id);
    return query_run(&q);
}

/* --- Lying dormant --- */

int organization_groups_rest(struct store_write *w, struct str organization_id, bool off)
{
    static const struct sql update = {
        "UPDATE grp SET dormant = (dormant & ~?1) | (?1 * ?2) WHERE organization_id = ?3"};
    write_mark_rights(w);
    QUERY(q);
    TRY(query_open(write_conn(w), &update, &q));
    query_i64(&q, GROUP_ORGANIZATION_OFF);
    query_i64(&q, off);
    query_id(&q, organization_id);
    return query_run(&q);
}

int organization_groups_rest_all(struct store_write *w, bool off)
{
    static const struct sql update = {
        "UPDATE grp SET dormant = (dormant & ~?1) | (?1 * ?2) WHERE organization_id IS NOT NULL"};
    write_mark_rights(w);
    QUERY(q);
    TRY(query_open(write_conn(w), &update, &q));
    query_i64(&q, GROUP_ORGANIZATIONS_OFF);
    query_i64(&q, off);
    return query_run(&q);
}
