/* Scope mappings: the roles that clients and client scopes let through. */
#include "core/port/roles.h"
#include "store/sql/role_row.h"

#include "core/base/banned.h"

int client_scope_roles(struct store_read *r, struct arena *a, int64_t client_pk,
                       struct roles *ret_roles)
{
    static const struct sql select = {ROLE_SELECT
                                      " JOIN client_role ON role.pk = client_role.role_pk"
                                      " WHERE client_role.client_pk = ?" ROLE_ORDER};
    return role_rows_of(r, a, &select, client_pk, ret_roles);
}

int client_scope_roles_effective(struct store_read *r, struct arena *a, int64_t client_pk,
                                 struct roles *ret_roles)
{
    static const struct sql select = {
        "WITH RECURSIVE let (pk) AS (SELECT role_pk FROM client_role WHERE client_pk = ?1"
        " UNION SELECT child_pk FROM role_composite JOIN let ON parent_pk = let.pk) " ROLE_SELECT
        " JOIN let ON let.pk = role.pk" ROLE_ORDER};
    return role_rows_of(r, a, &select, client_pk, ret_roles);
}

int client_scope_role_add(struct store_write *w, int64_t client_pk, int64_t role_pk)
{
    static const struct sql insert = {
        "INSERT INTO client_role (client_pk, role_pk) VALUES (?, ?) ON CONFLICT DO NOTHING"};
    write_touch_config(w);
    return role_pair_run(w, &insert, client_pk, role_pk);
}

int client_scope_role_remove(struct store_write *w, int64_t client_pk, int64_t role_pk)
{
    static const struct sql delete_row = {
        "DELETE FROM client_role WHERE client_pk = ? AND role_pk = ?"};
    write_touch_config(w);
    return role_pair_run(w, &delete_row, client_pk, role_pk);
}

int scope_roles(struct store_read *r, struct arena *a, int64_t scope_pk, struct roles *ret_roles)
{
    static const struct sql select = {ROLE_SELECT " JOIN scope_role ON role.pk = scope_role.role_pk"
                                                  " WHERE scope_role.scope_pk = ?" ROLE_ORDER};
    return role_rows_of(r, a, &select, scope_pk, ret_roles);
}

int scope_roles_effective(struct store_read *r, struct arena *a, int64_t scope_pk,
                          struct roles *ret_roles)
{
    static const struct sql select = {
        "WITH RECURSIVE let (pk) AS (SELECT role_pk FROM scope_role WHERE scope_pk = ?1"
        " UNION SELECT child_pk FROM role_composite JOIN let ON parent_pk = let.pk) " ROLE_SELECT
        " JOIN let ON let.pk = role.pk" ROLE_ORDER};
    return role_rows_of(r, a, &select, scope_pk, ret_roles);
}

int scope_role_add(struct store_write *w, int64_t scope_pk, int64_t role_pk)
{
    static const struct sql insert = {
        "INSERT INTO scope_role (scope_pk, role_pk) VALUES (?, ?) ON CONFLICT DO NOTHING"};
    write_touch_config(w);
    return role_pair_run(w, &insert, scope_pk, role_pk);
}

int scope_role_remove(struct store_write *w, int64_t scope_pk, int64_t role_pk)
{
    static const struct sql delete_row = {
        "DELETE FROM scope_role WHERE scope_pk = ? AND role_pk = ?"};
    write_touch_config(w);
    return role_pair_run(w, &delete_row, scope_pk, role_pk);
}
