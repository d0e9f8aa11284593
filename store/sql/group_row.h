/* Reading groups: one by one in group.c, by pages in group_search.c. */
#ifndef GARITA_STORE_SQL_GROUP_ROW_H
#define GARITA_STORE_SQL_GROUP_ROW_H

#include "core/model/role.h"
#include "store/tx.h"

#define GROUP_COLUMNS                                                                              \
    "grp.pk, grp.id, grp.parent_pk, grp.name, grp.attributes, grp.organization_id, grp.dormant"

/* All rows of a query that begins with these columns, with their paths. */
MUST_CHECK int group_rows_read(struct store_read *r, struct query *q, struct arena *a,
                               struct groups *ret_groups);
/* The one row that the query is at or comes to, with its path. ERR_NOT_FOUND. */
MUST_CHECK int group_row_read(struct store_read *r, struct query *q, struct arena *a,
                              struct group *ret_group);
/* Among the groups of an organization, or of the realm when there is none. */
MUST_CHECK int group_walk(struct store_read *r, struct arena *a, struct str organization_id,
                          struct str path, struct group *ret_group);

#endif
