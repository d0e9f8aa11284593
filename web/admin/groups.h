/* What handlers about one group begin with. */
#ifndef GARITA_WEB_ADMIN_GROUPS_H
#define GARITA_WEB_ADMIN_GROUPS_H

#include "core/model/role.h"
#include "web/admin/admin.h"

/* The group of the path's second parameter, by id alone. ERR_NOT_FOUND. Opens a read. */
MUST_CHECK int groups_find(struct admin_call *call, struct group *ret_group);
/* The same inside a write, for a change. */
MUST_CHECK int groups_find_to_change(struct admin_call *call, struct group *ret_group);

#endif
