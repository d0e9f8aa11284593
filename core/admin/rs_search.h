/* Finding resources by what lists of the Admin API, the protection API and permissions ask for. */
#ifndef GARITA_CORE_ADMIN_RS_SEARCH_H
#define GARITA_CORE_ADMIN_RS_SEARCH_H

#include "core/port/resource_servers.h"

struct rs_search {
    struct rs_filter filter; /* of resources; word is not to be set */
    struct str uri;          /* absent: any */
    bool is_path; /* uri is a path: of all resources the one whose URI says most about it */
};
struct rs_resources {
    struct rs_resource *items;
    size_t count;
};
/* A URI says something about a path that it is, or whose beginning stands before its '*'. Cost: as rs_list;
 * with is_path linear in the resources of the filter. */
MUST_CHECK int rs_resources_find(struct store_read *r, struct arena *a,
                                 const struct rs_search *search, size_t first, size_t limit,
                                 struct rs_resources *ret_resources);

#endif
