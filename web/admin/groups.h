/* What handlers about one group begin with. */
#ifndef GARITA_WEB_ADMIN_GROUPS_H
#define GARITA_WEB_ADMIN_GROUPS_H

#include "core/model/role.h"
#include "web/admin/admin.h"

/* Where {group} stands among the path's parameters: behind its realm, or behind its organization. */
size_t groups_param(const struct admin_call *call);
/* The group {group} of the path, by id alone, in the realm or in the organization that the path names.
 * ERR_NOT_FOUND. Opens a read. */
MUST_CHECK int groups_find(struct admin_call *call, struct group *ret_group);
/* The same inside a write, for a change. */
MUST_CHECK int groups_find_to_change(struct admin_call *call, struct group *ret_group);
/* Who sees or changes who is in a group, or which roles it gives, looks at or manages people, too: more
 * than is asked of those who see or change an organization (AD-07). */
MUST_CHECK int groups_require_people(struct admin_call *call, bool to_change);

#endif
