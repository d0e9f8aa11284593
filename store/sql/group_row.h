/* Reading groups: one by one in group.c, by pages in group_search.c. */
#ifndef GARITA_STORE_SQL_GROUP_ROW_H
#define GARITA_STORE_SQL_GROUP_ROW_H

#include "core/model/role.h"
#include "store/tx.h"

#define GROUP_COLUMNS "grp.pk, grp.id, grp.parent_pk, grp.name, grp.attributes"

/* All rows of a query that begins with these columns, with their paths. */
MUST_CHECK int group_rows_read(struct store_read *r, struct query *q, struct arena *a,
                               struct groups *ret_groups);

#endif
