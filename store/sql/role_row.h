/* Reading roles, for users and groups alike. */
#ifndef GARITA_STORE_SQL_ROLE_ROW_H
#define GARITA_STORE_SQL_ROLE_ROW_H

#include "core/model/role.h"
#include "store/tx.h"

#define ROLE_SELECT                                                                                \
    "SELECT role.pk, role.id, role.name, role.description, role.client_pk, client.client_id,"      \
    " EXISTS (SELECT 1 FROM role_composite c WHERE c.parent_pk = role.pk), role.attributes"        \
    " FROM role LEFT JOIN client ON client.pk = role.client_pk"
/* Realm roles first. */
#define ROLE_ORDER " ORDER BY client.client_id, role.name"

/* All rows of a query that begins with ROLE_SELECT. */
MUST_CHECK int role_rows_read(struct query *q, struct arena *a, struct roles *ret_roles);
/* Such a query with one parameter. */
MUST_CHECK int role_rows_of(struct store_read *r, struct arena *a, const struct sql *sql,
                            int64_t pk, struct roles *ret_roles);
/* A change with two keys. */
MUST_CHECK int role_pair_run(struct store_write *w, const struct sql *sql, int64_t first,
                             int64_t second);

#endif
