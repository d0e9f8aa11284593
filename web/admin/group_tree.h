/* Groups as Keycloak's representations: alone, in lists, and as trees that show where the findings of
 * a search stand. */
#ifndef GARITA_WEB_ADMIN_GROUP_TREE_H
#define GARITA_WEB_ADMIN_GROUP_TREE_H

#include "core/model/role.h"
#include "web/admin/admin.h"

struct group_shape {
    bool brief;  /* without attributes and roles */
    bool counts; /* with subGroupCount */
};

/* briefRepresentation and subGroupsCount of the query; io_shape->counts is what holds without the latter. */
MUST_CHECK int group_shape_of(struct admin_call *call, bool brief, struct group_shape *io_shape);
/* call->r is open for all of these. */
MUST_CHECK int group_write(struct admin_call *call, const struct group *group,
                           const struct group_shape *shape);
MUST_CHECK int group_list_write(struct admin_call *call, const struct groups *groups,
                                const struct group_shape *shape);
/* The findings below the groups above them, each group once. */
MUST_CHECK int group_trees_write(struct admin_call *call, const struct groups *found,
                                 const struct group_shape *shape);

#endif
