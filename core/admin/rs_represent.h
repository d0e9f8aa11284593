/* What resource servers hold as Keycloak's representations, for the Admin API and for files. Each writes one
 * value. */
#ifndef GARITA_CORE_ADMIN_RS_REPRESENT_H
#define GARITA_CORE_ADMIN_RS_REPRESENT_H

#include "core/admin/resource_servers.h"

/* Owners of resources and the people of policies (AD-07): not shown, by their ids alone, with their names. */
enum rs_people { RS_PEOPLE_HIDDEN, RS_PEOPLE_BY_ID, RS_PEOPLE_SHOWN };

/* Where from, and for whom. */
struct rs_view {
    struct store_read *r;
    struct arena *a;
    const struct client *client;
    enum rs_people people;
};

void rs_represent_scope(const struct rs_scope *scope, struct json_writer *w);
/* Who it is; all of it; all of it with the names that the protection API has for its scopes. */
enum rs_shape { RS_SHAPE_BRIEF, RS_SHAPE_WHOLE, RS_SHAPE_UMA };
MUST_CHECK int rs_represent_resource(const struct rs_view *view, const struct rs_resource *resource,
                                     enum rs_shape shape, struct json_writer *w);
/* As GET of its type gives it. */
MUST_CHECK int rs_represent_policy(const struct rs_view *view, const struct rs_policy *policy,
                                   struct json_writer *w);
/* With its map "config", as lists of all types have it. */
MUST_CHECK int rs_represent_policy_general(const struct rs_view *view,
                                           const struct rs_policy *policy, struct json_writer *w);

/* "authorizationSettings": all of it, with names in the place of ids. after_each is called between objects;
 * what was read for one may then be gone. */
typedef int rs_after_each(void *context);
MUST_CHECK int rs_represent_all(const struct rs_view *view, rs_after_each *after_each,
                                void *context, struct json_writer *w);

#endif
