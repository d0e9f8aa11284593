/* Who belongs to which organization, and the groups of an organization. The organizations themselves are
 * records (core/port/records.h). */
#ifndef GARITA_CORE_PORT_ORGANIZATIONS_H
#define GARITA_CORE_PORT_ORGANIZATIONS_H

#include "core/model/role.h"
#include "core/model/user.h"
#include "core/port/store.h"

/* ERR_CONFLICT for who is one already. */
MUST_CHECK int organization_member_add(struct store_write *w, struct str organization_id,
                                       int64_t user_pk);
/* ERR_NOT_FOUND for who is none. */
MUST_CHECK int organization_member_remove(struct store_write *w, struct str organization_id,
                                          int64_t user_pk);
/* Of an organization that goes. */
MUST_CHECK int organization_members_remove(struct store_write *w, struct str organization_id);
/* ERR_NOT_FOUND. */
MUST_CHECK int organization_member_find(struct store_read *r, struct str organization_id,
                                        int64_t user_pk);

/* By user name. search, in lower case, is the beginning of a user name or e-mail address, with exact one of
 * these as a whole; absent: all. */
MUST_CHECK int organization_members(struct store_read *r, struct arena *a,
                                    struct str organization_id, struct str search, bool exact,
                                    size_t first, size_t limit, struct user **ret_items,
                                    size_t *ret_count);
MUST_CHECK int organization_members_count(struct store_read *r, struct str organization_id,
                                          int64_t *ret_count);
/* Ids of the organizations that a person belongs to. */
MUST_CHECK int user_organizations(struct store_read *r, struct arena *a, int64_t user_pk,
                                  struct strs *ret_ids);

/* Groups of an organization: made, changed, deleted and given roles and members as those of the realm
 * (core/port/roles.h), found by these alone. Their paths begin at the organization. ERR_NOT_FOUND. */
MUST_CHECK int organization_group_find(struct store_read *r, struct arena *a,
                                       struct str organization_id, struct str id,
                                       struct group *ret_group);
MUST_CHECK int organization_group_find_by_path(struct store_read *r, struct arena *a,
                                               struct str organization_id, struct str path,
                                               struct group *ret_group);
/* Those at the top, by name. */
MUST_CHECK int organization_groups_top(struct store_read *r, struct arena *a,
                                       struct str organization_id, struct groups *ret_groups);
/* Those that a person is in, by name. */
MUST_CHECK int user_organization_groups(struct store_read *r, struct arena *a, int64_t user_pk,
                                        struct str organization_id, struct groups *ret_groups);
/* Roles that groups of an organization have by themselves; absent: of any organization. */
MUST_CHECK int organization_group_roles(struct store_read *r, struct arena *a,
                                        struct str organization_id, struct roles *ret_roles);
/* Of a person who is no member any more; of an organization that goes. */
MUST_CHECK int user_organization_groups_leave(struct store_write *w, int64_t user_pk,
                                              struct str organization_id);
MUST_CHECK int organization_groups_remove(struct store_write *w, struct str organization_id);
/* While an organization is off, or all of the realm are, their groups give no roles. */
MUST_CHECK int organization_groups_rest(struct store_write *w, struct str organization_id,
                                        bool off);
MUST_CHECK int organization_groups_rest_all(struct store_write *w, bool off);

#endif
