/* Role mappings, the same for everything that has roles: people, groups. A holder says how its roles
 * are read and changed; the rest is here. */
#ifndef GARITA_WEB_ADMIN_ROLE_MAPPING_H
#define GARITA_WEB_ADMIN_ROLE_MAPPING_H

#include "core/model/role.h"
#include "web/admin/admin.h"

struct role_holder {
    void *object; /* what the functions get */
    int64_t pk;
    int (*direct)(struct store_read *r, struct arena *a, int64_t pk, struct roles *ret_roles);
    int (*effective)(struct store_read *r, struct arena *a, int64_t pk, struct roles *ret_roles);
    int (*add)(const struct auth_ctx *ctx, struct store_write *w, void *object,
               const struct role *role);
    int (*remove)(const struct auth_ctx *ctx, struct store_write *w, void *object,
                  const struct role *role);
};

enum mapping_view { MAPPING_DIRECT, MAPPING_AVAILABLE, MAPPING_COMPOSITE };

/* {"realmMappings": [...], "clientMappings": {...}} */
MUST_CHECK int mapping_write_all(struct admin_call *call, const struct role_holder *holder);
/* Roles of the realm (client NULL) or of a client, in one of the three views. */
MUST_CHECK int mapping_write(struct admin_call *call, const struct role_holder *holder,
                             const struct client *client, enum mapping_view view);
/* The body's roles, each found by its id in this realm and there in that container (AD-03), and given
 * (AD-04) or taken. For taking, no body means all. */
MUST_CHECK int mapping_add(struct admin_call *call, const struct role_holder *holder,
                           const struct client *client);
MUST_CHECK int mapping_remove(struct admin_call *call, const struct role_holder *holder,
                              const struct client *client);
/* The roles that an array of representations names by id, or by name where there is no id.
 * ERR_NOT_FOUND "Role not found". client NULL: whatever container for ids, the realm for names. */
MUST_CHECK int mapping_read_roles(struct admin_call *call, struct roles *ret_roles);
/* The client whose id is the n-th parameter. ERR_NOT_FOUND "Client not found". */
MUST_CHECK int mapping_client(struct admin_call *call, size_t n, const struct client **ret_client);

#endif
