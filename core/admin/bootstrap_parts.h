/* The parts that make up a new realm; for core/admin/bootstrap*.c alone. */
#ifndef GARITA_CORE_ADMIN_BOOTSTRAP_PARTS_H
#define GARITA_CORE_ADMIN_BOOTSTRAP_PARTS_H

#include "core/admin/bootstrap.h"

/* A role that the realm needs, and whether it is made here or was there already. */
struct bootstrap_role {
    struct role role;
    bool made;
};

struct bootstrap_state {
    struct arena *arena;
    struct store_write *w;
    const struct realm *realm;
    bool is_master;
    struct client_scopes scopes;      /* stored, with pk and is_default */
    struct client_scopes link_scopes; /* those that ordinary clients get */
    struct bootstrap_role default_role, offline_access, uma_authorization;
    struct bootstrap_role admin; /* master alone */
    struct bootstrap_role account_view_profile, account_manage, account_view_groups;
};

/* Default and optional client scopes with their mappers. Needs the role offline_access. */
MUST_CHECK int bootstrap_scopes(struct bootstrap_state *s);
/* One of them. ERR_NOT_FOUND. */
MUST_CHECK int bootstrap_one_scope(struct bootstrap_state *s, const char *name,
                                   struct client_scope *ret_scope);
/* Default clients and their roles. Needs scopes and realm roles. */
MUST_CHECK int bootstrap_clients(struct bootstrap_state *s);
/* The roles of administration in a client that is there already. */
MUST_CHECK int bootstrap_admin_roles(struct arena *a, struct store_write *w,
                                     const struct client *client, bool with_realm_admin,
                                     const struct bootstrap_role *composed_into);

/* A role of the realm (client NULL) or of a client: the one that is there, or else a new one. */
MUST_CHECK int bootstrap_role(struct arena *a, struct store_write *w, const struct client *client,
                              const char *name, const char *description,
                              struct bootstrap_role *ret_role);
/* Makes the child a part of the parent when one of the two is new: what an imported role is made of is
 * not ours to say. */
MUST_CHECK int bootstrap_compose(struct store_write *w, const struct bootstrap_role *parent,
                                 const struct bootstrap_role *child);
/* A mapper of the openid-connect protocol at the end of a list; config pairs end with NULL. */
MUST_CHECK int bootstrap_mapper(struct arena *a, struct protocol_mappers *io_mappers,
                                const char *name, const char *type, const char *const *config);

#endif
