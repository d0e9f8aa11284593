/* The permissions of the Admin API by name; core/admin/access.h says who has them. */
#ifndef GARITA_CORE_ADMIN_PERMISSION_H
#define GARITA_CORE_ADMIN_PERMISSION_H

enum admin_permission {
    ADMIN_NONE,      /* not a route of the Admin API */
    ADMIN_SIGNED_IN, /* any good token: the caller reads about itself, or the handler decides */
#define P(name, roles) ADMIN_##name,
#include "core/admin/permissions.def"
#undef P
    ADMIN_CREATE_REALM, /* master's realm role create-realm */
    ADMIN_PERMISSION_COUNT
};

const char *admin_permission_name(enum admin_permission permission);

#endif
