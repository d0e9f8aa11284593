/* Roles, groups and who has them. */
#ifndef GARITA_CORE_PORT_ROLES_H
#define GARITA_CORE_PORT_ROLES_H

#include "core/model/role.h"
#include "core/port/store.h"

/* client_pk 0: a realm role. ERR_CONFLICT when the name is taken there. */
MUST_CHECK int role_insert(struct store_write *w, struct role *role);
MUST_CHECK int role_update(struct store_write *w, const struct role *role);
MUST_CHECK int role_delete(struct store_write *w, int64_t role_pk);
MUST_CHECK int role_find(struct store_read *r, struct arena *a, int64_t client_pk, struct str name,
                         struct role *ret_role);
MUST_CHECK int role_find_by_id(struct store_read *r, struct arena *a, struct str id,
                               struct role *ret_role);
MUST_CHECK int role_list(struct store_read *r, struct arena *a, int64_t client_pk,
                         struct roles *ret_roles);
/* ERR_CONFLICT when it would close a circle. */
MUST_CHECK int role_composite_add(struct store_write *w, int64_t parent_pk, int64_t child_pk);
MUST_CHECK int role_composite_remove(struct store_write *w, int64_t parent_pk, int64_t child_pk);
MUST_CHECK int role_composites(struct store_read *r, struct arena *a, int64_t parent_pk,
                               struct roles *ret_roles);

/* The role itself and all that it is made of, at every depth. Sorted by client_id then name. */
MUST_CHECK int role_composites_effective(struct store_read *r, struct arena *a, int64_t role_pk,
                                         struct roles *ret_roles);

MUST_CHECK int user_role_add(struct store_write *w, int64_t user_pk, int64_t role_pk);
MUST_CHECK int user_role_remove(struct store_write *w, int64_t user_pk, int64_t role_pk);
/* Directly assigned ones. */
MUST_CHECK int user_roles(struct store_read *r, struct arena *a, int64_t user_pk,
                          struct roles *ret_roles);
/* Everything the user ends up with: direct, through groups and their parents, through composites.
 * Sorted by client_id then name. */
MUST_CHECK int user_roles_effective(struct store_read *r, struct arena *a, int64_t user_pk,
                                    struct roles *ret_roles);
/* The same with what groups would give that lie dormant: for who guards the account, since these come back by
 * a change elsewhere. */
MUST_CHECK int user_roles_dormant_too(struct store_read *r, struct arena *a, int64_t user_pk,
                                      struct roles *ret_roles);

/* Scope mappings: the roles that tokens of a client may carry when it has no full scope, and those
 * that a client scope lets through; as assigned, and with all that these are made of. Changes replace
 * the realm's view at the commit. */
MUST_CHECK int client_scope_roles(struct store_read *r, struct arena *a, int64_t client_pk,
                                  struct roles *ret_roles);
MUST_CHECK int client_scope_roles_effective(struct store_read *r, struct arena *a,
                                            int64_t client_pk, struct roles *ret_roles);
MUST_CHECK int client_scope_role_add(struct store_write *w, int64_t client_pk, int64_t role_pk);
MUST_CHECK int client_scope_role_remove(struct store_write *w, int64_t client_pk, int64_t role_pk);
MUST_CHECK int scope_roles(struct store_read *r, struct arena *a, int64_t scope_pk,
                           struct roles *ret_roles);
MUST_CHECK int scope_roles_effective(struct store_read *r, struct arena *a, int64_t scope_pk,
                                     struct roles *ret_roles);
MUST_CHECK int scope_role_add(struct store_write *w, int64_t scope_pk, int64_t role_pk);
MUST_CHECK int scope_role_remove(struct store_write *w, int64_t scope_pk, int64_t role_pk);

MUST_CHECK int group_insert(struct store_write *w, struct group *group);
MUST_CHECK int group_update(struct store_write *w, const struct group *group);
MUST_CHECK int group_delete(struct store_write *w, int64_t group_pk);
/* Levels of the tree that begins with the group; 1 when nothing is below it. */
MUST_CHECK int group_height(struct store_read *r, int64_t group_pk, int64_t *ret_height);
/* Groups of the realm alone, as in all that follows; those of organizations: core/port/organizations.h. */
MUST_CHECK int group_find_by_path(struct store_read *r, struct arena *a, struct str path,
                                  struct group *ret_group);
MUST_CHECK int group_find_by_id(struct store_read *r, struct arena *a, struct str id,
                                struct group *ret_group);
/* Children of a group of whatever kind, or the realm's top level for 0; by name. */
MUST_CHECK int group_list(struct store_read *r, struct arena *a, int64_t parent_pk,
                          struct groups *ret_groups);
/* Which groups a search is for. What is absent asks for nothing. */
struct group_wanted {
    int64_t parent_pk;          /* 0: the top */
    struct str organization_id; /* whose groups; absent: the realm's */
    bool anywhere;              /* whatever the parent */
    struct str search;          /* somewhere in the name, or with exact the whole name */
    bool exact;
    struct str attribute, value; /* an attribute that has this value among its values */
};
/* By name. Linear in the groups at worst (AD-12). */
MUST_CHECK int group_search(struct store_read *r, struct arena *a,
                            const struct group_wanted *filter, size_t first, size_t limit,
                            struct groups *ret_groups);
MUST_CHECK int group_count(struct store_read *r, const struct group_wanted *filter,
                           int64_t *ret_count);
/* Of whatever kind. */
MUST_CHECK int group_find_by_pk(struct store_read *r, struct arena *a, int64_t pk,
                                struct group *ret_group);
/* The groups that have a role directly, by name. */
MUST_CHECK int role_groups(struct store_read *r, struct arena *a, int64_t role_pk, size_t first,
                           size_t limit, struct groups *ret_groups);
MUST_CHECK int group_role_add(struct store_write *w, int64_t group_pk, int64_t role_pk);
MUST_CHECK int group_role_remove(struct store_write *w, int64_t group_pk, int64_t role_pk);
MUST_CHECK int group_roles(struct store_read *r, struct arena *a, int64_t group_pk,
                           struct roles *ret_roles);
/* Roles that some group of the realm has by itself. */
MUST_CHECK int group_roles_of_any(struct store_read *r, struct arena *a, struct roles *ret_roles);
/* What its members end up with by it: its own and those of the groups above, with all that these are
 * made of. */
MUST_CHECK int group_roles_effective(struct store_read *r, struct arena *a, int64_t group_pk,
                                     struct roles *ret_roles);
MUST_CHECK int user_group_add(struct store_write *w, int64_t user_pk, int64_t group_pk);
MUST_CHECK int user_group_remove(struct store_write *w, int64_t user_pk, int64_t group_pk);
MUST_CHECK int user_groups(struct store_read *r, struct arena *a, int64_t user_pk,
                           struct groups *ret_groups);

#endif
