/* Roles of those who administer many realms, read once.
 *
 * Who has all rights over 1,000 realms has 21,000 roles; reading them takes tens of milliseconds and megabytes,
 * at each call. They are kept with what they stand on (core/port/footing.h): a change of who has which role, of
 * what roles, groups and clients are made of is seen by the next call, as if they were read anew. */
#ifndef GARITA_CORE_ADMIN_KEPT_ROLES_H
#define GARITA_CORE_ADMIN_KEPT_ROLES_H

#include "core/model/role.h"
#include "core/port/footing.h"

/* Fewer are read anew: that is as quick. */
#define KEPT_ROLES_LEAST 200
/* Of so many administrators; who came longest ago goes. */
#define KEPT_ROLES_MAX   4

/* Whose, in tokens of which client and with which scopes. */
struct kept_roles_key {
    const struct realm_view *view;
    int64_t user_pk, client_pk;
    struct str scope;
};

/* Before the roles are read, and before that read begins. */
void kept_roles_footing(const struct kept_roles_key *key, struct footing *ret_footing);
/* Good as long as the arena. ERR_NOT_FOUND when they are to be read; ERR_NO_MEMORY. */
MUST_CHECK int kept_roles_find(const struct kept_roles_key *key, const struct footing *footing,
                               struct arena *a, struct roles *ret_roles);
/* Keeps a copy, without attributes, when they are many; without memory it does not. */
void kept_roles_put(const struct kept_roles_key *key, const struct footing *footing,
                    const struct roles *roles);

#endif
