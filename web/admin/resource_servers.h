/* ~/clients/{client}/authz/resource-server: what its files share. */
#ifndef GARITA_WEB_ADMIN_RESOURCE_SERVERS_H
#define GARITA_WEB_ADMIN_RESOURCE_SERVERS_H

#include "core/admin/rs_represent.h"
#include "web/admin/clients.h"

/* The client of the path, in a read. ERR_NOT_FOUND for one without authorization services. */
MUST_CHECK int rs_open(struct admin_call *call, struct client *ret_client);
/* The same in a write, for a change: ERR_FORBIDDEN as for the client itself (AD-04). */
MUST_CHECK int rs_open_to_change(struct admin_call *call, struct client *ret_client);
/* With people for who may look at them (AD-07). */
struct rs_view rs_view_of(struct admin_call *call, const struct client *client);

/* {id, name} and, of policies, what else Keycloak tells of them in lists. */
void rs_write_brief(struct admin_call *call, const struct rs_objects *objects);
/* Objects that an object is linked to, or that link to it. */
MUST_CHECK int rs_list_linked(struct admin_call *call, const struct rs_filter *filter);

/* 201 with Location; below is "scope", "policy/role" and so on. */
MUST_CHECK int rs_created(struct admin_call *call, const struct client *client, struct str below,
                          struct str id);

/* AD-07: policies that name people are written by who may look at people, as the answer tells who is
 * there. */
MUST_CHECK int rs_require_people(struct admin_call *call, struct str type);

#endif
