/* Keycloak's fine-grained permissions for single objects, which do not exist here: they are off, and
 * turning them on is refused. */
#ifndef GARITA_WEB_ADMIN_PERMISSIONS_H
#define GARITA_WEB_ADMIN_PERMISSIONS_H

#include "web/admin/admin.h"

/* For handlers that found the object of the path. */
MUST_CHECK int permissions_show(struct admin_call *call);
/* ERR_NOT_IMPLEMENTED for {"enabled": true}; false is what holds already. */
MUST_CHECK int permissions_put(struct admin_call *call);

#endif
